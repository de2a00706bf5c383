"""
What requests may take, alone and together: a WSGI layer between the page store and Django.

A thread of the server is lost for as long as a client takes to send a body or to read a large file, and for as long
as Django works. So a body is read before Django is entered, and the connection is closed if it does not arrive in
time. Django works in a few threads of its own, each kind of request in others, so that citizens do not wait for
staff, nor staff for strangers who try to sign in. Some more requests wait for their turn; what comes beyond that is
answered at once with 503 and Retry-After. All together are fewer than the threads of the server
(`citynetworks.server`), so there is always one left for a page that the page store holds.
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

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse

from citynetworks import error_pages
from citynetworks.client_address import address_block, client_address
from citynetworks.headers import hardened

logger = logging.getLogger(__name__)

Environ = dict[str, Any]
T = TypeVar("T")

LONGEST_PATH = 2_000  # bytes
LONGEST_QUERY = 8_000  # bytes

# A form takes pictures of up to 5 MB. What is not much larger still reaches it, and the form says what is wrong.
LARGEST_BODY = 10 * 1024 * 1024  # bytes
LARGEST_SMALL_BODY = 256 * 1024  # bytes: any form without a picture
DEADLINE = 20  # seconds in which a small body arrives
SLOWEST_RATE = 100_000  # bytes a second: a large body has so much more time

LARGEST_WHOLE_RESPONSE = 64 * 1024  # bytes of a file; a larger one is sent in parts
RESPONSE_DEADLINE = 120  # seconds in which a client takes all parts


class Refused(Exception):
    """The request is not passed on to Django. `view` makes the response that says why."""

    def __init__(self, view: Callable[[HttpRequest], HttpResponse]):
        self.view = view


class Places:
    """Counts what goes on at once: at most `total`, and `each` for the address of one client."""

    def __init__(self, *, total: int, each: int):
        self.total, self.each = total, each
        self.taken: Counter[str] = Counter()
        self.lock = threading.Lock()

    def take(self, address: str) -> None:
        """Take a place until `leave` is called. Raises Refused where none is free."""
        with self.lock:
            if self.taken.total() >= self.total or self.taken[address] >= self.each:
                raise Refused(error_pages.too_busy)
            self.taken[address] += 1

    def leave(self, address: str) -> None:
        with self.lock:
            self.taken[address] -= 1
            if not self.taken[address]:
                del self.taken[address]


class Queue:
    """
    Lets `work` requests be worked on at once, each in a thread of the queue, while `wait` more wait for their turn.

    A request that has waited for `patience` seconds without a turn is refused.
    """

    def __init__(self, name: str, *, work: int, wait: int, patience: float):
        self.size = work + wait
        self.patience = patience
        self.inside = 0
        self.lock = threading.Lock()
        self.threads = ThreadPoolExecutor(work, thread_name_prefix=name, initializer=let_others_go_first)

    def call(self, function: Callable[[], T]) -> T:
        """Return what a function returns, once it had its turn. Raises Refused where that takes too long."""
        with self.lock:
            if self.inside >= self.size:
                raise Refused(error_pages.too_busy)
            self.inside += 1
        try:
            result = self.threads.submit(function)
            wait([result], self.patience)
            if result.cancel():  # which only works before its turn
                raise Refused(error_pages.too_busy)
            return result.result()
        finally:
            with self.lock:
                self.inside -= 1


def let_others_go_first() -> None:
    """Give the present thread a lower priority: those that serve the page store's pages take microseconds."""
    if sys.platform == "linux":  # where it is a matter of one thread
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

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        try:
            if len(environ["PATH_INFO"]) > LONGEST_PATH or len(environ.get("QUERY_STRING", "")) > LONGEST_QUERY:
                raise Refused(error_pages.uri_too_long)
            body = self.body(environ)
            environ["wsgi.input"] = BytesIO(body)
            if environ["PATH_INFO"] == "/health/live/":  # needs nothing that others could occupy
                return self.application(environ, start_response)
            queue = self.queue(environ, is_form=bool(body))
            response = queue.call(lambda: whole(self.application(environ, start_response)))
            return self.in_parts(response, environ) if getattr(response, "streaming", False) else response
        except Refused as refused:
            response = hardened(refused.view(WSGIRequest({**environ, "wsgi.input": BytesIO()})))
            start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
            return [response.content]

    def is_idle(self) -> bool:
        """Say whether Django works on no request, and none waits for it."""
        queues = (self.health, self.files, self.visitors, self.visitors_forms, self.staff, self.staff_forms)
        return not any(queue.inside for queue in queues)

    def queue(self, environ: Environ, is_form: bool) -> Queue:
        """Return the queue that a request waits in."""
        path = environ["PATH_INFO"]
        if path.startswith("/health/"):
            return self.health
        if path.startswith((settings.STATIC_URL, settings.MEDIA_URL)):
            return self.files
        if settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", ""):
            return self.staff_forms if is_form else self.staff
        return self.visitors_forms if is_form else self.visitors

    def body(self, environ: Environ) -> bytes:
        """Return the whole body of a request. Raises Refused where it is too large, too slow, or not complete."""
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
        places, address = (self.small_bodies if is_small else self.large_bodies), client_of(environ)
        places.take(address)
        # Nothing but the end of the connection interrupts a read, and a response before that blocks granian's worker.
        timer = close_later(DEADLINE if is_small else DEADLINE + length / SLOWEST_RATE, environ)
        try:
            body = read(environ["wsgi.input"], length)
        except OSError:
            body = b""
        finally:
            timer.cancel()
            places.leave(address)
        if len(body) < length:  # the connection has ended
            raise Refused(error_pages.bad_request)
        return body

    def in_parts(self, response: Any, environ: Environ) -> Iterable[bytes]:
        """Return the parts of a large file. A thread of the server waits until the client has taken them."""
        address = client_of(environ)
        try:
            self.large_responses.take(address)
        except Refused:
            response.close()
            raise
        return Parts(response, environ, lambda: self.large_responses.leave(address))


