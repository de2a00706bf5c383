import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from citynetworks.command_line import PROGRAM
from networks.management.operation_words import failures_on_record, in_words, missing_files_words, record
from networks.management.progress import Progress
from networks.management.typed_path import typed_path
from networks.models import Operation
from networks.operations.backing_up import back_up, new_name_in, remove_oldest
from networks.operations.probes import some


class Command(BaseCommand):
    help = (
        "Back up the database and the uploaded files into one file, as they are at one moment, while the site runs. "
        "There is a file of that name only when all is in it. Anyone who can read it has all accounts and drafts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path",
            type=typed_path,
            metavar="FILE",
            help="Where to write, such as backup.zip, or a folder, in which the file is named by the time.",
        )
        parser.add_argument(
            "--keep", type=int, metavar="N", help="Keep the N newest backups of the folder, and remove older ones."
        )

    def handle(self, *, path: Path, keep: int | None, verbosity: int, **options: Any) -> None:
        path = path.resolve()
        folder = path if path.is_dir() else None
        if keep is not None and (keep < 1 or not folder):
            raise CommandError("--keep takes a number of backups, at least 1, and a folder to keep them in.")
        media = Path(settings.MEDIA_ROOT).resolve()
        if media == path or media in path.parents:
            raise CommandError(f"{path} lies in MEDIA_ROOT, among the uploaded files. Choose another folder.")
        with failures_on_record(self, Operation.Kind.BACKUP, file=path.name):
            self.back_up(path, folder, keep, verbosity)

    def back_up(self, path: Path, folder: Path | None, keep: int | None, verbosity: int) -> None:
        if not path.parent.is_dir():
            raise CommandError(f"There is no folder {path.parent}. Make it first.")
        progress = Progress(self.stderr, is_shown=verbosity > 0)
        started = time.monotonic()
        with in_words("No backup was written."):
            if folder:
                path = new_name_in(folder, timezone.now())
            manifest = back_up(connection.settings_dict, path, progress.report)
        rows = sum(table["count"] for table in manifest["tables"].values())
        missing = manifest["missing_files"]
        numbers = {
            "rows": rows,
            "files": len(manifest["files"]),
            "missing_files": len(missing),
            "bytes": path.stat().st_size,
        }
        self.stdout.write(
            f"Backed up to {path}: {rows} rows of {len(manifest['tables'])} tables, {numbers['files']} files, "
            f"{numbers['bytes'] / 1_000_000:.1f} MB, in {time.monotonic() - started:.0f} s."
        )
        if left_out := manifest["left_out_files"]:
            self.stderr.write(f"Left out, as the site gives no file such a name: {some(left_out)}.")
        # One alone can be lost for good, as the coat of arms of a site without other uploads.
        if len(missing) > 1 and len(missing) == manifest["named_files"]:
            raise CommandError(
                f"None of the uploaded files that pages or their versions name is there ({len(missing)}), nor in "
                f"this backup: {some(missing)}. Look whether the folder or bucket of uploads is the right one; "
                "put lost files back from an older backup, or any file under one of the names if they are lost for "
                "good. No older backup was removed."
            )
        if missing:
            self.stderr.write(missing_files_words(manifest))
        record(self, Operation.Kind.BACKUP, file=path.name, **numbers)
        if manifest["named_files"] is None:
            self.stderr.write(
                f"Which uploaded files pages name is not known before {PROGRAM} migrate: no older backup was removed."
            )
        elif folder and keep:
            with in_words("The new backup is whole; older ones could not be removed."):
                for removed in remove_oldest(folder, keep, missing):
                    self.stdout.write(f"Removed {removed.name}.")
