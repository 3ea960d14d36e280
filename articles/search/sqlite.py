"""The index on SQLite: an FTS5 table over the entries, with English word endings taken off by `porter`.

The entries' table holds the texts; triggers carry every change of it into the index, also the deletions of a cascade
or of a test that empties all tables.
"""

from django.db import connection

from articles.search.snippets import BEGIN, END, Found

LIVE = (
    "EXISTS (SELECT 1 FROM articles_searchentry AS entry WHERE entry.version_id = articles_search.rowid"
    " AND entry.live_from <= %s AND (entry.live_until IS NULL OR entry.live_until > %s))"
)
RANK = "bm25(articles_search, 10, 4, 1, 1)"
"""Lower is better. A word in the title weighs as much as ten in the text."""

_REMOVE = (
    "INSERT INTO articles_search(articles_search, rowid, title, summary, body, also)"
    " VALUES ('delete', old.version_id, old.title, old.summary, old.body, old.also);"
)
_ADD = (
    "INSERT INTO articles_search(rowid, title, summary, body, also)"
    " VALUES (new.version_id, new.title, new.summary, new.body, new.also);"
)
UNINSTALL = [
    *(f"DROP TRIGGER IF EXISTS articles_search_{when}" for when in ("insert", "update", "delete")),
    "DROP TABLE IF EXISTS articles_search",
]
INSTALL = [
    *UNINSTALL,
    "CREATE VIRTUAL TABLE articles_search USING fts5(title, summary, body, also, content='articles_searchentry',"
    " content_rowid='version_id', tokenize='porter unicode61 remove_diacritics 2', prefix='3 4')",
    f"CREATE TRIGGER articles_search_insert AFTER INSERT ON articles_searchentry BEGIN {_ADD} END",
    f"CREATE TRIGGER articles_search_update AFTER UPDATE ON articles_searchentry BEGIN {_REMOVE} {_ADD} END",
    f"CREATE TRIGGER articles_search_delete AFTER DELETE ON articles_searchentry BEGIN {_REMOVE} END",
    "INSERT INTO articles_search(articles_search) VALUES ('rebuild')",
]
"""Who rebuilds the table of entries, as Django does to change a column, must run this again: its triggers are gone."""


def ranked(query, at, newest, titled):
    """Versions that are live at `at` and match, the best first: among the `newest` that do, and the newest `titled`
    ones whose title does."""
    moment = connection.ops.adapt_datetimefield_value(at)
    words = _match(query)
    sql = f"""
        WITH
        of_newest AS MATERIALIZED (
            SELECT rowid AS id, {RANK} AS rank FROM articles_search
            WHERE articles_search MATCH %s AND {LIVE} ORDER BY rowid DESC LIMIT %s
        ),
        of_titled AS MATERIALIZED (
            SELECT rowid AS id, {RANK} AS rank FROM articles_search
            WHERE articles_search MATCH %s AND rowid IN (
                SELECT rowid FROM articles_search WHERE articles_search MATCH %s AND {LIVE}
                ORDER BY rowid DESC LIMIT %s
            )
        )
        SELECT id FROM (SELECT * FROM of_newest UNION SELECT * FROM of_titled) GROUP BY id ORDER BY min(rank), id DESC
    """  # noqa: S608 made of constants
    values = [words, moment, moment, newest, words, f"title : ({words})", moment, moment, titled]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [pk for (pk,) in cursor.fetchall()]


def found(query, pks):
    """{pk: (title, summary, body)} of some versions, each a `Found`."""
    marked = ", ".join(f"highlight(articles_search, {place}, %s, %s)" for place in range(3))
    sql = (
        f"SELECT rowid, title, summary, body, {marked} FROM articles_search"  # noqa: S608 made of constants
        f" WHERE articles_search MATCH %s AND rowid IN ({', '.join(['%s'] * len(pks))})"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*[BEGIN, END] * 3, _match(query), *pks])
        return {pk: tuple(map(Found.of, texts[:3], texts[3:])) for pk, *texts in cursor.fetchall()}


def _match(query):
    """FTS5's own syntax, of which no part comes from outside: words are nothing but letters and digits."""
    terms = [f'"{word}"{" *" if is_beginning else ""}' for word, is_beginning in query.pieces()]
    return (" OR " if query.is_loose else " AND ").join(terms)
