"""Work that must not be lost is a row; a worker is anything that claims rows.

A claim is a lease: `claimed_at` says since when, and once the lease is over any worker may take the row over.
`started_at` is committed just before the step that cannot be taken back (a mail's DATA); a row that was started, has
neither been accepted nor failed, and whose lease is over is *in doubt*: listed for a person, never tried by itself.
So nothing is done twice, nothing is lost, and the doubt is named.
"""

from datetime import timedelta

from django.conf import settings
from django.db import connections, models, transaction
from django.db.models import F, Q
from django.utils import timezone

LEASE = settings.LEASE
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8))
"""How long a row waits after its first, second, ... passing fault. After the last one it has failed."""


class LedgerQuerySet(models.QuerySet):
    def open(self):
        return self.filter(accepted_at=None, failed_at=None)

    def claimable(self, at=None):
        """Rows whose time has come and that nobody holds."""
        at = at or timezone.now()
        free = Q(claimed_at=None) | Q(claimed_at__lt=at - LEASE)
        return self.open().filter(free, started_at=None, due_at__lte=at)

    def in_doubt(self, at=None):
        """Rows that were started and whose outcome nobody will report any more."""
        return self.open().filter(started_at__isnull=False, claimed_at__lt=(at or timezone.now()) - LEASE)

    def claim(self, limit, at=None):
        """Take up to `limit` rows for this worker, the longest due first. No two workers get the same row."""
        at = at or timezone.now()
        with transaction.atomic(using=self.db):
            rows = self.claimable(at).order_by("due_at", "pk")
            if connections[self.db].features.has_select_for_update_skip_locked:
                rows = rows.select_for_update(skip_locked=True)
            keys = list(rows.values_list("pk", flat=True)[:limit])
            self.filter(pk__in=keys).update(claimed_at=at, attempts=F("attempts") + 1)
        return list(self.filter(pk__in=keys).order_by("due_at", "pk"))


class LedgerRow(models.Model):
    """One piece of outgoing work, a timestamp for each fact."""

    due_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    failed_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)
    faults = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    error = models.TextField(blank=True, editable=False)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        abstract = True

    def start(self):
        """Commit that the step which cannot be taken back is about to begin. False if this row is no longer ours."""
        return self._record(started_at=timezone.now())

    def accept(self):
        return self._record(accepted_at=timezone.now(), error="")

    def fail(self, reason):
        """Record a fault that no repetition mends."""
        return self._record(failed_at=timezone.now(), error=reason)

    def postpone(self, reason):
        """Record a passing fault: the row comes back after its back-off, or has failed after the last one."""
        if self.faults >= len(BACK_OFF):
            return self.fail(reason)
        due_at = timezone.now() + BACK_OFF[self.faults]
        facts = {"claimed_at": None, "started_at": None, "due_at": due_at, "error": reason}
        return self._record(**facts, faults=self.faults + 1)

    def release(self, reason="", after=timedelta(0)):
        """Give the row back untouched: what went wrong was no fault of its own."""
        return self._record(claimed_at=None, started_at=None, due_at=timezone.now() + after, error=reason)

    def _record(self, **facts):
        """Write facts, as long as this worker still holds the row and nobody has settled it."""
        held = type(self).objects.open().filter(pk=self.pk, attempts=self.attempts)
        recorded = held.update(**facts)
        for name, value in facts.items():
            setattr(self, name, value)
        return bool(recorded)
