"""Backing up: the database as it was at one moment, and after it the uploaded files, into one file."""

import errno
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from citynetworks import __version__
from citynetworks.command_line import PROGRAM
from citynetworks.environment import DROPPED, RETIRED
from networks.models.language_columns import texts_of_removed_languages
from networks.operations.backup_file import (
    FORMAT,
    BackupError,
    BackupFile,
    BackupWriter,
    Report,
    can_be_stored,
    chunks_of,
    new_backup,
    remove_partial_files,
)
from networks.operations.cleaning import stored_names
from networks.operations.consistency import named_files
from networks.operations.table_rows import (
    applied_migrations,
    check_migrations_are_known,
    in_utc,
    tables_at,
)

# The files that `backup FOLDER` writes
NAME = "city-networks-{:%Y%m%dT%H%M%SZ}.zip"
NAME_PATTERN = re.compile(r"city-networks-[0-9]{8}T[0-9]{6}Z\.zip")


@contextmanager
def as_default(config: dict[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    """
    Open a database in the place of the default one, which is as it was in the end.

    So all that is written for the default database works on it, as some migrations are.
    """
    former, former_config = connections["default"], connections.databases["default"]
    connections.databases["default"] = former.settings_dict | {"TEST": {}} | config
    connections["default"] = connections.create_connection("default")
    ContentType.objects.clear_cache()
    try:
        yield connections["default"]
    finally:
        connections["default"].close()
        connections["default"], connections.databases["default"] = former, former_config
        ContentType.objects.clear_cache()


@contextmanager
def snapshot(config: dict[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    """Open a database as it is at one moment, for reading. Others go on writing."""
    is_sqlite = config["ENGINE"].endswith("sqlite3")
    # For the settings of the site, a transaction of SQLite takes the lock of writers.
    own = {"OPTIONS": {**config["OPTIONS"], "transaction_mode": "DEFERRED"}} if is_sqlite else {}
    with as_default(config | own) as connection, transaction.atomic():
        with connection.cursor() as cursor:
            if is_sqlite:
                cursor.execute("SELECT count(*) FROM sqlite_master")  # with which the moment begins
            else:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection


def back_up(config: dict[str, Any], path: Path, report: Report) -> dict[str, Any]:
    """
    Write a backup of a database and of the uploaded files, and return its manifest.

    There is a file of that name when all is in it and on the disk, and else none. A backup that has the name already
    is replaced. `named_files` in the manifest is the number of files that rows and versions name, `missing_files` are
    the names of those that are not among the uploads, and `left_out_files` of uploads that no other storage could
    have. Raises BackupError, UploadsUnavailable or OSError.
    """
    if path.exists():
        try:
            with BackupFile(path):
                pass
        except BackupError as error:
            raise BackupError(f"{path} exists and is no whole backup. Remove it, or choose another name.") from error
    with new_backup(path) as writer:
        with snapshot(config) as connection:
            manifest = {"format": FORMAT, **add_database(writer, connection, report)}
            named = names_of_files()
        # After the database: no file that it names is ever deleted.
        names = {*media_names()}
        left_out = {name for name in names if not can_be_stored(name)}
        manifest["files"] = add_files(writer, sorted(names - left_out), report)
        manifest["left_out_files"] = sorted(map(ascii, left_out))
        manifest["named_files"] = None if named is None else len(named)
        manifest["missing_files"] = sorted((named or set()) - {file["name"] for file in manifest["files"]})
        writer.close(manifest)
    return manifest


def add_database(writer: BackupWriter, connection: BaseDatabaseWrapper, report: Report) -> dict[str, Any]:
    """Write all rows, and return what the manifest says of them and of the database."""
    applied = applied_migrations(connection)
    if not applied:
        raise BackupError("There is nothing to back up: the database is empty. Has migrate been run?")
    check_migrations_are_known(applied, "The database", "the version that has written it")
    check_no_texts_are_left_out()
    tables = tables_at(connection, applied)
    total, done = sum(table.count() for table in tables), 0

    def counted(lines: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal done
        for line in lines:
            yield line
            done += 1
            if not done % 100 or done == total:
                report(done, total, " rows")

    described = {}
    for table in tables:
        description = {"columns": table.column_names, **writer.add_rows(table.name, counted(table.lines()))}
        described[table.name] = description | ({"last_key": table.last_key()} if table.has_sequence else {})
    return {
        "made_at": in_utc(timezone.now()),
        "version": __version__,
        "database": {"kind": connection.vendor, "version": database_version(connection)},
        "migrations": applied,
        "tables": described,
    }


def check_no_texts_are_left_out() -> None:
    """Raise BackupError if there are texts of a language that the site has no more, which no table has columns of."""
    languages = sorted({language for _table, _column, language, _count in texts_of_removed_languages("default")})
    if languages:
        retired, dropped = (",".join(f"{code}:{state}" for code in languages) for state in (RETIRED, DROPPED))
        raise BackupError(
            f"The database holds texts of a language that the site has no more ({', '.join(languages)}), which the "
            f"backup would not have. To keep them, write {retired} into DJANGO_LANGUAGES. To do without them, write "
            f"{dropped} there, and run “{PROGRAM} language retire {languages[0]} --drop”, which exports them first."
        )


def add_files(writer: BackupWriter, names: list[str], report: Report) -> list[dict[str, Any]]:
    """Write these uploaded files, and return what the manifest says of each."""
    files = []
    for done, name in enumerate(names, 1):
        with suppress(FileNotFoundError), default_storage.open(name) as file:  # a clean-up may just have removed it
            files.append(writer.add_file(name, file))
        report(done, len(names), " files")
    return files


def names_of_files() -> set[str] | None:
    """Return the names of the files that rows and versions name; None before the database is up to date."""
    with suppress(DatabaseError), transaction.atomic():
        return {*named_files()}
    return None


def database_version(connection: BaseDatabaseWrapper) -> str:
    return ".".join(map(str, connection.get_database_version()))


def media_names() -> Iterator[str]:
    """Give the names of all uploaded files, but the hidden ones, which are being written."""
    return (name for name in stored_names() if not any(part.startswith(".") for part in name.split("/")))


def backups_in(folder: Path) -> list[Path]:
    """Return the backups of a folder that are named by their time, the oldest first."""
    return sorted(path for path in folder.iterdir() if NAME_PATTERN.fullmatch(path.name))


def new_name_in(folder: Path, now: datetime) -> Path:
    """Return where a backup goes in a folder of backups, and remove what killed ones have left there."""
    remove_partial_files(folder, "city-networks-*.zip")
    return folder / NAME.format(now.astimezone(UTC))


def remove_oldest(folder: Path, keep: int, missing: Iterable[str] = ()) -> list[Path]:
    """
    Remove all but so many of the newest backups of a folder, and return which were removed.

    The newest one that has a file which is missing now stays too: it may be the last place that has it.
    """
    removed, lost = [], {f"media/{name}" for name in missing}
    for number, path in enumerate(reversed(backups_in(folder)), 1):
        found = whole_members(path, lost) if lost else set()
        lost -= found
        if number > keep and not found:
            path.unlink()
            removed.append(path)
    return removed


def whole_members(path: Path, wanted: set[str]) -> set[str]:
    """Return which of these members a backup has undamaged."""
    found = set()
    with damage_ignored(), zipfile.ZipFile(path) as archive:
        # An empty one stands in for a file that is lost for good.
        there = {member.filename for member in archive.infolist() if member.file_size}
        for name in wanted & there:
            with damage_ignored(), archive.open(name) as member:
                for _chunk in chunks_of(member):  # to its end, where its checksum is compared
                    pass
                found.add(name)
    return found


@contextmanager
def damage_ignored() -> Iterator[None]:
    """Ignore what `zipfile` raises for changed bytes, but not that a disk cannot be read just now."""
    try:
        yield
    except (zipfile.BadZipFile, EOFError, RuntimeError, ValueError, zlib.error, lzma.LZMAError):
        pass  # damaged, or it seems to be encrypted, or compressed in another way
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # as of bz2, or of a place before the beginning
            raise
