"""What a stored page is compared with: two counters, read before the page is rendered.

A page carries the stamp that held before rendering began, and `valid_until`, the next moment at which time alone
changes it. `cramps_site.page_store` renders a page anew when either has moved on.
"""

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True)
class Stamp:
    site: int
    article_id: int | None = None
    article: int | None = None

    def __str__(self):
        return f"{self.site} {self.article_id} {self.article}" if self.article_id else str(self.site)


def current(article_id=None):
    """(site counter, article counter or None), by one query over two primary keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT changes, (SELECT changes FROM articles_article WHERE id = %s)"
            " FROM articles_publication WHERE id = 1",
            [article_id],
        )
        return cursor.fetchone() or (0, None)


def storable(response, stamp, valid_until=None):
    """Mark a response as one that every reader may be given until its stamp moves or `valid_until` (aware) comes."""
    response["X-Page-Stamp"] = str(stamp)
    if valid_until:
        response["X-Page-Valid-Until"] = str(valid_until.timestamp())
    response["Cache-Control"] = "public, max-age=0, must-revalidate"
    return response
