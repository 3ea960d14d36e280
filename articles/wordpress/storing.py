"""Stores the posts and pages of a WordPress export as articles, one after another, each whole (`importing.store`).

What is private, protected by a password, a draft or without text stays a draft; the rest goes public with `publish`, at
its old moment. Nothing here signs a review. `foresee` counts without writing.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.utils.text import Truncator, slugify

from articles import importing
from articles.documents import Document
from articles.importing import Fate
from articles.models import Article, Author, OldAddress, Redirect
from articles.wordpress import media, reading
from articles.wordpress.markdown import Surroundings, to_markdown, words_of

NOT_YET = 0
OUT = ("trash", "auto-draft", "inherit")
LONGEST_SUMMARY, LONGEST_TITLE, LONGEST_TOPIC, LONGEST_ALT = 300, 200, 60, 240


@dataclass
class Post(Document):
    """The document of a post, known by the site and number that it had."""

    source_key: str = ""

    @property
    def key(self):
        return self.source_key


@dataclass
class Report:
    counts: Counter = field(default_factory=Counter)
    notes: list = field(default_factory=list)
    """(name of the item, sentence) for all that was simplified."""


class Store:
    """Brings in the posts of one file; `survey` is what `reading.survey` found in it."""

    def __init__(self, path, survey, mapping=None, *, folder=None, publish=False, dry_run=False):
        self.path, self.survey, self.mapping, self.folder = path, survey, mapping, folder
        self.publish, self.dry_run = publish, dry_run
        self.report, self._pictures = Report(), {}
        self._links = {reading.names_of(link): key for key, slug, link in survey.items.values() if link}
        self._slugs = {}
        """(what it asks for, what it gets) by the key of each post."""

    def run(self):
        self._settle_addresses()
        for item in reading.items(self.path):
            if not item.is_document:
                self.report.counts[f"left out: {item.kind}"] += 1
            elif item.status in OUT:
                self.report.counts[f"left out: {item.status}"] += 1
            else:
                self._take(item)
        return self.report

    def _take(self, item):
        document = self._document(item)
        may_be_public = self._may_be_public(item, document)
        if self.dry_run:
            fate = importing.foresee(document)[0]
        else:
            outcome = importing.store(document, publish=self.publish and may_be_public)
            fate = outcome.fate
            OldAddress.note(outcome.article, item.link)
            if fate == Fate.NEW and item.is_closed:
                outcome.article.comment_policy = Article.CommentPolicy.CLOSED
                outcome.article.save()
        self.report.counts[f"{item.kind}s: {fate}"] += 1
        self.report.notes += [(document.name, sentence) for line, sentence in document.notes]

    def _may_be_public(self, item, document):
        reason = (
            "protected by a password" if item.password
            else "private" if item.status == "private"
            else "not published there" if item.status not in ("publish", "future")
            else "without text" if not document.body
            else ""
        )  # fmt: skip
        if reason:
            self.report.counts[f"stay drafts: {reason}"] += 1
            document.notes.append((0, f"stays a draft: {reason}"))
        return not reason

    def _document(self, item):
        around = Surroundings(picture=self._picture, link=self._link, gallery=self._gallery)
        made = to_markdown(item.content, around)
        notes = [
            (0, f"simplified: {what}{f' ({number} times)' if number > 1 else ''}")
            for what, number in made.notes.items()
        ]
        lead, alt = self._lead(item)
        title = self._title(item, notes)
        document = Post(
            name=f"{item.kind} {item.id} “{title[:60]}”",
            source_key=item.key,
            title=title,
            body=made.text,
            hash="",
            author=self._author(item, notes),
            slug=self._slug(item, notes),
            summary=_shortened(words_of(item.excerpt), LONGEST_SUMMARY, "summary", notes),
            topics=self._topics(item, notes),
            picture=lead,
            image_alt=_shortened(alt, LONGEST_ALT, "alternative text", notes) if lead else "",
            published=item.at,
            notes=notes,
        )
        document.hash = _hash(document)
        return document

    def _title(self, item, notes):
        if not words_of(item.title):
            notes.append((0, "has no title: it is called after its first words"))
        return _shortened(_title_of(item), LONGEST_TITLE, "title", notes)

    def _author(self, item, notes):
        names = [self.survey.authors.get(item.creator, item.creator)]
        names += [name for domain, login, name in item.categories if domain == "author" and name]
        names = list(dict.fromkeys(filter(None, (" ".join(words_of(name).split()) for name in names))))
        if len(names) > 1:
            notes.append((0, f"has {len(names)} authors, of whom the first is taken: {', '.join(names)}"))
        return (names or [importing.EDITORIAL])[0][: Author._meta.get_field("name").max_length]

    def _topics(self, item, notes):
        if tags := [words_of(name) for domain, _, name in item.categories if domain not in ("category", "author")]:
            notes.append((0, f"tags are left out: {', '.join(tags)}"))
        found = [
            words_of(name) for domain, slug, name in item.categories if domain == "category" and slug != "uncategorized"
        ]
        return list({slugify(name) or name: name[:LONGEST_TOPIC] for name in found if name}.values())

    def _settle_addresses(self):
        """Where every post will live: its own address, or the nearest free one; an article that is known keeps its own.

        Before the first is stored, so that posts can link to later ones."""
        given = set()
        for item in reading.items(self.path):
            if item.is_document and item.status not in OUT and item.key not in self._slugs:
                base = self._known_slug(item.key) or self._wanted_slug(item)
                slug, number = base, 2
                while slug in given or self._is_anothers(slug, item.key):
                    slug, number = f"{base}-{number}", number + 1
                self._slugs[item.key] = base, slug
                given.add(slug)

    def _wanted_slug(self, item):
        mapped = self.mapping.slug_of(item.link) if self.mapping else None
        return (
            mapped
            or slugify(unquote(item.slug))[:100]
            or slugify(_title_of(item))[:80]
            or slugify(f"{item.kind}-{item.id}")[:80]
        )

    def _known_slug(self, key):
        return Article.objects.filter(source_key=key).values_list("slug", flat=True).first()

    def _is_anothers(self, slug, key):
        """Whether an article has or had an address, but for the one that this post has become."""
        here = Article.objects.filter(slug=slug).first()
        return here.source_key != key if here else Redirect.objects.filter(slug=slug).exists()

    def _slug(self, item, notes):
        base, slug = self._slugs[item.key]
        if slug != base:
            notes.append((0, f"the address {base} is taken: it lives at {slug}"))
        return slug

    # What lies around a text

    def _picture(self, address):
        """The number of the picture at an address, or None without one; NOT_YET for one that a dry run would take."""
        path = media.find(self.folder, address)
        if path not in self._pictures:
            self._pictures[path] = self._read_picture(path)
        return self._pictures[path]

    def _read_picture(self, path):
        if path is None:
            return None
        try:
            image = importing.find_image(path) if self.dry_run else importing.take_picture(path)
            return image.pk if image else NOT_YET
        except (ValidationError, OSError) as refused:
            reason = refused.messages[0] if isinstance(refused, ValidationError) else str(refused)
            self.report.notes.append((path.name, reason))
            return None

    def _lead(self, item):
        """(the file of the featured picture or None, its alternative text)."""
        address, alt, _ = self.survey.attachments.get(item.meta.get("_thumbnail_id", ""), ("", "", ""))
        path = media.find(self.folder, address)
        return (path if self._picture(address) is not None else None), alt

    def _gallery(self, ids):
        return [self.survey.attachments[number] for number in ids if number in self.survey.attachments]

    def _link(self, address):
        """Links between the posts of a file lead to the articles that they become."""
        try:
            key = self._links.get(reading.names_of(address))
        except ValueError:
            return address
        slug = self._slugs[key][1] if key in self._slugs else self._known_slug(key) if key else None
        return f"/articles/{slug}/" if slug else address


def _title_of(item):
    return words_of(item.title) or Truncator(words_of(item.content)).words(8) or "Untitled"


def _shortened(text, longest, name, notes):
    if len(text) <= longest:
        return text
    notes.append((0, f"the {name} was shortened; it was: {text}"))
    return Truncator(text).chars(longest)


def _hash(document):
    """SHA-256 (hex) of all that a run takes of a post again when it changed."""
    picture = document.picture.name if document.picture else ""
    taken = [document.title, document.summary, document.body, document.image_alt, picture]
    return hashlib.sha256(json.dumps(taken).encode()).hexdigest()
