"""What tests of migrations share. The fixture with which the database is as it was afterwards is in conftest.py."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

ROOT = Path(__file__).parent.parent
MIGRATIONS = ROOT / "networks" / "migrations"
# What the code of each landed state has written
LANDED = ROOT / "tests" / "databases" / "landed"
# The digest of each migration that has landed, as sha256sum writes it; `python -m tests.databases` adds the new ones.
LANDED_MIGRATIONS = ROOT / "tests" / "landed_migrations.txt"


def landed_digests():
    """Return the digests of the migrations that have landed, by their names."""
    lines = (line.split() for line in LANDED_MIGRATIONS.read_text().splitlines())
    return {Path(name).stem: digest for digest, name in lines}


def drop_all_tables():
    """Leave nothing in the database, in less time than by migrating back; that this goes is seen in test_roles.py."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(":memory:")) as nothing:
            connection.ensure_connection()
            nothing.backup(connection.connection)
    else:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
    ContentType.objects.clear_cache()


def migrate_to(name):
    """Migrate networks, and return the models as they were then."""
    call_command("migrate", "networks", name, verbosity=0)
    executor = MigrationExecutor(connection)
    key = executor.loader.get_migration_by_prefix("networks", name)
    return executor.loader.project_state(("networks", key.name)).apps


def insert_rows(path, *, but_not=()):
    """
    Insert the rows of a kept database: {table: {"columns": [name], "rows": [[value]]}}.

    `but_not` names tables whose rows are left out. Call `reset_sequences` before the next row is made.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        for table, kept in json.loads(path.read_text()).items():
            if table not in but_not:
                columns = ", ".join(map(connection.ops.quote_name, kept["columns"]))
                values = ", ".join(["%s"] * len(kept["columns"]))
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", kept["rows"])  # noqa: S608


def reset_sequences(apps):
    """Let the next row of each table of these models get a key that no other has."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models(include_auto_created=True)):
            cursor.execute(statement)
