import sys
from getpass import getpass

from django.core.management.base import CommandError


def given_url(value: str) -> str:
    """
    Return the URL of a database that an argument has; for “-”, the one that is typed or stands on standard input.

    There, no list of processes and no history of a shell shows its password.
    """
    if value != "-":
        return value
    url = getpass("The URL of the database: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not url.strip():
        raise CommandError("“-” stands for the URL of a database on standard input, and there is none.")
    return url.strip()
