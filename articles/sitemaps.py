from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from articles.models import Article, Author, Topic


class ArticleSitemap(Sitemap):
    limit = 5000

    def items(self):
        return Article.objects.published().with_live_from().newest_first()

    def lastmod(self, article):
        return article.live_from


class TopicSitemap(Sitemap):
    def items(self):
        return Topic.objects.all()


class AuthorSitemap(Sitemap):
    def items(self):
        return Author.objects.all()


class PageSitemap(Sitemap):
    def items(self):
        return ["articles:home", "newsletter:index", "cramps_site:about", "cramps_site:privacy"]

    def location(self, name):
        return reverse(name)


SITEMAPS = {"articles": ArticleSitemap, "topics": TopicSitemap, "authors": AuthorSitemap, "pages": PageSitemap}
