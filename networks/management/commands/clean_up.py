from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from networks.management.operation_words import failures_on_record, in_words
from networks.models import Operation
from networks.operations.cleaning import delete_forgotten_file, expired_rows, forgotten_files
from networks.revisions.newest_columns import update_stale


class Command(BaseCommand):
    help = (
        "Delete what nobody can open any more: expired sessions, links, forms and spreadsheets, and pictures and "
        "documents that nothing names, neither a page nor any version in the history or the bin. It also lets lists "
        "find what an earlier version of the site has written beside this one. Meant for a daily timer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=30,
            help="For how many days pictures and documents are kept that nothing names (30): somebody may still have "
            "the form open.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be deleted.")

    def handle(self, *, days: int, dry_run: bool, verbosity: int, **options: Any) -> None:
        if days < 2:
            raise CommandError("Files are kept for at least 2 days, because a form that is open may name them later.")
        with (
            failures_on_record(self, Operation.Kind.CLEAN_UP),
            in_words("What is not deleted yet goes the next time."),
        ):
            self.clean_up(timedelta(days=days), dry_run, verbosity)

    def clean_up(self, older_than: timedelta, dry_run: bool, verbosity: int) -> None:
        healed = 0 if dry_run else update_stale()
        counts = {}
        for name, rows in expired_rows().items():
            counts[name] = rows.count()
            if not dry_run:
                rows.delete()
        counts["files that nothing names"] = 0
        for file in [*forgotten_files(older_than)]:
            if verbosity > 1:
                self.stdout.write(file)
            counts["files that nothing names"] += dry_run or delete_forgotten_file(file, older_than)
        if not dry_run:
            Operation.record(Operation.Kind.CLEAN_UP, **counts, healed_rows=healed)
        if verbosity > 0:
            self.stdout.write("To be deleted:" if dry_run else "Deleted:")
            for name, count in counts.items():
                self.stdout.write(f"  {name}: {count}")
            if healed:
                self.stdout.write(f"Rows that lists find and count by their newest text again: {healed}")
