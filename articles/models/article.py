"""Articles as identities: where a text lives, who answers for it."""

from datetime import timedelta
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from articles.models.people import Author, Topic
from articles.models.publication import Publication, Shown
from articles.models.search import SearchEntry
from articles.models.version import Version
from articles.workflow import State
from cramps_site.lib.models import KeepsFacts

REVIEW_INTERVAL = timedelta(days=730)
"""How long a medical review holds unless an article says otherwise: two years, half of what NHS.UK allows itself
between full reviews."""

LARGE_TOPIC = 1000
"""From so many articles on a topic is read along the days: of 100,000 the twenty newest are then among some 2,000."""


class ArticleQuerySet(models.QuerySet):
    def published(self, at=None):
        """Articles that the public may read at a given moment (now by default), with `live_id`."""
        at = at or timezone.now()
        live = Version.objects.due(at).filter(article=OuterRef("pk")).order_by("-publish_at", "-pk")
        # The first day follows from the rest; with it a list begins where the drafts and the scheduled ones end.
        begun = self.filter(first_published_at__lte=at)
        return begun.annotate(live_id=Subquery(live.values("pk")[:1])).exclude(live_id=None)

    def with_newest(self, *names):
        """Each with fields of its newest text, which readers may not know yet: `newest_title` for the title."""
        newest = Version.objects.filter(article=OuterRef("pk")).order_by("-pk")
        return self.annotate(**{f"newest_{name}": Subquery(newest.values(name)[:1]) for name in names})

    def about(self, topic):
        """Those of one topic.

        A small one is read from its own rows, a large one along the days: SQLite takes the one way for both, and sorts
        a hundred thousand rows to show twenty."""
        of_topic = self.model.topics.through.objects.filter(topic=topic)
        if of_topic[:LARGE_TOPIC].count() < LARGE_TOPIC:
            return self.filter(topics=topic)
        return self.filter(Exists(of_topic.filter(article=OuterRef("pk"))))

    def related_to(self, article):
        """Published articles that its readers may want next, the nearest first, each with `title`, `summary` and
        `minutes` of its live version."""
        live = Version.objects.filter(pk=OuterRef("live_id"))
        texts = {name: Subquery(live.values(name)) for name in ("title", "summary", "minutes")}
        return self.published().filter(pointed_to__article=article).annotate(**texts).order_by("-pointed_to__score")

    def with_live_from(self):
        """Published articles, each with `live_from`: since when its live version is."""
        return self.annotate(live_from=Subquery(Version.objects.filter(pk=OuterRef("live_id")).values("publish_at")))

    def delete(self):
        """Each by itself, so that what was public is remembered as gone."""
        with transaction.atomic(using=self.db):
            return len([article.delete() for article in self]), {}

    delete.alters_data = True
    delete.queryset_only = True

    def newest_first(self):
        return self.order_by("-first_published_at", "-pk")


