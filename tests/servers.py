"""A site under granian, what it costs, and the load that wrk puts on it."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from networks.management import demo_site
from tests.processes import ROOT

HOST = "127.0.0.1"
WORKERS = 2
PATIENCE = 120  # seconds in which an answer, or the start of a server, is waited for
TICKS = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """The benchmark cannot go on, and says why."""


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a site in production whose database stands in the folder."""
    foreign = ("DJANGO_", "GRANIAN_", "DATABASE_URL", "CACHE_URL", "MEDIA_ROOT", "STATIC_ROOT", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | demo_site.environment(folder, HOST) | {"PYTHONPATH": str(ROOT)} | variables


def run(module: str, *arguments: object, env: Mapping[str, str]) -> str:
    """Run a module of the checkout as a program to its end, and return what it prints."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603
    if done.returncode:
        raise Failure(f"{module} has failed")
    return done.stdout


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return next(value for each, value in self.headers if each.lower() == name.lower())


class Server:
    """A WSGI application under the server of production, in processes of its own."""

    def __init__(
        self,
        target: str,
        env: Mapping[str, str],
        *,
        log: Path,
        python: str | Path = sys.executable,
        cwd: Path = ROOT,
        workers: int = WORKERS,
    ):
        self.log = log
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]
        options = {"--host": HOST, "--port": self.port, "--workers": workers, "--application": target}
        words = [str(word) for pair in options.items() for word in pair]
        self.command, self.env, self.cwd = [python, "-m", "citynetworks.server", *words], env, cwd
        self.start()

    def start(self) -> None:
        """Start it at the same port as before."""
        with self.log.open("a") as output:
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                env=self.env,
                cwd=self.cwd,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a group of their own, which is ended as a whole
            )

    def wait(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.ask("/")
                return
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Failure(f"A server does not start:\n{self.log.read_text()}") from error
                time.sleep(0.1)

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a page on a connection of its own."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Accept-Encoding": "br", **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def processes(self) -> Iterator[Path]:
        """Give the folders below /proc of its processes."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                # The name of the program stands in brackets and may hold anything.
                group = (folder / "stat").read_text().rpartition(")")[2].split()[2]
            except OSError:  # it has just ended
                continue
            if int(group) == self.process.pid:
                yield folder

    def processor_time(self) -> float:
        """Return the seconds that its processes have computed so far."""
        fields = [(folder / "stat").read_text().rpartition(")")[2].split() for folder in self.processes()]
        return sum(int(each[11]) + int(each[12]) for each in fields) / TICKS

    def memory(self) -> float:
        """Return the megabytes that its processes hold; what they share counts once."""
        total = 0
        for folder in self.processes():
            lines = (folder / "smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total / 1024

    def threads(self) -> int:
        """Return how many threads its processes have."""
        return sum(1 for folder in self.processes() for _thread in (folder / "task").iterdir())

    def memory_of_workers(self) -> list[float]:
        """Return the megabytes that each of its processes but the first holds in memory (RSS)."""
        sizes = []
        for folder in self.processes():
            if int(folder.name) != self.process.pid:
                lines = (folder / "status").read_text().splitlines()
                sizes += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")]
        return sizes

    def settle(self) -> None:
        """Wait until what it still computes for those who have gone is done."""
        deadline = time.monotonic() + PATIENCE
        before = self.processor_time()
        while time.monotonic() < deadline:
            time.sleep(0.2)
            now = self.processor_time()
            if now - before <= 2 / TICKS:
                return
            before = now
        raise Failure(f"A server does not come to rest:\n{self.log.read_text()}")

    def end(self) -> None:
        end_group(self.process)

    def kill(self) -> None:
        """Kill all of its processes at once, as a machine that loses power."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def end_group(process: subprocess.Popen) -> None:
    """End a process that leads a group of its own, with the whole group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=10)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()


@contextmanager
def serving(
    sites: Mapping[str, tuple[str, Mapping[str, str]]], folder: Path, *, workers: int = WORKERS
) -> Iterator[dict]:
    """Give a server for each site, which is (target, environment) by name, and end them all."""
    servers: dict[str, Server] = {}
    try:
        for name, (target, env) in sites.items():
            servers[name] = Server(target, env, log=folder / f"{name}.log", workers=workers)
        for server in servers.values():
            server.wait()
        yield servers
    finally:
        for server in servers.values():
            server.end()


# Load


@dataclass(frozen=True)
class Load:
    """What wrk found. Times are in milliseconds; `errors` are answers from 400 on and what did not arrive."""

    requests: int
    seconds: float
    bytes: int
    p50: float
    p95: float
    p99: float
    slowest: float
    errors: int


def find_wrk() -> str:
    """Return where wrk is."""
    path = shutil.which("wrk")
    if path is None:
        raise Failure("wrk, which makes the load, is not installed. On Debian: apt-get install wrk")
    return path


@contextmanager
def loading(
    server: Server,
    paths: Sequence[str],
    *,
    seconds: int,
    connections: int,
    headers: Mapping[str, str] | None = None,
    base: str = "",
    pause: int = 0,
) -> Iterator[Callable[[], Load]]:
    """
    Let wrk ask for a path, or for several in turn. Give what waits for its end, and says what it found.

    `base` is where, if that is not the server itself. Each connection pauses for some `pause` milliseconds before it
    asks for the next page.
    """
    command = [find_wrk(), "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={PATIENCE}s"]
    for name, value in {"Accept-Encoding": "br", **(headers or {})}.items():
        command += ["-H", f"{name}: {value}"]
    url = f"{base or f'http://{HOST}:{server.port}'}{paths[0]}"
    command += ["-s", str(ROOT / "tests" / "benchmark" / "report.lua"), url]
    if len(paths) > 1:
        command += ["--", *paths]
    process = subprocess.Popen(  # noqa: S603
        command,
        env=os.environ | {"PAUSE": str(pause)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def finish() -> Load:
        output = process.communicate()[0]
        found = [line for line in output.splitlines() if line.startswith("{")]
        if process.returncode or not found:
            raise Failure(f"wrk has failed:\n{output}")
        return Load(**json.loads(found[0]))

    try:
        yield finish
    finally:
        end_group(process)
