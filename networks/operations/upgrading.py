"""
Letting the installed site run another version of the project, whose packages are installed already.

Each version has a Python environment of its own, such as /opt/city-networks/1.1, and the link `current` leads to the
one that runs. So the former version makes the backup, goes on serving while the database is migrated, and is there to
go back to. This process only leads: what touches the database is done by commands in processes of their own, as the
user of the site. Each step can be repeated, so an upgrade that was killed is continued by the same command.
"""

import http.client
import json
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from citynetworks import __version__
from citynetworks.command_line import COMMAND
from networks.operations.database_rights import missing_right
from networks.operations.health import own_token
from networks.operations.installation import File, Installation, write_whole
from networks.operations.migration_linter import pending_findings
from networks.operations.probes import existing_folder
from networks.operations.running_server import ask, own_url
from networks.operations.table_rows import unknown_migrations

PATIENCE = 120  # seconds until the new version has to answer
SPARE = 200_000_000  # bytes that are left free beside a backup


class StepFailed(Exception):
    """A step of an upgrade has failed. The message says why."""


@dataclass
class Upgrade:
    """
    The upgrade of an installation to the version in `installation.environment`, step by step.

    `restart` is the command that starts the site anew. `say` gets each line of the progress.
    """

    installation: Installation
    restart: list[str]
    say: Callable[[str], None]
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.new = self.installation.environment
        self.notes_file = self.installation.current.parent / "upgrade.json"
        self.notes = self.earlier_notes()
        self.former = Path(self.notes.get("from") or self.installation.current.resolve())
        self.steps: list[tuple[str, Callable[[], None]]] = [
            ("look whether it can be done", self.preflight),
            ("back up", self.back_up),
            ("collect the static files", self.collect),
            ("migrate the database", self.migrate),
            ("let the command and the units run the new version", self.switch),
            ("restart the site", self.start_anew),
            ("ask the running site for its version", self.ask_version),
        ]

    def run(self) -> bool:
        """Do all steps; return whether they succeeded. What was done, and the way back, are said in either case."""
        for number, (name, step) in enumerate(self.steps, 1):
            self.say(f"{number}/{len(self.steps)} {name[0].upper()}{name[1:]}")
            try:
                step()
            except (StepFailed, OSError) as error:
                self.say_failure(number, error)
                self.record(succeeded=False, failed_step=name)
                return False
            self.done.append(name)
        self.record(succeeded=True)
        self.notes_file.unlink(missing_ok=True)
        self.say(f"The site runs version {__version__}.")
        self.say("The way back, should it be needed:")
        self.say_way_back()
        return True

    def say_failure(self, number: int, error: Exception) -> None:
        names = [name for name, _step in self.steps]
        self.say(f"This has failed: {error}")
        self.say(f"Done: {'; '.join(names[: number - 1]) or 'nothing'}.")
        self.say(f"Not done: {'; '.join(names[number - 1 :])}.")
        if "migrate the database" not in names[:number]:
            self.say("The site goes on as it was. Once this is mended, the same command begins anew.")
        else:
            self.say("Once this is mended, the same command continues. To go back to the former version instead:")
            self.say_way_back()

    # What is remembered if the upgrade is killed

    def earlier_notes(self) -> dict[str, Any]:
        """Return the notes of an upgrade to the same environment that did not come to its end."""
        try:
            notes = json.loads(self.notes_file.read_text())
        except (OSError, ValueError):
            return {}
        return notes if notes.get("to") == str(self.new) else {}

    def note(self, **notes: Any) -> None:
        self.notes |= {"from": str(self.former), "to": str(self.new), **notes}
        write_whole(self.notes_file, File(self.notes_file, json.dumps(self.notes), mode=0o600))

    # The steps

    def preflight(self) -> None:
        if not self.installation.environment_file.exists():
            raise StepFailed("no site is installed here. Run install instead.")
        self.command(self.new, "upgrade", "--check")

    def back_up(self) -> None:
        pending = self.pending()
        noted, backup = self.notes.get("pending", []), self.notes.get("backup", "")
        # Some of the noted migrations are done, and nothing else is to come: the backup is of the state before them.
        if {*pending} < {*noted} and Path(backup).is_file():
            self.say(f"The migrations had begun: the backup stays {backup}")
            return
        moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        backup = str(self.installation.state_folder / "backups" / f"before-upgrade-{moment}.zip")
        self.command(self.former, "backup", backup)
        self.note(backup=backup, pending=pending)

    def collect(self) -> None:
        self.command(self.new, "collectstatic", "--noinput", "--verbosity=0")

    def migrate(self) -> None:
        self.command(self.new, "migrate", "--noinput")

    def switch(self) -> None:
        if self.installation.current.resolve() != self.new:
            point_link(self.installation.current, self.new)

    def start_anew(self) -> None:
        run_program(self.restart)

    def ask_version(self) -> None:
        if problem := self.command(self.new, "upgrade", "--await-version", is_shown=False).strip():
            raise StepFailed(problem)

    # How it is done

    def pending(self) -> list[str]:
        """Return the names of the migrations that the database of the site still lacks."""
        output = self.command(self.new, "showmigrations", "--plan", is_shown=False)
        return [line.split()[2] for line in output.splitlines() if line.startswith("[ ]")]

    def command(self, environment: Path, *arguments: str, is_shown: bool = True) -> str:
        """Run a command of the site in one of the environments, as its user; return what it prints if not shown."""
        site = self.installation
        python = str(environment / "bin/python3")
        module = ["-P", "-m", "citynetworks.installed", str(site.environment_file), site.user]
        return run_program([python, *module, *arguments], is_shown=is_shown)

    def record(self, succeeded: bool, **details: Any) -> None:
        """Keep on record that it has ended, if the database can."""
        details |= {"succeeded": succeeded, "to": __version__, "migrations": len(self.notes.get("pending", []))}
        with suppress(StepFailed):
            self.command(self.new, "upgrade", "--record", json.dumps(details), is_shown=False)

    def say_way_back(self) -> None:
        for line in self.way_back():
            self.say(f"  {line}")

    def way_back(self) -> list[str]:
        """Return the commands that bring back the former version, and what it had in its database."""
        site = self.installation
        start, stop = ([f"systemctl {verb} {COMMAND}"] for verb in ("start", "stop"))
        lines = [*stop]
        if self.former != self.new:
            lines.append(f"ln -sfn {self.former} {site.current}")
        else:
            lines.append(f"# Put the packages of the former version into {self.new}.")
        if self.notes.get("pending"):
            lines.append("# What was written after the backup is lost with this.")
            lines.append(f"{site.wrapper} restore {self.notes['backup']}")
        return [*lines, f"{site.wrapper} collectstatic --noinput", *start]


