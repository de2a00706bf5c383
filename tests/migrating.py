"""What tests of migrations share. The fixture with which the database is as it was afterwards is in conftest.py."""

import sqlite3
from contextlib import closing

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def drop_all_tables():
    """Leave nothing in the database, in less time than by migrating back; that this goes is seen in test_roles.py."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(":memory:")) as nothing:
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
