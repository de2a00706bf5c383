"""Identifiers for feeds and data, which stay the same when a page moves to another URL; telephone numbers in URIs."""

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port


def tag_uri(request: HttpRequest, *parts: object) -> str:
    """
    Return the tag URI (RFC 4151) of something: tag:gradovi.ni.rs,2026:network/7 for the parts "network" and 7.

    The authority before the parts is the setting TAG_AUTHORITY; without it, the host of the request.
    """
    host, _port = split_domain_port(request.get_host())
    authority = settings.TAG_AUTHORITY or f"{host},2026"
    return f"tag:{authority}:{'/'.join(str(part) for part in parts)}"


def dialled_number(number: str) -> str:
    """Return a telephone number as a tel: URI (RFC 3966) has it: digits and a leading plus only."""
    if number.startswith("+"):
        number = number.replace("(0)", "")  # dialled within the country only
    return "".join(character for character in number if character in "+0123456789")
