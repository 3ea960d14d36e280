from datetime import timedelta

from django.db import models
from django.utils import timezone

from cramps_site.lib.ledger import LedgerRow


class OutgoingMail(LedgerRow):
    """One mail to one person, written in the transaction of what it tells of and rendered when it is sent.

    `kind` names the function that composes it (`cramps_site.lib.email.composers`), `subject_id` the row it is about:
    neither words nor links lie here, so a mail about something erased is simply not sent.
    """

    kind = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="mail_waiting", condition=models.Q(accepted_at=None, failed_at=None)
            )
        ]

    def __str__(self):
        return f"{self.kind} {self.subject_id}"


class Job(models.Model):
    """A periodic piece of work and when it is due again. Claimed like everything else that must not be lost."""

    name = models.CharField(max_length=60, unique=True)
    due_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.name

    @classmethod
    def claim(cls, name, every: timedelta, at=None):
        """Whether this worker is the one to do the job now; it is due again after `every`."""
        at = at or timezone.now()
        cls.objects.get_or_create(name=name, defaults={"due_at": at})
        return bool(cls.objects.filter(name=name, due_at__lte=at).update(due_at=at + every))
