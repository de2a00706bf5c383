"""
Finding networks: what the address of the list may ask for, what is found, and where each further choice leads.

Within a group of choices (scope, theme, status) any one is enough; each group narrows what the others leave.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from networks.languages import ENGLISH, SERBIAN, SERBIAN_LATIN, stored_language
from networks.models import SEARCHED, Network, Theme
from networks.public.chronology import Membership, membership_on
from networks.reading import NetworkReading, Reader, Text, ThemeReading
from networks.rich_text import plain_text
from networks.serbian import fold, occurrences

SORTS = {"name": _("by name"), "joined": _("by year of joining")}

AROUND = 60  # characters of an excerpt on each side of the word that was found


class CodesField(forms.MultipleChoiceField):
    """Codes that stand in an address, each once and in the order of their choices; an empty one counts as none."""

    def to_python(self, value):
        asked = {code for code in super().to_python(value) if code}
        known = [code for code, _label in self.choices]
        return [code for code in known if code in asked] + sorted(asked - {*known})


class ThemesField(CodesField):
    """Codes of themes. Whether there is such a theme is asked later, of the networks that are loaded anyway."""

    def valid_value(self, value):
        return True


class FindForm(forms.Form):
    """What the address of the list may ask for."""

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

    def clean_on(self):
        day = self.cleaned_data["on"]
        if day and day.year < 1000:  # as PartialDate has it
            raise ValidationError(self.fields["on"].error_messages["invalid"])
        if day and day > timezone.localdate():
            raise ValidationError(_("This day is still to come. Enter today or a day in the past."))
        return day

    def clean_theme(self):
        slugs = self.cleaned_data["theme"]
        if any(not re.fullmatch(r"[-\w]{1,50}", slug) for slug in slugs):
            raise no_such_theme()
        return slugs

    def asked(self) -> "Asked":
        """Return what the address asks for; what is not valid in it counts as not asked."""
        self.full_clean()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return Asked(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})


def no_such_theme() -> ValidationError:
    return ValidationError(_("There is no such theme. Choose one from the list."))


@dataclass(frozen=True)
class Asked:
    """What somebody asks the list for."""

    q: str = ""
    scope: tuple[str, ...] = ()
    theme: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    sort: str = ""
    on: date | None = None

    @property
    def words(self) -> list[str]:
        """The words to look for, each once, folded as search folds them."""
        return list(dict.fromkeys(fold(self.q).split()))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but words is asked for."""
        return replace(self, q="") != Asked()

    def query(self, page: int = 1) -> str:
        """Return the query of the address that asks for this, beginning with "?"; empty for the whole list."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["page"] = page if page > 1 else None
        given = {name: value for name, value in values.items() if value}
        return f"?{urlencode(given, doseq=True)}" if given else ""

    def toggled(self, group: str, code: str) -> "Asked":
        """Return the same with one choice more, or with one less if it is chosen already."""
        codes = {*getattr(self, group)} ^ {code}
        in_order = [value for value, _label in CHOICES[group]] if group in CHOICES else sorted(codes)
        return replace(self, **{group: tuple(value for value in in_order if value in codes)})

    @cached_property
    def chosen(self) -> dict[str, set[str]]:
        """The codes that are asked for, by group; nothing for a group in which there are none."""
        return {group: {*codes} for group in GROUPS if (codes := getattr(self, group))}

    def allows(self, found: "Found", *, but: str = "") -> bool:
        """Say whether a network has what is asked for, leaving out one group of choices."""
        return all(
            group == but or not codes.isdisjoint(codes_of(found, group)) for group, codes in self.chosen.items()
        )


CHOICES = {"scope": Network.Scope.choices, "status": Network.Status.choices}
GROUPS = {"scope": _("Scope"), "theme": _("Theme"), "status": _("Status")}


# What is found

# The columns by which networks are chosen and sorted, and those that the list shows
LISTED = {
    *("id", "slug", "changed_at", "status", "scope", "founded", "joined", "left"),
    *("name_sr", "name_en", "acronym_sr", "acronym_en", "summary_sr", "summary_en", "seat_sr", "seat_en"),
    *("original_name", "original_language", "former_names", "website", "logo", "logo_width", "logo_height"),
}


class Found:
    """
    A network that was found: its columns, its themes, and what its membership was on the day that is asked for.

    There may be thousands, of which a page shows a few. Only those are made into rows, and read.
    """

    def __init__(self, columns, themes: list[ThemeReading], membership: Membership | None, reader: Reader):
        self.columns = columns
        self.themes = themes
        self.membership = membership
        self.reader = reader

    @cached_property
    def reading(self) -> NetworkReading:
        reading = NetworkReading(Network.from_db(DEFAULT_DB_ALIAS, self.columns._fields, self.columns), self.reader)
        reading.themes = self.themes
        return reading


def find(asked: Asked, themes: Mapping[int, list[ThemeReading]], reader: Reader) -> list[Found]:
    """Return the networks in which the words stand, on the day that is asked for, in the city's order."""
    wanted = LISTED | {*SEARCHED, "search_text"} if asked.words else LISTED
    # In the order in which the model makes rows of them
    names = [field.attname for field in Network._meta.concrete_fields if field.attname in wanted]
    # As they stand in the columns: modeltranslation would go through each row once more, and choose a language.
    rows = Network.objects.published().search(asked.q).rewrite(False).values_list(*names, named=True)
    found = (
        Found(row, themes.get(row.id, []), membership_on(row, asked.on) if asked.on else None, reader) for row in rows
    )
    return [each for each in found if each.membership or not asked.on]


