"""Reads a text as words, each with its place in the text as it was typed, in whatever script.

Words are compared folded: compatibility forms (NFKC), without case, apostrophes and invisible characters, so that
`CAN’T`, `cant`, `can not` and `cannot` are one word. In scripts written without spaces every character is a word.
"""

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

import regex

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
PIECE = regex.compile(
    rf"[{UNSPACED}]"
    rf"|(?:(?![{UNSPACED}\u200b\ufeff])[\p{{L}}\p{{M}}\p{{N}}\u24b6-\u24e9\u00ad\u2060\u200c\u200d])+"
    rf"(?:['’‘ʼ`´＇](?:(?![{UNSPACED}])[\p{{L}}\p{{M}}])+)*",
    regex.V1,
)
HIDDEN = dict.fromkeys([0xAD, 0x2060, 0x200C, 0x200D, *map(ord, "'’‘ʼ`´＇")])
SENTENCE_END = regex.compile(r"[!?。！？؟।]|(?<!\.)\.(?!\.)|\n\s*\n")
CLAUSE_END = regex.compile(r"[,;:()\[\]\n–—،、，；：/]|\s-\s|--")
NEGATED_VERBS = set(
    "is are was were has have had do does did will would wo ca can could should must need might dare".split()
)

SPACE, CLAUSE, SENTENCE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start: int
    end: int
    gap: int = SPACE
    """What stands before it: SPACE, CLAUSE (a comma, dash or line end) or SENTENCE (a full stop or empty line)."""
    marks: str = ""
    """The characters between the word before and this one, where they are more than space."""


def fold(typed):
    """A word as it is compared."""
    if typed.isascii():
        return typed.replace("'", "").replace("`", "").lower()
    return unicodedata.normalize("NFKC", typed).translate(HIDDEN).casefold()


def read(text):
    """The words of a text, in order."""
    words, end = [], 0
    for match in PIECE.finditer(text):
        between = text[end : match.start()]
        if between == "." and (text[end - 1].isdigit() or text[end + 1].isdigit()):
            between = ""
        folded = fold(match[0])
        if not folded:
            continue
        words.append(Word(folded, match.start(), match.end(), *_gap(between)))
        end = match.end()
    return _join_negated(words)


def _gap(between):
    if between == " " or not between:
        return SPACE, ""
    if SENTENCE_END.search(between):
        return SENTENCE, between
    return (CLAUSE, between) if CLAUSE_END.search(between) else (SPACE, "")


def _join_negated(words):
    """`cannot` and `can not` become `cant`, `does not` becomes `doesnt`: one word for what is one word to a reader."""
    joined = []
    for word in words:
        last = joined[-1] if joined else None
        if word.text == "not" and word.gap == SPACE and last and last.text in NEGATED_VERBS:
            joined[-1] = Word(_short(last.text), last.start, word.end, last.gap, last.marks)
        elif word.text == "cannot":
            joined.append(Word("cant", word.start, word.end, word.gap, word.marks))
        else:
            joined.append(word)
    return joined


def _short(verb):
    return {"will": "wont", "can": "cant"}.get(verb, f"{verb}nt")


def sentences(words):
    """For every word the number of its sentence."""
    numbers, number = [], 0
    for word in words:
        number += word.gap == SENTENCE
        numbers.append(number)
    return numbers


def without_repeats(word):
    """A word with letters held down (`bluuue`) let go: first to two, then to one. None of it for other words."""
    if any(a == b == c for (a, b), (_, c) in pairwise(pairwise(word))):
        yield regex.sub(r"(\p{L})\1{2,}", r"\1\1", word)
        yield regex.sub(r"(\p{L})\1{2,}", r"\1", word)
