"""The pages that citizens read."""

import logging
from itertools import groupby
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from networks import previews, revisions
from networks.errors import closed_link, server_error
from networks.models import Network, Page, Theme
from networks.public.page_parts import part_of
from networks.public.site import render_page
from networks.reading import Reader, ThemeReading

logger = logging.getLogger(__name__)

GROUP_HEADINGS = {
    Network.Status.MEMBER: gettext_lazy("Current memberships"),
    Network.Status.UNKNOWN: gettext_lazy("Memberships whose status is not known"),
    "former": gettext_lazy("Former memberships"),
}


class FilterForm(forms.Form):
    """What the address of the list may ask for."""

    q = forms.CharField(max_length=100, required=False)
    scope = forms.ChoiceField(
        choices=Network.Scope,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("There is no such scope. Choose one from the list.")},
    )
    theme = forms.CharField(max_length=50, required=False)


@require_safe
def network_list(request: HttpRequest) -> HttpResponse:
    reader = Reader()
    form = FilterForm(request.GET)
    form.full_clean()
    chosen = form.cleaned_data
    # All of them in one query, so that the choices of the form stay the same whatever is searched for.
    rows = Network.objects.published().marking_matches(chosen.get("q", "")).prefetch_related("themes")
    rows = rows.defer("description", "description_sr", "description_en", "search_text")
    networks = [reader.network(row) for row in rows]
    themes = {theme.slug: theme for network in networks for theme in network.themes}
    scopes = {network.row.scope for network in networks} | {chosen.get("scope")}
    if chosen.get("theme", "") not in {"", *themes}:
        if theme := Theme.objects.filter(slug=chosen["theme"]).first():  # one that no published network has
            themes[theme.slug] = ThemeReading(theme, reader)
        else:
            form.add_error("theme", _("There is no such theme. Choose one from the list."))
    shown = [
        network
        for network in networks
        if network.row.is_match
        and chosen.get("scope", "") in ("", network.row.scope)
        and chosen.get("theme", "") in ("", *(theme.slug for theme in network.themes))
    ]
    filters = {name: value for name, value in chosen.items() if value}
    query = f"?{urlencode(filters)}" if filters else ""
    return render_page(
        request,
        "networks/network_list.html",
        {
            "form": form,
            "typed": request.GET.get("q", "").replace("\0", ""),
            "networks": shown,
            "groups": grouped_by_status(shown),
            "scopes": [(value, label) for value, label in Network.Scope.choices if value in scopes],
            "themes": sorted(themes.values(), key=lambda theme: reader.sort_key(theme.name)),
            "is_filtered": bool(query) or not form.is_valid(),
        },
        query=query,
        changed_at=max((network.changed_at for network in networks), default=None),
        status=200 if form.is_valid() else 400,
    )


def grouped_by_status(networks):
    """Return (key, heading, networks) for current, unknown and former memberships, those without any left out."""
    keys = list(GROUP_HEADINGS)

    def group(network):
        return keys.index("former" if network.is_former else network.row.status)

    return [
        (keys[number], GROUP_HEADINGS[keys[number]], list(members))
        for number, members in groupby(sorted(networks, key=group), key=group)
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
        return HttpResponsePermanentRedirect(get_object_or_404(rows, former_slugs__slug=slug).get_absolute_url())
    reader = Reader()
    subject = reader.network(row) if isinstance(row, Network) else reader.page(row)
    edit_url = address_of_form(request, row)
    context = {row._meta.model_name: subject, "edit_url": edit_url, "part": part_of(row, reader)}
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


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with the public page of a version that citizens do not see, or do not see yet."""
    try:
        revision = previews.revision_at(token, request.user)
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
        shown = revisions.network_with(row, revision.content)
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
