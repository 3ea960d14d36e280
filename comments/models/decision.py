"""Verdicts: what was done to comments, by whom, when and why, and how to undo it.

A verdict moves comments from one status to another (`MOVES`), one comment or ten thousand in the same few queries:
`Comment.objects.filter(...).decide(...)`. What was done at once is a `Batch`, and is undone as a whole.
"""

from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from articles.models import Article
from comments.models.rules import Policy
from cramps_site.lib.bulk import insert_select

UNDO_WITHIN = timedelta(minutes=30)


class Status(models.TextChoices):
    PENDING = "pending", "Waiting"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Not published"
    SPAM = "spam", "Spam"
    WITHDRAWN = "withdrawn", "Withdrawn"


MOVES = {
    Status.PENDING: {Status.APPROVED, Status.REJECTED, Status.SPAM, Status.WITHDRAWN},
    Status.APPROVED: {Status.REJECTED, Status.SPAM, Status.WITHDRAWN},
    Status.REJECTED: {Status.APPROVED, Status.SPAM, Status.WITHDRAWN},
    Status.SPAM: {Status.APPROVED, Status.REJECTED, Status.WITHDRAWN},
    Status.WITHDRAWN: set(),
}
"""Where a comment may go from where it is. What its writer withdrew nobody brings back. Undoing goes one move back."""


class Act(models.TextChoices):
    """What a batch did, in the words in which it is told."""

    APPROVE = "approve", "approved"
    REJECT = "reject", "rejected"
    SPAM = "spam", "put with the spam"
    UNDO = "undo", "put back"
    REDACT = "redact", "redacted"
    TRUST = "trust", "published by the rule of trust"
    WITHDRAW = "withdraw", "withdrawn by its writer"


OUTCOMES = {
    Act.APPROVE: Status.APPROVED,
    Act.TRUST: Status.APPROVED,
    Act.REJECT: Status.REJECTED,
    Act.SPAM: Status.SPAM,
    Act.WITHDRAW: Status.WITHDRAWN,
}
"""Where each act leads."""
EDITED = ~Q(proposed="")
"""Its writer sent another text, which waits."""
UNDOABLE = (Act.APPROVE, Act.REJECT, Act.SPAM)


class BatchQuerySet(models.QuerySet):
    def undoable(self, *, by, at=None):
        """What this moderator may still undo, the newest first."""
        since = (at or timezone.now()) - UNDO_WITHIN
        return self.filter(by=by, act__in=UNDOABLE, at__gt=since, undone_at=None).order_by("-at", "-pk")


class Batch(models.Model):
    """One act on one or many comments."""

    act = models.CharField(max_length=10, choices=Act)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.TextField(blank=True)
    number = models.PositiveIntegerField(default=0)
    undone_at = models.DateTimeField(null=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        indexes = [models.Index(fields=["by", "-at"], name="batch_by_moderator")]

    def __str__(self):
        return f"{self.number} {'comment' if self.number == 1 else 'comments'} {self.get_act_display()}"

    def undo(self, *, by, at=None):
        """Put everything back that nobody has decided since, as a batch of its own. None if that is not possible:
        somebody else's, undone before, or longer ago than `UNDO_WITHIN`."""
        at = at or timezone.now()
        with transaction.atomic():
            Policy.lock()
            mine = Batch.objects.undoable(by=by, at=at).filter(pk=self.pk)
            if not mine.update(undone_at=at):
                return None
            undo = Batch.objects.create(act=Act.UNDO, by=by, at=at)
            undo.number = self.comments.put_back(self, undo)
            undo.record()
        return undo

    def record(self):
        """Write one decision for each comment of this batch, tell the pages, and keep the number."""
        insert_select(
            Decision,
            self.comments.all(),
            comment_id=F("pk"),
            batch_id=Value(self.pk),
            by_id=Value(self.by_id, output_field=models.BigIntegerField(null=True)),
            at=Value(self.at, output_field=models.DateTimeField()),
            from_status=F("was_status"),
            to_status=F("status"),
            reason=Value(self.reason, models.TextField()),
        )
        articles = Article.objects.filter(pk__in=self.comments.values("article"))
        articles.update(changes=F("changes") + 1)
        self.save(update_fields=["number"])


class Decision(models.Model):
    """A verdict on one comment: who, when, from, to, and why. Never edited: undoing it is another row. No `by`: its
    writer, or a rule that the publisher switched on."""

    comment = models.ForeignKey("comments.Comment", on_delete=models.CASCADE, related_name="decisions")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, null=True, related_name="decisions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    from_status = models.CharField(max_length=10, choices=Status)
    to_status = models.CharField(max_length=10, choices=Status)
    reason = models.TextField(blank=True)
    learned_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["id"], name="decision_unlearned", condition=Q(learned_at=None))]

    def __str__(self):
        return f"{self.get_from_status_display()} → {self.get_to_status_display()}"

    @property
    def act(self):
        return self.batch.act if self.batch else ""