class Article(KeepsFacts):
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
    review_every = models.PositiveSmallIntegerField(
        default=REVIEW_INTERVAL.days, help_text="Days for which a medical review of this article holds."
    )
    first_published_at = models.DateTimeField(null=True, editable=False)
    leads_to = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Where its address leads once it is retired. Empty: the page says that the article is gone.",
    )
    changes = models.PositiveBigIntegerField(default=0, editable=False)
    source_key = models.CharField(max_length=120, unique=True, null=True, editable=False)  # noqa: DJ001 unique
    source_hash = models.CharField(max_length=64, blank=True, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-first_published_at", "-id"], name="article_by_first_day"),
            models.Index(fields=["author", "-first_published_at", "-id"], name="article_by_author_and_day"),
        ]
        permissions = [("publish_article", "Can publish and retire articles")]

    def __str__(self):
        """Its title for who asked `with_newest` for it, else the end of its address."""
        return getattr(self, "newest_title", None) or self.slug

    def save(self, *args, **kwargs):
        """Save. Where it was public before, its old address leads to it from now on."""
        with transaction.atomic():
            before = Article.objects.filter(pk=self.pk, first_published_at__lte=timezone.now()).first()
            super().save(*args, **kwargs)
            if before and before.slug != self.slug:
                Redirect.objects.update_or_create(slug=before.slug, defaults={"article": self})
            # It may come back to an address of its own, or take the place of one that is deleted.
            Redirect.objects.filter(Q(article=self) | Q(article=None), slug=self.slug).delete()
            self.bump()
            Publication.bump()

    def get_absolute_url(self):
        return reverse("articles:article", args=[self.slug])

    def delete(self, *args, **kwargs):
        """Delete it with its texts. Addresses at which it was public say from then on that it is gone."""
        with transaction.atomic():
            Publication.bump()
            if self.first_published_at and self.first_published_at <= timezone.now():
                Redirect.objects.update_or_create(slug=self.slug, defaults={"article": None})
            return super().delete(*args, **kwargs)

    def clean(self):
        """ValidationError with a sentence for an address that leads to another article, and for a circle of them."""
        former = Redirect.objects.filter(slug=self.slug, article__isnull=False).exclude(article=self.pk).first()
        if former:
            raise ValidationError(
                {"slug": f"This was the address of “{former.article}”, and links lead there: choose another one."}
            )
        if self.leads_back():
            raise ValidationError({"leads_to": "That article leads back to this one: choose another one."})

    def leads_back(self):
        """Whether who follows where it leads comes to it again."""
        passed, article = set(), self.leads_to
        while article and article.pk not in passed | {self.pk}:
            passed.add(article.pk)
            article = article.leads_to
        return article is not None and article.pk == self.pk

    def bump(self):
        """Make this article's stored pages be rendered anew. Call it in the transaction of the change."""
        Article.objects.filter(pk=self.pk).update(changes=F("changes") + 1)

    def renew_search(self):
        """Let search find what the public may read of it now. Call it in the transaction of the change."""
        SearchEntry.renew(self)

    def set_first_published_at(self, at):
        """Note the day it first went live, the earliest of its published versions."""
        earlier = Q(first_published_at=None) | Q(first_published_at__gt=at)
        Article.objects.filter(earlier, pk=self.pk).update(first_published_at=at)

    def renew_first_published_at(self):
        """Note the day anew after what was to be the first text does not go live."""
        was_live = self.versions.filter(state__in=[State.PUBLISHED, State.RETIRED])
        first = was_live.aggregate(at=models.Min("publish_at"))["at"]
        Article.objects.filter(pk=self.pk).update(first_published_at=first)

    def comments_close_at(self, site_close_after):
        """When no more comments are taken, by its own number of days or else the site's. None: never."""
        own = self.comments_close_after
        days = site_close_after if own is None else own
        return self.first_published_at + timedelta(days=days) if days and self.first_published_at else None

    def live_version(self, at=None):
        return self.versions.due(at).order_by("-publish_at", "-pk").first()

    def newest_version(self):
        return self.versions.order_by("-pk").first()

    def find_related(self):
        """Find anew what is related to what the public reads here. Call it in the transaction that gave it topics."""
        # What is related lies between articles, so its module stands above this one.
        from articles.models.related import Related

        if live := self.live_version():
            Related.objects.renew(live)

    def linking_here(self, at=None):
        """Published articles whose text links to this one."""
        links = self.linked_from.values("version")
        return Article.objects.published(at).filter(live_id__in=links).exclude(pk=self.pk)

    def retire(self, *, by):
        """Take this article from the public, scheduled texts included. False if it was not published."""
        with transaction.atomic():
            published = list(self.versions.filter(state=State.PUBLISHED))
            return any([version.unschedule(by=by) or version.move("retire", by=by) for version in published])


class Redirect(Shown):
    """Where an article used to live; its old address leads to it for good. Of a deleted article: that it is gone."""

    slug = models.SlugField(max_length=120, unique=True)
    article = models.ForeignKey(Article, on_delete=models.SET_NULL, null=True, related_name="redirects")

    def __str__(self):
        return self.slug


class OldAddress(models.Model):
    """Where an article lay on the site that it was imported from: who follows an old link still finds it."""

    path = models.CharField(max_length=500, unique=True)
    """With the slash at its beginning and none at its end, not quoted."""
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="old_addresses")

    def __str__(self):
        return self.path

    @classmethod
    def path_of(cls, address):
        """The path of an address or of a request; empty where it has none to know it by."""
        try:
            path = unquote(urlsplit(address).path).rstrip("/")
        except ValueError:
            return ""
        return path if path.startswith("/") and len(path) <= cls._meta.get_field("path").max_length else ""

    @classmethod
    def note(cls, article, address):
        """Remember it. What is known already, of this article or another, stays."""
        if path := cls.path_of(address):
            cls.objects.get_or_create(path=path, defaults={"article": article})
