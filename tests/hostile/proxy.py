"""Attacks on the site behind nginx, configured as `networks/docs/nginx.conf` says."""

import re
import time
from collections.abc import Iterator

from tests.hostile.connections import LOG_IN, slow_post
from tests.hostile.finding import Finding
from tests.hostile.site import HOST, Site
from tests.services import NAME, connect, nginx

# What the site is told when it stands behind the sample
VARIABLES = {"DJANGO_ALLOWED_HOSTS": f"{NAME},{HOST}", "DJANGO_BEHIND_PROXY": "on"}


def ask(port: int, request: str) -> bytes:
    with connect(port) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        return b"".join(parts)


def attacks(site: Site) -> Iterator[Finding]:
    with nginx([site.port]) as port:
        before = site.server.threads()
        slow = [connect(port) for _number in range(100)]
        for connection in slow:
            connection.sendall(slow_post().replace(f"Host: {HOST}".encode(), f"Host: {NAME}".encode()))
        time.sleep(1)
        threads = site.server.threads() - before
        began = time.monotonic()
        page = ask(port, f"GET /en/ HTTP/1.1\nHost: {NAME}\nConnection: close\n\n")
        seconds = time.monotonic() - began
        log_in = ask(port, f"GET {LOG_IN} HTTP/1.1\nHost: {NAME}\nConnection: close\n\n")
        ask(port, forged_log_in())
        closed = 0
        for connection in slow:
            connection.settimeout(30)
            closed += connection.recv(1000) == b"" or connection.recv(1000) == b""
            connection.close()
    yield Finding(
        "Behind nginx, 100 forms of which one byte comes: threads of the site that they hold, and the time of a page",
        "8 of 8, and none is served",
        f"{threads}; {seconds * 1000:.0f} ms, and nginx closes {closed} of them",
        threads <= 10 and b"200 OK" in page and b"200 OK" in log_in and closed == len(slow),
    )
    counted = re.findall(r"Wrong password for .* from (\S+)", site.server.log.read_text())
    yield Finding(
        "A log-in with a forged X-Forwarded-For: the address that it is counted under",
        "none was",
        ", ".join(counted) or "none",
        counted == [HOST],
    )


def forged_log_in() -> str:
    """Return a log-in with a wrong password that says it comes from elsewhere."""
    token = "a" * 32
    body = f"csrfmiddlewaretoken={token}&username=editor&password=wrong"
    lines = [
        f"POST {LOG_IN} HTTP/1.1",
        f"Host: {NAME}",
        f"Origin: https://{NAME}",
        f"Cookie: csrftoken={token}",
        "X-Forwarded-For: 198.51.100.7",
        "X_Forwarded_For: 198.51.100.8",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\n".join([*lines, "", body])
