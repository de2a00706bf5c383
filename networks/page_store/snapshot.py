"""Run several queries on the same state of the database, whatever other transactions commit meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """
    Let all queries inside see what was committed when the first of them began. This blocks no other transaction.

    Nothing may be written inside. Within a transaction, or on a connection that threads share, as in Django's live
    server for tests, this does nothing.
    """
    if connection.in_atomic_block or connection.allow_thread_sharing:
        yield
        return
    connection.ensure_connection()  # sets the mode
    # On SQLite, the settings let transactions take the write lock at once. A reader needs none: from its first query
    # on it sees one state of the file (https://www.sqlite.org/isolation.html).
    mode = getattr(connection, "transaction_mode", None)
    connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]  # of SQLite alone
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                # By default, PostgreSQL shows each query what is committed by then.
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield
    finally:
        connection.transaction_mode = mode  # type: ignore[attr-defined]
