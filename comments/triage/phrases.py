"""Finds the publisher's phrases in a text, and explains what is wrong with one that cannot be used.

The notation, one phrase a line:

    struggl* breath|breathe   words in this order with up to three others between; `a|b` either, `word*` any ending
    not_breathing             `_` between words: nothing stands between; `not` is also isn't, can't, won't and so on
    passed_out|fainted        either the two words or the one
    fell ... head             `...` up to eight words between;  `#` any number, in digits or letters
    ~ blue lips               `~` at the start: in any order
    stiff neck & fever        `&`: each part somewhere in the comment
    - blue lipstick           `-` at the start: the rule looks away from these words
    /hb[as]1?c/               a regular expression, which sees capitals and small letters as the same

Whole words count; words written differently, or with a typing error, are `words` and `spelling`.
To extend the notation, add a form to `parse`, and a promise about it to the tests.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import regex

from comments.triage import points, words

LONGEST_PHRASE, LONGEST_RULE = 1_500, 20_000
NEAR, FAR = 3, 8
MOST_IN_ANY_ORDER = 4
MOST_MATCHES = 20
"""Of one phrase in one text: enough to explain itself, and a bound for the work."""
TIMEOUT = 0.05
HINT = "Write it shorter, without one repetition inside another."
ADVERSARIES = [unit * 3_000 for unit in ("a", "a ", "ab1 ", "1", "  ", "-", ".", "aA", "\n")] + ["a" * 3_000 + "!"]


class TooSlow(Exception):
    """A regular expression took longer than a comment may take."""


@dataclass(frozen=True)
class Element:
    """One word of a phrase: any of some words, or of some beginnings of words."""

    choices: frozenset
    """Words as they are compared; a beginning ends in `*`, `#` is any number, `_` joins words with nothing between."""
    reach: int
    """How many other words may stand between the word before and this one."""


@dataclass(frozen=True)
class Phrase:
    parts: tuple
    """One tuple of Elements, or several that must all be in the text."""
    any_order: bool = False
    is_exception: bool = False
    pattern: object = None


@dataclass(frozen=True)
class Match:
    first: int
    last: int
    used: frozenset
    """The numbers of the words that belong to the phrase, from `first` to `last`."""


def lines(phrases):
    """The phrases of a rule, each with the number of its line."""
    for number, line in enumerate(phrases.splitlines(), 1):
        if line.strip():
            yield number, line.strip()


def parse(line):
    """The Phrase that a line means. Raises ValueError with what is wrong and what to do."""
    if len(line) > LONGEST_PHRASE:
        raise ValueError(f"has more than {LONGEST_PHRASE} characters. Divide it into several lines.")
    if line.startswith("/"):
        return Phrase((), pattern=_pattern(line))
    body = line.lstrip("-~ ")
    prefix = line[: len(line) - len(body)]
    parts = tuple(_elements(part, any_order="~" in prefix) for part in body.split("&"))
    if not all(parts):
        raise ValueError("has no word. Write at least one word, or take the line out.")
    return Phrase(parts, any_order="~" in prefix, is_exception="-" in prefix)


def _pattern(line):
    if len(line) < 3 or not line.endswith("/"):
        raise ValueError("begins with / but does not end with one. Write / on both sides of a regular expression.")
    try:
        return regex.compile(line[1:-1], regex.IGNORECASE | regex.FULLCASE | regex.UNICODE | regex.V1)
    except (regex.error, OverflowError, RecursionError, MemoryError) as error:
        raise ValueError(f"is no valid regular expression ({error}). Correct it, or write plain words.") from None


def _elements(part, any_order):
    elements, reach = [], NEAR
    for item in part.split():
        if item in ("...", "…"):
            reach = FAR
            continue
        steps = _tight(item) if "|" not in item else [frozenset(map(_alternative, item.split("|")))]
        elements += [Element(choices, reach if number == 0 else 0) for number, choices in enumerate(steps)]
        reach = NEAR
    if any_order and len(elements) > MOST_IN_ANY_ORDER:
        raise ValueError(f"has more than {MOST_IN_ANY_ORDER} words in any order. Take out words, or the ~.")
    return tuple(elements)


def _tight(item):
    """The steps of an item without alternatives: words that follow one another with nothing between."""
    return [frozenset([word]) for word in _alternative(item).split("_")]


def _alternative(written):
    """One of an item's alternatives, folded; of several words, with `_` between."""
    steps = [step for bare in written.split("_") for step in _words(bare)]
    if not steps or not all(map(_words, written.split("_"))):
        raise ValueError("has a | or _ or * beside which a word is missing. Write a word on both sides.")
    return "_".join(steps)


