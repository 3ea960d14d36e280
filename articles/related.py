"""Says which articles a reader may want next: those of the same topics first, and among them the likest in their words.
Pure: texts in, scores out. `articles.models.related` finds the texts and keeps what comes out.

Likeness is the cosine of the two texts' words, each word weighed by how rare it is among the texts at hand. So it is
between 0 and 1, and a topic in common, which counts 1, is never outweighed by words.
"""

import math
import re
from collections import Counter
from typing import NamedTuple

WORD = re.compile(r"[^\W\d_]{3,}")
LIKE_ENOUGH = 0.08
"""What texts without a topic in common must reach: below it, on the demo's articles, they only share everyday words."""
TITLE_WEIGHT = 3


class Text(NamedTuple):
    key: int
    topics: frozenset
    words: Counter


def words_of(title, *texts):
    """How often each word occurs, without the endings that number and tense give it. The title counts thrice."""
    return Counter(_stem(word) for text in (*[title] * TITLE_WEIGHT, *texts) for word in WORD.findall(text.lower()))


def _stem(word):
    return word.removesuffix("s")[:7]


def rank(text, others):
    """(key, score) of the others that are related to the text, the nearest first."""
    rarity = _rarity([text, *others])
    weighed = _weigh(text.words, rarity)
    scores = [(other.key, _score(text, other, weighed, rarity)) for other in others]
    return sorted([(key, score) for key, score in scores if score], key=lambda pair: -pair[1])


def _score(text, other, weighed, rarity):
    shared = len(text.topics & other.topics)
    likeness = _cosine(weighed, _weigh(other.words, rarity))
    return shared + likeness if shared or likeness >= LIKE_ENOUGH else 0


def _rarity(texts):
    """By word, the logarithm of how many times fewer texts hold it than there are."""
    holding = Counter(word for text in texts for word in text.words)
    return {word: math.log((len(texts) + 1) / number) for word, number in holding.items()}


def _weigh(words, rarity):
    """The words as a vector of length 1."""
    weights = {word: (1 + math.log(number)) * rarity[word] for word, number in words.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {word: weight / length for word, weight in weights.items()} if length else {}


def _cosine(one, other):
    return sum(weight * other[word] for word, weight in one.items() if word in other)
