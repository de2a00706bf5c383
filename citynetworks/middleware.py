"""
Middleware: identifiers of requests, the product's version for staff, compression, the language of a request,
redirects from old URLs, and due schedules.
"""

import logging
import time
from collections.abc import Callable
from urllib.parse import unquote

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone, translation
from django.utils.encoding import escape_uri_path, iri_to_uri
from django.utils.http import escape_leading_slashes

from citynetworks import __version__
from citynetworks.error_pages import service_unavailable
from citynetworks.logs import REQUEST_ID, current_request, milliseconds_of, new_request_id, path_of
from networks.languages import canonical_url, language_of_path, language_tag, without_script
from networks.page_store.environ import DATABASE_IS_AVAILABLE
from networks.page_store.watch import Watch
from networks.redirects import permanent_redirect, redirect_target

logger = logging.getLogger(__name__)


slow_requests = logging.getLogger("citynetworks.slow_requests")


class RequestIdMiddleware:
    """
    Give each request an identifier, by which its lines in the log and its response are found together.

    A proxy may give it. The page store keeps no identifier with a page, and answers without one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "") if settings.BEHIND_PROXY else ""
        request.request_id = given if REQUEST_ID.fullmatch(given) else new_request_id()
        request.started_at = time.monotonic()
        token = current_request.set(request)
        try:
            response = self.get_response(request)
            took = milliseconds_of(request)
            if settings.SLOW_REQUEST_MS and took >= settings.SLOW_REQUEST_MS:
                slow_requests.warning(
                    "A request took %d ms: %s %s",
                    *(took, request.method, path_of(request)),
                    extra={"status_code": response.status_code},
                )
        finally:
            current_request.reset(token)
        response.headers["X-Request-ID"] = request.request_id
        return response


class VersionMiddleware:
    """Tell staff in the admin which version of the product they use. To strangers that would be of use, too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None and "admin" in match.namespaces and request.user.is_staff:
            response.headers["X-City-Networks-Version"] = __version__
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compress responses, but for files that clients may ask for in parts."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return response if "Accept-Ranges" in response.headers else super().process_response(request, response)


class URLLanguageMiddleware:
    """
    Activate the language of the URL, and redirect other spellings of the URL to the canonical one.

    Django's LocaleMiddleware also reads a cookie and Accept-Language, and so makes every response vary by them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of_path(request.path_info)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        target = canonical_url(request.path_info, query_string(request))
        if target is not None and request.method in ("GET", "HEAD"):
            return HttpResponsePermanentRedirect(escape_leading_slashes(target))
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            # A view whose page is in several languages sets the header itself.
            response.headers.setdefault("Content-Language", language_tag(language))
        return response


def query_string(request: HttpRequest) -> str:
    """Return the query string as it was sent. WSGI decodes its bytes as Latin-1 (PEP 3333)."""
    return request.META.get("QUERY_STRING", "").encode("latin-1").decode("utf-8", "replace")


class OldAddressesMiddleware:
    """Redirect from an old URL where the response would be 404."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in ("GET", "HEAD"):
            return response
        # The URL of a file still has the old site's parameter of the script, because files have no language here.
        query, language = without_script(query_string(request), language_of_path(request.path_info))
        try:
            target = redirect_target(request.path_info, unquote(query), language)
        except DatabaseError:
            logger.exception("The old addresses cannot be read")
            return response
        return response if target is None else permanent_redirect(location_of(target))


def location_of(target: str) -> str:
    """Encode the target of a redirect for the Location header. Its path is stored decoded, its query as entered."""
    path, mark, query = target.partition("?")
    return (escape_uri_path(path) if target.startswith("/") else iri_to_uri(path)) + mark + iri_to_uri(query)


class SchedulesMiddleware:
    """
    Apply each schedule before the first request after its time is processed.

    If a request came through the page store, that has been done. If the database was not available then, respond with
    503 and do not wait for it again; only the health report does. Other requests, in development and tests, use a
    watch of this middleware's own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response
        # By the clock of the project, which tests move
        self.watch = Watch(wall_clock=lambda: timezone.now().timestamp())

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if DATABASE_IS_AVAILABLE not in request.META:
            self.watch.current_state()
        elif not request.META[DATABASE_IS_AVAILABLE] and not request.path_info.startswith("/health/"):
            return service_unavailable(request)
        return self.get_response(request)
