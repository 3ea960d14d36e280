"""Takes subscribers over from a list that was made elsewhere: a CSV file with a header.

    reading     turns bytes into rows, or says in a sentence why it cannot
    wishes      what a row asks for
    blocks      what is to become of it, and how it is done

`run` decides on each row, one block of them after the other, and carries the block out in a transaction of its own; a
dry run does all of that but carry out, so that both come to the same numbers. A second run finds everything unchanged,
so one that was cut off is run again.

A list only ever adds: it brings nobody back who left, bounced, complained or may never be written to, changes no
address, shortens no pause, and what it leaves empty says nothing. Who is new must have confirmed, and the list must say
what they agreed to: that becomes their Consent. Nobody is written to.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from newsletter.importing.blocks import Block, Fate, Skip
from newsletter.importing.reading import COLUMNS, Unreadable, read
from newsletter.importing.wishes import CONTROL, Reader

__all__ = ["COLUMNS", "Fate", "Report", "Skip", "Unreadable", "read", "run"]
BLOCK = 1000
"""Rows of one transaction: so long others wait who want to write."""
ATTEMPTS = 3


class Outcome(NamedTuple):
    line: int
    email: str
    words: str


@dataclass
class Report:
    """What became of the rows, or would: how many of each fate, and which ones; of those unchanged the number alone."""

    numbers: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)
    """Of those that were skipped."""
    outcomes: dict = field(default_factory=lambda: {fate: [] for fate in Fate if fate != Fate.UNCHANGED})
    unknown: list = field(default_factory=list)
    """Columns that nothing was taken from."""

    def add(self, fate, line, email, words="", reason=None):
        self.numbers[fate] += 1
        if reason:
            self.reasons[reason] += 1
        if fate != Fate.UNCHANGED:
            self.outcomes[fate].append(Outcome(line, email, words or reason or ""))

    @property
    def lines(self):
        return [(fate, self.numbers[fate]) for fate in Fate]

    @property
    def skipped_because(self):
        return self.reasons.most_common()


def run(data, *, dry_run, at=None):
    """Import a file's bytes, or only say what that would do. A Report; raises Unreadable before anything is changed."""
    at = at or timezone.now()
    report, reader, seen = Report(), Reader(at), set()
    report.unknown, rows = read(data)
    for start in range(0, len(rows), BLOCK):
        wishes = list(_understood(rows[start : start + BLOCK], reader, report))
        block = _attempt(wishes, seen, dry_run)
        block.record(report)
        seen |= block.taken
    return report


def _understood(rows, reader, report):
    for row in rows:
        try:
            yield reader.wish(row)
        except ValidationError as error:
            address = CONTROL.sub("·", row.cells.get("email", ""))[:254]
            report.add(Fate.INVALID, row.line, address, error.messages[0])


def _attempt(wishes, seen, dry_run):
    """Plan a block and carry it out. Somebody may subscribe between the two: then once more."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                block = Block(wishes, seen)
                if not dry_run:
                    block.apply()
                return block
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
