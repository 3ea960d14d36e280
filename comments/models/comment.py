"""What readers say under an article.

Nothing is ever shown without a moderator's decision, or a rule that the publisher switched on (`Policy.trust_after`).
"""

from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Version
from comments import marking
from comments.models.decision import Act, Batch, DecidableQuerySet, Decision, Status
from comments.models.learning import SpamExample
from comments.models.people import Contact, Pace
from comments.queue import queue_at

SENDER_KEPT_FOR = timedelta(days=30)
LEVELS = 3
"""How deep a thread goes: a comment, an answer, an answer to that."""
UNANSWERED_AFTER = timedelta(hours=48)
WAITING = Q(status=Status.PENDING) | Q(returned_at__isnull=False)
"""What the queue holds. The index `comment_queue` is over exactly this, in this order: SQLite compares the words."""


REPORTED = Q(status=Status.APPROVED, returned_at__isnull=False, proposed="")
NOTHING_LEFT = {
    **dict.fromkeys(["name", "email", "body", "proposed", "was_body", "source", "sender", "text_hash"], ""),
    "findings": [],
    "urgency": 0,
    "spam_score": None,
    "fingerprint": None,
    "contact": None,
    "notify": False,
    "at_once": False,
    "asks": False,
}
"""What an erased comment is made of."""


class CommentQuerySet(DecidableQuerySet):
    def pending(self):
        return self.filter(status=Status.PENDING)

    def approved(self):
        return self.filter(status=Status.APPROVED)

    def waiting(self):
        """What a moderator has to look at: pending ones, and approved ones that an edit or reports brought back."""
        return self.filter(WAITING)

    def in_queue_order(self):
        """Urgent first, then by how long they wait: see `comments.queue`."""
        return self.order_by("queue_at", "pk")

    def reported(self):
        return self.filter(REPORTED)

    def unanswered(self, at=None):
        """Questions on the page that nobody of the staff has answered in `UNANSWERED_AFTER`."""
        before = (at or timezone.now()) - UNANSWERED_AFTER
        return self.approved().filter(asks=True, answered_at=None, created_at__lt=before)

    def shown(self):
        """What has a place on the page: approved comments, and what they answer, of which only the place is left."""
        below = Comment.objects.approved().filter(Q(parent=OuterRef("pk")) | Q(parent__parent=OuterRef("pk")))
        return self.filter(Q(status=Status.APPROVED) | Exists(below))

    def roots(self):
        """The first comments of threads, the newest thread first."""
        return self.filter(parent=None).order_by("-created_at", "-pk")

    def with_total(self, article):
        """Each row with `total`: how many comments of the article are approved."""
        counted = Comment.objects.approved().filter(article=article).order_by().values("article")
        count = Subquery(counted.annotate(number=Count("pk")).values("number"), output_field=IntegerField())
        return self.annotate(total=Coalesce(count, 0))

    def with_corrected_at(self, article):
        """Each row with `corrected_at`: when the text that it was written about was last corrected since, or None.

        Of an imported comment nobody knows which text its writer had: the newest of its day."""
        read = Coalesce(OuterRef("version__publish_at"), OuterRef("created_at"))
        later = article.versions.corrections().filter(publish_at__gt=read)
        return self.annotate(corrected_at=Subquery(later.values("publish_at")[:1]))

    def from_sender(self, sender, since):
        return self.filter(sender=sender, created_at__gt=since)


