"""The tabs of the queue: what each holds, in which order, and what a moderator who looks at it takes for granted."""

from dataclasses import dataclass

from django.db.models import Q

from comments.models import REPORTED, WAITING, Status

BY_WAITING = ("queue_at", "id")
BY_VERDICT = ("-decided_at", "-id")
COUNTED = 99
"""A tab says how much it holds up to here, and "99+" beyond: no page counts a whole table."""


@dataclass(frozen=True)
class Tab:
    name: str
    condition: Q
    """What every comment in it meets. A verdict is refused where that has changed meanwhile."""
    ordering: tuple = BY_VERDICT
    is_work: bool = False
    """Whether it holds something to do, so that its number is shown."""

    def of(self, comments):
        return comments.filter(self.condition)

    def number(self, comments):
        """How many it holds, as said to a moderator: up to COUNTED."""
        number = self.of(comments).order_by().values("pk")[: COUNTED + 1].count()
        return str(number) if number <= COUNTED else f"{COUNTED}+"


class Unanswered(Tab):
    def of(self, comments):
        return comments.unanswered()


TABS = {
    "pending": Tab("Waiting", WAITING, BY_WAITING, is_work=True),
    "reported": Tab("Reported", REPORTED, BY_WAITING, is_work=True),
    "unanswered": Unanswered("Unanswered", Q(status=Status.APPROVED), ("created_at", "id"), is_work=True),
    "approved": Tab("Approved", Q(status=Status.APPROVED)),
    "rejected": Tab("Not published", Q(status=Status.REJECTED)),
    "spam": Tab("Spam", Q(status=Status.SPAM)),
    "withdrawn": Tab("Withdrawn", Q(status=Status.WITHDRAWN)),
    "all": Tab("All", Q()),
}
