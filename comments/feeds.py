"""The Atom feed of what was approved under one article."""

from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from articles.feeds import xml_text
from articles.linked_data import absolute
from articles.models import Version
from articles.moving import follow, tell_gone
from articles.stamps import Stamp, storable
from cramps_site.lib.origin import read_only


class CommentFeed(Feed):
    feed_type = Atom1Feed

    def get_object(self, request, version):
        return version

    def title(self, version):
        return xml_text(f"Comments on {version.title}")

    def link(self, version):
        return absolute(version.article.get_absolute_url() + "#comments")

    def feed_url(self, version):
        return absolute(reverse("comments:feed", args=[version.article.slug]))

    def items(self, version):
        approved = version.article.comments.approved().select_related("article")
        return approved.order_by("-created_at", "-pk")[:50]

    def item_link(self, comment):
        return absolute(comment.get_absolute_url())

    def item_title(self, comment):
        return xml_text(f"{comment.name} wrote")

    def item_description(self, comment):
        """Atom's summary is HTML here, so plain text is escaped once and its lines kept."""
        return escape(xml_text(comment.body)).replace("\n", "<br>")

    def item_author_name(self, comment):
        return xml_text(comment.name)

    def item_pubdate(self, comment):
        return comment.created_at


@read_only
@tell_gone
def comments(request, slug):
    version = Version.objects.for_page(slug).first()
    if version is None:
        return follow(request, slug)
    response = CommentFeed()(request, version=version)
    stamp = Stamp(version.site_changes, version.article_id, version.article.changes)
    return storable(response, stamp, valid_until=version.changes_at)
