"""Reminds editors and reviewers of medical reviews that are about to lapse: 30 days before, and again 7 days before.

That a reminder was given is noted on the sign-off in the transaction that queues its mails, so that a worker that is
killed neither loses one nor sends it twice. Reminded is only of what readers see: a review that holds for the live
text, and that no other outlasts. Nothing else is changed here; a review lapses by time alone.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from articles.models import SignOff
from articles.workflow import PUBLISH
from cramps_site.lib import email

REMINDERS = {"last_reminded_at": timedelta(days=7), "reminded_at": timedelta(days=30)}
"""How long before the end, by the field that notes it. Of two that are due at once only the nearer one is given."""
LONGEST = max(REMINDERS.values())
LISTED = 50


@transaction.atomic
def remind(at=None):
    """Queue the reminders that are due. How many reviews they are about."""
    at = at or timezone.now()
    reminded = [sign_off for sign_off in ending(at) if _note(sign_off, at)]
    for sign_off in reminded:
        email.queue("articles.review_lapses", sign_off.pk)
    for user in editors() if reminded else []:
        email.queue("articles.reviews_lapse", user.pk)
    return len(reminded)


def ending(at=None):
    """Reviews that hold for live texts and lapse within the longest of the times, the first to lapse first."""
    at = at or timezone.now()
    ending = SignOff.objects.shown(at).filter(lapses_at__lte=at + LONGEST).outlasted_by_none(at)
    return ending.select_related("version__article", "reviewer__user").order_by("lapses_at")


def _note(sign_off, at):
    """Note that it is reminded of. False if that is not due, or was done."""
    for field, before in REMINDERS.items():
        begins = sign_off.lapses_at - before
        # A review for less than a month is not reminded of on the day on which it was given.
        if sign_off.signed_at < begins <= at:
            return SignOff.objects.filter(pk=sign_off.pk).note_reminder(field, at)
    return False


def editors():
    """Who may publish and has an address."""
    users = get_user_model().objects.with_perm(PUBLISH, backend="django.contrib.auth.backends.ModelBackend")
    return users.filter(is_staff=True).exclude(email="").order_by("pk")


@email.composer("articles.review_lapses")
def compose_for_reviewer(pk):
    """For the reviewer. None where they cannot be written to, or there is nothing to remind of any more."""
    sign_off = ending().filter(pk=pk).first()
    if sign_off is None or not sign_off.reviewer.review_address:
        return None
    context = {"sign_off": sign_off, "article_url": settings.SITE_URL + sign_off.version.article.get_absolute_url()}
    subject = f"Your review ends soon: {sign_off.version.title}"
    return email.compose("articles/mail/review_lapses", context, subject=subject, to=sign_off.reviewer.review_address)


@email.composer("articles.reviews_lapse")
def compose_for_editor(user_id):
    """All that lapses soon, for one editor. None once everything is renewed, or for who is no editor any more."""
    user, sign_offs = editors().filter(pk=user_id).first(), list(ending()[:LISTED])
    if user is None or not sign_offs:
        return None
    lines = [{"sign_off": each, "url": _version_url(each)} for each in sign_offs]
    what = "A medical review ends" if len(sign_offs) == 1 else f"{len(sign_offs)} medical reviews end"
    subject = f"{what} soon on {settings.SITE_NAME}"
    return email.compose("articles/mail/reviews_lapse", {"lines": lines}, subject=subject, to=user.email)


def _version_url(sign_off):
    live = sign_off.version.article.live_version()
    return settings.SITE_URL + reverse("admin:articles_version_change", args=[live.pk])
