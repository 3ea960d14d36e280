from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from comments import disqus, importing
from comments.mapping import Mapping
from cramps_site.lib.exports import Unreadable


class Command(BaseCommand):
    help = "Bring in comments from Disqus. A second run changes nothing; what moderators decided stays."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE", help="an export of Disqus (.xml or .xml.gz)")
        parser.add_argument("--dry-run", action="store_true", help="read, check and count; store nothing")
        parser.add_argument("--map", type=Path, metavar="FILE", help="old addresses and slugs; see docs/operators.md")

    def handle(self, *, file, dry_run, map, **options):
        try:
            threads, mapping = disqus.threads(file), Mapping(map)
        except Unreadable as error:
            raise CommandError(f"{error}\nNothing was stored.") from error
        articles = disqus.match(threads, mapping)
        counts = importing.store(disqus.records(file), articles, dry_run=dry_run)
        self.stdout.write("This would happen:" if dry_run else "Imported:")
        for reason, number in sorted(counts.items()):
            self.stdout.write(f"  {reason}: {number}")
        for thread in threads.values():
            if thread.number not in articles:
                self.stdout.write(f"no article for {thread.link or f'thread {thread.number}, which names no page'}")
        if not articles:
            raise CommandError("No thread of the file belongs to an article: name them in a file for --map.")
