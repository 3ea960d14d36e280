"""Gives the list of subscribers out as CSV, in the columns that `newsletter.importing` reads.

A cell that a spreadsheet would run as a formula (https://owasp.org/www-community/attacks/CSV_Injection) is given an
apostrophe, which `restore` takes away again.
"""

import csv
import re
from collections import defaultdict
from itertools import islice

from newsletter.models import Consent, Subscriber

COLUMNS = ("email", "topics", "frequency", "confirmed_at", "consent", "state")
FORMULA = re.compile(r"'*(?:\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
DEFUSED = re.compile("'" + FORMULA.pattern)
AT_ONCE = 2000


def defuse(cell):
    return f"'{cell}" if FORMULA.match(cell) else cell


def restore(cell):
    """The cell before it was defused."""
    return cell[1:] if DEFUSED.match(cell) else cell


def lines(subscribers):
    """The lines of the file, one after the other, however many subscribers there are."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(COLUMNS)
    rows = subscribers.order_by("pk").iterator(chunk_size=AT_ONCE)
    while some := list(islice(rows, AT_ONCE)):
        topics, agreed = _topics_of(some), _wordings_of(some)
        for subscriber in some:
            cells = _cells(subscriber, topics[subscriber.pk], agreed.get(subscriber.pk, ""))
            yield writer.writerow(map(defuse, cells))


def _topics_of(subscribers):
    through = Subscriber.topics.through.objects.filter(subscriber__in=subscribers)
    slugs = defaultdict(list)
    for key, slug in through.order_by("topic__slug").values_list("subscriber", "topic__slug"):
        slugs[key].append(slug)
    return slugs


def _wordings_of(subscribers):
    """What each agreed to last."""
    consents = Consent.objects.filter(subscriber__in=subscribers).exclude(wording="")
    return dict(consents.order_by("pk").values_list("subscriber", "wording"))


def _cells(subscriber, slugs, wording):
    moment = subscriber.confirmed_at
    confirmed_at = moment.isoformat(timespec="seconds") if moment else ""
    state = subscriber.state.value
    return subscriber.email, ",".join(slugs), subscriber.frequency, confirmed_at, wording, state


class _Echo:
    """What csv writes to: gives back what it is given."""

    def write(self, line):
        return line
