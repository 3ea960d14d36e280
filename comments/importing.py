"""Stores comments that were written elsewhere: once, however often, under the articles that they belong to.

The records are read as often as it takes: first to know who answers whom (`Family`), then to store them, some hundreds
at a time, each time whole. Where a comment that was answered stays out, the answers hang on the nearest one above that
came in. A comment that is known is never touched again: what moderators decided or its writer erased stays so.

No address of a connection is read. Nobody is told by mail, no filter learns from verdicts passed elsewhere, and a
pending comment is triaged like any other.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from articles.models import Article
from comments import contacts, judging
from comments.models import Comment, Status
from comments.models.comment import LEVELS
from comments.sanitise import sanitise, sanitise_line

AT_ONCE = 200
NAMELESS = "Anonymous"
LONGEST_NAME = 80
LINK = re.compile(
    r"""<a\s[^>]*?href\s*=\s*["']?(https?://[^"'\s>]+)["']?[^>]*>(.*?)</a\s*>""", re.IGNORECASE | re.DOTALL
)
EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
PICTURE = re.compile(r"""<img\s[^>]*?>""", re.IGNORECASE)
ALT_OR_SOURCE = re.compile(r"""\b(alt|src)\s*=\s*["']([^"']+)["']""", re.IGNORECASE)


@dataclass
class Record:
    key: str
    parent: str
    """The key of what it answers; empty without."""
    article: str
    """By what the article is known where it comes from; see `store`."""
    name: str
    email: str
    text: str
    """HTML."""
    at: datetime | None
    status: str
    """A `Status`; empty for what stays out."""
    reason: str
    """For the count: approved, pending, spam, trash, ..."""


class Family:
    """Who answers whom, of all records of a file."""

    def __init__(self, records, articles):
        self.counts, self._kin, self._articles = Counter(), {}, articles
        for record in records:
            self._take(record)
        self._cut_rings()

    def _take(self, record):
        if record.key in self._kin:
            self.counts["twice in the file"] += 1
            return
        reason = self.why_out(record)
        self._kin[record.key] = (record.parent, record.article, not reason)
        self.counts[reason or record.reason] += 1

    def _cut_rings(self):
        """Where comments answer each other in a ring, the one first met there answers nothing."""
        done = set()
        for key in self._kin:
            walked = set()
            while key in self._kin and key not in done:
                walked.add(key)
                parent, article, comes_in = self._kin[key]
                if parent in walked:
                    self._kin[key] = ("", article, comes_in)
                key = parent
                if key in walked:
                    break
            done |= walked

    def why_out(self, record):
        """Why a record stays out; empty for one that comes in."""
        if not record.status:
            return record.reason
        if record.article not in self._articles:
            return "unmatched URL"
        return "" if plain(record.text) else "empty"

    def line_of(self, record):
        """The keys of what it answers that came in, the nearest first."""
        above, seen, home = [], {record.key}, self._articles[record.article]
        key = self._kin[record.key][0]
        while key and key in self._kin and key not in seen:
            seen.add(key)
            parent, article, comes_in = self._kin[key]
            if comes_in and self._articles[article] == home:
                above.append(key)
            key = parent
        return above

    def is_orphan(self, record):
        line = self.line_of(record)
        return bool(record.parent) and line[:1] != [record.parent]


def plain(text):
    """What a reader sees of a comment's HTML, with the addresses of its links."""
    text = LINK.sub(lambda match: match[0] if match[1] in match[2] else f"{match[2]} ({match[1]})", text)
    text = PICTURE.sub(_picture, text)
    text = html.unescape(sanitise(text, keep_words=True).text).strip()
    return EMPTY_LINES.sub("\n\n", text)


def _picture(match):
    found = {name.lower(): value for name, value in ALT_OR_SOURCE.findall(match[0])}
    return f"[{found.get('alt') or found.get('src') or 'picture'}]"


def store(read, articles, *, dry_run=False):
    """Counts by reason. `read()` gives the records anew each time; `articles` maps what they name to the primary keys
    of articles. What it does not map is an unmatched URL. (A dry run may map it to anything: it writes nothing.)"""
    family = Family(read(), articles)
    counts = family.counts
    is_new, rounds = Counter(), 0
    while rounds == 0 or (is_new["late"] and is_new["stored"]):
        is_new, rounds = Counter(), rounds + 1
        seen = set()
        for batch in _batches(read(), family, seen):
            is_new += _look(batch, family) if dry_run else _keep(batch, family, articles)
        counts["new"] += is_new["stored"]
        if rounds == 1:
            counts["known already"] += is_new["known"]
            counts["orphan"] += is_new["orphan"]
        if dry_run:
            break
    return +counts


def _batches(records, family, seen):
    batch = []
    for record in records:
        if record.key in seen or family.why_out(record):
            continue
        seen.add(record.key)
        batch.append(record)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _look(batch, family):
    known = set(
        Comment.objects.filter(source_key__in=[each.key for each in batch]).values_list("source_key", flat=True)
    )
    orphans = sum(family.is_orphan(record) for record in batch)
    return Counter(known=len(known), stored=len(batch) - len(known), orphan=orphans)


@transaction.atomic
def _keep(batch, family, articles):
    """Store those whose elders are stored; the others come in a later round."""
    lines = {record.key: family.line_of(record) for record in batch}
    wanted = {key for line in lines.values() for key in [*line[:1], *line[-2:]]} | set(lines)
    stored = {comment.source_key: comment for comment in Comment.objects.filter(source_key__in=wanted)}
    touched, done = {}, Counter()
    for record in batch:
        line = lines[record.key]
        done["orphan"] += family.is_orphan(record)
        if record.key in stored:
            done["known"] += 1
        elif not all(key in stored for key in [*line[:1], *line[-2:]]):
            done["late"] += 1
        else:
            number = articles[record.article]
            if number not in touched:
                article = Article.objects.get(pk=number)
                touched[number] = article, article.live_version()
            stored[record.key] = _make(record, *touched[number], _place(line, stored))
            done["stored"] += 1
    for article, _ in touched.values():
        article.bump()
    return done


def _place(line, stored):
    """Where a comment hangs that answers the first of the line, whose last is at the top."""
    if len(line) < LEVELS:
        return {"parent": stored[line[0]] if line else None}
    return {"parent": stored[line[-2]], "answers": stored[line[0]]}


def _make(record, article, version, place):
    at = min(record.at or timezone.now(), timezone.now())
    email = _address(record.email)
    comment = Comment(
        article=article,
        version=version,
        **place,
        name=sanitise_line(html.unescape(record.name))[:LONGEST_NAME] or NAMELESS,
        email=email,
        contact=contacts.contact_of(email) if email else None,
        body=plain(record.text),
        status=record.status,
        created_at=at,
        source_key=record.key,
    )
    if record.status == Status.PENDING:
        judging.judge(comment, judging.find(comment.body, name=comment.name))
    else:
        comment.decided_at = at
    comment.save()
    return comment


def _address(text):
    """A mail address, so that what is kept about it can be told and erased; empty for what is none."""
    text = text.strip()
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text if len(text) <= 254 else ""
