"""Saves what a writer typed, as the one draft of an article, and never over what somebody else saved meanwhile.

A page of the editor says what it has had before it (`Seen`): the version and its lock as they were loaded, its own
name, and how many times it has sent before. What is stored gives way to it only if nobody else's words would be lost.
Where the newest version is no draft any more, saving begins its successor.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from enum import Enum, auto

from django.db import transaction
from django.utils.text import slugify

from articles.models import Article, Publication, Redirect, Version

TEXTS = ("title", "summary", "body", "disclaimer", "lead_image_id", "lead_image_alt", "correction")
SOURCE = ("title", "publisher", "url", "read_on")
LONGEST_SLUG = 80
UNTITLED = "untitled"


@dataclass(frozen=True)
class Seen:
    version: int | None
    """None: the page began with an empty article."""
    lock: int
    page: str
    """A name that the page was given when it was made, or nothing."""
    turn: int


class Fate(Enum):
    SAVED = auto()
    SAME = auto()
    """What was sent is what is stored."""
    BEGUN = auto()
    """Saved as a new draft, because the text that was seen is no draft any more, or to keep another's."""
    LATE = auto()
    """The same page has saved something newer already."""
    CONFLICT = auto()
    """Somebody else saved a newer text. Nothing was changed."""


def save(article, texts, sources, *, by, seen, beside=False):
    """(newest version, Fate). `texts` are TEXTS by name, `sources` dicts of SOURCE fields.

    `beside`: the writer has seen that somebody saved `seen` meanwhile; theirs stays as a version, and a new one begins.
    """
    with transaction.atomic():
        # One saves after the other, so that no two begin a successor.
        Article.objects.select_for_update().get(pk=article.pk)
        newest = article.newest_version()
        if newest is None:
            return _first_version(article, texts, sources, by=by, seen=seen), Fate.BEGUN
        if fingerprint(*content_of(newest)) == fingerprint(texts, sources):
            return newest, Fate.SAME
        if seen.page and newest.page == seen.page and newest.turn > seen.turn:
            return newest, Fate.LATE
        if newest.is_editable and not beside:
            return newest, Fate.SAVED if newest.edit(texts, sources, by=by, seen=seen) else Fate.CONFLICT
        if not Version.objects.seen_by(seen).filter(pk=newest.pk).exists():
            return newest, Fate.CONFLICT
        return _successor(newest, texts, sources, by=by, seen=seen), Fate.BEGUN


def begun_by(seen):
    """The article that a page began, or None: a page begins one only."""
    begun = (
        Version.objects.filter(page=seen.page).order_by("pk").select_related("article").first() if seen.page else None
    )
    return begun and begun.article


def begin(settings, texts, sources, *, by, seen):
    """(version, Fate) of a new article, whose row `settings` is not stored yet."""
    with transaction.atomic():
        # Takes the lock that all who begin an article take.
        Publication.bump()
        if begun := begun_by(seen):
            return save(begun, texts, sources, by=by, seen=seen)
        settings.save()
        return _first_version(settings, texts, sources, by=by, seen=seen), Fate.BEGUN


def _first_version(article, texts, sources, *, by, seen):
    version = Version(article=article, **texts, page=seen.page, turn=seen.turn, created_by=by, edited_by=by)
    version.save()
    version.set_sources(sources)
    return version


def _successor(newest, texts, sources, *, by, seen):
    draft = newest.successor(by=by)
    draft.edit(texts, sources, by=by, seen=Seen(draft.pk, draft.lock, seen.page, seen.turn))
    return draft


def content_of(version):
    """(texts, sources) of a version, as `save` takes them."""
    return {name: getattr(version, name) for name in TEXTS}, list(version.sources.values(*SOURCE))


def fingerprint(texts, sources):
    """A name for exactly this content (hex), however its lines end."""
    content = json.dumps(
        [[texts[name] for name in TEXTS], [[row[name] for name in SOURCE] for row in sources]], default=str
    )
    return hashlib.sha256(content.replace("\\r\\n", "\\n").encode()).hexdigest()


def free_slug(title, article=None):
    """An address for a title that no other article has or had."""
    base = slugify(title)[:LONGEST_SLUG].strip("-") or UNTITLED
    others = Article.objects.exclude(pk=article.pk) if article and article.pk else Article.objects.all()
    taken = {*others.filter(slug__startswith=base).values_list("slug", flat=True)}
    taken |= {*Redirect.objects.filter(slug__startswith=base).values_list("slug", flat=True)}
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def follows_title(article, title):
    """Whether the address of an article that nobody has read is still the one that its title gave it."""
    base = slugify(title)[:LONGEST_SLUG].strip("-") or UNTITLED
    return article.first_published_at is None and bool(re.fullmatch(rf"{re.escape(base)}(-\d+)?", article.slug))


CITATION = re.compile(r"\[\^(\d{1,3})\]")


def renumber(body, moved):
    """The text with its citations following their sources: {old position: new one, or None where it was taken out}."""

    def follow(match):
        old = int(match[1])
        new = moved.get(old, old)
        return f"[^{new}]" if new else "[^?]"

    return CITATION.sub(follow, body)
