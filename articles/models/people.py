from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse

from articles.models.images import Image
from articles.models.publication import Shown, ShownQuerySet


class Author(Shown):
    """A person who writes or reviews. Not an account, though one may belong to it."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    job_title = models.CharField(max_length=120, blank=True)
    credentials = models.CharField(max_length=200, blank=True)
    bio = models.TextField(blank=True)
    email = models.EmailField(
        max_length=254, blank=True, help_text="For links to texts that wait for a review. Readers never see it."
    )
    photo = models.ForeignKey(Image, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("articles:author", args=[self.slug])

    @property
    def review_address(self):
        """Where a text to review is sent. Empty where nobody is to be asked: no address, or an account that ended."""
        if self.user and not self.user.is_active:
            return ""
        return self.email or (self.user.email if self.user else "")


class TopicQuerySet(ShownQuerySet):
    def for_article(self, article):
        """All topics, each with `is_its_topic`: the masthead and the kicker of an article in one query."""
        of_article = self.model.articles.through.objects.filter(article=article, topic=OuterRef("pk"))
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
