"""
Install the site from a wheel into an empty folder, upgrade it, kill the upgrade in each of its steps, and go back.

Numbers after the name of the drill choose the steps.

All stands in one folder, as `install --root` makes it. In place of systemd, this module starts what the unit says,
with the environment that it says.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import venv
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

from citynetworks import __version__
from citynetworks.installed import environment_variables
from tests.processes import ROOT
from tests.servers import PATIENCE, Failure
from tests.services import free_port

HOST = "127.0.0.1"
NEXT_VERSION = "99.0"
STEPS = 7

# What the next version brings: a table, and then time in which to kill the upgrade
MIGRATION = """
import time
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("networks", "{after}")]
    operations = [{operation}]
"""
TABLE = "migrations.RunSQL('CREATE TABLE drill (number integer)', 'DROP TABLE drill')"
WAIT = "migrations.RunPython(lambda apps, editor: time.sleep(2), lambda apps, editor: None)"


class Drill:
    """An installation in a folder, and the processes that serve it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.root = folder / "machine"
        self.environments = self.root / "opt/city-networks"
        self.wrapper = self.root / "usr/local/bin/city-networks"
        self.process_file = folder / "process"
        self.port = free_port()
        # Nothing of this checkout or of its shell
        self.shell = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}

    def run(self, *command: object, check: bool = True) -> str:
        words = [str(word) for word in command]
        done = subprocess.run(words, env=self.shell, cwd=self.folder, stdout=subprocess.PIPE, text=True)  # noqa: S603
        if check and done.returncode:
            raise Failure(f"{' '.join(words)} has failed:\n{done.stdout}")
        return done.stdout

    # Versions

    def make_version(self, version: str, checkout: Path) -> Path:
        """Make a wheel of a checkout and an environment with it; return the environment."""
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        wheels = self.folder / "wheels" / version
        self.run(*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", wheels, checkout)
        environment = self.environments / version
        venv.create(environment)
        (wheel,) = wheels.iterdir()
        self.run(*pip, "--python", environment / "bin/python", "install", "--no-deps", "--no-index", wheel)
        (packages,) = environment.glob("lib/python*/site-packages")
        # The dependencies are those of the tests, so that nothing has to be fetched.
        (packages / "dependencies.pth").write_text("\n".join(path for path in sys.path if "site-packages" in path))
        return environment

    def next_checkout(self) -> Path:
        """Return a copy of this checkout that is one version newer."""
        copy = self.folder / "next"
        for name in ("citynetworks", "networks", "static", "templates"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("manage.py", "README.md", "pyproject.toml"):
            shutil.copy(ROOT / name, copy / name)
        module = copy / "citynetworks/__init__.py"
        module.write_text(module.read_text().replace(f'"{__version__}"', f'"{NEXT_VERSION}"'))
        migrations = copy / "networks/migrations"
        newest = max(path.stem for path in migrations.glob("[0-9]*.py"))
        for name, operation in (("9000_table", TABLE), ("9001_wait", WAIT)):
            (migrations / f"{name}.py").write_text(MIGRATION.format(after=newest, operation=operation))
            newest = name
        return copy

    # Serving, as the unit says

    def start(self) -> None:
        unit = (self.root / "etc/systemd/system/city-networks.service").read_text()
        values = dict(line.partition("=")[::2] for line in unit.splitlines() if "=" in line)
        name, _colon, path = values["LoadCredential"].partition(":")
        credentials = self.folder / "credentials"
        credentials.mkdir(exist_ok=True)
        shutil.copy(path, credentials / name)
        variable, _equals, value = values["Environment"].partition("=")
        variables = environment_variables(Path(values["EnvironmentFile"]).read_text())
        with (self.folder / "log").open("a") as log:
            process = subprocess.Popen(  # noqa: S603
                values["ExecStart"].split(),
                env=self.shell | variables | {variable: value.replace("%d", str(credentials))},
                cwd=values["WorkingDirectory"],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.process_file.write_text(str(process.pid))

    def stop(self) -> None:
        with suppress(FileNotFoundError, ProcessLookupError):
            number = int(self.process_file.read_text())
            os.killpg(number, signal.SIGTERM)
            deadline = time.monotonic() + PATIENCE
            # Whoever has started it may not wait for it, so that a dead process is still there.
            while Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                if time.monotonic() > deadline:
                    raise Failure("The server does not stop.")
                time.sleep(0.1)

    def page(self) -> str:
        """Return the front page, as nginx would ask for it, once it is served."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                status, body = self.ask("/en/", {"Host": HOST, "X-Forwarded-Proto": "https"})
            except OSError as error:
                if time.monotonic() > deadline:
                    raise Failure(f"Nothing answers: {(self.folder / 'log').read_text()[-2000:]}") from error
                time.sleep(0.1)
            else:
                if status != 200:
                    raise Failure(f"The front page is a {status}:\n{body}")
                return body

    def version(self) -> str:
        """Return the version that the site that is served says it has."""
        variables = environment_variables((self.root / "etc/city-networks/environment").read_text())
        token = variables["DJANGO_HEALTH_TOKEN"]
        return json.loads(self.ask("/health/full/", {"Authorization": f"Bearer {token}"})[1])["version"]

    def ask(self, path: str, headers: dict[str, str]) -> tuple[int, str]:
        with closing(HTTPConnection(HOST, self.port, timeout=30)) as connection:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def rows(self) -> dict[str, int]:
        """Return how many rows of networks and revisions there are."""
        code = "from networks.models import *; print(Network.objects.count(), Revision.objects.count())"
        return dict(
            zip(
                ("networks", "revisions"),
                map(int, self.run(self.wrapper, "shell", "--verbosity=0", "-c", code).split()),
                strict=True,
            )
        )

    def check(self, version: str, rows: dict[str, int]) -> None:
        if "AVEC" not in self.page() or self.version() != version or self.rows() != rows:
            raise Failure(f"Expected {version} with {rows}; there is {self.version()} with {self.rows()}.")

    # Upgrading

    def upgrade_command(self, environment: Path) -> list[str]:
        restart = self.folder / "restart"
        restart.write_text(
            # As with systemd, what was begun goes on when whoever has asked for it is killed.
            f"#!/bin/sh\ncd {ROOT} && setsid --wait {sys.executable} -m tests.drills install restart {self.folder}\n"
        )
        restart.chmod(0o755)
        return [
            str(environment / "bin/city-networks"),
            "upgrade",
            "--root",
            str(self.root),
            "--restart",
            str(restart),
        ]

    def kill_in_step(self, command: list[str], number: int) -> None:
        """Begin an upgrade, and kill it and all that it has started in one of its steps."""
        process = subprocess.Popen(  # noqa: S603
            command, env=self.shell, cwd=self.folder, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        with process, process.stdout as lines:
            for line in lines:
                if line.startswith(f"{number}/{STEPS} "):
                    break
            time.sleep(1)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def go_back(self, output: str) -> None:
        """Do what the upgrade has said of the way back, word for word but for systemd."""
        for line in re.split(r"The way back[^\n]*\n", output)[-1].splitlines():
            command = line.strip()
            if command == "systemctl stop city-networks":
                self.stop()
            elif command == "systemctl start city-networks":
                self.start()
            elif command and not command.startswith("#"):
                self.run(*command.split())


def say(began: float, words: str) -> None:
    print(f"{time.monotonic() - began:6.1f} s  {words}", flush=True)


def main() -> None:
    if sys.argv[1:2] == ["restart"]:
        drill = Drill(Path(sys.argv[2]))
        drill.stop()
        return drill.start()
    with tempfile.TemporaryDirectory(prefix="drill-") as temporary:
        drill = Drill(Path(temporary))
        try:
            return install_and_upgrade(drill, [*map(int, sys.argv[1:])] or [*range(1, STEPS + 1)])
        finally:
            drill.stop()


def install_and_upgrade(drill: Drill, killed_steps: list[int]) -> None:
    began = time.monotonic()
    first = drill.make_version(__version__, ROOT)
    say(began, f"version {__version__}: a wheel, and an environment with it")
    options = ["--root", drill.root, "--host", f"{HOST},localhost", "--port", drill.port, "--email", "a@example.org"]
    began = time.monotonic()
    drill.run(first / "bin/city-networks", "install", *options)
    say(began, "install: settings, units, database, static files")
    drill.start()
    drill.page()
    say(began, "until the first page, of an empty site")
    drill.run(drill.wrapper, "loaddata", "nis")
    drill.run(drill.wrapper, "clean_up")
    rows = drill.rows()
    second = drill.make_version(NEXT_VERSION, drill.next_checkout())
    command = drill.upgrade_command(second)
    for number in killed_steps:
        began = time.monotonic()
        drill.kill_in_step(command, number)
        drill.page()
        say(began, f"killed in step {number}; the site answers as version {drill.version()}")
        output = drill.run(*command)
        drill.check(NEXT_VERSION, rows)
        say(began, f"the same command again: version {drill.version()}, {rows}")
        drill.go_back(output)
        drill.check(__version__, rows)
        say(began, f"the way back: version {drill.version()}, {rows}")
    code = "from networks.models import *; print(*Operation.objects.values_list('kind', 'succeeded'))"
    print("On record:", drill.run(drill.wrapper, "shell", "--verbosity=0", "-c", code))
