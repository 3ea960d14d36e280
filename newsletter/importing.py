"""Takes subscribers over from a list that was made elsewhere: a CSV file with a header.

`read` turns bytes into rows or says in a sentence why it cannot. `run` decides on each row, one block of them after the
other, and carries the block out in a transaction of its own; a dry run does all of that but carry out, so that both
come to the same numbers. A second run finds everything unchanged, so one that was cut off is run again.

A list only ever adds: it brings nobody back who left, bounced, complained or may never be written to, changes no
address, shortens no pause, and what it leaves empty says nothing. Who is new must have confirmed, and the list must say
what they agreed to: that becomes their Consent. Nobody is written to.
"""

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from io import StringIO
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from articles.models import Topic
from cramps_site.lib.address import normalise
from newsletter.exporting import restore
from newsletter.models import Consent, State, Subscriber, Suppression

COLUMNS = ("email", "topics", "frequency", "confirmed_at", "consent", "state")
SEPARATORS = ",;\t"
BLOCK = 1000
"""Rows of one transaction: so long others wait who want to write."""
ATTEMPTS = 3
EARLIEST = 1990
"""The year before which nobody asked for a newsletter by mail."""
SPACES = " \t\xa0"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
looks_right = EmailValidator()


class Unreadable(Exception):
    """Nothing can be taken from the file. The sentence says why, and what to do."""


