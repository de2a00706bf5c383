from urllib.parse import SplitResult, urlsplit

from django.core.management.base import CommandError


def split_site_url(url: str) -> SplitResult:
    """Return the parts of a URL. Raise CommandError unless it is a scheme and a host, with or without a port."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.username or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise CommandError(f"“{url}” is not a scheme and a host, such as https://mreze.example.rs.")
    return parts
