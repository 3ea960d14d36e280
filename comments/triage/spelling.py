"""Tells which words of the rules a typed word may stand for: held-down letters and typing errors are forgiven.

A word that exists is never taken for an error of another (`lamp` for `limp`): `real_words` in the language's file holds
those that lie near the shipped rules. One error is forgiven in words of four letters and more, two from eight on, never
in the first letter of a shorter word.
"""

from functools import cache

from comments.triage.words import NEGATED_VERBS, without_repeats

ONE_ERROR, TWO_ERRORS, LONGEST = 4, 8, 24
MISTYPED = set("cannot canot cannt cnat carnt cantt dosnt dosent doesent didint wouldent couldent isint woudnt".split())
NOT = {"not", "aint", "nt", *MISTYPED, *(f"{verb}nt" for verb in NEGATED_VERBS - {"ca", "wo"}), "cant", "wont"}
MOST_REMEMBERED = 20_000


class Spelling:
    """The words of a set of rules, as `phrases.Element` names them, and what is typed for them."""

    def __init__(self, choices, real_words, numbers):
        self.choices = frozenset(choices)
        self.endless = sorted(choice for choice in choices if choice.endswith("*") and len(choice) > 1)
        self.real_words, self.numbers = real_words, numbers
        self.known = {}
        self.near = {}
        for choice in choices:
            bare = choice.rstrip("*")
            if len(bare) >= ONE_ERROR and bare.isalpha():
                self.near.setdefault(bare[0], []).append((bare, choice))

    def choices_of(self, word):
        """The choices that a folded word stands for."""
        if word not in self.known:
            if len(self.known) > MOST_REMEMBERED:
                self.known.clear()
            self.known[word] = self._choices_of(word)
        return self.known[word]

    def _choices_of(self, word):
        found = self._exactly(word)
        if found or word in self.real_words or len(word) > LONGEST:
            return found
        for shorter in without_repeats(word):
            if found := self._exactly(shorter):
                return found
        return self._with_errors(word) if word.isalpha() else found

    def _exactly(self, word):
        found = {choice for choice in self.endless if word.startswith(choice[:-1])}
        if word in self.choices:
            found.add(word)
        if word in NOT and "not" in self.choices:
            found.add("not")
        if "#" in self.choices and (word[:1].isdigit() or word in self.numbers):
            found.add("#")
        return frozenset(found)

    def _with_errors(self, word):
        if len(word) < ONE_ERROR:
            return frozenset()
        alike = self.near.get(word[0], [])
        if len(word) >= TWO_ERRORS:
            alike = [pair for pairs in self.near.values() for pair in pairs]
        return frozenset(choice for bare, choice in alike if _is_near(word, bare, choice.endswith("*")))


@cache
def _distance():
    """rapidfuzz is slow to import, and not needed by who only edits a rule."""
    from rapidfuzz.distance import OSA

    return OSA.distance


def _is_near(word, bare, is_beginning):
    if len(word) < len(bare) - 2 or (len(word) > len(bare) + 2 and not is_beginning):
        return False
    errors = 1 + (min(len(word), len(bare)) >= TWO_ERRORS)
    if word[0] != bare[0] and len(bare) < TWO_ERRORS:
        return False
    if not is_beginning:
        return abs(len(word) - len(bare)) <= errors and _distance()(word, bare, score_cutoff=errors) <= errors
    if len(bare) <= ONE_ERROR:
        return False
    lengths = {len(bare), len(bare) - 1, len(bare) + 1}
    return any(_distance()(word[:length], bare, score_cutoff=1) <= 1 for length in lengths)
