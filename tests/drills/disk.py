"""
A disk that can be read and no longer written, under a server that goes on: a database of SQLite and uploads on it.

Twice, on a small file system of its own: first its files are made immutable, which is taken back while the server
runs; then the kernel finds an error in it and makes it read-only, as it does with a disk that dies. That lasts until
it is unmounted, so the server is started anew then. It needs root, `mkfs.ext4`, `chattr` and Chromium.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.hostile.site import Session, Site
from tests.picture_files import drawing, saved
from tests.processes import ROOT
from tests.servers import HOST, Failure, Server, environment, run

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
TOKEN = "token-of-the-drill-with-a-disk"
SIZE = 300_000_000  # bytes
# What the page says in each form of the site when its data cannot be reached
UNAVAILABLE = {
    "": "не може да дође до својих података",
    "/sr-latn": "ne može da dođe do svojih podataka",
    "/en": "cannot reach its data just now",
}
PATH = "/admin/networks/network/1/change/"
TYPED = "Ово је писано док диск није могао да се мења."


def call(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise Failure(f"{' '.join(map(str, command))}: {done.stderr.strip()}")


@dataclass
class Disk:
    """A file system in a file, and the folder at which it is mounted."""

    image: Path
    folder: Path

    def mount(self) -> None:
        call("mount", "-o", "loop,errors=remount-ro", self.image, self.folder)

    def unmount(self) -> None:
        call("umount", self.folder)

    def make_immutable(self, mark: str = "+i") -> None:
        """Let no file on it be changed or added, or with `-i` let them be as before."""
        # But not the memory in which the processes that have a database of SQLite open tell each other what they do
        paths = [path for path in self.folder.rglob("*") if not path.name.endswith("-shm")]
        call("chattr", mark, self.folder, *(path for path in paths if path.name != "lost+found"))

    def find_error(self) -> None:
        """Let the kernel find an error in it."""
        mounts = (line.split() for line in Path("/proc/mounts").read_text().splitlines())
        device = next(Path(source).name for source, folder, *_rest in mounts if folder == str(self.folder))
        Path("/sys/fs/ext4", device, "trigger_fs_error").write_text("drill")


@contextmanager
def mounted(folder: Path) -> Iterator[Disk]:
    disk = Disk(folder / "disk.img", folder / "disk")
    disk.folder.mkdir()
    with disk.image.open("wb") as file:
        file.truncate(SIZE)
    call("mkfs.ext4", "-q", disk.image)
    disk.mount()
    try:
        yield disk
    finally:
        disk.unmount()


@dataclass
class Drill:
    """The site, the commands on its server, and somebody who has a form open, in a browser and in a script."""

    server: Server
    env: dict[str, str]
    folder: Path
    disk: Disk
    page: Page
    session: Session
    failures: int = 0

    def see(self, is_so: bool, words: str) -> None:
        print(f"  {'yes' if is_so else 'NO '}  {words}", flush=True)
        self.failures += not is_so

    def command(self, *arguments: str | Path) -> tuple[int, str]:
        """Run a command to its end, and return its status and the last that it says."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True)  # noqa: S603
        output = done.stdout + done.stderr
        return done.returncode, "a traceback" if "Traceback" in output else output.strip().splitlines()[-1]

    def probes(self) -> dict[str, dict[str, str]]:
        answer = self.server.ask("/health/full/", {"Authorization": f"Bearer {TOKEN}"})
        return {probe["name"]: probe for probe in json.loads(answer.body)["probes"]}

    def open_form(self) -> str:
        """Open the form in the browser, and return the summary that it has."""
        self.page.goto(f"http://{HOST}:{self.server.port}{PATH}")
        return self.page.locator("#id_summary_sr").input_value()

    def save(self) -> None:
        with self.page.expect_response(lambda each: each.request.method == "POST"):
            self.page.locator("button[name=_save]").first.click()
        self.page.wait_for_load_state("networkidle")

    def begin(self) -> dict[str, list[str]]:
        """Let some pages be stored, and the form be open with text that is not saved; return its fields."""
        for form in UNAVAILABLE:
            self.server.ask(f"{form}/")
        self.open_form()
        self.page.fill("#id_summary_sr", f"{TYPED} {os.urandom(3).hex()}")
        return self.session.form(PATH)

    def while_read_only(self, fields: dict[str, list[str]]) -> None:
        typed = self.page.locator("#id_summary_sr").input_value()
        stored = [self.server.ask(f"{form}/").status for form in UNAVAILABLE]
        others = [self.server.ask(f"{form}/?q={os.urandom(3).hex()}").status for form in UNAVAILABLE]
        self.see({*stored, *others} == {200}, f"readers get stored pages {stored} and others {others}")
        for form, words in UNAVAILABLE.items():
            status, _headers, body = self.session.post(form + PATH, {**fields, "summary_sr": form, "_save": "1"})
            self.see(status == 503 and words in body.decode(), f"a save without JavaScript: {status}, in words")
        logo = {"logo": ("logo.png", saved(drawing()))}
        status, _headers, _body = self.session.post(PATH, {**fields, "_save": "1"}, logo)
        self.see(status in (500, 503), f"an upload: {status}")
        self.save()
        kept = self.page.locator("#id_summary_sr").input_value()
        said = " ".join(self.page.locator("[role=alert], [role=status]").all_inner_texts()).strip()
        self.see(kept == typed and bool(said), f"what somebody has typed stays, and the form says: {said}")
        probes = self.probes()
        for name in ("database", "media"):
            self.see(probes[name]["status"] == "failed", f"health, {name}: {probes[name]['words']}")
        self.see(self.command("doctor")[0] == 2, "the doctor finds that something has failed")
        for name, *arguments in (("backup", self.disk.folder / "backup.zip"), ("clean_up",), ("check_links",)):
            status, said = self.command(name, *arguments)
            self.see(status == 1 and said != "a traceback", f"{name}: {said}")
        left = [path.name for path in self.disk.folder.iterdir() if path.name.startswith("backup")]
        self.see(not left, f"no file is left {left or ''}")
        elsewhere = self.folder / f"{os.urandom(3).hex()}.zip"
        status, said = self.command("backup", elsewhere)
        self.see(status == 0 and elsewhere.exists(), f"a backup onto another disk: {said}")

    def when_it_can_be_written(self) -> None:
        typed = self.page.locator("#id_summary_sr").input_value()
        self.save()
        self.see(self.open_form() == typed, "the same button saves what was typed")
        failed = [name for name, probe in self.probes().items() if probe["status"] == "failed"]
        self.see(not failed, f"health: nothing has failed {failed or ''}")
        backup = self.disk.folder / "backup.zip"
        for name, *arguments in (("backup", backup), ("clean_up",)):
            status, said = self.command(name, *arguments)
            self.see(status == 0, f"{name}: {said}")
        backup.unlink()


