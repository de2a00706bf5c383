"""
50 editors and 200 readers at once, behind nginx: on SQLite with one server, and on PostgreSQL with two.

    python -m tests.drills load [sqlite] [postgres] [--seconds N] [--pause SECONDS] [--readers-pause MILLISECONDS]

Each editor signs in, opens the form of a network, thinks, saves a draft, and every fortieth time publishes. Two of
them share a network, each with a field of her own, so that their saves are merged. What a server has confirmed must
be among the revisions, and the last of it in the newest. The readers ask for pages of all kinds in three languages,
over connections that stay open. Editors and readers come from this machine, and share its processors with the site.
"""

import argparse
import json
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from statistics import quantiles

from networks.management import demo_site
from tests import services
from tests.hostile.site import Session, Site
from tests.servers import HOST, Load, Server, environment, loading, run, serving

NETWORKS = 25
EDITORS = 2 * NETWORKS
READERS = 200
FIELDS = ("internal_note", "summary_en")  # of the first and the second editor of a network
PUBLISH_EVERY = 40  # saves: every 24 seconds somebody does
GOAL = 100  # milliseconds, for the p95 of readers
# Every other page is a list, as readers begin there.
PATHS = [
    f"{prefix}{path}"
    for path in ("/networks/alda/", "/networks/load-1/", "/?q=nis", "/timeline/", "/networks/load-2/", "/changes/")
    for prefix in ("", "/sr-latn", "/en")
    for path in ("/", path)
]
PATHS += ["/networks.json", "/feed.atom", "/pages/accessibility/"]

HERE = "tests.drills.load"


@dataclass
class Found:
    """What the editors have met: seconds by what they did, errors by their words, and marks that were confirmed."""

    times: dict[str, list[float]] = field(default_factory=lambda: {"open": [], "save": [], "publish": []})
    errors: Counter = field(default_factory=Counter)
    confirmed: dict[str, list[str]] = field(default_factory=dict)
    signed_in: int = 0


def prepare() -> dict:
    """Fill the database of the site, and return the password of the editors and the keys of their networks."""
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import Group, User

    from networks.models import Network
    from networks.revisions import drafts, publishing

    demo_site.prepare()
    password = "a password of the drill"  # noqa: S105
    hashed, group = make_password(password), Group.objects.get(name="publishers")
    for number in range(EDITORS):
        user = User.objects.create(username=f"editor-{number}", password=hashed, is_staff=True)
        user.groups.add(group)
    keys = []
    for number in range(NETWORKS):
        texts = {"name_sr": f"Мрежа {number}", "name_en": f"Network {number}", "slug": f"load-{number}"}
        row = drafts.save(Network(), texts, author=user).row
        keys.append(publishing.publish(row, author=user).pk)
    return {"password": password, "keys": keys}


def written() -> dict[str, dict]:
    """Return what the revisions of each network hold in the fields of the editors: ever, and in the newest one."""
    from networks.models import Network, Revision

    result = {}
    for network in Network.objects.filter(slug__startswith="load-").select_related("head"):
        contents = Revision.objects.filter(network=network).values_list("content", flat=True)
        for name in FIELDS:
            ever = [content.get(name, "") for content in contents]
            result[f"{network.pk} {name}"] = {"ever": ever, "newest": network.head.content.get(name, "")}
    return result


@dataclass
class Running:
    """A site that runs: the environment of its processes, how it is asked, what `prepare` returned, and its parts."""

    env: dict[str, str]
    site: services.SiteBehindNginx
    ready: dict
    servers: list[Server]
    database: services.Service | None = None
    redis: services.Service | None = None


