"""
The sitemap: every public page in each language in which it is written.

It is one file as long as it holds no more URLs than a sitemap may have. Of a larger site, /sitemap.xml is the index
of several. They are written as text: Django's framework, which renders a template, takes ten times as long.
"""

from collections.abc import Iterator
from itertools import islice
from xml.sax.saxutils import escape

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from networks.languages import SERBIAN, language_codes, language_tag, reverse_in, slug_url, stored_language
from networks.models import Network, Page
from networks.models.public_page import PublicPage
from networks.reading import NetworkReading, PageReading, RowReading

MOST_URLS = 50_000  # in one file (https://www.sitemaps.org/protocol.html)

# The pages without a row, by URL name
LISTS = ("public:index", "public:timeline", "public:map", "public:changes", "public:open_data")

# The models with public pages, each with the URL name of a page, and what says in which languages it is written
ROWS: dict[type[PublicPage], tuple[str, type[RowReading]]] = {
    Network: ("public:network", NetworkReading),
    Page: ("public:page", PageReading),
}

# The paths of a page by language, and the day on which it last changed, or ""
Entry = tuple[dict[str, str], str]

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    if not (paths := part_paths(row_count())):
        return xml_response(urls_in_xml(request, 1))
    parts = (absolute(request, path) for path in paths)
    files = "".join(f"<sitemap><loc>{url}</loc></sitemap>\n" for url in parts)
    return xml_response(f'<sitemapindex xmlns="{NAMESPACE}">\n{files}</sitemapindex>\n')


@require_safe
def sitemap_part(request: HttpRequest, number: int) -> HttpResponse:
    if not 1 <= number <= file_count(row_count()):
        raise Http404
    return xml_response(urls_in_xml(request, number))


def xml_response(text: str) -> HttpResponse:
    response = HttpResponse(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', content_type="application/xml")
    response.headers["X-Robots-Tag"] = "noindex, noodp, noarchive"
    return response


def part_paths(rows: int) -> list[str]:
    """Return the paths of the files that the index of a site with so many rows names; none where one is enough."""
    count = file_count(rows)
    return [reverse("sitemap_part", args=[number]) for number in range(1, count + 1)] if count > 1 else []


def pages_in_a_file() -> int:
    return MOST_URLS // len(language_codes())


def row_count() -> int:
    return sum(model._default_manager.published().count() for model in ROWS)


def file_count(rows: int) -> int:
    return -(-(len(LISTS) + rows) // pages_in_a_file())


def urls_in_xml(request: HttpRequest, number: int) -> str:
    """Return the file of a number, which begins with 1."""
    most = pages_in_a_file()
    site, tags = absolute(request, ""), {code: language_tag(code) for code in language_codes()}
    lines = [f'<urlset xmlns="{NAMESPACE}" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n']
    for paths, day in islice(entries(), (number - 1) * most, number * most):
        # Slugs have no character that XML or a URL would have to escape.
        forms = [(tags[code], path) for code, path in paths.items()] + [("x-default", paths[settings.LANGUAGE_CODE])]
        rest = f"<lastmod>{day}</lastmod>" if day else ""
        rest += "".join(f'<xhtml:link rel="alternate" hreflang="{tag}" href="{site}{path}"/>' for tag, path in forms)
        lines += [f"<url><loc>{site}{path}</loc>{rest}</url>\n" for path in paths.values()]
    return "".join([*lines, "</urlset>\n"])


def absolute(request: HttpRequest, path: str) -> str:
    return escape(f"{request.scheme}://{request.get_host()}{path}")


def entries() -> Iterator[Entry]:
    """Yield each public page, in the same order each time."""
    codes = language_codes()
    for route in LISTS:
        yield {code: reverse_in(code, route) for code in codes}, ""
    for model, (route, reading) in ROWS.items():
        stored = sorted({stored_language(code) for code in codes} - {SERBIAN})
        written = {f"written_{language}": is_written(reading, language) for language in stored}
        rows = model._default_manager.published().annotate(**written).order_by("pk")
        for slug, changed_at, *others in rows.values_list("slug", "changed_at", *written).iterator():
            offered = {SERBIAN, *(language for language, is_there in zip(stored, others, strict=True) if is_there)}
            paths = {code: slug_url(code, route, slug) for code in codes if stored_language(code) in offered}
            yield paths, localdate(changed_at).isoformat()


def is_written(reading: type[RowReading], language: str) -> ExpressionWrapper:
    """Return the condition of `RowReading.is_available_in`, so that no text has to be read."""
    condition = Q()
    for field in reading.own_fields:
        condition |= Q(**{f"{field}_{language}__gt": ""})
    return ExpressionWrapper(condition, BooleanField())
