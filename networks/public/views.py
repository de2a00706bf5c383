"""The views of the list, of networks and of plain pages."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.signing import BadSignature
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from citynetworks.error_pages import closed_link, server_error
from networks.models import Network, Page, RevisedModel
from networks.partial_dates import PartialDate
from networks.public import accessibility, search
from networks.public.chronology import Membership, first_membership
from networks.public.neighbours import neighbours_of
from networks.public.page_context import PageContext, render_page
from networks.public.paging import page_links, page_query, requested_page
from networks.public.search import (
    HEADINGS_ON_A_DAY,
    SearchForm,
    SearchQuery,
    SearchResult,
    filter_choices,
    group_results,
    search_networks,
    sort_results,
    with_all_columns,
)
from networks.public.suggestions import did_you_mean, ways_on
from networks.reading import NetworkReading, Reader, RowReading
from networks.redirects import permanent_redirect
from networks.revisions import previews
from networks.revisions.content import row_with
from networks.revisions.public_changes import newest_changes

logger = logging.getLogger(__name__)

NETWORKS_ON_A_PAGE = 100


@require_safe
def network_list(request: HttpRequest) -> HttpResponse:
    reader = Reader()
    form = SearchForm(request.GET)
    query = form.search_query()
    searched = search_networks(query, reader)
    results, found = searched.results, searched.found
    changed_at = max((each.columns.changed_at for each in results), default=None)
    try:
        filters = filter_choices(query, results, searched.themes, reader)
    except ValidationError as error:
        form.add_error("theme", error)
        query = replace(query, theme=())
        filters = filter_choices(query, results, searched.themes, reader)
    chosen = [choice.label for *_group, each in filters for choice in each if choice.is_chosen]
    shown = sort_results([each for each in results if query.matches(each)], query)
    memberships = Counter(each.membership or Membership.MEMBER for each in shown)
    page = requested_page(request, group_results(shown, query), NETWORKS_ON_A_PAGE)
    on_page = with_all_columns(page) if found else [*page]
    is_whole_list = query == SearchQuery()
    page_context = PageContext(
        request,
        query=query.query_string(page.number),
        # The canonical URL of a search or a filtered list is the whole list.
        canonical_query=page_query(page.number) if is_whole_list else "",
        changed_at=changed_at,
        status=200 if form.is_valid() else 400,
    )
    return render_page(
        page_context,
        "networks/network_list.html",
        {
            "form": form,
            "asked": query,
            "typed": {name: request.GET.get(name, "").replace("\0", "") for name in ("q", "on")},
            "matches": [*found.matches.values()] if found else [],
            "meant": did_you_mean(query, found, [result.reading for *_group, result in on_page]) if found else None,
            "ways_on": ways_on(query, found, reader) if found and not shown else None,
            "title": ", ".join(part for part in (query.q, *chosen, reader.date(query.on)) if part),
            "figures": [group for group in filters if group[0] != "theme"],
            "themes": [group for group in filters if group[0] == "theme"],
            "since": reader.date(first_year(shown)),
            "sorts": sort_links(query),
            "count": memberships[Membership.MEMBER],
            # On a day: memberships that are not certain are counted apart.
            "uncertain": [
                (HEADINGS_ON_A_DAY[each.value], memberships[each])
                for each in (Membership.PERHAPS, Membership.UNDATED)
                if memberships[each]
            ],
            "groups": [
                (key, heading, [result.reading for _key, _heading, result in members])
                for (key, heading), members in groupby(on_page, key=lambda each: each[:2])
            ],
            "has_fallback": any(result.reading.name.is_fallback for *_group, result in on_page),
            "page": page,
            # Structured data stands on the first page of the whole list only.
            "described": [result.reading for *_group, result in on_page]
            if is_whole_list and page.number == 1
            else [],
            "pager": page_links(page, query.query_string),
            "day": reader.date(query.on),
            "today_query": replace(query, on=None).query_string(),
            "latest_day": timezone.localdate().isoformat(),
            "is_filtered": not is_whole_list or not form.is_valid(),
        },
    )


def first_year(results: Iterable[SearchResult]) -> PartialDate | None:
    """Return the year in which the earliest membership on record began, also one that has ended since."""
    first = first_membership(result.columns for result in results)
    return first and PartialDate(first.year)


def sort_links(query: SearchQuery) -> dict[str, tuple[str, str, bool]]:
    """Return (label, query string, is current) by the code of each order of the list."""
    usual = _("by best match") if query.q else _("usual order")
    return {
        sort or "usual": (label, replace(query, sort=sort).query_string(), sort == query.sort)
        for sort, label in {"": usual, **search.SORTS}.items()
    }


@require_safe
def network_detail(request: HttpRequest, slug: str) -> HttpResponse:
    return detail(request, Network.objects.prefetch_related("themes"), slug)


@require_safe
def page_detail(request: HttpRequest, slug: str) -> HttpResponse:
    return detail(request, Page.objects.all(), slug)


def detail(request: HttpRequest, rows: QuerySet, slug: str) -> HttpResponse:
    """Render the page of a published row; redirect from a former slug."""
    rows = rows.published()
    row = rows.filter(slug=slug).first()
    if row is None:
        return permanent_redirect(get_object_or_404(rows, former_slugs__slug=slug).get_absolute_url())
    edit_url = change_form_url(request, row)
    subject = read_row(row)
    context = {"edit_url": edit_url}
    if row.has_public_record:
        context["changes"] = newest_changes(subject)
    if isinstance(subject, NetworkReading):
        context["neighbours"] = neighbours_of(subject)
    response = render_row(PageContext(request, subject), context)
    if edit_url:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def read_row(row: RevisedModel) -> RowReading:
    """Return the row as a reader of the active language gets it."""
    reader = Reader()
    return reader.network(row) if isinstance(row, Network) else reader.page(row)


def render_row(page: PageContext, context: dict) -> HttpResponse:
    """Render the page of a network or of a plain page, which is the subject of `page`."""
    row = page.subject.row
    name = row._meta.model_name
    context = {name: page.subject, **context}
    if isinstance(row, Page) and row.slug == Page.ACCESSIBILITY:
        context["part"] = accessibility.statement(page.reader)
    return render_page(page, f"networks/{name}_detail.html", context)


def change_form_url(request: HttpRequest, row: RevisedModel) -> str:
    """Return the URL of the admin's form for staff who may change the row; else an empty string."""
    # Without a session cookie, request.user is not read: reading it adds Vary: Cookie to the response.
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    label, name = row._meta.app_label, row._meta.model_name
    if not (request.user.is_staff and request.user.has_perm(f"{label}.change_{name}")):
        return ""
    return reverse(f"admin:{label}_{name}_change", args=[row.pk])