class Comment(models.Model):
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="comments")
    version = models.ForeignKey(Version, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies")
    answers = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    name = models.CharField(max_length=80)
    email = models.EmailField(max_length=254, blank=True)
    notify = models.BooleanField(default=False)
    at_once = models.BooleanField(default=False, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, editable=False, related_name="comments")
    proven_at = models.DateTimeField(null=True, editable=False)
    body = models.TextField()
    proposed = models.TextField(blank=True, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    urgency = models.PositiveSmallIntegerField(default=0)
    findings = models.JSONField(default=list, blank=True)
    spam_score = models.PositiveSmallIntegerField(null=True, editable=False)
    alerted = models.PositiveSmallIntegerField(default=0, editable=False)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    queue_at = models.DateTimeField(default=timezone.now, editable=False)
    returned_at = models.DateTimeField(null=True, editable=False)
    edited_at = models.DateTimeField(null=True, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)
    # Questions and answers
    asks = models.BooleanField(default=False, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    pinned_at = models.DateTimeField(null=True, editable=False)
    source = models.CharField(max_length=300, blank=True)
    checked_on = models.DateField(null=True, blank=True)
    # The last verdict, and what it would take to undo it
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, editable=False, related_name="comments")
    decided_at = models.DateTimeField(null=True, editable=False)
    was_status = models.CharField(max_length=10, blank=True, editable=False)
    was_body = models.TextField(blank=True, editable=False)
    was_returned_at = models.DateTimeField(null=True, editable=False)
    # Recognising a sender
    sender = models.CharField(max_length=64, blank=True, editable=False)
    fingerprint = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001 unique
    text_hash = models.CharField(max_length=64, blank=True, editable=False)
    source_key = models.CharField(max_length=120, unique=True, null=True, editable=False)  # noqa: DJ001 unique

    objects = CommentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fingerprint"], name="one_comment_per_submission")]
        indexes = [
            models.Index(fields=["article", "parent", "-created_at"], name="comment_thread"),
            models.Index(fields=["queue_at", "id"], name="comment_queue", condition=WAITING),
            models.Index(
                fields=["status", "queue_at"], name="comment_returned", condition=Q(returned_at__isnull=False)
            ),
            models.Index(fields=["status", "-decided_at", "-id"], name="comment_by_verdict"),
            models.Index(fields=["article"], name="comment_approved", condition=Q(status="approved")),
            models.Index(
                fields=["created_at"],
                name="comment_unanswered",
                condition=Q(status="approved", asks=True, answered_at=None),
            ),
            models.Index(fields=["sender", "created_at"], name="comment_by_sender"),
            models.Index(
                fields=["sender", "status"],
                name="comment_history",
                condition=Q(decided_at__isnull=False) & ~Q(sender=""),
            ),
            models.Index(fields=["text_hash", "created_at"], name="comment_by_text"),
        ]

    def __str__(self):
        return f"{self.name}: {self.body[:60]}"

    def save(self, *args, **kwargs):
        if self._state.adding:
            # What was imported waits since it is here: a decade elsewhere must not put it before a danger of today.
            came_in = timezone.now() if self.source_key else self.created_at
            self.queue_at = queue_at(came_in, self.urgency, self.spam_score)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("comments:permalink", args=[self.pk])

    @property
    def is_approved(self):
        return self.status == Status.APPROVED

    @property
    def is_waiting(self):
        return self.status == Status.PENDING or self.returned_at is not None

    @property
    def may_be_edited(self):
        return self.status in (Status.PENDING, Status.APPROVED) and self.erased_at is None and not self.staff_id

    @property
    def is_by_author(self):
        """Whether the article's own author wrote this."""
        return self.staff_id is not None and self.staff_id == self.article.author.user_id

    @property
    def may_be_told(self):
        """Whether its writer can still be told of answers to it."""
        return bool(self.email) and self.may_be_edited

    @property
    def pace(self):
        """How soon its writer wants to know of answers."""
        return (Pace.AT_ONCE if self.at_once else Pace.DAILY) if self.notify else Pace.NEVER

    @property
    def text(self):
        """What a moderator has to judge: the edit that waits, or else the text itself."""
        return self.proposed or self.body

    @property
    def marked(self):
        """What a moderator has to judge, in pieces, with the words that findings are about marked."""
        return marking.marked(self.text, self.findings)

    @property
    def chips(self):
        return marking.chips(self.findings)

    @property
    def level(self):
        """1 for a comment, 2 for an answer, 3 for an answer to that. No comment is deeper."""
        return 1 if self.parent_id is None else 2 if self.parent.parent_id is None else 3

    def approve(self, *, by):
        """Show this comment to readers. False if someone else decided first."""
        return self._decide(Act.APPROVE, by=by)

    def reject(self, *, by, reason=""):
        """Do not publish it; `reason` is a sentence that its writer will read. False if someone else decided first.

        Of an approved comment with an edit that waits, only the edit is refused."""
        return self._decide(Act.REJECT, by=by, reason=reason)

    def spam(self, *, by):
        """Put it with the spam. False if someone else decided first."""
        return self._decide(Act.SPAM, by=by)

    def withdraw(self):
        """Take it back, for its writer, whatever moderators did meanwhile. False if that was done before."""
        return self._decide(Act.WITHDRAW, by=None, seen=Q())

    def publish_by_trust(self):
        """Show it to readers by the publisher's rule. False if someone else decided first."""
        return self._decide(Act.TRUST, by=None)

    def _decide(self, act, *, by, reason="", seen=None):
        """Act on what the actor saw, by default this status, after that verdict, with these words."""
        if seen is None:
            seen = Q(status=self.status, batch=self.batch_id, edited_at=self.edited_at)
        batch = Comment.objects.filter(pk=self.pk).decide(act, by=by, reason=reason, seen=seen)
        self.refresh_from_db()
        return batch.number == 1

    def place_of_answer(self):
        """Where an answer to this hangs, and whom it names: on the third level beside this one, as there is no
        fourth."""
        return {"parent": self.parent, "answers": self} if self.level == LEVELS else {"parent": self, "answers": None}

    def answer(self, text, *, by):
        """Say something in answer to this as the staff, under their full name, at once on the page."""
        name = by.get_full_name() or by.get_username()
        place, version = self.place_of_answer(), self.article.live_version()
        with transaction.atomic():
            answer = Comment.objects.create(
                article=self.article, version=version, **place, name=name, body=text, staff=by
            )
            answer.approve(by=by)
            Comment.objects.filter(pk__in=[self.pk, self.parent_id], answered_at=None).update(
                answered_at=timezone.now()
            )
        return answer

    def pin(self, *, source="", checked_on=None):
        """Put this answer of the staff first under what it answers, with its source and the day it was checked on."""
        checked_on = checked_on or timezone.localdate()
        answers = Comment.objects.filter(pk=self.pk, staff__isnull=False)
        with transaction.atomic():
            answers.update(pinned_at=timezone.now(), source=source, checked_on=checked_on)
            self.article.bump()
        self.refresh_from_db()

    def unpin(self):
        with transaction.atomic():
            Comment.objects.filter(pk=self.pk).update(pinned_at=None)
            self.article.bump()
        self.refresh_from_db()

    def erase(self):
        """Remove all that its writer gave. Answers to it keep their place under an empty one."""
        with transaction.atomic():
            self.withdraw()
            self.unlearn()
            self.reports.all().delete()
            self.decisions.update(reason="")
            Batch.objects.filter(decisions__comment=self, number=1).update(reason="")
            Comment.objects.filter(pk=self.pk).update(**NOTHING_LEFT, erased_at=timezone.now())
            self.article.bump()
        self.refresh_from_db()

    def unlearn(self):
        """Take out of the spam filter what it learned from this text."""
        for example in SpamExample.objects.filter(comment=self):
            example.forget()

    def note(self, act, *, by):
        """Log an act that moves nothing."""
        batch = Batch.objects.create(act=act, by=by, number=1)
        Decision.objects.create(
            comment=self, batch=batch, by=by, at=batch.at, from_status=self.status, to_status=self.status
        )

    def last_decision(self):
        return self.decisions.select_related("by", "batch").order_by("-pk").first()
