"""Tells how far the sending of an issue has come: numbers for its page in the admin. It changes nothing."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncMinute
from django.utils import timezone

from cramps_site.lib.charts import chart
from newsletter.models import Delivery

MINUTES = 60
RATE_OVER = 5
"""Minutes over which the pace is taken."""
MOST_LISTED = 50


@dataclass(frozen=True)
class Progress:
    recipients: int
    accepted: int
    failed: int
    skipped: int
    doubtful: int
    left: int
    """Not tried yet, or to be tried again."""
    minutes: list
    """(moment, accepted) for each minute of the last hour."""
    doubts: list
    refusals: list
    """(the server's words, how often), the most frequent first."""

    @property
    def done(self):
        return self.recipients - self.left

    @property
    def percent(self):
        return 100 * self.done // (self.recipients or 1)

    @property
    def remaining(self):
        """How long the rest takes at the pace of the last minutes, or None while there is no pace."""
        lately = sum(count for _, count in self.minutes[-RATE_OVER:])
        return timedelta(minutes=self.left * RATE_OVER / lately) if lately and self.left else None

    @property
    def remaining_words(self):
        minutes = round(self.remaining.total_seconds() / 60)
        return f"{minutes // 60} h {minutes % 60} min" if minutes >= MINUTES else f"{max(1, minutes)} min"

    @property
    def chart(self):
        numbers = [(f"{timezone.localtime(moment):%H:%M}", count) for moment, count in self.minutes]
        return chart("Accepted in each minute of the last hour", "Minute", numbers)


def progress_of(issue, at=None):
    at = at or timezone.now()
    rows = Delivery.objects.filter(issue=issue)
    count = rows.aggregate(
        recipients=Count("pk"),
        accepted=Count("accepted_at"),
        failed=Count("failed_at"),
        skipped=Count("skipped_at"),
        settled=Count(
            "pk", filter=Q(doubt_settled_at__isnull=False, accepted_at=None, failed_at=None, skipped_at=None)
        ),
    )
    doubts = rows.in_doubt(at)
    doubtful = doubts.count() + count.pop("settled")
    left = count["recipients"] - count["accepted"] - count["failed"] - count["skipped"] - doubtful
    refusals = rows.filter(failed_at__isnull=False).values_list("error").annotate(times=Count("pk"))
    return Progress(
        **count,
        doubtful=doubtful,
        left=left,
        minutes=_by_minute(rows, at),
        doubts=list(doubts.select_related("subscriber").order_by("pk")[:MOST_LISTED]),
        refusals=list(refusals.order_by("-times", "error")[:MOST_LISTED]),
    )


def _by_minute(rows, at):
    first = at.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
    counted = rows.filter(accepted_at__gte=first).annotate(minute=TruncMinute("accepted_at")).values_list("minute")
    found = dict(counted.annotate(Count("pk")).order_by())
    moments = [first + timedelta(minutes=number) for number in range(MINUTES)]
    return [(moment, found.get(moment, 0)) for moment in moments]
