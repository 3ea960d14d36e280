from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from articles.wordpress import reading
from articles.wordpress.storing import Store
from comments import importing, wordpress
from comments.mapping import Mapping
from cramps_site.lib.exports import Unreadable

SHOWN = 40


class Command(BaseCommand):
    help = "Bring in posts, pages and comments from WordPress. A second run changes nothing; edits on the site stay."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE", help="an export of WordPress (.xml or .xml.gz)")
        parser.add_argument("--dry-run", action="store_true", help="read, check and count; store nothing")
        parser.add_argument("--media", type=Path, metavar="DIR", help="a copy of wp-content/uploads, for the pictures")
        parser.add_argument("--publish", action="store_true", help="let the public read what was public there")
        parser.add_argument("--map", type=Path, metavar="FILE", help="old addresses and slugs; see docs/operators.md")

    def handle(self, *, file, dry_run, media, publish, map, verbosity, **options):
        if media and not media.is_dir():
            raise CommandError(f"{media} is no folder. Nothing was stored.")
        try:
            survey, mapping = reading.survey(file), Mapping(map)
        except Unreadable as error:
            raise CommandError(f"{error}\nNothing was stored.") from error
        posts = Store(file, survey, mapping, folder=media, publish=publish, dry_run=dry_run).run()
        articles = wordpress.articles_of(survey, dry_run=dry_run)
        counts = importing.store(wordpress.records(file, survey), articles, dry_run=dry_run)
        self.tell(dry_run, posts, counts, verbosity)
        if survey.kinds and not survey.items:
            raise CommandError("The file holds no posts and no pages.")
        if survey.remarks and not articles:
            raise CommandError("No comment of the file belongs to an article.")

    def tell(self, dry_run, posts, counts, verbosity):
        self.stdout.write("This would happen:" if dry_run else "Imported:")
        for what, number in sorted(posts.counts.items()):
            self.stdout.write(f"  {what}: {number}")
        for reason, number in sorted(counts.items()):
            self.stdout.write(f"  comments, {reason}: {number}")
        shown = posts.notes if verbosity > 1 else posts.notes[:SHOWN]
        for name, sentence in shown:
            self.stdout.write(f"{name}: {sentence}")
        if len(shown) < len(posts.notes):
            self.stdout.write(f"... and {len(posts.notes) - len(shown)} more: --verbosity 2")
