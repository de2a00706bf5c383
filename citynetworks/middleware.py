"""What holds for every request: its language, by its address alone, old addresses, and schedules that are due."""

import logging
from collections.abc import Callable
from urllib.parse import unquote

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import timezone, translation
from django.utils.encoding import escape_uri_path, iri_to_uri
from django.utils.http import escape_leading_slashes

from citynetworks.error_pages import service_unavailable
from networks.languages import canonical_address, language_of_path, language_tag, without_script
from networks.page_store.environ import DATABASE_ANSWERS
from networks.page_store.watch import Watch
from networks.redirects import permanent_redirect, target_of

logger = logging.getLogger(__name__)


class AddressLanguageMiddleware:
    """
    Activate the language that the address names, and send other spellings of it to the one right address.

    Django's LocaleMiddleware also asks a cookie and Accept-Language, and so makes every response vary by them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of_path(request.path_info)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        target = canonical_address(request.path_info, query_string(request))
        if target is not None and request.method in ("GET", "HEAD"):
            return HttpResponsePermanentRedirect(escape_leading_slashes(target))
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            # What stands once for all languages says itself which are in it.
            response.headers.setdefault("Content-Language", language_tag(language))
        return response


def query_string(request: HttpRequest) -> str:
    """Return the query as it was sent. WSGI hands over its bytes as if they were Latin-1 (PEP 3333)."""
    return request.META.get("QUERY_STRING", "").encode("latin-1").decode("utf-8", "replace")


class OldAddressesMiddleware:
    """Lead on from an address that answers nothing itself, in place of the page that says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in ("GET", "HEAD"):
            return response
        # The address of a file still has the parameter of the old site: files stand in no language here.
        query, language = without_script(query_string(request), language_of_path(request.path_info))
        try:
            target = target_of(request.path_info, unquote(query), language)
        except DatabaseError:
            logger.exception("The table of old addresses cannot be read")
            return response
        return response if target is None else permanent_redirect(as_address(target))


def as_address(target: str) -> str:
    """Return a target as it stands in the header: its path is kept as people read it, its query as it was entered."""
    path, mark, query = target.partition("?")
    return (escape_uri_path(path) if target.startswith("/") else iri_to_uri(path)) + mark + iri_to_uri(query)


class SchedulesMiddleware:
    """
    Apply each schedule before the response to the first request after its time.

    The page store has done so already, if the request came through it. If the database did not answer it, this
    responds with 503 in place of waiting for the database once more; only the health report does that. A request that
    did not come through the store, in development and tests, is preceded by a poll of this middleware's own watch.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        # By the clock of the project, which tests move
        self.watch = Watch(wall_clock=lambda: timezone.now().timestamp())

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if DATABASE_ANSWERS not in request.META:
            self.watch.current_state()
        elif not request.META[DATABASE_ANSWERS] and not request.path_info.startswith("/health/"):
            return service_unavailable(request)
        return self.get_response(request)
