"""What a site of several servers stands on, each a process of its own: nginx, Redis, PostgreSQL, S3."""

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.hostile.site import Site
from tests.processes import ROOT
from tests.programs import is_missing
from tests.servers import HOST, PATIENCE, Failure, end_group

T = TypeVar("T")

SAMPLE = ROOT / "networks" / "docs" / "nginx.conf"
# The host that the sample is written for
NAME = "networks.example.org"
# Of what a browser sends to that host
HEADERS = {"Host": NAME, "Referer": f"https://{NAME}/"}
BUCKET = "networks"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
PROGRAMS = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def program(name: str, package: str) -> str:
    """Return where a program is."""
    path = shutil.which(name, path=PROGRAMS)
    if path is None:
        raise Failure(f"{name} is not installed. On Debian: apt-get install {package}")
    return path


def start(command: Sequence[str | Path], port: int) -> subprocess.Popen:
    """Start a program, and return its process when it listens at a port."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, start_new_session=True, stdout=errors, stderr=errors)  # noqa: S603
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection((HOST, port)).close()
                return process
            except OSError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    end_group(process)
                    errors.seek(0)
                    raise Failure(f"{command[0]} does not start: {errors.read().decode()}") from error
                time.sleep(0.02)


class Service:
    """A program that listens at a port, and that can be stopped and started again."""

    def __init__(self, command: Sequence[str | Path], port: int):
        self.command, self.port = command, port
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = start(self.command, self.port)

    def stop(self) -> None:
        if self.process is not None:
            end_group(self.process)
            self.process = None


@contextmanager
def running(service: Service) -> Iterator[Service]:
    try:
        service.start()
        yield service
    finally:
        service.stop()


@contextmanager
def for_tests(service: AbstractContextManager[T]) -> Iterator[T]:
    """Run a service for a fixture. Where it is not installed, skip the test; in CI it must be."""
    try:
        running_one = service.__enter__()
    except (Failure, ImportError) as error:
        is_missing(str(error))
    with ExitStack() as stack:
        stack.push(service)
        yield running_one


@contextmanager
def redis() -> Iterator[Service]:
    """Run Redis, which keeps everything in memory."""
    port = free_port()
    path = program("redis-server", "redis-server")
    options = ["--port", str(port), "--bind", HOST, "--save", "", "--appendonly", "no"]
    with running(Service([path, *options], port)) as service:
        yield service


@contextmanager
def s3() -> Iterator[Service]:
    """Run moto's server of S3 with an empty bucket. Its access keys are KEYS."""
    import boto3

    port = free_port()
    command = [sys.executable, "-m", "moto.server", "--host", HOST, "--port", str(port)]
    with running(Service(command, port)) as service:
        client = boto3.client(
            "s3",
            endpoint_url=f"http://{HOST}:{port}",
            region_name="us-east-1",
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )
        client.create_bucket(Bucket=BUCKET)
        client.close()
        yield service


@contextmanager
def postgres() -> Iterator[tuple[Service, str]]:
    """Run PostgreSQL with an empty database; give the service, and the URL of the database."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise Failure("PostgreSQL is not installed. On Debian: apt-get install postgresql")
    port = free_port()
    # It refuses to run as root.
    as_owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="postgres-") as temporary:
        folder = Path(temporary)
        if as_owner:
            shutil.chown(folder, "postgres")
        initdb = [found[-1], "-D", folder / "data", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust"]
        subprocess.run([*as_owner, *initdb], check=True, capture_output=True, cwd=folder)  # noqa: S603
        command = [
            *(*as_owner, found[-1].with_name("postgres"), "-D", folder / "data"),
            *("-h", HOST, "-p", str(port), "-k", folder, "-c", "max_connections=100"),
        ]
        with running(Service(command, port)) as service:
            yield service, f"postgres://postgres@{HOST}:{port}/postgres"


@contextmanager
def nginx(ports: Sequence[int]) -> Iterator[int]:
    """Run nginx with the sample in front of the servers at these ports; give the port it serves HTTPS at."""
    path = program("nginx", "nginx-light")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="nginx-") as temporary:
        folder = Path(temporary)
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(  # noqa: S603
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),  # noqa: S607
                *("-nodes", "-days", "1", "-subj", f"/CN={NAME}", "-out", certificate, "-keyout", key),
            ],
            check=True,
            capture_output=True,
        )
        sample = SAMPLE.read_text()
        for written, used in {
            "    server 127.0.0.1:8000;": "\n".join(f"    server {HOST}:{each} fail_timeout=2s;" for each in ports),
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
        with running(Service([path, "-c", configuration], port)):
            yield port


def connect(port: int) -> ssl.SSLSocket:
    """Open a connection to nginx."""
    return unverified().wrap_socket(socket.create_connection((HOST, port), timeout=30), server_hostname=NAME)


@dataclass
class SiteBehindNginx(Site):
    """A site that is asked through nginx, of which `server` is one server."""

    nginx_port: int = 0

    def connection(self, source: str = HOST, timeout: float = PATIENCE) -> http.client.HTTPConnection:
        return http.client.HTTPSConnection(
            HOST, self.nginx_port, timeout=timeout, source_address=(source, 0), context=unverified()
        )


def unverified() -> ssl.SSLContext:
    """Return a context that takes the certificate of a test's own."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
