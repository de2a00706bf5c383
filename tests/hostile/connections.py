"""Attacks on the connections themselves, before Django hears of them."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from tests.hostile.finding import Finding
from tests.hostile.site import HOST, Site

PAGE, LOG_IN, HEALTH = "/en/", "/en/admin/login/", "/health/ready/"
SOON = 2.0  # seconds in which a reader has a page, also on a machine that does other things


def attacks(site: Site, short: bool) -> Iterator[Finding]:
    yield from http2(site)
    yield from slow_bodies(site)
    yield from idle_connections(site)
    yield from bodies_that_are_refused(site)
    yield from slow_readers(site)
    yield from long_requests(site)
    yield from odd_queries(site)


def seconds_of(site: Site, path: str, method="GET", **options) -> float:
    """Return how long a response takes. It must be a good one."""
    began = time.monotonic()
    status, _headers, _body = site.request(method, path, **options)
    if status != 200:
        raise AssertionError(f"{path}: {status}")
    return time.monotonic() - began


def http2(site: Site) -> Iterator[Finding]:
    """A body over HTTP/2 in clear text that is not complete when its connection ends."""
    for _connection in range(8):
        with socket.create_connection((HOST, site.port)) as connection:
            connection.sendall(http2_post(f"{HOST}:{site.port}", LOG_IN, b"a", length=100))
            connection.settimeout(0.5)
            with suppress(OSError):
                connection.recv(1000)
    time.sleep(0.5)
    before = site.server.processor_time()
    time.sleep(2)
    busy = (site.server.processor_time() - before) / 2
    seconds = seconds_of(site, PAGE)
    yield Finding(
        "8 POSTs over HTTP/2 that end too soon: how busy the processors are afterwards, with nobody there",
        "2 of 2, until a restart; no page is served",
        f"{busy:.2f} of 2; a page takes {seconds * 1000:.0f} ms",
        busy < 0.2 and seconds < SOON,
    )


def http2_post(host: str, path: str, body: bytes, length: int) -> bytes:
    """Return what a client sends over HTTP/2 that posts `body` and has promised more of it (RFC 9113, RFC 7541)."""

    def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
        return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload

    def field(index: int, value: str) -> bytes:  # a literal whose name is in the static table
        prefix = bytes([index]) if index < 15 else bytes([15, index - 15])
        return prefix + bytes([len(value)]) + value.encode()

    headers = bytes([0x83, 0x86]) + field(4, path) + field(1, host) + field(28, str(length))
    return (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + frame(4, 0, 0, b"")  # SETTINGS
        + frame(1, 4, 1, headers)  # HEADERS, all of them
        + frame(0, 0, 1, body)  # DATA, not the last
    )


@contextmanager
def opened(site: Site, count: int, sent: bytes, source: str = HOST) -> Iterator[list[socket.socket]]:
    """Hold so many connections, each of which has sent the same, from an address of this machine."""
    with ExitStack() as stack:
        connections = []
        for _number in range(count):
            connection = socket.create_connection((HOST, site.port), timeout=10, source_address=(source, 0))
            connections.append(stack.enter_context(connection))
            if sent:
                connection.sendall(sent)
        yield connections


def slow_post(length: int = 1000) -> bytes:
    lines = [f"POST {LOG_IN} HTTP/1.1", f"Host: {HOST}", "Content-Type: application/x-www-form-urlencoded"]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", "a"]).encode()


def slow_bodies(site: Site) -> Iterator[Finding]:
    """Forms of which one byte comes, and no more."""
    seconds_of(site, PAGE)
    with opened(site, 40, slow_post()):
        time.sleep(0.5)
        page, static, health, log_in = (
            max(seconds_of(site, path) for _time in range(8)) for path in (PAGE, static_file(site), HEALTH, LOG_IN)
        )
    yield Finding(
        "40 forms of which one byte comes: the slowest of 8 stored pages, static files, health checks, log-in pages",
        "from 8 such forms on, none answers",
        ", ".join(f"{seconds * 1000:.0f} ms" for seconds in (page, static, health, log_in)),
        max(page, static, health, log_in) < SOON,
    )
    before = time.monotonic()
    with opened(site, 1, slow_post()) as (connection,):
        connection.settimeout(60)
        with suppress(ConnectionError):
            while connection.recv(1000):
                pass
        closed = time.monotonic() - before
    yield Finding("One such form: when its connection is closed", "never", f"after {closed:.0f} s", closed < 60)


def static_file(site: Site) -> str:
    body = site.request("GET", PAGE)[2].decode()
    return body.partition('rel="stylesheet" href="')[2].partition('"')[0]


def idle_connections(site: Site) -> Iterator[Finding]:
    """Connections on which nothing comes, or never the end of the headers."""
    with opened(site, 600, b""), opened(site, 600, b"GET / HTTP/1.1\r\nHost: "):
        seconds = max(seconds_of(site, path) for path in (PAGE, HEALTH, LOG_IN) for _time in range(8))
    yield Finding(
        "1,200 idle connections: the slowest of 24 responses",
        "none answers",
        f"{seconds * 1000:.0f} ms",
        seconds < SOON,
    )


def bodies_that_are_refused(site: Site) -> Iterator[Finding]:
    """Bodies that no form has, announced or sent by somebody who is not signed in."""
    length = 400 * 1024 * 1024
    head = f"POST {LOG_IN} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    statuses = []
    for header in (f"Content-Length: {length}", "Transfer-Encoding: chunked", "Content-Length: 1, 2"):
        with opened(site, 1, f"{head}{header}\r\n\r\n".encode()) as (connection,):
            connection.settimeout(10)
            statuses.append(connection.recv(1000).split(b" ")[1].decode())
    yield Finding(
        "400 MB of an anonymous form: announced, in chunks; and a length that is no number",
        "written to the temporary folder",
        ", ".join(statuses),
        statuses == ["413", "411", "400"],
    )
    with opened(site, 8, slow_post(length=9 * 1024 * 1024)):
        time.sleep(0.5)
        statuses = [site.request("POST", LOG_IN, b"a=b")[0] for _time in range(8)]
    yield Finding(
        "8 forms of 9 MB that do not come: small forms beside them",
        "none answers",
        ", ".join(map(str, sorted(set(statuses)))) + " (403: refused by Django, for want of a CSRF token)",
        set(statuses) == {403},
    )


def slow_readers(site: Site) -> Iterator[Finding]:
    """Large files that are asked for and not read."""
    path = largest_file(site)
    request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    with opened(site, 100, request):
        time.sleep(1)
        small = static_file(site)
        seconds = max(seconds_of(site, each) for each in (PAGE, small, HEALTH, LOG_IN) for _time in range(4))
        memory = site.server.memory()
    yield Finding(
        f"100 clients that ask for {path.rpartition('/')[2]} and do not read it: the slowest of 16 other responses",
        "from 8 on, none answers",
        f"{seconds * 1000:.0f} ms; memory of both workers and their parent {memory:.0f} MB",
        seconds < SOON and memory < 500,
    )


def largest_file(site: Site) -> str:
    session = site.sign_in("editor")
    body = session.get("/en/admin/networks/network/add/")[2].decode()
    names = [each.partition('"')[0] for each in body.split('"/static/')[1:]]
    sizes = {name: int(site.request("HEAD", f"/static/{name}")[1].get("content-length", 0)) for name in set(names)}
    return f"/static/{max(sizes, key=sizes.get)}"


def long_requests(site: Site) -> Iterator[Finding]:
    """Paths and headers that stand in a cache for as long as the process lives."""
    before = site.server.memory()
    statuses = set()
    for number in range(700):
        path = "/en/networks/" + f"{number}-" * 5000 + "/"
        statuses.add(site.request("GET", path[:30_000], headers={"Accept-Encoding": f"{number}," * 5000})[0])
        statuses.add(site.request("GET", f"/en/preview/{number}{'x' * 1900}/")[0])
    grown = site.server.memory() - before
    yield Finding(
        "1,400 requests with long paths and headers: what the memory of the workers grows by",
        "424 MB",
        f"{grown:.0f} MB; statuses {', '.join(map(str, sorted(statuses)))}",
        grown < 60 and statuses <= {404, 414, 431},
    )


def odd_queries(site: Site) -> Iterator[Finding]:
    """Expensive files, each time with another query."""
    for path, before in (("/en/picture.png", 170), ("/catalog.ttl", 80), ("/networks.csv", 55)):
        for _worker in range(6):
            seconds_of(site, path)
        times = sorted(seconds_of(site, f"{path}?{number}") for number in range(40))
        median = times[len(times) // 2] * 1000
        yield Finding(
            f"{path}, each time with another query: the median of 40",
            f"{before} ms",
            f"{median:.1f} ms",
            median < before / 4,
        )
