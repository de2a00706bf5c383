"""
Search, filters and order of the list of networks.

A network matches a group of filters (scope, theme, status) if it has one of the chosen values; all groups must match.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from networks.languages import ENGLISH, SERBIAN, SERBIAN_LATIN, stored_language
from networks.models import SEARCHED, Network, Theme
from networks.public.chronology import Membership, membership_on
from networks.reading import NetworkReading, Reader, Text, ThemeReading
from networks.rich_text import plain_text
from networks.serbian import fold, occurrences

SORTS = {"name": _("by name"), "joined": _("by year of joining")}

EXCERPT_MARGIN = 60  # characters on each side of the word that was found


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
    def words(self) -> list[str]:
        """The words to look for, folded by networks.serbian.fold, without duplicates."""
        return list(dict.fromkeys(fold(self.q).split()))

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
    *("id", "slug", "changed_at", "status", "scope", "founded", "joined", "left", "seat_country"),
    *("name_sr", "name_en", "acronym_sr", "acronym_en", "summary_sr", "summary_en", "seat_sr", "seat_en"),
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


def search_networks(
    query: SearchQuery, themes: Mapping[int, list[ThemeReading]], reader: Reader
) -> list[SearchResult]:
    """
    Return the networks with the words and, if a day is given, a membership on it, in the city's order.

    The filters are not applied yet, because their counts need all results. `themes` are those of `themes_by_network`.
    """
    wanted = LIST_COLUMNS | ({*SEARCHED, "search_text"} if query.words else set())
    if query.on:
        wanted.add("periods")
    # Model.from_db needs the order of the fields.
    names = [field.attname for field in Network._meta.concrete_fields if field.attname in wanted]
    # rewrite(False): otherwise modeltranslation goes through each row once more and chooses a language.
    rows = Network.objects.published().search(query.q).rewrite(False).values_list(*names, named=True)
    results = (
        SearchResult(row, themes.get(row.id, []), membership_on(row, query.on) if query.on else None, reader)
        for row in rows
    )
    return [result for result in results if result.membership or not query.on]


def themes_by_network(reader: Reader) -> dict[int, list[ThemeReading]]:
    """Return the themes of each published network by its primary key, sorted by the alphabet of the reader."""
    columns = ("network_id", *(f"theme__{name}" for name in ("id", "slug", "name_sr", "name_en")))
    pairs = Network.themes.through.objects.filter(network__is_published=True).values_list(*columns)
    networks = defaultdict(list)
    for network, *theme in pairs:
        networks[(*theme,)].append(network)
    readings = {
        ThemeReading(Theme(id=key, slug=slug, name_sr=serbian, name_en=english), reader): members
        for (key, slug, serbian, english), members in networks.items()
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
    query: SearchQuery, results: Iterable[SearchResult], themes: Mapping[str, ThemeReading], reader: Reader
) -> list[tuple[str, str, list[Choice]]]:
    """
    Return (group, heading, choices) for the statuses, and for each other group with more than one choice.

    `results` are the networks before filtering, `themes` those of them by slug. Choices without a network are left
    out, unless they are chosen. Raise ValidationError for a theme that does not exist.
    """
    groups = []
    for group, heading in GROUPS.items():
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
    """Return the results in the chosen order; the default is by relevance if there are words, else the city's."""
    if query.sort == "name":
        return sorted(results, key=lambda result: result.reader.sort_key(result.reading.name))
    if query.sort == "joined":
        # Unknown dates come last.
        return sorted(results, key=lambda result: (result.columns.joined is None, str(result.columns.joined)))
    if words := query.words:
        return sorted(results, key=lambda result: -score(result.columns.search_text, words))
    return results


def score(search_text: str, words: Iterable[str]) -> int:
    """Return the relevance of a network: for each word, the best match times the weight of the field (SEARCHED)."""
    lines = dict(zip(SEARCHED, search_text.split("\n"), strict=False))
    return sum(max(SEARCHED[field] * match_quality(word, line) for field, line in lines.items()) for word in words)


