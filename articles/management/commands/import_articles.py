from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from articles import importing
from articles.importing import Fate
from articles.rendering import render


class Command(BaseCommand):
    help = "Bring in articles from plain text and Markdown. A second run changes nothing; edits on the site stay."

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", metavar="PATH", help="a .txt or .md file, or a folder of them")
        parser.add_argument("--publish", action="store_true", help="let the public read them; else they stay drafts")
        parser.add_argument("--dry-run", action="store_true", help="read, check and report; store nothing")
        parser.add_argument("--author", default=importing.EDITORIAL, help="for documents that name none")

    def handle(self, *, paths, publish, dry_run, author, **options):
        documents, errors = importing.gather(paths)
        errors += importing.check(documents, author)
        if errors:
            raise CommandError("\n".join([*map(str, errors), "Nothing was stored."]))
        failures = []
        for document in documents:
            self.describe(document, author)
            try:
                result = foretell(document, publish) if dry_run else keep(document, publish, author)
            except (Error, OSError) as error:
                failures.append(f"{document.name}: could not be stored: {error}")
                result = f"NOT STORED: {error}"
            self.stdout.write(f"  Result    {result}\n")
        if failures:
            raise CommandError("\n".join([*failures, "The other documents were stored."]))

    def describe(self, document, author):
        """What was understood, and what the writer should look at."""
        text = render(document.body)
        cards = [line.removeprefix(":::").strip() for line in document.body.splitlines() if line.startswith("::: ")]
        person = ", ".join(filter(None, [document.author or author, document.job_title]))
        sections = " · ".join(heading["text"] for heading in text.headings)
        self.stdout.write(document.name)
        self.stdout.write(f"  Title     {document.title}")
        self.stdout.write(f"  Author    {person}")
        self.stdout.write(f"  Sections  {sections or 'none'}")
        self.stdout.write(f"  Words     {text.words}")
        for card in cards or ["none"]:
            self.stdout.write(f"  Card      {card}")
        for line, sentence in document.notes:
            self.stdout.write(f"  Note      {f'line {line}: ' if line else ''}{sentence}")


def foretell(document, publish):
    """What storing the document would do, in words."""
    fate, article = importing.foresee(document)
    if fate == Fate.UNCHANGED:
        return "would be published" if publish and importing.waits(article) else "unchanged"
    return {
        Fate.NEW: f"would be {'published' if publish else 'a new draft'}: /articles/{importing.slug_of(document)}/",
        Fate.CHANGED: f"would be {'published as a new version' if publish else 'a new draft'} of {article}",
        Fate.EDITED: "would be left alone: the text was edited on the site since it was imported",
    }[fate]


def keep(document, publish, author):
    """Store the document; what happened, in words."""
    outcome = importing.store(document, publish=publish, author=author)
    public = settings.SITE_URL + outcome.article.get_absolute_url()
    if outcome.was_published and outcome.version.publish_at > timezone.now():
        return f"goes public on {date_format(timezone.localtime(outcome.version.publish_at))}: {public}"
    if outcome.was_published:
        return f"published at {public}"
    if outcome.fate == Fate.UNCHANGED:
        return "unchanged"
    if outcome.fate == Fate.EDITED:
        return f"left alone: edited on the site since it was imported. Bring the change in there: {admin_of(outcome)}"
    return f"new draft, not public yet: {admin_of(outcome)}"


def admin_of(outcome):
    """Where staff find the newest version, or the article that has none."""
    kind, row = ("version", outcome.version) if outcome.version else ("article", outcome.article)
    return settings.SITE_URL + reverse(f"admin:articles_{kind}_change", args=[row.pk])
