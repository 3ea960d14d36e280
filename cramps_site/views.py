from datetime import UTC, datetime, timedelta

from django.db import Error, connection
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control, never_cache

from articles.models import Author, Publication, Topic
from articles.stamps import Stamp, storable
from cramps_site.lib.limits import too_often
from cramps_site.lib.origin import is_same_origin, read_only

SECURITY_CONTACT_LAPSES = datetime(2027, 10, 31, tzinfo=UTC)
"""When security.txt must have been looked over again (RFC 9116, at most a year ahead)."""


def _page(template):
    @read_only
    def view(request):
        publication = Publication.objects.for_stamp()
        context = {"topics": Topic.objects.all(), "authors": Author.objects.all()}
        return storable(render(request, template, context), Stamp(publication.changes))

    return view


about = _page("pages/about.html")
privacy = _page("pages/privacy.html")


@read_only
@cache_control(max_age=3600)
def robots(request):
    return render(request, "robots.txt", content_type="text/plain; charset=utf-8")


@read_only
@cache_control(max_age=3600)
def security(request):
    context = {"lapses": SECURITY_CONTACT_LAPSES.isoformat().replace("+00:00", "Z")}
    return render(request, "security.txt", context, content_type="text/plain; charset=utf-8")


@read_only
@never_cache
def healthz(request):
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@read_only
@never_cache
def readyz(request):
    """The process can serve: its database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"database": "does not answer"}, status=503)
    return JsonResponse({"database": "ok"})


@read_only
@never_cache
def no_staff(request):
    """Signed in, but with no business in the admin."""
    if not request.user.is_authenticated or request.user.is_staff:
        return redirect("admin:index")
    return render(request, "no_staff.html", status=403)


def csrf_failure(request, reason=""):
    """The token is not the one of now. A text that came from our own page is kept, with the new token beside it."""
    is_text = "body" in request.POST and is_same_origin(request)
    fields = [(name, value) for name, values in request.POST.lists() for value in values] if is_text else []
    return render(request, "403.html", {"csrf": True, "fields": fields}, status=403)


def bad_request(request, exception):
    return render(request, "400.html", status=400)


def not_found(request, exception):
    return render(request, "404.html", {"topics": _topics_if_known()}, status=404)


def too_many_attempts(request):
    """What allauth answers past a limit: they all count by the minute. Nothing that was typed is shown: passwords."""
    return too_often(request, timedelta(minutes=1), keep=False)


def _topics_if_known():
    """For the masthead of an error page: an error must not lead to another."""
    try:
        return list(Topic.objects.all())
    except Error:
        return []
