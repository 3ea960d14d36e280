"""Pages of article lists: a bounded slice, each article with its live version as `.live`. Two queries, whatever the
number of articles; nothing is counted."""

from dataclasses import dataclass

from articles.models import Version

PER_PAGE = 20
LAST_PAGE = 500
"""A list is read no further: a page costs what all before it hold. Topics, search and the sitemap lead further."""


@dataclass
class Listing:
    articles: list
    number: int
    has_next: bool

    def __iter__(self):
        return iter(self.articles)

    def __len__(self):
        return len(self.articles)

    @property
    def next_number(self):
        return self.number + 1

    @property
    def previous_number(self):
        return self.number - 1


def list_page(articles, number=1, per_page=PER_PAGE):
    """Page `number` (from 1) of a QuerySet of published articles, newest first."""
    start = (number - 1) * per_page
    rows = list(
        articles.select_related("author").prefetch_related("topics").newest_first()[start : start + per_page + 1]
    )
    return Listing(attach_live(rows[:per_page]), number, has_next=len(rows) > per_page and number < LAST_PAGE)


def attach_live(articles):
    """Give each published article its live version as `.live`."""
    # A list shows no whole text: it would be most of what the database sends.
    versions = (
        Version.objects.select_related("lead_image")
        .defer("body", "html", "headings", "disclaimer")
        .in_bulk([article.live_id for article in articles])
    )
    for article in articles:
        article.live = versions[article.live_id]
    return articles


def page_number(request):
    """The `page` of a query string; whatever is no page number in it counts as the first page."""
    given = request.GET.get("page", "")
    number = int(given) if given.isdecimal() and len(given) <= len(str(LAST_PAGE)) else 1
    return number if 0 < number <= LAST_PAGE else 1
