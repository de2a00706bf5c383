"""Makes the database of the plain project, with the rows of the site in the SQLite file that is named."""

import sys

import django
from django.core.management import call_command
from django.db import connection


def copy(path):
    from tests.benchmark.plain.models import CityProfile, Network, Page, Theme

    with connection.cursor() as cursor:
        cursor.execute("ATTACH DATABASE %s AS site", [path])
        for model in (Theme, Network, Network.themes.through, Page, CityProfile):
            table = model._meta.db_table
            columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
            original = table.replace("plain_", "networks_")
            cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM site.{original}")  # noqa: S608


if __name__ == "__main__":
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    copy(sys.argv[1])
