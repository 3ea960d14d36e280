"""Reads what somebody typed as the words to look for. Pure and total: any text in, a `Query` out.

There is no syntax: quotes, stars and minus signs are no more than gaps between words. What a word is, is decided here
for both databases, and only such words ever reach them.
"""

import re
import unicodedata
from dataclasses import dataclass, replace

LONGEST_QUESTION = 200
"""Characters of a search that are taken (the contract in README)."""

MOST_WORDS = 10
LONGEST_WORD = 40
SHORTEST_BEGINNING = 3
"""Letters that the beginning of a word needs before we look for what it may become."""

LETTER = r"[^\W_]"
WORD = re.compile(f"{LETTER}+")
CONTRACTED = re.compile(r"['’](?:d|ll|m|re|s|t|ve)\b")
FILLERS = frozenset(
    "a about above after again against all also am an and any are aren as at be because been before being below "
    "between both but by can could couldn did didn do does doesn doing don down during each else ever few for from "
    "further get gets getting give got had hadn has hasn have haven having he her here hers herself him himself his "
    "how i if in into is isn it its itself just me more most my myself no nor not now of off on once only or other our "
    "ours ourselves out over own please s same she should shouldn so some such t than that the their theirs them "
    "themselves then there these they this those through to too under until up very was wasn we were weren what when "
    "where which while who whom why will with won would wouldn you your yours yourself yourselves".split()
)
"""Words that say nothing of what is looked for. PostgreSQL's English leaves nearly the same out by itself."""


@dataclass(frozen=True)
class Query:
    """Words in lower case without accents. All of them must be there, or any of them (`is_loose`); the last one may be
    the beginning of a word (`is_open`)."""

    words: tuple = ()
    is_open: bool = False
    is_loose: bool = False

    def __bool__(self):
        return bool(self.words)

    def opened(self):
        return replace(self, is_open=bool(self.words) and len(self.words[-1]) >= SHORTEST_BEGINNING)

    def loosened(self):
        return replace(self, is_loose=True)

    def pieces(self):
        """Each word with whether it is the beginning of one."""
        last = len(self.words) - 1
        return [(word, self.is_open and place == last) for place, word in enumerate(self.words)]


def read(text):
    """The query that a text means: its first words that say something, each once."""
    whole = CONTRACTED.sub(" ", text[: 10 * LONGEST_QUESTION].lower())
    words = dict.fromkeys(word[:LONGEST_WORD] for word in words_of(whole))
    return Query(tuple(word for word in words if word not in FILLERS)[:MOST_WORDS])


def words_of(text):
    """All words of a text, folded."""
    return WORD.findall(fold(text))


def fold(text):
    """Lower case, without accents, and with what looks alike written alike."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
