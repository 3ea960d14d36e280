"""Lets go of what was kept only to recognise a sender for a while."""

from django.utils import timezone

from comments.models import SENDER_KEPT_FOR, Comment


def forget_senders(at=None):
    """Blank the hashes that lead back to a sender, `SENDER_KEPT_FOR` after the comment; how many rows."""
    before = (at or timezone.now()) - SENDER_KEPT_FOR
    known = Comment.objects.filter(created_at__lt=before).exclude(sender="", fingerprint=None)
    return known.update(sender="", fingerprint=None)
