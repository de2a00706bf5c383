"""
Several servers, of which one part after the other is taken away: PostgreSQL, Redis, a server, and the right time.

Two servers stand behind nginx, on one PostgreSQL and one Redis. What readers and staff meet meanwhile is printed.
"""

import json
import os
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

from tests import services
from tests.drills import load
from tests.hostile.finding import Finding
from tests.hostile.site import Session, Site
from tests.servers import HOST, Server, run

PAGE = "/en/networks/load-1/"
AWAY = 8  # seconds
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


class Readers:
    """Some who read through nginx all the time."""

    def __init__(self, running: load.Running):
        self.running = running
        self.statuses: Counter = Counter()
        self.ages = 0
        self.slowest = 0.0
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.read) for _number in range(6)]

    def read(self) -> None:
        while not self.is_over.wait(0.2):
            began = time.monotonic()
            try:
                status, headers, _body = self.running.site.request("GET", PAGE)
                self.ages += "age" in headers
            except (OSError, HTTPException) as error:
                status = type(error).__name__
            self.statuses[status] += 1
            self.slowest = max(self.slowest, time.monotonic() - began)

    @property
    def words(self) -> str:
        return f"readers: {dict(self.statuses)}, slowest {self.slowest:.2f} s, {self.ages} marked with their age"

    @property
    def are_served(self) -> bool:
        return {*self.statuses} == {200}


@contextmanager
def reading(running: load.Running) -> Iterator[Readers]:
    readers = Readers(running)
    for thread in readers.threads:
        thread.start()
    try:
        yield readers
    finally:
        readers.is_over.set()
        for thread in readers.threads:
            thread.join()


@contextmanager
def stopped(service: services.Service) -> Iterator[None]:
    """Take a service away for a while."""
    service.stop()
    try:
        yield
    finally:
        service.start()


@contextmanager
def frozen(service: services.Service) -> Iterator[None]:
    """Let a service answer nothing for a while, and keep its connections."""
    numbers = family(service.process.pid)
    for number in numbers:
        os.kill(number, signal.SIGSTOP)
    try:
        yield
    finally:
        for number in numbers:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGCONT)


def family(number: int) -> list[int]:
    """Return a process and all that it has started, and they."""
    children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    return [number, *(each for child in children for each in family(int(child)))]


class Editor:
    """An editor who saves marks into a network, and knows which were confirmed."""

    def __init__(self, running: load.Running, number: int = 0):
        self.session = load.sign_in(running.site, number, running.ready["password"])
        self.path = f"/en/admin/networks/network/{running.ready['keys'][number]}/change/"
        self.count = 0
        self.confirmed: list[str] = []

    def save(self, values: dict | None = None, button: str = "_save", session: Session | None = None):
        """Save a new mark, and return the status or the name of the error, the page and how long it took."""
        self.count += 1
        mark = f"Mark {self.count}."
        session = session or self.session
        began = time.monotonic()
        try:
            values = values or session.form(self.path)
            status, _headers, body = session.post(
                self.path, values | {"internal_note": [mark], "summary_en": [mark], button: ["1"]}
            )
        except (OSError, HTTPException, KeyError) as error:
            return type(error).__name__, b"", time.monotonic() - began
        if status == 302:
            self.confirmed.append(mark)
        return status, body, time.monotonic() - began


def until(condition: Callable[[], bool], seconds: float = 20) -> float:
    """Wait for a condition, and return when it was asked for with success; raise TimeoutError if it does not come."""
    began = asked = time.monotonic()
    while not condition():
        if asked > began + seconds:
            raise TimeoutError
        time.sleep(0.05)
        asked = time.monotonic()
    return asked - began


def database_away(running: load.Running, editor: Editor) -> Iterator[Finding]:
    for what, taken_away in (("stopped", stopped), ("frozen", frozen)):
        values = editor.session.form(editor.path)
        with reading(running) as readers:
            with taken_away(running.database):
                time.sleep(1)
                status, page, seconds = editor.save(values)
                time.sleep(max(0.0, AWAY - seconds))
            back = until(lambda: editor.save(values)[0] == 302, 60)  # noqa: B023 - called at once
            time.sleep(1)
        says_why = b"None of it is lost" in page or b"is not saved yet" in page
        yield Finding(
            f"PostgreSQL is {what} for {AWAY} s: readers; the answer to a form; the same form afterwards",
            "",
            f"{readers.words}; {status} after {seconds:.1f} s{' with words' if says_why else ''}; "
            f"saved {back:.1f} s after it was back",
            readers.are_served and readers.ages > 0 and (says_why or status == 302),
        )


