"""The index on PostgreSQL: two computed columns of the entries' table, for English, each with a GIN index.

The columns follow the texts by themselves. They are no fields of the model: nothing but this module reads them.
"""

from collections import defaultdict
from itertools import chain

from django.db import connection

from articles.search.snippets import Found
from articles.search.words import WORD, fold

LIVE = "live_from <= %s AND (live_until IS NULL OR live_until > %s)"
WEIGHTS = "'{0, 0.1, 0.4, 1}'"
"""Of D, C, B and A: nothing, text, summary and title. A word in the title weighs as much as ten in the text."""

GLUE = r"/\-_@.:'’<>&+~=#%$"
"""What PostgreSQL would join to one word with its neighbours, as in "mg/kg" or "<temp": for us these are gaps."""


def _gaps(column):
    glue = GLUE.replace("'", "''")
    return f"translate({column}, '{glue}', '{' ' * len(GLUE)}')"


def _vector(column, weight):
    return f"setweight(to_tsvector('pg_catalog.english', {_gaps(column)}), '{weight}')"


_VECTORS = {
    "words": " || ".join(_vector(*each) for each in [("title", "A"), ("summary", "B"), ("body", "C"), ("also", "C")]),
    "title_words": _vector("title", "A"),
}
UNINSTALL = [
    # No table is altered whose new rows are still to be checked.
    "SET CONSTRAINTS ALL IMMEDIATE",
    *(f"ALTER TABLE articles_searchentry DROP COLUMN IF EXISTS {name}" for name in _VECTORS),
]
INSTALL = [
    *UNINSTALL,
    # Long texts live elsewhere, so that the rows that say what is live are read quickly even where all match.
    "ALTER TABLE articles_searchentry SET (toast_tuple_target = 128)",
    *(
        f"ALTER TABLE articles_searchentry ADD COLUMN {name} tsvector GENERATED ALWAYS AS ({vector}) STORED"
        for name, vector in _VECTORS.items()
    ),
    # Articles are written now and then and searched all the time: no reader goes through what is still to be sorted in.
    *(
        f"CREATE INDEX articles_search_{name} ON articles_searchentry USING gin ({name}) WITH (fastupdate = off)"
        for name in _VECTORS
    ),
]


def ranked(query, at, newest, titled):
    """Versions that are live at `at` and match, the best first: among the `newest` that do, and the newest `titled`
    ones whose title does."""
    # Where most articles match, the planner would rather read every text than the index: thirteen times slower. Both
    # statements go together, and so does the transaction that they are.
    sql = f"""
        SET LOCAL enable_seqscan = off;
        WITH
        query AS (SELECT to_tsquery('pg_catalog.english', %s) AS terms),
        found AS MATERIALIZED (
            SELECT version_id FROM articles_searchentry
            WHERE words @@ to_tsquery('pg_catalog.english', %s) AND {LIVE}
        ),
        found_in_title AS MATERIALIZED (
            SELECT version_id FROM articles_searchentry
            WHERE title_words @@ to_tsquery('pg_catalog.english', %s) AND {LIVE}
        ),
        candidates AS (
            (SELECT version_id FROM found ORDER BY version_id DESC LIMIT %s)
            UNION (SELECT version_id FROM found_in_title ORDER BY version_id DESC LIMIT %s)
        )
        SELECT version_id FROM candidates JOIN articles_searchentry USING (version_id), query
        ORDER BY ts_rank({WEIGHTS}, words, query.terms, 1) DESC, version_id DESC
    """  # noqa: S608 made of constants
    words = _terms(query)
    with connection.cursor() as cursor:
        cursor.execute(sql, [words, words, at, at, words, at, at, newest, titled])
        cursor.nextset()
        return [pk for (pk,) in cursor.fetchall()]


def found(query, pks):
    """{pk: (title, summary, body)} of some versions, each a `Found`.

    PostgreSQL's own ts_headline reads every word of every text: ten times slower than to ask for the words that can
    be meant, each once. English endings come and go, but a word keeps its first letter."""
    sql = "SELECT version_id, title, summary, body FROM articles_searchentry WHERE version_id = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(pks)])
        entries = {pk: texts for pk, *texts in cursor.fetchall()}
        words = _words_like(query, chain.from_iterable(entries.values()))
        cursor.execute(TAKEN, [list(words), _terms(query.loosened())])
        taken = [spelling for (word,) in cursor.fetchall() for spelling in words[word]]
    return {pk: tuple(Found.where(text, taken) for text in texts) for pk, texts in entries.items()}


def _words_like(query, texts):
    """{folded: [as written, ...]} of the words of some texts that begin as a word of the query does."""
    written = set(chain.from_iterable(map(WORD.findall, texts)))
    wanted = {word[0] for word in query.words}
    letters = {letter for letter in {word[0] for word in written} if fold(letter)[:1] in wanted}
    words = defaultdict(list)
    for word in written:
        if word[0] in letters:
            words[fold(word)].append(word)
    return words


TAKEN = """
SELECT word FROM unnest(%s::text[]) AS word
WHERE to_tsvector('pg_catalog.english', word) @@ to_tsquery('pg_catalog.english', %s)
"""


def _terms(query):
    """The syntax of to_tsquery, of which no part comes from outside: words are nothing but letters and digits."""
    terms = [f"'{word}'{':*' if is_beginning else ''}" for word, is_beginning in query.pieces()]
    return (" | " if query.is_loose else " & ").join(terms)
