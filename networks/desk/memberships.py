"""The memberships on the desk: their list and their form."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from networks.desk.base import MissingTranslationFilter, PublishedAdmin, side_by_side
from networks.models import Network
from networks.reading import Reader


@admin.register(Network)
class NetworkAdmin(PublishedAdmin):
    # List
    list_display = [
        "displayed_name",
        "missing_english",
        "displayed_scope",
        "displayed_joined",
        "status",
        "is_published",
        "position",
    ]
    list_filter = ["is_published", "status", "scope", "themes", MissingTranslationFilter]
    list_per_page = 100

    # Search: the words are looked for in the folded text, so the script in which they are typed does not matter
    search_fields = ["search_text"]
    search_help_text = _("In either script, with or without diacritical marks: gradonacelnici, Градоначелници, SCTM.")

    # Form
    fieldsets = [
        (
            _("Texts"),
            {"fields": side_by_side("name", "acronym", "summary", "description", "benefit", "seat")},
        ),
        (
            _("Membership"),
            {
                "fields": [
                    ("status", "scope"),
                    "themes",
                    ("founded", "joined", "left"),
                    ("website", "membership_page"),
                    ("original_name", "original_language"),
                    "former_names",
                    "logo",
                ]
            },
        ),
        (
            _("In the city administration"),
            {
                "fields": [
                    ("responsible_unit", "deciding_act"),
                    ("contact_email", "contact_phone"),
                    ("fee_amount", "fee_currency", "fee_year"),
                    ("source", "verified_on"),
                    "internal_note",
                ]
            },
        ),
        (_("On the site"), {"fields": [("is_published", "position"), ("slug", "changed_at")]}),
    ]

    def get_search_results(self, request, queryset, search_term):
        return queryset.search(search_term), False

    @admin.display(description=_("name"))
    def displayed_name(self, network):
        name = Reader().text(network, "name")
        return format_html("<span{}>{}</span>", name.lang, name) if name.is_fallback else name

    @admin.display(description=_("scope"), ordering="scope")
    def displayed_scope(self, network):
        return Reader().network(network).scope

    @admin.display(description=_("joined"), ordering="joined", empty_value="")
    def displayed_joined(self, network):
        return Reader().date(network.joined)
