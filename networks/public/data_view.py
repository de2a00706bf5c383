"""A decorator for views that return data files and feeds: CORS, ETag and conditional responses."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from networks.languages import language_tag

METHODS = ["GET", "HEAD", "OPTIONS"]


def data_view(content_type: str, **headers: str) -> Callable:
    """
    Return a decorator that turns a function into a view.

    The function returns the body and the time of its last change, or None. `headers` are added to the response, with
    "_" for "-"; they may replace Content-Language, which is the active language by default.
    """

    def decorate(get_data: Callable[[HttpRequest], tuple[bytes, datetime | None]]) -> Callable:
        @wraps(get_data)
        @require_http_methods(METHODS)
        def view(request: HttpRequest) -> HttpResponse:
            if request.method == "OPTIONS":
                response = HttpResponse(status=204)
                del response.headers["Content-Type"]
                response.headers["Allow"] = response.headers["Access-Control-Allow-Methods"] = ", ".join(METHODS)
                response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
                response.headers["Access-Control-Max-Age"] = "86400"
            else:
                body, changed_at = get_data(request)
                response = HttpResponse(body, content_type=content_type)
                response.headers["ETag"] = etag = f'"{sha256(body).hexdigest()[:32]}"'
                if changed_at:
                    response.headers["Last-Modified"] = http_date(changed_at.timestamp())
                response.headers["Cache-Control"] = "public, no-cache"
                patch_vary_headers(response, ["Accept-Encoding"])
                # Not by Last-Modified: after a network is unpublished, the newest change may be an older one.
                response = get_conditional_response(request, etag=etag, response=response)
                response.headers["Access-Control-Expose-Headers"] = "ETag, Link"
                response.headers["Content-Language"] = language_tag(get_language())
                for name, value in headers.items():
                    response.headers[name.replace("_", "-")] = value
            response.headers["Access-Control-Allow-Origin"] = "*"
            return response

        return view

    return decorate
