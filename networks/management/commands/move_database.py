import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from citynetworks.environment import database_at
from networks.management.database_url import given_url
from networks.management.operation_words import in_words
from networks.management.progress import Progress
from networks.management.restoring_words import restore_or_say
from networks.operations.backing_up import back_up
from networks.operations.backup_file import BackupFile
from networks.operations.scratch_databases import SqlitePlace, place_of


class Command(BaseCommand):
    help = (
        "Copy the database to another one, from SQLite to PostgreSQL or back: back it up and restore it there, with "
        "each row compared. The site must be stopped. The present database stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "url",
            metavar="DATABASE_URL",
            help="Where to: postgres://user:password@host/name or sqlite:////folder/db.sqlite3; - to be asked.",
        )

    def handle(self, *, url: str, verbosity: int, **options: Any) -> None:
        try:
            target = database_at(given_url(url), "The URL of the database")
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        source = connection.settings_dict
        if all(source[key] == target[key] for key in ("ENGINE", "NAME", "HOST", "PORT")):
            raise CommandError("That is the database that the site has already.")
        progress = Progress(self.stderr, is_shown=verbosity > 0)
        started = time.monotonic()
        places = [place_of(source), place_of(target)]
        # On the disk of a database, as the folder for temporary files may be in memory
        folder = next((place.path.parent for place in places if isinstance(place, SqlitePlace)), None)
        with in_words("The site was not changed."):
            # What somebody saves after the backup would stay behind.
            places[0].check_not_in_use()
            with tempfile.TemporaryDirectory() as temporary:
                # One name, so that what a killed one has left is written over
                path = (folder or Path(temporary)) / ".moving.zip"
                path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    back_up(source, path, progress.report)
                    places[0].check_not_in_use()
                    with BackupFile(path, progress.report) as backup:
                        way_back = restore_or_say(backup, target, progress.report)
                        rows, files = backup.row_count, len(backup.manifest["files"])
                    self.stdout.write(
                        f"Moved {rows} rows and compared each, and {files} files, in "
                        f"{time.monotonic() - started:.0f} s.\n{way_back}\n"
                        "Now set DATABASE_URL to the new database, and start the site. The former one is as it was: "
                        "to go back, set DATABASE_URL to it again."
                    )
                finally:
                    path.unlink(missing_ok=True)
