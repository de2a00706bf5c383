"""
Backups and restorations that are killed, that find the disk full, and files with changed bytes.

    python -m tests.drills backup [MOMENTS]

On SQLite, and also on PostgreSQL where DATABASE_URL names a server on which databases may be made. MOMENTS is how
many moments of each operation are tried, by default 20. As root, small disks are made in memory, and filled.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.processes import ROOT, Database

BACKUPS = ROOT / "tests" / "backups"

# A site with more to write than fits into one moment, told from others by its newest network
GROW = """
import django
django.setup()
from networks.models import Network, Revision
for network in Network.objects.exclude(head=None).select_related("head"):
    newest = network.head
    Revision.objects.bulk_create(
        Revision(network=network, number=newest.number + step, content=newest.content, parent=newest)
        for step in range(1, 400)
    )
Network.objects.create(slug="of-the-site", name_sr="Само на сајту")
"""
# Kills itself before the so-manieth step that changes names of files; at its end, says how many steps there were
KILLED_AT_STEP = """
import os, signal, sys
steps = 0
def hook(event, arguments):
    global steps
    if event in ("os.link", "os.rename", "os.remove", "sqlite3.connect"):
        steps += 1
        if steps == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
import django
from django.core.management import call_command
django.setup()
sys.addaudithook(hook)
call_command("restore", sys.argv[2], verbosity=0)
print(steps)
"""
STATE = """
import django
django.setup()
from django.core.checks import run_checks
from networks.models import Network
assert not run_checks(tags=["database"], databases=["default"]), "damaged"
for network in Network.objects.select_related("head"):
    network.head and network.head.content["name_sr"]
print("former" if Network.objects.filter(slug="of-the-site").exists() else "restored")
"""


class Site:
    """A database and a folder of uploads, on which commands are run in processes of their own."""

    def __init__(self, folder: Path, name: str, server: str = ""):
        self.folder, self.server = folder, server
        self.name = f"drill_{os.getpid()}_{name}"
        self.path = folder / f"{self.name}.sqlite3"
        url = urlunsplit(urlsplit(server)._replace(path=f"/{self.name}")) if server else f"sqlite:///{self.path}"
        self.env = Database(url).env | {"MEDIA_ROOT": str(folder / "media")}

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, *arguments],
            env=self.env,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run Python, and return its exit code and the last line that it has printed."""
        process = self.start(*arguments)
        printed, errors = process.communicate()
        return process.returncode, ([*printed.splitlines(), *errors.splitlines()] or [""])[-1]

    def manage(self, *arguments: str) -> tuple[int, str]:
        return self.run("-m", "django", *arguments, "--verbosity=0", "--skip-checks")

    def killed(self, after: float, *arguments: str) -> bool:
        """Run a command, kill it after so many seconds, and return whether it was killed before its end."""
        process = self.start("-m", "django", *arguments, "--verbosity=0", "--skip-checks")
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode == -signal.SIGKILL

    def state(self) -> str:
        """Say which site the database holds, read through: "former", "restored", or what is wrong."""
        return self.run("-c", STATE)[1]

    def make(self) -> None:
        code, words = self.manage("restore", str(BACKUPS / "0038.zip"))
        assert code == 0, words
        code, words = self.run("-c", GROW)
        assert code == 0, words

    def leftovers(self) -> list[str]:
        found = [path.name for path in self.folder.rglob("*") if "restoring" in path.name or "drill/" in str(path)]
        if self.server:
            found += [name for name in self.databases() if name.endswith(("_restoring", "_drill"))]
        return found

    def databases(self) -> list[str]:
        import psycopg

        with psycopg.connect(self.server) as connection:
            return [name for (name,) in connection.execute("SELECT datname FROM pg_database") if self.name in name]

    def drop(self) -> None:
        import psycopg

        for name in self.databases() if self.server else ():
            with psycopg.connect(self.server, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def moments(count: int, longest: float) -> list[float]:
    return [longest * (number + random.random()) / count for number in range(count)]  # noqa: S311


def kill_backups(site: Site, count: int) -> None:
    path = site.folder / "killed.zip"
    started = time.monotonic()
    assert site.manage("backup", str(path))[0] == 0
    longest = time.monotonic() - started
    path.unlink()
    found: Counter[str] = Counter()
    for after in moments(count, longest):
        site.killed(after, "backup", str(path))
        partial = path.with_name("killed.zip.partial")
        if path.exists():
            is_whole = site.run("-m", "tests.drills.backup", str(path))[0] == 0
            found["a whole file" if is_whole else "A FILE THAT LOOKS GOOD AND IS NOT"] += 1
            path.unlink()
        else:
            found["only a partial file" if partial.exists() else "nothing written yet"] += 1
    code, words = site.manage("backup", str(path))
    rest = [each.name for each in site.folder.glob("*.partial")]
    print(f"  backup killed {count} times within {longest:.1f} s: {dict(found)}")
    print(f"  the next one: exit code {code}, partial files left: {rest}")


def kill_restorations(site: Site, count: int) -> None:
    backup = str(BACKUPS / "0031.zip")
    found: Counter[str] = Counter()
    longest = 0.0
    started = time.monotonic()
    copy = Site(site.folder, "timed", site.server)
    assert copy.manage("restore", backup)[0] == 0
    longest = time.monotonic() - started
    copy.drop()
    for after in moments(count, longest * 1.2):
        killed = site.killed(after, "restore", backup)
        state = site.state()
        found[f"{'killed' if killed else 'ended'}, the site is the {state} one"] += 1
        if state == "restored":
            site.make()
    print(f"  restoration killed {count} times within {longest * 1.2:.1f} s: {dict(found)}")
    code, _words = site.manage("restore", backup)
    print(f"  the next one: exit code {code}, the site is the {site.state()} one, left over: {site.leftovers()}")
    site.make()


def kill_steps(site: Site) -> None:
    """Kill a restoration on SQLite before each of its last steps that change names of files."""
    backup = str(BACKUPS / "0031.zip")
    _code, steps = site.run("-c", KILLED_AT_STEP, "0", backup)
    site.make()
    found = []
    for step in range(int(steps), max(0, int(steps) - 14), -1):
        site.run("-c", KILLED_AT_STEP, str(step), backup)
        found.append(site.state())
        if found[-1] == "restored":
            site.make()
    print(f"  restoration killed before each of its last {len(found)} steps, the last one first: {found}")


@contextmanager
def small_disk(folder: Path, kilobytes: int):
    """Give a folder on a disk of this size; who is not root gets none."""
    folder.mkdir()
    size = f"size={kilobytes}k"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=False)  # noqa: S603, S607
    try:
        yield folder if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607


