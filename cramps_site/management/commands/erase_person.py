from django.core.management.base import BaseCommand, CommandError

from comments import people as writers
from newsletter import people as subscribers

ROWS = {
    "subscribers": "subscriptions",
    "consents": "consents",
    "bounces": "bounces",
    "contacts": "addresses for answers",
    "comments": "comments, with their text, name and address",
    "comments_without_address": "comments whose address nobody proved: the address alone (all of it: --all-comments)",
}


class Command(BaseCommand):
    help = "Erase what the site keeps about a mail address. That it must never be written to, if so, is kept as a hash."

    def add_arguments(self, parser):
        parser.add_argument("address")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument(
            "--all-comments", action="store_true", help="erase also comments that nobody proved to be the owner's"
        )

    def handle(self, *, address, yes, all_comments, **options):
        seen = subscribers.foresee(address) | writers.foresee(address, all_of_them=all_comments)
        if not any(seen.values()):
            self.stdout.write(f"Nothing is kept about {address}.")
            return
        self.stdout.write(f"To be erased of {address}, for good:")
        self.tell(seen)
        if not yes and input("Erase it? [yes/no] ").strip().lower() != "yes":
            raise CommandError("Nothing was erased.")
        done = subscribers.erase_address(address) | writers.erase_address(address, all_of_them=all_comments)
        self.stdout.write("Erased:")
        self.tell(done)

    def tell(self, counts):
        for name, words in ROWS.items():
            self.stdout.write(f"  {counts[name]} {words}")
