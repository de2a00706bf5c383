"""
Limits on the size, time and number of requests: a WSGI layer between the page store and Django.

A thread of the server is blocked while a client sends a body or receives a large file, and while Django works. So a
body is read before Django is called, and the connection is closed if it does not arrive in time. Django runs in a few
threads of its own, different ones for each kind of request, so that visitors do not wait for staff, nor staff for
strangers who try to sign in. Some more requests wait in queues; all others get a 503 response with Retry-After at
once. All together are fewer than the threads of the server (`citynetworks.server`), so one is always free for cached
pages.
"""

import logging
import os
import socket
import stat
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from io import BytesIO
from typing import Any, TypeVar
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse

from citynetworks import error_pages
from citynetworks.client_ip import client_ip, ip_block
from citynetworks.headers import add_security_headers
from citynetworks.logs import Personal

logger = logging.getLogger(__name__)

T = TypeVar("T")

# What balancers ask asks the database nothing, and must never wait for others.
NEVER_WAIT = ("/health/live/", "/health/serving/", "/health/ready/")

LONGEST_PATH = 2_000  # bytes
LONGEST_QUERY = 8_000  # bytes

# Forms accept documents of up to 20 MB. One that is not much larger still reaches the form, which rejects it.
LARGEST_BODY = 22 * 1024 * 1024  # bytes
LARGEST_SMALL_BODY = 256 * 1024  # bytes, which any form without a picture fits in
DEADLINE = 20  # seconds in which a small body arrives
SLOWEST_RATE = 100_000  # bytes a second, for the additional time of a large body

LARGEST_WHOLE_RESPONSE = 64 * 1024  # bytes of a file; a larger one is streamed
RESPONSE_DEADLINE = 120  # seconds in which a client receives all of it


class Refused(Exception):
    """The request is not passed on to Django. `view` returns the response that says why."""

    def __init__(self, view: Callable[[HttpRequest], HttpResponse]):
        self.view = view


class Places:
    """A limit on what runs at the same time: at most `total`, and at most `each` for one client."""

    def __init__(self, *, total: int, each: int):
        self.total, self.each = total, each
        self.taken: Counter[str] = Counter()
        self.lock = threading.Lock()

    def take(self, client: str) -> None:
        """Take a place until `leave` is called. Raise Refused if none is free."""
        with self.lock:
            if self.taken.total() >= self.total or self.taken[client] >= self.each:
                raise Refused(error_pages.too_busy)
            self.taken[client] += 1

    def leave(self, client: str) -> None:
        with self.lock:
            self.taken[client] -= 1
            if not self.taken[client]:
                del self.taken[client]


class Queue:
    """
    Run up to `work` requests at the same time, each in a thread of the queue, while up to `wait` more wait.

    A request that has waited for `patience` seconds is refused.
    """

    def __init__(self, name: str, *, work: int, wait: int, patience: float):
        self.size = work + wait
        self.patience = patience
        self.inside = 0
        self.lock = threading.Lock()
        self.threads = ThreadPoolExecutor(work, thread_name_prefix=name, initializer=lower_thread_priority)

    def call(self, function: Callable[[], T]) -> T:
        """Run a function in a thread of the queue, and return its result. Raise Refused if it waits too long."""
        with self.lock:
            if self.inside >= self.size:
                raise Refused(error_pages.too_busy)
            self.inside += 1
        try:
            result = self.threads.submit(function)
            wait([result], self.patience)
            if result.cancel():  # False once it runs
                raise Refused(error_pages.too_busy)
            return result.result()
        finally:
            with self.lock:
                self.inside -= 1


def lower_thread_priority() -> None:
    """Let this thread run after those that serve cached pages, which take microseconds."""
    if sys.platform == "linux":  # elsewhere it would be the priority of the process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


