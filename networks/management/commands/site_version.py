import platform
import subprocess
from typing import Any

import django
from django import db
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from citynetworks import __version__
from citynetworks.command_line import PROGRAM
from networks.operations.probes import migrations, newest_migration, reason


class Command(BaseCommand):
    help = f"Print the version of the product, and of what it runs on. `{PROGRAM} version` does the same."
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"City Networks {__version__}")
        if commit := commit_of_checkout():
            self.stdout.write(f"Commit {commit}")
        self.stdout.write(f"Newest migration {newest_migration()}")
        self.stdout.write(f"Python {platform.python_version()}")
        self.stdout.write(f"Django {django.get_version()}")
        try:
            number = ".".join(map(str, connection.get_database_version()))
            self.stdout.write(f"{connection.display_name} {number}")
            self.stdout.write(migrations(False)[1])
        except db.Error as error:
            self.stdout.write(f"{connection.display_name}, which does not answer: {reason(error)}")


def commit_of_checkout() -> str:
    """Return the commit that is checked out, with a + if files have been changed; nothing if this is no checkout."""
    if settings.IS_INSTALLED or not (settings.BASE_DIR / ".git").exists():
        return ""
    try:
        result = subprocess.run(  # noqa: S603
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],  # noqa: S607
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):  # git is not installed
        return ""
    return result.stdout.strip()
