"""What the public reads: articles, their versions, and the people and topics around them.

An Article is an identity; its text is in Versions. Which version the public reads at a moment is never stored: it is
the newest published one whose time has come (`VersionQuerySet.due`, `ArticleQuerySet.published`).

Two counters tell the page store what changed (`articles.stamps`): `Article.changes` for what shows on one article's
pages, `Publication.changes` for what may show anywhere. Every write here moves the right one in its own transaction.
"""

import hashlib
import json
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe

from articles import care_cards, rendering, renditions

REVIEW_INTERVAL = timedelta(days=730)
"""How long a medical review is valid: two years, half of what NHS.UK allows itself between full reviews."""


class PublicationQuerySet(models.QuerySet):
    def for_stamp(self, at=None):
        """The one row, with `next_change_at`: when time alone will next change a list of articles."""
        at = at or timezone.now()
        upcoming = Version.objects.filter(state=Version.State.PUBLISHED, publish_at__gt=at).order_by("publish_at")
        return self.annotate(next_change_at=Subquery(upcoming.values("publish_at")[:1])).get(pk=1)


class Publication(models.Model):
    """The site as a whole: one row, whose counter moves when something changes that many pages show."""

    changes = models.PositiveBigIntegerField(default=0, editable=False)
    comments_close_after = models.PositiveSmallIntegerField(
        default=0, help_text="Days after an article first went live. 0: never."
    )

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "site"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_publication")]

    def __str__(self):
        return settings.SITE_NAME

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.bump()

    @classmethod
    def bump(cls):
        """Make every stored page of the site be rendered anew. Call it in the transaction of the change."""
        cls.objects.filter(pk=1).update(changes=F("changes") + 1)


class ShownQuerySet(models.QuerySet):
    """Rows that many pages show: whoever changes them, by whatever way, bumps the publication."""

    def update(self, **fields):
        with transaction.atomic(using=self.db):
            Publication.bump()
            return super().update(**fields)

    def delete(self):
        with transaction.atomic(using=self.db):
            Publication.bump()
            return super().delete()


class Shown(models.Model):
    objects = ShownQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            Publication.bump()

    def delete(self, *args, **kwargs):
        with transaction.atomic():
            Publication.bump()
            return super().delete(*args, **kwargs)


