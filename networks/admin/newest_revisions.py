"""
What the list of networks shows, filters and searches: the newest version of each.

The row of a network holds the newest version, unless that is a draft of a published one. Of those drafts the content
is read from their revision, in the same query.
"""

from functools import reduce
from operator import or_

from django.contrib import admin
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from networks.admin.base import MissingTranslationFilter
from networks.models import Network, Theme
from networks.reading import translated_fields
from networks.revisions.content import content_fields, network_with, renamed_columns
from networks.serbian import fold

# The row holds what citizens see, and something newer is written.
HAS_NEWER = Q(is_published=True, head__isnull=False) & ~Q(head=F("live"))

TEXT = models.TextField()


def newest_content():
    """Return an expression for the content of the newest version, where the row holds another one."""
    return Case(When(HAS_NEWER, then=F("head__content")), output_field=models.JSONField())


def written(name: str) -> Coalesce:
    """Return an expression for a field of the newest revision, as text; empty where it says nothing of it."""
    names = [name, *(former for former, present in renamed_columns().items() if present == name)]
    texts = (Cast(KeyTextTransform(each, "head__content"), TEXT) for each in names)
    # SQLite gives a null of JSON as a word.
    return Coalesce(*(NullIf(text, models.Value("null", TEXT)) for text in texts), models.Value("", TEXT))


def newest(name: str) -> Case:
    """Return an expression for a field of the newest version, as text; empty where it is not filled in."""
    in_row = Coalesce(Cast(name, TEXT), models.Value("", TEXT))
    return Case(When(HAS_NEWER, then=written(name)), default=in_row)


def with_newest(network: Network) -> Network:
    """Return the network with the content of its newest version; its `newest_content` was read with it."""
    if network.newest_content is None:
        return network
    version = network_with(network, network.newest_content)
    for field in Network._meta.concrete_fields:
        if field.name in content_fields() and not isinstance(field, models.FileField):
            setattr(network, field.name, getattr(version, field.name))
    return network


def search(networks: models.QuerySet, query: str) -> models.QuerySet:
    """Return the networks in whose newest version every word of the query stands."""
    words = fold(query).split()
    if not words:
        return networks
    drafts = Network.objects.filter(HAS_NEWER).annotate(newest_content=newest_content())
    texts = {draft.pk: with_newest(draft).words_to_search() for draft in drafts}
    found = [pk for pk, text in texts.items() if all(word in text for word in words)]
    in_rows = networks.model.objects.search(query).exclude(pk__in=texts)
    return networks.filter(Q(pk__in=found) | Q(pk__in=in_rows.values("pk")))


class NewestTranslationFilter(MissingTranslationFilter):
    prefix = "newest_"

    def queryset(self, request, queryset):
        columns = [f"{field}_{language}" for field in translated_fields(Network) for language in ("sr", "en")]
        return super().queryset(request, queryset.alias(**{f"newest_{name}": newest(name) for name in columns}))


class ChoiceFilter(admin.SimpleListFilter):
    """By a field with choices; `parameter_name` is as Django would call it."""

    field_name = ""

    def lookups(self, request, model_admin):
        return Network._meta.get_field(self.field_name).choices

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        return queryset.alias(wanted=newest(self.field_name)).filter(wanted=self.value())


class StatusFilter(ChoiceFilter):
    title = _("status")
    field_name = "status"
    parameter_name = "status__exact"


class ScopeFilter(ChoiceFilter):
    title = _("scope")
    field_name = "scope"
    parameter_name = "scope__exact"


class ThemeFilter(admin.RelatedFieldListFilter):
    """By theme, or by having none. The themes of a version are a list of slugs."""

    def queryset(self, request, queryset):
        # Django refuses what is no number.
        in_rows = super().queryset(request, Network.objects.all())
        in_versions = Q()
        if self.lookup_val is not None:
            chosen = [theme for theme in Theme.objects.all() if str(theme.pk) in self.lookup_val]
            in_versions &= reduce(or_, map(has_theme, chosen), Q(pk__in=[]))
        if self.lookup_val_isnull is not None:
            is_without = self.lookup_val_isnull.lower() not in ("", "0", "false")
            in_versions &= WITHOUT_THEMES if is_without else ~WITHOUT_THEMES
        return queryset.filter(themed(in_rows, in_versions)) if self.used_parameters else queryset

    def get_facet_counts(self, pk_attname, filtered_qs):
        networks = Network.objects
        having = {
            f"{theme.pk}__c": themed(networks.filter(themes=theme), has_theme(theme)) for theme in Theme.objects.all()
        }
        having["__c"] = themed(networks.filter(themes=None), WITHOUT_THEMES)
        return {name: models.Count(pk_attname, filter=condition) for name, condition in having.items()}


WITHOUT_THEMES = Q(slugs="[]")


def has_theme(theme: Theme) -> Q:
    return Q(slugs__contains=f'"{theme.slug}"')


def themed(in_rows: models.QuerySet, in_versions: Q) -> Q:
    """Return the condition that the newest version is in one of the rows, or fulfils the other condition."""
    versions = Network.objects.filter(HAS_NEWER).alias(slugs=written("themes")).filter(in_versions)
    return Q(pk__in=in_rows.exclude(HAS_NEWER).values("pk")) | Q(pk__in=versions.values("pk"))
