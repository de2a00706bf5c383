"""Long lists, cut into pages, each with an address of its own."""

import re
from collections.abc import Sequence

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest


def asked_page(request: HttpRequest, items: Sequence, size: int) -> Page:
    """Return the page of a list that the address asks for, the first without `?page=`; 404 where there is none."""
    typed = request.GET.get("page", "1")
    if not re.fullmatch("[1-9][0-9]{0,8}", typed):
        raise Http404
    try:
        return Paginator(items, size).page(typed)
    except InvalidPage as error:
        raise Http404 from error


def page_query(number: int) -> str:
    """Return the query of a page's address: empty for the first."""
    return f"?page={number}" if number > 1 else ""


def page_links(page: Page, query=page_query) -> list[tuple[int | str, str]]:
    """
    Return (number, query) of the pages to choose from, and (ellipsis, "") where some are left out.

    `query` makes the query of an address from a number.
    """
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [(number, "" if number == Paginator.ELLIPSIS else query(number)) for number in numbers]
