"""
Show, filter and search the newest revision of each row in a change list.

A row has the content of its newest revision, unless that is a draft of a published row. The content of those drafts
is read from the revision, in the same query.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, reduce
from operator import or_
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, NullIf
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from networks.admin.base import TRANSLATIONS
from networks.languages import ENGLISH, SERBIAN, columns_of, translation_languages
from networks.models import Network, RevisedModel, Theme
from networks.models.lines import LinesField
from networks.models.network import SEARCHED
from networks.partial_dates import PartialDateField
from networks.reading import translated_fields
from networks.revisions.content import (
    Model,
    complete_content,
    content_fields,
    renamed_columns,
    row_with,
    select_current_fields,
)
from networks.revisions.translations import sources_of
from networks.rich_text import RichTextField, plain_text
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
    newest = row_with(row, row.newest_content)
    for name, field in content_fields(type(row)).items():
        if field.concrete and not field.many_to_many and not isinstance(field, models.FileField):
            setattr(row, name, getattr(newest, name))
    return row


def with_newest_headings(rows: models.QuerySet) -> list[RevisedModel]:
    """Return the rows with the headings of their newest revisions. Does not read the rest of the content."""
    names = columns_of(rows.model.heading_field)
    rows = rows.annotate(**{f"newest_{name}": newest_value(rows.model, name) for name in names})
    for row in rows:
        for name in names:
            setattr(row, name, getattr(row, f"newest_{name}"))
    return list(rows)


@cache
def text_fields(model: Model) -> dict[str, models.Field]:
    """Return the fields with words that staff search for, by name; those for staff alone are among them."""
    fields = content_fields(model).items()
    return {name: field for name, field in fields if isinstance(field, LinesField) or has_words(field)}


def has_words(field: models.Field) -> bool:
    is_text = isinstance(field, models.CharField | models.TextField)
    return is_text and not (field.choices or isinstance(field, models.URLField | PartialDateField))


def folded_text(model: Model, content: Mapping, names: Iterable[str]) -> str:
    """Return fields of a content as search compares them."""
    parts = []
    for name in names:
        text, field = content.get(name) or "", text_fields(model)[name]
        if isinstance(field, LinesField):
            columns = [column for column, each in field.columns.items() if has_words(each)]
            text = "\n".join(line[column] for line in text or () for column in columns if column in line)
        elif isinstance(field, RichTextField):
            text = plain_text(text)
        parts.append(text.replace("-", " ") if name == "slug" else text)
    return fold("\n".join(parts))


def search(rows: models.QuerySet, query: str) -> models.QuerySet:
    """
    Return the rows whose newest revision has every word of the query, in any script.

    Unlike the search of visitors, it finds all words of the record, and those that only staff read: the unit, the
    contact, titles and numbers of documents, the remark.
    """
    words = fold(query).split()
    if not words:
        return rows
    model = rows.model
    # What visitors can search is folded in the row already.
    internal = [name for name in text_fields(model) if name not in SEARCHED] if model is Network else []
    in_row = ["search_text", *internal] if internal else [*text_fields(model)]
    drafts = model.objects.filter(HAS_NEWER_DRAFT).values_list("pk", "head__content")
    texts = {
        pk: folded_text(model, select_current_fields(model, content), text_fields(model)) for pk, content in drafts
    }
    for row in model.objects.exclude(HAS_NEWER_DRAFT).values("pk", *in_row):
        folded = folded_text(model, row, internal or in_row)
        texts[row["pk"]] = f"{row['search_text']}\n{folded}" if internal else folded
    return rows.filter(pk__in=[pk for pk, text in texts.items() if all(word in text for word in words)])


def translation_is_missing(model: Model) -> tuple[Q, dict[str, Case]]:
    """
    Return the condition that a text of the newest revision lacks a translation, and the annotations that it reads.
    """
    newest, missing = {}, Q()
    for field in translated_fields(model):
        for name in columns_of(field):
            newest[f"newest_{name}"] = newest_value(model, name)
        for language in translation_languages():
            missing |= ~Q(**{f"newest_{field}_{SERBIAN}": ""}) & Q(**{f"newest_{field}_{language}": ""})
    return missing or Q(pk__in=[]), newest


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
        missing, newest = translation_is_missing(queryset.model)
        queryset = queryset.alias(**newest)
        return queryset.filter(missing) if self.value() == "missing" else queryset.exclude(missing)


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
        names = ("contact_email", "contact_phone")
        newest = {f"newest_{name}": newest_value(Network, name) for name in names}
        queryset, without = queryset.alias(**newest), Q(newest_contact_email="", newest_contact_phone="")
        return queryset.filter(without) if self.value() == "missing" else queryset.exclude(without)


def newest_values(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """
    Yield some fields of the newest revision of each network, and its primary key as "pk", in the city's order.

    One query. Empty text may be None.
    """
    rows = models.QuerySet(Network).filter(deleted_at=None).order_by(*Network._meta.ordering)
    for pk, newest, *values in rows.annotate(newest=newest_content()).values_list("pk", "newest", *names):
        if newest is not None:
            content = complete_content(Network, newest)
            values = [content[name] for name in names]
        yield {"pk": pk, **dict(zip(names, values, strict=True))}


def missing_translations_in(values: Mapping[str, Any]) -> list[str]:
    """Return the columns of the translations of a network that are not written of a Serbian text."""
    return [column for column, source in sources_of(Network).items() if values[source] and not values[column]]


def lacks_fee(values: Mapping[str, Any]) -> bool:
    """Return whether the city is a member, had a fee in an earlier year, and has none of this year."""
    year = timezone.localdate().year
    years = {line["year"] for line in values["fees"] if isinstance(line.get("year"), int)}
    return values["status"] == Network.Status.MEMBER and bool(years) and year not in years and min(years) < year


def lacks_title(values: Mapping[str, Any]) -> bool:
    """Return whether the title of a document lacks a translation."""
    columns = [f"title_{language}" for language in translation_languages()]
    return not all(line.get(column) for line in values["documents"] for column in columns)


# What may be missing in the record of a membership, by the code in the address of the list
RECORD_GAPS = {"fee": lacks_fee, "title": lacks_title}
RECORD_FIELDS = ("status", "fees", "documents")


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
        return queryset.filter(pk__in=[each["pk"] for each in newest_values(RECORD_FIELDS) if has_gap(each)])


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
