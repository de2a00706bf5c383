"""How the site is, for monitors and load balancers. Neither address asks a session or is ever kept."""

from collections.abc import Callable
from contextlib import suppress

from django.db import Error as DatabaseDoesNotAnswer
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from networks.page_store.environ import DATABASE_ANSWERS, STORE
from networks.page_store.version import current_version


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process does: whoever gets no answer starts it anew."""
    return answer({"alive": True})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """
    Say whether the database answers, which content it holds, and since when the pages may be out of date.

    503 where the database does not answer. Pages that are held are served all the same.
    """
    version = None
    # Whoever was not answered a moment ago is not asked once more.
    if request.META.get(DATABASE_ANSWERS, True):
        with suppress(DatabaseDoesNotAnswer):
            version = current_version()
    store = request.META.get(STORE)
    report = {"database": version is not None, "content_version": version, "page_store": store and store.report()}
    return answer(report, status=200 if version is not None else 503)


class HealthMiddleware:
    """
    Answer monitors before anything looks at the host that was asked.

    A load balancer asks each process by its IP address, which is none of the site's names.
    """

    VIEWS = {"/health/live/": live, "/health/ready/": ready}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.VIEWS.get(request.path_info, self.get_response)(request)


def answer(content: dict, **options) -> HttpResponse:
    return JsonResponse(content, headers={"Cache-Control": "no-store"}, **options)
