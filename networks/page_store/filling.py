"""
Filling the page store of a process in the background when it starts, so that no visitor waits for a page to render.

A thread of low priority requests one page after the other as a visitor would, so the pages are cached by the same
rules. It waits while Django works on other requests. After any error it stops, and the other pages are rendered when
they are first requested.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from wsgiref.types import WSGIEnvironment
from wsgiref.util import setup_testing_defaults

from django.conf import settings

from citynetworks.request_limits import lower_thread_priority
from networks.page_store.environ import Headers
from networks.page_store.layer import PageStore
from networks.page_store.watch import own_connection

logger = logging.getLogger(__name__)

START_AFTER = 2.0  # seconds for the first requests of the process
PAUSE = 0.02  # seconds between two pages, and between two checks whether Django is idle
FULL = 0.75  # of the store's limit, above which the first pages might be removed again


def fill_in_background(
    store: PageStore, urls: Callable[[], Iterable[str]], is_idle: Callable[[], bool]
) -> threading.Thread:
    """Start a daemon thread that fills the store with the pages at the given URLs, which begin with a slash."""
    thread = threading.Thread(target=fill_quietly, args=(store, urls, is_idle), name="fill-page-store", daemon=True)
    thread.start()
    return thread


def fill_quietly(store: PageStore, urls: Callable[[], Iterable[str]], is_idle: Callable[[], bool]) -> None:
    lower_thread_priority()
    time.sleep(START_AFTER)
    try:
        fill(store, urls, is_idle)
    except Exception:
        logger.info("The page store is not filled in advance", exc_info=True)


def fill(store: PageStore, urls: Callable[[], Iterable[str]], is_idle: Callable[[], bool]) -> None:
    """Request each URL from the store, until the store is nearly full or a response is not a page."""
    host = next((host for host in settings.ALLOWED_HOSTS if not host.startswith(("*", "."))), None)
    if host is None:  # pages are cached by host, and none is named
        return
    with own_connection():
        found = list(urls())
    for url in found:
        while not is_idle():
            time.sleep(PAUSE)
        if store.size > FULL * store.limit or not is_page(store, host, url):
            return
        time.sleep(PAUSE)


def is_page(store: PageStore, host: str, url: str) -> bool:
    """Request a URL from the store, and say whether the response is 200."""
    started: list[str] = []

    def start_response(status: str, headers: Headers, exc_info: object = None) -> None:
        started.append(status)

    response = store(environ_of(host, url), start_response)
    if hasattr(response, "close"):
        response.close()
    return started[0].startswith("200 ")


def environ_of(host: str, url: str) -> WSGIEnvironment:
    """Return the WSGI environ of a visitor's request, with the site's own scheme."""
    path, _mark, query = url.partition("?")
    scheme = "https" if settings.HTTPS else "http"
    environ: WSGIEnvironment = {
        "HTTP_HOST": host,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": scheme,
    }
    if settings.SECURE_PROXY_SSL_HEADER:
        header, _value = settings.SECURE_PROXY_SSL_HEADER
        environ[header] = scheme
    setup_testing_defaults(environ)  # the rest
    return environ
