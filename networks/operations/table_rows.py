"""
The rows of a database as lines of JSON that do not depend on which database it is.

By the models as the applied migrations describe them, and not by those of the present code: so databases of any
earlier version can be read and written.
"""

import base64
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from networks.operations.backup_file import BackupError

Migrations = dict[str, list[str]]  # the names of the applied migrations of each app
Key = tuple[str, str]  # the app of a migration, and its name

ROWS_AT_ONCE = 200
BYTES_AT_ONCE = 2 * 1024 * 1024


def applied_migrations(connection: BaseDatabaseWrapper) -> Migrations:
    applied: Migrations = {}
    for app, name in sorted(MigrationLoader(connection).applied_migrations):
        applied.setdefault(app, []).append(name)
    return applied


def keys_of(applied: Migrations) -> list[Key]:
    return [(app, name) for app, names in applied.items() for name in names]


@cache
def known_migrations() -> dict[Key, list[Key]]:
    """Return the migrations of this code, each with those that it replaces."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    return {key: [*migration.replaces] for key, migration in loader.disk_migrations.items()}


def unknown_migrations(applied: Iterable[Key]) -> list[str]:
    """
    Return the names of those of applied migrations that a newer version of the site has made.

    Of apps that are not installed there may be any: their tables are none of the site's.
    """
    known = known_migrations()
    replaced = {key for keys in known.values() for key in keys}
    apps = {app for app, _name in known}
    return sorted(
        f"{app}.{name}"
        for app, name in applied
        if app in apps and (app, name) not in known and (app, name) not in replaced
    )


def tables_at(connection: BaseDatabaseWrapper, applied: Migrations) -> list["Table"]:
    """Return the tables that a database has after these migrations."""
    loader = MigrationLoader(None)
    apps: Apps = loader.project_state([key for key in keys_of(applied) if key in loader.graph.nodes]).apps
    found = [
        Table(model, connection)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]
    return sorted(found, key=lambda table: table.name)


def json_text(value: Any) -> str:
    """Return JSON in one form: PostgreSQL does not keep the order of the keys."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def in_utc(value: datetime) -> str:
    return (value.astimezone(UTC) if value.tzinfo else value).isoformat()


def identity(value: Any) -> Any:
    return value


# By the internal type of a field: from the Python value of the database to JSON, and back
ENCODINGS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "BinaryField": (lambda value: base64.b64encode(bytes(value)).decode(), base64.b64decode),
    "DateField": (date.isoformat, date.fromisoformat),
    "DateTimeField": (in_utc, datetime.fromisoformat),
    "DecimalField": (lambda value: f"{value:f}", Decimal),
    "DurationField": (
        lambda value: value // timedelta(microseconds=1),
        lambda number: timedelta(microseconds=number),
    ),
    "GenericIPAddressField": (str, str),
    "JSONField": (json.loads, identity),
    "TimeField": (time.isoformat, time.fromisoformat),
    "UUIDField": (str, uuid.UUID),
}


class Column:
    """A column of a table: how its values are read, written as JSON, and stored."""

    def __init__(self, field: models.Field, connection: BaseDatabaseWrapper):
        self.name = str(field.column)
        self.connection = connection
        self.converters = connection.ops.get_db_converters(field.cached_col)
        self.expression = field.cached_col
        while isinstance(field, models.ForeignKey):  # which holds what the key of the other table does
            field = field.target_field
        self.kind = field.get_internal_type()
        # A value of JSON may itself be null, so it stands in a list where the column may be empty.
        self.is_nullable_json = self.kind == "JSONField" and field.null
        self.to_json, self.from_json = ENCODINGS.get(self.kind, (identity, identity))
        # Django's own field of this type, as those of the site may refuse what stands in an old database
        options = {"max_digits", "decimal_places"} & {*vars(field)}
        plain = getattr(models, self.kind)(**{name: getattr(field, name) for name in options})
        self.prepare = plain.get_db_prep_value

    def encode(self, value: Any) -> Any:
        if value is None:
            return None
        stored = value
        for convert in self.converters:
            value = convert(value, self.expression, self.connection)
        if value is None:
            raise BackupError(
                f"The column {self.name} of {self.expression.alias} holds {stored!r}, which is no value."
            )
        value = self.to_json(value)
        return [value] if self.is_nullable_json else value

    def decode(self, value: Any) -> Any:
        """Return what the database driver takes."""
        if self.kind == "JSONField":
            if value is None and self.is_nullable_json:
                return None
            return self.connection.ops.adapt_json_value(value[0] if self.is_nullable_json else value, None)
        return None if value is None else self.prepare(self.from_json(value), self.connection, prepared=True)


