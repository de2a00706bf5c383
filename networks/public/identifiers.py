"""Identifiers for feeds and data, which stay the same when a page moves to another URL; telephone numbers in URIs."""

from urllib.parse import urlsplit

from django.conf import settings


def tag_uri(*parts: object) -> str:
    """
    Return the tag URI (RFC 4151) of something: tag:mreze.example.rs,2026:network/7 for the parts "network" and 7.

    The authority before the parts is the setting TAG_AUTHORITY; without it, the host of SITE_URL.
    """
    authority = settings.TAG_AUTHORITY or f"{urlsplit(settings.SITE_URL).hostname},2026"
    return f"tag:{authority}:{'/'.join(str(part) for part in parts)}"


def iri(*parts: object) -> str:
    """
    Return the identifier of something as a URL under SITE_URL, whatever host a request names.

    It redirects to the page about it: https://mreze.example.rs/id/network/7.
    """
    return f"{settings.SITE_URL}/id/{'/'.join(str(part) for part in parts)}"


def dialled_number(number: str) -> str:
    """Return a telephone number as a tel: URI (RFC 3966) has it: digits and a leading plus only."""
    if number.startswith("+"):
        number = number.replace("(0)", "")  # dialled within the country only
    return "".join(character for character in number if character in "+0123456789")
