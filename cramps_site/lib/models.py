from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from cramps_site.lib.ledger import LedgerRow


class KeepsFacts(models.Model):
    """A row that people edit in forms and into which procedures write facts: the columns that are not editable.

    A form saves a row as it was read some time before. So saving an existing row leaves the facts alone; whoever
    changes one writes it by `update`, or names it in `update_fields`."""

    class Meta:
        abstract = True

    def save(self, *args, update_fields=None, **options):
        if update_fields is None and not self._state.adding:
            loaded = {field.attname: field for field in self._meta.concrete_fields if not field.primary_key}
            for name in self.get_deferred_fields():
                loaded.pop(name, None)
            update_fields = [field.name for field in loaded.values() if field.editable]
        super().save(*args, update_fields=update_fields, **options)


def new_identity():
    return uuid4().hex


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


FINGERPRINT = """
SELECT concat_ws('.', system_identifier, timeline_id, (SELECT oid FROM pg_database WHERE datname = current_database()),
    '{table}'::regclass::oid) FROM pg_control_system(), pg_control_checkpoint()
"""
"""Of the server, of its history, and of the database and the table in it: a dump that is restored gets new ones."""


class Origin(models.Model):
    """The one row by which a database knows whether it still is where it was (cramps_site.lib.restored)."""

    identity = models.CharField(max_length=32, default=new_identity)
    fingerprint = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_origin")]

    def __str__(self):
        return self.identity

    @classmethod
    def get(cls):
        return cls.objects.get_or_create(pk=1, defaults={"fingerprint": cls.read_fingerprint()})[0]

    @classmethod
    def read_fingerprint(cls):
        """What tells this database from a restored one; empty where the server has nothing of the kind."""
        if connection.vendor != "postgresql":
            return ""
        with connection.cursor() as cursor:
            cursor.execute(FINGERPRINT.format(table=cls._meta.db_table))
            return cursor.fetchone()[0]


class LiveQuestion(models.Model):
    """One machine asks whether this is the live site, and sends nothing until somebody says so."""

    code = models.CharField(max_length=32, unique=True)
    because = models.TextField()
    place = models.TextField(help_text="The machine, and its VAR_DIR.")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self):
        return self.because