class Table:
    """A table of a database, by its model at some time."""

    def __init__(self, model: type[models.Model], connection: BaseDatabaseWrapper):
        self.model = model
        self.connection = connection
        self.name = model._meta.db_table
        fields = [field for field in model._meta.local_concrete_fields if not getattr(field, "generated", False)]
        self.columns = [Column(field, connection) for field in fields]
        self.key = model._meta.pk
        self.key_column = next(each.name for each in self.columns if each.expression.target is self.key)
        # Rows with files in them are read one by one.
        self.rows_at_once = 1 if any(each.kind == "BinaryField" for each in self.columns) else ROWS_AT_ONCE

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @cached_property
    def quoted(self) -> str:
        return self.connection.ops.quote_name(self.name)

    @cached_property
    def quoted_columns(self) -> str:
        return ", ".join(map(self.connection.ops.quote_name, self.column_names))

    def count(self) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {self.quoted}")  # noqa: S608
            return cursor.fetchone()[0]

    def lines(self) -> Iterator[bytes]:
        """Give the rows in the order of their keys, each as a line of JSON."""
        order = self.connection.ops.quote_name(self.key_column)
        if self.connection.vendor == "postgresql" and isinstance(self.key, models.CharField):
            order += ' COLLATE "C"'  # by code points, as SQLite does
        encode = [column.encode for column in self.columns]
        with self.connection.chunked_cursor() as cursor:
            cursor.execute(f"SELECT {self.quoted_columns} FROM {self.quoted} ORDER BY {order}")  # noqa: S608
            while rows := cursor.fetchmany(self.rows_at_once):
                for row in rows:
                    values = [each(value) for each, value in zip(encode, row, strict=True)]
                    # JSON may hold half of a pair of surrogates.
                    yield f"{json_text(values)}\n".encode(errors="surrogatepass")

    def insert(self, lines: Iterable[bytes], inserted: Callable[[int], None]) -> None:
        """Store rows, and call `inserted` with how many those of each batch were."""
        places = ", ".join(["%s"] * len(self.columns))
        statement = f"INSERT INTO {self.quoted} ({self.quoted_columns}) VALUES ({places})"  # noqa: S608
        decode = [column.decode for column in self.columns]
        batch: list[list[Any]] = []
        size = 0

        def flush() -> None:
            with self.connection.cursor() as cursor:
                cursor.executemany(statement, batch)
            inserted(len(batch))
            batch.clear()

        for line in lines:
            batch.append([each(value) for each, value in zip(decode, json.loads(line), strict=True)])
            size += len(line)
            if len(batch) == ROWS_AT_ONCE or size > BYTES_AT_ONCE:
                flush()
                size = 0
        if batch:
            flush()

    @property
    def has_sequence(self) -> bool:
        return isinstance(self.key, models.AutoField)

    def last_key(self) -> int:
        """Return the last key that the database gave, which it does not give again; only of one with a sequence."""
        with self.connection.cursor() as cursor:
            if self.connection.vendor == "sqlite":
                cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = %s", [self.name])
                return cursor.fetchone()[0] or 0
            cursor.execute(f"SELECT last_value, is_called FROM {self.sequence(cursor)}")  # noqa: S608
            last, is_called = cursor.fetchone()
            return last if is_called else last - 1

    def set_last_key(self, last: int) -> None:
        """Let the database give later keys only; of a table with a sequence."""
        with self.connection.cursor() as cursor:
            key = self.connection.ops.quote_name(self.key_column)
            cursor.execute(f"SELECT max({key}) FROM {self.quoted}")  # noqa: S608
            last = max(last, cursor.fetchone()[0] or 0)
            if self.connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [self.name])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [self.name, last])
            else:
                cursor.execute("SELECT setval(%s, %s, %s)", [self.sequence(cursor), max(last, 1), last > 0])

    def sequence(self, cursor: Any) -> str:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [self.quoted, self.key_column])
        return cursor.fetchone()[0]


def remove_all_rows(tables: list[Table], connection: BaseDatabaseWrapper) -> None:
    """Empty the tables of what migrations have put there."""
    statements = connection.ops.sql_flush(no_style(), [table.name for table in tables])
    connection.ops.execute_sql_flush(statements)


def check_migrations_are_known(applied: Migrations, what: str, version: str) -> None:
    """Raise BackupError if what has these migrations, made by a version of the product, is newer than this code."""
    if unknown := unknown_migrations(keys_of(applied)):
        others = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        raise BackupError(
            f"{what} is newer than this version of City Networks, which does not have the migrations "
            f"{', '.join(unknown[-3:])}{others}. Install {version}, or a newer one, and try again."
        )
