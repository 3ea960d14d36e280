"""Pages of other sites to which texts link or which they cite, and whether they are still there."""

from datetime import timedelta
from html import unescape

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from articles.models.article import Article
from articles.models.links import HREF
from articles.models.version import Version

EVERY, AGAIN = timedelta(days=7), timedelta(days=3)
"""How often a page is asked for, and how soon once more when it failed: one bad night is no broken link."""
LONGEST = 500


class ExternalLinkQuerySet(models.QuerySet):
    def renew(self, version):
        """Note which pages of other sites a version's text and sources name now."""
        urls = {url for url in urls_of(version) if len(url) <= LONGEST}
        self.bulk_create([self.model(url=url) for url in urls], ignore_conflicts=True)
        links = self.filter(url__in=urls)
        ExternalUse.objects.filter(version=version).exclude(link__in=links).delete()
        ExternalUse.objects.bulk_create(
            [ExternalUse(version=version, link=link) for link in links], ignore_conflicts=True
        )

    def live(self, at=None):
        """Those in texts that the public reads."""
        live = Article.objects.published(at).values("live_id")
        return self.filter(pk__in=ExternalUse.objects.filter(version__in=live).values("link"))

    def due(self, at=None):
        """Live ones to be asked for, those that waited longest first."""
        at = at or timezone.now()
        failed = Q(failing_since=F("checked_at"), checked_at__lt=at - AGAIN)
        is_due = Q(checked_at=None) | Q(checked_at__lt=at - EVERY) | failed
        return self.live(at).filter(is_due, ignored_at=None).order_by(F("checked_at").asc(nulls_first=True), "pk")

    def failing(self, at=None):
        """Live ones that failed again days after they had failed, and that nobody told to leave alone."""
        return self.live(at).filter(checked_at__gte=F("failing_since") + AGAIN, ignored_at=None)


class ExternalLink(models.Model):
    url = models.CharField(max_length=LONGEST, unique=True, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    status = models.PositiveSmallIntegerField(null=True, editable=False)
    words = models.CharField(max_length=200, blank=True, editable=False)
    moved_to = models.CharField(max_length=2000, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    ignored_at = models.DateTimeField(null=True, editable=False)

    objects = ExternalLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "link to another site"
        verbose_name_plural = "links to other sites"
        ordering = ["url"]

    def __str__(self):
        return self.url

    def note(self, answer, *, at=None):
        """Note what came of asking (a `cramps_site.lib.asking.Answer`)."""
        at = at or timezone.now()
        since = (self.failing_since or at) if answer.is_failing else None
        fields = {"status": answer.status, "words": answer.words[:200], "moved_to": answer.moved_to[:2000]}
        ExternalLink.objects.filter(pk=self.pk).update(checked_at=at, failing_since=since, **fields)


class ExternalUse(models.Model):
    """That a version's text or sources name a page of another site."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="external_uses")
    link = models.ForeignKey(ExternalLink, on_delete=models.CASCADE, related_name="uses")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "link"], name="one_use_per_version_and_link")]

    def __str__(self):
        return f"{self.link} in {self.version}"


def urls_of(version):
    """The addresses on other sites that readers of a version may press, without the place on the page."""
    found = {*map(unescape, HREF.findall(version.html)), *version.sources.values_list("url", flat=True)}
    return {url.partition("#")[0] for url in found if is_foreign(url)}


def is_foreign(url):
    return url.startswith(("http://", "https://")) and not f"{url}/".startswith(f"{settings.SITE_URL}/")
