"""
Addresses that the site no longer has, or that an older site had, and where they lead.

Staff keep the table in the admin. A path is kept as people read it,
with its letters and not their codes; with or without the slash at its end is the same. A row with a query is for that
query, one without for all others; what was asked for is dropped then, for it means nothing on this site.
"""

from django.conf import settings
from django.http import HttpResponsePermanentRedirect

from networks.languages import language_of_path, prefix, without_language
from networks.models import OldAddress


def spellings(address: str) -> list[str]:
    """Return an address as it is, and with its path the other way: with a slash at its end, or without."""
    path, mark, query = address.partition("?")
    if path == "/":
        return [address]
    other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
    return [address, f"{other}{mark}{query}"]


def row_of(path: str, query: str) -> OldAddress | None:
    """Return the row for an address: best the one with its query, and the one with its language."""
    paths = [path, without_language(path)]
    addresses = [f"{each}?{query}" for each in paths if query] + paths
    wanted = [spelling for each in addresses for spelling in spellings(each)]
    rows = OldAddress.objects.filter(old_path__in=wanted)
    return min(rows, key=lambda row: wanted.index(row.old_path), default=None)


def target_of(path: str, query: str, language: str) -> str | None:
    """
    Return where an address leads that answers nothing itself; None where it is no old address.

    `path` and `query` are decoded. A target without a language is given in that of the reader. What leads to an old
    address leads on at once to where that leads.
    """
    if "\0" in path + query:
        return None  # PostgreSQL knows no null byte in a text
    target, passed = None, set()
    row = row_of(path, query)
    while row is not None:
        if row.pk in passed:
            return None  # they lead in a circle
        passed.add(row.pk)
        target = in_language(row.new_path, language)
        path, _mark, query = target.partition("?")
        row = row_of(path, query) if target.startswith("/") else None
    return target


def in_language(target: str, language: str) -> str:
    """Return a target in the reader's language, where it is a page and does not name a language itself."""
    path = target.partition("?")[0]
    is_file = "." in path.rpartition("/")[2]
    if not target.startswith("/") or is_file or language_of_path(path) != settings.LANGUAGE_CODE:
        return target
    return prefix(language) + target.removeprefix("/")


FRESH_FOR = 60 * 60  # seconds


def permanent_redirect(url: str) -> HttpResponsePermanentRedirect:
    """
    Return a permanent redirect that browsers ask for anew after an hour.

    Without Cache-Control they keep one for ever: a corrected target would never reach them, and two rows that have
    swapped their slugs would send them in a circle.
    """
    response = HttpResponsePermanentRedirect(url)
    response.headers["Cache-Control"] = f"public, max-age={FRESH_FOR}"
    return response
