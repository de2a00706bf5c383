"""System checks: what would lose or hide something, and is found before it does. They are run by each command."""

from collections.abc import Collection

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections


@register(Tags.database)
def database_is_whole(databases: Collection[str] | None = None, **kwargs) -> list[CheckMessage]:
    """Read through a database of SQLite. The server does so whenever it starts, and `migrate` before it writes."""
    messages = []
    for connection in map(connections.__getitem__, databases or ()):
        if connection.vendor != "sqlite":
            continue
        try:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA quick_check(1)")
                problem = cursor.fetchone()[0]
        except DatabaseError as error:
            problem = str(error)
        if problem != "ok":
            messages.append(
                Error(
                    f"The database {connection.settings_dict['NAME']} cannot be used: {problem}.",
                    hint="Stop the site and put the last backup back, as README.md says.",
                    id="networks.E001",
                )
            )
    return messages
