"""The sitemap (https://www.sitemaps.org/protocol.html), with the pictures of the articles.

One file while that holds everything. Beyond BLOCK articles it is an index of files, each for a range of article
numbers: a file costs the same whatever their number, and an article stays in its file. To name another kind of page,
add it to `_pages`.
"""

from typing import NamedTuple

from django.db.models import Max, Min
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control

from articles.linked_data import absolute, moment
from articles.models import Article, Author, Topic, Version
from articles.renditions import widest
from cramps_site.lib.origin import read_only

BLOCK = 5_000
"""The protocol allows 50,000; this many are made in about a quarter of a second."""
PAGES = ("articles:home", "newsletter:index", "cramps_site:about", "cramps_site:privacy")


class Entry(NamedTuple):
    url: str
    changed: str = ""
    picture: str = ""


@read_only
@cache_control(max_age=600)
def sitemap(request):
    numbers = Article.objects.filter(first_published_at__isnull=False)
    if numbers[: BLOCK + 1].count() <= BLOCK:
        return _file(request, [*_pages(), *_articles(numbers)])
    first, last = numbers.aggregate(first=Min("pk"), last=Max("pk")).values()
    blocks = [reverse("articles:sitemap_block", args=[number]) for number in range(first // BLOCK, last // BLOCK + 1)]
    files = [absolute(path) for path in (reverse("articles:sitemap_pages"), *blocks)]
    return _answer(request, "articles/sitemap_index.xml", {"files": files})


@read_only
@cache_control(max_age=600)
def sitemap_pages(request):
    return _file(request, _pages())


@read_only
@cache_control(max_age=600)
def sitemap_block(request, number):
    entries = _articles(Article.objects.filter(pk__gte=number * BLOCK, pk__lt=(number + 1) * BLOCK))
    if not entries:
        raise Http404
    return _file(request, entries)


def _file(request, entries):
    return _answer(request, "articles/sitemap.xml", {"entries": entries})


def _answer(request, template, context):
    response = render(request, template, context, content_type="application/xml")
    # It is read by search engines, never shown by them.
    response["X-Robots-Tag"] = "noindex"
    return response


def _pages():
    lists = [*Topic.objects.all(), *Author.objects.all()]
    return [Entry(absolute(path)) for path in (*map(reverse, PAGES), *(row.get_absolute_url() for row in lists))]


def _articles(articles):
    """Those of them that are live, each with when its text changed and its picture: one query."""
    live = Version.objects.filter(pk__in=articles.published().values("live_id")).order_by("article")
    return [
        Entry(absolute(reverse("articles:article", args=[slug])), moment(changed), _picture(renditions))
        for slug, changed, renditions in live.values_list("article__slug", "publish_at", "lead_image__renditions")
    ]


def _picture(renditions):
    picture = widest(renditions or [])
    return absolute(picture["url"]) if picture else ""
