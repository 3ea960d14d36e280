from imaplib import IMAP4

from django.core.management.base import BaseCommand, CommandError

from newsletter.mailboxes import read_bounces


class Command(BaseCommand):
    help = "Read what came back of the newsletter: bounces and complaints. What is not understood stays unread."

    def add_arguments(self, parser):
        parser.add_argument(
            "mailbox",
            help="a maildir, an mbox file, or imaps://user@host/INBOX with the password in BOUNCE_MAILBOX_PASSWORD",
        )

    def handle(self, *, mailbox, **options):
        try:
            outcome = read_bounces(mailbox)
        except (OSError, IMAP4.error) as error:
            raise CommandError(f"The mailbox cannot be read: {error}") from error
        for kind in ("hard", "soft", "complaint", "delayed", "ignored"):
            self.stdout.write(f"{kind}: {outcome.found[kind]}")
        self.stdout.write(f"new and about a subscriber: {outcome.recorded}")
        self.stdout.write(f"not understood: {len(outcome.unread)}")
        for name in outcome.unread:
            self.stdout.write(f"  {name}")
