from functools import wraps

from django.conf import settings
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from articles.listing import page_number
from articles.models import Publication, Topic
from articles.stamps import Stamp, storable
from cramps_site.lib.keyed import sender_of
from cramps_site.lib.limits import too_often
from cramps_site.lib.origin import read_only, same_origin_post
from cramps_site.lib.private import private
from newsletter import links, people, subscribing
from newsletter.forms import PreferencesForm, SignUpForm
from newsletter.models import Consent, Issue, Subscriber

DEVICE_COOKIE = "asked"
DEVICE_COOKIE_AGE = 60 * 60
PAUSES = {"1": "Pause for a month", "3": "Pause for three months"}
"""By how many months."""


@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
def index(request):
    """The form and the archive; POST asks for the newsletter and gives everybody the same answer."""
    if request.method != "POST":
        return _index(request)
    form = SignUpForm(request.POST, with_topics=True)
    if not form.is_valid():
        return render(request, "newsletter/index.html", _about(form), status=422)
    address, sender = form.cleaned_data["email"], sender_of(request)
    if wait := subscribing.wait_for(sender, address):
        return too_often(request, wait)
    if not form.cleaned_data["website"]:
        subscribing.ask(address, form.cleaned_data["topics"], sender=sender)
    return _knowing_again(HttpResponseRedirect(reverse("newsletter:asked"), status=303), address)


def _knowing_again(response, address):
    """Let the confirmation page know the browser that asked: there it presses its button itself."""
    response.set_cookie(
        DEVICE_COOKIE,
        subscribing.device_mark(address),
        max_age=DEVICE_COOKIE_AGE,
        path=reverse("newsletter:confirm_root"),
        secure=settings.SECURE_COOKIES,
        httponly=True,
        samesite="Lax",
    )
    return response


def _index(request):
    publication = Publication.objects.for_stamp()
    response = render(request, "newsletter/index.html", _about(SignUpForm(with_topics=True)))
    return storable(response, Stamp(publication.changes))


def _about(form):
    newest = Issue.objects.public()[:10]
    return {"form": form, "issues": newest, "topics": Topic.objects.all(), "offer": Consent.OFFER}


@read_only
def asked(request):
    """What everybody sees who asked."""
    return render(request, "newsletter/asked.html", {"topics": Topic.objects.all()})


@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request, token):
    """One button; in the browser that asked it presses itself. Only the POST begins the subscription."""
    key, ask = links.read_confirm_token(token) or (None, None)
    subscriber = Subscriber.objects.filter(pk=key).first()
    if subscriber is None or not links.is_for_last_ask(subscriber, ask):
        return private(render(request, "newsletter/link_lapsed.html", status=410))
    if request.method == "POST":
        subscriber.confirm()
        if not subscriber.is_active:
            return private(render(request, "newsletter/link_lapsed.html", status=410))
        context = {
            "leave_url": reverse("newsletter:unsubscribe", args=[links.unsubscribe_token(subscriber)]),
            "preferences_url": reverse("newsletter:preferences", args=[links.preferences_token(subscriber)]),
        }
        return private(render(request, "newsletter/confirmed.html", context))
    mark = request.COOKIES.get(DEVICE_COOKIE, "")
    asked_here = constant_time_compare(mark, subscribing.device_mark(subscriber.email))
    words = {"wording": Consent.CONFIRMATION, "offer": Consent.OFFER}
    context = {"asked_here": asked_here, "done": subscriber.is_active, **words}
    return private(render(request, "newsletter/confirm.html", context))


# RFC 8058: mail programs POST here without a cookie, an Origin or a token.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request, token):
    """One press to leave: 200 and no redirect, effective at once, however often and however late."""
    key = links.read_unsubscribe_token(token)
    if key is None:
        return private(render(request, "newsletter/link_lapsed.html", status=404))
    subscriber = Subscriber.objects.filter(pk=key).first()
    if request.method != "POST":
        return private(render(request, "newsletter/unsubscribe.html", {"subscriber": subscriber}))
    if subscriber and subscriber.confirmed_at:
        subscriber.leave()
    elif subscriber:
        subscriber.deny()
    return private(render(request, "newsletter/left.html"))


