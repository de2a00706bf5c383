"""A public page as the page store keeps it: a whole response, in every content encoding that is offered."""

import gzip
import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from wsgiref.types import WSGIEnvironment

import brotli

from networks.page_store.environ import Headers, StartResponse
from networks.page_store.watch import State

# A cache asks each time whether the page has changed. It may serve its copy for a second while it asks, and for a day
# while the server is down.
CACHE_CONTROL = "public, max-age=0, stale-while-revalidate=1, stale-if-error=86400"

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    # The best first. Brotli's next quality takes six times as long to save half a per cent.
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
IDENTITY = "identity"
TEXT_TYPES = (
    *("text/", "application/json", "application/csvm+json", "application/ld+json", "application/atom+xml"),
    "application/xml",
)
LONGEST_ACCEPT_ENCODING = 200  # characters that are read of the header

# Headers that a 304 response repeats (RFC 9110, 15.4.5)
HEADERS_OF_304 = {"cache-control", "content-location", "etag", "expires", "last-modified", "vary"}


class Variant:
    """A page in one content encoding, with the headers of its responses."""

    __slots__ = ("body", "etag", "headers", "headers_304")

    def __init__(self, headers: Headers, body: bytes, etag: str, encoding: str):
        self.body = body
        self.etag = etag
        own = [("Content-Encoding", encoding)] if encoding != IDENTITY else []
        self.headers = [*headers, ("ETag", etag), *own, ("Content-Length", str(len(body)))]
        self.headers_304 = [
            (name, value)
            for name, value in self.headers
            if name.lower() in HEADERS_OF_304 or name.lower().startswith("access-control-")
        ]


class CachedPage:
    """
    A page that was rendered in a state, from the headers and the body of Django's response.

    `reads_query` says whether the page depends on the query string. `size` is in bytes.
    """

    HEADERS_OF_THE_STORE = {"content-length", "etag", "vary", "x-request-id"}

    def __init__(
        self,
        headers: Headers,
        body: bytes,
        state: State,
        encodings: Iterable[str] = (*ENCODERS,),
        *,
        reads_query: bool = True,
    ):
        self.state = state
        self.reads_query = reads_query
        values = {name.lower(): value for name, value in headers}
        headers = [(name, value) for name, value in headers if name.lower() not in self.HEADERS_OF_THE_STORE]
        if "cache-control" not in values:
            headers.append(("Cache-Control", CACHE_CONTROL))
        self.is_text = values.get("content-type", "").startswith(TEXT_TYPES)
        if self.is_text:
            headers.append(("Vary", "Accept-Encoding"))
        digest = hashlib.sha256(body).hexdigest()[:32]
        self.variants = {IDENTITY: Variant(headers, body, f'"{digest}"', IDENTITY)}
        for encoding in encodings:
            if encoding != IDENTITY and self.is_text and len(encoded := ENCODERS[encoding](body)) < len(body):
                self.variants[encoding] = Variant(headers, encoded, f'"{digest}-{encoding}"', encoding)
        # The headers take about the same for all.
        self.size = 4000 + sum(len(each.body) for each in self.variants.values())

    def respond(
        self, environ: WSGIEnvironment, start_response: StartResponse, extra: Headers | None = None
    ) -> list[bytes]:
        """Respond to a GET or HEAD request, with some extra headers."""
        variants = self.variants
        if self.is_text and "HTTP_ACCEPT_ENCODING" in environ:
            variant = variants.get(preferred_encoding(environ["HTTP_ACCEPT_ENCODING"])) or variants[IDENTITY]
        else:
            variant = variants[IDENTITY]
        if_none_match = environ.get("HTTP_IF_NONE_MATCH")
        if if_none_match is not None and (if_none_match == variant.etag or matches(variant.etag, if_none_match)):
            start_response("304 Not Modified", [*variant.headers_304, *(extra or ())])
            return []
        start_response("200 OK", [*variant.headers, *(extra or ())])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [variant.body]


def preferred_encoding(accept_encoding: str) -> str:
    """Return which of the offered encodings a client prefers, by its Accept-Encoding (RFC 9110, 12.5.3)."""
    return _preferred_encoding(accept_encoding[:LONGEST_ACCEPT_ENCODING])


@lru_cache(maxsize=512)
def _preferred_encoding(accept_encoding: str) -> str:
    weights = {}
    for each in accept_encoding.split(","):
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


def matches(etag: str, if_none_match: str) -> bool:
    """Say whether an If-None-Match header names an ETag. The comparison is weak (RFC 9110, 13.1.2)."""
    # The store's ETags hold no comma, so a foreign one that does cannot be taken for one of them.
    etags = [each.strip() for each in if_none_match.split(",")]
    return etags == ["*"] or etag in {each.removeprefix("W/") for each in etags}
