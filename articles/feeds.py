"""The Atom feed (RFC 4287) of new articles, and what other apps' feeds share."""

import re

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.utils.feedgenerator import Atom1Feed

from articles.listing import attach_live
from articles.models import Article, Publication
from articles.stamps import Stamp, storable
from cramps_site.lib.origin import read_only

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text):
    """The text without the few characters that no XML document may hold (https://www.w3.org/TR/xml/#charsets)."""
    return NOT_XML.sub("", text)


class ArticleFeed(Feed):
    feed_type = Atom1Feed
    title = settings.SITE_NAME
    subtitle = "New and revised articles for parents"
    link = "/"

    def items(self):
        return attach_live(list(Article.objects.published().select_related("author").newest_first()[:20]))

    def item_title(self, article):
        return xml_text(article.live.title)

    def item_description(self, article):
        return xml_text(article.live.summary)

    def item_author_name(self, article):
        return xml_text(article.author.name)

    def item_pubdate(self, article):
        return article.first_published_at

    def item_updateddate(self, article):
        return article.live.publish_at


@read_only
def articles(request):
    publication = Publication.objects.for_stamp()
    response = ArticleFeed()(request)
    return storable(response, Stamp(publication.changes), valid_until=publication.next_change_at)
