"""
Scratch databases, which are filled beside a database and then take its place.

The database whose place is taken is kept under another name. While anybody else has it open, it is not touched.
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import Error, connections

from citynetworks.uploads import fsync
from networks.operations.backing_up import as_default
from networks.operations.backup_file import BackupError
from networks.operations.database_rights import missing_right, quote

Config = dict[str, Any]  # Django's configuration of a database

LONGEST_NAME = 63  # bytes of a name in PostgreSQL

STOP_IT = (
    "{what} is in use ({by}). Stop the site, for example with: systemctl stop city-networks. Then give this command "
    "again."
)

NONE_BEFORE = "There was no database before."


def kept_name(name: str, moment: datetime) -> str:
    return f"{name}_before_{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def close_own_connections(config: Config) -> None:
    for connection in connections.all(initialized_only=True):
        is_same = connection.settings_dict["NAME"] == config["NAME"]
        if is_same and connection.settings_dict["HOST"] == config["HOST"] and not connection.in_atomic_block:
            connection.close()


class SqlitePlace:
    """The file of a database of SQLite, or where there will be one."""

    def __init__(self, config: Config):
        self.config = config
        self.path = Path(config["NAME"]).resolve()
        self.description = f"The database {self.path}"
        self.way_back = ""

    def check_not_in_use(self) -> None:
        """Raise BackupError if another process has the database open."""
        close_own_connections(self.config)
        if self.path.exists():
            with self.locked():
                pass

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from opening the database, whose log is merged into its file first."""
        with closing(sqlite3.connect(self.path, timeout=0, isolation_level=None)) as database:
            try:
                # Others that have it open hold a lock that this needs.
                database.execute("PRAGMA journal_mode=DELETE")
                database.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if "locked" in str(error):
                    by = "another process has its file open"
                    raise BackupError(STOP_IT.format(what=self.description, by=by)) from error
                raise BackupError(f"{self.description} cannot be opened: {error}.") from error
            except sqlite3.DatabaseError:
                pass  # It is damaged, and put aside as it is.
            yield

    @contextmanager
    def scratch(self, purpose: str) -> Iterator[Config]:
        """Give the configuration of a new, empty database beside this one, which is removed in the end."""
        self.new = self.path.with_name(f"{self.path.name}.{purpose}")
        # Nothing is kept of it if the machine fails meanwhile, so nothing waits for the disk.
        options = {"init_command": "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;"}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BackupError(f"Another backup is being restored in {self.path.parent} just now.") from error
            remove_database_file(self.new)  # which a killed one has left
            self.new.touch(mode=0o600)
            try:
                yield self.config | {"NAME": str(self.new), "OPTIONS": {**self.config["OPTIONS"], **options}}
            finally:
                remove_database_file(self.new)
        finally:
            os.close(folder)

    def swap(self, moment: datetime) -> None:
        """Put the scratch database in the place of this one; from that moment on, `way_back` says how to go back."""
        with closing(sqlite3.connect(self.new)) as database:
            database.execute("PRAGMA journal_mode=WAL")  # as the site has it: it need not change the file
        fsync(self.new)
        kept = self.path.with_name(kept_name(self.path.name, moment))
        if not self.path.exists():
            remove_database_file(self.path)  # what is left of a log
            self.new.replace(self.path)
            self.way_back = NONE_BEFORE
            fsync(self.path.parent)
            return
        with suppress(OSError):  # only root may give files away
            shutil.copymode(self.path, self.new)
            shutil.chown(self.new, self.path.stat().st_uid, self.path.stat().st_gid)
        close_own_connections(self.config)
        with self.locked():
            # There is no moment without a database. A damaged one has a log still, which must not meet the new file.
            for each in files_of(self.path):
                if each.exists():
                    each.with_name(each.name.replace(self.path.name, kept.name, 1)).hardlink_to(each)
            for log in files_of(self.path)[1:]:
                log.unlink(missing_ok=True)
            self.new.replace(self.path)
            self.way_back = (
                f"The former database is kept as {kept}. To go back, stop the site, and then:\n"
                f"  rm -f {self.path}-wal {self.path}-shm && mv {kept} {self.path}"
            )
            fsync(self.path.parent)