def run_program(command: list[str], *, is_shown: bool = True) -> str:
    """Run a program to its end; raise StepFailed if it fails. Its output is shown, or returned."""
    try:
        done = subprocess.run(command, text=True, stdout=None if is_shown else subprocess.PIPE)  # noqa: S603 - our own
    except OSError as error:
        raise StepFailed(f"{command[0]} could not be started: {error.strerror}") from error
    if done.returncode:
        raise StepFailed(f"{shlex.join(command)} ended with {done.returncode}")
    return done.stdout or ""


def point_link(link: Path, target: Path) -> None:
    """Let a symbolic link lead to another place, at once: it is never missing."""
    part = link.with_name(f".{link.name}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    os.replace(part, link)


# What is asked in a process that has the settings of the site


def await_version() -> str:
    """Wait until the running site says that it is of this version. Return why it does not; nothing if it does."""
    url, deadline, found = own_url(), time.monotonic() + PATIENCE, None
    while time.monotonic() < deadline:
        found = running_version(url, own_token())
        if found == __version__:
            return ""
        time.sleep(0.5)
    what = "nothing says its version" if found is None else f"version {found} answers"
    return (
        f"{what} at {url}, and not {__version__}. What is wrong stands in the journal: "
        f"journalctl -u {COMMAND} -n 50. If the site listens elsewhere, write DJANGO_HOST and DJANGO_PORT into its "
        "environment file."
    )


def running_version(url: str, token: str) -> str | None:
    """Return the version that the site at a URL says it has; None if it does not say it (yet)."""
    try:
        answer = ask(url, "/health/full/", {"Authorization": f"Bearer {token}"})
        return json.loads(answer.body).get("version")
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return None


@dataclass
class Preflight:
    """What an upgrade would do, and what speaks against it."""

    facts: list[str]
    problems: list[str]


def preflight() -> Preflight:
    """Look at the database and the disk; write nothing."""
    report = Preflight([f"Version {__version__}"], [])
    try:
        call_command("check", databases=["default"], tags=["database"], stdout=StringIO())
    except CommandError as error:
        report.problems.append(str(error))
        return report
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    names = [f"{migration.app_label}.{migration.name}" for migration, _backwards in pending]
    report.facts.append(f"Migrations to be applied: {', '.join(names) or 'none'}")
    report.facts += [f"{'Danger' if each.is_danger else 'Slow'}: {each}" for each in pending_findings(connection)]
    if unknown := unknown_migrations(executor.loader.applied_migrations):
        report.problems.append(
            "The database is of a newer version, which has applied "
            f"{', '.join(unknown)}. Install that version or a newer one, or restore "
            "a backup of this one."
        )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            if missing := missing_right(cursor):
                report.facts.append("{} The way back with a backup needs it: {}".format(*missing))
    needed, free = stored_bytes() + SPARE, shutil.disk_usage(existing_folder(Path(settings.MEDIA_ROOT))).free
    report.facts.append(f"A backup takes at most {megabytes(needed)}, and {megabytes(free)} are free")
    if free < needed:
        report.problems.append(f"The disk has no room for a backup: {megabytes(needed - free)} have to be made free.")
    return report


def stored_bytes() -> int:
    """Return how much the database and the uploads take together."""
    if connection.vendor == "sqlite":
        database = Path(connection.settings_dict["NAME"])
        total = database.stat().st_size if database.is_file() else 0
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            total = cursor.fetchone()[0]
    if isinstance(default_storage, FileSystemStorage):
        files = (
            Path(folder) / name for folder, _folders, names in os.walk(default_storage.location) for name in names
        )
        for file in files:
            with suppress(OSError):  # it was deleted meanwhile
                total += file.stat().st_size
    return total


def megabytes(count: int) -> str:
    return f"{count / 1_000_000:,.0f} MB"
