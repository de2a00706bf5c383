"""Asking the page store as a server does, past Django's test client, which knows no WSGI layer."""

import gzip
from dataclasses import dataclass

import brotli
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from networks.page_store.layer import PageStore
from networks.page_store.watch import Watch

DECODERS = {"gzip": gzip.decompress, "br": brotli.decompress}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def __getitem__(self, name):
        return self.headers[name.lower()]

    def get(self, name, default=None):
        return self.headers.get(name.lower(), default)

    @property
    def content(self):
        return DECODERS.get(self.get("Content-Encoding"), bytes)(self.body)

    @property
    def text(self):
        return self.content.decode()


def environ_of(path, method="GET", *, host="testserver", headers=(), **environ):
    path, _mark, query = path.partition("?")
    request = RequestFactory().generic(method, path, QUERY_STRING=query, headers=dict(headers))
    return {**request.environ, "HTTP_HOST": host, **environ}


def ask(application, path, method="GET", **options):
    """Ask a WSGI application, and give back its whole answer."""
    begun = []
    response = application(
        environ_of(path, method, **options), lambda status, headers, exc_info=None: begun.append((status, headers))
    )
    body = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    ((status, headers),) = begun
    named = {name.lower(): value for name, value in headers}
    assert len(named) == len(headers), headers
    return Answer(int(status.partition(" ")[0]), named, body)


class Counted:
    """An application that counts how often it is entered."""

    def __init__(self, application):
        self.application = application
        self.count = 0

    def __call__(self, environ, start_response):
        self.count += 1
        return self.application(environ, start_response)


def eager_watch(**options):
    """A watch that polls with every request, so that a test need not wait for a second to pass."""
    watch = Watch(**options)
    watch.POLL_INTERVAL = watch.RETRY_AFTER = -1
    return watch


def site_store(limit=10_000_000, watch=None):
    """Return a store around the project, whose `application.count` says how often Django was entered."""
    return PageStore(Counted(WSGIHandler()), limit, watch or eager_watch())
