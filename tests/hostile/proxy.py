"""Attacks on the site behind nginx, configured as `networks/docs/nginx.conf` says."""

import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.hostile.connections import LOG_IN, slow_post
from tests.hostile.finding import Finding
from tests.hostile.site import HOST, Site
from tests.processes import ROOT
from tests.servers import Failure, end_group

SAMPLE = ROOT / "networks" / "docs" / "nginx.conf"
NAME = "networks.example.org"

# What the site is told when it stands behind the sample
VARIABLES = {"DJANGO_ALLOWED_HOSTS": f"{NAME},{HOST}", "DJANGO_BEHIND_PROXY": "on"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@contextmanager
def nginx(site: Site) -> Iterator[int]:
    """Run nginx with the sample in front of the site; give the port it serves HTTPS at."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None:
        raise Failure("nginx is not installed. On Debian: apt-get install nginx-light")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="nginx-") as temporary:
        folder = Path(temporary)
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(  # noqa: S603
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}"),  # noqa: S607
                *("-out", certificate, "-keyout", key),
            ],
            check=True,
            capture_output=True,
        )
        sample = SAMPLE.read_text()
        for written, used in {
            "server 127.0.0.1:8000;": f"server {HOST}:{site.port};",
            "listen 80;": f"listen {HOST}:{free_port()};",
            "listen 443 ssl": f"listen {HOST}:{port} ssl",
            f"/etc/ssl/{NAME}/fullchain.pem": str(certificate),
            f"/etc/ssl/{NAME}/privkey.pem": str(key),
        }.items():
            if sample.count(written) != 1:
                raise Failure(f"{SAMPLE.name} does not say “{written}” any more.")
            sample = sample.replace(written, used)
        paths = "".join(
            f"{name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        configuration = folder / "nginx.conf"
        configuration.write_text(
            f"daemon off; master_process off; pid {folder / 'pid'}; error_log {folder / 'error.log'};\n"
            f"events {{ worker_connections 4096; }}\nhttp {{ access_log off;\n{paths}{sample}}}\n"
        )
        process = subprocess.Popen([program, "-c", configuration], start_new_session=True, stderr=subprocess.PIPE)  # noqa: S603
        try:
            deadline = time.monotonic() + 10
            while True:
                try:
                    socket.create_connection((HOST, port)).close()
                    break
                except OSError as error:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise Failure(f"nginx does not start: {process.stderr.read().decode()}") from error
                    time.sleep(0.05)
            yield port
        finally:
            end_group(process)
            process.stderr.close()


def connect(port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # a certificate of the test's own
    return context.wrap_socket(socket.create_connection((HOST, port), timeout=30), server_hostname=NAME)


def ask(port: int, request: str) -> bytes:
    with connect(port) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        return b"".join(parts)


def attacks(site: Site) -> Iterator[Finding]:
    with nginx(site) as port:
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
    lines = [line for line in site.server.log.read_text().splitlines() if "Wrong password" in line]
    yield Finding(
        "A log-in with a forged X-Forwarded-For: the address that it is counted under",
        "none was",
        ", ".join(line.rpartition(" ")[2] for line in lines) or "none",
        [line.rpartition(" ")[2] for line in lines] == [HOST],
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
