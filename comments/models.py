"""What readers say under an article, and every verdict on it.

Nothing is ever shown without a moderator's decision. A verdict is a move from one status to another (`MOVES`): a
conditional UPDATE, its `Decision` row and the article's counter in one transaction, so that of two moderators at once
one decides and the other is told.
"""

from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Version

SENDER_KEPT_FOR = timedelta(days=30)


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
"""Where a comment may go from where it is. What its writer withdrew nobody brings back."""


class CommentQuerySet(models.QuerySet):
    def pending(self):
        return self.filter(status=Status.PENDING)

    def approved(self):
        return self.filter(status=Status.APPROVED)

    def shown(self):
        """What has a place on the page: approved comments, and what they answer, of which only the place is left."""
        answered = Comment.objects.approved().filter(parent=OuterRef("pk"))
        return self.filter(Q(status=Status.APPROVED) | Exists(answered))

    def roots(self):
        """The first comments of threads, the newest thread first."""
        return self.filter(parent=None).order_by("-created_at", "-pk")

    def with_total(self, article):
        """Each row with `total`: how many comments of the article are approved."""
        counted = Comment.objects.approved().filter(article=article).order_by().values("article")
        count = Subquery(counted.annotate(number=Count("pk")).values("number"), output_field=IntegerField())
        return self.annotate(total=Coalesce(count, 0))

    def from_sender(self, sender, since):
        return self.filter(sender=sender, created_at__gt=since)


class Comment(models.Model):
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="comments")
    version = models.ForeignKey(Version, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies")
    name = models.CharField(max_length=80)
    email = models.EmailField(max_length=254, blank=True)
    body = models.TextField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    urgency = models.PositiveSmallIntegerField(default=0)
    findings = models.JSONField(default=list)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True, editable=False)
    sender = models.CharField(max_length=64, blank=True, editable=False)
    fingerprint = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001 unique
    text_hash = models.CharField(max_length=64, blank=True, editable=False)

    objects = CommentQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fingerprint"], name="one_comment_per_submission")]
        indexes = [
            models.Index(fields=["article", "parent", "-created_at"], name="comment_thread"),
            models.Index(fields=["created_at", "id"], name="comment_queue", condition=Q(status="pending")),
            models.Index(fields=["article"], name="comment_approved", condition=Q(status="approved")),
            models.Index(fields=["sender", "created_at"], name="comment_by_sender"),
            models.Index(fields=["text_hash", "created_at"], name="comment_by_text"),
        ]

    def __str__(self):
        return f"{self.name}: {self.body[:60]}"

    def get_absolute_url(self):
        return reverse("comments:permalink", args=[self.pk])

    @property
    def is_approved(self):
        return self.status == Status.APPROVED

    @property
    def is_by_author(self):
        """Whether the article's own author wrote this."""
        return self.staff_id is not None and self.staff_id == self.article.author.user_id

    def approve(self, *, by):
        """Show this comment to readers. False if someone else decided first."""
        return self._decide(Status.APPROVED, by=by)

    def reject(self, *, by, reason=""):
        """Do not publish it; `reason` is a sentence that its writer will read. False if someone else decided first."""
        return self._decide(Status.REJECTED, by=by, reason=reason)

    def spam(self, *, by):
        """Put it with the spam. False if someone else decided first."""
        return self._decide(Status.SPAM, by=by)

    def withdraw(self):
        """Take it back, for its writer. False if that was done before."""
        return self._decide(Status.WITHDRAWN, by=None)

    def erase(self):
        """Remove all that its writer gave. Answers to it keep their place under an empty one."""
        with transaction.atomic():
            self.withdraw()
            gone = {"name": "", "email": "", "body": "", "findings": [], "urgency": 0, "sender": "", "text_hash": ""}
            Comment.objects.filter(pk=self.pk).update(**gone, fingerprint=None, erased_at=timezone.now())
            self.decisions.update(reason="")
            self.article.bump()
        self.refresh_from_db()

    def _decide(self, status, *, by, reason=""):
        """Move from the status that the actor saw. One UPDATE decides who was first."""
        if status not in MOVES[Status(self.status)]:
            return False
        seen = self.status
        fields = {"status": status}
        if status == Status.WITHDRAWN:
            fields["fingerprint"] = None
        with transaction.atomic():
            if not Comment.objects.filter(pk=self.pk, status=seen).update(**fields):
                self.refresh_from_db(fields=["status"])
                return False
            Decision.objects.create(comment=self, by=by, from_status=seen, to_status=status, reason=reason)
            self.article.bump()
        self.status = status
        return True

    def last_decision(self):
        return self.decisions.select_related("by").order_by("-pk").first()


class Decision(models.Model):
    """A verdict: who, when, from, to, and why. Never edited: undoing it is another row. No `by`: the writer."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="decisions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    from_status = models.CharField(max_length=10, choices=Status)
    to_status = models.CharField(max_length=10, choices=Status)
    reason = models.TextField(blank=True)
    batch = models.UUIDField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.get_from_status_display()} → {self.get_to_status_display()}"
