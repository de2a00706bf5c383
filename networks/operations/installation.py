"""
Installing the site on a machine with systemd: the user, the folders, and the files with its settings and units.

The samples in `networks/docs` are the source of the files for systemd and nginx. What they say of an example, such as
its host name, is replaced by what is true of the site.
"""

import os
import pwd
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from citynetworks import __version__
from citynetworks.command_line import COMMAND, ENVIRONMENT_FILE
from citynetworks.installed import environment_text, environment_variables
from citynetworks.request_limits import LARGEST_BODY

# In /var/lib/city-networks: uploads, static files, catalogues of added languages, and backups
FOLDERS = ("media", "static", "locale", "backups")

SAMPLES = Path(__file__).parent.parent / "docs"
EXAMPLE_HOST = "networks.example.org"

# What is done every day: when, in the calendar of systemd, and the commands, one after the other
BACKUPS = f"/var/lib/{COMMAND}/backups"
TIMERS = {
    # The newest backup is restored into a scratch database, compared, and removed.
    "backup": (
        "*-*-* 02:15",
        [f"backup {BACKUPS} --keep 14 --verbosity 0", f"restore_drill {BACKUPS} --verbosity 0"],
    ),
    "clean_up": ("*-*-* 03:05", ["clean_up"]),
    "check_links": ("*-*-* 03:35", ["check_links --verbosity 0"]),
}


class InstallationFailed(Exception):
    """The site cannot be installed, or not to the end. The message says why, and what to do."""


@dataclass(frozen=True)
class File:
    """A file to be written. One that is `kept` is never written again once it is there."""

    path: Path
    text: str
    mode: int = 0o644
    is_kept: bool = False