def files_of(path: Path) -> list[Path]:
    """Return the file of a database and those of its logs."""
    return [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm", "-journal")]


def remove_database_file(path: Path) -> None:
    for each in files_of(path):
        each.unlink(missing_ok=True)


class PostgresPlace:
    """A database of PostgreSQL, or where there will be one."""

    def __init__(self, config: Config):
        self.config = config
        self.name = config["NAME"]
        self.description = f"The database {self.name}"
        self.way_back = ""

    @contextmanager
    def server(self) -> Iterator[Any]:
        """Give a cursor of the server's own database: none can be made or renamed from within itself."""
        try:
            with as_default(self.config | {"NAME": "postgres"}) as connection, connection.cursor() as cursor:
                yield cursor
        except Error as error:
            raise BackupError(f"The PostgreSQL server says: {str(error).strip()}") from error

    def exists(self, cursor: Any, name: str) -> bool:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None

    def check_not_in_use(self) -> None:
        """Raise BackupError if anybody else is connected to the database."""
        close_own_connections(self.config)
        with self.server() as cursor:
            cursor.execute(
                "SELECT count(*), min(coalesce(nullif(application_name, ''), usename)) FROM pg_stat_activity "
                "WHERE datname = %s AND backend_type = 'client backend'",
                [self.name],
            )
            count, example = cursor.fetchone()
        if count:
            by = f"{count} connections, one of {example}"
            raise BackupError(STOP_IT.format(what=self.description, by=by))

    @contextmanager
    def scratch(self, purpose: str) -> Iterator[Config]:
        """Give the configuration of a new, empty database beside this one, which is removed in the end."""
        ending = f"_{purpose}"
        self.new = self.name.encode()[: LONGEST_NAME - len(ending)].decode(errors="ignore") + ending
        with self.server() as cursor:
            if missing := missing_right(cursor):
                raise BackupError("{} Let it, with: {}.".format(*missing))
            # Refused while another one is restoring there; a killed one may have left it.
            cursor.execute(f"DROP DATABASE IF EXISTS {quote(self.new)}")
            cursor.execute("SELECT datcollate, datctype FROM pg_database WHERE datname = %s", [self.name])
            locale = cursor.fetchone()
            same_locale = " LC_COLLATE '{}' LC_CTYPE '{}'".format(*locale) if locale else ""
            cursor.execute(f"CREATE DATABASE {quote(self.new)} TEMPLATE template0 ENCODING 'UTF8'{same_locale}")
        try:
            yield self.config | {"NAME": self.new, "CONN_MAX_AGE": 0}
        finally:
            with self.server() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {quote(self.new)}")

    def swap(self, moment: datetime) -> None:
        """Put the scratch database in the place of this one; from that moment on, `way_back` says how to go back."""
        ending = kept_name("", moment)
        kept = self.name.encode()[: LONGEST_NAME - len(ending)].decode(errors="ignore") + ending
        self.check_not_in_use()
        name, new, kept = map(quote, (self.name, self.new, kept))
        with self.server() as cursor:
            if not self.exists(cursor, self.name):
                cursor.execute(f"ALTER DATABASE {new} RENAME TO {name}")
                self.way_back = NONE_BEFORE
                return
            # In one transaction: whenever it is killed, either both have their new names or none.
            cursor.execute("BEGIN")
            cursor.execute(f"ALTER DATABASE {name} RENAME TO {kept}")
            cursor.execute(f"ALTER DATABASE {new} RENAME TO {name}")
            cursor.execute("COMMIT")
            undone = quote(f"{self.name}_undone")
            self.way_back = (
                f"The former database is kept as {kept}. To go back, stop the site, and then in psql, in the "
                f"database postgres:\n  ALTER DATABASE {name} RENAME TO {undone};\n"
                f"  ALTER DATABASE {kept} RENAME TO {name};"
            )


Place = SqlitePlace | PostgresPlace


def place_of(config: Config) -> Place:
    """Return where a database is, by its configuration."""
    return SqlitePlace(config) if config["ENGINE"].endswith("sqlite3") else PostgresPlace(config)
