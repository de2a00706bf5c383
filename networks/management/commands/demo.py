import os
import shutil
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from citynetworks import PRODUCTION_VARIABLES
from networks.management import demo_site

FIRST_PORT, LAST_PORT = 8000, 8099


class Command(BaseCommand):
    help = (
        "Run the whole site with the memberships of the City of Niš, as in production but with its own database in "
        ".data/demo. Create the accounts editor, publisher and admin, and print their passwords."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "address",
            nargs="?",
            metavar="address:port",
            help="Where to serve. Without it, on this machine only, at port 8000 or the next one that is free.",
        )
        parser.add_argument("--workers", type=int, default=2, help="How many processes serve (2).")
        parser.add_argument("--reset", action="store_true", help="Throw away what was changed in the demo before.")

    def handle(self, *, address: str | None, workers: int, reset: bool, **options: Any) -> None:
        for name in PRODUCTION_VARIABLES:
            if name in os.environ:
                raise CommandError(
                    f"{name} is set, so this is the environment of a real site. The demo only runs where none is "
                    "configured: unset it, or use another checkout."
                )
        if workers < 1:
            raise CommandError("At least one worker must serve.")
        host, port = self.parse(address) if address is not None else self.free_address()
        if not demo_site.port_is_free(host, port):
            raise CommandError(
                f"{host}:{port} is taken or not an address of this machine. Name another, "
                f"such as manage.py demo {host}:{port + 1}."
            )
        folder = settings.DATA_DIR / "demo"
        if reset:
            shutil.rmtree(folder, ignore_errors=True)
        os.environ.update(demo_site.environment(folder, host))
        os.chdir(settings.BASE_DIR)
        self.stdout.write("Preparing the demo ...")
        self.stdout.flush()
        arguments = ["-m", "networks.management.demo_site", host, str(port), str(workers)]
        os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606

    def free_address(self) -> tuple[str, int]:
        host = "127.0.0.1"
        ports = range(FIRST_PORT, LAST_PORT + 1)
        return host, next((port for port in ports if demo_site.port_is_free(host, port)), FIRST_PORT)

    def parse(self, address: str) -> tuple[str, int]:
        """Return the host and port of "8001", "localhost:8001", "0.0.0.0:80" or "[::1]:8001"."""
        host, _separator, port = address.rpartition(":")
        try:
            number = int(port)
        except ValueError:
            number = 0
        if not 0 < number < 65536:
            raise CommandError(f"“{address}” is not an address and a port, such as 127.0.0.1:8000.")
        return host.strip("[]") or "127.0.0.1", number
