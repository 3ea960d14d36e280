"""What moderators may know of a sender: how often they were approved and rejected before, never who they are."""

from collections import Counter

from django.db.models import Count

from comments.models import Comment, Status

DECIDED = (Status.APPROVED, Status.REJECTED, Status.SPAM)


def with_history(comments):
    """The comments as a list, each with `history`: a dictionary from status to how many of its sender's were decided
    so. One query for all; a sender is recognised for as long as `SENDER_KEPT_FOR`."""
    comments = list(comments)
    senders = {comment.sender for comment in comments} - {""}
    decided = Comment.objects.filter(sender__in=senders, status__in=DECIDED, decided_at__isnull=False)
    history = Counter()
    for sender, status, number in decided.values_list("sender", "status").annotate(Count("pk")) if senders else ():
        history[sender, status] = number
    for comment in comments:
        comment.history = {status.value: history[comment.sender, status] for status in DECIDED}
    return comments