class Image(Shown):
    """A picture and its renditions, which are written when it is saved: rendering a page never probes the storage."""

    title = models.CharField(max_length=120, help_text="For finding it again; readers do not see it.")
    file = models.ImageField(upload_to="originals/", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    credit = models.CharField(max_length=200, blank=True)
    renditions = models.JSONField(editable=False, default=list)

    class Meta:
        ordering = ["title"]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        """Save, and write the renditions when the file is a new one."""
        is_new = bool(self.file) and not self.file._committed
        if is_new:
            self.renditions = renditions.write(self.file)
        super().save(*args, **kwargs)

    @property
    def sources(self):
        """For <picture>: {"type": MIME type, "srcset": ...} per format, the best first."""
        return renditions.sources(self.renditions)

    @property
    def fallback(self):
        """The address for <img>: a picture that every browser shows."""
        return renditions.fallback(self.renditions)

    @property
    def thumbnail(self):
        """The address of the smallest picture that every browser shows."""
        return renditions.thumbnail(self.renditions)


class Author(Shown):
    """A person who writes or reviews. Not an account, though one may belong to it."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    job_title = models.CharField(max_length=120, blank=True)
    credentials = models.CharField(max_length=200, blank=True)
    bio = models.TextField(blank=True)
    photo = models.ForeignKey(Image, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("articles:author", args=[self.slug])


class TopicQuerySet(ShownQuerySet):
    def for_article(self, article):
        """All topics, each with `is_its_topic`: the masthead and the kicker of an article in one query."""
        of_article = Article.topics.through.objects.filter(article=article, topic=OuterRef("pk"))
        return self.annotate(is_its_topic=Exists(of_article))


class Topic(Shown):
    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.CharField(max_length=240, blank=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Topics are listed from the lowest number up.")

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("articles:topic", args=[self.slug])


class VersionQuerySet(models.QuerySet):
    def due(self, at=None):
        """Published versions whose time has come at a given moment (now by default)."""
        return self.filter(state=Version.State.PUBLISHED, publish_at__lte=at or timezone.now())

    def for_page(self, slug, at=None):
        """The live version of one article with all that its page's stamp needs, in one query."""
        at = at or timezone.now()
        upcoming = Version.objects.filter(article=OuterRef("article"), state=Version.State.PUBLISHED, publish_at__gt=at)
        return (
            self.due(at)
            .filter(article__slug=slug)
            .select_related("article__author__photo", "lead_image")
            .annotate(
                site_changes=Subquery(Publication.objects.filter(pk=1).values("changes")),
                site_close_after=Subquery(Publication.objects.filter(pk=1).values("comments_close_after")),
                next_change_at=Subquery(upcoming.order_by("publish_at").values("publish_at")[:1]),
            )
            .order_by("-publish_at", "-pk")[:1]
        )


class ArticleQuerySet(models.QuerySet):
    def published(self, at=None):
        """Articles that the public may read at a given moment (now by default), with `live_id`."""
        live = Version.objects.due(at).filter(article=OuterRef("pk")).order_by("-publish_at", "-pk")
        return self.annotate(live_id=Subquery(live.values("pk")[:1])).exclude(live_id=None)

    def with_live_from(self):
        """Published articles, each with `live_from`: since when its live version is."""
        return self.annotate(live_from=Subquery(Version.objects.filter(pk=OuterRef("live_id")).values("publish_at")))

    def newest_first(self):
        return self.order_by("-first_published_at", "-pk")


class Article(models.Model):
    """An identity: where a text lives, who answers for it, what readers may do with it."""

    class CommentPolicy(models.TextChoices):
        OPEN = "open", "Readers may comment"
        CLOSED = "closed", "No new comments"

    slug = models.SlugField(max_length=120, unique=True)
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="articles")
    topics = models.ManyToManyField(Topic, related_name="articles", blank=True)
    comment_policy = models.CharField(max_length=10, choices=CommentPolicy, default=CommentPolicy.OPEN)
    comments_close_after = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Days after the article first went live. Empty: as the whole site; 0: never."
    )
    first_published_at = models.DateTimeField(null=True, editable=False)
    changes = models.PositiveBigIntegerField(default=0, editable=False)
    source_key = models.CharField(max_length=120, unique=True, null=True, editable=False)  # noqa: DJ001 unique
    source_hash = models.CharField(max_length=64, blank=True, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-first_published_at", "-id"], name="article_by_first_day")]
        permissions = [("publish_article", "Can publish and retire articles")]

    def __str__(self):
        return self.slug

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.bump()
            Publication.bump()

    def get_absolute_url(self):
        return reverse("articles:article", args=[self.slug])

    def bump(self):
        """Make this article's stored pages be rendered anew. Call it in the transaction of the change."""
        Article.objects.filter(pk=self.pk).update(changes=F("changes") + 1)

    def comments_close_at(self, site_close_after):
        """When no more comments are taken, by its own number of days or else the site's. None: never."""
        own = self.comments_close_after
        days = site_close_after if own is None else own
        return self.first_published_at + timedelta(days=days) if days and self.first_published_at else None

    def live_version(self, at=None):
        return self.versions.due(at).order_by("-publish_at", "-pk").first()

    def newest_version(self):
        return self.versions.order_by("-pk").first()

    def retire(self, *, by):
        """Take this article from the public. False if it was not published."""
        with transaction.atomic():
            retired = self.versions.filter(state=Version.State.PUBLISHED).update(state=Version.State.RETIRED)
            self.bump()
            Publication.bump()
        return bool(retired)


class Version(models.Model):
    """One text of an article, with what rendering made of it. Once published it is never edited, only succeeded."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "review", "In review"
        APPROVED = "approved", "Approved"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    EDITABLE = (State.DRAFT, State.IN_REVIEW, State.APPROVED)

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True, max_length=300, validators=[MaxLengthValidator(300)])
    body = models.TextField(help_text="Markdown. A care card: ::: urgent Get medical advice today if:")
    disclaimer = models.TextField(blank=True, help_text="Plain text, shown in place of the site's own disclaimer.")
    lead_image = models.ForeignKey(Image, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lead_image_alt = models.CharField(max_length=240, blank=True, help_text="Empty means decorative.")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    publish_at = models.DateTimeField(null=True, editable=False)
    lock = models.PositiveIntegerField(default=0, editable=False)
    html = models.TextField(editable=False)
    headings = models.JSONField(default=list, editable=False)
    words = models.PositiveIntegerField(default=0, editable=False)
    minutes = models.PositiveSmallIntegerField(default=1, editable=False)
    content_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["article", "-publish_at"], name="version_by_publish_at"),
            models.Index(fields=["publish_at"], name="published_by_time", condition=Q(state="published")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(publish_at__isnull=False), name="published_versions_have_a_time"
            )
        ]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        """Render and save. The page of a live text changes with it."""
        rendered = rendering.render(self.body)
        self.html, self.headings = rendered.html, rendered.headings
        self.words, self.minutes = rendered.words, rendered.minutes
        self.content_hash = self.compute_hash()
        with transaction.atomic():
            super().save(*args, **kwargs)
            self._bump()

    def clean(self):
        problems = [str(problem) for problem in care_cards.find_problems(self.body)]
        if problems:
            raise ValidationError({"body": problems})

    def _bump(self):
        self.article.bump()
        Publication.bump()

    def compute_hash(self):
        """SHA-256 (hex) over all that a medical reviewer signs: title, summary, body, disclaimer and sources."""
        sources = self.sources.values_list("title", "publisher", "url") if self.pk else []
        texts = [self.title, self.summary, self.body, self.disclaimer]
        signed = json.dumps([*texts, [list(source) for source in sources]])
        return hashlib.sha256(signed.encode()).hexdigest()

    def set_sources(self, sources):
        """Replace this version's citations, given as dicts of `Source` fields, and seal the text with them."""
        with transaction.atomic():
            self.sources.all().delete()
            Source.objects.bulk_create(
                Source(version=self, position=position, **fields) for position, fields in enumerate(sources, 1)
            )
            self.save()

    @property
    def public_html(self):
        """The rendered body with the country's emergency number in it."""
        number = settings.EMERGENCY_NUMBERS[settings.COUNTRY]
        # Safe: rendering let only its own elements through (articles.rendering).
        return mark_safe(self.html.replace("{emergency_number}", number))  # noqa: S308

    @property
    def is_editable(self):
        return self.state in self.EDITABLE

    def publish(self, *, by, at=None):
        """Let the public read this version from `at` on (now by default). False if it is no longer a draft."""
        at = at or timezone.now()
        with transaction.atomic():
            done = Version.objects.filter(pk=self.pk, state__in=self.EDITABLE).update(
                state=self.State.PUBLISHED, publish_at=at
            )
            if done:
                Article.objects.filter(pk=self.article_id).filter(
                    Q(first_published_at=None) | Q(first_published_at__gt=at)
                ).update(first_published_at=at)
                self._bump()
        self.refresh_from_db(fields=["state", "publish_at"])
        return bool(done)

    def successor(self, *, by):
        """A draft with this version's text and sources, to edit while this one stays as it is."""
        fields = ("article_id", "title", "summary", "body", "disclaimer", "lead_image_id", "lead_image_alt")
        with transaction.atomic():
            draft = Version(**{name: getattr(self, name) for name in fields}, created_by=by)
            draft.save()
            draft.set_sources(self.sources.values("title", "publisher", "url", "read_on"))
        return draft

    @property
    def comments_close_at(self):
        """When no more comments are taken, or None. For versions from `for_page`."""
        return self.article.comments_close_at(self.site_close_after)

    @property
    def accepts_comments(self):
        closes_at = self.comments_close_at
        is_over = closes_at is not None and closes_at <= timezone.now()
        return self.article.comment_policy == Article.CommentPolicy.OPEN and not is_over

    @property
    def changes_at(self):
        """The next moment at which time alone changes the article's pages, or None. For versions from `for_page`."""
        moments = [self.next_change_at, self.comments_close_at]
        return min((moment for moment in moments if moment and moment > timezone.now()), default=None)

    def sign_off(self, *, by, at=None):
        """Record that the reviewer `by` (an Author) vouches for exactly this text."""
        return SignOff.objects.create(
            version=self, reviewer=by, content_hash=self.content_hash, signed_at=at or timezone.now()
        )


class Source(models.Model):
    """A citation: `[^2]` in the text points to the one in position 2."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="sources")
    position = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=240)
    publisher = models.CharField(max_length=160, blank=True)
    url = models.URLField(blank=True, max_length=500)
    read_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        """Save, and seal the version's text with it: a citation belongs to what a reviewer signs."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.version.save()

    def delete(self, *args, **kwargs):
        with transaction.atomic():
            deleted = super().delete(*args, **kwargs)
            self.version.save()
        return deleted


class SignOffQuerySet(ShownQuerySet):
    def valid(self, at=None):
        """Reviews that bind: the text is still the one that was signed, and the review has not lapsed."""
        at = at or timezone.now()
        return self.filter(
            content_hash=F("version__content_hash"), signed_at__lte=at, signed_at__gt=at - REVIEW_INTERVAL
        )


class SignOff(Shown):
    """A medical reviewer's word for exactly one text, known by its content hash."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="sign_offs")
    reviewer = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="sign_offs")
    content_hash = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    objects = SignOffQuerySet.as_manager()

    class Meta:
        ordering = ["-signed_at"]

    def __str__(self):
        return f"{self.reviewer}, {self.signed_at:%Y-%m-%d}"

    @property
    def lapses_at(self):
        return self.signed_at + REVIEW_INTERVAL


class Redirect(Shown):
    """Where an article used to live; its old address leads to it for good."""

    slug = models.SlugField(max_length=120, unique=True)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="redirects")

    def __str__(self):
        return self.slug
