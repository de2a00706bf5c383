"""
Health reports of three kinds, which need no session and are never cached:

- live: this process works; without an answer it has to be restarted;
- serving: readers get their pages from this process; without, a load balancer sends them elsewhere;
- full: what a monitor tells the maintainers. It has words for those who know the token, else the statuses alone.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django import db
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.http import require_safe

from citynetworks import __version__
from networks.operations.probes import (
    Finding,
    Status,
    examine,
    newest_migration,
    stylesheet_is_collected,
    worst,
)
from networks.page_store.environ import DATABASE_IS_AVAILABLE, PAGE_STORE
from networks.page_store.version import current_version


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Respond while the process works. Without a response, it has to be restarted."""
    return json_response({"alive": True})


@require_safe
def serving(request: HttpRequest) -> HttpResponse:
    """
    Report whether this process can answer readers. If not, the status is 503.

    Without the database it can, from the front page that it keeps. With the page store the report asks the database
    nothing: it knows what came of the last poll, which each request sees to.
    """
    store = request.META.get(PAGE_STORE)
    version = None
    if store is None:
        with suppress(db.Error):
            version = current_version()
    elif request.META[DATABASE_IS_AVAILABLE]:
        version = store.watch.state.version
    has_files = stylesheet_is_collected()
    if version is not None and has_files:
        source, words = "database", "Pages are made from the database."
    elif store is not None and store.has_front_page():
        source, words = "page store", "The database does not answer. Stored pages are served."
    elif version is None:
        source, words = None, "The database does not answer, and no front page is stored."
    else:
        source, words = None, "The static files were not collected when this process started."
    report = {
        "serving": source is not None,
        "words": words,
        "source": source,
        "database": version is not None,
        "content_version": version,
        "static_files": has_files,
        "page_store": store and store.report(),
    }
    return json_response(report, status=503 if source is None else 200)


class Examination:
    """The findings of the probes, which are kept for a while, whoever asks."""

    FRESH_FOR = 1.0  # seconds
    FRESH_FOR_STRANGERS = 30.0  # as anybody can ask, and often

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.made_at = float("-inf")
        self.findings: list[Finding] = []

    def newest(self, fresh_for: float) -> list[Finding]:
        """Return the last findings, or new ones if those are so many seconds old."""
        with self.lock:
            if time.monotonic() - self.made_at >= fresh_for:
                self.findings = examine()
                self.made_at = time.monotonic()
            return self.findings


examination = Examination()


@require_safe
def full(request: HttpRequest) -> HttpResponse:
    """
    Report what each probe found. The status is 503 if one has failed.

    With a token in the header Authorization the report has words, the version and the newest migration. A wrong
    token is 401.
    """
    authorization = request.headers.get("Authorization", "")
    if authorization and not has_token(authorization):
        response = json_response({"error": "This token is not that of DJANGO_HEALTH_TOKEN."}, status=401)
        response.headers["WWW-Authenticate"] = 'Bearer realm="health"'
        return response
    findings = examination.newest(examination.FRESH_FOR if authorization else examination.FRESH_FOR_STRANGERS)
    status = worst(findings)
    if authorization:
        probes = [finding.as_dict() for finding in findings]
        report = {"status": status, "version": __version__, "newest_migration": newest_migration(), "probes": probes}
    else:
        report = {"status": status, "probes": [{"name": each.name, "status": each.status} for each in findings]}
    return json_response(report, status=503 if status is Status.FAILED else 200)


def has_token(authorization: str) -> bool:
    """Return whether a header is `Bearer` and a token that opens the full report."""
    scheme, _space, token = authorization.partition(" ")
    tokens = [own_token(), *([settings.HEALTH_TOKEN] if settings.HEALTH_TOKEN else [])]
    return scheme.lower() == "bearer" and any(constant_time_compare(token.strip(), each) for each in tokens)


def own_token() -> str:
    """Return the token by which commands on a server of the site ask its processes. It is made of the secret key."""
    return salted_hmac("networks.operations.health", "token", algorithm="sha256").hexdigest()


class HealthMiddleware:
    """
    Respond to monitors before any middleware checks the host.

    A load balancer requests the report of each process by its IP address, which is none of ALLOWED_HOSTS.
    """

    # `ready` is what `serving` was called first.
    VIEWS = {"/health/live/": live, "/health/serving/": serving, "/health/ready/": serving, "/health/full/": full}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.VIEWS.get(request.path_info, self.get_response)(request)


def json_response(content: dict[str, Any], status: int = 200) -> JsonResponse:
    response = JsonResponse(content, headers={"Cache-Control": "no-store"}, status=status)
    # Django would log a 503 as an error, each time that somebody asks.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
