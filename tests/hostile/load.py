"""Attacks by their number: what readers and staff feel of what many others do at once."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from http.client import HTTPException

from tests.hostile.connections import HEALTH, LOG_IN, PAGE, opened, slow_post
from tests.hostile.finding import Finding
from tests.hostile.site import DRAFTS, Session, Site
from tests.processes import ROOT
from tests.servers import loading

# The short form says whether the attack is held at all: it runs beside who knows what, and its times say little.
LENIENCE = 20

CONNECTIONS = 16  # of readers
LOG_INS = 16  # a second
READERS_PATIENCE = 5  # times what they wait when nobody else is there
READERS_NOTICE = 50  # milliseconds: below it no reader feels a difference, however fast the page was alone


def attacks(site: Site, short: bool) -> Iterator[Finding]:
    lenience = LENIENCE if short else 1
    yield from editors_and_readers(site, 3 if short else 30, lenience)
    yield from everything_at_once(site, 8 if short else 60, lenience)


# A crowd of staff


def draft_forms(session: Session) -> list[tuple[str, dict[str, list[str]]]]:
    """Return path and values of the form of each network that an editor of the crowd has."""
    _status, _headers, body = session.get("/en/admin/networks/network/?q=draft")
    keys = {part.partition(b"/")[0].decode() for part in body.split(b"/en/admin/networks/network/")[1:]}
    paths = [f"/en/admin/networks/network/{key}/change/" for key in sorted(keys, key=len) if key.isdecimal()]
    return [(path, session.form(path)) for path in paths[:DRAFTS]]


def crowd(session: Session, forms, found: Counter) -> AbstractContextManager[None]:
    """Let an editor at each form save it again and again, as fast as the site answers."""

    def edit(number):
        path, values = forms[number]
        values = values | {"internal_note": [f"Note {time.monotonic()}"], "_save": ["Save"]}
        try:
            status = session.post(path, values)[0]
        except (OSError, HTTPException):
            status = 0
        found["saved" if status == 302 else f"answered {status}"] += 1

    return repeated(edit, 0, threads=len(forms))


def editors_and_readers(site: Site, seconds: int, lenience: int) -> Iterator[Finding]:
    """50 editors who save, and 16 connections that read a stored page, as fast as they are answered."""
    session = site.sign_in("editor")
    forms = draft_forms(session)
    for _worker in range(6):
        site.request("GET", PAGE)

    def read():
        with loading(site.server, [PAGE], seconds=seconds, connections=CONNECTIONS) as finish:
            return finish()

    idle = read()
    found = Counter()
    with crowd(session, forms, found):
        time.sleep(1)
        busy = read()
    yield Finding(
        f"{len(forms)} editors who save without a pause ({dict(found)} in {seconds} s) beside {CONNECTIONS} "
        f"connections that read as fast as they can: the readers' p99, alone and beside the editors",
        "p95 3.6 s",
        f"{idle.p99:.1f} ms and {busy.p99:.1f} ms ({busy.p99 / idle.p99:.1f} times), "
        f"{idle.requests / idle.seconds:,.0f} and {busy.requests / busy.seconds:,.0f} requests a second",
        busy.p99 <= lenience * max(READERS_NOTICE, READERS_PATIENCE * idle.p99)
        and not busy.errors
        and found["saved"] > 0,
    )


# Everything at once


@contextmanager
def repeated(action, pause: float, threads: int = 1) -> Iterator[None]:
    """Do something again and again in threads, until the end of the `with` statement."""
    is_over = threading.Event()

    def repeat(number):
        while not is_over.wait(pause):
            with suppress(OSError, HTTPException):
                action(number)

    running = [threading.Thread(target=repeat, args=[number]) for number in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in running:
            thread.join()


def everything_at_once(site: Site, seconds: int, lenience: int) -> Iterator[Finding]:
    """Slow forms, idle connections and log-ins, while citizens read and a member of staff saves."""
    session = site.sign_in("editor", source="127.0.0.9")
    path, values = draft_forms(session)[0]
    for _worker in range(6):
        site.request("GET", PAGE)
    guesses, saves, health = Counter(), [], []
    number = iter(range(10**9))

    def guess():
        """Guess the password of another account from another address each time: nothing is known of either."""
        count = next(number)
        visitor = Session(site, f"127.0.{1 + count // 200 % 200}.{1 + count % 200}")
        visitor.cookies["csrftoken"] = "a" * 32
        fields = {"username": f"guess{count}", "password": "a wrong password", "csrfmiddlewaretoken": "a" * 32}
        with suppress(OSError, HTTPException):
            guesses[visitor.post(LOG_IN, fields, timeout=30)[0]] += 1

    def start_to_guess(thread):
        threading.Thread(target=guess).start()  # without waiting for those before

    def save(thread):
        began = time.monotonic()
        values["internal_note"] = [f"Note {began}"]
        status = session.post(path, {**values, "_save": ["Save"]}, timeout=30)[0]
        saves.append((time.monotonic() - began, status))

    def ask_health(thread):
        began = time.monotonic()
        status = site.request("GET", HEALTH, timeout=30)[0]
        health.append((time.monotonic() - began, status))

    def send_slow_forms(thread):
        with opened(site, 10, slow_post(), source="127.0.0.8") as connections:
            time.sleep(min(seconds, 15))
            del connections

    command = [sys.executable, "-m", "tests.hostile.reader", str(site.port), PAGE, str(seconds)]
    with (
        opened(site, 1000, b"", source="127.0.0.7"),
        repeated(send_slow_forms, 0, threads=4),
        repeated(start_to_guess, 1 / LOG_INS),
        repeated(save, 1),
        repeated(ask_health, 0.5),
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as reader,  # noqa: S603
    ):
        figures = json.loads(reader.communicate(timeout=seconds + 60)[0])
        memory = max(site.server.memory_of_workers())
    slowest, statuses = max(seconds for seconds, _status in saves), {status for _seconds, status in saves}
    slow_health = max(seconds for seconds, _status in health)
    yield Finding(
        f"40 slow forms, 1,000 idle connections and {LOG_INS} log-ins a second at once for {seconds} s: "
        f"p99 of a stored page, the slowest health check and save, memory of the larger worker",
        "nothing answers",
        f"{figures['p99']:.1f} ms of {figures['count']} pages, {figures['errors']} errors; {slow_health:.2f} s of "
        f"{len(health)}; {slowest:.2f} s of {len(saves)} ({statuses}); {memory:.0f} MB; log-ins: {dict(guesses)}",
        figures["p99"] < lenience * READERS_NOTICE
        and not figures["errors"]
        and {status for _seconds, status in health} == {200}
        and slowest < lenience * 2
        and statuses == {302}
        and memory < 250,
    )