def client_of(environ: Environ) -> str:
    """Return what the places of one client are counted by."""
    return address_block(client_address(environ))


def whole(response: Any) -> Any:
    """Return a response; the file of one that is streamed at once, unless it is large."""
    if getattr(response, "streaming", False):
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) <= LARGEST_WHOLE_RESPONSE:
            with closing(response):
                return [b"".join(response)]
    return response


def read(stream: Any, length: int) -> bytes:
    """Return `length` bytes of a stream, or fewer where it ends before."""
    parts, missing = [], length
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


class Parts:
    """The parts of a response. A client that does not take them in time loses its connection."""

    def __init__(self, response: Any, environ: Environ, when_finished: Callable[[], None]):
        self.response, self.when_finished = response, when_finished
        self.timer = close_later(RESPONSE_DEADLINE, environ)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.response)

    def close(self) -> None:
        self.timer.cancel()
        self.response.close()
        self.when_finished()


def close_later(seconds: float, environ: Environ) -> threading.Timer:
    """Close the connections with the client after so many seconds, unless the timer is cancelled before."""
    timer = threading.Timer(seconds, close_connections, [environ])
    timer.daemon = True
    timer.start()
    return timer


def close_connections(environ: Environ) -> None:
    """
    Close the connections of this process with the client that sent a request.

    The server does not say which of them the request came by, so all are closed. Behind a proxy they are the proxy's,
    which must buffer requests itself; and only Linux tells which there are.
    """
    if settings.BEHIND_PROXY or not os.path.isdir("/proc/self/fd"):
        return
    count = 0
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            # A duplicate of a file or of a pipe would stay open, as no socket could be made of it.
            if not stat.S_ISSOCK(os.fstat(int(descriptor)).st_mode):
                continue
            with socket.socket(fileno=os.dup(int(descriptor))) as connection:
                if connection.family != socket.AF_UNIX and connection.getpeername()[0] == environ["REMOTE_ADDR"]:
                    connection.shutdown(socket.SHUT_RDWR)
                    count += 1
        except OSError:  # not connected, or closed meanwhile
            continue
    logger.warning("Closed %s connections with %s, which is too slow", count, environ["REMOTE_ADDR"])
