"""
The page store: finished public pages in memory, answered before Django is entered.

A small WSGI layer around Django's application. It keeps what a view marked by `stored` has answered: complete,
compressed, with its ETag and all other headers, by scheme, host, path and query as they were asked. A page is good
for as long as the content version and the day are those that were read before it was rendered; so what is kept may
be newer than its version, but never older. The version is looked up about once a second, by whichever request comes
first.

Everything else passes through: whoever is signed in, any method but GET and HEAD, any address that is not marked.

Where the database does not answer, the last good pages go on, with the header Age; what was never rendered gets the
page that says so (503). The store is of one process and begins empty, so a new release begins with new pages; the
ETag is made from the bytes alone, and so is the same in all processes and on all servers.
"""

import gzip
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from functools import lru_cache, wraps
from io import BytesIO
from typing import Any

import brotli
from django.conf import settings
from django.db import Error as DatabaseDoesNotAnswer
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from networks.languages import SCRIPT_PARAMETER
from networks.page_store.environ import DATABASE_ANSWERS, STORE, WANTED
from networks.page_store.snapshot import snapshot
from networks.page_store.version import current_version
from networks.revisions import schedules

logger = logging.getLogger(__name__)

Environ = dict[str, Any]
Headers = list[tuple[str, str]]

LONGEST_KEY = 1000  # characters of host, path and query together

# Whoever asks the server gets what is true, for nothing is fresh without asking. A cache may give its copy to those
# who come in the second after it has fetched it, and to all while the server is down.
CACHE_CONTROL = "public, max-age=0, stale-while-revalidate=1, stale-if-error=86400"


ANSWERED_BY_THE_STORE = ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")


# What a view says