@csrf_exempt  # as the cached views
@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Render a revision as its public page would be; `token` is one of networks.revisions.previews."""
    try:
        revision = previews.revision_of_token(token, request.user)
    except BadSignature as error:
        raise Http404 from error
    except previews.LinkClosed:
        response = closed_link(request)
    except PermissionDenied:
        if request.user.is_authenticated:
            raise
        response = redirect_to_login(request.get_full_path(), reverse("admin:login"))
    else:
        reader = Reader()
        row = revision.row
        shown = row_with(row, revision.content)
        shown.changed_at = revision.created_at
        edit_url = "" if row.deleted_at else change_form_url(request, row)
        context = {
            "preview": revision,
            "preview_is_live": row.is_published and row.live_id == revision.pk,
            "preview_is_newest": row.head_id == revision.pk,
            "preview_time": reader.moment(revision.created_at),
            # The author is not shown to people who only have the link.
            "preview_author": reader.unmarked(revision.author_name) if edit_url else "",
            "edit_url": edit_url,
        }
        response = render_row(PageContext(request, read_row(shown), is_preview=True), context)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    try:
        return render_page(PageContext(request, status=404), "networks/404.html", {})
    except DatabaseError:
        logger.exception("The 404 page needs the database")
        return server_error(request)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    text = render_to_string("networks/robots.txt", {"sitemap_url": request.build_absolute_uri("/sitemap.xml")})
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
