"""Bounds on what a stranger may send: by which method, how large, and how often.

Rates are read from the apps' own tables (`wait_for`), so they hold in every process.
"""

from math import ceil

from django.conf import settings
from django.http import HttpResponseNotAllowed
from django.shortcuts import render
from django.utils import timezone

METHODS = ("GET", "HEAD", "POST")
UPLOAD_PATH = "/admin/"
WEBHOOK_PATH = "/mail/webhooks/"


class MethodLimitMiddleware:
    """Answers 405 to a method that no page knows, and gives every 405 a page that a person can read."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        known = request.method in METHODS
        response = self.get_response(request) if known else HttpResponseNotAllowed(METHODS)
        if response.status_code != 405:
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response.get("Allow", "GET, HEAD")
        return page


class BodyLimitMiddleware:
    """Answers 413 to a body whose Content-Length is over the limit, before a byte of it is parsed.

    Only who is signed in as staff may send more, to the admin: pictures; and the mail provider, where there is one: it
    tells of many mails together. It stands below the middleware that knows the staff and above the one that reads the
    body, Django's check of the token.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if declared_length(request) > limit_of(request) and not may_upload(request):
            return render(request, "413.html", status=413)
        return self.get_response(request)


def declared_length(request):
    """The Content-Length as Django itself will understand it: nothing where it is missing or no number."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def limit_of(request):
    is_webhook = settings.MAIL_WEBHOOKS and request.path_info.startswith(WEBHOOK_PATH)
    return settings.WEBHOOK_BODY_LIMIT if is_webhook else settings.PUBLIC_BODY_LIMIT


def may_upload(request):
    return request.path_info.startswith(UPLOAD_PATH) and request.user.is_active and request.user.is_staff


def wait_for(rows, field, number, period, at=None):
    """How long (a timedelta) until fewer than `number` of the rows have their moment `field` within the last `period`
    (a timedelta) before `at`; None where that is so already, or limits are off."""
    if not settings.LIMITS_ON:
        return None
    at = at or timezone.now()
    within = rows.filter(**{f"{field}__gt": at - period}).order_by(f"-{field}").values_list(field, flat=True)
    return next((moment + period - at for moment in within[number - 1 : number]), None)


def too_often(request, retry_after, *, keep=True):
    """429 with the seconds to wait (`retry_after`, a timedelta) in the header and in words.

    `keep` puts what was typed on the page again, to be sent from there."""
    seconds = max(1, ceil(retry_after.total_seconds()))
    fields = [(name, value) for name, values in request.POST.lists() for value in values] if keep else []
    context = {"minutes": ceil(seconds / 60), "fields": fields}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response
