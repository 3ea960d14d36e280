"""Decides what a sentence makes of a danger sign that it names: asserts it, denies it, or only speaks about it.

Denied ("no fever", "never went limp") is still found, with a lower level. Only speaking about it (a general question, a
condition for anybody's child, a story that ended well long ago) is told where the words leave no doubt and nobody is
meant who is there now; in doubt a sign is asserted. `not breathing` is a sign and no denial: words of the sign's own
phrase never deny it.

The words are data, `clauses` in the language's file: to extend this, add a line there.
"""

from bisect import bisect_left, bisect_right

from comments.triage.phrases import Match

ASSERTED, DENIED, ABOUT = 2, 1, 0
SUBJECT = 2
"""How many words before a denial what it speaks of may stand."""
REACH = 6
"""How many words a denial reaches forward, or back to what stands before it."""


class Reading:
    """One text, with where the clause words of its language stand in it."""

    def __init__(self, words, numbers, matches):
        """`numbers` holds each word's sentence, `matches` the Matches of each clause list by its name."""
        self.words, self.numbers, self.matches = words, numbers, matches
        pseudo = {at for match in matches["not_denials"] for at in range(match.first, match.last + 1)}
        self.denials = sorted(
            (match for match in matches["denials"] if match.first not in pseudo), key=lambda match: match.first
        )
        self.starts = [match.first for match in self.denials]
        past = {at for match in matches["not_now"] for at in range(match.first, match.last + 1)}
        matches["now"] = [match for match in matches["now"] if match.first not in past]
        self.held = {name: {numbers[match.first] for match in found} for name, found in matches.items()}
        self.ends = {match.first for match in matches["ends"]}
        self.ors = {match.first for match in matches["or"]}

    def level(self, match):
        """ASSERTED, DENIED or ABOUT, for the Match of a danger sign."""
        if self._is_about(match):
            return ABOUT
        return DENIED if self._is_denied(match) else ASSERTED

    def is_denial(self, at):
        return any(match.first <= at <= match.last for match in self.denials)

    def is_denied_word(self, at):
        """Whether a single word is denied, or is what a denial speaks of: "his lips are not blue"."""
        if self._is_denied(Match(at, at, frozenset((at,)))):
            return True
        following = self.starts[bisect_right(self.starts, at) :][:1]
        return any(start - at <= SUBJECT and self.numbers[start] == self.numbers[at] for start in following)

    def _is_denied(self, match):
        last = bisect_right(self.starts, match.last)
        near = self.denials[bisect_left(self.starts, match.first - 3 * REACH) : last]
        before = (denial for denial in near if denial.first not in match.used)
        return any(self._reaches(denial, match) for denial in before) or any(
            0 < after.first - match.last <= REACH and self._same_sentence(after, match)
            for after in self.matches["denials_after"]
        )

    def _reaches(self, denial, match):
        if match.first <= denial.first <= match.last:
            return True
        if not 0 < match.first - denial.last <= REACH + 1 or not self._same_sentence(denial, match):
            return False
        between = range(denial.last + 1, match.first)
        if any(at in self.ends for at in between):
            return False
        return self._is_list(match, between) or not any(
            self.words[at].gap for at in range(denial.last + 1, match.first + 1)
        )

    def _is_list(self, match, between):
        """Whether a comma divides what is denied together: no rash, fever or stiff neck."""
        marks = {self.words[at].marks.strip() for at in (*between, match.first)}
        return marks <= {"", ",", "/"} and (match.last + 1 in self.ors or any(at in self.ors for at in between))

    def _is_about(self, match):
        if self._has("elsewhere", match):
            return True
        if self._has("now", match):
            return False
        if self._has("long_ago", match) or (self._has("lately", match) and self.matches["solved"]):
            return True
        return not self.matches["somebody"] and any(self._has(name, match) for name in ("questions", "conditions"))

    def _has(self, name, match):
        return self.numbers[match.first] in self.held[name]

    def _same_sentence(self, one, other):
        return self.numbers[one.first] == self.numbers[other.first]