def _words(written):
    """The words in what is written without a space: more than one where a script has no spaces."""
    if written == "#":
        return ["#"]
    read = [word.text for word in words.read(written.removesuffix("*"))]
    return [*read[:-1], read[-1] + "*"] if read and written.endswith("*") else read


def check_phrases(kind, phrases):
    """Raise ValueError, with a sentence that names the line and what to do, where a rule cannot be used."""
    numbered = list(lines(phrases))
    if not numbered:
        raise ValueError("There is no phrase. Write one a line.")
    if len(phrases) > LONGEST_RULE:
        raise ValueError(f"There are more than {LONGEST_RULE:,} characters. Divide the rule into several.")
    check = {"domains": check_host, "points": points.parse}.get(kind, check_phrase)
    for number, line in numbered:
        try:
            check(line)
        except ValueError as error:
            raise ValueError(f"Line {number} {error}") from None


def check_host(line):
    if len(line) > 253 or not regex.fullmatch(r"(?:[\p{L}\p{N}-]{1,63}\.)+[\p{L}\p{N}-]{2,63}", line):
        raise ValueError("is no host. Write it like example.org, without https:// and without a path.")


def check_phrase(line):
    phrase = parse(line)
    if phrase.pattern:
        if phrase.pattern.search(""):
            raise ValueError("is found in every text, even in an empty one. Ask for at least one character.")
        _check_speed(phrase.pattern, line)


def _check_speed(pattern, line):
    letters = "".join(regex.findall(r"[\p{L}\p{N} ]", line)) or "a"
    literal = (letters * 3_000)[:3_000]
    repeated = [lead + each * 3_000 + "!" for each in sorted(set(letters))[:8] for lead in ("", letters[::-1])]
    for text in (*ADVERSARIES, literal, *repeated):
        try:
            search(pattern, text)
        except TooSlow:
            raise ValueError(f"takes too long on some texts. {HINT}") from None


def search(pattern, text):
    """The spans of a regular expression in a text, at most MOST_MATCHES. Raises TooSlow."""
    spans = []
    try:
        for match in pattern.finditer(text, timeout=TIMEOUT):
            if match.end() > match.start():
                spans.append(match.span())
            if len(spans) == MOST_MATCHES:
                break
    except TimeoutError:
        raise TooSlow from None
    return spans


@lru_cache(maxsize=4096)
def parsed(line):
    """The Phrase of a line, or None for one that cannot be used: triage reads on, the admin refuses it."""
    try:
        return parse(line)
    except ValueError:
        return None


def find(phrase, places):
    """Where a phrase stands: `places` tells the numbers of the words that an Element's choices are found at.

    Of a phrase with several parts, the matches of the first, widened by nothing: the other parts only have to be there.
    """
    found = [_find_part(part, phrase.any_order, places) for part in phrase.parts]
    return found if all(found) else []


def _find_part(part, any_order, places):
    numbers = [places(element.choices) for element in part]
    if not all(numbers):
        return []
    matches = []
    starts = sorted(set().union(*numbers)) if any_order else numbers[0]
    for start in starts:
        used = _in_any_order(numbers, part, start) if any_order else _in_order(numbers, part, start)
        if used and (not matches or min(used) > matches[-1].first):
            matches.append(Match(min(used), max(used), frozenset(used)))
        if len(matches) == MOST_MATCHES:
            break
    return matches


def _in_order(numbers, part, start):
    used = [start]
    for following, element in zip(numbers[1:], part[1:], strict=True):
        place = next((at for at in _window(following, used[-1] + 1, used[-1] + 1 + element.reach)), None)
        if place is None:
            return None
        used.append(place)
    return used


def _in_any_order(numbers, part, start):
    """The words in whatever order, from `start` on, each within reach of one before it."""
    missing = set(range(len(part)))
    used, reach = [start], max(element.reach for element in part)
    missing.discard(next(index for index in missing if start in numbers[index]))
    while missing:
        nearest = min(
            (at, index)
            for index in missing
            for at in [*_window(numbers[index], used[-1] + 1, used[-1] + 1 + reach), 10**9][:1]
        )
        if nearest[0] == 10**9:
            return None
        used.append(nearest[0])
        missing.discard(nearest[1])
    return used


def _window(sorted_numbers, low, high):
    """The numbers from low to high, in order."""
    for index in range(bisect_left(sorted_numbers, low), len(sorted_numbers)):
        if sorted_numbers[index] > high:
            return
        yield sorted_numbers[index]
