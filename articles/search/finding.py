"""Finds published articles. Total: any text in, a `Results` out, and never an article that is not public.

What is ranked is bounded: the `NEWEST` newest texts in which the words stand, and the `TITLED` newest ones that have
them in the title. A word that stands in a hundred thousand articles costs no more than one in a thousand, and the page
says that older ones were left out.
"""

from dataclasses import dataclass, field

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from articles.models import Article, Author, Version
from articles.search import snippets, spelling
from articles.search.indexing import index
from articles.search.words import MOST_WORDS, WORD, Query, read, words_of

NEWEST, TITLED = 200, 50
PER_PAGE = 10


@dataclass
class Hit:
    article: Article
    """With the `minutes` that reading it takes."""
    title: list
    """Pieces of the title (`articles.search.snippets`), what was found marked."""
    snippet: list

    @property
    def title_html(self):
        return snippets.as_html(self.title)

    @property
    def snippet_html(self):
        return snippets.as_html(self.snippet)


@dataclass
class Results:
    query: Query
    hits: list = field(default_factory=list)
    total: int = 0
    number: int = 1
    did_you_mean: str = ""

    @property
    def is_bounded(self):
        """Whether older articles were left out."""
        return self.total >= NEWEST

    @property
    def has_next(self):
        return self.number * PER_PAGE < self.total

    @property
    def next_number(self):
        return self.number + 1

    @property
    def previous_number(self):
        return self.number - 1


def find(text, number=1, at=None):
    """Page `number` (from 1) of what a text finds.

    Where not all of its words are in one article, its last word may be the beginning of one; where that finds nothing
    either, any of the words will do."""
    at, query = at or timezone.now(), read(text)
    exact = query
    for query in (exact, exact.opened(), exact.loosened()):
        if pks := _ranked(query, at):
            break
    results = _page(query, pks, number, at)
    if not pks or query.is_loose:
        results.did_you_mean = _did_you_mean(exact, at, leave_out=not pks)
    return results


def suggest(text, most=6, at=None):
    """The best of what somebody may be about to type: its last word may be the beginning of one."""
    at, query = at or timezone.now(), read(text).opened()
    return _page(query, _ranked(query, at)[:most], 1, at).hits


def _ranked(query, at):
    return index().ranked(query, at, NEWEST, TITLED) if query else []


def _did_you_mean(query, at, leave_out):
    mended = spelling.mend(query, lambda tried: bool(index().ranked(tried, at, 1, 1)), leave_out=leave_out)
    return " ".join(mended.words) if mended else ""


def _page(query, pks, number, at):
    number = min(number, max(-(-len(pks) // PER_PAGE), 1))
    chosen = pks[(number - 1) * PER_PAGE : number * PER_PAGE]
    return Results(query, _hits(query, chosen, at), len(pks), number)


def _hits(query, pks, at):
    """What to show of some versions, in their order. Here it is asked once more whether the public may read each."""
    if not pks:
        return []
    live = Version.objects.filter(pk=OuterRef("live_id"))
    public = (
        Article.objects.published(at).filter(search_entries__in=pks).annotate(minutes=Subquery(live.values("minutes")))
    )
    articles = {article.live_id: article for article in public.select_related("author").prefetch_related("topics")}
    found = index().found(query, pks)
    return [_hit(articles[pk], *found[pk]) for pk in pks if pk in articles and pk in found]


def _hit(article, title, summary, body):
    return Hit(article, title.pieces(), snippets.snippet(summary, body))


def authors_named(text, most=3):
    """Authors whose name has all the words of a text."""
    words = WORD.findall(text)[:MOST_WORDS]
    authors = Author.objects.all()
    for word in words:
        authors = authors.filter(name__icontains=word)
    return authors[:most] if words else Author.objects.none()


def topics_named(text, topics):
    """Those of some topics whose name has all the words of a text that say something."""
    words = set(read(text).words)
    return [topic for topic in topics if words and words <= set(words_of(topic.name))]
