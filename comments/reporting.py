"""Takes a reader's report of an approved comment: one a sender and comment; enough of them bring it back to the queue.

The comment stays on the page until a moderator decides. Approving it again settles the reports so far.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from comments.models import Comment, Policy, Report
from comments.queue import queue_at
from cramps_site.lib import limits

LIMIT = (10, timedelta(hours=1))
"""How many reports a sender may send within how long."""


def wait_for(sender, at=None):
    """How long this sender must wait (a timedelta) before another report is taken, or None."""
    return limits.wait_for(Report.objects.filter(sender=sender), "at", *LIMIT, at)


def report(comment, *, sender, why, words=""):
    """Record a report; the same sender's second one changes nothing."""
    with transaction.atomic():
        new = Report(comment=comment, sender=sender, why=why, words=words)
        Report.objects.bulk_create([new], ignore_conflicts=True)
        fresh = comment.reports.filter(at__gt=comment.decided_at) if comment.decided_at else comment.reports.all()
        # What may harm a child comes back at once.
        if why == Report.Why.DANGEROUS or fresh.count() >= Policy.get().reports_bring_back:
            now = timezone.now()
            back = Comment.objects.approved().filter(pk=comment.pk, returned_at=None)
            back.update(returned_at=now, queue_at=queue_at(now, comment.urgency))
