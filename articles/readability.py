"""Advice on how a text reads: long sentences, long paragraphs, and the age at which it is read with ease. Never a gate.

The measure is LIX (C.-H. Björnsson, Läsbarhet, 1968): words a sentence plus the percentage of words with more than six
letters. J. Anderson, Lix and Rix: Variations on a little-known readability index, Journal of Reading 26(6), 1983, gives
the school year that belongs to it; who begins school at six is five years older than their year.

Pure: text in, `Reading` out. What is read is prose: a point of a list ends a sentence, headings and tables do not
count.
"""

import itertools
import re
from bisect import bisect_right
from dataclasses import dataclass, field

from markdown_it.token import Token

from articles import rendering

LONG_SENTENCE = 20
"""Words above which a sentence is long."""
LONG_PARAGRAPH = 3
"""Sentences above which a paragraph is long."""
LONG_WORD = 6
YEARS = (10, 15, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56)
"""Anderson's table: from the first number on a text is for the second school year, and so on."""

WORD = re.compile(r"[^\W_]+(?:[-'’./][^\W_]+)*")
END = re.compile(r"[.!?…]+[\"”’)\]]*\s+(?=[\"“‘(\[]*[A-Z0-9])")
ABBREVIATED = re.compile(r"(?:\b(?:Dr|Prof|Mrs?|Ms|St|No|vs|approx|etc|e\.g|i\.e|cf|min|max)|\b[A-Z])\.\s+$")


@dataclass(frozen=True)
class Advice:
    line: int
    message: str


@dataclass
class Reading:
    words: int = 0
    sentences: int = 0
    long_words: int = 0
    advice: list = field(default_factory=list)

    @property
    def lix(self):
        """The number, or None for a text without a sentence."""
        if not self.words:
            return None
        return round(self.words / self.sentences + 100 * self.long_words / self.words)

    @property
    def age(self):
        """From about what age somebody reads this with ease."""
        return None if self.lix is None else bisect_right(YEARS, self.lix) + 1 + 5


def read(text):
    """Count a version's Markdown, with advice in the order of its lines."""
    reading = Reading()
    for inline, is_paragraph in _prose(rendering.parse(text)[0]):
        words = _words_of(inline)
        sentences = [words[start:end] for start, end in spans(words)]
        counts = [len(WORD.findall(sentence)) for sentence in sentences]
        reading.words += sum(counts)
        reading.sentences += len(counts)
        reading.long_words += sum(_letters(word) > LONG_WORD for word in WORD.findall(words))
        reading.advice += _advice(inline.map[0] + 1, sentences, counts, is_paragraph)
    return reading


def _advice(line, sentences, counts, is_paragraph):
    for sentence, count in zip(sentences, counts, strict=True):
        if count > LONG_SENTENCE:
            yield Advice(line, f"“{_beginning(sentence)}” has {count} words. Could it be two sentences?")
    if is_paragraph and len(counts) > LONG_PARAGRAPH:
        yield Advice(line, f"this paragraph has {len(counts)} sentences. Could it be two paragraphs, or a list?")


def _beginning(sentence):
    words = sentence.split()
    return " ".join(words[:5]) + (" …" if len(words) > 5 else "")


def spans(words):
    """(start, end) of each sentence of a passage."""
    found, start = [], 0
    for end in END.finditer(words):
        if not ABBREVIATED.search(words[start : end.end()]):
            found.append((start, end.end()))
            start = end.end()
    found.append((start, len(words)))
    return [(start, end) for start, end in found if WORD.search(words[start:end])]


def _letters(word):
    return sum(letter.isalpha() for letter in word)


def _prose(tokens):
    """(inline token, whether it is a paragraph of its own) for all that is read as sentences."""
    depth = 0
    for before, token in itertools.pairwise(tokens):
        depth += token.type == "list_item_open"
        depth -= token.type == "list_item_close"
        if token.type == "inline" and before.type == "paragraph_open":
            yield token, depth == 0


def _words_of(inline):
    return "".join(_words_in(child) for child in inline.children)


def _words_in(child):
    return {"text": child.content, "code_inline": child.content, "softbreak": " ", "hardbreak": " "}.get(child.type, "")


def annotate(tokens):
    """Mark long sentences and paragraphs in a parsed text, for the preview."""
    for inline, is_paragraph in _prose(tokens):
        words = _words_of(inline)
        sentences = spans(words)
        counts = [len(WORD.findall(words[start:end])) for start, end in sentences]
        long = [(*span, count) for span, count in zip(sentences, counts, strict=True) if count > LONG_SENTENCE]
        inline.children = [piece for child in _placed(inline) for piece in _marked(*child, long)]
        if is_paragraph and len(counts) > LONG_PARAGRAPH:
            label = f"Long paragraph: {len(counts)} sentences"
            inline.children.insert(0, _html(f'<mark class="long-paragraph">{label}</mark> '))


def _placed(inline):
    """(child, where its words begin in the passage)."""
    at = 0
    for child in inline.children:
        yield child, at
        at += len(_words_in(child))


def _marked(child, at, long):
    """The child, cut where a long sentence begins and ends, each piece of it in a mark of its own."""
    if child.type != "text":
        return [child]
    pieces, done, end = [], 0, at + len(child.content)
    for start, stop, count in long:
        first, last = max(start - at, 0), min(stop, end) - at
        if first < last:
            mark = _html(f'<mark class="long-sentence" title="{count} words">')
            pieces += [_text(child.content[done:first]), mark, _text(child.content[first:last]), _html("</mark>")]
            done = last
    return [*pieces, _text(child.content[done:])]


def _text(words):
    return Token("text", "", 0, content=words)


def _html(element):
    return Token("html_inline", "", 0, content=element)
