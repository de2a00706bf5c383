"""
Restoring a backup: into a scratch database, compared, migrated forward, and only then put in its place.

Whenever it is killed, the site that there was is whole. Uploaded files are added to those that there are, under the
names that they had: the file of a name does not change, so none that is there is in the way.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.core.management import call_command
from django.db import Error, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from citynetworks.uploads import UploadsStorage
from networks.models import Operation
from networks.operations.backing_up import as_default
from networks.operations.backup_file import BackupError, BackupFile, Report, Source, chunks_of
from networks.operations.scratch_databases import Config, place_of
from networks.operations.table_rows import (
    Table,
    applied_migrations,
    check_migrations_are_known,
    keys_of,
    remove_all_rows,
    tables_at,
)
from networks.page_store.version import raise_version

# No migration removes rows of these.
LASTING = ("networks_network", "networks_page", "networks_revision", "networks_event", "auth_user")


class DatabaseReplaced(Exception):
    """Something has failed, its cause, when the database was replaced already. The message says how things stand."""

    def __init__(self, way_back: str, not_replaced: list[str]):
        files = f", but not these files: {', '.join(not_replaced)}" if not_replaced else ""
        super().__init__(
            f"The database was replaced{files}. Once this is mended, give the command again before you start the "
            f"site. {way_back}"
        )


def restore(file: BackupFile, config: Config, report: Report) -> str:
    """
    Put what is in a backup in the place of a database, and return how to go back.

    `config` is Django's configuration of the database; it may hold anything, or not be there. The uploaded files go
    into the storage of the site. Raises BackupError, or what else fails; then the database is as it was. Whatever
    fails after the database was replaced is the cause of DatabaseReplaced.
    """
    check_is_known(file)
    place = place_of(config)
    place.check_not_in_use()
    moment = timezone.now()
    differing: list[str] = []
    try:
        with place.scratch("restoring") as scratch:
            with as_default(scratch) as connection:
                fill(file, connection, report)
                differing = store_files(file, default_storage, report)
                bring_up_to_date(file, connection)
                Operation.record(Operation.Kind.RESTORE, **details_of(file))
            place.swap(moment)
        # After the swap, as the former site shows them
        while differing:
            replace_file(file, differing[0], moment)
            del differing[0]
    except (Exception, KeyboardInterrupt) as error:
        if not place.way_back:
            raise
        raise DatabaseReplaced(place.way_back, differing) from error
    return place.way_back


def drill(file: BackupFile, config: Config, report: Report) -> None:
    """
    Restore a backup into a scratch database beside a database, and into a scratch folder, and remove both.

    Raises BackupError if the site could not be restored from it.
    """
    check_is_known(file)
    with (
        place_of(config).scratch("drill") as scratch,
        as_default(scratch) as connection,
        scratch_storage() as storage,
    ):
        fill(file, connection, report)
        store_files(file, storage, report)
        bring_up_to_date(file, connection)


def details_of(file: BackupFile) -> dict[str, Any]:
    """Return what the record of an operation says of a backup."""
    manifest = file.manifest
    return {
        "file": file.path.name,
        "made_at": manifest["made_at"],
        "version": manifest["version"],
        "rows": file.row_count,
        "files": len(manifest["files"]),
        "missing_files": len(manifest.get("missing_files", [])),
    }


def check_is_known(file: BackupFile) -> None:
    manifest = file.manifest
    check_migrations_are_known(
        manifest["migrations"], f"The backup {file.path}", f"version {manifest['version']}, which has made it"
    )


def fill(file: BackupFile, connection: BaseDatabaseWrapper, report: Report) -> None:
    """Bring an empty database to the state of the backup, load the rows, read them back, and compare each."""
    applied = file.manifest["migrations"]
    report(0, 1, " scratch databases made")
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    keys = set(keys_of(applied))
    executor.migrate(
        [], [(migration, back) for migration, back in plan if (migration.app_label, migration.name) in keys]
    )
    report(1, 1, " scratch databases made")
    tables = tables_at(connection, applied)
    described = file.manifest["tables"]
    if {table.name: table.column_names for table in tables} != {
        name: description["columns"] for name, description in described.items()
    }:
        raise BackupError(
            f"{file.path} holds other tables than its migrations make here. If its site had other languages, set "
            "DJANGO_LANGUAGES as it was there, and restore it then."
        )
    remove_all_rows(tables, connection)
    load(file, tables, connection, report)
    compare(file, tables, report)


def load(file: BackupFile, tables: list[Table], connection: BaseDatabaseWrapper, report: Report) -> None:
    done = 0

    def inserted(count: int) -> None:
        nonlocal done
        done += count
        report(done, file.row_count, " rows loaded")

    name = ""
    try:
        # Foreign keys are checked in the end.
        with transaction.atomic():
            for table in tables:
                name = table.name
                table.insert(file.lines(name), inserted)
                if table.has_sequence:
                    table.set_last_key(file.manifest["tables"][name]["last_key"])
            name = "in the end"
    except (Error, ValueError) as error:
        raise BackupError(f"The rows of {file.path} cannot be stored ({name}): {str(error).strip()}") from error


def compare(file: BackupFile, tables: list[Table], report: Report) -> None:
    """Raise BackupError unless a database holds the very rows of a backup."""
    done = 0
    for table in tables:
        digest = hashlib.sha256()
        for number, (expected, found) in enumerate(zip_longest(file.lines(table.name), table.lines()), 1):
            if expected != found:
                raise BackupError(f"Row {number} of {table.name} is not as it was after it was restored.")
            digest.update(found)
            done += 1
            if not done % 100 or done == file.row_count:
                report(done, file.row_count, " rows compared")
        description = file.manifest["tables"][table.name]
        if digest.hexdigest() != description["sha256"]:
            raise BackupError(f"The rows of {table.name} do not match their digest.")
        if table.has_sequence and table.last_key() < description["last_key"]:
            raise BackupError(f"{table.name} would give keys anew that it has given already.")


def bring_up_to_date(file: BackupFile, connection: BaseDatabaseWrapper) -> None:
    """Migrate forward to the present, and raise BackupError if anything is missing after it."""
    call_command("migrate", interactive=False, verbosity=0)
    # The pages that processes have in memory are of the former database.
    raise_version()
    after = {table.name: table for table in tables_at(connection, applied_migrations(connection))}
    for name in LASTING:
        count = file.manifest["tables"].get(name, {}).get("count", 0)
        found = after[name].count() if name in after else 0
        if found < count:
            raise BackupError(f"After the migration, {name} has {found} rows, and not the {count} of the backup.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # or else it would plan the first queries as for empty tables


# Uploaded files


def digest_of(file: Source) -> str:
    digest = hashlib.sha256()
    for chunk in chunks_of(file):
        digest.update(chunk)
    return digest.hexdigest()


def store_files(file: BackupFile, storage: Storage, report: Report) -> list[str]:
    """Store the uploaded files that are missing, and return the names of those that are there and differ."""
    differing = []
    files = file.manifest["files"]
    for done, described in enumerate(files, 1):
        name = described["name"]
        if not storage.exists(name):
            with file.media_file(name) as stream:
                stored = storage.save(name, File(stream, name))
            if stored != name:
                raise BackupError(f"The file {name} could only be stored as {stored}.")
            check_stored(storage, described)
        elif not is_stored(storage, described):
            differing.append(name)
        report(done, len(files), " files")
    return differing


def is_stored(storage: Storage, described: dict[str, Any]) -> bool:
    with storage.open(described["name"]) as stored:
        return digest_of(stored) == described["sha256"]


def check_stored(storage: Storage, described: dict[str, Any]) -> None:
    if not is_stored(storage, described):
        raise BackupError(f"The file {described['name']} does not match its digest after it was stored.")


def replace_file(file: BackupFile, name: str, moment: datetime) -> None:
    """Put the file of a backup in the place of one that differs, which is kept under a hidden name."""
    path = PurePosixPath(name)
    with default_storage.open(name) as former:
        default_storage.save(str(path.with_name(f".{path.name}.before-{moment:%Y%m%dT%H%M%SZ}")), former)
    with file.media_file(name) as stream:
        default_storage._save(name, File(stream, name))  # type: ignore[attr-defined]  # it is documented, and replaces the file at once
    check_stored(default_storage, next(each for each in file.manifest["files"] if each["name"] == name))


@contextmanager
def scratch_storage() -> Iterator[Storage]:
    """Give an empty storage beside the uploaded files, where there is room for them, that is removed in the end."""
    if not isinstance(default_storage, FileSystemStorage):
        with tempfile.TemporaryDirectory() as temporary:
            yield UploadsStorage(location=temporary)
        return
    folder = Path(default_storage.location) / ".restore-drill"
    shutil.rmtree(folder, ignore_errors=True)  # what a killed one has left
    try:
        yield UploadsStorage(location=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def made_by(manifest: dict[str, Any]) -> str:
    """Say in words what has made a backup."""
    database = manifest["database"]
    return f"version {manifest['version']} on {database['kind']} {database['version']}, {manifest['made_at']}"
