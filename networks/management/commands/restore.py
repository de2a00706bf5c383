import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from citynetworks.environment import database_at
from networks.management.database_url import given_url
from networks.management.operation_words import in_words, missing_files_words
from networks.management.progress import Progress
from networks.management.restoring_words import restore_or_say
from networks.management.typed_path import typed_path
from networks.operations.backup_file import BackupFile
from networks.operations.restoring import made_by


class Command(BaseCommand):
    help = (
        "Put a backup in the place of the database, and its uploaded files to the others. The site must be stopped. "
        "The former database is kept, and until the last moment nothing is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=typed_path, help="What the command backup has written.")
        parser.add_argument(
            "--into",
            metavar="DATABASE_URL",
            help="Another database, of SQLite or PostgreSQL, that is new, or whose place it takes; - to be asked.",
        )

    def handle(self, *, file: Path, into: str | None, verbosity: int, **options: Any) -> None:
        try:
            config = database_at(given_url(into), "--into") if into else connection.settings_dict
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        progress = Progress(self.stderr, is_shown=verbosity > 0)
        started = time.monotonic()
        with in_words("The database was not changed."), BackupFile(file, progress.report) as backup:
            if verbosity:
                self.stderr.write(f"{file} was made by {made_by(backup.manifest)}.", style_func=str)
            if words := missing_files_words(backup.manifest):
                self.stderr.write(words)
            way_back = restore_or_say(backup, config, progress.report)
            self.stdout.write(
                f"Restored {backup.row_count} rows and {len(backup.manifest['files'])} files, compared each, and "
                f"brought them up to date, in {time.monotonic() - started:.0f} s. Start the site again.\n{way_back}"
            )
