"""The pages that citizens read."""

from itertools import groupby
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from networks.models import Network, Page, Theme
from networks.public.site import render_page
from networks.reading import Reader, ThemeReading

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
    return render_page(request, template, {row._meta.model_name: subject}, subject=subject)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    text = render_to_string("networks/robots.txt", {"sitemap_url": request.build_absolute_uri("/sitemap.xml")})
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