def themes_by_network(reader: Reader) -> dict[int, list[ThemeReading]]:
    """Return the themes of each published network by its key, in the order of the alphabet on show."""
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


# Choosing among it


def codes_of(found: Found, group: str) -> list[str]:
    """Return the codes of a network in a group of choices."""
    if group == "theme":
        return [theme.slug for theme in found.themes]
    return [code] if (code := getattr(found.columns, group)) else []


@dataclass(frozen=True)
class Choice:
    """A choice that narrows the list or widens it again: what it is called, how many it shows, where it leads."""

    label: Text
    count: int
    query: str
    is_chosen: bool


def choices(
    asked: Asked, networks: Iterable[Found], themes: Mapping[str, ThemeReading], reader: Reader
) -> list[tuple[str, str, list[Choice]]]:
    """
    Return (group, heading, choices) for each group in which there is something to choose.

    `networks` are those found before any choice, `themes` those known so far, by slug. A choice that would show
    nothing is left out, unless it is chosen. Raises ValidationError for a theme that does not exist.
    """
    found = []
    for group, heading in GROUPS.items():
        left = [network for network in networks if asked.allows(network, but=group)]
        counts = Counter(code for network in left for code in codes_of(network, group))
        chosen = getattr(asked, group)
        if group == "status" and asked.on:
            heading = _("Status today")
        labels = labels_of(group, {*counts, *chosen}, themes, reader)
        if len(labels) > 1 or chosen:
            found.append(
                (
                    group,
                    heading,
                    [
                        Choice(label, counts[code], asked.toggled(group, code).query(), code in chosen)
                        for code, label in labels.items()
                    ],
                )
            )
    return found


def labels_of(group, wanted, themes, reader) -> dict[str, Text]:
    """Return what the codes of a group are called, in the order in which they are shown."""
    if group != "theme":
        return {code: Text(capfirst(str(label))) for code, label in CHOICES[group] if code in wanted}
    if missing := wanted - {*themes}:  # chosen, but of no network on the site
        themes = {
            **themes,
            **{theme.slug: ThemeReading(theme, reader) for theme in Theme.objects.filter(slug__in=missing)},
        }
        if missing - {*themes}:
            raise no_such_theme()
    names = {slug: themes[slug].name for slug in wanted}
    return dict(sorted(names.items(), key=lambda pair: reader.sort_key(pair[1])))


def in_order(networks: list[Found], asked: Asked) -> list[Found]:
    """Return the networks sorted as asked: the best first where words are sought, else in the city's own order."""
    if asked.sort == "name":
        return sorted(networks, key=lambda found: found.reader.sort_key(found.reading.name))
    if asked.sort == "joined":
        # Those of which the year is not known come last.
        return sorted(networks, key=lambda found: (found.columns.joined is None, str(found.columns.joined)))
    if words := asked.words:
        return sorted(networks, key=lambda found: -score(found.columns.search_text, words))
    return networks


def score(search_text: str, words: Iterable[str]) -> int:
    """Return how well a network answers a search: more for a telling field, a whole word, a beginning."""
    lines = dict(zip(SEARCHED, search_text.split("\n"), strict=False))
    return sum(max(SEARCHED[field] * closeness(word, line) for field, line in lines.items()) for word in words)


