"""The IP address of the client that sent a request, by which log-ins and connections are counted."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings


def client_ip(environ: Mapping[str, Any]) -> str:
    """
    Return the IP address of the client, from the WSGI environ or from `request.META`.

    Behind a proxy it is the last entry of X-Forwarded-For, which the proxy has added. The entries before it came with
    the request, so a client can choose them.
    """
    peer = environ.get("REMOTE_ADDR", "")
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    address = parse_ip(forwarded.rpartition(",")[2]) or parse_ip(peer)
    return peer if address is None else str(address)


def ip_block(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 network of an IPv6 address."""
    ip = parse_ip(address)
    return str(IPv6Network((ip.packed, 64), strict=False)) if isinstance(ip, IPv6Address) else address


def parse_ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(text.strip())
    except ValueError:
        return None
    # A dual-stack socket writes an IPv4 address as ::ffff:192.0.2.1.
    return getattr(ip, "ipv4_mapped", None) or ip
