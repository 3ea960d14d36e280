"""Bounds on what a stranger may send: the size of a body, and how often.

Rates are read from the tables themselves by the apps; here is only how they are answered.
"""

from math import ceil

from django.conf import settings
from django.shortcuts import render

STAFF_PATHS = ("/admin/",)


class BodyLimitMiddleware:
    """Answers 413 to a public form whose Content-Length is over the limit, before a byte of it is parsed."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path_info.startswith(STAFF_PATHS) and declared_length(request) > settings.PUBLIC_BODY_LIMIT:
            return render(request, "413.html", status=413)
        return self.get_response(request)


def declared_length(request):
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


def too_often(request, retry_after):
    """429 with the seconds to wait (`retry_after`, a timedelta) in the header and in words."""
    seconds = max(1, ceil(retry_after.total_seconds()))
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    context = {"minutes": ceil(seconds / 60), "fields": fields}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response
