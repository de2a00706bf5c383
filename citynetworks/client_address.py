"""The address of the client that sent a request."""

from ipaddress import ip_address
from typing import Any

from django.conf import settings


def client_address(environ: dict[str, Any]) -> str:
    """Return the IP address of the client, from a WSGI environment or `request.META`."""
    address = environ.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        try:
            return str(ip_address(forwarded))
        except ValueError:
            pass
    return address
