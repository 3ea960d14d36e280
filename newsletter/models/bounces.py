"""What came back of what we sent: one row for each subscriber, issue, kind and day."""

from django.db import models
from django.utils import timezone

from newsletter.models.issues import Issue
from newsletter.models.subscribers import Subscriber


class BounceQuerySet(models.QuerySet):
    def of_issue(self, issue):
        """Whatever came back because of an issue: what tells whether it may go on going out."""
        return self.filter(issue=issue)


class Bounce(models.Model):
    """Written by `newsletter.scoring` alone. `issue` is empty where nothing tells which mail came back."""

    class Kind(models.TextChoices):
        HARD = "hard", "The address does not work"
        SOFT = "soft", "The address does not work for now"
        COMPLAINT = "complaint", "Complained of our mail"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="bounces")
    issue = models.ForeignKey(Issue, null=True, on_delete=models.CASCADE, related_name="bounces")
    kind = models.CharField(max_length=10, choices=Kind)
    reason = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)
    on = models.DateField("day")

    objects = BounceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "issue", "kind", "on"], name="one_bounce_per_subscriber_issue_kind_and_day"
            ),
            models.UniqueConstraint(
                fields=["subscriber", "kind", "on"],
                condition=models.Q(issue=None),
                name="one_bounce_per_subscriber_kind_and_day_without_issue",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}, {self.on}"