class Fate(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    INVALID = "invalid"


class Skip(StrEnum):
    """Why a row that can be read is left alone."""

    SUPPRESSED = "must never be written to"
    COMPLAINED = "complained of our mail"
    BOUNCED = "our mail came back from there"
    LEFT = "left; only they can come back, by confirming again"
    ENDED_THERE = "the list itself says that nothing is sent there"
    NOT_CONFIRMED = "never confirmed: let them subscribe on the site"
    REPEATED = "the same person stands further up"


ENDED = {State.COMPLAINED: Skip.COMPLAINED, State.BOUNCED: Skip.BOUNCED, State.LEFT: Skip.LEFT}
SENT_TO = {"", State.CONFIRMED, State.PAUSED}


class Row(NamedTuple):
    line: int
    cells: dict
    """By the column's name, without the spaces around. Those beyond the header are under the name None."""


@dataclass(slots=True)
class Wish:
    """What a valid row asks for. `topics` and `frequency` are empty where the row says nothing of them."""

    line: int
    email: str
    normalised: str
    topics: dict | None
    """Slugs by key."""
    frequency: str | None
    confirmed_at: datetime | None
    consent: str
    is_sent_to: bool


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


# Reading


def read(data):
    """(columns that are not known, Rows) of a file's bytes. Raises Unreadable."""
    text = _decode(data)
    separator = _separator(text)
    table = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    header = [name.strip().lower() for name in next(_strictly(table))]
    twice = [name for name, number in Counter(header).items() if name and number > 1]
    if twice:
        raise Unreadable(f"The column {twice[0]!r} is there twice: leave one.")
    return [name for name in header if name not in COLUMNS], list(_rows(header, table))


def _decode(data):
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unreadable("The file is UTF-16: save it again as “CSV UTF-8”.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"The file is not UTF-8 (line {line}): save it again as “CSV UTF-8”.") from None


def _separator(text):
    """The separator by which the first line has a column named email."""
    first = text.partition("\n")[0].rstrip("\r")
    for separator in SEPARATORS:
        if "email" in [name.strip(' "').lower() for name in first.split(separator)]:
            return separator
    names = ", ".join(COLUMNS)
    raise Unreadable(
        f"The first line must name the columns, and one of them must be email. Known are: {names};"
        " between them stands a comma, a semicolon or a tab."
    )


def _strictly(table):
    try:
        yield from table
    except csv.Error as error:
        raise Unreadable(f"Line {table.line_num} is no CSV ({error}): look at its quotation marks.") from None


def _rows(header, table):
    for cells in _strictly(table):
        if any(cell.strip() for cell in cells):
            named = dict(zip(header, (cell.strip(SPACES) for cell in cells), strict=False))
            yield Row(table.line_num, named | ({None: cells[len(header) :]} if cells[len(header) :] else {}))


# Understanding


class Reader:
    """Understands rows: `wish` gives a Wish or raises ValidationError with a sentence."""

    def __init__(self, at):
        self.at = at
        self.topics = dict(Topic.objects.values_list("slug", "pk"))

    def wish(self, row):
        if None in row.cells:
            raise ValidationError("It has more cells than the first line has names.")
        cells = {name: restore(row.cells.get(name, "")) for name in COLUMNS}
        email, normalised = _address(cells["email"])
        confirmed_at = self._moment(cells["confirmed_at"])
        if NO_TEXT.search(cells["consent"]):
            raise ValidationError("The consent holds characters that belong in no text.")
        is_sent_to = cells["state"].lower() in SENT_TO
        if confirmed_at and is_sent_to and not cells["consent"]:
            raise ValidationError("The consent is missing: say what they agreed to, and where.")
        return Wish(
            row.line,
            email,
            normalised,
            self._topics(cells["topics"]),
            _frequency(cells["frequency"]),
            confirmed_at,
            cells["consent"],
            is_sent_to,
        )

    def _topics(self, cell):
        slugs = [slug.strip().lower() for slug in cell.split(",") if slug.strip()]
        for slug in slugs:
            if slug not in self.topics:
                known = ", ".join(self.topics) or "there are none yet"
                raise ValidationError(f"There is no topic {slug[:60]!r}. Known are: {known}.")
        return {self.topics[slug]: slug for slug in slugs} or None

    def _moment(self, cell):
        if not cell:
            return None
        try:
            moment = parse_datetime(cell)
        except ValueError:
            moment = None
        if moment is None:
            raise ValidationError(f"{cell[:40]!r} is no time: write it like 2024-03-31 or 2024-03-31 18:00.")
        if EARLIEST <= moment.year <= self.at.year + 1:
            moment = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
            if moment <= self.at:
                return moment
        raise ValidationError(f"Nobody can have confirmed at {cell[:40]!r}.")


def _address(cell):
    if not cell:
        raise ValidationError("The address is missing.")
    if CONTROL.search(cell):
        raise ValidationError("The address holds a line break or another character that no address has.")
    if len(cell) > 254:
        raise ValidationError("The address is too long.")
    try:
        looks_right(cell)
    except ValidationError:
        raise ValidationError("This is no mail address: it should read like name@example.org.") from None
    normalised = normalise(cell)
    if not normalised.isascii():
        raise ValidationError("This is no mail address: no domain can have such a name.")
    return cell, normalised


def _frequency(cell):
    if cell.lower() not in {"", *Subscriber.Frequency.values}:
        raise ValidationError(f"{cell[:40]!r} is no frequency: write each or weekly.")
    return cell.lower() or None


# Deciding and carrying out


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


class Block:
    """What is to become of some wishes, as the database stands now."""

    def __init__(self, wishes, seen):
        self.new, self.changed, self.others = [], [], []
        self.taken = set()
        self.known = _known(wish.normalised for wish in wishes)
        self.suppressed = _suppressed(wish.normalised for wish in wishes)
        for wish in wishes:
            self._decide(wish, seen)

    def _decide(self, wish, seen):
        subscriber = self.known.get(wish.normalised)
        if reason := self._reason_to_skip(wish, subscriber, seen):
            self.others.append((Fate.SKIPPED, wish, reason))
            return
        self.taken.add(wish.normalised)
        if subscriber is None:
            self.new.append(wish)
        elif changes := _changes(wish, subscriber):
            self.changed.append((wish, subscriber, changes))
        else:
            self.others.append((Fate.UNCHANGED, wish, None))

    def _reason_to_skip(self, wish, subscriber, seen):
        if wish.normalised in self.suppressed:
            return Skip.SUPPRESSED
        if subscriber and subscriber.state in ENDED:
            return ENDED[subscriber.state]
        if not wish.is_sent_to:
            return Skip.ENDED_THERE
        if wish.normalised in seen or wish.normalised in self.taken:
            return Skip.REPEATED
        is_confirmed = wish.confirmed_at or (subscriber and subscriber.confirmed_at)
        return None if is_confirmed else Skip.NOT_CONFIRMED

    def record(self, report):
        for wish in self.new:
            report.add(Fate.NEW, wish.line, wish.email)
        for wish, _, changes in self.changed:
            words = "; ".join(f"{name}: {before} → {after}" for name, before, after in changes)
            report.add(Fate.CHANGED, wish.line, wish.email, words)
        for fate, wish, reason in self.others:
            report.add(fate, wish.line, wish.email, reason=reason)

    def apply(self):
        """Write what was decided: a few statements, however many rows."""
        added = Subscriber.objects.bulk_create(
            Subscriber(
                email=wish.email,
                normalised=wish.normalised,
                frequency=wish.frequency or Subscriber.Frequency.WEEKLY,
                confirmed_at=wish.confirmed_at,
            )
            for wish in self.new
        )
        _choose_topics([(row.pk, wish.topics) for row, wish in zip(added, self.new, strict=True)])
        _keep_consents([(row.pk, wish) for row, wish in zip(added, self.new, strict=True)])
        self._change()

    def _change(self):
        for frequency in Subscriber.Frequency.values:
            keys = [row.pk for wish, row, _ in self.changed if wish.frequency == frequency]
            Subscriber.objects.filter(pk__in=keys).update(frequency=frequency)
        begun = [(row.pk, wish) for wish, row, _ in self.changed if not row.confirmed_at]
        for moment in {wish.confirmed_at for _, wish in begun}:
            keys = [key for key, wish in begun if wish.confirmed_at == moment]
            Subscriber.objects.filter(pk__in=keys, confirmed_at=None).update(confirmed_at=moment)
        _keep_consents(begun)
        chosen = [(row.pk, wish.topics) for wish, row, _ in self.changed if wish.topics]
        Subscriber.topics.through.objects.filter(subscriber__in=[key for key, _ in chosen]).delete()
        _choose_topics(chosen)


def _known(addresses):
    """The subscribers at these addresses, by address, each with the keys of its topics as `chosen`."""
    found = Subscriber.objects.filter(normalised__in=set(addresses)).prefetch_related("topics")
    subscribers = {subscriber.normalised: subscriber for subscriber in found}
    for subscriber in subscribers.values():
        subscriber.chosen = {topic.pk: topic.slug for topic in subscriber.topics.all()}
    return subscribers


def _suppressed(addresses):
    hashes = {Suppression.hash_of(address): address for address in addresses}
    found = Suppression.objects.filter(address_hash__in=hashes).values_list("address_hash", flat=True)
    return {hashes[address_hash] for address_hash in found}


def _changes(wish, subscriber):
    """What a wish would change, as (name, before, after). Whose consent we have keeps it."""
    changes = []
    if wish.topics and wish.topics.keys() != subscriber.chosen.keys():
        changes.append(("topics", ", ".join(subscriber.chosen.values()) or "all", ", ".join(wish.topics.values())))
    if wish.frequency and wish.frequency != subscriber.frequency:
        changes.append(("frequency", subscriber.frequency, wish.frequency))
    if not subscriber.confirmed_at:
        changes.append(("confirmed", "not yet", f"{wish.confirmed_at:%Y-%m-%d}"))
    return changes


def _choose_topics(chosen):
    through = Subscriber.topics.through
    through.objects.bulk_create(
        through(subscriber_id=key, topic_id=topic) for key, topics in chosen for topic in topics or ()
    )


def _keep_consents(confirmed):
    Consent.objects.bulk_create(
        Consent(subscriber_id=key, fact=Consent.Fact.IMPORTED, wording=wish.consent, at=wish.confirmed_at)
        for key, wish in confirmed
    )
