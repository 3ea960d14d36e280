"""Understands the rows of a list: what each asks for, or why it cannot be meant."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from articles.models import Topic
from cramps_site.lib.address import normalise
from newsletter.exporting import restore
from newsletter.importing.reading import COLUMNS
from newsletter.models import State, Subscriber

SENT_TO = {"", State.CONFIRMED, State.PAUSED}
EARLIEST = 1990
"""The year before which nobody asked for a newsletter by mail."""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
looks_right = EmailValidator()


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

    @property
    def words(self):
        """What is kept of somebody who is new."""
        topics = ", ".join((self.topics or {}).values()) or "all topics"
        frequency = self.frequency or Subscriber.Frequency.WEEKLY
        return f"{topics}; {frequency}; confirmed {self.confirmed_at:%Y-%m-%d}: {self.consent}"


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
