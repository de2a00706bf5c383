"""The pages that citizens read."""

import logging
from collections import Counter
from dataclasses import replace
from itertools import groupby

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.signing import BadSignature
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from citynetworks.error_pages import closed_link, server_error
from networks.models import Network, Page
from networks.public import search
from networks.public.chronology import Membership
from networks.public.page_context import render_page
from networks.public.page_parts import part_of
from networks.public.paging import asked_page, page_links, page_query
from networks.public.search import (
    HEADINGS_ON_A_DAY,
    Asked,
    FindForm,
    choices,
    find,
    grouped,
    in_order,
    themes_by_network,
)
from networks.reading import Reader
from networks.redirects import permanent_redirect
from networks.revisions import previews
from networks.revisions.content import network_with
from networks.revisions.public_changes import newest_changes

logger = logging.getLogger(__name__)

NETWORKS_ON_A_PAGE = 100


@require_safe
def network_list(request: HttpRequest) -> HttpResponse:
    reader = Reader()
    form = FindForm(request.GET)
    asked = form.asked()
    themes = themes_by_network(reader)
    found = find(asked, themes, reader)
    changed_at = max((each.columns.changed_at for each in found), default=None)
    by_slug = {theme.slug: theme for each in themes.values() for theme in each}
    try:
        filters = choices(asked, found, by_slug, reader)
    except ValidationError as error:
        form.add_error("theme", error)
        asked = replace(asked, theme=())
        filters = choices(asked, found, by_slug, reader)
    chosen = [choice.label for *_group, each in filters for choice in each if choice.is_chosen]
    shown = in_order([each for each in found if asked.allows(each)], asked)
    memberships = Counter(each.membership or Membership.MEMBER for each in shown)
    page = asked_page(request, grouped(shown, asked), NETWORKS_ON_A_PAGE)
    return render_page(
        request,
        "networks/network_list.html",
        {
            "form": form,
            "asked": asked,
            "typed": {name: request.GET.get(name, "").replace("\0", "") for name in ("q", "on")},
            "words": asked.words,
            "title": ", ".join(part for part in (asked.q, *chosen, reader.date(asked.on)) if part),
            "filters": filters,
            "sorts": sorts(asked),
            "count": memberships[Membership.MEMBER],
            # On a day, what is not known for certain is not counted among the memberships.
            "uncertain": [
                (HEADINGS_ON_A_DAY[each.value], memberships[each])
                for each in (Membership.PERHAPS, Membership.UNDATED)
                if memberships[each]
            ],
            "groups": [
                (key, heading, [found.reading for _key, _heading, found in members])
                for (key, heading), members in groupby(page, key=lambda each: each[:2])
            ],
            "page": page,
            # What was searched for, or is on a later page, is described where it stands: on the whole list.
            "described": [found.reading for *_group, found in page] if asked == Asked() and page.number == 1 else [],
            "pager": page_links(page, asked.query),
            "day": reader.date(asked.on),
            "today_query": replace(asked, on=None).query(),
            "latest_day": timezone.localdate().isoformat(),
            "is_filtered": asked != Asked() or not form.is_valid(),
        },
        query=asked.query(page.number),
        # A search, and every choice of filters, is a part of the whole list.
        canonical_query=page_query(page.number) if asked == Asked() else "",
        changed_at=changed_at,
        status=200 if form.is_valid() else 400,
    )


def sorts(asked: Asked) -> list[tuple[str, str, bool]]:
    """Return (label, query, is current) for each order of the list."""
    usual = _("by best match") if asked.words else _("usual order")
    return [
        (label, replace(asked, sort=sort).query(), sort == asked.sort)
        for sort, label in [("", usual), *search.SORTS.items()]
    ]


@require_safe
def network_detail(request: HttpRequest, slug: str) -> HttpResponse:
    return detail(request, Network.objects.prefetch_related("themes"), slug, "networks/network_detail.html")


@require_safe
def page_detail(request: HttpRequest, slug: str) -> HttpResponse:
    return detail(request, Page.objects.all(), slug, "networks/page_detail.html")


def detail(request, rows, slug, template):
    """Answer with the page of a published row; a former slug leads to the present one."""
    rows = rows.published()
    row = rows.filter(slug=slug).first()
    if row is None:
        return permanent_redirect(get_object_or_404(rows, former_slugs__slug=slug).get_absolute_url())
    reader = Reader()
    subject = reader.network(row) if isinstance(row, Network) else reader.page(row)
    edit_url = address_of_form(request, row)
    context = {row._meta.model_name: subject, "edit_url": edit_url, "part": part_of(row, reader)}
    if isinstance(row, Network):
        context["changes"] = newest_changes(subject)
    response = render_page(request, template, context, subject=subject)
    if edit_url:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def address_of_form(request: HttpRequest, row) -> str:
    """Return where staff who are signed in edit a row; nothing for anybody else."""
    # Citizens have no cookie. Who they are is not even asked, so that their pages stay the same for all.
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    label, name = row._meta.app_label, row._meta.model_name
    if not (request.user.is_staff and request.user.has_perm(f"{label}.change_{name}")):
        return ""
    return reverse(f"admin:{label}_{name}_change", args=[row.pk])


@csrf_exempt  # as the stored views
@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with the public page of a version that citizens do not see, or do not see yet."""
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
        row = revision.network
        shown = network_with(row, revision.content)
        shown.changed_at = revision.created_at
        network = reader.network(shown)
        edit_url = "" if row.deleted_at else address_of_form(request, row)
        context = {
            "network": network,
            "preview": revision,
            "preview_is_live": row.is_published and row.live_id == revision.pk,
            "preview_is_newest": row.head_id == revision.pk,
            "preview_time": reader.moment(revision.created_at),
            # Who wrote it is no matter of those who were sent a link.
            "preview_author": reader.unmarked(revision.author_name) if edit_url else "",
            "edit_url": edit_url,
        }
        response = render_page(request, "networks/network_detail.html", context, subject=network)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    try:
        return render_page(request, "networks/404.html", status=404)
    except DatabaseError:
        logger.exception("The page for a missing address needs the database")
        return server_error(request)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    text = render_to_string("networks/robots.txt", {"sitemap_url": request.build_absolute_uri("/sitemap.xml")})
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
