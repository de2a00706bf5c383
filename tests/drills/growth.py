"""
What a site takes that has grown: 10,000 networks and 100,000 revisions, unless other numbers are asked for.

    python -m tests.drills growth [--networks N] [--revisions N] [--database URL] [--only NAME ...]

Makes the data in an empty database, by default an SQLite file in a temporary folder, and asks for each page in a
process of its own: the processor time of the first answer and of a later one, and the most memory that the process
took, with what the process takes before it answers anything. A database that holds networks already is measured as
it is, so that the data need not be made twice.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.processes import ROOT

BATCH = 500
LINED = 10  # each tenth network has all that a record can hold

# What is asked for, by name: the path, and whether by staff; {pk} is a network in the middle of the list.
PAGES = {
    "the list of visitors": ("/", False),
    "a network": ("/networks/{slug}/", False),
    "search of visitors": ("/?q=%D0%BC%D0%B8%D1%80", False),
    "timeline": ("/timeline/", False),
    "changes": ("/changes/", False),
    "networks.json": ("/networks.json", False),
    "networks.csv": ("/networks.csv", False),
    "networks.ttl": ("/networks.ttl", False),
    "catalog.ttl": ("/catalog.ttl", False),
    "sitemap.xml": ("/sitemap.xml", False),
    "start page of the admin": ("/admin/", True),
    "list of the admin": ("/admin/networks/network/", True),
    "search in the admin": ("/admin/networks/network/?q=%D0%BC%D0%B8%D1%80", True),
    "list without English": ("/admin/networks/network/?english=missing", True),
    "form": ("/admin/networks/network/{pk}/change/", True),
    "history": ("/admin/networks/network/{pk}/history/", True),
}

# Commands of manage.py, by name. They come first, so that the memory is theirs and not that of a page before.
COMMANDS = {
    "backup": ("backup", "{folder}/backup.zip", "--verbosity=0"),
    "restore": ("restore", "{folder}/backup.zip", "--into=sqlite:///{folder}/restored.sqlite3", "--verbosity=0"),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.drills growth", description=__doc__.splitlines()[1])
    parser.add_argument("--networks", type=int, default=10_000)
    parser.add_argument("--revisions", type=int, default=100_000, help="of all networks together")
    parser.add_argument("--database", default="", help="the URL of a database; a temporary SQLite file without it")
    parser.add_argument("--only", nargs="*", default=[*COMMANDS, *PAGES], help="names of what is measured")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        json.dump(measured(*PAGES[given.measure]), sys.stdout)
        return
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        env = environment(given.database or f"sqlite:///{Path(folder, 'grown.sqlite3')}", Path(folder))
        os.environ.update(env)
        prepare(given.networks, given.revisions)
        print(f"| {'':24} | first, s | later, s | memory, MB | of that at start | body, kB |")
        print(f"| {'-' * 24} | ---: | ---: | ---: | ---: | ---: |")
        for name in given.only:
            if name in COMMANDS:
                seconds, memory = run_command([each.format(folder=folder) for each in COMMANDS[name]])
                print(f"| {name:24} | {seconds:.2f} | | {memory:.0f} | | |", flush=True)
                continue
            command = [sys.executable, "-W", "ignore", "-m", "tests.drills", "growth", "--measure", name]
            done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)  # noqa: S603
            found = json.loads(done.stdout)
            print(
                f"| {name:24} | {found['first']:.2f} | {found['later']:.3f} | {found['memory']:.0f} "
                f"| {found['start']:.0f} | {found['size']:.0f} |",
                flush=True,
            )


def run_command(arguments: list[str]) -> tuple[float, float]:
    """Run a command of manage.py; return its processor time, and the most memory, in megabytes, of any until now."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # With the variables that the settings of the tests have set, but not with those settings: commands check them,
    # and refuse that the collected static files are those of the checkout.
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "citynetworks.settings"}
    command = [sys.executable, "-W", "ignore", "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, check=True)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, after.ru_maxrss / 1024


def environment(url: str, folder: Path) -> dict[str, str]:
    """Return the environment of the site, with the settings of the tests, so that no file has to be collected."""
    return os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "MEDIA_ROOT": str(folder / "media"),
        "PYTHONPATH": str(ROOT),
    }


