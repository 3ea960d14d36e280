"""Addresses that readers gave: confirmed by their owner before anything is told there, left by one press.

A mail that asks the owner of an address that somebody typed holds no word of theirs, and goes out once a day at most.
What a writer wants to be told is kept with the comment, not with the address: whoever types another's address above a
comment learns and changes nothing about what its owner wants for theirs.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from comments import links
from comments.models import Comment, Contact, Pace, Policy, Status
from cramps_site.lib import email
from cramps_site.lib.address import normalise
from cramps_site.lib.models import OutgoingMail

ASK_AGAIN_AFTER = timedelta(days=1)
DIGEST_EVERY = timedelta(days=1)
PROOFS_A_DAY = 5
LISTED = 20


def contact_of(address):
    """The row of an address, whoever typed it."""
    asked_at = timezone.now() - ASK_AGAIN_AFTER
    return Contact.objects.get_or_create(email=normalise(address), defaults={"asked_at": asked_at})[0]


def ask_owner(comment):
    """Queue what the owner of a comment's address is to be asked: whether answers may be told there, or, where the
    publisher trusts proven addresses, whether they wrote this. Call it in the transaction that stores the comment."""
    contact = comment.contact
    if contact is None:
        return
    if comment.notify and not contact.is_active:
        _ask_once_a_day(contact)
    elif contact.is_active and Policy.get().trust_after and _asked_today(contact) < PROOFS_A_DAY:
        email.queue("comments.prove", comment.pk)


def _asked_today(contact):
    since = timezone.now() - timedelta(days=1)
    return contact.comments.filter(created_at__gt=since).count() - 1


def _ask_once_a_day(contact):
    now = timezone.now()
    due = Contact.objects.filter(pk=contact.pk, asked_at__lte=now - ASK_AGAIN_AFTER)
    if due.update(asked_at=now):
        email.queue("comments.confirm_contact", contact.pk)


def confirm(contact):
    """The owner wants answers told here. Starts anew for one who had stopped."""
    now = timezone.now()
    unknown = Q(confirmed_at=None) | Q(stopped_at__isnull=False)
    Contact.objects.filter(unknown, pk=contact.pk).update(confirmed_at=now, stopped_at=None, told_until=now)


def tell(comment, pace):
    """Its writer wants to know of answers to this comment at this `Pace`. False where nobody can be told any more."""
    if not comment.may_be_told:
        return False
    comment.notify, comment.at_once = pace != Pace.NEVER, pace == Pace.AT_ONCE
    comment.contact = comment.contact or contact_of(comment.email)
    with transaction.atomic():
        known = Comment.objects.filter(pk=comment.pk, erased_at=None)
        done = known.update(notify=comment.notify, at_once=comment.at_once, contact=comment.contact)
        if done and comment.notify and not comment.contact.is_active:
            _ask_once_a_day(comment.contact)
    return done == 1


def stop(contact):
    Contact.objects.filter(pk=contact.pk, stopped_at=None).update(stopped_at=timezone.now())


# Trust


def prove(comment):
    """The owner of the address says that this comment is theirs: with enough approved ones before and nothing found in
    it, it is published. True if it was."""
    Comment.objects.filter(pk=comment.pk, proven_at=None).update(proven_at=timezone.now())
    return is_trusted(comment) and comment.publish_by_trust()


def is_trusted(comment):
    """Whether the publisher's rule lets this proven comment pass without a moderator."""
    needed = Policy.get().trust_after
    if not needed or comment.findings or comment.status != Status.PENDING:
        return False
    proven = comment.contact.comments.filter(proven_at__isnull=False)
    refused = proven.filter(status__in=[Status.REJECTED, Status.SPAM])
    return proven.approved().count() >= needed and not refused.exists()


# Answers


def tell_answers(at=None):
    """Queue a mail to everybody who wants to know of answers that came since they were last told."""
    at = at or timezone.now()
    key, since = OuterRef("pk"), OuterRef("told_until")
    due = Q(told_until__lte=at - DIGEST_EVERY) | Exists(answers_to(key, since, at, at_once=True))
    waiting = OutgoingMail.objects.filter(kind="comments.answers").open().values("subject_id")
    contacts = Contact.objects.active().filter(due).exclude(pk__in=waiting)
    for contact in contacts.filter(Exists(answers_to(key, since, at))):
        with transaction.atomic():
            email.queue("comments.answers", contact.pk)
            Contact.objects.filter(pk=contact.pk).update(told_from=contact.told_until, told_until=at)


def answers_to(contact, since, until, **wish):
    """Approved answers by others to what a contact said and wants to be told of, approved in a span of time."""
    asked = {"contact": contact, "notify": True, **wish}
    theirs = Q(*((f"parent__{name}", value) for name, value in asked.items()))
    theirs |= Q(*((f"answers__{name}", value) for name, value in asked.items()))
    answers = Comment.objects.approved().filter(theirs, decided_at__gt=since, decided_at__lte=until)
    return answers.exclude(contact=contact)


# Mails


@email.composer("comments.confirm_contact")
def compose_confirm(contact_id):
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None or contact.is_active:
        return None
    context = {"confirm_url": links.contact_url("confirm_contact", contact)}
    subject = f"Confirm that {settings.SITE_NAME} may mail you answers"
    return _compose("confirm", contact, context, subject)


@email.composer("comments.prove")
def compose_prove(comment_id):
    comment = Comment.objects.pending().filter(pk=comment_id, proven_at=None).select_related("contact").first()
    if comment is None or comment.contact is None or not comment.contact.is_active:
        return None
    context = {"prove_url": links.prove_url(comment), "at": comment.created_at}
    return _compose("prove", comment.contact, context, f"Did you write a comment on {settings.SITE_NAME}?")


@email.composer("comments.answers")
def compose_answers(contact_id):
    """Where answers stand, without their words. None where nobody can read them any more."""
    contact = Contact.objects.active().filter(pk=contact_id).first()
    if contact is None:
        return None
    answers = answers_to(contact, contact.told_from, contact.told_until).select_related("article")[:LISTED]
    lines = [
        {"title": live.title, "url": settings.SITE_URL + answer.get_absolute_url()}
        for answer in answers
        if (live := answer.article.live_version())
    ]
    if not lines:
        return None
    subject = "An answer to your comment" if len(lines) == 1 else f"{len(lines)} answers to your comments"
    return _compose("answers", contact, {"answers": lines}, f"{subject} on {settings.SITE_NAME}")


def _compose(template, contact, context, subject):
    leave = links.contact_url("stop_contact", contact)
    about = f"Answers to comments on {settings.SITE_NAME}"
    headers = email.list_headers("answers", about, leave)
    context = {**context, "stop_url": leave}
    return email.compose(f"comments/mail/{template}", context, subject=subject, to=contact.email, headers=headers)
