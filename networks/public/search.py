"""
Search, filters and order of the list of networks.

A network matches a group of filters (scope, theme, status) if it has one of the chosen values; all groups must match.
Which networks have the words of a search, `word_index` knows.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from networks.languages import columns_of
from networks.models import SEARCHED, Network, Theme
from networks.public import word_index
from networks.public.chronology import Membership, membership_on
from networks.public.word_index import Found
from networks.reading import NetworkReading, Reader, Text, ThemeReading

SORTS = {"name": _("by name"), "joined": _("by year of joining")}


class CodesField(forms.MultipleChoiceField):
    """Codes in a query string, without empty ones and duplicates, in the order of the choices."""

    def to_python(self, value: list[str] | None) -> list[str]:
        codes = {code for code in super().to_python(value) if code}
        known = [code for code, _label in self.choices]
        return [code for code in known if code in codes] + sorted(codes - {*known})


class ThemesField(CodesField):
    """Slugs of themes. Whether they exist is checked later, against the networks that are loaded anyway."""

    def valid_value(self, value: str) -> bool:
        return True


class SearchForm(forms.Form):
    """The query string of the list."""

    q = forms.CharField(max_length=100, required=False)
    scope = CodesField(
        choices=Network.Scope,
        required=False,
        error_messages={"invalid_choice": _("There is no such scope. Choose one from the list.")},
    )
    theme = ThemesField(required=False)
    status = CodesField(
        choices=Network.Status,
        required=False,
        error_messages={"invalid_choice": _("There is no such status. Choose one from the list.")},
    )
    sort = forms.ChoiceField(
        choices=[("", ""), *SORTS.items()],
        required=False,
        error_messages={"invalid_choice": _("There is no such order. Choose one from the list.")},
    )
    on = forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Enter a day as year-month-day, such as 2007-05-01.")},
    )

    def clean_on(self) -> date | None:
        day = self.cleaned_data["on"]
        if day and day.year < 1000:  # as in PartialDate
            raise ValidationError(self.fields["on"].error_messages["invalid"])
        if day and day > timezone.localdate():
            raise ValidationError(_("This day is still to come. Enter today or a day in the past."))
        return day

    def clean_theme(self) -> list[str]:
        slugs = self.cleaned_data["theme"]
        if any(not re.fullmatch(r"[-\w]{1,50}", slug) for slug in slugs):
            raise unknown_theme_error()
        return slugs

    def search_query(self) -> "SearchQuery":
        """Return the valid part of the query string."""
        self.full_clean()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return SearchQuery(
            **{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
        )


def unknown_theme_error() -> ValidationError:
    return ValidationError(_("There is no such theme. Choose one from the list."))


@dataclass(frozen=True)
class SearchQuery:
    """What to search for, and how to filter and sort it. Immutable: each link on the page has another one."""

    q: str = ""
    scope: tuple[str, ...] = ()
    theme: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    sort: str = ""
    on: date | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether there is anything but words."""
        return replace(self, q="") != SearchQuery()

    def query_string(self, page: int = 1) -> str:
        """Return the query string, beginning with "?"; empty for the whole list."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["page"] = page if page > 1 else None
        given = {name: value for name, value in values.items() if value}
        return f"?{urlencode(given, doseq=True)}" if given else ""

    def toggle(self, group: str, code: str) -> "SearchQuery":
        """Return a copy in which a filter value is added, or removed if it was there."""
        codes = {*getattr(self, group)} ^ {code}
        ordered = [value for value, _label in CHOICES[group]] if group in CHOICES else sorted(codes)
        return replace(self, **{group: tuple(value for value in ordered if value in codes)})

    @cached_property
    def chosen(self) -> dict[str, set[str]]:
        """The filter values by group, without groups that have none."""
        return {group: {*codes} for group in GROUPS if (codes := getattr(self, group))}

    def matches(self, result: "SearchResult", *, ignored_group: str = "") -> bool:
        """Return whether a network matches the filters of all groups but one."""
        return all(
            group == ignored_group or not codes.isdisjoint(codes_in(result, group))
            for group, codes in self.chosen.items()
        )


CHOICES = {"scope": Network.Scope.choices, "status": Network.Status.choices}
GROUPS = {"status": _("Memberships"), "scope": _("Scope"), "theme": _("Theme")}
# Said of memberships, where the labels of Network.Status are said of the city
STATUSES = {
    Network.Status.MEMBER.value: pgettext_lazy("memberships", "current"),
    Network.Status.LEFT.value: pgettext_lazy("memberships", "left"),
    Network.Status.ENDED.value: pgettext_lazy("memberships", "ended"),
    Network.Status.UNKNOWN.value: pgettext_lazy("memberships", "not known"),
}


# Search

# The columns that filters, order and list need
LIST_COLUMNS = {
    *("id", "slug", "changed_at", "status", "scope", "founded", "joined", "left", "periods", "seat_country"),
    *(column for field in ("name", "acronym", "summary", "seat") for column in columns_of(field)),
    *("original_name", "original_language", "former_names", "website", "logo", "logo_width", "logo_height"),
}


class SearchResult:
    """
    A network that was found: its columns, its themes, and its membership on the day of the search.

    There may be thousands, of which a page shows a few. Model instances are made only for those.
    """

    def __init__(self, columns: Any, themes: list[ThemeReading], membership: Membership | None, reader: Reader):
        self.columns = columns
        self.themes = themes
        self.membership = membership
        self.reader = reader

    @cached_property
    def reading(self) -> NetworkReading:
        reading = NetworkReading(Network.from_db(DEFAULT_DB_ALIAS, self.columns._fields, self.columns), self.reader)
        reading.themes = self.themes
        return reading


@dataclass(frozen=True)
class Search:
    """
    What is found before the filters are applied, because their counts need all results.

    `themes` are those of all published networks by slug. `found` is what the words have found; None without words.
    """

    results: list[SearchResult]
    themes: dict[str, ThemeReading]
    found: Found | None = None


def search_networks(query: SearchQuery, reader: Reader) -> Search:
    """
    Return the networks with the words and, if a day is given, a membership on it.

    The best stand first; without words, they are in the order of the city.
    """
    found = word_index.find(query.q) if query.q else None
    if found:
        readings = {key: ThemeReading(theme, reader) for key, theme in found.themes.items()}
        sets = {
            keys: sorted((readings[key] for key in keys), key=lambda theme: reader.sort_key(theme.name))
            for keys in {each.themes for each in found.entries}
        }
        rows = [(each.facts, sets[each.themes]) for each in found.entries]
        by_slug = {theme.slug: theme for theme in readings.values()}
    else:
        themes = themes_by_network(reader)
        rows = [(row, themes.get(row.id, [])) for row in read_rows(LIST_COLUMNS)]
        by_slug = {theme.slug: theme for each in themes.values() for theme in each}
    results = [
        SearchResult(row, its_themes, membership, reader)
        for row, its_themes in rows
        if (membership := membership_on(row, query.on) if query.on else None) or not query.on
    ]
    return Search(results, by_slug, found)


def read_rows(columns: set[str], **conditions: Any) -> QuerySet:
    """Return columns of published networks as named tuples, in the order of the fields, as Model.from_db needs it."""
    names = [field.attname for field in Network._meta.concrete_fields if field.attname in columns]
    # rewrite(False): otherwise modeltranslation goes through each row once more and chooses a language.
    return Network.objects.published().filter(**conditions).rewrite(False).values_list(*names, named=True)


def themes_by_network(reader: Reader) -> dict[int, list[ThemeReading]]:
    """Return the themes of each published network by its primary key, sorted by the alphabet of the reader."""
    names = ("id", "slug", *columns_of("name"))
    columns = ("network_id", *(f"theme__{name}" for name in names))
    pairs = Network.themes.through.objects.filter(network__is_published=True).values_list(*columns)
    networks = defaultdict(list)
    for network, *theme in pairs:
        networks[(*theme,)].append(network)
    readings = {
        ThemeReading(Theme(**dict(zip(names, values, strict=True))), reader): members
        for values, members in networks.items()
    }
    themes = defaultdict(list)
    for theme in sorted(readings, key=lambda theme: reader.sort_key(theme.name)):
        for network in readings[theme]:
            themes[network].append(theme)
    return themes


# Filters


def codes_in(result: SearchResult, group: str) -> list[str]:
    """Return the values of a network for a group of filters."""
    if group == "theme":
        return [theme.slug for theme in result.themes]
    return [code] if (code := getattr(result.columns, group)) else []


@dataclass(frozen=True)
class Choice:
    """A link that adds a filter value or removes it, with the number of networks that have it."""

    label: Text
    count: int
    query: str  # of the link's URL
    is_chosen: bool


def filter_choices(
    query: SearchQuery, results: list[SearchResult], themes: Mapping[str, ThemeReading], reader: Reader
) -> list[tuple[str, str, list[Choice]]]:
    """
    Return (group, heading, choices) for the statuses, and for each other group with more than one choice.

    `results` are the networks before filtering, `themes` those of them by slug. Choices without a network are left
    out, unless they are chosen. Raise ValidationError for a theme that does not exist.
    """
    groups = []
    for group, heading in GROUPS.items():
        others = results
        if query.chosen.keys() - {group}:
            others = [result for result in results if query.matches(result, ignored_group=group)]
        counts = Counter(code for result in others for code in codes_in(result, group))
        chosen = getattr(query, group)
        if group == "status" and query.on:
            heading = _("Status today")
        labels = choice_labels(group, {*counts, *chosen}, themes, reader)
        if len(labels) > 1 or chosen or (labels and group == "status"):
            choices = [
                Choice(label, counts[code], query.toggle(group, code).query_string(), code in chosen)
                for code, label in labels.items()
            ]
            groups.append((group, heading, choices))
    return groups


def choice_labels(
    group: str, wanted: set[str], themes: Mapping[str, ThemeReading], reader: Reader
) -> dict[str, Text]:
    """Return the labels of the wanted codes of a group, in the order in which they are shown."""
    if group == "status":
        return {code: Text(capfirst(str(label))) for code, label in STATUSES.items() if code in wanted}
    if group == "scope":
        return {code: Text(capfirst(str(label))) for code, label in CHOICES[group] if code in wanted}
    if missing := wanted - {*themes}:  # chosen, but no published network has it
        themes = {
            **themes,
            **{theme.slug: ThemeReading(theme, reader) for theme in Theme.objects.filter(slug__in=missing)},
        }
        if missing - {*themes}:
            raise unknown_theme_error()
    names = {slug: themes[slug].name for slug in wanted}
    return dict(sorted(names.items(), key=lambda pair: reader.sort_key(pair[1])))


def sort_results(results: list[SearchResult], query: SearchQuery) -> list[SearchResult]:
    """Return the results in the chosen order; the default is the order in which they were found."""
    if query.sort == "name":
        return sorted(results, key=lambda result: result.reader.sort_key(result.reading.name))
    if query.sort == "joined":
        # Unknown dates come last.
        return sorted(results, key=lambda result: (result.columns.joined is None, str(result.columns.joined)))
    return results


# Groups of the list

FORMER = "former"
GROUP_OF_STATUS = {status.value: status.value for status in Network.Status} | {
    Network.Status.LEFT.value: FORMER,
    Network.Status.ENDED.value: FORMER,
}
HEADINGS = {
    Network.Status.MEMBER.value: _("Current memberships"),
    Network.Status.UNKNOWN.value: _("Memberships whose status is not known"),
    FORMER: _("Former memberships"),
}
HEADINGS_ON_A_DAY = {
    Membership.MEMBER.value: _("Memberships on this day"),
    Membership.PERHAPS.value: _("Perhaps memberships on this day"),
    Membership.UNDATED.value: _("Not known since when"),
}
RESULTS = "found"


def group_results(results: list[SearchResult], query: SearchQuery) -> list[tuple[str, str, SearchResult]]:
    """Return (key, heading, result) for each result, group by group; results by relevance are a single group."""
    if query.on:
        headings, key = HEADINGS_ON_A_DAY, lambda result: result.membership.value
    elif query.q and not query.sort:
        headings, key = {RESULTS: _("Search results")}, lambda result: RESULTS
    else:
        headings, key = HEADINGS, lambda result: GROUP_OF_STATUS[result.columns.status]
    order = {each: place for place, each in enumerate(headings)}
    with_keys = sorted(((key(result), result) for result in results), key=lambda pair: order[pair[0]])
    return [(each, headings[each], result) for each, result in with_keys]


def with_all_columns(grouped: Iterable[tuple[str, str, SearchResult]]) -> list[tuple[str, str, SearchResult]]:
    """Return the few of the `group_results` of a search for words that a page shows, with all columns of the list."""
    grouped = [*grouped]
    rows = rows_to_show(result.columns.id for *_group, result in grouped)
    return [
        (key, heading, SearchResult(rows[each.columns.id], each.themes, each.membership, each.reader))
        for key, heading, each in grouped
        if each.columns.id in rows
    ]


def rows_to_show(keys: Iterable[int]) -> dict[int, Any]:
    """Return the columns of some published networks that the list and excerpts show, by primary key."""
    rows = read_rows(LIST_COLUMNS | {*SEARCHED, "search_text"}, pk__in=[*keys])
    return {row.id: row for row in rows}
