"""Headers of every response, in addition to those of SecurityMiddleware and CSPMiddleware."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Browser features that no page of the site uses
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "browsing-topics", "camera", "display-capture", "encrypted-media", "geolocation"),
        *("gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment"),
        *("publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
    )
)


class HeadersMiddleware:
    """Set Cross-Origin-Resource-Policy and Permissions-Policy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Pages of other sites may read open data and feeds, and nothing else unless a view says so.
        is_open = "Access-Control-Allow-Origin" in response.headers
        response.headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if is_open else "same-origin")
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        return response


def add_security_headers(response: HttpResponse) -> HttpResponse:
    """Add the headers that middleware adds to other responses, and return the response."""
    headers = {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": PERMISSIONS_POLICY,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    for name, value in headers.items():
        response.headers[name] = value
    return response
