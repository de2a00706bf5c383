"""
Install the site as root, with its own user, on a machine: a copy of this one, which is thrown away.

The copy is an overlay in a mount namespace of its own, so it needs root, and nothing of this machine is changed.
systemd does not run in it. The Python of the system must be of the version that the tests run with, whose packages it
takes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from citynetworks import __version__
from tests.processes import ROOT
from tests.servers import Failure

ENVIRONMENT = f"/opt/city-networks/{__version__}"
STATE = "/var/lib/city-networks"

# What is typed, whether it succeeds, and what it says
STEPS = [
    (f"{ENVIRONMENT}/bin/city-networks install --host mreze.example.rs", True, "createsuperuser"),
    ("id -un city-networks", True, "city-networks"),
    (f"stat -c '%U %a' {STATE} {STATE}/db.sqlite3", True, "city-networks 750\ncity-networks 640"),
    ("stat -c '%U %a' /etc/city-networks/environment /etc/city-networks/secret_key", True, "root 600\nroot 600"),
    ("city-networks createsuperuser --noinput --username admin --email admin@example.rs", True, "created"),
    ("city-networks shell --verbosity 0 -c 'import os; print(0 in os.getgroups(), os.getuid())'", True, "False"),
    (f"stat -c '%U' {STATE}/db.sqlite3", True, "city-networks"),
    (f"{ENVIRONMENT}/bin/city-networks createsuperuser", False, "sudo city-networks createsuperuser"),
    ("runuser -u nobody -- city-networks migrate", False, "Only root may read the settings"),
    ("runuser -u city-networks -- cat /etc/city-networks/secret_key", False, "Permission denied"),
    (f"{ENVIRONMENT}/bin/city-networks install", True, "kept   /etc/city-networks/secret_key"),
    ("city-networks check --deploy --fail-level DEBUG", True, "no issues"),
    ("city-networks clean_up", True, "Deleted:"),
    (f"city-networks backup {STATE}/backups --keep 14", True, "Backed up"),
    (f"city-networks restore_drill {STATE}/backups", True, "can be restored"),
    (f"stat -c '%U %a' {STATE}/backups/*.zip", True, "city-networks 600"),
    # The site does not run, so nothing says that it is upgraded.
    ("city-networks upgrade --restart true", False, "Not done: ask the running site for its version."),
    (f"stat -c '%U' {STATE}/db.sqlite3 {STATE}/backups/before-upgrade-*.zip", True, "city-networks\ncity-networks"),
    ("cd /etc/systemd/system && systemd-analyze verify city-networks*.service city-networks*.timer", True, ""),
]  # fmt: skip


def main() -> None:
    if sys.argv[1:]:
        return inside(Path(sys.argv[1]))
    if os.geteuid() != 0:
        raise SystemExit("Only root can mount the copy of this machine.")
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        wheel = [
            "wheel",
            "--no-deps",
            "--no-index",
            "--no-build-isolation",
            "--wheel-dir",
            f"{folder}/wheels",
            str(ROOT),
        ]
        subprocess.run([*pip, *wheel], cwd=folder, check=True)  # noqa: S603
        # All that is mounted there ends with the process.
        command = ["unshare", "--mount", sys.executable, "-m", "tests.drills", "machine", folder]
        raise SystemExit(subprocess.run(command, cwd=ROOT).returncode)  # noqa: S603


def inside(folder: Path) -> None:
    """Mount the copy below a folder, put the packages into it, and go through the steps."""
    for name in ("upper", "work", "machine"):
        (folder / name).mkdir()
    machine = folder / "machine"
    options = f"lowerdir=/,upperdir={folder}/upper,workdir={folder}/work"
    mount("-t", "overlay", "overlay", "-o", options, machine)
    for name in ("proc", "dev"):
        mount("--bind", f"/{name}", machine / name)
    typed(machine, f"/usr/bin/python3 -m venv --without-pip {ENVIRONMENT}")
    packages = machine / ENVIRONMENT[1:] / f"lib/python3.{sys.version_info.minor}/site-packages"
    (wheel,) = (folder / "wheels").iterdir()
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", machine / ENVIRONMENT[1:] / "bin/python3"]
    typed(
        machine,
        " ".join(map(str, [*pip[:-1], f"{ENVIRONMENT}/bin/python3", "install", "--no-deps", "--no-index", wheel])),
    )
    for path in sys.path:
        if "site-packages" in path:
            shutil.copytree(path, packages, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*city_networks*"))
    typed(machine, f"chmod -R a+rX {ENVIRONMENT}")
    for command, succeeds, words in STEPS:
        began = time.monotonic()
        done = typed(machine, command, check=False)
        print(f"{time.monotonic() - began:6.1f} s  {command}", flush=True)
        if (done.returncode == 0) is not succeeds or words not in done.stdout:
            raise Failure(f"It ended with {done.returncode}, and said:\n{done.stdout}")


def mount(*arguments: object) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)  # noqa: S603, S607


def typed(machine: Path, command: str, *, check: bool = True) -> subprocess.CompletedProcess:
    """Run what root types on the copy of the machine; what it says is in `stdout`."""
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    environment |= {"DJANGO_SUPERUSER_PASSWORD": "a password of the drill"}
    return subprocess.run(  # noqa: S603
        ["chroot", machine, "sh", "-c", f"cd / && {command}"],  # noqa: S607
        env=environment,
        check=check,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
