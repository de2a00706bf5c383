import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from networks.management.operation_words import in_words
from networks.management.progress import Progress
from networks.management.typed_path import typed_path
from networks.models import Operation
from networks.operations.backing_up import backups_in
from networks.operations.backup_file import BackupFile
from networks.operations.restoring import details_of, drill


class Command(BaseCommand):
    help = (
        "Show that the site can be restored from a backup: restore it into a scratch database and a scratch folder, "
        "compare each row and file, migrate it forward, and remove it. The site goes on meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=typed_path, help="A file of the command backup; of a folder, its newest one."
        )

    def handle(self, *, file: Path, verbosity: int, **options: Any) -> None:
        if file.is_dir():
            if not (backups := backups_in(file)):
                raise CommandError(f"There is no backup in {file}.")
            file = backups[-1]
        progress = Progress(self.stderr, is_shown=verbosity > 0)
        started = time.monotonic()
        try:
            with in_words("The site was not changed."), BackupFile(file, progress.report) as backup:
                drill(backup, connection.settings_dict, progress.report)
                details = details_of(backup)
        except CommandError as error:
            if error.returncode != 130:
                self.record(succeeded=False, file=file.name, error=str(error))
            raise
        self.record(succeeded=True, **details)
        self.stdout.write(
            f"The site can be restored from {file}: {details['rows']} rows and {details['files']} files compared, in "
            f"{time.monotonic() - started:.0f} s."
        )

    def record(self, succeeded: bool, **details: Any) -> None:
        try:
            Operation.record(Operation.Kind.RESTORE_DRILL, succeeded=succeeded, **details)
        except DatabaseError:  # it is older than this record, or cannot be written
            self.stderr.write("The database could not take down that there was a drill.")
