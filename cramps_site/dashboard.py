"""What waits for a member of the staff, for their start page: each line only with the permission to act on it.

To add a line, write a Line and add it to LINES. Each costs one query, and counts no further than COUNTED.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from articles.models import Transition, Version
from articles.workflow import State
from comments.models import Comment
from newsletter.models import Issue

COUNTED = 1000


@dataclass(frozen=True)
class Line:
    label: str
    permission: str
    model: str
    rows: Callable
    """Of (user, at): rows that have `since`, in an order that an index gives."""
    query: Callable
    """Of (user, at): what makes the model's list show exactly these rows."""
    late_after: timedelta | None = None


@dataclass(frozen=True)
class Waiting:
    label: str
    number: int
    url: str
    oldest: datetime | None
    """Since when the oldest of those counted waits."""
    is_late: bool

    @property
    def is_more(self):
        return self.number > COUNTED

    @property
    def words(self):
        return f"{COUNTED:,}+" if self.is_more else f"{self.number:,}"


def comments_waiting(user, at):
    return Comment.objects.waiting().in_queue_order().annotate(since=Coalesce("returned_at", "created_at"))


def texts_in_review(user, at):
    asked = Transition.objects.filter(version=OuterRef("pk"), to_state=State.IN_REVIEW).order_by("-at")
    since = Coalesce(Subquery(asked.values("at")[:1]), "edited_at")
    return Version.objects.filter(state=State.IN_REVIEW).annotate(since=since).order_by("pk")


def own_drafts(user, at):
    drafts = Version.objects.filter(state=State.DRAFT, created_by=user)
    return drafts.annotate(since=F("edited_at")).order_by("pk")


LINES = [
    Line(
        "Comments with danger signs", "comments.change_comment", "comments_comment",
        lambda user, at: comments_waiting(user, at).filter(urgency__gt=0),
        lambda user, at: {"status": "pending", "kind": "urgent"}, timedelta(hours=1),
    ),
    Line(
        "Comments waiting for a decision", "comments.change_comment", "comments_comment", comments_waiting,
        lambda user, at: {"status": "pending"}, timedelta(days=1),
    ),
    Line(
        "Comments that readers reported", "comments.change_comment", "comments_comment",
        lambda user, at: Comment.objects.reported().in_queue_order().annotate(since=F("returned_at")),
        lambda user, at: {"status": "reported"}, timedelta(days=1),
    ),
    Line(
        "Questions unanswered for over 48 hours", "comments.change_comment", "comments_comment",
        lambda user, at: Comment.objects.unanswered(at).order_by("created_at").annotate(since=F("created_at")),
        lambda user, at: {"status": "unanswered"}, timedelta(0),
    ),
    Line(
        "Your drafts", "articles.change_version", "articles_version", own_drafts,
        lambda user, at: {"state__exact": State.DRAFT.value, "created_by__id__exact": user.pk},
    ),
    Line(
        "Texts waiting for a review", "articles.add_signoff", "articles_version", texts_in_review,
        lambda user, at: {"state__exact": State.IN_REVIEW.value}, timedelta(days=7),
    ),
    Line(
        "Issues of the newsletter held back", "newsletter.send_issue", "newsletter_issue",
        lambda user, at: Issue.objects.filter(held_at__isnull=False, sent_at=None, cancelled_at=None)
        .annotate(since=F("held_at")).order_by("held_at"),
        lambda user, at: {"held_at__isnull": 0, "sent_at__isnull": 1, "cancelled_at__isnull": 1}, timedelta(0),
    ),
]  # fmt: skip


def waiting_for(user, at=None):
    """What waits for this member of the staff, and for how long."""
    at = at or timezone.now()
    return [_look(line, user, at) for line in LINES if user.has_perm(line.permission)]


def _look(line, user, at):
    since = list(line.rows(user, at).values_list("since", flat=True)[: COUNTED + 1])
    oldest = min(since, default=None)
    url = f"{reverse(f'admin:{line.model}_changelist')}?{urlencode(line.query(user, at))}"
    is_late = oldest is not None and line.late_after is not None and at - oldest > line.late_after
    return Waiting(line.label, len(since), url, oldest, is_late)
