"""Finds the structure of a plain text and writes it as Markdown. Pure: lines in, Markdown and notes out.

Every word stays as it was typed: what Markdown would read as a sign is escaped, and nothing is added. What is left out
(ornaments, and the warning marks of a list that becomes a care card) or is in doubt is said in a note.

A line break is a soft one where the next word would not have fitted, as editors wrap text; every other line is a block
of its own, whether blank lines surround it or not. A block is one of

- an item: a line with a bullet or a warning mark before it; items in a row are a list;
- a number: "1." or "1)" before it; numbers that count on are a list, one alone above a text is a heading;
- a text: a short one without a full stop above a list or a longer text is a heading, else it is a paragraph.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from articles.care_cards import IMPORTED_HEADING, find_problems
from articles.furniture import Line, is_disclaimer

MARK = re.compile(r"(?:[⚠❗❕‼⁉🚨🆘🚩🔴][\ufe0e\ufe0f]?\s*)+")
"""What says that an item is a danger sign. Signs for "do not" are none of these: they belong to the words."""
BULLET = re.compile(r"[-*•·‣⁃◦▪▫●○]\s+(?=\S)")
NUMBER = re.compile(r"(\d{1,2})[.)]\s+(?=\S)")
ORNAMENT = re.compile(r"[-=_*~•·—–─═\s]+")
DISCLAIMER_HEADING = re.compile(r"(medical )?disclaimer:?", re.IGNORECASE)
LONGEST_HEADING = 80
WRAPPED = range(40, 101)
"""How long the longest line of a text is that an editor wrapped."""
SLACK = 10
"""Columns by which a wrapped line may stay shorter than it could be: not every editor fills lines greedily."""
DEEPEST_LIST = 3

ANYWHERE = re.compile(r"[\\`*_\[]|<(?=\S)|&(?=#?\w+;)")
AT_START = re.compile(r"[-+](?=[-\s]|$)|#{1,6}(?=\s|$)|>|:{3}|~{3}")
NUMBER_AT_START = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
NUMBER_SIGNS_AT_END = re.compile(r"#+$")


@dataclass
class Text:
    body: str
    disclaimer: list
    """Its paragraphs, as `Line`s."""
    notes: list
    """(line, sentence) for what was left out or is in doubt."""


@dataclass
class Block:
    line: int
    kind: str
    text: str
    """As typed, but for the bullet."""
    prefix: str = ""
    """The mark or the number that the text begins with."""
    indent: int = 0
    has_bullet: bool = False
    last: str = ""
    """The last line of it, which decides whether another one belongs to it."""
    is_one_line: bool = True

    @property
    def words(self):
        return self.text.removeprefix(self.prefix)

    @property
    def count(self):
        return int(NUMBER.match(self.prefix + "x")[1])

    @property
    def may_be_heading(self):
        first = next(filter(str.isalpha, self.text), "")
        begins_as_one = first.isalpha() and (self.kind == "number" or not first.islower())
        is_phrase = not self.text.rstrip("\"'”’»)").endswith((".", ",", ";", ":", "!", "…"))
        return self.is_one_line and len(self.text) <= LONGEST_HEADING and begins_as_one and is_phrase


@dataclass
class Part:
    kind: str
    blocks: list


def to_markdown(lines):
    """The `Text` that the `Line`s of a document say, given without its title and the page's furniture."""
    notes = []
    blocks = _read_blocks([Line(line.number, line.text.rstrip()) for line in lines], notes)
    disclaimer = _take_disclaimer(blocks, notes)
    parts = _read_parts(blocks, notes)
    return Text("\n\n".join(_write(parts, notes)), disclaimer, notes)


def escape(words):
    """A paragraph of one line, in Markdown that renders to exactly these words."""
    escaped = _escape_anywhere(words.strip())
    if NUMBER_AT_START.match(escaped):
        return NUMBER_AT_START.sub(r"\1\\\2", escaped, count=1)
    return "\\" + escaped if AT_START.match(escaped) else escaped


def _escape_anywhere(words):
    return ANYWHERE.sub(lambda match: "\\" + match[0], words)


# Lines to blocks


def _read_blocks(lines, notes):
    blocks, is_apart, width = [], True, _wrapped_at(lines)
    for line in lines:
        text = line.text.strip()
        if ORNAMENT.fullmatch(text):
            notes.append((line.number, f"left out: “{text}”"))
        if not text or ORNAMENT.fullmatch(text):
            is_apart = True
        elif not is_apart and _continues(blocks[-1], line, width):
            blocks[-1].text += " " + text
            blocks[-1].last, blocks[-1].is_one_line = line.text, False
        else:
            blocks.append(_read_block(line))
            is_apart = False
    return blocks


def _wrapped_at(lines):
    """How wide the editor's lines are, or 0 if a line of this text is a block of its own."""
    width = max((len(line.text) for line in lines), default=0)
    runs_on = any(
        len(line.text) > 0.7 * width and line.text[-1].isalpha() and below.text.strip()[:1].islower()
        for line, below in pairwise(lines)
    )
    return width if width in WRAPPED and runs_on else 0


def _continues(block, line, width):
    """Whether a line below a block, without a blank line between, belongs to it."""
    text = line.text.strip()
    if BULLET.match(text) or MARK.match(text):
        return False
    if NUMBER.match(text) and (block.kind != "text" or block.text.endswith((".", ":", "!", "?", ";"))):
        return False
    is_below_item = block.kind != "text" and _indent_of(line) > block.indent
    return is_below_item or len(block.last) + 1 + len(text.split()[0]) > width - SLACK > 0


