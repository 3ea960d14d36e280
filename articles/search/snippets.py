"""Cuts from a text the part that shows why it was found, as pieces with and without a mark. Pure.

The databases tell in their own ways which words were found, by marks in the text or by the words alone; here only the
places count, so that what a reader sees is the article's own text to the letter.
"""

import re
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join

from articles.search.words import LETTER

BEGIN, END = "\x02", "\x03"
"""Around a word that was found. No text in the index holds them (`articles.search.texts`)."""

LENGTH = 220
"""Characters of a snippet, about."""
LEAD = 50
"""Characters before the first word that was found, about."""


@dataclass(frozen=True)
class Piece:
    text: str
    is_found: bool = False


def as_html(pieces):
    """Pieces as safe HTML, what was found in <mark>."""
    marked = (format_html("<mark>{}</mark>", piece.text) if piece.is_found else piece.text for piece in pieces)
    return format_html_join("", "{}", ([part] for part in marked))


@dataclass(frozen=True)
class Found:
    """A text, and where in it what was found begins and ends."""

    text: str
    spans: tuple = ()

    @classmethod
    def of(cls, text, marked):
        """From the text and the same with marks in it; without marks where the database did not give the same."""
        parts = marked.split(BEGIN)
        spans, place = [], len(parts[0])
        for part in parts[1:]:
            word, _, rest = part.partition(END)
            spans.append((place, place + len(word)))
            place += len(word) + len(rest)
        return cls(text, tuple(spans) if place == len(text) else ())

    @classmethod
    def where(cls, text, words):
        """From the text and the words that were found, as they are written, wherever they stand in it."""
        either = "|".join(map(re.escape, words))
        places = re.finditer(rf"(?<!{LETTER})(?:{either})(?!{LETTER})", text) if words else ()
        return cls(text, tuple(each.span() for each in places))

    def words_between(self, begin, end):
        """How many different words were found between two places."""
        return len({self.text[a:b].casefold() for a, b in self.spans if a >= begin and b <= end})

    def pieces(self, begin=0, end=None):
        end = len(self.text) if end is None else end
        place, pieces = begin, []
        for a, b in self.spans:
            if a >= place and b <= end:
                pieces += [Piece(self.text[place:a]), Piece(self.text[a:b], True)]
                place = b
        return [piece for piece in [*pieces, Piece(self.text[place:end])] if piece.text]

    def snippet(self):
        """The pieces around where most of the different words stand close together; without any, the beginning."""
        begin, end = self._window()
        pieces = self.pieces(begin, end)
        before = [Piece("…")] if begin > 0 else []
        after = [Piece(" …")] if end < len(self.text) else []
        return [*before, *pieces, *after]

    def most_words(self):
        return self.words_between(*self._window())

    def _window(self):
        starts = [max(a - LEAD, 0) for a, _ in self.spans] or [0]
        best = max(starts, key=lambda start: (self.words_between(start, start + LENGTH), -start))
        begin = self._at_gap(best) if best else 0
        return begin, self._at_gap(begin + LENGTH)

    def _at_gap(self, place):
        """The end of the word that a place is in."""
        gap = self.text.find(" ", place, place + LEAD)
        return min(place if gap < 0 else gap, len(self.text))


def snippet(summary, body):
    """Pieces of the summary where it has as many of the words as any part of the text, else of the text."""
    is_summary = summary.text and summary.most_words() >= body.most_words()
    return (summary if is_summary else body).snippet()
