"""Reads the shipped rules of a language, and makes a set of rules ready to be looked for.

The file `rules/<language>.yaml` holds the rules that the publisher begins with, and what no publisher edits: the words
of clauses (`comments.triage.clauses`), numbers, medicines, and real words that are no typing errors.
"""

from functools import cached_property, lru_cache, reduce
from operator import or_
from pathlib import Path

from comments.triage import clauses, phrases, points, words
from comments.triage.findings import Rule
from comments.triage.points import Points
from comments.triage.spelling import Spelling

FOLDER = Path(__file__).with_name("rules")


@lru_cache(maxsize=8)
def language_file(language):
    """The data of a language; without rules for one that nobody has written."""
    import yaml

    path = FOLDER / f"{language}.yaml"
    if not regex_name(language) or not path.exists():
        return {"rules": [], "clauses": {}, "lists": {}}
    return yaml.load(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def regex_name(language):
    return language.replace("-", "").isalnum() and language.isascii()


def word_list(language, name):
    """The entries of a list: divided by commas where it has any, so that an entry may be several words."""
    written = language_file(language)["lists"].get(name, "")
    return [entry.strip() for entry in (written.split(",") if "," in written else written.split()) if entry.strip()]


@lru_cache(maxsize=8)
def shipped_points(language):
    path = FOLDER / f"{language}.points"
    return points.read_shipped(path.read_text("utf-8")) if regex_name(language) and path.exists() else {}


def load_shipped(language="en"):
    """The rules that the publisher begins with."""
    return tuple(
        Rule(each["kind"], each["name"], each["phrases"].strip(), language) for each in language_file(language)["rules"]
    )


class Rulebook:
    """A set of rules of one language, ready: which of its phrases stand where in a text."""

    def __init__(self, rules, language):
        self.rules = tuple(rules)
        self.phrases = [
            (rule, phrase)
            for rule in rules
            if rule.kind not in ("domains", "points")
            for _, line in phrases.lines(rule.phrases)
            if (phrase := phrases.parsed(line))
        ]
        self.points_rule = next((rule for rule in rules if rule.kind == "points"), None)
        self.points = Points(self._points())
        self.clauses = {
            name: [phrase for _, line in phrases.lines(written) if (phrase := phrases.parsed(line))]
            for name, written in language_file(language)["clauses"].items()
        }
        self.hosts = [
            (rule, line.casefold())
            for rule in rules
            if rule.kind == "domains"
            for _, line in phrases.lines(rule.phrases)
        ]
        self.spelling = Spelling(
            {word for phrase in self._all_phrases() for word in _words_of(phrase)},
            frozenset(word_list(language, "real_words")),
            frozenset(word_list(language, "numbers")),
        )

        self.anchored = self._anchored()
        self.patterns = [(rule, phrase) for rule, phrase in self.phrases if phrase.pattern]
        self.places = {}
        for number, (_, phrase) in enumerate(self.phrases):
            self.places.setdefault(id(phrase), []).append(number)

    def _points(self):
        """The shipped points, with what the publisher changed; none where that rule is not in use."""
        if self.points_rule is None:
            return {}
        own = (points.read(rule.phrases) for rule in self.rules if rule.kind == "points")
        return reduce(or_, own, shipped_points(self.points_rule.language))

    def _anchored(self):
        """For each word the phrases that cannot be in a text without it or its like: what keeps reading quick."""
        anchored = {}
        for phrase in self._all_phrases():
            elements = [each for part in phrase.parts for each in part]
            if elements:
                for choice in min(elements, key=_commonness).choices:
                    anchored.setdefault(choice.split("_")[0], set()).add(id(phrase))
        return anchored

    def _all_phrases(self):
        return [*(phrase for _, phrase in self.phrases), *(each for many in self.clauses.values() for each in many)]

    def read(self, text):
        """The Page of a text."""
        return Page(self, text)


class Page:
    """One text, as the rules see it."""

    def __init__(self, book, text):
        self.book, self.text = book, text
        self.words = words.read(text)
        self.numbers = words.sentences(self.words)
        self.at, self.joined, self.found = {}, {}, {}
        for number, word in enumerate(self.words):
            for choice in book.spelling.choices_of(word.text):
                self.at.setdefault(choice, []).append(number)

        self.candidates = set().union(*(book.anchored.get(choice, ()) for choice in self.at))

    def phrases(self):
        """The rules' phrases that may be in the text, each with its rule, and all patterns."""
        book = self.book
        numbers = sorted(number for each in self.candidates for number in book.places.get(each, ()))
        return [*book.patterns, *(book.phrases[number] for number in numbers)]

    @cached_property
    def reading(self):
        """What the sentences make of what they name."""
        found = {
            name: [match for each in many for match in self.matches(each)] for name, many in self.book.clauses.items()
        }
        return clauses.Reading(self.words, self.numbers, found)

    def matches(self, phrase):
        """The Matches of a phrase; of one with several parts, those of the first."""
        return (self.parts(phrase) or [[]])[0]

    def parts(self, phrase):
        """The Matches of each part of a phrase, none across the end of a sentence; [] unless all parts are there."""
        if id(phrase) not in self.candidates or not all(
            self._places(element.choices) for part in phrase.parts for element in part
        ):
            return []
        found = [
            [match for match in matches if self.numbers[match.first] == self.numbers[match.last]]
            for matches in phrases.find(phrase, self._places)
        ]
        return found if all(found) else []

    def _places(self, choices):
        if choices not in self.found:
            self.found[choices] = sorted({number for choice in choices for number in self._places_of(choice)})
        return self.found[choices]

    def _places_of(self, choice):
        """The numbers of the words that a choice begins at."""
        if "_" not in choice:
            return self.at.get(choice, ())
        if choice not in self.joined:
            first, *others = [self.at.get(word, ()) for word in choice.split("_")]
            following = [set(numbers) for numbers in others]
            self.joined[choice] = [
                at for at in first if all(at + step in numbers for step, numbers in enumerate(following, 1))
            ]
        return self.joined[choice]

    def span(self, match):
        """Where a Match begins and ends in the text."""
        return self.words[match.first].start, self.words[match.last].end


def _commonness(element):
    """Roughly how often an Element is met: short words and many choices are common."""
    return sum(9 if len(choice.split("_")[0]) < 4 else 1 for choice in element.choices)


def _words_of(phrase):
    return (word for part in phrase.parts for each in part for choice in each.choices for word in choice.split("_"))


@lru_cache(maxsize=32)
def compile_rules(rules):
    """A Rulebook for each language of a tuple of rules; for none, the English one without rules."""
    languages = sorted({rule.language for rule in rules}) or ["en"]
    return tuple(Rulebook([rule for rule in rules if rule.language == each], each) for each in languages)
