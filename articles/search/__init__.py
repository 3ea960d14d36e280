"""Finds articles by the words that parents type, on SQLite and on PostgreSQL.

    words       what was typed, as the words to look for
    texts       what of a version is looked through
    sqlite      the index there: FTS5 with `porter`
    postgres    the index there: full text search in English
    finding     asks the index, and decides what to show when it finds nothing
    spelling    "Did you mean ...?"
    snippets    the part of a text that shows why it was found
    views       the page, and the answer while somebody types

The index is the table of `articles.models.SearchEntry`; what makes it fast belongs to the database and follows the
table by itself (`sqlite.INSTALL`, `postgres.INSTALL`). Nothing here keeps what was searched for.
"""