def main() -> int:
    if os.geteuid() or CHROMIUM is None:
        raise Failure("It needs root, who mounts a file system, and Chromium.")
    with tempfile.TemporaryDirectory(prefix="drill-") as name, mounted(Path(name)) as disk:
        folder = Path(name)
        env = environment(
            folder,
            DATABASE_URL=f"sqlite:///{disk.folder}/db.sqlite3",
            MEDIA_ROOT=str(disk.folder / "media"),
            DJANGO_HEALTH_TOKEN=TOKEN,
            DJANGO_SILENCED_PROBES="disk_space",  # it is small
        )
        (disk.folder / "media").mkdir()
        passwords = json.loads(run("tests.hostile.site", env=env))
        server = Server("citynetworks.wsgi:application", env, log=folder / "log")
        try:
            server.wait()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
                page = browser.new_page()
                page.goto(f"http://{HOST}:{server.port}/admin/login/?next=/admin/")
                page.fill("#id_username", "editor")
                page.fill("#id_password", passwords["editor"])
                page.press("#id_password", "Enter")
                page.wait_for_load_state("networkidle")
                session = Site(server, passwords).sign_in("publisher")
                drill = Drill(server, env, folder, disk, page, session)

                fields = drill.begin()
                print("The files are immutable.", flush=True)
                disk.make_immutable()
                try:
                    drill.while_read_only(fields)
                finally:
                    disk.make_immutable("-i")
                print("They can be written again, and the server has gone on.", flush=True)
                drill.when_it_can_be_written()

                fields = drill.begin()
                print("The kernel has found an error.", flush=True)
                disk.find_error()
                drill.while_read_only(fields)
                server.end()
                disk.unmount()
                disk.mount()
                server.start()
                server.wait()
                print("It was mounted anew, and the server started.", flush=True)
                drill.when_it_can_be_written()
                browser.close()
        finally:
            server.end()
    return 1 if drill.failures else 0
