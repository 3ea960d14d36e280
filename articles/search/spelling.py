"""Offers "Did you mean ...?" out of the words of this site's own articles.

What is offered finds something, now: a word that stands in nothing but an unpublished text is never offered.
"""

from dataclasses import replace

from django.db.models import Q
from rapidfuzz.distance import OSA

from articles.models import SearchWord

ONE_ERROR, TWO_ERRORS = 4, 7
"""Letters that a word needs before so many errors in it are put right."""
MOST_ASKED = 3
"""How many words are tried in the place of one."""


def mend(query, finds, *, leave_out=False):
    """The query with the words that find nothing put right, or None. `finds(query)` says whether one finds something.

    A letter too many, too few, wrong, or two in the wrong order are put right, in longer words twice. Where one of the
    words cannot be, nothing is offered; with `leave_out` the others are."""
    words = []
    for word in query.words:
        is_known = finds(replace(query, words=(word,), is_open=False))
        words.append(word if is_known else _mended(word, query, finds))
    if None in words and not leave_out:
        return None
    mended = replace(query, words=tuple(dict.fromkeys(filter(None, words))), is_open=False)
    return mended if mended.words not in ((), query.words) and finds(mended) else None


def _mended(word, query, finds):
    """The nearest word that finds something, or None."""
    for nearest in near(word)[:MOST_ASKED]:
        if finds(replace(query, words=(nearest,), is_open=False)):
            return nearest
    return None


def near(word):
    """Words of the articles that `word` may have been meant for, the nearest first."""
    errors = (len(word) >= ONE_ERROR) + (len(word) >= TWO_ERRORS)
    alike = Q(first=word[:1]) | Q(last=word[-2:])
    # One letter longer, for the plural of what was meant.
    sizes = range(len(word) - errors, len(word) + errors + 2)
    words = SearchWord.objects.filter(alike, size__in=sizes).values_list("word", flat=True)
    distances = ((_distance(word, each, errors), abs(len(each) - len(word)), each) for each in words)
    return [each for distance, _, each in sorted(distances) if distance <= errors]


def _distance(word, other, errors):
    return min(OSA.distance(word, form, score_cutoff=errors) for form in (other, other.removesuffix("s")))
