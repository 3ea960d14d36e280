"""Lets anonymous forms do without a token, so that the pages that hold them can be stored and set no cookie.

Browsers say where a POST comes from: `Sec-Fetch-Site` (https://www.w3.org/TR/fetch-metadata/) or, the older ones,
`Origin`. A POST from elsewhere is answered 403 with all that was typed still on the page, one press from being sent.
"""

from functools import wraps

from django.conf import settings
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

SAFE = ("GET", "HEAD")


def same_origin_post(view):
    """Refuse whatever could change something and that no page of this site made. Takes the place of Django's token."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        if request.method not in SAFE and not is_same_origin(request):
            return refuse(request)
        return view(request, *args, **kwargs)

    # The token is replaced by the check above.
    return csrf_exempt(checked)


def read_only(view):
    """Answer GET and HEAD alone. Anything else is 405, before a token is asked for that nobody could have."""
    return csrf_exempt(require_safe(view))


def is_same_origin(request):
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    own = f"{request.scheme}://{request.get_host()}"
    return request.headers.get("Origin") in (settings.SITE_URL, own)


def refuse(request):
    """403, with a form that holds what was typed and sends it from this site."""
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    return render(request, "refused.html", {"fields": fields}, status=403)
