"""Pagination: each page of a list has a URL of its own."""

import re
from collections.abc import Callable, Sequence

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import Http404, HttpRequest


def requested_page(request: HttpRequest, items: Sequence, size: int) -> Page:
    """Return the page that `?page=` names, the first without it. Raise Http404 if there is none of that number."""
    typed = request.GET.get("page", "1")
    if not re.fullmatch("[1-9][0-9]{0,8}", typed):
        raise Http404
    try:
        return Paginator(items, size).page(typed)
    except InvalidPage as error:
        raise Http404 from error


def page_query(number: int) -> str:
    """Return the query string of a page; empty for the first."""
    return f"?page={number}" if number > 1 else ""


def page_links(page: Page, query: Callable[[int], str] = page_query) -> list[tuple[int | str, str]]:
    """
    Return (number, query string) for the pages to link to, and (ellipsis, "") where some are left out.

    `query` returns the query string of a page number.
    """
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [(number, "" if number == Paginator.ELLIPSIS else query(number)) for number in numbers]
