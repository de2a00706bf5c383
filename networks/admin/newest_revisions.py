"""
Show, filter and search the newest revision of each row in a change list.

A row has the content of its newest revision, unless that is a draft of a published row. The content of those drafts
is read from the revision, in the same query.
"""

from functools import reduce
from operator import or_

from django.contrib import admin
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, NullIf
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from networks.admin.base import TRANSLATIONS
from networks.languages import ENGLISH, columns_of, translation_languages
from networks.models import Network, RevisedModel, Theme
from networks.revisions.content import (
    Model,
    complete_content,
    content_fields,
    renamed_columns,
    select_current_fields,
    value_of,
)
from networks.revisions.newest_columns import RECORD_GAPS
from networks.serbian import fold

# The row is published and has a newer revision, so it does not have its content.
HAS_NEWER_DRAFT = Q(is_published=True, head__isnull=False) & ~Q(head=F("live"))

TEXT = models.TextField()


def newest_content() -> Case:
    """Return an expression for the content of the newest revision; null where the row has it itself."""
    return Case(When(HAS_NEWER_DRAFT, then=F("head__content")), output_field=models.JSONField())


def revision_value(model: Model, name: str) -> Coalesce:
    """Return an expression for a field of the newest revision, as text; "" where the revision does not have it."""
    names = [name, *(former for former, present in renamed_columns(model).items() if present == name)]
    texts = (Cast(KeyTextTransform(each, "head__content"), TEXT) for each in names)
    # SQLite returns the text "null" for a JSON null.
    return Coalesce(*(NullIf(text, models.Value("null", TEXT)) for text in texts), models.Value("", TEXT))


def newest_value(model: Model, name: str) -> Case:
    """Return an expression for the newest value of a field, as text; "" where it is empty."""
    in_row = Coalesce(Cast(name, TEXT), models.Value("", TEXT))
    return Case(When(HAS_NEWER_DRAFT, then=revision_value(model, name)), default=in_row)


def apply_newest_content(row: RevisedModel) -> RevisedModel:
    """
    Set the fields of a row, but for its pictures, to those of its newest revision, and return it.

    The row must come from a query with `newest_content()` as its annotation of that name.
    """
    if row.newest_content is None:
        return row
    # Not by row_with, which needs all fields of the row.
    newest = complete_content(type(row), row.newest_content)
    for name, field in content_fields(type(row)).items():
        if field.concrete and not field.many_to_many and not isinstance(field, models.FileField):
            setattr(row, name, value_of(field, newest[name]))
    return row


def with_newest_headings(rows: models.QuerySet) -> list[RevisedModel]:
    """Return the few rows with the headings of their newest revisions."""
    names = columns_of(rows.model.heading_field)
    found = list(rows.annotate(newest_content=newest_content()))
    for row in found:
        if row.newest_content is not None:
            newest = select_current_fields(rows.model, row.newest_content)
            for name in names:
                setattr(row, name, newest.get(name, ""))
    return found


def search(rows: models.QuerySet, query: str) -> models.QuerySet:
    """
    Return the rows whose newest revision has every word of the query, in any script.

    Unlike the search of visitors, it finds all words of the record, and those that only staff read: the unit, the
    contact, titles and numbers of documents, the remark.
    """
    for word in fold(query).split():
        rows = rows.filter(words_newest__contains=word)
    return rows


class NewestTranslationFilter(admin.SimpleListFilter):
    """Filter by translations of the newest revision: a text in Serbian without one, or that has changed since."""

    title = TRANSLATIONS
    parameter_name = "english"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [
            ("missing", _("something is missing")),
            ("complete", _("complete")),
            ("outdated", _("the Serbian has changed since")),
        ]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() is None:
            return queryset
        if self.value() == "outdated":
            return queryset.exclude(outdated_newest=[])
        is_complete = Q(gaps_newest__missing=[])
        return queryset.exclude(is_complete) if self.value() == "missing" else queryset.filter(is_complete)


class ChoiceFilter(admin.SimpleListFilter):
    """Filter by a field with choices. `parameter_name` is that of Django's own filter, so that links keep working."""

    field_name = ""

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return Network._meta.get_field(self.field_name).choices

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() is None:
            return queryset
        return queryset.alias(newest=newest_value(Network, self.field_name)).filter(newest=self.value())


class StatusFilter(ChoiceFilter):
    title = _("status")
    field_name = "status"
    parameter_name = "status__exact"


class ScopeFilter(ChoiceFilter):
    title = _("scope")
    field_name = "scope"
    parameter_name = "scope__exact"


class ContactFilter(admin.SimpleListFilter):
    """Filter by whether the newest revision has an e-mail address or a telephone number of a contact."""

    title = _("contact")
    parameter_name = "contact"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [("missing", _("none given")), ("given", _("given"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(gaps_newest__contact=self.value() == "missing")


class RecordFilter(admin.SimpleListFilter):
    """Filter by what is missing in the record of a membership."""

    title = _("record")
    parameter_name = "record"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        in_english = translation_languages() == [ENGLISH]
        title = _("a document has no English title") if in_english else _("a document’s title is not translated")
        return [("fee", _("this year’s fee is missing")), ("title", title)]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if not (has_gap := RECORD_GAPS.get(self.value())):
            return queryset
        found = Network.objects.order_by().values_list("pk", "gaps_newest")
        return queryset.filter(pk__in=[pk for pk, gaps in found if has_gap(gaps)])


class ThemeFilter(admin.RelatedFieldListFilter):
    """Filter by theme, or by having none. A revision has its themes as a list of slugs."""

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        # Django's own filter refuses what is no number.
        rows = super().queryset(request, Network.objects.all())
        in_revisions = Q()
        if self.lookup_val is not None:
            chosen = [theme for theme in Theme.objects.all() if str(theme.pk) in self.lookup_val]
            in_revisions &= reduce(or_, map(has_theme, chosen), Q(pk__in=[]))
        if self.lookup_val_isnull is not None:
            is_without = self.lookup_val_isnull.lower() not in ("", "0", "false")
            in_revisions &= WITHOUT_THEMES if is_without else ~WITHOUT_THEMES
        return queryset.filter(newest_matches(rows, in_revisions)) if self.used_parameters else queryset

    def get_facet_counts(self, pk_attname: str, filtered_qs: models.QuerySet) -> dict[str, models.Count]:
        networks = Network.objects
        having = {
            f"{theme.pk}__c": newest_matches(networks.filter(themes=theme), has_theme(theme))
            for theme in Theme.objects.all()
        }
        having["__c"] = newest_matches(networks.filter(themes=None), WITHOUT_THEMES)
        return {name: models.Count(pk_attname, filter=condition) for name, condition in having.items()}


WITHOUT_THEMES = Q(slugs="[]")


def has_theme(theme: Theme) -> Q:
    return Q(slugs__contains=f'"{theme.slug}"')


def newest_matches(rows: models.QuerySet, in_revisions: Q) -> Q:
    """
    Return the condition that the newest revision of a network matches.

    Where the row has its content, the row must be among `rows`. Otherwise the revision must fulfil `in_revisions`, in
    which `slugs` is the list of its themes.
    """
    drafts = (
        Network.objects.filter(HAS_NEWER_DRAFT).alias(slugs=revision_value(Network, "themes")).filter(in_revisions)
    )
    return Q(pk__in=rows.exclude(HAS_NEWER_DRAFT).values("pk")) | Q(pk__in=drafts.values("pk"))
