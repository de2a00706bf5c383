"""The admin of links: which do not work and why, where they stand, and two buttons: check again, mend."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from networks.admin.base import CityAdminMixin, FilteredChangeList
from networks.links import record
from networks.links.incoming import find_incoming
from networks.links.mending import changed_in_drafts, mend
from networks.links.places import Place, find_places, links_of_row
from networks.models import Link, RevisedModel
from networks.reading import Reader

Outcome = Link.Outcome

CHECK_TIMEOUT = 10.0  # seconds that somebody waits for the button

# What is to be done about a link, by the outcome of its last check
ADVICE: dict[str, Promise] = {
    Outcome.MOVED: _("The page has a new address for good. Take it over."),
    Outcome.REFUSED: _(
        "The site turns our program away. Open the link yourself: if you see the page, leave the link as it is."
    ),
    Outcome.GONE: _(
        "The other site does not have this page any more. Look for it there and enter its new address, or remove the "
        "link."
    ),
    Outcome.CLIENT_ERROR: _("Open the link yourself. If you do not see the page, correct the address."),
    Outcome.SERVER_ERROR: _(
        "The other site is out of order. If that lasts, tell those who keep it, or remove the link."
    ),
    Outcome.LOOP: _("The site leads from one address to the next without end. Look for the page there."),
    Outcome.NO_ANSWER: _("Open the link yourself. If you do not see the page, look for it on the site."),
    Outcome.TIMEOUT: _("The site cannot be reached. If that lasts, look for its new address, or remove the link."),
    Outcome.NO_CONNECTION: _(
        "The site cannot be reached. If that lasts, look for its new address, or remove the link."
    ),
    Outcome.NO_HOST: _(
        "There is no site of this name. Check how it is spelled; the site may also have a new name, or be given up."
    ),
    Outcome.EXPIRED: _(
        "Browsers warn of the site until it renews its certificate. Tell those who keep it; the link may stay."
    ),
    Outcome.WRONG_CERTIFICATE: _(
        "Browsers warn of the site. Try the address with “www.” or without it, or tell those who keep the site."
    ),
    Outcome.UNKNOWN_ISSUER: _("Open the link yourself: if your browser does not warn of it, leave it as it is."),
    Outcome.PRIVATE: _("Only an internal network has this address, so citizens cannot open it. Enter a public one."),
    Outcome.PORT: _("Our program does not try such addresses. Open the link yourself."),
    Outcome.INVALID: _("Correct the address."),
}


class LinkStateFilter(admin.SimpleListFilter):
    """Filter by what is to be done: about dead links, uncertain ones, and those that have moved."""

    title = pgettext_lazy("link", "state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [("dead", _("dead")), ("uncertain", _("to look at")), ("moved", pgettext_lazy("links", "moved"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "dead":
                return queryset.dead()
            case "uncertain":
                return queryset.uncertain()
            case "moved":
                return queryset.moved()
        return queryset


class LinkChangeList(FilteredChangeList):
    """The change list with the places of each link."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        query = self.get_query_string()
        self.result_list = list(self.result_list)
        places = {link.url: request.link_places.get(link.url, []) for link in self.result_list}
        changed = changed_in_drafts(places)
        for link in self.result_list:
            link.places = [(place, (link.url, place) in changed) for place in places[link.url]]
            has_draft_to_save = any(isinstance(place.row, RevisedModel) and not done for place, done in link.places)
            link.query = query if query != "?" else ""
            link.may_mend = has_draft_to_save and self.model_admin.may_mend(request, link)


