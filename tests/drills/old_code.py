"""
Whether the code that landed last still serves on the schema of the present one, as it must while that starts.

    python -m tests.drills old_code [COMMIT]

Its server answers visitors while the database is migrated below it, and afterwards staff read and save with it. What
it needs is in the history of the checkout, and its dependencies in the environment of this program. Once the new
migrations stand in tests/landed_migrations.txt, the commit has to be named.
"""

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Container
from pathlib import Path

import django
from django.apps import apps
from django.core.management import call_command

from tests.servers import Failure, Server, environment

ROOT = Path(__file__).resolve().parent.parent.parent
FORMS = ("", "/sr-latn", "/en")
# Runs in the old code
STAFF = """
import sys
import django
django.setup()
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from networks.models import Network
from tests.pages import fill_in

state = sys.argv[1]
client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
client.force_login(User.objects.create_superuser("clerk"))
full, renamed = (Network.objects.get(slug=f"{name}-{state}") for name in ("full", "renamed"))
for form in ("", "/sr-latn", "/en"):
    for path in ("", "networks/network/", "networks/page/", f"networks/network/{full.pk}/history/"):
        assert client.get(f"{form}/admin/{path}").status_code == 200, (form, path)
for row, button in ((full, "_save"), (renamed, "_publish")):
    path = f"/admin/networks/network/{row.pk}/change/"
    response = fill_in(client, path, {"summary_sr": "Писано старим програмом."}, button)
    assert response.status_code == 302, (path, button, response.status_code)
"""


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603, S607


def last_landed_commit(migrations: list[Path], landed: Container[str]) -> str:
    """Return the last commit before the first of the migrations that have not landed."""
    new = [each for each in migrations if each.stem not in landed]
    added = [git("log", "--diff-filter=A", "--format=%H", "--", str(each)).decode().split() for each in new]
    oldest_first = git("rev-list", "--reverse", "--topo-order", "HEAD").decode().split()
    commits = [oldest_first.index(commit) for found in added for commit in found]
    if not commits:
        return "HEAD"
    first = oldest_first[min(commits)]
    parent = subprocess.run(["git", "rev-parse", f"{first}^"], cwd=ROOT, capture_output=True, text=True)  # noqa: S603, S607
    if parent.returncode:
        raise Failure("The history of this checkout ends before the last landing: clone it whole.")
    return parent.stdout.strip()


class Visitors(threading.Thread):
    """Read pages of a server again and again, and count the answers by path and status."""

    def __init__(self, server: Server, paths: list[str]):
        super().__init__(daemon=True)
        self.server, self.paths, self.is_over = server, paths, False
        self.answers: Counter[tuple[str, int]] = Counter()

    def run(self) -> None:
        while not self.is_over:
            for path in self.paths:
                self.answers[path, self.server.ask(path).status] += 1


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, old = Path(name), Path(name) / "old"
        present = environment(folder) | {"DJANGO_SETTINGS_MODULE": "citynetworks.settings"}
        os.environ.update(present)
        django.setup()
        drill(folder, old, present | {"PYTHONPATH": str(old)})


def drill(folder: Path, old: Path, env: dict[str, str]) -> None:
    from networks.models import Network
    from networks.operations.consistency import findings
    from tests.contents import store_picture
    from tests.migrating import LANDED, MIGRATIONS, insert_rows, landed_digests, reset_sequences

    migrations = sorted(MIGRATIONS.glob("[0-9]*.py"))
    commit = sys.argv[1] if sys.argv[1:] else last_landed_commit(migrations, landed_digests())
    known = {
        Path(name).name for name in git("ls-tree", "--name-only", commit, "networks/migrations/").decode().split()
    }
    new = [each for each in migrations if each.name not in known]
    state = max(path.stem for path in LANDED.glob("*.json") if any(name.startswith(path.stem) for name in known))
    print(f"The code of {commit[:10]} on {', '.join(each.stem for each in new) or 'its own schema'}.")
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as archive:
        archive.extractall(old, filter="data")
    for command in (["migrate", "-v0"], ["collectstatic", "-v0", "--no-input"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=old, env=env, check=True)  # noqa: S603
    store_picture("mark.png", (60, 40))
    insert_rows(LANDED / f"{state}.json")
    reset_sequences(apps)

    pages = ["/", f"/networks/full-{state}/", "/timeline/", "/changes/"]
    paths = ["/networks.json", "/sitemap.xml", *(form + page for form in FORMS for page in pages)]
    server = Server("citynetworks.wsgi:application", env, log=folder / "log", cwd=old)
    visitors = Visitors(server, paths)
    try:
        server.wait()
        visitors.start()
        time.sleep(1)
        call_command("migrate", verbosity=0)
        time.sleep(3)  # so that each process has rendered its pages anew, since migrating raises the version
        visitors.is_over = True
        visitors.join()
    finally:
        server.end()
    failed = {each: count for each, count in visitors.answers.items() if each[1] != 200}
    print(
        f"Visitors: {visitors.answers.total()} pages while it was migrated and after, {sum(failed.values())} failed."
    )
    if failed:
        raise Failure(f"{failed}\n{(folder / 'log').read_text()[-3000:]}")
    subprocess.run([sys.executable, "-c", STAFF, state], cwd=old, env=env, check=True)  # noqa: S603
    print("Staff: lists and a history in three languages, a draft and a published change.")
    codes = {each.code for each in findings()}
    if codes - {"newest_columns"}:
        raise Failure(f"Only what lists search should have been left behind, and not {codes}")
    server = Server("citynetworks.wsgi:application", env | {"PYTHONPATH": str(ROOT)}, log=folder / "new-log")
    try:
        server.wait()
        time.sleep(3)  # for the thread that brings it up to date
    finally:
        server.end()
    found = [f"{each.where}: {each.problem}" for each in findings()]
    if found:
        raise Failure("What it has written does not agree:\n" + "\n".join(found))
    assert Network.objects.get(slug=f"renamed-{state}").summary_sr == "Писано старим програмом."
    print("Once the present code has started, all that the old one has written agrees with it.")
