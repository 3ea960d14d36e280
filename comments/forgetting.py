"""Lets go of what was kept only to recognise a sender for a while."""

from django.db.models import Q
from django.utils import timezone

from comments.models import SENDER_KEPT_FOR, Comment, Contact, Report


def forget_senders(at=None):
    """Blank the hashes that lead back to a sender, `SENDER_KEPT_FOR` after the comment; how many rows."""
    before = (at or timezone.now()) - SENDER_KEPT_FOR
    Report.objects.filter(at__lt=before).exclude(sender="").update(sender="")
    known = Comment.objects.filter(created_at__lt=before).exclude(sender="", fingerprint=None)
    return known.update(sender="", fingerprint=None)


def forget_contacts(at=None):
    """Delete addresses that no owner confirmed within `SENDER_KEPT_FOR`, and those that no comment has any more."""
    before = (at or timezone.now()) - SENDER_KEPT_FOR
    unused = Contact.objects.filter(asked_at__lt=before).filter(Q(confirmed_at=None) | Q(comments=None))
    return Contact.objects.filter(pk__in=unused.values("pk")).delete()[0]
