from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from articles.documents import Unreadable
from cramps_site.demo import loading


class Command(BaseCommand):
    help = "Load the demo content: people, articles, comments and a newsletter. A second run changes nothing."

    def handle(self, **options):
        if not settings.DEBUG:
            raise CommandError(
                "The demo's staff have a password that everybody knows, so it is loaded only with DEBUG on."
            )
        try:
            made = loading.load()
        except Unreadable as error:
            raise CommandError(str(error)) from error
        new = ", ".join(f"{what} {number}" for what, number in made.items() if number)
        self.stdout.write(f"Demo content: {new or 'nothing new, all of it was there'}.")
        self.stdout.write(f"Sign in as {', '.join(loading.STAFF)} with the password {loading.PASSWORD}.")
