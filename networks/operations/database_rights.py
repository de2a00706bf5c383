"""What a role of PostgreSQL may do. Each process of the site loads this, on any system."""

from typing import Any


def quote(name: str) -> str:
    """Return a name as SQL takes it."""
    return '"{}"'.format(name.replace('"', '""'))


def missing_right(cursor: Any) -> tuple[str, str] | None:
    """Return that the role of a cursor of PostgreSQL may not make databases, and what to type; None if it may."""
    cursor.execute("SELECT rolcreatedb OR rolsuper, current_user FROM pg_roles WHERE rolname = current_user")
    may_create, role = cursor.fetchone()
    if may_create:
        return None
    return (
        f"The role {role} may not make databases, so there is no place to restore a backup into.",
        f"sudo -u postgres psql -c 'ALTER ROLE {quote(role)} CREATEDB'",
    )
