"""Restoring a backup, for the commands that do it and say how things stand if it fails."""

from django.core.management.base import CommandError

from networks.management.operation_words import in_words
from networks.operations.backup_file import BackupFile, Report
from networks.operations.restoring import DatabaseReplaced, restore
from networks.operations.scratch_databases import Config


def restore_or_say(file: BackupFile, config: Config, report: Report) -> str:
    """Restore a backup as `restore` does; raise CommandError for what fails after the database was replaced."""
    try:
        return restore(file, config, report)
    except DatabaseReplaced as error:
        cause = error.__cause__ or error
        try:
            with in_words(str(error)):
                raise cause
        except CommandError:
            raise
        except Exception:  # such as of a bucket
            raise CommandError(f"{type(cause).__name__}: {cause}. {error}") from cause