# The data


def prepare(networks: int, revisions: int) -> None:
    """Migrate the database; fill it where it has no networks."""
    import django

    django.setup()
    from django.core.management import call_command

    from networks.models import Network
    from networks.revisions.newest_columns import update_stale

    call_command("migrate", verbosity=0)
    if not Network.objects.exists():
        began = time.monotonic()
        fill(networks, revisions)
        update_stale()  # what is computed from the newest revision, as a server does when it starts
        print(f"{networks} networks with {revisions} revisions, made in {time.monotonic() - began:.0f} s.\n")


def fill(networks: int, revisions: int) -> None:
    """Fill an empty database with networks that have so many revisions in all, a twentieth of them with a draft."""
    from django.contrib.auth.models import Group, User

    from networks.models import Network
    from tests.benchmark import data
    from tests.makers import LINES

    data.fill(networks)
    account = User.objects.create_user("publisher", is_staff=True, first_name="Уредник")
    account.groups.set(Group.objects.filter(name="publishers"))
    pks = list(Network.objects.order_by("pk").values_list("pk", flat=True))
    Network.objects.filter(pk__in=pks[::LINED]).update(**LINES)
    each, more = divmod(revisions, networks)
    for start in range(0, networks, BATCH):
        rows = Network.objects.filter(pk__in=pks[start : start + BATCH]).prefetch_related("themes").order_by("pk")
        write_history([(row, each + (start + number < more)) for number, row in enumerate(rows)], account)


def write_history(rows: list[tuple[Any, int]], account: Any) -> None:
    """Write the revisions, the events and the public changes of some networks, each with its number of revisions."""
    from django.utils import timezone

    from networks.models import Change, Event, Network, Revision
    from networks.revisions.content import content_of

    now = timezone.now()
    wrote = {"author": account, "author_name": "Уредник"}
    revisions = []
    for number, (row, most) in enumerate(rows):
        content = content_of(row)
        for each in range(1, most + 1):
            revisions.append(
                Revision(
                    network=row,
                    number=each,
                    content=content | {"source": f"Допис број {each}."},
                    created_at=now - timedelta(days=30 * (most - each) + number % 30),
                    **wrote,
                )
            )
    made = iter(Revision.objects.bulk_create(revisions, batch_size=BATCH))
    events, changes = [], []
    for number, (row, most) in enumerate(rows):
        own = [next(made) for _ in range(most)]
        is_draft = number % 20 == 0 and most > 1
        row.head, row.live = own[-1], own[-2] if is_draft else own[-1]
        if is_draft and number % 40 == 0:
            row.submitted_at, row.submitted_by = now, "Уредник"
        for revision in own[: most - is_draft]:
            events.append(
                Event(network=row, kind="published", revision=revision, created_at=revision.created_at, **wrote)
            )
        changes.append(Change(network=row, kind="added", happened_at=own[0].created_at, revision=own[0]))
    Event.objects.bulk_create(events, batch_size=BATCH)
    Change.objects.bulk_create(changes, batch_size=BATCH)
    Network.objects.bulk_update(
        [row for row, _most in rows], ["head", "live", "submitted_at", "submitted_by"], batch_size=100
    )


# Measuring, in a process of its own


def measured(path: str, by_staff: bool) -> Mapping[str, float]:
    """Return the seconds of processor time of the first and of a later answer, and megabytes of memory."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.test import Client

    from networks.models import Network

    client = Client(HTTP_HOST="localhost")
    if by_staff:
        client.force_login(User.objects.get(username="publisher"))
    networks = Network.objects.published().values("pk", "slug")
    client.get("/health/live/")
    path = path.format(**networks[len(networks) // 2])
    start = peak()
    times, size = zip(*answers(client, path), strict=True)
    return {
        "first": times[0],
        "later": min(times[1:]),
        "memory": peak(),
        "start": start,
        "size": size[0] / 1024,
    }


def answers(client: Any, path: str) -> Iterator[tuple[float, int]]:
    for _ in range(3):
        began = time.process_time()
        response = client.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path} is answered with {response.status_code}")
        size = sum(map(len, response.streaming_content if response.streaming else [response.content]))
        yield time.process_time() - began, size


def peak() -> float:
    """Return the most memory that this process has taken, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
