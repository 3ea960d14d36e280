from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from newsletter import importing

SHOWN = 20


class Command(BaseCommand):
    help = "Import subscribers from a CSV file, as the admin does. It may be run again: what is done stays done."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")

    def handle(self, *, file, dry_run, verbosity, **options):
        """Lists what was changed, skipped or is invalid; `--verbosity 2` all of it."""
        try:
            report = importing.run(file.read_bytes(), dry_run=dry_run)
        except (OSError, importing.Unreadable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("This would happen:" if dry_run else "Imported:")
        for fate, number in report.lines:
            self.stdout.write(f"  {fate}: {number}")
        for reason, number in report.skipped_because:
            self.stdout.write(f"  skipped, because {reason}: {number}")
        if report.unknown:
            self.stdout.write(f"  nothing was taken from the columns {', '.join(report.unknown)}")
        for fate in (importing.Fate.CHANGED, importing.Fate.SKIPPED, importing.Fate.INVALID):
            self.list_rows(fate, report.outcomes[fate], verbosity)

    def list_rows(self, fate, outcomes, verbosity):
        shown = outcomes if verbosity > 1 else outcomes[:SHOWN]
        for outcome in shown:
            self.stdout.write(f"line {outcome.line}, {outcome.email}: {fate}: {outcome.words}")
        if len(shown) < len(outcomes):
            self.stdout.write(f"... and {len(outcomes) - len(shown)} more: --verbosity 2")
