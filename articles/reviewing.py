"""Asks reviewers to vouch for a text, and takes their answers.

What is signed or sent back is exactly the text that the reviewer had before them: the answer names its content hash,
and none is taken for a text that was changed meanwhile. Who holds the mailed link of a request answers it, without an
account.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from articles import links
from articles.models import Remark, ReviewRequest, SignOff, Version
from articles.workflow import MOVES, State
from cramps_site.lib import email

Answer = ReviewRequest.Answer
JUST_NOW = timedelta(minutes=2)


def ask(version, reviewer, *, by):
    """Mail a reviewer the link to this text. The ReviewRequest, or None for who has no address.

    Who was asked before and has not answered gets a new link; the old one leads to no text that was changed. A second
    press of the button is no second mail."""
    now = timezone.now()
    if not reviewer.review_address:
        return None
    with transaction.atomic():
        # Who presses at the same moment waits here.
        version = Version.objects.select_for_update().get(pk=version.pk)
        open_requests = version.review_requests.filter(reviewer=reviewer, answered_at=None)
        if asked := open_requests.filter(content_hash=version.content_hash, asked_at__gt=now - JUST_NOW).first():
            return asked
        fresh = {"content_hash": version.content_hash, "asked_by": by, "asked_at": now}
        asked, _ = ReviewRequest.objects.update_or_create(
            version=version, reviewer=reviewer, answered_at=None, defaults=fresh
        )
        if version.state == State.DRAFT:
            version.move("submit", by=by)
        email.queue("articles.review", asked.pk)
    return asked


def find(token):
    """The ReviewRequest that a mailed link leads to, as long as it is about the text that was sent. None otherwise."""
    key, seen = links.read_review(token) or (None, "")
    asked = ReviewRequest.objects.select_related("version__article__author", "version__lead_image", "reviewer__user")
    return asked.filter(pk=key, content_hash__startswith=seen).first()


def is_void(asked):
    """Whether its link has ended because of what happened since: it never shows a later text."""
    is_no_longer_asked = asked.answer == Answer.TAKEN_BACK or not asked.reviewer.review_address
    return is_no_longer_asked or asked.is_of_an_older_text


def sign(asked, *, seen):
    """Vouch for the text whose content hash was `seen`. False if it was changed, or the request was answered."""
    with transaction.atomic():
        version = Version.objects.select_for_update().get(pk=asked.version_id)
        if not (seen == asked.content_hash == version.content_hash and _answer(asked, Answer.SIGNED)):
            return False
        version.sign_off(by=asked.reviewer)
        _move(version, "approve", f"Signed by {asked.reviewer}.")
    return True


def send_back(asked, *, reason, seen):
    """Say what has to change before it can be signed. False if it was changed, or the request was answered."""
    with transaction.atomic():
        version = Version.objects.select_for_update().get(pk=asked.version_id)
        if not (seen == asked.content_hash == version.content_hash and _answer(asked, Answer.SENT_BACK, reason)):
            return False
        # Who asks for changes vouches no longer for a text that they signed before.
        SignOff.objects.of(version).filter(reviewer=asked.reviewer).take_back()
        _move(version, "send_back", f"{asked.reviewer}: {reason}")
    return True


def take_back(asked):
    """Ask no longer: the link ends. False if the request was answered."""
    return _answer(asked, Answer.TAKEN_BACK)


def remark(asked, *, passage, words):
    """Say something of a passage; the writers see it beside their text."""
    return Remark.objects.create(version=asked.version, author=asked.reviewer, passage=passage, words=words)


def _answer(asked, answer, reason=""):
    facts = {"answered_at": timezone.now(), "answer": answer, "reason": reason}
    with transaction.atomic():
        if not ReviewRequest.objects.filter(pk=asked.pk, answered_at=None).update(**facts):
            return False
        if answer != Answer.TAKEN_BACK:
            email.queue("articles.answered", asked.pk)
    asked.refresh_from_db(fields=list(facts))
    return True


def _move(version, name, reason):
    if version.state in MOVES[name].sources:
        version.move(name, by=None, reason=reason)


@email.composer("articles.review")
def compose_review(pk):
    """The link for the reviewer. None once there is nothing to answer any more."""
    asked = ReviewRequest.objects.filter(pk=pk).select_related("version__article", "reviewer__user", "asked_by").first()
    if asked is None or asked.answered_at or is_void(asked):
        return None
    context = {"asked": asked, "review_url": links.review_url(asked), "days": links.REVIEW_FOR.days}
    subject = f"To review: {asked.version.title}"
    return email.compose("articles/mail/review", context, subject=subject, to=asked.reviewer.review_address)


@email.composer("articles.answered")
def compose_answered(pk):
    """What the reviewer said, for who asked. None if nobody of them has an address."""
    asked = ReviewRequest.objects.filter(pk=pk).select_related("version__article", "reviewer", "asked_by").first()
    if asked is None or not asked.asked_by or not asked.asked_by.email:
        return None
    address = settings.SITE_URL + reverse("admin:articles_version_change", args=[asked.version_id])
    context = {"asked": asked, "remarks": asked.version.remarks.filter(settled_at=None), "version_url": address}
    subject = f"{asked.get_answer_display()}: {asked.version.title}"
    return email.compose("articles/mail/answered", context, subject=subject, to=asked.asked_by.email)
