"""The address of the client that sent a request, by which log-ins and connections are counted."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings


def client_address(environ: Mapping[str, Any]) -> str:
    """
    Return the IP address of the client, from the environment of WSGI or from `request.META`.

    Behind a proxy it is the last entry of X-Forwarded-For: the proxy has written that one. The entries before it came
    with the request, and a client can write there what it likes.
    """
    peer = environ.get("REMOTE_ADDR", "")
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    address = parsed(forwarded.rpartition(",")[2]) or parsed(peer)
    return peer if address is None else str(address)


def address_block(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or all of the /64 network that holds an IPv6 address."""
    ip = parsed(address)
    return str(IPv6Network((ip.packed, 64), strict=False)) if isinstance(ip, IPv6Address) else address


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(text.strip())
    except ValueError:
        return None
    # A socket that takes both kinds writes an IPv4 address as ::ffff:192.0.2.1.
    return getattr(ip, "ipv4_mapped", None) or ip
