"""Health reports for monitors and load balancers. They need no session and are never cached."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django import db
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from networks.page_store.environ import DATABASE_IS_AVAILABLE, PAGE_STORE
from networks.page_store.version import current_version


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Respond while the process works. Without a response, it has to be restarted."""
    return json_response({"alive": True})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """
    Report whether the database is available, the content version, and since when pages may be stale.

    The status is 503 while the database is not available. Cached pages are served all the same.
    """
    version = None
    # If the database has just failed, do not wait for it again.
    if request.META.get(DATABASE_IS_AVAILABLE, True):
        with suppress(db.Error):
            version = current_version()
    store = request.META.get(PAGE_STORE)
    report = {"database": version is not None, "content_version": version, "page_store": store and store.report()}
    return json_response(report, status=200 if version is not None else 503)


class HealthMiddleware:
    """
    Respond to monitors before any middleware checks the host.

    A load balancer requests the report of each process by its IP address, which is none of ALLOWED_HOSTS.
    """

    VIEWS = {"/health/live/": live, "/health/ready/": ready}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.VIEWS.get(request.path_info, self.get_response)(request)


def json_response(content: dict[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(content, headers={"Cache-Control": "no-store"}, status=status)
