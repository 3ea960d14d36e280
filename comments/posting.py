"""Takes a comment in: once, however often the same form is sent, and not faster than a person writes.

The limits read the table itself, so they hold in every process. They follow the sender (`lib.keyed.sender_of`), not
the neighbours.
"""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from comments import alerting, contacts, judging, links
from comments.models import Comment
from comments.queue import queue_at
from cramps_site.lib import limits
from cramps_site.lib.keyed import keyed_hash

LIMITS = ((5, timedelta(minutes=10)), (30, timedelta(days=1)))
"""How many comments a sender may send within how long."""
SAME_TEXT = (10, timedelta(hours=1))
"""How often one text may come in, whoever sends it."""
EDIT_EVERY = timedelta(seconds=10)
"""How soon after one new text of a comment another one is taken."""
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


def find_again(article, form, sender):
    """What this form stands for already: the comment it made before, or one that was stored before its writer had
    looked at it and that takes the wording of now."""
    stored = links.read_token(form.cleaned_data["stored"])
    comment = Comment.objects.filter(article=article, pk=stored).first() if stored else None
    if comment and edit(comment, form.sanitised.text):
        return comment
    return find_earlier(article, form, sender)


def wait_for(sender, text, at=None):
    """How long this sender must wait (a timedelta) before another comment is taken, or None."""
    bounds = [(Comment.objects.filter(sender=sender), *limit) for limit in LIMITS]
    if len(text) >= SAME_TEXT_LENGTH:
        bounds.append((Comment.objects.filter(text_hash=text_hash_of(text)), *SAME_TEXT))
    waits = (limits.wait_for(comments, "created_at", *limit, at) for comments, *limit in bounds)
    return max(filter(None, waits), default=None)


def store(article, version, form, sender):
    """Store what the form says as a pending comment, and answer it; of twenty copies at once one is stored.

    Moderators are alerted to a danger sign in the same transaction: one is never without the other."""
    fields = form.cleaned_data
    text = form.sanitised.text
    place = fields["parent"].place_of_answer() if fields["parent"] else {}
    comment = Comment(
        article=article,
        version=version,
        **place,
        name=fields["name"],
        email=fields["email"],
        notify=fields["notify"],
        contact=contacts.contact_of(fields["email"]) if fields["email"] else None,
        body=text,
        sender=sender,
        fingerprint=fingerprint_of(article, form, sender),
        text_hash=text_hash_of(text),
        findings=came_in(form),
    )
    judging.judge(comment, form.findings)
    try:
        with transaction.atomic():
            comment.alerted = alerting.alert(comment)
            comment.save()
            contacts.ask_owner(comment)
    except IntegrityError:
        return Comment.objects.get(fingerprint=comment.fingerprint)
    return comment


def wait_to_edit(comment, text, at=None):
    """How long its writer must wait (a timedelta) before this other text is taken, or None."""
    if not settings.LIMITS_ON or comment.edited_at is None or text == comment.text:
        return None
    left = comment.edited_at + EDIT_EVERY - (at or timezone.now())
    return left if left > timedelta(0) else None


def edit(comment, text):
    """Take a new text (sanitised) from its writer: it waits for a moderator, and until then what was approved stays on
    the page. False where the comment cannot be edited any more."""
    with transaction.atomic():
        # Nobody decides on it while its text changes.
        comment.refresh_from_db(from_queryset=Comment.objects.select_for_update())
        if not comment.may_be_edited:
            return False
        if text != comment.text:
            _take(comment, text)
    return True


def _take(comment, text):
    comment.edited_at = timezone.now()
    if comment.is_approved:
        comment.proposed, comment.returned_at = text, comment.returned_at or comment.edited_at
    else:
        comment.body = text
    judging.judge(comment, judging.find(text, name=comment.name))
    comment.queue_at = queue_at(comment.returned_at or comment.created_at, comment.urgency, comment.spam_score)
    comment.text_hash = text_hash_of(text)
    comment.alerted = max(comment.alerted, alerting.alert(comment))
    comment.save(update_fields=EDITED_FIELDS)


EDITED_FIELDS = (
    "body", "proposed", "returned_at", "edited_at", "findings", "urgency", "spam_score", "asks", "queue_at",
    "text_hash", "alerted",
)  # fmt: skip


def came_in(form):
    """What a moderator should know about how this comment came in. Nothing here publishes or deletes."""
    findings = []
    if form.cleaned_data["website"]:
        findings.append(_finding("honeypot", "a field that people do not see was filled"))
    elapsed = form.cleaned_data["elapsed"]
    if elapsed is not None and elapsed < HASTY:
        findings.append(_finding("haste", f"sent {elapsed} seconds after the page was opened"))
    repeats = Comment.objects.filter(text_hash=text_hash_of(form.sanitised.text)).count()
    if repeats and settings.LIMITS_ON:
        findings.append(_finding("repeated", f"the same text came in {repeats} times before"))
    return findings


def _finding(rule, reason):
    return {"kind": "sending", "rule": rule, "reason": reason}
