"""Puts texts into the index. Models are parameters, so that a migration can hand in those of its own time."""

from itertools import groupby, islice, pairwise
from operator import attrgetter

from django.db import connection, transaction
from django.utils import timezone

from articles.search import postgres, sqlite, texts
from articles.search.words import words_of

INDEXES = {"sqlite": sqlite, "postgresql": postgres}
SHORTEST, LONGEST = 4, 30
"""Letters of the words that "Did you mean ...?" may offer."""
AT_ONCE = 500


def index():
    """The module that knows the index of the database in use."""
    return INDEXES[connection.vendor]


def execute(statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def entries_of(published, at):
    """What the index holds of one article: fields of a `SearchEntry` for each of its published versions, which come
    ordered by `publish_at` and key, that is live at `at` or will be."""
    for version, successor in pairwise([*published, None]):
        until = successor and successor.publish_at
        if until is None or until > max(at, version.publish_at):
            period = {"live_from": version.publish_at, "live_until": until}
            yield {"version_id": version.pk, "article_id": version.article_id, **period, **texts.fields_of(version)}


def spellings(entries):
    """Fields of a `SearchWord` for every word of some entries. In one order, so that two writers never wait in a
    circle for one another."""
    words = set()
    for entry in entries:
        words.update(words_of(f"{entry.title} {entry.summary} {entry.body}"))
    for word in sorted(words):
        if word.isalpha() and SHORTEST <= len(word) <= LONGEST:
            yield {"word": word, "first": word[0], "last": word[-2:], "size": len(word)}


@transaction.atomic
def rebuild(version_model, entry_model, word_model, at=None):
    """Make the whole index anew. Returns the number of its entries. Whoever writes meanwhile has to wait."""
    at, number = at or timezone.now(), 0
    execute(index().UNINSTALL)
    entry_model.objects.all().delete()
    word_model.objects.all().delete()
    execute(index().INSTALL)
    waiting = (entry_model(**fields) for fields in _fields(version_model, at))
    while entries := entry_model.objects.bulk_create(islice(waiting, AT_ONCE)):
        word_model.objects.bulk_create((word_model(**fields) for fields in spellings(entries)), ignore_conflicts=True)
        number += len(entries)
    return number


def _fields(version_model, at):
    published = version_model.objects.filter(state="published").order_by("article_id", "publish_at", "pk")
    for _, versions in groupby(published.iterator(chunk_size=AT_ONCE), attrgetter("article_id")):
        yield from entries_of(versions, at)