def match_quality(word: str, line: str) -> int:
    """Return 4 if the word is all of the line, 3 for a whole word in it, 2 for a beginning, 1 for a part, else 0."""
    if word not in line:
        return 0
    if word == line:
        return 4
    places = [match.start() for match in re.finditer(re.escape(word), line)]
    begins = [place for place in places if place == 0 or not line[place - 1].isalnum()]
    if any(not line[place + len(word) : place + len(word) + 1].isalnum() for place in begins):
        return 3
    return 2 if begins else 1


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
    elif query.words and not query.sort:
        headings, key = {RESULTS: _("Search results")}, lambda result: RESULTS
    else:
        headings, key = HEADINGS, lambda result: GROUP_OF_STATUS[result.columns.status]
    order = {each: place for place, each in enumerate(headings)}
    with_keys = sorted(((key(result), result) for result in results), key=lambda pair: order[pair[0]])
    return [(each, headings[each], result) for each, result in with_keys]


# Highlights and excerpts


def highlight(text: Text, words: Collection[str]) -> SafeString:
    """Return plain text, escaped, with a `mark` element around each occurrence of the folded words."""
    if not words:
        return escape(text)
    pieces, end = [], 0
    for start, stop in occurrences(text, words):
        pieces.append(format_html("{}<mark>{}</mark>", text[end:start], text[start:stop]))
        end = stop
    return format_html_join("", "{}", [*((piece,) for piece in pieces), (text[end:],)])


@dataclass(frozen=True)
class Excerpt:
    """A part of a text around a word of the search, with the label of the field."""

    label: str
    text: Text


LISTED_FIELDS = ("name", "acronym", "summary", "seat")
MAX_EXCERPTS = 5


def excerpts(network: NetworkReading, words: Collection[str]) -> list[Excerpt]:
    """Return an excerpt for each folded word that none of the fields in the list contains, MAX_EXCERPTS at most."""
    if not words:
        return []
    # search_text is folded already; folding all texts of a page again would take seconds.
    lines = dict(zip(SEARCHED, network.row.search_text.split("\n"), strict=False))
    own = stored_language(network.reader.language)
    listed = {f"{field}_{own}" if lines.get(f"{field}_{own}") else f"{field}_{SERBIAN}" for field in LISTED_FIELDS}
    listed.add("seat_country")  # beside the seat
    hidden = sorted(
        {*lines} - listed - {"slug"}, key=lambda name: (name[-3:] in OTHER_LANGUAGES[own], [*SEARCHED].index(name))
    )
    found: list[Excerpt] = []
    for word in words:
        if any(word in lines.get(name, "") for name in listed) or len(found) == MAX_EXCERPTS:
            continue
        if any(occurrences(excerpt.text, [word]) for excerpt in found):
            continue
        if name := next((name for name in hidden if word in lines[name]), None):
            text = plain_text_of(network, name)
            if places := occurrences(text, [word]):
                label = Network._meta.get_field(name.removesuffix("_sr").removesuffix("_en")).verbose_name
                found.append(Excerpt(label, excerpt_around(text, *places[0])))
    return found


# Suffixes of the columns in another language, which are searched for excerpts last
OTHER_LANGUAGES = {SERBIAN: {"_en"}, ENGLISH: {"_sr"}}


def plain_text_of(network: NetworkReading, name: str) -> Text:
    """Return the value of a field of SEARCHED as plain text in one line, with its language."""
    reader = network.reader
    if name == "original_name":
        text = reader.unmarked(network.row.original_name)
    elif name == "former_names":
        text = reader.unmarked(" · ".join(network.row.former_names.splitlines()))
    else:
        field, _underscore, language = name.rpartition("_")
        if language == stored_language(reader.language):
            language = reader.language
        elif language == SERBIAN:
            language = SERBIAN_LATIN  # English readers read Latin script
        text = Reader(language).text(network.row, field)
    plain = plain_text(text) if text.is_html else text
    return Text(" ".join(plain.split()), language=text.language, asked=reader.language)


def excerpt_around(text: Text, start: int, end: int) -> Text:
    """Return text[start:end] with some words around it, and an ellipsis where text is left out."""
    first = text.rfind(" ", 0, start - EXCERPT_MARGIN) + 1 if start > EXCERPT_MARGIN else 0
    last = text.find(" ", end + EXCERPT_MARGIN) if end + EXCERPT_MARGIN < len(text) else -1
    words = text[first : last if last >= 0 else len(text)]
    excerpt = ("… " if first else "") + words + (" …" if last >= 0 else "")
    return Text(excerpt, language=text.language, asked=text.language if not text.is_fallback else "")