@admin.register(Link)
class LinkAdmin(CityAdminMixin, admin.ModelAdmin):
    """A list only. `manage.py check_links` adds, checks and deletes the links."""

    list_display = ["address", "state", "where"]
    list_display_links = None
    list_filter = [LinkStateFilter]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["url"]
    search_help_text = _("Part of an address, such as example.org.")
    actions = None

    def get_urls(self) -> list:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="networks_link_changelist"),
            path("<int:pk>/check/", wrap(require_POST(self.check_view)), name="networks_link_check"),
            path("<int:pk>/mend/", wrap(require_POST(self.mend_view)), name="networks_link_mend"),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def may_mend(self, request: HttpRequest, link: Link) -> bool:
        return link.outcome == Outcome.MOVED and request.user.has_perm("networks.change_network")

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[LinkChangeList]:
        return LinkChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the links that stand in a published text now, whenever the record was last updated."""
        if not hasattr(request, "link_places"):
            request.link_places = find_places()
        return record.in_use(super().get_queryset(request), request.link_places)

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        last = Link.objects.aggregate(last=Max("checked_at"))["last"]
        context = {"last_check": Reader().moment(last) if last else ""}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    # List

    @admin.display(description=_("web address"), ordering="url")
    def address(self, link: Link) -> SafeString:
        return format_html('<a href="{0}" rel="noreferrer">{0}</a>', link.url)

    @admin.display(description=pgettext_lazy("link", "state"))
    def state(self, link: Link) -> SafeString:
        """Return what came of the last check, what is to be done about it, and the buttons."""
        parts = [format_html("<strong>{}</strong>", capfirst(described(link)))]
        if link.moved_to:
            parts.append(format_html('<a href="{0}" rel="noreferrer">{0}</a>', link.moved_to))
        if advice := advice_for(link):
            parts.append(advice)
        if link.checked_at:
            text = gettext("Last checked: {time}").format(time=Reader().moment(link.checked_at))
            parts.append(format_html('<span class="quiet">{}</span>', text))
        parts.append(self.buttons(link))
        return format_html_join(mark_safe("<br>"), "{}", ((part,) for part in parts))

    @admin.display(description=_("where it stands"))
    def where(self, link: Link) -> SafeString:
        lines = [
            format_html("{} ({})", place_link(place), gettext("changed in the draft, not published yet"))
            if is_changed
            else place_link(place)
            for place, is_changed in link.places
        ]
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))

    def buttons(self, link: Link) -> SafeString:
        # Within the form of the list, which has the token against CSRF.
        offered = [("check", gettext("Check again"))]
        if link.may_mend:
            offered.insert(0, ("mend", gettext("Take over the new address")))
        return format_html_join(
            "\n",
            '<button class="button" formaction="{}{}" aria-label="{}: {}">{}</button>',
            (
                (reverse(f"admin:networks_link_{name}", args=[link.pk]), link.query, label, link.url, label)
                for name, label in offered
            ),
        )

    # Buttons

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Check a link now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        link = get_object_or_404(Link, pk=pk)
        record.record(link, record.check(link.url, timeout=CHECK_TIMEOUT))
        link.refresh_from_db()
        is_well = link.outcome in (Outcome.OK, Outcome.MOVED)
        text = gettext("Checked: {url} – {state}.").format(url=link.url, state=described(link))
        self.message_user(request, text, messages.SUCCESS if is_well else messages.WARNING)
        return self.list_response(request)

    def mend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Save drafts with the new address of a moved link."""
        if not self.has_view_permission(request) or not request.user.has_perm("networks.change_network"):
            raise PermissionDenied
        link = get_object_or_404(Link, pk=pk)
        if not self.may_mend(request, link):
            self.message_user(request, gettext("This link has not moved any more."), messages.WARNING)
            return self.list_response(request)
        mending = mend(link, find_places().get(link.url, []), author=request.user)
        if mending.drafts:
            count = len(mending.drafts)
            text = ngettext(
                "The new address stands in the draft of {names}. Citizens see it when the draft is published.",
                "The new address stands in the drafts of {names}. Citizens see it when the drafts are published.",
                count,
            )
            names = format_html_join(", ", "{}", ((row_link(network),) for network in mending.drafts))
            self.message_user(request, format_html(text, names=names), messages.SUCCESS)
        if mending.by_hand:
            names = format_html_join(", ", "{}", ((place_link(place),) for place in mending.by_hand))
            text = gettext("Change the address by hand here: {names}.")
            self.message_user(request, format_html(text, names=names), messages.WARNING)
        return self.list_response(request)

    def list_response(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the list, with the filters and the page that the button was on."""
        query = request.GET.urlencode()
        return HttpResponseRedirect(reverse("admin:networks_link_changelist") + (f"?{query}" if query else ""))


def described(link: Link) -> str:
    """Return the state of a link in a few words, such as "dead since 3 May 2026: page not found (404)"."""
    if not link.outcome:
        return gettext("not checked yet")
    why = str(Outcome(link.outcome).label)
    if link.status_code and link.outcome not in (Outcome.OK, Outcome.MOVED):
        why = f"{why} ({link.status_code})"
    if not link.failures:
        return why
    text = gettext("dead since {date}: {why}") if link.is_dead else gettext("failing since {date}: {why}")
    return text.format(date=Reader().date(link.failed_since), why=why)


def advice_for(link: Link) -> Promise | str:
    """Return what is to be done about a link; "" if nothing is."""
    if link.outcome == Outcome.MOVED and is_start_page(link.moved_to) and not is_start_page(link.url):
        return _("It leads to the start page of a site now, so the page itself may be gone. Look for it there first.")
    return ADVICE.get(link.outcome, "")


def is_start_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def row_link(row) -> SafeString:
    """Return a link to the form of a row, with its name."""
    name = Reader().text(row, {"page": "title", "cityprofile": "city_name"}.get(row._meta.model_name, "name"))
    address = reverse(f"admin:networks_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}"{}>{}</a>', address, name.lang, name or row.slug)


def place_link(place: Place) -> SafeString:
    label = place.row._meta.get_field(place.field).verbose_name
    return format_html("{}: {}", row_link(place.row), label)


def incoming_links(rows: Iterable[RevisedModel]) -> list[SafeString]:
    """Return what leads to the public pages of the rows, each with a link to where it can be changed."""
    incoming = find_incoming(rows)
    places = [format_html(gettext("A link in {place}"), place=place_link(place)) for place in incoming.places]
    return places + [
        format_html(
            gettext("The old address {path}"),
            path=format_html(
                '<a href="{}">{}</a>', reverse("admin:networks_oldaddress_change", args=[each.pk]), each.old_path
            ),
        )
        for each in incoming.old_addresses
    ]


def troubled_links(row: RevisedModel) -> Iterable[dict]:
    """Return the dead and the moved links of a row, with the label of the field that each stands in."""
    fields = dict(links_of_row(row))
    links = Link.objects.filter(url__in=fields)
    return [
        {"url": link.url, "state": described(link), "label": row._meta.get_field(fields[link.url]).verbose_name}
        for link in (links.dead() | links.moved()).order_by("url")
    ]
