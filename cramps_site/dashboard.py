"""The start page of a member of the staff: what waits, how things go, each part only with the permission to act on it.

To add a line, write a Line and add it to LINES. Each costs one query, and counts no further than COUNTED. What readers
search for is not here, because it is not kept: it says too much about them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from articles.models import SignOff, Transition, Version
from articles.workflow import State
from comments.models import Comment
from cramps_site.lib.charts import by_week, chart
from cramps_site.lib.models import Job, OutgoingMail
from newsletter.models import Delivery, Issue, Subscriber
from newsletter.progress import progress_of

COUNTED = 1000
SOON = timedelta(days=30)
JOB_PATIENCE = timedelta(hours=1)
"""How long after its time a job is late: the worker may be busy."""


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
    """Since when the oldest of those counted waits, or when the next of them is due."""
    is_late: bool
    is_ahead: bool

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


def texts_approved(user, at):
    return Version.objects.filter(state=State.APPROVED).annotate(since=F("edited_at")).order_by("pk")


def going_live(user, at):
    scheduled = Version.objects.filter(state=State.PUBLISHED, publish_at__gt=at)
    return scheduled.annotate(since=F("publish_at")).order_by("publish_at")


def reviews_ending(user, at):
    return SignOff.objects.lapsing(at + SOON, at).annotate(since=F("lapses_at"))


def issues_in_doubt(user, at):
    doubtful = Delivery.objects.in_doubt(at).order_by().values("issue")
    return Issue.objects.filter(pk__in=doubtful).annotate(since=F("frozen_at")).order_by("frozen_at")


def mails_refused(user, at):
    refused = OutgoingMail.objects.filter(failed_at__gt=at - SOON, error__gt="")
    return refused.annotate(since=F("failed_at")).order_by("pk")


def late_jobs(user, at):
    return Job.objects.filter(due_at__lt=at - JOB_PATIENCE).annotate(since=F("due_at")).order_by("due_at")


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
        "Texts approved and not yet published", "articles.publish_article", "articles_version", texts_approved,
        lambda user, at: {"state__exact": State.APPROVED.value}, timedelta(days=7),
    ),
    Line(
        "Texts that go live by themselves", "articles.publish_article", "articles_version", going_live,
        lambda user, at: {"state__exact": State.PUBLISHED.value, "publish_at__gt": at.isoformat()},
    ),
    Line(
        "Medical reviews that lapse within 30 days, or have lapsed", "articles.publish_article", "articles_signoff",
        reviews_ending, lambda user, at: {"end": "soon"}, timedelta(0),
    ),
    Line(
        "Issues with mails in doubt", "newsletter.send_issue", "newsletter_issue", issues_in_doubt,
        lambda user, at: {"id__in": ",".join(str(issue.pk) for issue in issues_in_doubt(user, at)[:50]) or "0"},
        timedelta(0),
    ),
    Line(
        "Mails that could not be sent in the last 30 days", "lib.view_outgoingmail", "lib_outgoingmail", mails_refused,
        lambda user, at: {"failed_at__gt": (at - SOON).isoformat(), "error__gt": ""},
    ),
    Line(
        "Jobs of the worker that are late", "lib.view_job", "lib_job", late_jobs,
        lambda user, at: {"due_at__lt": (at - JOB_PATIENCE).isoformat()}, timedelta(0),
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
    return Waiting(line.label, len(since), url, oldest, is_late, is_ahead=oldest is not None and oldest > at)


def how_it_goes(user, at=None):
    """Charts of the last weeks, the last issue, and how many subscribers there are; each with its permission."""
    at, parts = at or timezone.now(), {"charts": []}
    if user.has_perm("comments.change_comment"):
        parts["charts"].append(_weekly("Comments a week", Comment.objects.all(), "created_at", at))
    if user.has_perm("newsletter.view_subscriber"):
        people = Subscriber.objects.all()
        parts["charts"].append(_weekly("New subscribers a week", people, "confirmed_at", at))
        parts["charts"].append(_weekly("Subscribers who left a week", people, "left_at", at))
        parts["subscribers"] = people.active().count()
    if user.has_perm("newsletter.send_issue"):
        issue = Issue.objects.filter(frozen_at__isnull=False).order_by("-frozen_at").first()
        parts["issue"], parts["progress"] = issue, issue and progress_of(issue, at)
    return parts


def _weekly(title, rows, field, at):
    return chart(title, "Week of", [(f"{day:%-d %B}", number) for day, number in by_week(rows, field, at)])
