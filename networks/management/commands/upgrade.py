import json
import os
import shlex
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from citynetworks.command_line import COMMAND
from networks.models import Operation
from networks.operations.installation import Installation
from networks.operations.upgrading import Upgrade, await_version, preflight


class Command(BaseCommand):
    help = (
        "Let the installed site run the version of the project that this command is of: check, back up, migrate, "
        "restart, ask the running site for its version, and say how to go back. To be run as root, from the Python "
        "environment of the new version. If it was interrupted, the same command continues."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--restart",
            default=f"systemctl restart {COMMAND}",
            metavar="COMMAND",
            help="How to restart the site (systemctl restart city-networks).",
        )
        parser.add_argument(
            "--root",
            type=Path,
            metavar="FOLDER",
            default="/",
            help="The folder below which the site is installed, if it was installed with --root.",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="Only say what would be done to the database of these settings, and whether it can be.",
        )
        # What the command runs of itself, as the user of the site
        parser.add_argument("--record", metavar="JSON", help="Only keep on record that an upgrade has ended.")
        parser.add_argument(
            "--await-version", action="store_true", help="Only wait until the running site is of this version."
        )

    def handle(self, *, restart: str, root: Path, check: bool, record: str | None, **options: Any) -> None:
        if record is not None:
            Operation.record(Operation.Kind.UPGRADE, **json.loads(record))
        elif options["await_version"]:
            self.stdout.write(await_version())
        elif check:
            self.check_only()
        else:
            self.upgrade(Installation([], root=root.resolve()), shlex.split(restart))

    def check_only(self) -> None:
        report = preflight()
        for fact in report.facts:
            self.stdout.write(fact)
        if report.problems:
            raise CommandError("\n".join(report.problems))

    def upgrade(self, installation: Installation, restart: list[str]) -> None:
        if installation.is_real and os.geteuid() != 0:
            raise CommandError("Only root may upgrade the site: sudo … upgrade")
        try:
            succeeded = Upgrade(installation, restart, self.say).run()
        except KeyboardInterrupt:
            raise CommandError("Interrupted. The same command continues.", returncode=130) from None
        if not succeeded:
            raise CommandError("The upgrade has stopped, as said above.")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