def closeness(word: str, line: str) -> int:
    if word not in line:
        return 0
    if word == line:
        return 4
    places = [match.start() for match in re.finditer(re.escape(word), line)]
    begins = [place for place in places if place == 0 or not line[place - 1].isalnum()]
    if any(not line[place + len(word) : place + len(word) + 1].isalnum() for place in begins):
        return 3
    return 2 if begins else 1


# Groups under which the list stands

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
BEST_FIRST = "found"


def grouped(networks: list[Found], asked: Asked) -> list[tuple[str, str, Found]]:
    """Return (key, heading, network) for each network, group by group; what is searched for stands in one group."""
    if asked.on:
        headings, key = HEADINGS_ON_A_DAY, lambda found: found.membership.value
    elif asked.words and not asked.sort:
        headings, key = {BEST_FIRST: _("Search results")}, lambda found: BEST_FIRST
    else:
        headings, key = HEADINGS, lambda found: GROUP_OF_STATUS[found.columns.status]
    order = {each: place for place, each in enumerate(headings)}
    with_keys = sorted(((key(found), found) for found in networks), key=lambda pair: order[pair[0]])
    return [(each, headings[each], found) for each, found in with_keys]


# Showing what was found


def marked(text: Text, words: Collection[str]) -> SafeString:
    """Return plain text for a page, the folded words marked in it wherever search finds them."""
    if not words:
        return escape(text)
    pieces, end = [], 0
    for start, stop in occurrences(text, words):
        pieces.append(format_html("{}<mark>{}</mark>", text[end:start], text[start:stop]))
        end = stop
    return format_html_join("", "{}", [*((piece,) for piece in pieces), (text[end:],)])


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a text in which a sought word stands, with what the text is called."""

    label: str
    text: Text


SHOWN = ("name", "acronym", "summary", "seat")
MOST_EXCERPTS = 5


def excerpts(network: NetworkReading, words: Collection[str]) -> list[Excerpt]:
    """Return where the words stand that are in none of the texts that the list shows."""
    if not words:
        return []  # and the texts are not even loaded
    # What search looks in is folded already. To fold all texts of a page anew would take seconds.
    lines = dict(zip(SEARCHED, network.row.search_text.split("\n"), strict=False))
    own = stored_language(network.reader.language)
    shown = {f"{field}_{own}" if lines.get(f"{field}_{own}") else f"{field}_{SERBIAN}" for field in SHOWN}
    hidden = sorted({*lines} - shown - {"slug"}, key=lambda name: (name[-3:] in OTHERS[own], [*SEARCHED].index(name)))
    found: list[Excerpt] = []
    for word in words:
        if any(word in lines.get(name, "") for name in shown) or len(found) == MOST_EXCERPTS:
            continue
        if any(occurrences(excerpt.text, [word]) for excerpt in found):
            continue
        if name := next((name for name in hidden if word in lines[name]), None):
            text = text_of(network, name)
            if places := occurrences(text, [word]):
                label = Network._meta.get_field(name.removesuffix("_sr").removesuffix("_en")).verbose_name
                found.append(Excerpt(label, cut_out(text, *places[0])))
    return found


# The columns that a reader of a language reads last
OTHERS = {SERBIAN: {"_en"}, ENGLISH: {"_sr"}}


def text_of(network: NetworkReading, name: str) -> Text:
    """Return what stands in a field of SEARCHED as plain text, marked with its language for the reader."""
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
            language = SERBIAN_LATIN  # what readers of English can read
        text = Reader(language).text(network.row, field)
    plain = plain_text(text) if text.is_html else text
    return Text(" ".join(plain.split()), language=text.language, asked=reader.language)


def cut_out(text: Text, start: int, end: int) -> Text:
    """Return the words around a stretch of a text, an ellipsis wherever something is left out."""
    first = text.rfind(" ", 0, start - AROUND) + 1 if start > AROUND else 0
    last = text.find(" ", end + AROUND) if end + AROUND < len(text) else -1
    words = text[first : last if last >= 0 else len(text)]
    excerpt = ("… " if first else "") + words + (" …" if last >= 0 else "")
    return Text(excerpt, language=text.language, asked=text.language if not text.is_fallback else "")
