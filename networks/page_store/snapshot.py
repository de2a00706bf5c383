"""Reading several things as they were at one moment, whatever others commit meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """
    Let all queries inside see what was committed when the first of them began. Nobody waits for it.

    Nothing may be written inside. Within a transaction that goes on already, that one decides what is seen; so it
    does where threads share a connection, as in Django's live server for tests, and none has one to itself.
    """
    if connection.in_atomic_block or connection.allow_thread_sharing:
        yield
        return
    connection.ensure_connection()  # which sets the mode
    # The site's own transactions on SQLite take the lock of the writer at once. A reader needs none: from its first
    # query on it sees one state of the file (https://www.sqlite.org/isolation.html).
    mode = getattr(connection, "transaction_mode", None)
    connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]  # of SQLite alone
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                # What PostgreSQL does by itself is another state with every query.
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield
    finally:
        connection.transaction_mode = mode  # type: ignore[attr-defined]
