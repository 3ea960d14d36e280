"""One row for each issue and recipient, with a timestamp for each fact, and the pace at which rows are sent."""

import datetime
from functools import cache

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models, transaction
from django.utils import timezone

from cramps_site.lib.bulk import planned_cursor
from cramps_site.lib.ledger import LedgerQuerySet, LedgerRow
from newsletter.models.issues import Issue
from newsletter.models.subscribers import Subscriber


class DeliveryQuerySet(LedgerQuerySet):
    def open(self):
        return super().open().filter(skipped_at=None)

    def in_doubt(self, at=None):
        return super().in_doubt(at).filter(doubt_settled_at=None)

    def advance(self, claimed_at, accepted, following, at=None):
        """Commit in one statement that some messages were accepted and that the following ones are about to be sent.

        The keys of those that may be: still open, still held by the claim of `claimed_at`, and to somebody who was not
        erased. Whoever pauses an issue takes the claims back, and who leaves is skipped at once, so this is all that
        has to be looked at."""
        accepted, following = tuple(accepted) or (0,), tuple(following) or (0,)
        adapt = connection.ops.adapt_datetimefield_value
        moment, claim = adapt(at or timezone.now()), adapt(claimed_at)
        sql = _advance(len(accepted), len(following))
        params = [*accepted, moment, *following, moment, *accepted, *following, claim]
        with planned_cursor() as cursor:
            cursor.execute(sql, params)
            return {key for key, accepted_at in cursor.fetchall() if accepted_at is None}


ADVANCE = """
UPDATE newsletter_delivery SET
    accepted_at = CASE WHEN id IN ({accepted}) THEN %s ELSE accepted_at END,
    started_at = CASE WHEN id IN ({following}) THEN %s ELSE started_at END
WHERE id IN ({accepted}, {following}) AND claimed_at = %s AND COALESCE(accepted_at, failed_at, skipped_at) IS NULL
    AND (subscriber_id IS NOT NULL OR started_at IS NOT NULL)
RETURNING id, accepted_at
"""
"""One statement is one commit: the ledger's price for each round of messages. COALESCE, because IS NULL would lead
PostgreSQL to the index of what waits, and through all of it."""


@cache
def _advance(accepted, following):
    return ADVANCE.format(accepted=", ".join(["%s"] * accepted), following=", ".join(["%s"] * following))


class Delivery(LedgerRow):
    """One issue to one subscriber. `error` holds the mail server's words, or why it was skipped."""

    # The unique constraint is its index: every index costs each commit.
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, db_index=False, related_name="deliveries")
    subscriber = models.ForeignKey(Subscriber, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    skipped_at = models.DateTimeField(null=True, editable=False)
    doubt_settled_at = models.DateTimeField(null=True, editable=False)
    doubt_settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        db_index=False,
        editable=False,
        related_name="+",
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["issue", "subscriber"], name="one_delivery_per_subscriber_and_issue")
        ]
        indexes = [
            models.Index(
                fields=["issue", "due_at", "id"],
                name="delivery_waiting",
                condition=models.Q(accepted_at=None, failed_at=None, skipped_at=None),
            ),
            models.Index(
                fields=["issue", "accepted_at"], name="delivery_accepted", condition=models.Q(accepted_at__isnull=False)
            ),
            models.Index(
                fields=["issue", "failed_at"], name="delivery_failed", condition=models.Q(failed_at__isnull=False)
            ),
        ]

    def __str__(self):
        return f"Issue {self.issue_id} to {self.subscriber_id}"

    def skip(self, reason):
        """Record that it is not sent any more."""
        return self._record(skipped_at=timezone.now(), error=reason)

    def send_again(self, *, by, at=None):
        """Send what is in doubt once more: the recipient may get it twice. False if it is in doubt no more, or nothing
        more of its issue is ever sent."""
        at = at or timezone.now()
        facts = {"claimed_at": None, "started_at": None, "due_at": at, "doubt_settled_by": by}
        with transaction.atomic():
            doubtful = Delivery.objects.in_doubt(at).filter(pk=self.pk, issue__cancelled_at=None)
            again = doubtful.update(**facts)
            if again:
                Issue.objects.filter(pk=self.issue_id).update(sent_at=None)
        return bool(again)

    def leave(self, *, by, at=None):
        """Let what is in doubt be: the recipient may never get it. False if it is in doubt no more."""
        at = at or timezone.now()
        doubtful = Delivery.objects.in_doubt(at).filter(pk=self.pk)
        return bool(doubtful.update(doubt_settled_at=at, doubt_settled_by=by))


class SendingPolicy(models.Model):
    """The one row of what the publisher has set for sending, and until when the pace is used up."""

    per_second = models.PositiveIntegerField(
        "at most a second", default=0, help_text="0: as fast as the mail server takes them."
    )
    per_hour = models.PositiveIntegerField("at most an hour", default=0, help_text="0: no limit.")
    connections = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="To the mail server, at the same time, of each worker.",
    )
    slow_start = models.BooleanField(
        default=True, help_text="First 2 % (at least 20), then the rest ten minutes later if nothing went wrong."
    )
    pause_above = models.PositiveSmallIntegerField(
        "pause when this share fails",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Per cent of what was tried: refusals and bounces.",
    )
    late_after = models.PositiveIntegerField(
        "ask when it is late by",
        default=60,
        help_text="Minutes. An issue whose time passed longer ago is not sent by itself: an editor is asked.",
    )
    free_at = models.DateTimeField(default=timezone.now, editable=False)
    trouble = models.TextField(blank=True, editable=False)
    trouble_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name_plural = "sending policy"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_sending_policy")]

    def __str__(self):
        return "Sending policy"

    @classmethod
    def get(cls):
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @classmethod
    def note(cls, **facts):
        """Write facts into the row, and make it if nobody has set anything yet."""
        cls.objects.update_or_create(pk=1, defaults=facts)

    @property
    def rate(self):
        """Messages a second by the stricter limit, or None without one."""
        return min(filter(None, (self.per_second, self.per_hour / 3600)), default=None)

    def take(self, at):
        """How many messages the pace allows at a moment, at most a second's; None without a limit.

        Taking moves on the moment from which more are allowed, so that all workers together keep to it."""
        if self.rate is None:
            return None if self.free_at <= at else 0
        allowed = max(1, int(self.rate))
        until = at + datetime.timedelta(seconds=allowed / self.rate)
        return allowed if SendingPolicy.objects.filter(pk=1, free_at__lte=at).update(free_at=until) else 0
