"""The admin of networks."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.db import models
from django.db.models import QuerySet
from django.db.models.functions import NullIf
from django.http import HttpRequest
from django.utils import timezone
from django.utils.choices import BaseChoiceIterator
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from networks.admin.base import side_by_side
from networks.admin.bulk_edit import BulkEditMixin
from networks.admin.document_views import DocumentViewsMixin
from networks.admin.end_views import EndViewsMixin
from networks.admin.network_form import CountrySelect, NetworkForm, TownInput
from networks.admin.newest_revisions import (
    TEXT,
    ContactFilter,
    NewestTranslationFilter,
    RecordFilter,
    ScopeFilter,
    StatusFilter,
    ThemeFilter,
    newest_value,
)
from networks.admin.revised_admin import LAST_FIELDSETS, RevisedChangeList, RevisedModelAdmin, StateFilter
from networks.admin.spreadsheet_views import SpreadsheetViewsMixin
from networks.admin.unit_views import UnitViewsMixin
from networks.admin.verification_views import VerificationFilter, VerificationViewsMixin
from networks.languages import columns_of
from networks.models import TRANSLATED, Network
from networks.models.gazetteer import COUNTRIES, countries_in
from networks.reading import Reader, Text
from networks.revisions import verification

# Instead of the model's help texts, which are the same for both languages
HELP_TEXTS = {
    "name_sr": _(
        'The full name in Serbian, such as: <span lang="sr-Latn">Stalna konferencija gradova i opština</span>.'
    ),
    "name_en": _(
        'The full name in English, such as: <span lang="en">Standing Conference of Towns and Municipalities</span>.'
    ),
    "acronym_sr": _("As it is used in Serbian, such as SKGO."),
    "acronym_en": _("As it is used in English, such as SCTM."),
    "seat_sr": _(
        'The town: <span lang="sr-Latn">Strazbur</span>. If it is in the list that is offered, what is empty below '
        "and in the other language is filled in."
    ),
    "seat_en": _('The town, or town and country: <span lang="en">Strasbourg</span>.'),
}


class NetworkChangeList(RevisedChangeList):
    def get_queryset(self, request: HttpRequest, **kwargs) -> QuerySet:
        rows = super().get_queryset(request, **kwargs)
        return with_newest_dates(rows) if ORDER_VAR in self.params else rows

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list:
        # Django 6.1 tries the order before the queryset has what it is by.
        return super().get_ordering(request, with_newest_dates(queryset))


def with_newest_dates(rows: QuerySet) -> QuerySet:
    """Return networks with `newest_joined` and `newest_verified`, by which the list can be sorted."""
    return rows.annotate(
        newest_joined=NullIf(newest_value(Network, "joined"), models.Value("", TEXT)),
        newest_verified=NullIf(newest_value(Network, "verified_on"), models.Value("", TEXT)),
    )


class SharedChoices(BaseChoiceIterator):
    """Choices that do not change, so that each form need not copy all of them as it does with a list."""

    def __init__(self, choices: list[tuple[str, str]]) -> None:
        self.choices = choices

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.choices)

    def __deepcopy__(self, memo: dict) -> "SharedChoices":
        return self


@lru_cache(maxsize=8)
def sorted_countries(language: str) -> list[tuple[str, str]]:
    """Return code and name of each country, in a language and its order."""
    reader, countries = Reader(language), countries_in(language)
    # By the Serbian name, because a label in Latin does not say whether its "nj" is one letter or two
    keys = {code: reader.sort_key(Text(name, stored=COUNTRIES[code][0])) for code, name in countries}
    return sorted(countries, key=lambda choice: keys[choice[0]])


def verified_ago(day: date) -> str:
    """Return how long ago a network was verified, in the largest unit that says it well."""
    days = (timezone.localdate() - day).days
    if days <= 0:
        return gettext("verified today")
    if days < 31:
        return ngettext("verified %(count)d day ago", "verified %(count)d days ago", days) % {"count": days}
    months = round(days / 30.44)
    return ngettext("verified %(count)d month ago", "verified %(count)d months ago", months) % {"count": months}


@admin.register(Network)
class NetworkAdmin(
    EndViewsMixin,
    BulkEditMixin,
    VerificationViewsMixin,
    UnitViewsMixin,
    SpreadsheetViewsMixin,
    DocumentViewsMixin,
    RevisedModelAdmin,
):
    add_label = _("Add a network")
    form = NetworkForm

    list_display = [
        "displayed_name",
        "state",
        "missing_english",
        "displayed_joined",
        "verified",
        "last_change",
        "row_menu",
    ]
    shown_fields = [
        *columns_of("name"),
        *columns_of("acronym"),
        *("status", "joined", "verified_on", "logo", "logo_width", "logo_height"),
    ]
    list_filter = [
        StateFilter,
        StatusFilter,
        ScopeFilter,
        ("themes", ThemeFilter),
        VerificationFilter,
        ContactFilter,
        NewestTranslationFilter,
        RecordFilter,
    ]
    list_per_page = 50
    actions = ["publish", "withdraw", "submit", "verify", "edit", "export", "delete_selected"]

    # Only shows the search box; get_search_results does the search.
    search_fields = ["search_text"]
    search_help_text = _(
        "In either script, with or without diacritical marks: gradonacelnici, Градоначелници, SCTM. Also by unit, "
        "contact, document and internal note."
    )

    fieldsets = [
        (
            _("Texts"),
            # The seat, which is short, at the end, with what else is known of the place
            {
                "fields": [
                    *side_by_side(*(name for name in TRANSLATED if name not in ("seat", "end_note")), "seat"),
                    ("seat_country", "seat_latitude", "seat_longitude"),
                ]
            },
        ),
        (
            _("Membership"),
            {
                "fields": [
                    ("status", "scope"),
                    "themes",
                    ("founded", "joined", "left"),
                    *side_by_side("end_note"),
                    ("website", "membership_page"),
                    "wikidata",
                    ("original_name", "original_language"),
                    "former_names",
                    "logo",
                ]
            },
        ),
        (
            _("Record of the membership"),
            {"fields": ["documents", "roles", "periods", "fees", "activities"]},
        ),
        (
            _("In the city administration"),
            {
                "fields": [
                    "responsible_unit",
                    ("contact_email", "contact_phone"),
                    ("source", "verified_on"),
                    "internal_note",
                ]
            },
        ),
        *LAST_FIELDSETS,
    ]

    def formfield_for_dbfield(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name in HELP_TEXTS:
            kwargs["help_text"] = HELP_TEXTS[db_field.name]
        if db_field.name in ("seat_sr", "seat_en"):
            kwargs["widget"] = TownInput
        if db_field.name == "seat_country":
            kwargs["widget"] = CountrySelect
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_choice_field(self, db_field, request: HttpRequest, **kwargs):
        field = super().formfield_for_choice_field(db_field, request, **kwargs)
        if db_field.name == "seat_country":
            empty, *_countries = field.choices
            field.choices = SharedChoices([empty, *sorted_countries(Reader().language)])
        return field

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[NetworkChangeList]:
        return NetworkChangeList

    def status_context(self, request: HttpRequest, row: Network) -> dict:
        return super().status_context(request, row) | self.verification_context(request, row)

    def undo_one(self, request: HttpRequest, action: str, before: dict) -> bool:
        if action != "verify":
            return super().undo_one(request, action, before)
        network = Network.objects.filter(pk=before["pk"]).first()
        return network is not None and verification.unverify(
            network, before["before"], before["event"], author=request.user
        )

    @admin.display(description=_("name"))
    def displayed_name(self, network: Network) -> str:
        reading = Reader().network(network)
        # The letters are drawn by the stylesheet, because the name beside them says what they mean.
        mark = format_html('<span class="mark" data-mark="{}"></span>', reading.mark)
        if network.logo:
            size = network.logo_width, network.logo_height
            mark = format_html(
                '<span class="mark"><img src="{}" alt="" width="{}" height="{}" loading="lazy"></span>',
                network.logo.url,
                *size,
            )
        facts = [reading.acronym if reading.acronym != reading.name else ""]
        facts.append(reading.status if network.status != Network.Status.MEMBER else "")
        return format_html(
            '{}<span class="name">{}{}</span>',
            mark,
            self.displayed_heading(network),
            format_html_join("", ' <span class="quiet">{}</span>', ((fact,) for fact in facts if fact)),
        )

    @admin.display(description=_("verified"), ordering="newest_verified")
    def verified(self, network: Network) -> str:
        return verified_ago(network.verified_on) if network.verified_on else gettext("not verified yet")

    @admin.display(description=_("joined"), ordering="newest_joined", empty_value="")
    def displayed_joined(self, network: Network) -> str:
        return Reader().date(network.joined)
