"""People around comments who have no account or want mail: confirmed addresses, reports, moderators' wishes."""

from datetime import time

from django.conf import settings
from django.db import models
from django.utils import timezone


class Pace(models.TextChoices):
    """How soon somebody is told of answers to a comment of theirs."""

    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "Once a day"
    NEVER = "never", "Not at all"


class ContactQuerySet(models.QuerySet):
    def active(self):
        return self.filter(confirmed_at__isnull=False, stopped_at=None)


class Contact(models.Model):
    """An address to which answers are told. Nothing goes there before its owner has confirmed it."""

    email = models.EmailField(max_length=254, unique=True)
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    told_from = models.DateTimeField(default=timezone.now)
    told_until = models.DateTimeField(default=timezone.now)

    objects = ContactQuerySet.as_manager()

    def __str__(self):
        return f"Contact {self.pk}"

    @property
    def is_active(self):
        return self.confirmed_at is not None and self.stopped_at is None


class Report(models.Model):
    """A reader says that an approved comment should not be there."""

    class Why(models.TextChoices):
        DANGEROUS = "dangerous", "The advice may harm a child"
        PRIVATE = "private", "It says who a child is"
        RUDE = "rude", "It is rude or hurtful"
        ADVERTISING = "advertising", "It is advertising"
        OTHER = "other", "Something else"

    comment = models.ForeignKey("comments.Comment", on_delete=models.CASCADE, related_name="reports")
    why = models.CharField(max_length=12, choices=Why)
    words = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)
    sender = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "sender"], name="one_report_per_sender", condition=~models.Q(sender="")
            )
        ]
        indexes = [models.Index(fields=["sender", "at"], name="report_by_sender")]

    def __str__(self):
        return self.get_why_display()


class Watch(models.Model):
    """What mail one moderator wants. Who has no row gets the defaults."""

    class Digest(models.TextChoices):
        NEVER = "never", "no digest"
        HOURLY = "hourly", "every hour in which something waits"
        DAILY = "daily", "once a day if something waits"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comment_watch")
    urgent = models.BooleanField("mail me danger signs at once, day and night", default=True)
    digest = models.CharField(max_length=8, choices=Digest, default=Digest.DAILY)
    quiet_from = models.TimeField(default=time(20), help_text="No digest between these hours; danger signs still come.")
    quiet_until = models.TimeField(default=time(7))
    told_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "mail to a moderator"
        verbose_name_plural = "mail to moderators"

    def __str__(self):
        return str(self.user)

    def is_quiet(self, moment):
        """Whether a local time of day lies in the quiet hours, which may pass midnight."""
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= moment < self.quiet_until
        return moment >= self.quiet_from or moment < self.quiet_until
