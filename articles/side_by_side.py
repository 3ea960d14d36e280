"""Two contents of an article side by side, line by line and within a line word by word. Pure.

For the page on which a writer meets another's text ("theirs" and "mine"), and for comparing two versions (the older one
is "theirs")."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

LABELS = {
    "title": "Title",
    "summary": "Summary",
    "body": "Text",
    "disclaimer": "Disclaimer",
    "correction": "Correction",
}

PIECE = re.compile(r"\w+|\s+|[^\w\s]")
MOST_PIECES = 3000
"""Words and signs of two passages that are compared with each other; longer ones are shown as changed in whole."""


@dataclass(frozen=True)
class Pair:
    """What stands beside each other: the same, or in another wording, or on one side alone."""

    theirs: str
    mine: str

    @property
    def is_same(self):
        return self.theirs == self.mine

    @property
    def their_pieces(self):
        return self._pieces[0]

    @property
    def my_pieces(self):
        return self._pieces[1]

    @cached_property
    def _pieces(self):
        """For each side [(text, whether the other side has it in another wording)], word by word."""
        old, new = (PIECE.findall(text) for text in (self.theirs, self.mine))
        if max(len(old), len(new)) > MOST_PIECES:
            return [(self.theirs, True)], [(self.mine, True)]
        theirs, mine = [], []
        for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            theirs.append(("".join(old[a:b]), tag != "equal"))
            mine.append(("".join(new[c:d]), tag != "equal"))
        return [piece for piece in theirs if piece[0]], [piece for piece in mine if piece[0]]


def contents(theirs, mine):
    """[(label, pairs)] of every field that differs."""
    theirs, mine = _fields(*theirs), _fields(*mine)
    return [(label, _pairs(theirs[label], mine[label])) for label in theirs if theirs[label] != mine[label]]


def _fields(texts, sources):
    fields = {label: texts[name] for name, label in LABELS.items()}
    fields["Picture"] = f"{texts['lead_image_id'] or 'none'} {texts['lead_image_alt']}".strip()
    return {**fields, "Sources": "\n".join(_line(source) for source in sources)}


def _line(source):
    return ". ".join(str(source[name]) for name in ("title", "publisher", "url", "read_on") if source[name])


def _pairs(theirs, mine):
    old, new = theirs.splitlines(), mine.splitlines()
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Pair(line, line) for line in old[a:b])
        else:
            yield Pair("\n".join(old[a:b]), "\n".join(new[c:d]))


def as_document(texts, sources):
    """All of it as one text, to be copied."""
    parts = [texts["title"], texts["summary"], texts["body"], texts["disclaimer"], texts["correction"]]
    listed = [f"[^{number}]: {_line(source)}" for number, source in enumerate(sources, 1)]
    return "\n\n".join(filter(None, [*parts, "\n".join(listed)]))