def _read_block(line):
    text, indent = line.text.strip(), _indent_of(line)
    bullet, number = BULLET.match(text), NUMBER.match(text)
    rest = text[bullet.end() :] if bullet else text
    mark = MARK.match(rest)
    if mark and mark.end() == len(rest):
        mark = None
    if bullet or (mark and not _heads_card(rest)):
        return Block(line.number, "item", rest, mark[0] if mark else "", indent, bool(bullet), line.text)
    return Block(line.number, "number" if number else "text", text, number[0] if number else "", indent, last=line.text)


def _indent_of(line):
    text = line.text.expandtabs(4)
    return len(text) - len(text.lstrip())


def _take_disclaimer(blocks, notes):
    """Take the closing disclaimer off the blocks; its paragraphs."""
    taken = []
    while blocks and blocks[-1].kind == "text" and is_disclaimer(blocks[-1].text):
        taken.insert(0, blocks.pop())
    if taken and blocks and DISCLAIMER_HEADING.fullmatch(blocks[-1].text):
        heading = blocks.pop()
        notes.append((heading.line, f"left out: “{heading.text}”"))
    return [Line(block.line, block.text) for block in taken]


# Blocks to parts: headings, paragraphs, lists


def _read_parts(blocks, notes):
    runs = []
    for block in blocks:
        if runs and _belongs(runs[-1], block):
            runs[-1].append(block)
        else:
            runs.append([block])
    return [_read_part(run, below, notes) for run, below in zip(runs, [*runs[1:], []], strict=False)]


def _belongs(run, block):
    """Whether a block is another entry of the list that a run of blocks makes up."""
    first = run[0]
    if first.kind == "text" or block.kind == "text":
        return False
    if first.kind == block.kind == "item":
        return True
    numbers = [entry for entry in run if entry.kind == "number"]
    if block.kind == "number":
        return bool(numbers) and block.count == numbers[-1].count + 1
    return block.indent > first.indent


def _read_part(run, below, notes):
    """What a run of blocks is, which depends on the run below it."""
    block = run[0]
    if len(run) > 1 or block.has_bullet:
        return Part(block.kind, run)
    if block.kind == "item" or not block.may_be_heading or not below:
        return Part("paragraph", run)
    if (below[0].kind == "text" and below[0].may_be_heading) or block.kind == below[0].kind == "number":
        notes.append((block.line, "a short line, kept as a paragraph: is it a heading?"))
        return Part("paragraph", run)
    return Part("heading", run)


# Parts to Markdown


def _write(parts, notes):
    """The Markdown of each part; a marked list takes the part above it as the heading of its care card."""
    written, delimiter = [], "."
    for above, part in zip([None, *parts], parts, strict=False):
        # Markdown takes two lists of numbers for one unless their signs differ.
        delimiter = ")" if above and above.kind == "number" and delimiter == "." else "."
        if part.kind in ("item", "number") and (card := _write_card(above, part, notes)):
            written[-1] = card
        else:
            written.append(_write_part(part, delimiter))
    return written


def _write_part(part, delimiter):
    block = part.blocks[0]
    if part.kind == "heading":
        return "## " + NUMBER_SIGNS_AT_END.sub(lambda match: "\\" + match[0], _escape_anywhere(block.text))
    if part.kind == "paragraph":
        return escape(block.text)
    return _write_list(part.blocks, delimiter)


def _write_list(blocks, delimiter=".", without_marks=False):
    """A Markdown list, nested as its lines are indented."""
    lines, outer = [], []
    for block in blocks:
        outer = [indent for indent in outer if indent < block.indent][:DEEPEST_LIST]
        bullet = f"{block.count}{delimiter}" if block.kind == "number" else "-"
        words = block.words if without_marks or block.kind == "number" else block.text
        lines.append(f"{'    ' * len(outer)}{bullet} {escape(words)}")
        outer.append(block.indent)
    return "\n".join(lines)


def _write_card(above, part, notes):
    """The care card that a list whose items carry warning marks becomes under the heading above it, or None."""
    line, marked = part.blocks[0].line, [block for block in part.blocks if MARK.match(block.text)]
    heading = _unmarked(above.blocks[0].text) if above and above.kind in ("heading", "paragraph") else ""
    if not marked and not any(MARK.match(block.words) for block in part.blocks):
        if heading and IMPORTED_HEADING.match(heading):
            notes.append((line, "danger signs without warning marks, kept as a plain list: do they need a care card?"))
        return None
    if len(marked) < len(part.blocks) or not _heads_card(heading):
        why = "no line above it can head one" if len(marked) == len(part.blocks) else "not every item begins with one"
        notes.append((line, f"a list with warning marks, kept as it is and no care card: {why}"))
        return None
    notes.append(
        (line, "became an urgent care card in place of its warning marks: is any of these signs an emergency?")
    )
    return f"::: urgent {heading}\n{_write_list(part.blocks, without_marks=True)}\n:::"


def _heads_card(words):
    """Whether a care card may stand under these words, less their marks."""
    heading = _unmarked(words)
    return not find_problems(f"::: urgent {heading}\n- sign\n:::") and len(heading) <= LONGEST_HEADING


def _unmarked(words):
    mark = MARK.match(words)
    return words[mark.end() :] if mark else words