class RequestLimits:
    """The WSGI application around Django's."""

    def __init__(self, application: Callable):
        self.application = application
        self.small_bodies = Places(total=96, each=64)
        self.large_bodies = Places(total=3, each=2)
        self.large_responses = Places(total=32, each=16)
        self.health = Queue("health", work=1, wait=8, patience=5)
        self.files = Queue("files", work=2, wait=64, patience=10)
        self.visitors = Queue("visitors", work=2, wait=64, patience=15)
        self.visitors_forms = Queue("visitors-forms", work=1, wait=16, patience=10)
        self.staff = Queue("staff", work=2, wait=64, patience=20)
        self.staff_forms = Queue("staff-forms", work=2, wait=64, patience=20)

    def __call__(self, environ: WSGIEnvironment, start_response: Callable) -> Iterable[bytes]:
        try:
            if len(environ["PATH_INFO"]) > LONGEST_PATH or len(environ.get("QUERY_STRING", "")) > LONGEST_QUERY:
                raise Refused(error_pages.uri_too_long)
            body = self.read_body(environ)
            environ["wsgi.input"] = BytesIO(body)
            if environ["PATH_INFO"] in NEVER_WAIT:
                return self.application(environ, start_response)
            queue = self.queue(environ, is_form=bool(body))
            response = queue.call(lambda: with_small_file_read(self.application(environ, start_response)))
            return self.stream(response, environ) if getattr(response, "streaming", False) else response
        except Refused as refused:
            response = add_security_headers(refused.view(WSGIRequest({**environ, "wsgi.input": BytesIO()})))
            start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
            return [response.content]

    def is_idle(self) -> bool:
        """Say whether Django has no request to work on."""
        queues = (self.health, self.files, self.visitors, self.visitors_forms, self.staff, self.staff_forms)
        return not any(queue.inside for queue in queues)

    def queue(self, environ: WSGIEnvironment, is_form: bool) -> Queue:
        """Return the queue that a request waits in."""
        path = environ["PATH_INFO"]
        if path.startswith("/health/"):
            return self.health
        if path.startswith((settings.STATIC_URL, settings.MEDIA_URL)):
            return self.files
        if settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", ""):
            return self.staff_forms if is_form else self.staff
        return self.visitors_forms if is_form else self.visitors

    def read_body(self, environ: WSGIEnvironment) -> bytes:
        """Return the whole body of a request. Raise Refused if it is too large, too slow or incomplete."""
        if "HTTP_TRANSFER_ENCODING" in environ:
            raise Refused(error_pages.length_required)
        length = environ.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdecimal()):
            raise Refused(error_pages.bad_request)
        length = int(length[:20])
        if not length:
            return b""
        if length > LARGEST_BODY:
            raise Refused(error_pages.too_large)
        is_small = length <= LARGEST_SMALL_BODY
        places, client = (self.small_bodies if is_small else self.large_bodies), client_key(environ)
        places.take(client)
        # Only closing the connection interrupts a read, and a response before that would block granian's worker.
        timer = close_later(DEADLINE if is_small else DEADLINE + length / SLOWEST_RATE, environ)
        try:
            body = read_exactly(environ["wsgi.input"], length)
        except OSError:
            body = b""
        finally:
            timer.cancel()
            places.leave(client)
        if len(body) < length:  # the connection was closed
            raise Refused(error_pages.bad_request)
        return body

    def stream(self, response: Any, environ: WSGIEnvironment) -> Iterable[bytes]:
        """Return a streaming response, within the limit. It blocks a thread of the server until the client has it."""
        client = client_key(environ)
        try:
            self.large_responses.take(client)
        except Refused:
            response.close()
            raise
        return StreamedResponse(response, environ, lambda: self.large_responses.leave(client))


def client_key(environ: WSGIEnvironment) -> str:
    """Return what counts as one client for `Places`."""
    return ip_block(client_ip(environ))


def with_small_file_read(response: Any) -> Any:
    """Return a response. If it streams a small file, read the file, so that no thread waits for the client."""
    if getattr(response, "streaming", False):
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) <= LARGEST_WHOLE_RESPONSE:
            with closing(response):
                return [b"".join(response)]
    return response


def read_exactly(stream: Any, length: int) -> bytes:
    """Return `length` bytes of a stream, or fewer if it ends before."""
    parts, missing = [], length
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


class StreamedResponse:
    """A streaming response. If a client does not receive it in time, the connection is closed."""

    def __init__(self, response: Any, environ: WSGIEnvironment, on_close: Callable[[], None]):
        self.response, self.on_close = response, on_close
        self.timer = close_later(RESPONSE_DEADLINE, environ)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.response)

    def close(self) -> None:
        self.timer.cancel()
        self.response.close()
        self.on_close()


def close_later(seconds: float, environ: WSGIEnvironment) -> threading.Timer:
    """Close the connections with the client after some seconds, unless the timer is cancelled before."""
    timer = threading.Timer(seconds, close_connections, [environ])
    timer.daemon = True
    timer.start()
    return timer


def close_connections(environ: WSGIEnvironment) -> None:
    """
    Close the connections of this process with the client that sent a request.

    The server does not say which connection belongs to the request, so all of them are closed. Behind a proxy they
    are the proxy's, which must buffer requests itself, so this does nothing. It works on Linux only.
    """
    if settings.BEHIND_PROXY or not os.path.isdir("/proc/self/fd"):
        return
    count = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            # Of a file or a pipe, no socket can be made, and the duplicate would stay open.
            if not stat.S_ISSOCK(os.fstat(int(descriptor)).st_mode):
                continue
            with socket.socket(fileno=os.dup(int(descriptor))) as connection:
                if connection.family != socket.AF_UNIX and connection.getpeername()[0] == environ["REMOTE_ADDR"]:
                    connection.shutdown(socket.SHUT_RDWR)
                    count += 1
        except OSError:  # not connected, or closed by now
            continue
    logger.warning("Closed %s connections with %s, which is too slow", count, Personal(environ["REMOTE_ADDR"]))