def of_subscriber(view):
    """Give the view the subscriber whom a link of preferences was made for, and keep its answer out of every cache."""

    @wraps(view)
    def opened(request, token):
        key = links.read_preferences_token(token)
        if key is None:
            return private(render(request, "newsletter/link_lapsed.html", status=404))
        subscriber = Subscriber.objects.filter(pk=key).first()
        if subscriber is None:
            return private(render(request, "newsletter/erased.html", status=410))
        return private(view(request, subscriber))

    return opened


def _to_preferences(subscriber, done):
    url = reverse("newsletter:preferences", args=[links.preferences_token(subscriber)])
    return HttpResponseRedirect(f"{url}?done={done}", status=303)


@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
@of_subscriber
def preferences(request, subscriber):
    """Everything that subscribers decide about their newsletter, by the link in each mail; POST saves their choices."""
    form = PreferencesForm(request.POST if request.method == "POST" else None, subscriber=subscriber)
    if form.is_valid() and subscriber.choose(**form.cleaned_data):
        return _to_preferences(subscriber, "saved")
    context = {
        "form": form,
        "subscriber": subscriber,
        "state": subscriber.state,
        "token": links.preferences_token(subscriber),
        "leave_token": links.unsubscribe_token(subscriber),
        "done": request.GET.get("done"),
        "pauses": PAUSES,
    }
    return render(request, "newsletter/preferences.html", context, status=422 if form.errors else 200)


@same_origin_post
@require_http_methods(["POST"])
@of_subscriber
def pause(request, subscriber):
    """Pause for one of PAUSES, or go on where no number of months is given."""
    months = request.POST.get("months", "")
    if months in PAUSES:
        subscriber.pause(int(months))
        return _to_preferences(subscriber, "paused")
    subscriber.resume()
    return _to_preferences(subscriber, "resumed")


@read_only
@of_subscriber
def copy(request, subscriber):
    """What we know about a subscriber, to keep: their consents are the receipt."""
    response = JsonResponse(people.receipt(subscriber), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="newsletter.json"'
    return response


@same_origin_post
@require_http_methods(["GET", "HEAD", "POST"])
@of_subscriber
def erase(request, subscriber):
    if request.method != "POST":
        return render(request, "newsletter/erase.html", {"token": links.preferences_token(subscriber)})
    people.erase(subscriber)
    return render(request, "newsletter/erased.html")


@same_origin_post
@require_http_methods(["POST"])
@of_subscriber
def come_back(request, subscriber):
    """Ask again, as by the form: only the link in the mail that follows begins the subscription."""
    sender = sender_of(request)
    if wait := subscribing.wait_for(sender, subscriber.email):
        return too_often(request, wait)
    if not subscribing.ask(subscriber.email, subscriber.topics.all(), sender=sender):
        return _to_preferences(subscriber, "asked")
    return HttpResponseRedirect(reverse("newsletter:asked"), status=303)


ISSUES_A_PAGE = 30


@read_only
def issues(request):
    """All issues that went out, the newest first, page by page."""
    publication, number = Publication.objects.for_stamp(), page_number(request)
    start = (number - 1) * ISSUES_A_PAGE
    found = list(Issue.objects.public().only("slug", "subject", "frozen_at")[start : start + ISSUES_A_PAGE + 1])
    context = {
        "issues": found[:ISSUES_A_PAGE],
        "number": number,
        "has_more": len(found) > ISSUES_A_PAGE,
        "topics": Topic.objects.all(),
    }
    return storable(render(request, "newsletter/issues.html", context), Stamp(publication.changes))


@read_only
def issue(request, slug):
    """A sent issue in the browser, with nothing personal in it."""
    publication = Publication.objects.for_stamp()
    issue = get_object_or_404(Issue.objects.public(), slug=slug)
    context = {"issue": issue, "articles": issue.public_articles(), "topics": Topic.objects.all()}
    response = render(request, "newsletter/issue.html", context)
    return storable(response, Stamp(publication.changes), valid_until=publication.next_change_at)
