"""The benchmark of the pages: every variant under the same server, in alternating rounds, for each size."""

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.servers import WORKERS, Answer, Failure, Load, Server, environment, loading, run, serving

WARM_UP = 1  # seconds
# Seconds that one answer takes. What is slow is asked for until each connection should have an answer, and its
# processor time is measured with nothing else under way; what is very slow has its turn in the first round only.
SLOW, VERY_SLOW = 0.05, 0.5
ONE_BY_ONE = 5  # requests
RENDERING_ROUNDS = 3
SEARCH = f"/?q={quote('култур')}"  # in either script, a word of many names and of one theme
PLAIN_SETTINGS = "tests.benchmark.plain.settings"

# What the server or the connection adds to an answer itself
OF_THE_SERVER = {"date", "server", "connection", "transfer-encoding"}


@dataclass(frozen=True)
class Variant:
    """A row of the table: what it is called, which site is asked for what, and which bare answer is its measure."""

    key: str
    title: str
    site: str
    path: str = "/"
    is_304: bool = False
    bare: str = "bare"


VARIANTS = [
    Variant("bare", "bare callable, `200`", "bare"),
    Variant("warm", "**our list, warm**", "ours"),
    Variant("bare_304", "bare callable, `304`", "bare_304", is_304=True, bare="bare_304"),
    Variant("warm_304", "**our list, `304`**", "ours", is_304=True, bare="bare_304"),
    Variant("search", "**our search, warm**", "ours", SEARCH),
    Variant("cache", "Django’s per-site cache", "cache"),
    Variant("cold", "our list, rendered each time", "cold"),
    Variant("search_cold", "our search, made each time", "cold", SEARCH),
    Variant("plain", "plain Django, all on one page", "plain"),
    Variant("plain_paged", "plain Django, pages of 100", "plain_paged"),
]


