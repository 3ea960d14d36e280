"""Takes a comment in: once, however often the same form is sent, and not faster than a person writes.

The limits read the table itself, so they hold in every process. They follow the sender (`lib.keyed.sender_of`), not
the neighbours.
"""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from comments.models import Comment
from cramps_site.lib.keyed import keyed_hash

LIMITS = ((5, timedelta(minutes=10)), (30, timedelta(days=1)))
"""How many comments a sender may send within how long."""
SAME_TEXT = (10, timedelta(hours=1))
"""How often one text may come in, whoever sends it."""
SAME_TEXT_LENGTH = 40
"""Shorter texts ("Thank you!") are said by many."""
HASTY = 3
"""Seconds within which nobody has read an article and written a comment."""


def fingerprint_of(article, form, sender):
    """Equal for a double click, a press of the back button and a retry; different for anybody else's comment."""
    fields = form.cleaned_data
    parent = fields["parent"].pk if fields["parent"] else ""
    return keyed_hash("submission", sender, article.pk, parent, fields["name"], fields["email"], form.sanitised.text)


def text_hash_of(text):
    return keyed_hash("text", " ".join(text.casefold().split()))


def find_earlier(article, form, sender):
    """The comment that this very form made before, if it did."""
    return Comment.objects.filter(fingerprint=fingerprint_of(article, form, sender)).first()


def wait_for(sender, text, at=None):
    """How long this sender must wait (a timedelta) before another comment is taken, or None."""
    if not settings.LIMITS_ON:
        return None
    at = at or timezone.now()
    waits = [_wait(Comment.objects.filter(sender=sender), number, period, at) for number, period in LIMITS]
    if len(text) >= SAME_TEXT_LENGTH:
        waits.append(_wait(Comment.objects.filter(text_hash=text_hash_of(text)), *SAME_TEXT, at))
    return max(filter(None, waits), default=None)


def _wait(comments, number, period, at):
    within = comments.filter(created_at__gt=at - period).order_by("-created_at")
    counted = within.values_list("created_at", flat=True)[number - 1 : number]
    return next((moment + period - at for moment in counted), None)


def store(article, version, form, sender):
    """Store what the form says as a pending comment, and answer it; of twenty copies at once one is stored."""
    fields = form.cleaned_data
    text = form.sanitised.text
    comment = Comment(
        article=article,
        version=version,
        parent=fields["parent"],
        name=fields["name"],
        email=fields["email"],
        body=text,
        findings=find(form),
        sender=sender,
        fingerprint=fingerprint_of(article, form, sender),
        text_hash=text_hash_of(text),
    )
    try:
        with transaction.atomic():
            comment.save()
    except IntegrityError:
        return Comment.objects.get(fingerprint=comment.fingerprint)
    return comment


def find(form):
    """What a moderator should know about how this comment came in. Nothing here publishes or deletes."""
    findings = []
    if form.cleaned_data["website"]:
        findings.append({"rule": "honeypot", "reason": "a field that people do not see was filled"})
    elapsed = form.cleaned_data["elapsed"]
    if elapsed is not None and elapsed < HASTY:
        findings.append({"rule": "haste", "reason": f"sent {elapsed} seconds after the page was opened"})
    repeats = Comment.objects.filter(text_hash=text_hash_of(form.sanitised.text)).count()
    if repeats and settings.LIMITS_ON:
        findings.append({"rule": "repeated", "reason": f"the same text came in {repeats} times before"})
    return findings
