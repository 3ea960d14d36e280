"""Stores documents as articles: all of a call are read and checked before the first is stored, each is stored whole.

A document is known again by its key (`Article.source_key`). What staff edited since is never touched: the seal
(`Article.source_hash`) holds the document's hash and that of the text which it became, so a version whose text is
another one now was edited on the site. Author, topics and address are taken once, when the article begins; a document
that names a reviewer signs nothing, because only the reviewer can.

`gather` reads files, `check` finds what would stop them, `foresee` says what `store` will do.
"""

import datetime
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from articles import pictures
from articles.documents import SUFFIXES, Unreadable, read
from articles.models import Article, Author, Image, Redirect, Source, Topic, Version

EDITORIAL = "Editorial team"
LONGEST_SLUG = 80
PUBLISHED_AT = datetime.time(8)
"""The local time at which a document goes public that names a day alone."""
SAME_DOCUMENT = 0.25
"""Of two texts under one key and two titles, how much must be alike for one to be the other's revision. Measured on
the demo's articles: two different ones reach 0.19, one with every second paragraph replaced stays above 0.3."""
PICTURE_SUFFIXES = ("", ".webp", ".avif", ".png", ".jpg", ".jpeg")


class Fate(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    EDITED = "edited"
    """Changed, and left alone: the text was edited or deleted on the site since it was imported."""


@dataclass
class Outcome:
    fate: Fate
    article: Article
    version: Version | None
    """The newest one; None where staff deleted them all."""
    was_published: bool = False
    """Whether this call let the public read it."""


def gather(paths):
    """(documents, errors) of files and folders; a folder means the documents in it. Never raises `Unreadable`."""
    documents, errors = [], []
    files = {file.resolve(): file for path in paths for file in _files(Path(path), errors)}
    for file in files.values():
        try:
            documents.append(read(file))
        except Unreadable as error:
            errors.append(error)
    return documents, errors


def _files(path, errors):
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if _is_document(file) and not file.name.startswith("."))
        if not found:
            errors.append(Unreadable((0, "holds no .txt or .md documents."), name=str(path)))
        return found
    if _is_document(path):
        return [path]
    reason = "is no .txt or .md document." if path.exists() else "does not exist."
    errors.append(Unreadable((0, reason), name=str(path)))
    return []


def _is_document(path):
    return path.is_file() and path.suffix.lower() in SUFFIXES


# Checking


def check(documents, author=EDITORIAL):
    """Errors for all that would stop one of these documents from being stored; notes go to the documents."""
    errors, seen = [], {}
    for document in documents:
        try:
            _check_address(document, seen)
            _check_fields(document, author)
            _check_picture(document)
        except Unreadable as error:
            errors.append(error)
        else:
            _doubt(document, author)
    return errors


def _check_fields(document, author):
    """The models' own rules for each field."""
    person = Author(name=document.author or author, job_title=document.job_title)
    rows = [("", Version(**_texts(document)), _texts(document)), ("", Article(slug=slug_of(document)), ("slug",))]
    rows += [("author", person, ("name", "job_title"))]
    rows += [("topics", Topic(name=name), ("name",)) for name in document.topics]
    rows += [("sources", Source(**source), source) for source in document.sources]
    for of, row, names in rows:
        try:
            row.clean_fields(exclude=[field.name for field in row._meta.fields if field.name not in names])
        except ValidationError as error:
            name, reasons = next(iter(error.message_dict.items()))
            of, name = of or name.removeprefix("lead_"), name.replace("_", " ")
            raise document.wrong(of, f"the {name}: {reasons[0]}") from error


def _check_address(document, seen):
    """No two articles may have one address, and no article another one's former address."""
    slug, article = slug_of(document), Article.objects.filter(source_key=document.key).first()
    if not slug:
        raise document.wrong("title", "no address can be made of this title; give one as “slug” in a front matter.")
    for value in (("key", document.key), ("slug", slug)):
        if value in seen:
            raise document.wrong(
                "slug", f"has the same {'address' if value[0] == 'slug' else 'name'} as {seen[value]}."
            )
        seen[value] = document.name
    if article:
        _check_likeness(document, article)
    elif taken := Article.objects.filter(slug=slug).first():
        raise document.wrong(
            "slug", f"the address /articles/{slug}/ belongs to the article “{taken.newest_version()}”."
        )
    elif Redirect.objects.filter(slug=slug).exists():
        raise document.wrong("slug", f"the address /articles/{slug}/ leads to another article.")


def _check_likeness(document, article):
    """A file of the same name and another title is a revision only if its text is like the one before."""
    before = article.newest_version()
    if before and before.title != document.title:
        likeness = SequenceMatcher(None, before.body.split(), document.body.split()).ratio()
        if likeness < SAME_DOCUMENT:
            raise document.wrong(
                "title", f"another document of this name was imported, “{before.title}”. Rename the file."
            )
        document.notes.append((document.lines.get("title", 0), f"the title was “{before.title}” before"))


def _check_picture(document):
    path = find_picture(document)
    if path is None:
        return
    try:
        with path.open("rb") as file:
            pictures.read(File(file))
    except ValidationError as refused:
        raise document.wrong("image", f"{path.name}: {refused.messages[0]}") from refused