def fill_disks(site: Site) -> None:
    with small_disk(site.folder / "small", 48) as folder:
        if not folder:
            print("  no disk could be made: not root")
            return
        code, words = site.manage("backup", str(folder / "backup.zip"))
        print(f"  backup on a full disk: exit code {code}, files {[each.name for each in folder.iterdir()]}: {words}")
    if site.server:
        return
    with small_disk(site.folder / "smaller", 400) as folder:
        full = Site(folder, "full")
        code, words = full.manage("restore", str(BACKUPS / "0031.zip"))
        left = [str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()]
        print(f"  restoration on a full disk: exit code {code}, files {left}: {words}")


def flip_bytes() -> None:
    from networks.operations.backup_file import BackupError, BackupFile

    content = (BACKUPS / "0002.zip").read_bytes()
    noticed = 0
    with tempfile.NamedTemporaryFile(suffix=".zip", buffering=0) as file:
        file.write(content)
        for position, byte in enumerate(content):
            os.pwrite(file.fileno(), bytes([byte ^ 1 << random.randrange(8)]), position)  # noqa: S311
            try:
                BackupFile(Path(file.name)).__exit__()
            except BackupError:
                noticed += 1
            os.pwrite(file.fileno(), bytes([byte]), position)
    print(f"One bit flipped in each byte of a backup: {noticed} of {len(content)} noticed")


def main() -> None:
    count = int(sys.argv[1]) if sys.argv[1:] else 20
    flip_bytes()
    server = os.environ.get("DATABASE_URL", "")
    for kind, url in {"SQLite": "", "PostgreSQL": server if server.startswith("postgres") else None}.items():
        if url is None:
            continue
        print(f"{kind}:")
        with tempfile.TemporaryDirectory() as folder:
            site = Site(Path(folder), "site", url)
            try:
                site.make()
                fill_disks(site)
                kill_backups(site, count)
                kill_restorations(site, count)
                if not url:
                    kill_steps(site)
            finally:
                site.drop()


if __name__ == "__main__":  # whether a file is a whole backup
    from networks.operations.backup_file import BackupFile

    BackupFile(Path(sys.argv[1])).__exit__()
