"""Identifiers for feeds and data, which stay the same when a page moves to another address."""

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port


def tag(request: HttpRequest, *parts) -> str:
    """
    Return the tag URI (RFC 4151) of something: tag:gradovi.ni.rs,2026:network/7 for the parts "network" and 7.

    Who names it and since when stands in TAG_AUTHORITY. Unless that is set, it is the host that was asked.
    """
    host, _port = split_domain_port(request.get_host())
    authority = settings.TAG_AUTHORITY or f"{host},2026"
    return f"tag:{authority}:{'/'.join(str(part) for part in parts)}"
