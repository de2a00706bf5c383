"""Connections to SQLite that were opened while its file could not be written."""

import os
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def let_read_only_go(sender: type, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """
    Let a connection end with its request if the file cannot be written now: SQLite opens it for reading alone, and it
    stays so when the file can be written again.
    """
    is_file = connection.vendor == "sqlite" and not connection.is_in_memory_db()  # type: ignore[attr-defined]
    if is_file and not os.access(connection.settings_dict["NAME"], os.W_OK):
        connection.close_at = 0.0  # on the clock of time.monotonic()


def connect_signals() -> None:
    """Called when the app is ready."""
    connection_created.connect(let_read_only_go, dispatch_uid="read_only_connections")