@dataclass
class Row:
    """What the rounds of a variant came to. `memory` is that of its server in megabytes, after all rounds."""

    loads: list[Load] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)  # seconds for each request
    memory: float = 0.0
    kilobytes: float = 0.0

    @property
    def rates(self) -> list[float]:
        return [load.requests / load.seconds for load in self.loads]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def p50(self) -> float:
        return statistics.median(load.p50 for load in self.loads)

    @property
    def p99(self) -> float:
        return statistics.median(load.p99 for load in self.loads)

    @property
    def microseconds(self) -> float:
        return statistics.median(self.processor) * 1e6

    def times(self, other: "Row") -> float:
        """Return how many times as many requests as another it answers: the middle of what each common round says."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.rates, other.rates, strict=False))


@dataclass
class Results:
    """By the number of networks: the rows, by the key of the variant, and the rendering of each site."""

    rows: dict[int, dict[str, Row]] = field(default_factory=dict)
    renderings: dict[int, dict[str, dict]] = field(default_factory=dict)


def measure(sizes: Sequence[int], *, rounds: int, seconds: int, connections: int) -> Results:
    """Measure everything for each number of networks."""
    results = Results()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
        static = Path(temporary) / "static"
        say("Collecting the static files")
        env = environment(Path(temporary), STATIC_ROOT=str(static))
        run("django", "collectstatic", "--noinput", "--verbosity=0", env=env)
        for size in sizes:
            folder = Path(temporary) / str(size)
            say(f"{size} networks: filling the databases")
            envs = prepare(folder, size, static)
            say(f"{size} networks: rendering without a server")
            found = [
                {name: json.loads(run("tests.benchmark.rendering", env=env)) for name, env in envs.items()}
                for _ in range(RENDERING_ROUNDS)
            ]
            results.renderings[size] = {name: middle([each[name] for each in found]) for name in envs}
            results.rows[size] = rows_of(folder, envs, size, rounds, seconds, connections)
    return results


def middle(found: Sequence[dict]) -> dict:
    """Return the rendering that took the middle of the times."""
    return sorted(found, key=lambda each: each["milliseconds"])[len(found) // 2]


def prepare(folder: Path, size: int, static: Path) -> dict[str, dict[str, str]]:
    """Make the databases for a number of networks, and return the environment of each project."""
    ours = environment(folder, STATIC_ROOT=str(static))
    run("tests.benchmark.data", size, env=ours)
    plain = ours | {
        "DJANGO_SETTINGS_MODULE": PLAIN_SETTINGS,
        "DATABASE_URL": f"sqlite:///{quote(str(folder / 'plain.sqlite3'))}",
    }
    run("tests.benchmark.plain.copying", folder / "db.sqlite3", env=plain)
    return {"ours": ours, "plain": plain, "plain_paged": plain | {"BENCHMARK_PAGE_SIZE": "100"}}


def rows_of(folder, envs, size, rounds, seconds, connections) -> dict[str, Row]:
    alone = "tests.benchmark.django_alone:application"
    sites = {
        "ours": ("citynetworks.wsgi:application", envs["ours"]),
        "cold": (alone, envs["ours"]),
        "cache": (alone, envs["ours"] | {"DJANGO_SETTINGS_MODULE": "tests.benchmark.per_site_cache"}),
        "plain": (alone, envs["plain"]),
        "plain_paged": (alone, envs["plain_paged"]),
    }
    with serving(sites, folder) as servers:
        etag = servers["ours"].ask("/")["etag"]
        bare = {
            "bare": bare_site(folder / "bare.json", servers["ours"].ask("/"), envs["ours"]),
            "bare_304": bare_site(
                folder / "bare_304.json", servers["ours"].ask("/", {"If-None-Match": etag}), envs["ours"]
            ),
        }
        with serving(bare, folder) as bare_servers:
            return rounds_of(servers | bare_servers, etag, size, rounds, seconds, connections)


def bare_site(path: Path, answer, env) -> tuple[str, dict[str, str]]:
    """Write down an answer, and return the site that gives it to everybody."""
    headers = [(name, value) for name, value in answer.headers if name.lower() not in OF_THE_SERVER]
    reason = {200: "200 OK", 304: "304 Not Modified"}[answer.status]
    path.write_text(json.dumps({"status": reason, "headers": headers, "body": answer.body.decode("latin-1")}))
    return "tests.benchmark.bare:application", env | {"BENCHMARK_ANSWER": str(path)}


def rounds_of(servers, etag, size, rounds, seconds, connections) -> dict[str, Row]:
    rows = {variant.key: Row() for variant in VARIANTS}
    asked = {variant.key: Asked(variant, servers[variant.site], etag, connections) for variant in VARIANTS}
    for each in asked.values():
        each.warm_up()
        rows[each.variant.key].kilobytes = each.size / 1024
    chance = random.Random(size)  # noqa: S311 - an order
    for number in range(1, rounds + 1):
        say(f"{size} networks: round {number} of {rounds}")
        for each in chance.sample([*asked.values()], len(asked)):
            if each.one > VERY_SLOW and number > 1:
                continue
            load, processor = each.measured(seconds)
            rows[each.variant.key].loads.append(load)
            rows[each.variant.key].processor.append(processor)
    for variant in VARIANTS:
        rows[variant.key].memory = servers[variant.site].memory()
    return rows


class Asked:
    """A variant that is asked for, round after round. Whatever it should not answer is a failure."""

    def __init__(self, variant: Variant, server: Server, etag: str, connections: int):
        self.variant, self.server, self.connections = variant, server, connections
        self.headers: Mapping[str, str] = {"If-None-Match": etag} if variant.is_304 else {}
        # Bytes of the body of an answer, and at most of the whole; and seconds that it takes
        self.size, self.most, self.one = 0, 0, 0.0

    def warm_up(self) -> None:
        times = []
        for _ in range(WORKERS + 1):  # of which one at least is not the first that its worker answers
            began = time.monotonic()
            answer = self.probe()
            times.append(time.monotonic() - began)
        self.size = len(answer.body)
        self.most = self.size + sum(len(name) + len(value) + 4 for name, value in answer.headers) + 100
        self.one = min(times)
        if self.one <= SLOW:
            self.load(WARM_UP)
            self.server.settle()

    def probe(self) -> Answer:
        answer = self.server.ask(self.variant.path, self.headers)
        wanted = 304 if self.variant.is_304 else 200
        if answer.status != wanted:
            raise Failure(f"{self.variant.title}: {answer.status} where {wanted} was expected")
        if wanted == 200 and self.variant.site not in ("bare", "ours") and b"<h3>" not in answer.body:
            raise Failure(f"{self.variant.title}: there is no network on the page")
        return answer

    def load(self, seconds: int) -> Load:
        how = {"seconds": seconds, "connections": self.connections, "headers": self.headers}
        with loading(self.server, [self.variant.path], **how) as finish:
            return finish()

    def measured(self, seconds: int) -> tuple[Load, float]:
        """Return what one round found, and the processor time of a request in seconds."""
        is_slow = self.one > SLOW
        if is_slow:
            seconds = max(seconds, round(1.5 * self.one * self.connections / WORKERS))
        before = self.server.processor_time()
        load = self.load(seconds)
        spent, requests = self.server.processor_time() - before, load.requests
        self.server.settle()
        self.probe()
        if is_slow:
            before, requests = self.server.processor_time(), ONE_BY_ONE
            for _ in range(requests):
                self.probe()
            spent = self.server.processor_time() - before
        if load.errors or not load.requests:
            raise Failure(f"{self.variant.title}: {load.requests} requests, {load.errors} errors")
        # A page that has begun to arrive on each connection may count among the bytes but not among the requests.
        if not load.requests * self.size <= load.bytes <= (load.requests + self.connections) * self.most:
            raise Failure(f"{self.variant.title}: {load.bytes} bytes for {load.requests} answers of {self.size}")
        return load, spent / requests


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
