"""Failures of the commands that back up and restore, in words."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import Error

from networks.operations.backup_file import BackupError


@contextmanager
def in_words(what_is_left: str) -> Iterator[None]:
    """Raise CommandError in place of what goes wrong; `what_is_left` says how things stand then."""
    try:
        yield
    except BackupError as error:
        raise CommandError(f"{error} {what_is_left}") from error
    except OSError as error:
        words = "The disk is full." if error.errno in (errno.ENOSPC, errno.EDQUOT) else f"{error.strerror or error}"
        where = f" ({error.filename})" if error.filename else ""
        raise CommandError(f"{words}{where} {what_is_left}") from error
    except Error as error:
        raise CommandError(f"The database says: {str(error).strip()}. {what_is_left}") from error
    except KeyboardInterrupt:
        raise CommandError(f"Interrupted. {what_is_left}", returncode=130) from None
