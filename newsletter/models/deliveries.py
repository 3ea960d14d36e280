"""One row for each issue and recipient, with a timestamp for each fact, and the pace at which rows are sent."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from cramps_site.lib.ledger import LedgerQuerySet, LedgerRow
from newsletter.models.issues import Issue
from newsletter.models.subscribers import Subscriber


class DeliveryQuerySet(LedgerQuerySet):
    def open(self):
        return super().open().filter(skipped_at=None)


class Delivery(LedgerRow):
    """One issue to one subscriber. `error` holds the mail server's words, or why it was skipped."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.ForeignKey(Subscriber, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    skipped_at = models.DateTimeField(null=True, editable=False)

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
            models.Index(fields=["issue", "accepted_at"], name="delivery_accepted"),
        ]

    def __str__(self):
        return f"{self.issue} to {self.subscriber_id}"


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

    class Meta:
        verbose_name_plural = "sending policy"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_sending_policy")]

    def __str__(self):
        return "Sending policy"

    @classmethod
    def get(cls):
        return cls.objects.filter(pk=1).first() or cls(pk=1)