@contextmanager
def site_on(kind: str, folder: Path) -> Iterator[Running]:
    """Serve the site behind nginx, on SQLite by one server of two processes, or on PostgreSQL by two of one."""
    variables = {
        "DJANGO_ALLOWED_HOSTS": f"{services.NAME},{HOST}",
        "DJANGO_BEHIND_PROXY": "on",
        "DJANGO_FILL_PAGE_STORE": "on",
        "DJANGO_HTTPS": "on",
    }
    with ExitStack() as stack:
        database = redis = None
        names = ["site"]
        if kind == "postgres":
            database, url = stack.enter_context(services.postgres())
            redis = stack.enter_context(services.redis())
            cache = f"redis://{HOST}:{redis.port}/0"
            variables |= {"DATABASE_URL": url, "CACHE_URL": cache, "DJANGO_SESSIONS": "cache"}
            names = ["first", "second"]
        env = environment(folder, **variables)
        ready = json.loads(run(HERE, "prepare", env=env))
        sites = dict.fromkeys(names, ("citynetworks.wsgi:application", env))
        servers = [*stack.enter_context(serving(sites, folder, workers=2 // len(names))).values()]
        port = stack.enter_context(services.nginx([server.port for server in servers]))
        site = services.SiteBehindNginx(servers[0], {}, services.HEADERS, port)
        yield Running(env, site, ready, servers, database, redis)


def sign_in(site: Site, number: int, password: str) -> Session:
    """Sign in, again and again while the site asks to wait: it hashes one password at a time."""
    site = services.SiteBehindNginx(site.server, {f"editor-{number}": password}, site.headers, site.nginx_port)
    while True:
        try:
            return site.sign_in(f"editor-{number}", source=f"127.0.0.{2 + number}")
        except AssertionError:
            time.sleep(random.uniform(1, 3))  # noqa: S311


def edit(site: Site, ready: dict, number: int, pause: float, until: threading.Event, found: Found) -> None:
    """What one editor does until the end: she thinks before she opens a form, and before she saves it."""
    key, name = ready["keys"][number % NETWORKS], FIELDS[number // NETWORKS]
    path = f"/en/admin/networks/network/{key}/change/"
    confirmed = found.confirmed.setdefault(f"{key} {name}", [])
    session = sign_in(site, number, ready["password"])
    found.signed_in += 1
    count = number % PUBLISH_EVERY
    while not until.wait(random.uniform(0, pause)):  # noqa: S311
        what = "open"
        try:
            began = time.monotonic()
            values = session.form(path)
            found.times["open"].append(time.monotonic() - began)
            if until.wait(random.uniform(0, pause)):  # noqa: S311
                break
            count += 1
            mark = f"Editor {number}, {count}"
            what = "save" if count % PUBLISH_EVERY else "publish"
            began = time.monotonic()
            status, _headers, _body = session.post(path, values | {name: [mark], f"_{what}": ["1"]})
            found.times[what].append(time.monotonic() - began)
            if status == 302:
                confirmed.append(mark)
            else:
                found.errors[f"{what}: {status}"] += 1
        except (OSError, HTTPException, KeyError) as error:
            found.errors[f"{what}: {type(error).__name__} {error}"] += 1


def measure(kind: str, *, seconds: int, pause: float, readers_pause: int) -> bool:
    """Run the load on one kind of site, print what came of it, and return whether it is good."""
    print(f"\n{kind}: {EDITORS} editors, {READERS} readers, {seconds} s", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="load-") as temporary,
        site_on(kind, Path(temporary)) as running,
    ):
        site = running.site
        found, until = Found(), threading.Event()
        editors = [
            threading.Thread(target=edit, args=[site, running.ready, number, pause, until, found])
            for number in range(EDITORS)
        ]
        for editor in editors:
            editor.start()
        try:
            began = time.monotonic()
            while found.signed_in < EDITORS and any(editor.is_alive() for editor in editors):
                time.sleep(0.1)
            print(f"  all had signed in after {time.monotonic() - began:.0f} s", flush=True)
            load_options = {"headers": {"Host": services.NAME}, "base": f"https://{HOST}:{site.nginx_port}"}
            with loading(
                site.server, PATHS, seconds=seconds, connections=READERS, pause=readers_pause, **load_options
            ) as finish:
                load = finish()
            if kind == "postgres":
                print(f"  connections to PostgreSQL: {connections(running.env['DATABASE_URL'])}")
        finally:
            until.set()
            for editor in editors:
                editor.join()
        in_revisions = json.loads(run(HERE, "written", env=running.env))
        log = [line for each in Path(temporary).glob("*.log") for line in each.read_text().splitlines()]
    return told(load, found, in_revisions, log)


def connections(url: str) -> int:
    """Return how many connections the servers hold open."""
    import psycopg  # which the tests do without

    with psycopg.connect(url) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()"
        return connection.execute(query).fetchone()[0]


def told(load: Load, found: Found, in_revisions: dict[str, dict], log: list[str]) -> bool:
    """Print what was found, and return whether there was no error, nothing lost, and readers were fast enough."""
    lost = [
        mark
        for key, marks in found.confirmed.items()
        for mark in marks
        if not any(mark in text for text in in_revisions[key]["ever"])
    ]
    overwritten = [
        marks[-1] for key, marks in found.confirmed.items() if marks and marks[-1] not in in_revisions[key]["newest"]
    ]
    print(
        f"  readers: {load.requests:,} pages ({load.requests / load.seconds:,.0f} a second), {load.errors} errors; "
        f"p50 {load.p50:.1f} ms, p95 {load.p95:.1f} ms (goal: under {GOAL}), p99 {load.p99:.1f} ms, "
        f"slowest {load.slowest:.0f} ms"
    )
    for what, times in found.times.items():
        if len(times) > 1:
            cuts = quantiles(times, n=20)
            print(
                f"  editors, {what}: {len(times)} requests; p50 {cuts[9] * 1000:.0f} ms, "
                f"p95 {cuts[18] * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms"
            )
    count = sum(len(marks) for marks in found.confirmed.values())
    print(f"  writes: {count} confirmed, {len(lost)} lost, {len(overwritten)} not in the newest revision")
    print(f"  errors of editors: {dict(found.errors) or 0}")
    wrong = Counter(line.partition(" ")[2][:150] for line in log if " ERROR " in line or "Traceback" in line)
    for line, times in wrong.most_common(5):
        print(f"  in the log, {times} times: {line}")
    return not (load.errors or found.errors or lost or overwritten or wrong) and load.p95 < GOAL and count > 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Let many people edit and read at once.")
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgres"], help="sqlite, postgres (both)")
    parser.add_argument("--seconds", type=int, default=300, help="how long (300)")
    parser.add_argument(
        "--pause", type=float, default=15, help="the most seconds an editor thinks before a request (15)"
    )
    parser.add_argument(
        "--readers-pause", type=int, default=500, help="milliseconds between two pages of a reader (500)"
    )
    given = parser.parse_args()
    options = {"seconds": given.seconds, "pause": given.pause, "readers_pause": given.readers_pause}
    results = [measure(kind, **options) for kind in given.kinds]
    return 0 if all(results) else 1


if __name__ == "__main__":  # in the environment of the site
    import sys

    import django

    django.setup()
    print(json.dumps({"prepare": prepare, "written": written}[sys.argv[1]]()))
