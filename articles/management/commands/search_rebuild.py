from django.core.management.base import BaseCommand

from articles.models import SearchEntry, SearchWord, Version
from articles.search.indexing import rebuild


class Command(BaseCommand):
    help = "Makes the search index anew from what is published. Nothing can be written to the site meanwhile."

    def handle(self, *args, **options):
        number = rebuild(Version, SearchEntry, SearchWord)
        self.stdout.write(f"Search finds {number} text{'' if number == 1 else 's'}.")
