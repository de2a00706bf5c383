"""
Filling the page store of a process in the background when it starts, so that no citizen waits for a cold page.

Each page is asked for as a citizen would ask, so it is stored by the same rules. A thread of low priority asks for
one page after the other, and waits while there are requests to work on. Serving does not depend on it: whatever goes
wrong, it stops, and pages are rendered when they are first asked for.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from wsgiref.util import setup_testing_defaults

from django.conf import settings

from citynetworks.request_limits import let_others_go_first
from networks.page_store.layer import Environ, Headers, PageStore, own_connection

logger = logging.getLogger(__name__)

START_AFTER = 2.0  # seconds in which the process gets to its first requests
PAUSE = 0.02  # seconds between two pages, and between two looks whether others work
FULL = 0.75  # of the limit of the store; with more, the first pages would have to go


def fill_in_background(
    store: PageStore, paths: Callable[[], Iterable[str]], is_idle: Callable[[], bool]
) -> threading.Thread:
    """Begin to fill the store with the pages at the paths, in a thread that ends with the process."""
    thread = threading.Thread(target=fill_quietly, args=(store, paths, is_idle), name="fill-page-store", daemon=True)
    thread.start()
    return thread


def fill_quietly(store: PageStore, paths: Callable[[], Iterable[str]], is_idle: Callable[[], bool]) -> None:
    let_others_go_first()
    time.sleep(START_AFTER)
    try:
        fill(store, paths, is_idle)
    except Exception:
        logger.info("The page store is not filled in advance", exc_info=True)


def fill(store: PageStore, paths: Callable[[], Iterable[str]], is_idle: Callable[[], bool]) -> None:
    """Ask the store for each path, until it is nearly full or one is no page."""
    host = next((host for host in settings.ALLOWED_HOSTS if not host.startswith(("*", "."))), None)
    if host is None:  # pages are stored by the host that is asked, of which none is named
        return
    with own_connection():
        pages = list(paths())
    for address in pages:
        while not is_idle():
            time.sleep(PAUSE)
        if store.size > FULL * store.limit or not is_page(store, host, address):
            return
        time.sleep(PAUSE)


def is_page(store: PageStore, host: str, address: str) -> bool:
    """Ask the store for an address, and say whether it is answered with a page."""
    begun: list[str] = []

    def start_response(status: str, headers: Headers, exc_info: object = None) -> None:
        begun.append(status)

    response = store(environ_of(host, address), start_response)
    if hasattr(response, "close"):
        response.close()
    return begun[0].startswith("200 ")


def environ_of(host: str, address: str) -> Environ:
    """Return the environment of a citizen's request, with the scheme that the site has."""
    path, _mark, query = address.partition("?")
    scheme = "https" if settings.HTTPS else "http"
    environ: Environ = {
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
