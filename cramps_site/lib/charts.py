"""Numbers over time as a picture made on the server: bars of an SVG, with the same numbers in a table beside it.

The template `admin/_chart.html` draws a Chart with presentation attributes alone, so it needs no script and no style of
its own.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from django.db.models import Count
from django.db.models.functions import TruncWeek
from django.utils import timezone

WIDTH, HEIGHT = 600, 80
GAP = 0.2
"""Of the room for a bar, how much is left empty."""


class Bar(NamedTuple):
    label: str
    number: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    title: str
    bars: list
    of: str
    """What the bars stand for, such as "Week of"."""
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def highest(self):
        return max((bar.number for bar in self.bars), default=0)

    @property
    def total(self):
        return sum(bar.number for bar in self.bars)


def chart(title, of, numbers):
    """The Chart of [(label, number)], in that order. The highest bar is as high as the picture."""
    highest, room = max((number for _, number in numbers), default=0) or 1, WIDTH / (len(numbers) or 1)
    bars = []
    for place, (label, number) in enumerate(numbers):
        height = round(HEIGHT * number / highest, 1)
        bars.append(Bar(label, number, round(place * room, 1), HEIGHT - height, round(room * (1 - GAP), 1), height))
    return Chart(title, bars, of)


def by_week(rows, field, at, weeks=12):
    """[(Monday, how many)] of the rows whose moment `field` lies in each of the last weeks by the site's clock, by one
    query. The week that `at` lies in is the last."""
    monday = timezone.localdate(at) - timedelta(days=timezone.localdate(at).weekday())
    mondays = [monday - timedelta(weeks=number) for number in reversed(range(weeks))]
    begin = timezone.make_aware(timezone.datetime(mondays[0].year, mondays[0].month, mondays[0].day))
    counted = (
        rows.filter(**{f"{field}__gte": begin, f"{field}__lte": at})
        .order_by()
        .annotate(week=TruncWeek(field))
        .values("week")
        .annotate(number=Count("pk"))
    )
    found = {timezone.localdate(row["week"]): row["number"] for row in counted}
    return [(day, found.get(day, 0)) for day in mondays]