class DecidableQuerySet(models.QuerySet):
    """Comments that can be moved. The last move is kept in the row (`was_status`, `was_body`, ...), so that undoing
    needs no other table."""

    def decide(self, act, *, by, reason="", seen=Q(), at=None):  # noqa: B008 a Q is never changed
        """Do `act` to all of these that may still go there and are as the actor saw them (`seen`, a condition on the
        row). A batch, whose number says how many there were; not stored where there were none.

        An edit of an approved comment that waits is accepted or refused; the comment itself stays where it is."""
        at = at or timezone.now()
        with transaction.atomic():
            Policy.lock()
            batch = Batch.objects.create(act=act, by=by, at=at, reason=reason)
            comments = self.model.objects.filter(pk__in=self.order_by().values("pk")).filter(seen)
            if act == Act.REJECT:
                batch.number += comments.edited().refuse_edits(batch)
                comments = comments.exclude(batch=batch)
            batch.number += comments.movable(act).move(batch)
            if batch.number:
                batch.record()
            else:
                batch.delete()
        return batch

    def edited(self):
        """Approved, with a new text of their writer's that waits."""
        return self.filter(EDITED, status=Status.APPROVED)

    def movable(self, act):
        sources = [source for source, targets in MOVES.items() if OUTCOMES[act] in targets]
        allowed = Q(status__in=sources)
        if act == Act.APPROVE:
            allowed |= Q(status=Status.APPROVED, returned_at__isnull=False)
        return self.filter(allowed)

    def move(self, batch):
        """Put these where the act leads; a text that waits takes the place of the old one when it is approved."""
        outcome = OUTCOMES[batch.act]
        fields = {"status": outcome, "proposed": "", "was_body": F("proposed")}
        if outcome == Status.APPROVED:
            fields["body"] = Case(When(EDITED, then=F("proposed")), default=F("body"))
            fields["was_body"] = Case(When(EDITED, then=F("body")), default=Value("", models.TextField()))
        if outcome == Status.WITHDRAWN:
            fields["fingerprint"] = None
        return self._mark(batch, **fields)

    def refuse_edits(self, batch):
        return self._mark(batch, proposed="", was_body=F("proposed"))

    def put_back(self, batch, undo):
        """One move back for these, with the text that it had replaced or refused."""
        fields = {"proposed": F("was_body"), "was_body": ""}
        if batch.act == Act.APPROVE:
            replaced = ~Q(was_body="")
            fields["body"] = Case(When(replaced, then=F("was_body")), default=F("body"))
            fields["proposed"] = Case(When(replaced, then=F("body")), default=Value("", models.TextField()))
        fields |= {"status": F("was_status"), "was_status": F("status"), "returned_at": F("was_returned_at")}
        return self.update(**fields, batch=undo, decided_at=undo.at)

    def _mark(self, batch, **fields):
        return self.update(
            was_status=F("status"),
            was_returned_at=F("returned_at"),
            returned_at=None,
            batch=batch,
            decided_at=batch.at,
            **fields,
        )
