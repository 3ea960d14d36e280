"""Care cards: what a parent must act on, kept as checked data in an article's text.

In the text a card is a fenced block around one bullet list, after the pattern of the NHS service manual
(https://service-manual.nhs.uk/design-system/components/care-cards):

    ::: urgent Get medical advice today if:
    - cramps come with fever
    :::

`find_problems` says what is wrong with the cards of a text, line by line; rendering belongs to `articles.rendering`.
"""

import re
from dataclasses import dataclass

LEVELS = {"emergency": "Emergency advice", "urgent": "Urgent advice", "nonurgent": "Non-urgent advice"}

FENCE = re.compile(r"^:{3,}[ \t]*(?P<words>.*)$")
BULLET = re.compile(r"^[-*+][ \t]+\S")
CONTINUATION = re.compile(r"^[ \t]+\S")
LINK = re.compile(r"\]\(|<https?:|https?://|\[\^")
IMPORTED_HEADING = re.compile(r"when to\b", re.IGNORECASE)


@dataclass(frozen=True)
class Problem:
    """A sentence for the writer about one line (counted from 1) of the text."""

    line: int
    message: str

    def __str__(self):
        return f"Line {self.line}: {self.message}"


def read_opening(words):
    """The level and heading of a card from the words after its colons."""
    level, _, heading = words.strip().partition(" ")
    return level, heading.strip()


def find_problems(text):
    """Every reason why the cards of `text` cannot be shown, in the order of their lines."""
    problems, opened = [], None
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and opened is None:
            opened = (number, *read_opening(fence["words"]), [])
            problems += _opening_problems(*opened[:3])
        elif fence and not fence["words"].strip():
            problems += _body_problems(*opened)
            opened = None
        elif fence:
            problems.append(
                Problem(number, f"the care card of line {opened[0]} must be closed by ::: before another begins.")
            )
            opened = (number, *read_opening(fence["words"]), [])
        elif opened:
            opened[3].append((number, line))
    if opened:
        problems.append(
            Problem(opened[0], "this care card is never closed: put ::: on a line of its own after its list.")
        )
    return problems


def _opening_problems(line, level, heading):
    if not level:
        yield Problem(line, "::: opens no care card: write ::: emergency, ::: urgent or ::: nonurgent and a heading.")
    elif level not in LEVELS:
        yield Problem(line, f"“{level}” is no level of a care card: use {', '.join(LEVELS)}.")
    elif not heading:
        yield Problem(line, "this care card has no heading: write it after the level, ending in “if:”.")
    elif not (re.search(r"\bif\b[^:.]*:$", heading) or IMPORTED_HEADING.match(heading)):
        yield Problem(line, f"the heading “{heading}” must end in “if:”, so that the list completes the sentence.")


def _body_problems(line, level, heading, body):
    lines = [(number, text) for number, text in body if text.strip()]
    if not lines:
        yield Problem(line, "this care card is empty: give its signs as a bullet list.")
    for number, text in lines:
        if not BULLET.match(text) and not (CONTINUATION.match(text) and number != lines[0][0]):
            yield Problem(number, "a care card holds one bullet list and nothing else: begin the line with “- ”.")
        if level == "emergency" and LINK.search(text):
            yield Problem(number, "an emergency card holds no links: a parent must act, not read on.")