@dataclass
class Installation:
    """
    The installation of a site on this machine; with a `root`, below that folder, as whoever runs it.

    `hosts` and `certificate` (the folder of fullchain.pem and privkey.pem) are those of the site, `database_url` and
    `security_contact` are settings as operations.md describes them; the packages are installed in `environment`.
    """

    hosts: list[str]
    port: int = 8000
    database_url: str = ""
    security_contact: str = ""
    certificate: str = ""
    root: Path = Path("/")
    environment: Path = field(default_factory=lambda: Path(sys.prefix).resolve())

    def __post_init__(self) -> None:
        self.is_real = self.root == Path("/")
        self.user = COMMAND if self.is_real else pwd.getpwuid(os.geteuid()).pw_name
        self.environment_file = self.root / ENVIRONMENT_FILE.lstrip("/")
        self.settings_folder = self.environment_file.parent
        self.state_folder = self.root / "var/lib" / COMMAND
        self.current = self.root / "opt" / COMMAND / "current"
        self.units_folder = self.root / "etc/systemd/system"
        self.nginx_file = self.root / "etc/nginx/sites-available" / COMMAND
        self.wrapper = self.root / "usr/local/bin" / COMMAND
        self.python = self.current / "bin/python3"
        self.timers = [f"{COMMAND}-{name}.timer" for name in TIMERS]

    # What is written

    def files(self) -> Iterator[File]:
        """Yield the files of the installation; each call makes other secrets."""
        yield File(self.environment_file, self.environment_text(), mode=0o600, is_kept=True)
        yield File(self.settings_folder / "secret_key", f"{secrets.token_urlsafe(64)}\n", mode=0o600, is_kept=True)
        unit = self.unit()
        yield File(self.units_folder / f"{COMMAND}.service", unit)
        for name, (calendar, commands) in TIMERS.items():
            yield File(self.units_folder / f"{COMMAND}-{name}.service", self.task_unit(unit, name, commands))
            yield File(self.units_folder / f"{COMMAND}-{name}.timer", timer_unit(name, calendar))
        yield File(self.nginx_file, self.nginx())
        yield File(self.wrapper, self.wrapper_text(), mode=0o755)

    def environment_text(self) -> str:
        variables = {
            "DJANGO_ALLOWED_HOSTS": ",".join(self.hosts),
            "DATABASE_URL": self.database_url or f"sqlite:///{quote(str(self.state_folder / 'db.sqlite3'))}",
            "MEDIA_ROOT": str(self.state_folder / "media"),
            "STATIC_ROOT": str(self.state_folder / "static"),
            "LOCALE_ROOT": str(self.state_folder / "locale"),
            "DJANGO_BEHIND_PROXY": "on",
            "DJANGO_PORT": str(self.port),
            "DJANGO_HEALTH_TOKEN": secrets.token_urlsafe(32),
        }
        if self.security_contact:
            variables["DJANGO_SECURITY_CONTACT"] = self.security_contact
        return (
            "# The settings of City Networks: networks/docs/operations.md lists them. The secret key is in the file\n"
            f"# beside this one. The unit and {COMMAND} read both. After a change: systemctl restart {COMMAND}\n"
            + environment_text(variables)
        )

    def unit(self) -> str:
        return filled(
            "city-networks.service",
            {
                f"User={COMMAND}\n": f"User={self.user}\n",
                f"=/var/lib/{COMMAND}\n": f"={self.state_folder}\n",
                f"=/etc/{COMMAND}/environment": f"={self.environment_file}",
                f":/etc/{COMMAND}/secret_key": f":{self.settings_folder / 'secret_key'}",
                f"=/opt/{COMMAND}/current/bin/python3 ": f"={self.python} ",
            },
        )

    def task_unit(self, unit: str, name: str, commands: list[str]) -> str:
        """Return the unit that runs some commands once, as the site itself runs otherwise."""
        program = f"ExecStart={self.python} -P -m citynetworks.command_line"
        paths = f"/var/lib/{COMMAND}/", f"{self.state_folder}/"
        task = ["Type=oneshot", "Nice=10", "IOSchedulingClass=idle"]
        task += [f"{program} {command.replace(*paths)}" for command in commands]
        lines = []
        for line in unit.partition("\n[Install]")[0].splitlines():
            setting = line.partition("=")[0]
            if setting == "Description":
                line = f"{line}: {name}"
            elif setting == "ExecStart":
                line = "\n".join(task)
            if setting not in ("Restart", "RestartSec", "LimitNOFILE") and not line.startswith("#"):
                lines.append(line)
        return "\n".join(lines) + "\n"

    def certificate_folder(self) -> str:
        """Return the folder of the certificate: the one that is named, that nginx uses already, or the usual one."""
        if self.certificate:
            return self.certificate
        present = self.nginx_file.read_text() if self.nginx_file.exists() else ""
        found = re.search(r"^\s*ssl_certificate\s+(\S+)/fullchain\.pem;", present, re.MULTILINE)
        return found[1] if found else f"/etc/ssl/{self.hosts[0]}"

    def nginx(self) -> str:
        return filled(
            "nginx.conf",
            {
                "server 127.0.0.1:8000;": f"server 127.0.0.1:{self.port};",
                f"server_name {EXAMPLE_HOST};": f"server_name {' '.join(self.hosts)};",
                f"/etc/ssl/{EXAMPLE_HOST}/": f"{self.certificate_folder()}/",
                f"https://{EXAMPLE_HOST}": f"https://{self.hosts[0]}",
                "client_max_body_size 22m;": f"client_max_body_size {LARGEST_BODY // 1024**2}m;",
            },
        )

    def wrapper_text(self) -> str:
        return (
            "#!/bin/sh\n# Run a command of the site, with its settings and as its user, such as createsuperuser.\n"
            f'exec {self.python} -P -m citynetworks.installed {self.environment_file} {self.user} "$@"\n'
        )

    # How it is written

    def check(self) -> None:
        """Raise InstallationFailed if this machine, or this user, cannot have it."""
        if self.is_real and os.geteuid() != 0:
            raise InstallationFailed(
                "Only root may install the site: sudo … install. To try it without root, name a folder with --root."
            )
        if self.is_real and shutil.which("systemctl") is None:
            raise InstallationFailed(
                "This machine has no systemd, which the units are for. --root writes into a folder."
            )
        unit = self.units_folder / f"{COMMAND}.service"
        if unit.exists() and not self.environment_file.exists():
            raise InstallationFailed(
                f"A site is installed here already, by hand: {unit}. install.md says how to take over its settings."
            )
        home = Path("/home")
        if self.is_real and (home in self.environment.parents or Path("/root") in self.environment.parents):
            raise InstallationFailed(
                f"The packages are installed in {self.environment}, which the unit cannot see. Make the environment "
                f"elsewhere, such as in /opt/{COMMAND}/{__version__}, and install from there."
            )

    def write(self) -> Iterator[str]:
        """
        Make the user, the folders and the files that are missing, and yield a line for each.

        What is there stays. Where a file would be another one now, that is written beside it, with .new at its end.
        """
        if self.is_real:
            yield self.make_user()
        yield from self.make_folders()
        yield self.link_environment()
        for file in self.files():
            yield self.write_file(file)

    def make_user(self) -> str:
        try:
            pwd.getpwnam(self.user)
        except KeyError:
            run(
                *("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"),
                *("--home-dir", str(self.state_folder), self.user),
            )
            return f"made   the user {self.user}"
        return f"there  the user {self.user}"

    def make_folders(self) -> Iterator[str]:
        for folder in (self.settings_folder, self.current.parent, self.units_folder, self.nginx_file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        self.wrapper.parent.mkdir(parents=True, exist_ok=True)
        for folder in [self.state_folder, *(self.state_folder / name for name in FOLDERS)]:
            # The user of the site may write in the first of them: what is there, root leaves as it is.
            if folder.is_symlink():
                raise InstallationFailed(f"{folder} is a symbolic link. Make it a folder, or mount a disk there.")
            if folder.is_dir():
                yield f"there  {folder}"
                continue
            folder.mkdir(mode=0o750, parents=True)
            if self.is_real:
                account = pwd.getpwnam(self.user)
                os.chown(folder, account.pw_uid, account.pw_gid, follow_symlinks=False)
            yield f"made   {folder}"

    def link_environment(self) -> str:
        """Let `current` lead to the environment that is installed from, unless it leads to one already."""
        if self.current.is_symlink():
            present = self.current.resolve()
            words = "" if present == self.environment else f"; {COMMAND} upgrade of {self.environment} changes it"
            return f"there  {self.current}, which leads to {present}{words}"
        self.current.symlink_to(self.environment)
        return f"made   {self.current}, which leads to {self.environment}"

    def write_file(self, file: File) -> str:
        beside = file.path.with_name(f"{file.path.name}.new")
        if not file.path.exists():
            write_whole(file.path, file)
            return f"made   {file.path}"
        if file.is_kept:
            file.path.chmod(file.mode)
            return f"kept   {file.path}"
        if file.path.read_text() == file.text:
            beside.unlink(missing_ok=True)
            return f"there  {file.path}"
        write_whole(beside, file)
        return f"kept   {file.path}, which differs from what would be written now: {beside}"

    def outline(self) -> Iterator[str]:
        """Yield what `write` would do, with the text of each file but for the secrets."""
        yield f"The user {self.user}"
        yield f"The folder {self.state_folder}, with {', '.join(FOLDERS)}"
        yield f"The link {self.current} to {self.environment}"
        for file in self.files():
            yield f"The file {file.path}, mode {file.mode:o}:"
            for line in file.text.splitlines():
                name, equals, value = line.partition("=")
                if file.path.name == "secret_key":
                    line = "(made anew)"
                elif name == "DJANGO_HEALTH_TOKEN":
                    line = f"{name}{equals}(made anew)"
                elif name == "DATABASE_URL" and not value.startswith("sqlite:"):
                    line = f"{name}{equals}(as given)"  # it has a password
                yield f"    {line}"

    def prepare_site(self, show: Callable[[str], None]) -> None:
        """Make or update the database, and collect the static files, with the command that was written."""
        for arguments in (["migrate", "--noinput"], ["collectstatic", "--noinput"]):
            show(f"{COMMAND} {' '.join(arguments)}")
            run(str(self.wrapper), *arguments, "--verbosity=0")

    def start_units(self, show: Callable[[str], None]) -> None:
        for command in self.start_commands():
            show(" ".join(command))
            run(*command)

    def start_commands(self) -> list[list[str]]:
        units = [f"{COMMAND}.service", *self.timers]
        return [["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", *units]]

    def next_steps(self, *, is_started: bool) -> list[str]:
        """Return what is left to people, in the order in which to do it."""
        enabled = self.nginx_file.parent.parent / "sites-enabled" / COMMAND
        command = f"sudo {COMMAND}" if self.is_real else self.wrapper
        start = f"Start the site: {' && '.join(' '.join(each) for each in self.start_commands())}"
        certificate = self.certificate_folder()
        return [
            *([start] if self.is_real and not is_started else []),
            f"Put the certificate of {self.hosts[0]} into {certificate}: fullchain.pem and privkey.pem.",
            f"Let nginx serve it: ln -s {self.nginx_file} {enabled} && nginx -t && systemctl reload nginx",
            f"Make the first administrator: {command} createsuperuser",
            f"Fill in the city profile at https://{self.hosts[0]}/admin/",
        ]


def timer_unit(name: str, calendar: str) -> str:
    return (
        f"[Unit]\nDescription=City Networks: {name}\n\n"
        f"[Timer]\nOnCalendar={calendar}\nRandomizedDelaySec=10min\nPersistent=yes\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def filled(sample: str, replacements: dict[str, str]) -> str:
    """Return a sample with other values; raise AssertionError if one of those to be replaced is not in it."""
    text = (SAMPLES / sample).read_text()
    for written, used in replacements.items():
        if written not in text:
            raise AssertionError(f"{sample} does not say “{written}” any more.")
        text = text.replace(written, used)
    return text


def write_whole(path: Path, file: File) -> None:
    """Write a file that never stands there half, and that nobody could read before it has its mode."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(file.text)
        os.fchmod(descriptor, file.mode)
        stream.flush()
        os.fsync(descriptor)
    part.replace(path)


def run(*command: str) -> None:
    """Run a program to its end, with its output on the terminal; raise InstallationFailed if it fails."""
    try:
        done = subprocess.run(command)  # noqa: S603 - our own commands
    except OSError as error:
        raise InstallationFailed(f"{command[0]} could not be started: {error.strerror}.") from error
    if done.returncode:
        raise InstallationFailed(f"{' '.join(command)} has failed.")


def earlier_settings(root: Path) -> dict[str, str] | None:
    """Return the settings of the installation below a folder; None if there is none. May raise ValueError."""
    file = root / ENVIRONMENT_FILE.lstrip("/")
    return environment_variables(file.read_text()) if file.exists() else None
