"""The feeds of new articles, Atom (RFC 4287) and JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/), and what other
apps' feeds share.

An entry is known by a tag (RFC 4151) of its article's number, so that it stays the same one when its address changes.
Every address in a feed begins with SITE_URL.
"""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from articles.linked_data import absolute, moment
from articles.listing import attach_live
from articles.models import Article, Publication
from articles.stamps import Stamp, storable
from cramps_site.lib.origin import read_only

LENGTH = 20
DESCRIPTION = "New and revised articles for parents"
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text):
    """The text without the few characters that no XML document may hold (https://www.w3.org/TR/xml/#charsets)."""
    return NOT_XML.sub("", text)


def tag_of(article):
    """The name of an article that holds for good, whatever its address."""
    host = urlsplit(settings.SITE_URL).hostname
    return f"tag:{host},{timezone.localdate(article.first_published_at):%Y-%m-%d}:article/{article.pk}"


def newest():
    """The articles of a feed, each with its live version and its topics."""
    articles = Article.objects.published().select_related("author__photo").prefetch_related("topics")
    return attach_live(list(articles.newest_first()[:LENGTH]))


class ArticleFeed(Feed):
    feed_type = Atom1Feed
    language = "en"
    title = settings.SITE_NAME
    subtitle = DESCRIPTION
    item_guid_is_permalink = False

    def link(self):
        return absolute(reverse("articles:home"))

    def feed_url(self):
        return absolute(reverse("articles:feed"))

    def feed_guid(self):
        return self.link()

    def items(self):
        return newest()

    def item_link(self, article):
        return absolute(article.get_absolute_url())

    def item_guid(self, article):
        return tag_of(article)

    def item_title(self, article):
        return xml_text(article.live.title)

    def item_description(self, article):
        """Atom's summary is HTML here, so plain text is escaped once."""
        return escape(xml_text(article.live.summary))

    def item_author_name(self, article):
        return xml_text(article.author.name)

    def item_author_link(self, article):
        return absolute(article.author.get_absolute_url())

    def item_categories(self, article):
        return [xml_text(topic.name) for topic in article.topics.all()]

    def item_pubdate(self, article):
        return article.first_published_at

    def item_updateddate(self, article):
        return article.live.publish_at


@read_only
def articles(request):
    publication = Publication.objects.for_stamp()
    response = ArticleFeed()(request)
    return storable(response, Stamp(publication.changes), valid_until=publication.next_change_at)


@read_only
def articles_json(request):
    publication = Publication.objects.for_stamp()
    response = JsonResponse(json_feed(newest()), content_type="application/feed+json")
    return storable(response, Stamp(publication.changes), valid_until=publication.next_change_at)


def json_feed(articles):
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": settings.SITE_NAME,
        "description": DESCRIPTION,
        "home_page_url": absolute(reverse("articles:home")),
        "feed_url": absolute(reverse("articles:feed_json")),
        "language": "en",
        "items": [_json_item(article) for article in articles],
    }


def _json_item(article):
    version, image = article.live, article.live.lead_image
    item = {
        "id": tag_of(article),
        "url": absolute(article.get_absolute_url()),
        "title": version.title,
        "content_text": version.summary or version.title,
        "summary": version.summary,
        "image": absolute(image.widest["url"]) if image and image.widest else "",
        "date_published": moment(article.first_published_at),
        "date_modified": moment(version.publish_at),
        "authors": [_json_author(article.author)],
        "tags": [topic.name for topic in article.topics.all()],
    }
    return {name: value for name, value in item.items() if value}


def _json_author(author):
    person = {"name": author.name, "url": absolute(author.get_absolute_url())}
    return person | ({"avatar": absolute(author.photo.thumbnail)} if author.photo else {})
