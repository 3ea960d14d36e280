"""Adds up points: words that tell little alone tell of a danger where they stand together.

The notation, any number of words a line, for each its points in whole numbers:

    6: floppy ragdoll         the word in any of its endings, or with a typing error
    9: not_wake eyes_roll     two words, the second next to the first; `not` is also isn't, can't, won't and so on
    -8: film ago_year         words that speak against a danger

A word counts once in a passage of about PASSAGE words; one whose points reach FOUND names a danger sign, whether or not
a phrase foresaw it. The shipped points lie in `rules/`, fitted to labelled sentences (`make points`); lines of the
publisher's add to them or take their place, and 0 takes a word out.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache

from comments.triage import words
from comments.triage.spelling import NOT

FOUND = 10
ENOUGH = 5
"""Words. A shorter text says little: it needs FOUND more for each that is missing."""
PASSAGE = 50
"""Words. Comments are mostly shorter; in a longer one the danger stands in one place."""
MOST = 999
SKIPPED = 2
"""How many words `not` reaches over: `not_wake` is also "will not really wake"."""
SHORTEST_MISTYPED, TWO_ERRORS = 5, 8


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a text: its points, and what spoke for a danger, as pairs of points and the number of the word."""

    points: int
    telling: tuple
    length: int

    @property
    def is_danger(self):
        return self.points >= needed(self.length)


def needed(length):
    """The points that name a danger in a passage of so many words."""
    return FOUND * (1 + max(0, ENOUGH - length))


def read(written, as_key=None):
    """The points of all lines by key; a line that cannot be used is left out: triage reads on, the admin refuses it."""
    points = {}
    for line in filter(None, map(str.strip, written.splitlines())):
        with suppress(ValueError):
            points |= parse(line, as_key or key_of)
    return points


def read_shipped(written):
    """The same of a file whose words are keys already."""
    return read(written, as_key=str)


def parse(line, as_key=None):
    """The points of a line by key. Raises ValueError with what is wrong and what to do."""
    number, colon, written = line.partition(":")
    try:
        points = int(number)
    except ValueError:
        points = None
    if points is None or not colon or not written.split() or abs(points) > MOST:
        raise ValueError(f"gives no points. Write a whole number up to {MOST}, a colon and words: 30: floppy not_wake")
    return {(as_key or key_of)(item): points for item in written.split()}


def key_of(written):
    """The key of a word, or of two with `_` between."""
    read = [stem(word.text) for part in written.split("_") for word in words.read(part)]
    return "_".join("not" if word in NOT else word for word in read[:2])


def stem(word):
    """A word without the ending that grammar gave it. English; words of other scripts stay as they are."""
    for ending in ("ings", "ing", "ies", "es", "ed", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and word.isascii():
            word = word[: -len(ending)]
            return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiosl" else word
    return word


class Points:
    """Points by key, ready to be added up."""

    def __init__(self, points):
        self.points = points
        self.known = {part for key in self.points for part in key.split("_")}
        self.by_letter = {}
        for word in self.known:
            if len(word) >= SHORTEST_MISTYPED and word.isalpha():
                self.by_letter.setdefault(word[0], []).append(word)
        self.nearest = lru_cache(maxsize=20_000)(self._nearest)

    def best(self, words, sentences):
        """The Passage with the most points of a text: its folded words, and for each the number of its sentence."""
        tokens = [self.token(word) for word in words]
        return max(
            (self._added(tokens, first, last) for first, last in passages(sentences)),
            key=lambda passage: passage.points - needed(passage.length),
            default=Passage(0, (), 0),
        )

    def token(self, word):
        """What a folded word is compared as."""
        if word in NOT:
            return "not"
        if word[:1].isdigit():
            return "#"
        short = stem(word)
        return short if short in self.known else self.nearest(short)

    def _nearest(self, word):
        """The known word that a mistyped one stands for, or the word itself."""
        if len(word) < SHORTEST_MISTYPED:
            return word
        errors = 1 + (len(word) >= TWO_ERRORS)
        near = ((_distance()(word, other, score_cutoff=errors), other) for other in self.by_letter.get(word[0], ()))
        return min((pair for pair in near if pair[0] <= errors), default=(0, word))[1]

    def _added(self, tokens, first, last):
        held = {}
        for key, at in features(tokens[first : last + 1]):
            if key in self.points:
                held.setdefault(key, first + at)
        telling = sorted(((self.points[key], at) for key, at in held.items() if self.points[key] > 0), reverse=True)
        return Passage(sum(map(self.points.get, held)), tuple(telling), last + 1 - first)


@cache
def _distance():
    from rapidfuzz.distance import OSA

    return OSA.distance


def features(tokens):
    """The keys that points can be given to, each with its place: a word, two neighbours, `not` and what follows."""
    for at, word in enumerate(tokens):
        yield word, at
        for other in tokens[at + 1 : at + 2 + (SKIPPED if word == "not" else 0)]:
            yield f"{word}_{other}", at


def passages(numbers):
    """The first and last word of every passage: whole sentences while they fit, and longer ones cut."""
    starts = [at for at, number in enumerate(numbers) if at == 0 or number != numbers[at - 1]]
    cuts = sorted({cut for at in starts for cut in range(at, _end(numbers, at), PASSAGE)})
    ends = [*cuts[1:], len(numbers)]
    for index, first in enumerate(cuts):
        last = ends[index]
        for end in ends[index:]:
            if end - first > PASSAGE:
                break
            last = end
        yield first, last - 1
        if last == len(numbers):
            return


def _end(numbers, at):
    end = at
    while end < len(numbers) and numbers[end] == numbers[at]:
        end += 1
    return end
