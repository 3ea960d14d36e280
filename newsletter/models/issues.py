"""The issues of the newsletter: what one says, which articles it points to, to whom it goes, and how far it has come.

Facts are timestamps. An issue may be edited until `frozen_at`; from then on its text and its recipients stand.
"""

import datetime

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe

from articles.listing import attach_live
from articles.models import Article, Publication, Topic
from articles.rendering import render
from cramps_site.lib.models import KeepsFacts
from newsletter.models.subscribers import Subscriber


class Digest(models.Model):
    """A newsletter that composes itself of what is new: at which times, of which topic, for whom."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    frequency = models.CharField(max_length=8, choices=Subscriber.Frequency, default=Subscriber.Frequency.WEEKLY)
    topic = models.ForeignKey(
        Topic,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Articles of this topic, for who chose it. Empty: all articles, for who chose no topic.",
    )
    weekday = models.PositiveSmallIntegerField(
        choices=Weekday, default=Weekday.THURSDAY, help_text="For the weekly one."
    )
    time = models.TimeField(default=datetime.time(9), help_text="Not sent before this time of the day.")
    is_automatic = models.BooleanField(
        "send by itself", default=False, help_text="Otherwise it waits for an editor to approve it."
    )
    is_on = models.BooleanField("in use", default=True)
    covered_until = models.DateTimeField(
        default=timezone.now, editable=False, help_text="Articles that went live later are new."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["frequency", "topic"], name="one_digest_per_topic_and_frequency"),
            models.UniqueConstraint(
                fields=["frequency"], condition=models.Q(topic=None), name="one_general_digest_per_frequency"
            ),
        ]

    def __str__(self):
        return f"{self.get_frequency_display()}: {self.topic or 'all articles'}"


PAUSED_BY = "Paused by "


class IssueQuerySet(models.QuerySet):
    def public(self):
        """Issues that anybody may read in the archive, the newest first: from when their first mail may arrive."""
        return self.filter(frozen_at__isnull=False).order_by("-frozen_at")

    def due(self, at=None):
        """Issues whose time has come and whose recipients are not frozen yet."""
        waiting = self.filter(frozen_at=None, cancelled_at=None, held_at=None)
        return waiting.filter(scheduled_at__lte=at or timezone.now()).order_by("scheduled_at", "pk")

    def waiting(self):
        """Issues that are held, and that nobody has paused by hand: somebody must decide about them."""
        held = self.filter(held_at__isnull=False, sent_at=None, cancelled_at=None)
        return held.exclude(held_because__startswith=PAUSED_BY).order_by("held_at", "pk")

    def going_out(self):
        """Issues that are being sent: frozen, not finished, neither held nor cancelled."""
        going = self.filter(frozen_at__isnull=False, sent_at=None, cancelled_at=None, held_at=None)
        return going.order_by("frozen_at", "pk")


class Issue(KeepsFacts):
    """One newsletter: what it says, which articles it points to, and to whom it goes."""

    subject = models.CharField(max_length=150)
    slug = models.SlugField(max_length=120, unique=True)
    preheader = models.CharField(
        max_length=150, blank=True, help_text="What mail programs show beside the subject, before it is opened."
    )
    introduction = models.TextField(blank=True, help_text="Markdown")
    articles = models.ManyToManyField(Article, through="IssueArticle", related_name="+")
    topics = models.ManyToManyField(
        Topic,
        blank=True,
        related_name="+",
        help_text="It goes to who chose one of these, or none at all. Empty: to everybody.",
    )
    corrects = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="corrections",
        help_text="A correction goes to exactly those who got that issue.",
    )
    digest = models.ForeignKey(Digest, null=True, editable=False, on_delete=models.SET_NULL, related_name="issues")
    scheduled_at = models.DateTimeField(null=True, blank=True, editable=False)
    frozen_at = models.DateTimeField(null=True, editable=False)
    html = models.TextField(blank=True, editable=False)
    text = models.TextField(blank=True, editable=False)
    first_part = models.PositiveIntegerField(default=0, editable=False)
    widened_at = models.DateTimeField(null=True, editable=False)
    held_at = models.DateTimeField(null=True, editable=False)
    held_because = models.TextField(blank=True, editable=False)
    resumed_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [("send_issue", "Can send issue")]
        indexes = [
            models.Index(
                fields=["scheduled_at"],
                name="issue_unfinished",
                condition=models.Q(sent_at=None, cancelled_at=None),
            )
        ]

    def __str__(self):
        return self.subject

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            Publication.bump()

    def get_absolute_url(self):
        return reverse("newsletter:issue", args=[self.slug])

    @property
    def introduction_html(self):
        # Safe: rendering let only its own elements through (articles.rendering).
        return mark_safe(render(self.introduction).html)  # noqa: S308

    @property
    def is_editable(self):
        return self.frozen_at is None and self.cancelled_at is None

    @property
    def state(self):
        """What staff read: how far the issue has come."""
        if self.sent_at:
            return "sent"
        if self.cancelled_at:
            return "cancelled"
        if self.held_at:
            return "paused" if self.frozen_at else "waits for you"
        if self.frozen_at:
            return "going out"
        return "scheduled" if self.scheduled_at else "draft"

    def recipients(self, at=None):
        """Who gets the issue if it is frozen at a moment."""
        reachable = Subscriber.objects.reachable(at)
        if self.corrects_id:
            return reachable.filter(deliveries__issue=self.corrects_id, deliveries__accepted_at__isnull=False)
        if self.digest_id:
            return reachable.for_digest(self.digest).exclude(deliveries__issue__in=self._digests_with_the_same(at))
        return reachable.wanting(self.topics.all())

    def _digests_with_the_same(self, at=None):
        """Digests of the last day that held all that this one holds: who got one of them need not get this one."""
        held = set(self.entries.values_list("article", flat=True))
        since = (at or timezone.now()) - datetime.timedelta(days=1)
        lately = Issue.objects.filter(digest__isnull=False, frozen_at__gt=since).exclude(pk=self.pk)
        return [issue.pk for issue in lately if held <= set(issue.entries.values_list("article", flat=True))]

    def schedule(self, at):
        """Let the issue go out at a moment. False if it has begun to or was cancelled."""
        return self._change(
            frozen_at=None, cancelled_at=None, facts={"scheduled_at": at, "held_at": None, "held_because": ""}
        )

    def unschedule(self):
        return self._change(
            frozen_at=None, cancelled_at=None, facts={"scheduled_at": None, "held_at": None, "held_because": ""}
        )

    def hold(self, because, at=None):
        """Stop sending at once, until somebody says go on. False if there is nothing to stop."""
        return self._change(
            sent_at=None,
            cancelled_at=None,
            held_at=None,
            facts={"held_at": at or timezone.now(), "held_because": because},
        )

    def resume(self, at=None):
        """Go on exactly where it was held; what failed until then counts no more against it."""
        facts = {"held_at": None, "held_because": "", "resumed_at": at or timezone.now()}
        return self._change(sent_at=None, cancelled_at=None, held_at__isnull=False, facts=facts)

    def cancel(self, at=None):
        """Send nothing more of it, ever. False if all of it went out already."""
        return self._change(sent_at=None, cancelled_at=None, facts={"cancelled_at": at or timezone.now()})

    def finish(self, at=None):
        return self._change(sent_at=None, cancelled_at=None, facts={"sent_at": at or timezone.now()})

    def _change(self, *, facts, **where):
        """Write facts if the row still is as `where` says."""
        with transaction.atomic():
            changed = Issue.objects.filter(pk=self.pk, **where).update(**facts)
            if changed:
                Publication.bump()
                # A worker in the middle of a batch may send only what it still holds.
                self.deliveries.filter(claimed_at__isnull=False, started_at=None).update(claimed_at=None)
        for name, value in facts.items() if changed else ():
            setattr(self, name, value)
        return bool(changed)

    def public_articles(self):
        """The articles of this issue that the public may still read, in order, each with its `live` version."""
        published = Article.objects.published().filter(issue_entries__issue=self)
        return attach_live(
            list(published.select_related("author").order_by("issue_entries__position", "issue_entries__pk"))
        )


class IssueArticle(models.Model):
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="entries")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="issue_entries")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["issue", "article"], name="one_entry_per_issue_and_article")]

    def __str__(self):
        return f"{self.position}. {self.article}"


class TestSend(models.Model):
    """An issue as it stood, sent to one member of the staff. `content_hash` says whether it still stands so; it is
    empty until the mail is made."""

    __test__ = False

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="tests")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    content_hash = models.CharField(max_length=64, blank=True)
    dead_links = models.JSONField(default=list)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.issue} to {self.to}"
