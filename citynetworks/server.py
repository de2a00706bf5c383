"""Serve the site, as the demo and production do: `python -m citynetworks.server --host 127.0.0.1 --port 8000`."""

import argparse
import io
import multiprocessing
import os

try:
    import resource
except ImportError:  # Windows, which has no such limit
    resource = None

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

APPLICATION = "citynetworks.wsgi:application"
# More than all requests that `citynetworks.request_limits` lets run or wait. They are started when needed.
THREADS = 512
CONNECTIONS = 4096  # of each worker
LONGEST_HEADERS = 64 * 1024  # bytes
STOPS_WITHIN = 30  # seconds for running requests to finish when the server is stopped
HEADERS_DEADLINE = 10  # seconds, also for the next request of an idle keep-alive connection


def serve(host: str, port: int, workers: int = 2, application: str = APPLICATION) -> None:
    """Serve a WSGI application in a number of worker processes, until this process is stopped."""
    raise_open_files_limit(2 * CONNECTIONS)
    Granian(
        application,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=CONNECTIONS,
        # Over HTTP/2, an incomplete body keeps a thread of granian busy for ever after its connection has closed.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_DEADLINE * 1000, max_buffer_size=LONGEST_HEADERS),
        websockets=False,
        # Its warnings are only about the number of threads.
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=STOPS_WITHIN,
    ).serve()


def check_configuration() -> None:
    """Exit with a message if the settings are wrong or a system check fails."""
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "citynetworks.settings")
    try:
        django.setup()
        for options in ({}, {"tags": ["database"], "databases": ["default"]}):
            call_command("check", **options, stdout=io.StringIO())  # errors go to stderr
    except (ImproperlyConfigured, CommandError) as error:
        raise SystemExit(str(error)) from error


def usual_address() -> tuple[str, int]:
    """Return the host and the port that the environment names. Exit with a message if they are none."""
    from django.core.exceptions import ImproperlyConfigured

    from citynetworks.environment import host, port

    try:
        return host(), port()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error


def raise_open_files_limit(count: int) -> None:
    """Raise the limit of open files of this process and its children, as far as the system allows."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m citynetworks.server", description="Serve the site.")
    parser.add_argument("--host", help="the address to listen at (DJANGO_HOST, or 127.0.0.1)")
    parser.add_argument("--port", type=int, help="the port to listen at (DJANGO_PORT, or 8000)")
    parser.add_argument("--workers", type=int, default=2, help="how many processes serve (2)")
    parser.add_argument("--application", default=APPLICATION, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.application == APPLICATION:
        # In a separate process, so that restarted workers load the code anew.
        check = multiprocessing.Process(target=check_configuration)
        check.start()
        check.join()
        if check.exitcode:
            raise SystemExit(check.exitcode)
    if arguments.host is None or arguments.port is None:
        host, port = usual_address()
        arguments.host, arguments.port = arguments.host or host, arguments.port or port
    serve(**vars(arguments))


if __name__ == "__main__":
    main()
