"""
The commands of an installed site, with the settings of its unit and as its user, for /usr/local/bin/city-networks.

`networks.operations.installation` writes the files. This module needs nothing but Python, since it runs before the
settings are read.
"""

import os
import pwd
import re
import sys
from contextlib import suppress
from pathlib import Path

from citynetworks import command_line
from citynetworks.command_line import CALLING_FOLDER, COMMAND, SETTINGS_FILE

# Variables of the project. What the calling shell has of them does not count.
OWN_VARIABLES = (
    "DJANGO_",
    "DATABASE_URL",
    "CACHE_URL",
    "LOCALE_ROOT",
    "MEDIA_",
    "STATIC_ROOT",
    "CREDENTIALS_DIRECTORY",
)
OF_ONE_COMMAND = "DJANGO_SUPERUSER_"  # which createsuperuser reads

LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)")
# What a backslash may stand before within double quotes
ESCAPED = re.compile(r'\\(["\\`$])')
PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./\[\]-]*")


def environment_text(variables: dict[str, str]) -> str:
    """Return the lines of an environment file of systemd. The values are texts of one line."""
    return "".join(f"{name}={quoted(value)}\n" for name, value in variables.items())


def quoted(value: str) -> str:
    return value if PLAIN.fullmatch(value) else '"' + re.sub(r'(["\\`$])', r"\\\1", value) + '"'


def environment_variables(text: str) -> dict[str, str]:
    """Return the variables of an environment file as systemd reads it; raise ValueError for another line."""
    variables = {}
    for number, line in enumerate(text.replace("\\\n", "").splitlines(), 1):
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        found = LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"line {number} is no NAME=value")
        name, value = found[1], found[2].strip()
        if len(value) > 1 and value[0] == value[-1] == "'":
            value = value[1:-1]
        elif len(value) > 1 and value[0] == value[-1] == '"':
            value = ESCAPED.sub(r"\1", value[1:-1])
        else:
            value = re.sub(r"\\(.)", r"\1", value)
        variables[name] = value
    return variables


def take_environment(file: Path) -> None:
    """
    Set the variables of the site from its environment file and the secret key beside it; of its own, no others.

    They are not in the environment that the system shows of this process, since they are set after it has started.
    """
    try:
        variables = environment_variables(file.read_text())
        if "DJANGO_SECRET_KEY" not in variables:
            variables["DJANGO_SECRET_KEY"] = file.with_name("secret_key").read_text().strip()
    except PermissionError as error:
        raise SystemExit(f"Only root may read the settings of the site: sudo {COMMAND} …") from error
    except FileNotFoundError as error:
        raise SystemExit(f"{error.filename} is not there. `{COMMAND} install` writes it.") from error
    except ValueError as error:
        raise SystemExit(f"{file}: {error}.") from error
    for name in [*os.environ]:
        if name.startswith(OWN_VARIABLES) and not name.startswith(OF_ONE_COMMAND):
            del os.environ[name]
    os.environ.update(variables)


def become(name: str) -> None:
    """Let this process be that user from now on, who must be there; nothing if it is already, or is not root."""
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        raise SystemExit(f"There is no user {name}. `{COMMAND} install` makes it.") from None
    if os.geteuid() not in (0, account.pw_uid):
        raise SystemExit(f"Only root may work as {name}: sudo {COMMAND} …")
    if os.geteuid() != account.pw_uid:
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        os.environ.update(HOME=account.pw_dir, USER=name, LOGNAME=name)
    os.umask(0o027)


def main() -> None:
    """Run `python -m citynetworks.installed ENVIRONMENT_FILE USER COMMAND …`."""
    file, user, arguments = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    sys.argv = [COMMAND, *arguments]
    if command_line.is_on_machine(arguments):
        return command_line.main()
    take_environment(file)
    os.environ[SETTINGS_FILE] = str(file)
    become(user)
    with suppress(FileNotFoundError):  # it has been removed meanwhile
        os.environ[CALLING_FOLDER] = os.getcwd()
    home = pwd.getpwnam(user).pw_dir
    os.chdir(home if os.access(home, os.X_OK) else "/")
    return command_line.main()


if __name__ == "__main__":
    main()