def _doubt(document, author):
    """Note what the document leaves open, or says and cannot have."""
    lines = document.lines
    if not document.author:
        document.notes.append((0, f"names no author: “{author}” is taken"))
    if document.image and find_picture(document) is None and not Image.objects.filter(title=document.image).exists():
        document.notes.append(
            (lines.get("image", 0), f"the picture “{document.image}” was not found: the article has none")
        )
    if document.reviewer or document.reviewed:
        line = lines.get("reviewer", lines.get("reviewed", 0))
        document.notes.append((line, "a review is claimed by signing the text on the site, so none is taken from here"))
    document.notes.sort()


# Storing


def foresee(document):
    """(what `store` will do, the article that it was stored as before or None)."""
    article = Article.objects.filter(source_key=document.key).first()
    if article is None:
        return Fate.NEW, None
    of_document, of_text = article.source_hash[:32], article.source_hash[32:]
    if of_document == document.hash[:32]:
        return Fate.UNCHANGED, article
    newest = article.newest_version()
    is_untouched = newest is not None and newest.content_hash[:32] == of_text
    return Fate.CHANGED if is_untouched else Fate.EDITED, article


@transaction.atomic
def store(document, *, by=None, publish=False, author=EDITORIAL):
    """Make the document a draft, or with `publish` a published version. The `Outcome` says what happened."""
    fate, article = foresee(document)
    if fate == Fate.NEW:
        article = _begin(document, author)
    if fate in (Fate.NEW, Fate.CHANGED):
        version = _write(document, article, by)
        article.source_hash = document.hash[:32] + version.content_hash[:32]
        article.save(update_fields=["source_hash"])
    done = (
        publish
        and waits(article, by=by)
        and article.newest_version().publish(by=by, at=_due(document, article), is_checked=True)
    )
    return Outcome(fate, article, article.newest_version(), done)


def waits(article, *, by=None):
    """Whether the newest version is a draft that `by` imported, and not one that somebody edits on the site."""
    version = article.newest_version()
    is_ours = version is not None and version.created_by == by and version.content_hash[:32] == article.source_hash[32:]
    return is_ours and version.is_editable


def _begin(document, author):
    article = Article.objects.create(
        slug=slug_of(document),
        author=_take_author(document.author or author, document.job_title),
        source_key=document.key,
    )
    article.topics.set([_take_topic(name) for name in document.topics])
    return article


def _write(document, article, by):
    """A new draft with the document's text, beside whatever the public reads."""
    newest = article.newest_version()
    version = newest.successor(by=by) if newest else Version(article=article, created_by=by)
    for name, value in _texts(document).items():
        setattr(version, name, value)
    version.lead_image = _take_lead_image(document) or version.lead_image
    version.save()
    version.set_sources(document.sources)
    return version


def _texts(document):
    """The fields of a version that a document gives."""
    names = ("title", "summary", "body", "disclaimer")
    return {**{name: getattr(document, name) for name in names}, "lead_image_alt": document.image_alt}


def _due(document, article):
    """When it goes public: on the document's day, but a revision not before now."""
    now = timezone.now()
    if document.published is None:
        return now
    day = document.published
    if not isinstance(day, datetime.datetime):
        day = timezone.make_aware(datetime.datetime.combine(day, PUBLISHED_AT))
    return max(now, day) if article.first_published_at else day


def slug_of(document):
    """The address that a new article gets: from the front matter, the title or the name of the file."""
    words = slugify(document.title)
    if len(words) > LONGEST_SLUG:
        words = words[: LONGEST_SLUG + 1].rpartition("-")[0] or words[:LONGEST_SLUG]
    return document.slug or words or slugify(Path(document.name).stem)[:LONGEST_SLUG]


def _slug_of(name, fallback):
    return slugify(name)[:60] or fallback


def _take_author(name, job_title=""):
    """The author of this name, made if there is none."""
    author = Author.objects.filter(name__iexact=name).first()
    return author or Author.objects.create(name=name, job_title=job_title, slug=_free_slug(Author, name, "author"))


def _take_topic(name):
    topic = Topic.objects.filter(name__iexact=name).first() or Topic.objects.filter(slug=slugify(name)).first()
    if topic is None:
        position = (Topic.objects.aggregate(last=Max("position"))["last"] or 0) + 1
        topic = Topic.objects.create(name=name, slug=_free_slug(Topic, name, "topic"), position=position)
    return topic


def _free_slug(model, name, fallback):
    base = slug = _slug_of(name, fallback)
    number = 2
    while model.objects.filter(slug=slug).exists():
        slug, number = f"{base[:55]}-{number}", number + 1
    return slug


# Pictures


def find_picture(document):
    """The file that the document's `image` names, beside it or in images/ there or one folder up; None without one."""
    if document.picture:
        return document.picture
    if not document.image or document.path is None:
        return None
    folder = document.path.resolve().parent
    candidates = (
        place / (document.image + suffix)
        for place in (folder, folder / "images", folder.parent / "images")
        for suffix in PICTURE_SUFFIXES
    )
    return next((path for path in candidates if path.is_file() and path.resolve().is_relative_to(folder.parent)), None)


def _take_lead_image(document):
    path = find_picture(document)
    return take_picture(path) if path else Image.objects.filter(title=document.image).exclude(title="").first()


def find_image(path):
    """The `Image` that the site has of exactly this picture, or None. Raises ValidationError for what is no picture."""
    with path.open("rb") as file:
        return Image.objects.filter(digest=pictures.digest(pictures.read(File(file, name=path.name)))).first()


def take_picture(path):
    """The `Image` of a picture's file, made if the site has not exactly this one."""
    if known := find_image(path):
        return known
    with path.open("rb") as file:
        return Image.objects.create(title=path.stem[:120], file=File(file, name=path.name))
