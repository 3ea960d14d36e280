"""Tells how far the sending of an issue has come: numbers for its page in the admin. It changes nothing.

The page asks every few seconds, while the worker writes the same rows, so nothing is read that is not shown, and the
minutes are counted along the index of what was accepted.
"""

from datetime import timedelta
from functools import cached_property

from django.db.models import Count, Q
from django.utils import timezone

from cramps_site.lib.charts import chart
from newsletter.models import Delivery

MINUTES = 60
RATE_OVER = 5
"""Minutes over which the pace is taken."""
MOST_LISTED = 50
SETTLED = Q(doubt_settled_at__isnull=False, accepted_at=None, failed_at=None, skipped_at=None)


class Progress:
    """How far an issue has come at a moment: `recipients` is the sum of `accepted`, `failed`, `skipped`, `doubtful` and
    of `left`, those not tried yet or to be tried again."""

    def __init__(self, issue, at):
        self.rows, self.at = Delivery.objects.filter(issue=issue), at
        count = self.rows.aggregate(
            recipients=Count("pk"),
            accepted=Count("accepted_at"),
            failed=Count("failed_at"),
            skipped=Count("skipped_at"),
            settled=Count("pk", filter=SETTLED),
        )
        self.recipients, self.accepted = count["recipients"], count["accepted"]
        self.failed, self.skipped = count["failed"], count["skipped"]
        self.doubtful = count["settled"] + self.rows.in_doubt(at).count()
        self.left = self.recipients - self.accepted - self.failed - self.skipped - self.doubtful

    @property
    def done(self):
        return self.recipients - self.left

    @property
    def percent(self):
        return 100 * self.done // (self.recipients or 1)

    @cached_property
    def doubts(self):
        return list(self.rows.in_doubt(self.at).select_related("subscriber").order_by("pk")[:MOST_LISTED])

    @cached_property
    def refusals(self):
        """(the server's words, how often), the most frequent first."""
        said = self.rows.filter(failed_at__isnull=False).values_list("error").annotate(times=Count("pk"))
        return list(said.order_by("-times", "error")[:MOST_LISTED])

    @cached_property
    def minutes(self):
        """(moment, accepted) for each minute of the last hour."""
        this = self.at.replace(second=0, microsecond=0)
        return [self._minute(this - timedelta(minutes=ago)) for ago in reversed(range(MINUTES))]

    def _minute(self, begin):
        # Each is a short piece of the index; SQLite would call Python for every row to group them.
        within = self.rows.filter(accepted_at__gte=begin, accepted_at__lt=begin + timedelta(minutes=1))
        return begin, within.count()

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
    return Progress(issue, at or timezone.now())
