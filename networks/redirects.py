"""
Redirects from paths that the site no longer has, or that an older site had.

Staff keep the table in the admin. Paths are stored decoded; a slash at the end makes no difference. A row with a
query is for that query only, a row without one for all others, and the query is dropped.
"""

from django.conf import settings
from django.http import HttpResponsePermanentRedirect
from django.urls import Resolver404, resolve
from django.utils.translation import override

from networks.languages import language_of_path, language_prefix, without_language
from networks.models import Network, OldAddress, Page

MODELS_BY_VIEW: dict[str, type[Network | Page]] = {"public:network": Network, "public:page": Page}
FILE_PREFIXES = (settings.STATIC_URL, settings.MEDIA_URL)


def with_and_without_slash(address: str) -> list[str]:
    """Return a path with its query, and the same with a slash at the end of the path added or removed."""
    path, mark, query = address.partition("?")
    if path == "/":
        return [address]
    other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
    return [address, f"{other}{mark}{query}"]


def page_exists(path: str) -> bool:
    """Return whether visitors find a page at a path of this site, or at the path with a slash at its end."""
    if not path.endswith("/") and page_exists(f"{path}/"):
        return True
    with override(language_of_path(path)):
        try:
            match = resolve(path)
        except Resolver404:
            return False
    if match.view_name not in MODELS_BY_VIEW:
        return True
    rows = MODELS_BY_VIEW[match.view_name].objects.published()
    slug = match.kwargs["slug"]
    return rows.filter(slug=slug).exists() or rows.filter(former_slugs__slug=slug).exists()


def find_redirect(path: str, query: str) -> OldAddress | None:
    """Return the row for a path, preferring one with its query, and one with its language."""
    paths = [path, without_language(path)]
    addresses = [f"{each}?{query}" for each in paths if query] + paths
    wanted = [spelling for each in addresses for spelling in with_and_without_slash(each)]
    rows = OldAddress.objects.filter(old_path__in=wanted).exclude(new_path="")
    return min(rows, key=lambda row: wanted.index(row.old_path), default=None)


def redirect_target(path: str, query: str, language: str) -> str | None:
    """
    Return the target for a path that was not found; None where it is not in the table.

    `path` and `query` are decoded. A target without a language is returned in `language`. A chain of rows is followed
    to its end, and a circle is ignored.
    """
    if "\0" in path + query:
        return None  # which PostgreSQL refuses in a text
    target, passed = None, set()
    row = find_redirect(path, query)
    while row is not None:
        if row.pk in passed:
            return None
        passed.add(row.pk)
        target = in_language(row.new_path, language)
        path, _mark, query = target.partition("?")
        row = find_redirect(path, query) if target.startswith("/") else None
    return target


def in_language(target: str, language: str) -> str:
    """Return a target with the prefix of a language, where it is a page and has no prefix itself."""
    path = target.partition("?")[0]
    is_file = "." in path.rpartition("/")[2]
    if not target.startswith("/") or is_file or language_of_path(path) != settings.LANGUAGE_CODE:
        return target
    return language_prefix(language) + target.removeprefix("/")


FRESH_FOR = 60 * 60  # seconds


def permanent_redirect(url: str) -> HttpResponsePermanentRedirect:
    """
    Return a permanent redirect that browsers cache for an hour.

    Without Cache-Control they keep one for ever: a corrected target would never reach them, and two rows that have
    swapped their slugs would send them in a circle.
    """
    response = HttpResponsePermanentRedirect(url)
    response.headers["Cache-Control"] = f"public, max-age={FRESH_FOR}"
    return response
