"""
All public URLs, for the static export and for filling the page store.

The pages are those of the sitemap, but in every language: the list of a language also links to pages that are not
written in it.
"""

from django.core.paginator import Paginator
from django.urls import reverse

from networks.languages import language_codes, reverse_in
from networks.models import Network, Page
from networks.public.changes_page import CHANGES_ON_A_PAGE
from networks.public.open_data import FILES
from networks.public.security_txt import contact_uri
from networks.public.sitemaps import LISTS, part_paths
from networks.public.timeline import ROWS_ON_A_PAGE
from networks.public.views import NETWORKS_ON_A_PAGE
from networks.revisions.public_changes import public_changes


def public_urls(*, with_pictures: bool = True) -> list[str]:
    """
    Return each public path, with its query, once and in a fixed order: pages, feeds and data, then share pictures.

    Pictures are optional, because drawing them takes longer than all the rest.
    """
    networks, pages = (
        list(model.objects.published().order_by("slug").values_list("slug", flat=True)) for model in (Network, Page)
    )
    lengths = {
        "public:index": page_count(len(networks), NETWORKS_ON_A_PAGE),
        "public:timeline": page_count(len(networks), ROWS_ON_A_PAGE),
        "public:changes": page_count(public_changes().count(), CHANGES_ON_A_PAGE),
    }
    lists = [
        reverse_in(code, route) + (f"?page={number}" if number > 1 else "")
        for code in language_codes()
        for route in LISTS
        for number in range(1, lengths.get(route, 1) + 1)
    ]
    rows = [
        reverse_in(code, route, slug)
        for code in language_codes()
        for route, slugs in (("public:network", networks), ("public:page", pages))
        for slug in slugs
    ]
    feeds = [reverse_in(code, "public:feed") for code in language_codes()]
    data = [path for path, _format, _use in FILES]
    files = [reverse("sitemap"), *part_paths(len(networks) + len(pages)), reverse("robots")]
    files += [reverse("security_txt")] if contact_uri() else []
    pictures = [
        *(reverse_in(code, "public:picture") for code in language_codes()),
        *(reverse_in(code, "public:network_picture", slug) for code in language_codes() for slug in networks),
    ]
    return [*lists, *rows, *feeds, *data, *files, *(pictures if with_pictures else [])]


def page_count(rows: int, on_a_page: int) -> int:
    """Return the number of pages of a list; an empty list has one."""
    return Paginator(range(rows), on_a_page).num_pages
