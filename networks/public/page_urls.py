"""
All public addresses that are worth keeping: what a copy of the site holds, and the page store when it starts.

What is a page stands in the sitemaps. A page is listed in each form, also in one that it is not written in: there it
is no page for search engines, but the list of that form leads to it.
"""

from django.core.paginator import Paginator
from django.urls import reverse

from networks.languages import address, codes
from networks.public.changes_page import CHANGES_ON_A_PAGE
from networks.public.open_data import FILES
from networks.public.security_txt import contact_address
from networks.public.sitemaps import ListSitemap, NetworkSitemap, PageSitemap
from networks.public.timeline import ROWS_ON_A_PAGE
from networks.public.views import NETWORKS_ON_A_PAGE
from networks.revisions.public_changes import public_changes


def public_urls(*, with_pictures: bool = True) -> list[str]:
    """
    Return each address once, in an order that stays: pages, feeds and data, then the pictures.

    The pictures go with links that are shared, and are drawn: they take longer than all the rest.
    """
    networks, pages = (
        list(sitemap().items().order_by("slug").values_list("slug", flat=True))
        for sitemap in (NetworkSitemap, PageSitemap)
    )
    lengths = {
        "public:index": page_count(len(networks), NETWORKS_ON_A_PAGE),
        "public:timeline": page_count(len(networks), ROWS_ON_A_PAGE),
        "public:changes": page_count(public_changes().count(), CHANGES_ON_A_PAGE),
    }
    lists = [
        address(code, route) + (f"?page={number}" if number > 1 else "")
        for code in codes()
        for route in ListSitemap().items()
        for number in range(1, lengths.get(route, 1) + 1)
    ]
    rows = [
        address(code, route, slug)
        for code in codes()
        for route, slugs in (("public:network", networks), ("public:page", pages))
        for slug in slugs
    ]
    feeds = [address(code, "public:feed") for code in codes()]
    data = [path for path, _format, _use in FILES]
    machines = [reverse(name) for name in ("sitemap", "robots", *(["security_txt"] if contact_address() else []))]
    pictures = [
        *(address(code, "public:picture") for code in codes()),
        *(address(code, "public:network_picture", slug) for code in codes() for slug in networks),
    ]
    return [*lists, *rows, *feeds, *data, *machines, *(pictures if with_pictures else [])]


def page_count(rows: int, on_a_page: int) -> int:
    """Return how many pages so many rows fill; a list without rows is a page too."""
    return Paginator(range(rows), on_a_page).num_pages