def stored(view: Callable[..., HttpResponse], *, reads_query: bool = False) -> Callable[..., HttpResponse]:
    """
    Mark a view whose responses are the same for everybody who is not signed in, until the content version changes.

    Where the view `reads_query`, its response is kept under its canonical query: the one that `render_page` was
    given, and else none. Any other view has one response, which is served whatever the query says. All that stands
    on what is kept was true at one moment, so the view must not write. (To know who is signed in, Django may have to
    write. They pass the store by.) A view that does not write needs no CSRF token either: it refuses a POST itself.
    """

    @csrf_exempt
    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if WANTED not in request.META:
            return view(request, *args, **kwargs)
        # The store makes the answers to these from the whole page.
        taken = {name: request.META.pop(name) for name in ANSWERED_BY_THE_STORE if name in request.META}
        method, response = request.method, None
        if method == "HEAD":
            request.method = "GET"
        try:
            with snapshot():
                response = view(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()  # Django would, when the snapshot is over
        finally:
            if response is None or response.status_code != 200:
                request.META.update(taken)
                request.method = method
        if response.status_code == 200:
            response.stored_query = getattr(response, "own_query", "")
            response.reads_query = reads_query
        return response

    return marked


# What is true now


class State:
    """What pages are good for: one content version, on one day. `seen_at` is when it was last known to be true."""

    def __init__(self, version: int, days: tuple[date, ...], number: int):
        self.version = version
        self.days = days
        self.number = number
        self.seen_at = 0.0


def look() -> tuple[int, datetime | None]:
    """
    Return the content version, and when the next plan falls due.

    Raises one of Django's database errors where the database does not answer.
    """
    with own_connection():
        return current_version(), schedules.next_due()


def carry_out() -> None:
    """Carry out the plans that have fallen due."""
    with own_connection():
        schedules.apply_due()


@contextmanager
def own_connection() -> Iterator[None]:
    """Look after the connections of this thread as Django does where a request of its own begins and ends."""
    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()


class Watch:
    """
    Knows the state, and looks it up anew when its time has come.

    What it says is never older than TRUSTED_FOR. One request looks, a little earlier than it must, while others go on
    with what is known; only a look that takes long is waited for, and at most for PATIENCE. Plans are carried out by
    one request too, for which nobody waits: until that is done, what is known is true.
    """

    LOOK_AFTER = 0.75  # seconds from the beginning of one look to the next
    TRUSTED_FOR = 1.0  # seconds from the beginning of a look
    PATIENCE = 1.0  # seconds that a request waits for a look that another one has begun
    LOOK_AGAIN_AFTER_FAILURE = 1.0  # seconds from the end of a look that failed

    def __init__(
        self,
        look: Callable[[], tuple[int, datetime | None]] = look,
        carry_out: Callable[[], None] = carry_out,
    ):
        self.look = look
        self.carry_out = carry_out
        self.is_overdue = False  # whether a plan waits to be carried out
        self.state: State | None = None  # the one that was last known to be true
        self.is_answering = True
        self.looking = threading.Lock()
        self.carrying_out = threading.Lock()
        self.began_at = self.next_look = self.trusted_until = float("-inf")  # of the monotonic clock
        self.next_event = float("inf")  # of the clock on the wall: a plan falls due, or a day begins

    def current(self) -> State | None:
        """Return what is true now; None where it is not known, because the database does not answer."""
        now = time.monotonic()
        if now >= self.next_look or time.time() >= self.next_event:
            return self.renewed(now)
        return self.state if self.is_answering else None

    def renewed(self, now: float) -> State | None:
        if not self.looking.acquire(blocking=False):
            if now < self.trusted_until and self.is_answering:
                return self.state
            if not self.is_answering:
                return None
            if not self.looking.acquire(timeout=self.PATIENCE):
                # Nobody else waits for it, until it comes to an end.
                self.is_answering = False
                logger.warning("The database has not answered for %s s. Pages that are held go on", self.PATIENCE)
                return None
            self.looking.release()
            return self.state if self.is_answering else None
        try:
            if now >= self.began_at:  # nobody has looked since this was asked
                self.look_up()
        finally:
            self.looking.release()
        if self.is_overdue and self.carrying_out.acquire(blocking=False):
            try:
                self.carry_out()
            except DatabaseDoesNotAnswer:
                logger.exception("Schedules that have fallen due wait for the database")
            finally:
                self.carrying_out.release()
            with self.looking:
                self.look_up()
        return self.state if self.is_answering else None

    def look_up(self) -> None:
        self.began_at = time.monotonic()
        try:
            version, next_due = self.look()
        except DatabaseDoesNotAnswer:
            if self.is_answering:
                logger.exception("The database does not answer. Pages that are held go on")
            self.is_answering = False
            self.next_look = time.monotonic() + self.LOOK_AGAIN_AFTER_FAILURE
            self.next_event = float("inf")
            self.is_overdue = False
            return
        if not self.is_answering:
            logger.warning("The database answers again")
        now = timezone.now()
        days = (timezone.localdate(now), now.astimezone(UTC).date())
        state = self.state
        if state is None or (state.version, state.days) != (version, days):
            state = State(version, days, state.number + 1 if state else 1)
        state.seen_at = self.began_at
        events = [next_day(now), now.astimezone(UTC).replace(hour=0, minute=0, second=0) + timedelta(days=1)]
        if next_due is not None:
            events.append(next_due)
        self.is_overdue = next_due is not None and next_due <= now
        # What is overdue and could not be carried out is tried again with each look.
        self.next_event = min(event.timestamp() for event in events if event > now)
        self.trusted_until = self.began_at + self.TRUSTED_FOR
        self.next_look = self.began_at + self.LOOK_AFTER
        self.state, self.is_answering = state, True


def next_day(now: datetime) -> datetime:
    """Return when the next day begins in the city."""
    tomorrow = timezone.localdate(now) + timedelta(days=1)
    return datetime.combine(tomorrow, time_of_day(), tzinfo=timezone.get_default_timezone())


# What is kept

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    # The best first. Brotli's next grade takes six times as long to save half a per cent.
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
IDENTITY = "identity"
TEXT_TYPES = ("text/", "application/json", "application/csvm+json", "application/ld+json", "application/atom+xml")
TEXT_TYPES += ("application/xml",)

# What of the headers of a page stands on the answer that it has not changed (RFC 9110, 15.4.5)
KEPT_ON_304 = {"cache-control", "content-location", "etag", "expires", "last-modified", "vary"}


class Variant:
    """A page in one encoding, as it is answered."""

    __slots__ = ("body", "etag", "headers", "headers_304")

    def __init__(self, headers: Headers, body: bytes, etag: str, encoding: str):
        self.body = body
        self.etag = etag
        own = [("Content-Encoding", encoding)] if encoding != IDENTITY else []
        self.headers = [*headers, ("ETag", etag), *own, ("Content-Length", str(len(body)))]
        self.headers_304 = [
            (name, value)
            for name, value in self.headers
            if name.lower() in KEPT_ON_304 or name.lower().startswith("access-control-")
        ]


class Page:
    """A whole answer of Django's, in every encoding that is offered."""

    MADE_BY_THE_STORE = {"content-length", "etag", "vary"}

    def __init__(
        self,
        headers: Headers,
        body: bytes,
        state: State | None,
        encodings: Iterable[str] = (*ENCODERS,),
        *,
        reads_query: bool = True,
    ):
        self.state = state
        self.reads_query = reads_query
        named = {name.lower(): value for name, value in headers}
        kept = [(name, value) for name, value in headers if name.lower() not in self.MADE_BY_THE_STORE]
        if "cache-control" not in named:
            kept.append(("Cache-Control", CACHE_CONTROL))
        self.is_text = named.get("content-type", "").startswith(TEXT_TYPES)
        if self.is_text:
            kept.append(("Vary", "Accept-Encoding"))
        digest = hashlib.sha256(body).hexdigest()[:32]
        self.variants = {IDENTITY: Variant(kept, body, f'"{digest}"', IDENTITY)}
        for encoding in encodings:
            if encoding != IDENTITY and self.is_text and len(encoded := ENCODERS[encoding](body)) < len(body):
                self.variants[encoding] = Variant(kept, encoded, f'"{digest}-{encoding}"', encoding)
        # What the headers take beside the bodies is about the same for all.
        self.size = 4000 + sum(len(each.body) for each in self.variants.values())

    def answer(self, environ: Environ, start_response: Callable, marks: Headers | None = None) -> list[bytes]:
        """Answer a GET or HEAD. `marks` are further headers of this one answer."""
        variants = self.variants
        if self.is_text and "HTTP_ACCEPT_ENCODING" in environ:
            variant = variants.get(chosen_encoding(environ["HTTP_ACCEPT_ENCODING"])) or variants[IDENTITY]
        else:
            variant = variants[IDENTITY]
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None and (known == variant.etag or is_among(variant.etag, known)):
            start_response("304 Not Modified", [*variant.headers_304, *(marks or ())])
            return []
        start_response("200 OK", [*variant.headers, *(marks or ())])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [variant.body]


LONGEST_ACCEPT_ENCODING = 200  # characters that are read of the header


def chosen_encoding(accepted: str) -> str:
    """Return the encoding that a client likes best of those that are offered (RFC 9110, 12.5.3)."""
    return _chosen_encoding(accepted[:LONGEST_ACCEPT_ENCODING])


@lru_cache(maxsize=512)
def _chosen_encoding(accepted: str) -> str:
    weights = {}
    for each in accepted.split(","):
        name, *parameters = (part.strip().lower() for part in each.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        weights[name] = weight
    others = weights.get("*", 0.0)
    best = max(ENCODERS, key=lambda name: weights.get(name, others))  # the first of equals
    weight = weights.get(best, others)
    return best if weight > 0 and weight >= weights.get(IDENTITY, 0) else IDENTITY


def is_among(etag: str, header: str) -> bool:
    """Say whether an ETag is named by an If-None-Match, which compares weakly (RFC 9110, 13.1.2)."""
    # Those of the store hold no comma, so no other that does can be taken for one.
    names = [each.strip() for each in header.split(",")]
    return names == ["*"] or etag in {name.removeprefix("W/") for name in names}


# The layer


class PageStore:
    """The WSGI application around Django's. `limit` is how many bytes of pages it holds, the oldest going first."""

    # No two render the same page at once; who has waited so long for it renders it too.
    LONGEST_WAIT = 10.0  # seconds

    # What other parts answer, or must not wait
    NEVER_STORED = (settings.STATIC_URL, settings.MEDIA_URL, "/health/")

    def __init__(self, application: Callable, limit: int, watch: Watch | None = None):
        self.application = application
        self.limit = limit
        self.watch = watch or Watch()
        self.pages: OrderedDict[tuple, Page] = OrderedDict()
        self.size = 0
        self.writing = threading.Lock()
        self.rendering: dict[tuple, threading.Event] = {}
        self.session_cookie = settings.SESSION_COOKIE_NAME
        self.secure_header, self.secure_value = settings.SECURE_PROXY_SSL_HEADER or (None, None)

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        state = self.watch.current()
        key = self.key_of(environ)
        if key is not None and key[-1]:
            key = self.without_query(key)
        page = None if key is None else self.held(key)
        if page is not None:
            if page.state is state:
                return page.answer(environ, start_response)
            if state is None:
                return self.answer_late(page, environ, start_response)
        environ[STORE] = self
        environ[DATABASE_ANSWERS] = state is not None
        if key is None or state is None:
            return self.application(environ, start_response)
        environ[WANTED] = True
        return self.answer_anew(key, state, environ, start_response)

    def key_of(self, environ: Environ) -> tuple | None:
        """Return what a page is known by; None for a request that the store has nothing to do with."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or "HTTP_AUTHORIZATION" in environ:
            return None
        # Anything that looks like a session is one: a page too many that Django renders does no harm.
        if self.session_cookie in environ.get("HTTP_COOKIE", ""):
            return None
        host, path, query = environ.get("HTTP_HOST", ""), environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        if not host or len(host) + len(path) + len(query) > LONGEST_KEY or path.startswith(self.NEVER_STORED):
            return None
        scheme = environ["wsgi.url_scheme"]
        if self.secure_header is not None and (forwarded := environ.get(self.secure_header)) is not None:
            # As HttpRequest.scheme has it
            scheme = "https" if forwarded.split(",", 1)[0].strip() == self.secure_value else "http"
        return scheme, host, environ.get("SCRIPT_NAME", ""), path, query

    def without_query(self, key: tuple) -> tuple:
        """Return the key of the page that is held for every query, where the view reads none; else the key itself."""
        bare = (*key[:-1], "")
        page = self.pages.get(bare)
        # The parameter of the old site's scripts leads elsewhere.
        if page is None or page.reads_query or SCRIPT_PARAMETER.search(key[-1]):
            return key
        return bare

    def held(self, key: tuple) -> Page | None:
        """Return the page that was last good, and note that it was asked for."""
        page = self.pages.get(key)
        if page is not None:
            try:  # noqa: SIM105 - suppress() would take a tenth of the whole answer
                self.pages.move_to_end(key)
            except KeyError:  # another thread has just thrown it out
                pass
        return page

    def answer_late(self, page: Page, environ: Environ, start_response: Callable) -> list[bytes]:
        """Answer with the last good page, and say how long ago it was known to be true."""
        age = max(1, round(time.monotonic() - page.state.seen_at))
        marks = [("Age", str(age)), ("Cache-Status", f"page-store; hit; ttl=-{age}")]
        return page.answer(environ, start_response, marks)

    def answer_anew(self, key: tuple, state: State, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        """Answer with what Django renders, once for all who ask for it at the same time."""
        turn = (key, state)
        with self.writing:
            page = self.good(key, state)
            finished = self.rendering.get(turn)
            is_first = finished is None
            if page is None and is_first:
                finished = self.rendering[turn] = threading.Event()
        if page is None and not is_first:
            finished.wait(self.LONGEST_WAIT)
            page = self.good(key, state)
        if page is not None:
            return page.answer(environ, start_response)
        if not is_first:
            return self.rendered(key, state, environ, start_response)
        try:
            return self.rendered(key, state, environ, start_response)
        finally:
            with self.writing:
                del self.rendering[turn]
            finished.set()

    def good(self, key: tuple, state: State) -> Page | None:
        """Return the page that is held, if it is good for the state or for one that came after it."""
        page = self.pages.get(key)
        return page if page is not None and page.state.number >= state.number else None

    def rendered(self, key: tuple, state: State, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        begun = []

        def begin(status: str, headers: Headers, exc_info: Any = None) -> None:
            begun[:] = status, headers

        # A copy, because `stored` takes away what the answer is chosen by; without a body, which nobody waits for.
        asked = {**environ, "QUERY_STRING": key[-1], "CONTENT_LENGTH": "", "wsgi.input": BytesIO()}
        asked.pop("HTTP_TRANSFER_ENCODING", None)
        response = self.application(asked, begin)
        status, headers = begun
        if may_be_stored(response, headers):
            body = response.content
            response.close()
            query, reads_query = response.stored_query.removeprefix("?"), getattr(response, "reads_query", True)
            if query == key[-1] or not reads_query:
                page = Page(headers, body, state, reads_query=reads_query)
                self.keep((*key[:-1], query), page)
            else:  # it is rendered for this request alone
                page = Page(headers, body, None, [chosen_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))])
            return page.answer(environ, start_response)
        if status.startswith("503"):
            # The database was there a moment ago.
            page = self.pages.get(key)
            if page is not None:
                response.close()
                return self.answer_late(page, environ, start_response)
        elif not status.startswith("5"):
            self.drop(key)
        start_response(status, headers)
        return response

    def keep(self, key: tuple, page: Page) -> None:
        if page.size > self.limit:
            return
        with self.writing:
            if self.good(key, page.state) is not None:
                return
            self.forget(key)
            self.pages[key] = page
            self.size += page.size
            while self.size > self.limit:
                _key, oldest = self.pages.popitem(last=False)
                self.size -= oldest.size

    def drop(self, key: tuple) -> None:
        """What is no page any more must not come back when the database is away."""
        if key in self.pages:
            with self.writing:
                self.forget(key)

    def forget(self, key: tuple) -> None:
        page = self.pages.pop(key, None)
        if page is not None:
            self.size -= page.size

    def report(self) -> dict[str, Any]:
        """Return what there is to say about the store, for monitors."""
        state = self.watch.state
        stale_since = None
        if state is not None and not self.watch.is_answering:
            age = timedelta(seconds=time.monotonic() - state.seen_at)
            stale_since = (timezone.now() - age).isoformat(timespec="seconds")
        return {"pages": len(self.pages), "bytes": self.size, "stale_since": stale_since}


def may_be_stored(response: Iterable[bytes], headers: Headers) -> bool:
    """Say whether an answer of Django's is one of a marked view, and the same for everybody."""
    if getattr(response, "stored_query", None) is None or response.status_code != 200 or response.streaming:
        return False
    named = {name.lower(): value.lower() for name, value in headers}
    directives = {each.strip() for each in named.get("cache-control", "").split(",")}
    varies_by = {each.strip() for each in named.get("vary", "").split(",") if each}
    return (
        "set-cookie" not in named
        and "content-encoding" not in named
        and not directives & {"private", "no-store"}
        and varies_by <= {"accept-encoding"}
    )
