"""Failures of commands, in words, and on record."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, Error

from citynetworks.command_line import PROGRAM
from citynetworks.uploads import UploadsUnavailable
from networks.models import Operation
from networks.operations.backup_file import BackupError
from networks.operations.probes import some


@contextmanager
def in_words(what_is_left: str) -> Iterator[None]:
    """Raise CommandError in place of what goes wrong; `what_is_left` says how things stand then."""
    try:
        yield
    except BackupError as error:
        raise CommandError(f"{error} {what_is_left}") from error
    except UploadsUnavailable as error:
        raise CommandError(f"The bucket of uploads says: {error}. {what_is_left}") from error
    except (SuspiciousFileOperation, UnicodeError) as error:
        raise CommandError(f"A file has a name that it cannot have here: {error}. {what_is_left}") from error
    except OSError as error:
        words = "The disk is full." if error.errno in (errno.ENOSPC, errno.EDQUOT) else f"{error.strerror or error}"
        where = f" ({error.filename})" if error.filename else ""
        raise CommandError(f"{words}{where} {what_is_left}") from error
    except Error as error:
        raise CommandError(f"The database says: {str(error).strip()}. {what_is_left}") from error
    except KeyboardInterrupt:
        raise CommandError(f"Interrupted. {what_is_left}", returncode=130) from None


def missing_files_words(manifest: dict[str, Any]) -> str:
    """Say which files a backup lacks that rows and versions name, and what to do; nothing if it has all of them."""
    missing = manifest.get("missing_files", [])  # not in backups of former versions
    if not missing:
        return ""
    return (
        f"Uploaded files that pages or their versions name were missing when the backup was made ({len(missing)}): "
        f"{some(missing)}. “{PROGRAM} check_consistency” says which pages name them. An older backup may have them: "
        "“unzip -p OLDER.zip media/NAME” writes one out, to be put back under its name."
    )


def record(command: BaseCommand, kind: Operation.Kind, succeeded: bool = True, **details: Any) -> None:
    """Keep on record that an operation has ended, if the database can."""
    try:
        Operation.record(kind, succeeded=succeeded, **details)
    except DatabaseError:  # it is older than this record, or cannot be written
        command.stderr.write("The database could not take down how this has ended.")


@contextmanager
def failures_on_record(command: BaseCommand, kind: Operation.Kind, **details: Any) -> Iterator[None]:
    """Keep on record that an operation has failed, with what the CommandError says; not that it was interrupted."""
    try:
        yield
    except CommandError as error:
        if error.returncode != 130:
            record(command, kind, succeeded=False, **details, error=str(error))
        raise
