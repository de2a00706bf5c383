"""
The page store: finished public pages in memory, served before Django is entered.

A WSGI layer around Django. It caches the responses of views marked with `stored`, whole, compressed, with their ETag
and all other headers, by scheme, host, path and query string. A page is fresh while the content version and the date
are those that were read before it was rendered. So it may be newer than its version, but never older. The version is
polled about once a second, by whichever request comes first (`networks.page_store.watch`).

All other requests pass through to Django: those of staff, methods other than GET and HEAD, and unmarked views.

While the database is not available, stale pages are served with the header Age; for a page that is not cached, Django
responds with 503. Each process has a store of its own, which is empty at first, so a new release begins with new
pages. The ETag is made from the body alone, so it is the same in all processes and on all servers.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import wraps
from io import BytesIO
from typing import Any, TypeGuard
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from networks.languages import SCRIPT_PARAMETER, language_codes, language_prefix
from networks.page_store.cached_page import CachedPage, preferred_encoding
from networks.page_store.environ import (
    DATABASE_IS_AVAILABLE,
    PAGE_STORE,
    WILL_BE_CACHED,
    Application,
    Headers,
    StartResponse,
)
from networks.page_store.snapshot import snapshot
from networks.page_store.watch import State, Watch

# Scheme, host, SCRIPT_NAME, path and query string
Key = tuple[str, str, str, str, str]

LIVE = "/health/live/"

LONGEST_KEY = 1000  # characters of host, path and query string together

# Request headers that the store handles itself
HANDLED_BY_THE_STORE = ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")


def stored(view: Callable[..., HttpResponse], *, reads_query: bool = False) -> Callable[..., HttpResponse]:
    """
    Mark a view whose responses are the same for all visitors, until the content version changes.

    With `reads_query`, a response is cached under its canonical query string, which is the one that `render_page` was
    given, or none. Without it, a view has one response, which is served for every query string.

    The view is rendered in a snapshot of the database, so it must not write. (For staff, Django may have to write
    their session; but they bypass the store.) Such a view needs no CSRF check: it has to refuse POST itself.
    """

    @csrf_exempt
    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if WILL_BE_CACHED not in request.META:
            return view(request, *args, **kwargs)
        # The store needs the whole page, uncompressed.
        removed = {name: request.META.pop(name) for name in HANDLED_BY_THE_STORE if name in request.META}
        method, response = request.method, None
        if method == "HEAD":
            request.method = "GET"
        try:
            with snapshot():
                response = view(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()  # Django would do so after the snapshot
        finally:
            if response is None or response.status_code != 200:
                request.META.update(removed)
                request.method = method
        if response.status_code == 200:
            # Attributes of the store's own, which the class does not have
            response.stored_query = getattr(response, "own_query", "")  # type: ignore[attr-defined]
            response.reads_query = reads_query  # type: ignore[attr-defined]
        return response

    return marked


class PageStore:
    """The WSGI application around Django's. `limit` is the size of all pages in bytes; the least recent go first."""

    # Of several requests for a page that is not cached, one renders it. After this time, the others do so too.
    LONGEST_WAIT = 10.0  # seconds

    # Paths of responses that are never cached, and of the health report, which must not wait
    NEVER_STORED = (settings.STATIC_URL, settings.MEDIA_URL, "/health/")

    def __init__(self, application: Application, limit: int, watch: Watch | None = None):
        self.application = application
        self.limit = limit
        self.watch = watch or Watch()
        self.pages: OrderedDict[Key, CachedPage] = OrderedDict()
        self.size = 0
        self.lock = threading.Lock()
        self.rendering: dict[tuple[Key, State], threading.Event] = {}
        self.session_cookie = settings.SESSION_COOKIE_NAME
        self.secure_header, self.secure_value = settings.SECURE_PROXY_SSL_HEADER or (None, None)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == LIVE:  # must never wait, not even for a poll
            return self.application(environ, start_response)
        state = self.watch.current_state()
        key = self.key_of(environ)
        if key is not None and key[-1]:
            key = self.without_unread_query(key)
        page = None if key is None else self.get(key)
        if page is not None:
            if page.state is state:
                return page.respond(environ, start_response)
            if state is None:
                return self.respond_stale(page, environ, start_response)
        environ[PAGE_STORE] = self
        environ[DATABASE_IS_AVAILABLE] = state is not None
        if key is None or state is None:
            return self.application(environ, start_response)
        environ[WILL_BE_CACHED] = True
        return self.respond_rendered(key, state, environ, start_response)

    def key_of(self, environ: WSGIEnvironment) -> Key | None:
        """Return the key of a request's page in the cache; None for a request that bypasses the store."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or "HTTP_AUTHORIZATION" in environ:
            return None
        # A cookie that only looks like that of a session bypasses the store too, which does no harm.
        if self.session_cookie in environ.get("HTTP_COOKIE", ""):
            return None
        host, path, query = environ.get("HTTP_HOST", ""), environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        if not host or len(host) + len(path) + len(query) > LONGEST_KEY or path.startswith(self.NEVER_STORED):
            return None
        scheme = environ["wsgi.url_scheme"]
        if self.secure_header is not None and (forwarded := environ.get(self.secure_header)) is not None:
            # As in HttpRequest.scheme
            scheme = "https" if forwarded.split(",", 1)[0].strip() == self.secure_value else "http"
        return scheme, host, environ.get("SCRIPT_NAME", ""), path, query

    def without_unread_query(self, key: Key) -> Key:
        """Return the key without its query string where a page is cached that does not read it; else the key."""
        bare = (*key[:-1], "")
        page = self.pages.get(bare)
        # Django redirects the parameter of the old site's scripts.
        if page is None or page.reads_query or SCRIPT_PARAMETER.search(key[-1]):
            return key
        return bare

    def get(self, key: Key) -> CachedPage | None:
        """Return the cached page, fresh or stale, and make it the most recent one."""
        page = self.pages.get(key)
        if page is not None:
            try:  # noqa: SIM105 - suppress() would take a tenth of the time of the whole response
                self.pages.move_to_end(key)
            except KeyError:  # another thread has just removed it
                pass
        return page

    def fresh_page(self, key: Key, state: State) -> CachedPage | None:
        """Return the cached page, if it was rendered in the state or a later one."""
        page = self.pages.get(key)
        return page if page is not None and page.state.number >= state.number else None

    def respond_stale(self, page: CachedPage, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Respond with a page that may be stale, and say for how long."""
        age = max(1, round(time.monotonic() - page.state.seen_at))
        extra = [("Age", str(age)), ("Cache-Status", f"page-store; hit; ttl=-{age}")]
        return page.respond(environ, start_response, extra)

    def respond_rendered(
        self, key: Key, state: State, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Respond with what Django renders, once for all requests for the page at the same time."""
        turn = (key, state)
        with self.lock:
            page = self.fresh_page(key, state)
            finished = self.rendering.get(turn)
            if page is None and finished is None:
                self.rendering[turn] = threading.Event()
        if page is None and finished is not None:
            finished.wait(self.LONGEST_WAIT)
            page = self.fresh_page(key, state)
        if page is not None:
            return page.respond(environ, start_response)
        if finished is not None:
            return self.render(key, state, environ, start_response)
        try:
            return self.render(key, state, environ, start_response)
        finally:
            with self.lock:
                self.rendering.pop(turn).set()

    def render(
        self, key: Key, state: State, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Let Django respond, and cache the response if it may be."""
        started: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> None:
            started[:] = [(status, headers)]

        # A copy, because `stored` removes headers from it; without the request's body, for which others would wait.
        copy = {**environ, "QUERY_STRING": key[-1], "CONTENT_LENGTH": "", "wsgi.input": BytesIO()}
        copy.pop("HTTP_TRANSFER_ENCODING", None)
        response = self.application(copy, start)
        status, headers = started[0]
        if may_be_cached(response, headers):
            body = response.content
            response.close()
            query = getattr(response, "stored_query", "").removeprefix("?")
            reads_query = getattr(response, "reads_query", True)
            if query == key[-1] or not reads_query:
                page = CachedPage(headers, body, state, reads_query=reads_query)
                self.add((*key[:-1], query), page)
            else:  # for this request alone
                encoding = preferred_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
                page = CachedPage(headers, body, state, [encoding])
            return page.respond(environ, start_response)
        if status.startswith("503"):
            # The database has failed since the last poll.
            stale_page = self.pages.get(key)
            if stale_page is not None:
                if hasattr(response, "close"):
                    response.close()
                return self.respond_stale(stale_page, environ, start_response)
        elif not status.startswith("5"):
            # A page that is gone must not be served while the database is not available.
            with self.lock:
                self.remove(key)
        start_response(status, headers)
        return response

    def add(self, key: Key, page: CachedPage) -> None:
        """Cache a page, unless it is too large, or one as fresh is cached already."""
        if page.size > self.limit:
            return
        with self.lock:
            if self.fresh_page(key, page.state) is not None:
                return
            self.remove(key)
            self.pages[key] = page
            self.size += page.size
            while self.size > self.limit:
                _key, least_recent = self.pages.popitem(last=False)
                self.size -= least_recent.size

    def remove(self, key: Key) -> None:
        """Remove a page from the cache. The caller holds the lock."""
        page = self.pages.pop(key, None)
        if page is not None:
            self.size -= page.size

    def has_front_page(self) -> bool:
        """Return whether a front page is cached, fresh or stale, in some language."""
        paths = {language_prefix(code) for code in language_codes()}
        # A list, because other threads change the order meanwhile.
        return any(path in paths and not query for *_host, path, query in [*self.pages])

    def report(self) -> dict[str, Any]:
        """Return the part of the health report about the store."""
        state = self.watch.state
        stale_since = None
        if state is not None and not self.watch.database_is_available:
            age = timedelta(seconds=time.monotonic() - state.seen_at)
            stale_since = (timezone.now() - age).isoformat(timespec="seconds")
        return {"pages": len(self.pages), "bytes": self.size, "stale_since": stale_since}


def may_be_cached(response: Iterable[bytes], headers: Headers) -> TypeGuard[HttpResponse]:
    """Say whether a response is that of a view marked with `stored`, and the same for all visitors."""
    if getattr(response, "stored_query", None) is None:
        return False
    if not isinstance(response, HttpResponse) or response.status_code != 200:  # such as a streaming response
        return False
    values = {name.lower(): value.lower() for name, value in headers}
    directives = {each.strip() for each in values.get("cache-control", "").split(",")}
    varies_by = {each.strip() for each in values.get("vary", "").split(",") if each}
    return (
        "set-cookie" not in values
        and "content-encoding" not in values
        and not directives & {"private", "no-store"}
        and varies_by <= {"accept-encoding"}
    )
