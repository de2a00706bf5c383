import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from citynetworks import environment
from citynetworks.security_contact import contact_uri
from networks.management.database_url import given_url
from networks.operations.installation import Installation, InstallationFailed, earlier_settings

SYSTEMD = Path("/run/systemd/system")  # is there while systemd runs the machine


class Command(BaseCommand):
    help = (
        "Install the site on this machine, as root: make its user, its folders, its settings with fresh secrets, its "
        "units for systemd and its file for nginx; make the database, start the site, and say what is left to do. "
        "What is there already stays, so it can be run again."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--host",
            help="The host name of the site, such as mreze.example.rs. More follow with commas in between.",
        )
        parser.add_argument("--email", help="Whom to tell of a security hole: a mailbox that somebody reads.")
        parser.add_argument(
            "--database-url",
            metavar="URL",
            default="",
            help="postgres://user:password@host/name, or - to be asked for it, so that no list of processes "
            "shows it. Without it, a file of SQLite, which is enough for one server.",
        )
        parser.add_argument("--port", help="The port at which the site serves nginx (8000).")
        parser.add_argument(
            "--certificate",
            metavar="FOLDER",
            default="",
            help="The folder of fullchain.pem and privkey.pem; by default that of nginx, or /etc/ssl/ and the host.",
        )
        parser.add_argument(
            "--root",
            type=Path,
            metavar="FOLDER",
            help="Install below this folder, without root, a user or units that run: to try it, or to look at it.",
        )
        parser.add_argument("--files-only", action="store_true", help="Write the files, and start nothing.")
        parser.add_argument("--dry-run", action="store_true", help="Only show what would be written.")

    def handle(self, *, root: Path | None, files_only: bool, dry_run: bool, **options: Any) -> None:
        try:
            installation = self.installation(root.resolve() if root else Path("/"), options)
            if dry_run:
                self.stdout.write("\n".join(installation.outline()))
                return
            installation.check()
            for line in installation.write():
                self.stdout.write(line)
            self.stdout.flush()
            is_started = not files_only and installation.is_real and SYSTEMD.is_dir()
            if not files_only:
                installation.prepare_site(self.say)
            if is_started:
                installation.start_units(self.say)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except InstallationFailed as error:
            raise CommandError(f"{error} What was made stays; the same command continues.") from error
        except ValueError as error:  # of a line that somebody has written
            raise CommandError(f"The environment file of the site: {error}.") from error
        except KeyboardInterrupt:
            raise CommandError(
                "Interrupted. What was made stays; the same command continues.", returncode=130
            ) from None
        except PermissionError as error:
            raise CommandError(f"{error.filename} is for root only: sudo … install") from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}. The same command continues.") from error
        self.stdout.write("\nWhat is left to do:")
        for number, step in enumerate(installation.next_steps(is_started=is_started), 1):
            self.stdout.write(f"{number}. {step}")

    def say(self, line: str) -> None:
        self.stdout.write(f"run    {line}")
        self.stdout.flush()

    def installation(self, root: Path, options: dict[str, Any]) -> Installation:
        """Return what is to be installed: as it was installed before, as the options say, or as somebody types it."""
        settings = earlier_settings(root)
        given = {
            "DJANGO_ALLOWED_HOSTS": ("--host", options["host"]),
            "DJANGO_SECURITY_CONTACT": ("--email", options["email"]),
            "DATABASE_URL": ("--database-url", given_url(options["database_url"])),
            "DJANGO_PORT": ("--port", options["port"]),
        }
        for name, (option, value) in given.items():
            if settings and value and value != settings.get(name, ""):
                raise CommandError(
                    f"The site is installed with another {name}. Change it in its environment file, and run install "
                    f"without {option}."
                )
        if settings is None:
            settings = {name: value for name, (_option, value) in given.items() if value}
            settings.setdefault("DJANGO_ALLOWED_HOSTS", self.ask("The host name of the site: "))
            settings.setdefault("DJANGO_SECURITY_CONTACT", self.ask("The e-mail of the site, for its security.txt: "))
        return Installation(
            hosts=named_hosts(settings["DJANGO_ALLOWED_HOSTS"]),
            port=checked_port(settings.get("DJANGO_PORT", "8000")),
            database_url=checked_database(settings.get("DATABASE_URL", "")),
            security_contact=checked_contact(settings.get("DJANGO_SECURITY_CONTACT", "")),
            certificate=options["certificate"].rstrip("/"),
            root=root,
        )

    def ask(self, question: str) -> str:
        return input(question).strip() if sys.stdin.isatty() else ""


def named_hosts(value: str) -> list[str]:
    if not value:
        raise CommandError("Name the host of the site: --host mreze.example.rs")
    hosts = environment.hosts("--host", value)
    if hosts[0].startswith(("*", ".")):
        raise CommandError(f"--host begins with {hosts[0]}. The first host is the one that visitors are led to.")
    return hosts


def checked_port(value: str) -> int:
    if not (value.isdecimal() and 0 < int(value) < 65_536):
        raise CommandError(f"“{value}” is no port. Write a number of at most 65535, such as --port 8000.")
    return int(value)


def checked_database(url: str) -> str:
    if not url:
        return ""
    if not url.isprintable():
        raise CommandError("--database-url has a line break in it, or another character that cannot be seen.")
    engine = environment.database("--database-url", default=url)["ENGINE"]
    if engine.endswith("postgresql") and find_spec("psycopg") is None:
        raise CommandError("PostgreSQL needs the extra postgres: install city-networks[postgres] first.")
    return url


def checked_contact(contact: str) -> str:
    try:
        contact_uri(contact)
    except ImproperlyConfigured as error:
        raise CommandError(f"“{contact}” is no e-mail address.") from error
    return contact
