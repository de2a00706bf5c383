"""The admin of themes, plain pages and the city profile."""

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from networks.admin.base import CityModelAdmin, limit_search_term, side_by_side
from networks.admin.newest_revisions import NewestTranslationFilter
from networks.admin.revised_admin import LAST_FIELDSETS, RevisedModelAdmin, StateFilter
from networks.languages import columns_of
from networks.models import CityProfile, Page, Theme
from networks.reading import Reader
from networks.serbian import fold


@admin.register(Theme)
class ThemeAdmin(CityModelAdmin):
    list_display = ["displayed_name", "slug", "network_count"]
    search_fields = ["name_sr"]  # shows the search box; get_search_results does the search
    fieldsets = [(None, {"fields": [*side_by_side("name"), "slug"]})]

    def get_readonly_fields(self, request: HttpRequest, obj=None) -> list:
        # The slug is in the URLs of filtered lists, which people share.
        return ["slug"] if obj else []

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term) -> tuple[QuerySet, bool]:
        words = fold(limit_search_term(search_term)).split()
        found = [
            theme.pk
            for theme in queryset
            if all(
                word in fold(" ".join(getattr(theme, name) or "" for name in columns_of("name"))) for word in words
            )
        ]
        return queryset.filter(pk__in=found), False

    def get_deleted_objects(self, objs, request: HttpRequest) -> tuple:
        _names, *rest = super().get_deleted_objects(objs, request)
        names = []
        for theme in objs:
            count = theme.networks.count()
            networks = ngettext("%(count)s network", "%(count)s networks", count) % {"count": count}
            names.append(f"{theme} ({networks})")
        return names, *rest

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(network_count=models.Count("networks"))

    @admin.display(description=_("name"))
    def displayed_name(self, theme: Theme) -> str:
        return Reader().text(theme, "name")

    @admin.display(description=_("networks"), ordering="network_count")
    def network_count(self, theme: Theme) -> int:
        return theme.network_count


@admin.register(Page)
class PageAdmin(RevisedModelAdmin):
    add_label = _("Add a page")

    list_display = ["displayed_title", "state", "missing_english", "last_change", "row_menu"]
    shown_fields = columns_of("title")
    list_filter = [StateFilter, NewestTranslationFilter]
    search_fields = ["title_sr"]  # shows the search box; get_search_results does the search
    search_help_text = _("In either script, with or without diacritical marks: pristupacnost, Приступачност.")
    fieldsets = [(_("Texts"), {"fields": side_by_side("title", "body")}), *LAST_FIELDSETS]

    def get_readonly_fields(self, request: HttpRequest, obj=None) -> list:
        readonly = super().get_readonly_fields(request, obj)
        return [*readonly, "slug"] if obj and obj.slug in Page.fixed_slugs else readonly

    @admin.display(description=_("title"))
    def displayed_title(self, page: Page) -> str:
        return self.displayed_heading(page)


@admin.register(CityProfile)
class CityProfileAdmin(CityModelAdmin):
    """The admin of the city profile. There is one row, so the list redirects to its form."""

    fieldsets = [
        (None, {"fields": side_by_side("city_name", "site_title", "introduction")}),
        (_("Contact"), {"fields": [*side_by_side("address"), ("email", "phone"), "website"]}),
        (_("Place"), {"fields": [("latitude", "longitude")]}),
        (_("Data"), {"fields": [("licence_name", "licence_url")]}),
        (_("Coat of arms"), {"fields": ["coat_of_arms"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not CityProfile.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        # Without "add": whether there is a profile already would take a query on each page of the admin.
        return {
            "add": False,
            "change": self.has_change_permission(request),
            "delete": False,
            "view": self.has_view_permission(request),
        }

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        profile = CityProfile.objects.first()
        if profile is None and self.has_add_permission(request):
            return HttpResponseRedirect(reverse("admin:networks_cityprofile_add"))
        if profile is not None and self.has_view_or_change_permission(request):
            return HttpResponseRedirect(reverse("admin:networks_cityprofile_change", args=[profile.pk]))
        return super().changelist_view(request, extra_context)
