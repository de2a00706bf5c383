"""Error pages in the language of the URL. They need neither a database nor a valid host."""

import errno
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from citynetworks.uploads import UploadsUnavailable
from networks.languages import language_codes, language_links, language_of_path, language_prefix, language_tag

# Errors of a disk that is full, failing, or read-only
OF_DISKS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return bare_page(
        request,
        400,
        _("The request was not understood"),
        _("The address or what was sent with it is not complete. Go back and try again."),
    )


# For requests that `citynetworks.request_limits` does not pass on to Django


def length_required(request: HttpRequest) -> HttpResponse:
    response = bad_request(request)
    response.status_code = 411
    return response


def too_large(request: HttpRequest) -> HttpResponse:
    return bare_page(
        request,
        413,
        _("The file is too large"),
        _(
            "Nothing was saved. Go back, make the files smaller (a picture 5 MB at most, documents 20 MB together) "
            "and send the form once more."
        ),
    )


def uri_too_long(request: HttpRequest) -> HttpResponse:
    return bare_page(
        request,
        414,
        _("The address is too long"),
        _("No page of this site has an address of this length. Go to the list of networks and search there."),
    )


def too_busy(request: HttpRequest) -> HttpResponse:
    response = bare_page(
        request,
        503,
        _("The site is very busy"),
        _("There are too many requests just now. Wait a few seconds and try again. What you sent is not saved yet."),
    )
    response.headers["Retry-After"] = "5"  # seconds
    response.headers["Cache-Control"] = "no-store"
    return response


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return bare_page(
        request,
        403,
        _("This page is not open to you"),
        _("Your account does not have the right to open it. Ask the administrator of the site."),
    )


def closed_link(request: HttpRequest) -> HttpResponse:
    return bare_page(
        request,
        410,
        _("This link is not valid any more"),
        _(
            "It has expired, whoever sent it to you has revoked it, or what it showed is there no more. Ask them for "
            "a new one."
        ),
    )


def form_not_accepted(request: HttpRequest) -> HttpResponse:
    return bare_page(
        request,
        403,
        _("The form could not be accepted"),
        _(
            "You have signed in or out in another tab, or your session has ended. Go back and copy what you typed. "
            "Then sign in again, open the form anew and paste it there."
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError | UploadsUnavailable):
        return service_unavailable(request)
    if isinstance(error, OSError) and error.errno in OF_DISKS:
        return service_unavailable(request)
    return bare_page(
        request,
        500,
        _("The page cannot be shown at the moment"),
        _("Something went wrong on our side, and it has been recorded. Try again in a few minutes."),
        request_id=getattr(request, "request_id", ""),
    )


def service_unavailable(request: HttpRequest) -> HttpResponse:
    """Return the page for requests while the database, or the folder or the bucket of uploads, is not available."""
    explanation = _("The site cannot reach its data just now. None of it is lost. Try again in a minute.")
    if request.method not in ("GET", "HEAD"):
        explanation = _(
            "The site cannot reach its data just now, so what you have sent may not be saved. Go back to it in a "
            "minute, look whether it is there, and if it is not, send it once more."
        )
    response = bare_page(
        request,
        503,
        _("The page cannot be shown at the moment"),
        explanation,
    )
    response.headers["Retry-After"] = "30"  # seconds
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language_tag(language_of_path(request.path_info))
    return response


def bare_page(request: HttpRequest, status: int, title: str, explanation: str, request_id: str = "") -> HttpResponse:
    """Return a page that needs neither the database nor a valid host, nor its stylesheet."""
    try:
        stylesheet, icon, *fonts = (
            static(f"networks/{name}")
            for name in ("site.css", "icon.svg", "fonts/regular.woff2", "fonts/semibold.woff2")
        )
    except ValueError:  # static files have not been collected, which may be the error itself
        stylesheet, icon, fonts = "", "", []
    language = language_of_path(request.path_info)
    urls = {code: language_prefix(code) for code in language_codes()}
    with translation.override(language):
        content = render_to_string(
            "networks/bare.html",
            {
                "language_tag": language_tag(language),
                "stylesheet": stylesheet,
                "icon": icon,
                "fonts": fonts,
                "title": title,
                "explanation": explanation,
                "request_id": request_id,
                "home_url": language_prefix(language),
                "language_links": language_links(language, urls),
            },
        )
    return HttpResponse(content, status=status)
