"""Which text links to which article, so that nobody takes away unawares what others point to."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models

from articles.models.article import Article, Redirect
from articles.models.version import Version

HREF = re.compile(r'<a href="([^"]+)"')
ARTICLE = re.compile(r"/articles/([-\w]+)/?")


class InternalLinkQuerySet(models.QuerySet):
    def renew(self, version):
        """Note which articles a version's text links to now, also by an address that they had."""
        slugs = slugs_in(version.html)
        articles = {*Article.objects.filter(slug__in=slugs).values_list("pk", flat=True)}
        moved = Redirect.objects.filter(slug__in=slugs, article__isnull=False)
        articles |= {*moved.values_list("article", flat=True)}
        self.filter(version=version).exclude(target__in=articles).delete()
        self.bulk_create([self.model(version=version, target_id=pk) for pk in articles], ignore_conflicts=True)

    def live(self, at=None):
        """Those in texts that the public reads."""
        return self.filter(version__in=Article.objects.published(at).values("live_id"))

    def leading_nowhere(self, at=None):
        """Links in texts that the public reads to articles that it cannot read."""
        return self.live(at).exclude(target__in=Article.objects.published(at).values("pk"))


class InternalLink(models.Model):
    """That the text of a version links to an article. Written when the version is saved."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="links")
    target = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="linked_from")

    objects = InternalLinkQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "target"], name="one_link_per_version_and_article")]

    def __str__(self):
        return f"“{self.version}” links to {self.target}"


def slugs_in(html):
    """The last parts of all addresses of articles that a rendered text links to."""
    found = set()
    for address in HREF.findall(html):
        path = urlsplit(address.removeprefix(settings.SITE_URL)).path
        if match := ARTICLE.fullmatch(path):
            found.add(match[1])
    return found