def redis_away(running: load.Running, editor: Editor) -> Iterator[Finding]:
    for what, taken_away in (("stopped", stopped), ("frozen", frozen)):
        leaver = load.sign_in(running.site, 1, running.ready["password"])
        kept = {**leaver.cookies}
        with reading(running) as readers:
            with taken_away(running.redis):
                saves = [editor.save() for _number in range(5)]
                picture = running.site.request("GET", f"{PAGE}picture.png")[0]
                leaver.post("/en/admin/logout/", {})
                newcomer = load.sign_in(running.site, 2, running.ready["password"]).get("/en/admin/")[0]
            time.sleep(4)
        gone = [Session(running.site, cookies={**kept}).get("/en/admin/")[0] for _each in range(4)]
        yield Finding(
            f"Redis is {what}: readers; saves; a shared picture; a log-in; who has signed out meanwhile, afterwards",
            "",
            f"{readers.words}; {[save[0] for save in saves]}, slowest {max(save[2] for save in saves):.1f} s; "
            f"{picture}; {newcomer}; {gone}",
            readers.are_served
            and {save[0] for save in saves} == {302}
            and (picture, newcomer) == (200, 200)
            and {*gone} == {302},
        )


def servers_killed(running: load.Running, editor: Editor) -> Iterator[Finding]:
    answers: Counter = Counter()
    is_over = threading.Event()

    def save() -> None:
        while not is_over.is_set():
            answers[editor.save()[0]] += 1

    saving = threading.Thread(target=save)
    with reading(running) as readers:
        saving.start()
        for number in range(6):
            time.sleep(3)  # longer than nginx leaves a server out
            server = running.servers[number % 2]
            server.kill()
            server.start()
            server.wait()
        is_over.set()
        saving.join()
    yield Finding(
        "One server after the other is killed and started anew, six times, while forms are saved: readers; saves",
        "",
        f"{readers.words}; {dict(answers)}",
        readers.are_served and answers[302] > 0 and answers.total() - answers[302] <= 12,
    )


def clocks_differ(running: load.Running, editor: Editor) -> Iterator[Finding]:
    if not FAKETIME.exists():
        yield Finding("Clocks that differ", "", "not tried: on Debian, apt-get install faketime", False)
        return
    first, second = running.servers
    second.end()
    for offset in ("+2h", "-2h"):
        env = dict(second.env) | {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME": offset,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        second.env = env
        second.start()
        second.wait()
        waits = []
        for here, there in ((second, first), (first, second)):
            session = at(running, editor.session, here)
            assert editor.save(session=session, button="_publish")[0] == 302
            mark = editor.confirmed[-1].encode()
            reader = at(running, Session(running.site), there)
            waits.append(until(lambda: mark in reader.get(PAGE.replace("load-1", "load-0"))[2]))  # noqa: B023
        signed_in = [at(running, editor.session, each).get("/en/admin/")[0] for each in (first, second)]
        second.end()
        yield Finding(
            f"The clock of one server is wrong by {offset}: seconds until the other shows what it publishes, and the "
            "other way round; who is signed in",
            "",
            f"{waits[0]:.2f} s, {waits[1]:.2f} s; {signed_in}",
            max(waits) < 1.1 and signed_in == [200, 200],
        )
    second.env = {name: text for name, text in second.env.items() if not name.startswith(("FAKETIME", "LD_PRELOAD"))}
    second.start()
    second.wait()


def at(running: load.Running, session: Session, server: Server) -> Session:
    """Return the session at one server, past nginx."""
    headers = running.site.headers | {"X-Forwarded-Proto": "https"}
    return Session(Site(server, {}, headers), HOST, session.cookies)


def main() -> int:
    outcomes = []
    with (
        tempfile.TemporaryDirectory(prefix="servers-") as temporary,
        load.site_on("postgres", Path(temporary)) as running,
    ):
        editor = Editor(running)
        for _number in range(6):
            running.site.request("GET", PAGE)
        for drill in (database_away, redis_away, servers_killed, clocks_differ):
            outcomes += [told(finding) for finding in drill(running, editor)]
        written = json.loads(run(load.HERE, "written", env=running.env))
    ever = {text for each in written.values() for text in each["ever"]}
    lost = {*editor.confirmed} - ever
    after = f"{len(lost)} of {len(editor.confirmed)}"
    outcomes.append(told(Finding("Saves that were confirmed, and are in no revision", "", after, not lost)))
    return 0 if all(outcomes) else 1


def told(finding: Finding) -> bool:
    print(f"{'held  ' if finding.is_good else 'BROKEN'} {finding.what}\n       {finding.after}", flush=True)
    return finding.is_good
