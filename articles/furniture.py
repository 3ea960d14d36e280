"""Tells what on a copied page belongs to the page and not to its text: the comment form, the author box, the newsletter
box, and the closing disclaimer. Pure: lines in, verdicts out.

The tail is the longest end of a document that is furniture from its first line to its last. One line that is not known
here keeps everything before it in the text, so that advice is never taken for furniture. To teach it another page, add
its headings to SECTIONS or its notes to NOTE.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

SECTIONS = {
    "comments": re.compile(r"comments? ?\(\d{1,6}\)", re.IGNORECASE),
    "form": re.compile(r"leave a (comment|reply)", re.IGNORECASE),
    "author": re.compile(r"about the author", re.IGNORECASE),
    "newsletter": re.compile(r"stay (updated|informed|in touch)|(our )?newsletter", re.IGNORECASE),
}
NOTE = re.compile(
    r"comments are moderated\b.{0,160}|html tags are\b.{0,80}|no comments yet.?|"
    r"be the first to (share|comment)\b.{0,40}|subscribe to our newsletter\b.{0,80}|"
    r"(your )?(name|e-?mail( address)?|comment|website) ?\*?|"
    r"(submit|send|post)( your| a)?( comment)?|subscribe|(©|copyright)\b.{0,80}|all rights reserved.?",
    re.IGNORECASE,
)
LIMITS_ITSELF = re.compile(
    r"(not|n't|n’t|never) (\w+ ){0,6}?(replace|substitut)\w*\b[^.]{0,100}"
    r"\b(diagnos|treat|advice|consult|doctor|profession)"
    r"|\bfor (general )?(reference|information|informational|educational)( and \w+)?( purposes)? only\b",
    re.IGNORECASE,
)
OF_ITSELF = re.compile(r"\b(information|articles?|content|pages?|website|site|material|text)\b", re.IGNORECASE)
LONGEST_NAME = 80


class Line(NamedTuple):
    number: int
    text: str


@dataclass
class Tail:
    """The furniture below a text, from line `begins` on (0: there is none)."""

    begins: int = 0
    box: list = field(default_factory=list)
    """The lines that name the author and the job title."""
    disclaimer: list = field(default_factory=list)
    """Its lines that belong to the text all the same."""
    dropped: list = field(default_factory=list)
    """Its lines that appear nowhere any more."""
    section: str = ""
    has_comments: bool = False

    def take(self, line):
        """Add a line if it is furniture here. False if it is not."""
        words = bare(line.text)
        if is_disclaimer(words):
            self.disclaimer.append(line)
        elif self.section == "author" and len(self.box) < 2 and _is_name(words):
            self.box.append(line)
        elif self.has_comments or NOTE.fullmatch(words) or (self.section == "author" and self._is_about_author(words)):
            self.dropped.append(line)
        else:
            return False
        return True

    def begin(self, section, line):
        self.begins, self.section = self.begins or line.number, section
        # Readers' comments are nobody's advice; they come in through moderation.
        self.has_comments = section == "comments" and not re.search(r"\(0+\)", line.text)
        self.dropped.append(line)

    def _is_about_author(self, words):
        name = bare(self.box[0].text).split() if self.box else []
        return bool(name) and bool(re.search(rf"\b{re.escape(name[-1])}\b", words))


def find_tail(lines):
    """The furniture at the end of `lines`; what stands before it is the text."""
    tail = Tail()
    for line in lines:
        if section := section_of(line.text):
            tail.begin(section, line)
        elif line.text.strip() and not (tail.begins and tail.take(line)):
            tail = Tail()
    return tail


def section_of(text):
    """Which part of the furniture this line heads ("comments", "form", "author", "newsletter"), or None."""
    return next((name for name, heading in SECTIONS.items() if heading.fullmatch(bare(text))), None)


def is_disclaimer(words):
    """Whether a paragraph says of the text itself that it replaces no medical advice."""
    return bool(LIMITS_ITSELF.search(words) and OF_ITSELF.search(words))


def bare(text):
    """The words of a line without what makes it a heading, bold or slanted in Markdown."""
    return text.strip().strip("#*_").strip()


def _is_name(words):
    is_short = len(words) <= LONGEST_NAME and not words.endswith((".", "!", "?", ":", ";"))
    return is_short and words[:1].isalpha() and not NOTE.fullmatch(words)
