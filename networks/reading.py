"""
Which text, in which language and script, a reader gets.

Whatever shows a stored text (page, admin list, sitemap, feed, data) asks a Reader, which returns the text together
with the language that it is in.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache, cached_property, lru_cache, partial
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localdate, localtime
from django.utils.translation import get_language, get_language_info, override
from django.utils.translation import gettext as _

from networks import serbian
from networks.languages import (
    ALPHABETS,
    ENGLISH,
    SERBIAN,
    SERBIAN_LATIN,
    best_text,
    columns_of,
    displayed_text,
    language_tag,
    stored_language,
)
from networks.models import CityProfile, Network, Page, Theme
from networks.models.gazetteer import COUNTRIES, Town, country_name, find_town, in_language, town_of
from networks.models.lines import Line, LinesField
from networks.partial_dates import PartialDate, format_partial_date
from networks.rich_text import RichTextField
from networks.serbian import SortKey, fold

AnyDate = date | PartialDate  # or a datetime, which is a date too

SORT_KEYS: dict[str, Callable[[str], SortKey]] = {
    SERBIAN: serbian.azbuka_key,
    SERBIAN_LATIN: serbian.abeceda_key,
    **{code: partial(serbian.alphabet_key, alphabet=alphabet) for code, alphabet in ALPHABETS.items()},
}


class Text(str):
    """
    A text as a reader gets it.

    `language` is the code of the language it is in, or None where that is not known (a name that is the same in all
    languages); `is_fallback` says that the reader asked for another one; `stored` is the text in the database.
    """

    __slots__ = ("is_fallback", "is_html", "language", "stored")

    language: str | None
    is_fallback: bool
    is_html: bool
    stored: str

    def __new__(
        cls,
        value: str = "",
        *,
        language: str | None = None,
        asked: str | None = None,
        is_html: bool = False,
        stored: str | None = None,
    ) -> Self:
        text = super().__new__(cls, value)
        text.language = language
        text.is_fallback = bool(value) and language is not None and asked is not None and language != asked
        text.is_html = is_html
        text.stored = value if stored is None else stored
        return text

    def __str__(self) -> str:
        return self  # like SafeString, so that it keeps its attributes where a library calls str()

    @property
    def html(self) -> SafeString:
        """The text as HTML: rich text as it is, because it was sanitised when it was saved; other text escaped."""
        return mark_safe(self) if self.is_html else escape(self)  # noqa: S308

    @property
    def lang(self) -> str:
        """The attribute ' lang="sr-Latn"' for the element, where the text is not in the language of the page."""
        return format_html(' lang="{}"', language_tag(self.language)) if self.language and self.is_fallback else ""


class Reader:
    """Reads rows in one of the languages of the site: the active one, unless another is given."""

    def __init__(self, language: str | None = None):
        language = language or get_language() or settings.LANGUAGE_CODE
        self.language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        self._names: dict[type[models.Model], dict[str, Text]] = {}

    def names_by_slug(self, model: type[models.Model]) -> dict[str, "Text"]:
        """Return the names of all rows of a model that has few, such as the themes. A reader reads them once."""
        if model not in self._names:
            rows: Iterable[Any] = model._default_manager.all()
            self._names[model] = {row.slug: self.text(row, "name") for row in rows}
        return self._names[model]

    def text(self, instance: models.Model, field: str) -> Text:
        """
        Return a translated field of a row, in the reader's language or else in English or Serbian.

        All but readers of Cyrillic get Serbian in Latin. Empty where there is no Serbian text, for readers of
        Serbian even if there is an English one.
        """
        is_html = isinstance(instance._meta.get_field(field), RichTextField)
        return self.text_of(*displayed_text(instance, field, self.language), is_html=is_html)

    def text_of(self, value: str, stored: str, *, is_html: bool = False) -> Text:
        """Return a text that is stored in the language `stored`."""
        if stored != SERBIAN:
            return Text(value, language=stored, asked=self.language, is_html=is_html)
        return self.serbian(value, is_html=is_html)

    def serbian(self, value: str, *, is_html: bool = False) -> Text:
        """Return a text that is stored in Serbian only, in the script of the reader."""
        if self.language == SERBIAN:
            return Text(value, language=SERBIAN, asked=self.language, is_html=is_html)
        # There may be names in other Cyrillic alphabets among the Serbian words.
        latin = (serbian.romanise_html if is_html else serbian.romanise)(value)
        return Text(latin, language=SERBIAN_LATIN, asked=self.language, is_html=is_html, stored=value)

    def unmarked(self, value: str) -> Text:
        """
        Return a text that is stored once for all languages, such as the title of a document or a former name.

        With Cyrillic letters it is Serbian; otherwise its language is not known, and it is returned unchanged.
        """
        if serbian.is_cyrillic(value):
            return self.serbian(value)
        return Text(value)

    def sort_key(self, text: str) -> SortKey:
        """
        Return the key that sorts texts by the alphabet of the reader: azbuka, abeceda, that of ALPHABETS or a to z.

        Latin made from Cyrillic is sorted by the Cyrillic, in which "nj" is known to be one letter or two.
        """
        return SORT_KEYS.get(self.language, serbian.english_key)(getattr(text, "stored", text))

    def date(self, value: AnyDate | None) -> str:
        """Return a date, a moment or a partial date in words: 3. маја 2007. or 3 May 2007. Empty for None."""
        if value is None:
            return ""
        return format_partial_date(localtime(value) if isinstance(value, datetime) else value, self.language)

    def moment(self, value: datetime) -> str:
        """Return a day and the time of day in the city's own time: 3. маја 2007. у 08:00 or 3 May 2007, 08:00."""
        local = localtime(value)
        return moment_pattern(self.language).format(date=self.date(local), time=f"{local:%H:%M}")

    def amount(self, value: Decimal) -> str:
        """Return an amount of money, without its currency: 1.500,00 or 1,500.00."""
        with override(self.language):
            return number_format(value, decimal_pos=2, force_grouping=True)

    def language_name(self, code: str) -> str:
        """Return the name of a language, such as French; its code where Django has no name for it."""
        with override(self.language):
            try:
                return str(get_language_info(code.lower())["name_translated"])
            except KeyError:
                return code

    def network(self, network: Network) -> "NetworkReading":
        return NetworkReading(network, self)

    def page(self, page: Page) -> "PageReading":
        return PageReading(page, self)

    def profile(self, profile: CityProfile) -> "ProfileReading":
        return ProfileReading(profile, self)


class RowReading:
    """
    A row as a reader gets it. Translated fields are attributes of type Text; subclasses add the others.

    Where none of `own_fields` has a text in a language, the page of the row is not offered in it.
    """

    own_fields: tuple[str, ...] = ()
    row: Any  # an instance of the model that the subclass is for

    def __init__(self, row: models.Model, reader: Reader):
        self.row = row
        self.reader = reader

    @property
    def prose_fields(self) -> tuple[str, ...]:
        """Where one of these stands in another language, the page says so; an acronym or a town needs no apology."""
        return ()

    def __getattr__(self, name: str) -> Text:
        if name.startswith("_") or name not in translated_fields(self.row._meta.model):
            raise AttributeError(
                f"{name!r} of {type(self).__name__}: no such field, or what it is made from is missing"
            )
        text = self.reader.text(self.row, name)
        self.__dict__[name] = text
        return text

    def is_available_in(self, language: str) -> bool:
        """Return whether one of `own_fields` is stored in the language, or can be rendered from Serbian."""
        stored = stored_language(language)
        return stored == SERBIAN or any(getattr(self.row, f"{field}_{stored}") for field in self.own_fields)

    @cached_property
    def has_fallback(self) -> bool:
        """Whether some prose of the row is shown in another language than the reader asked for."""
        return any(getattr(self, field).is_fallback for field in self.prose_fields)

    @property
    def slug(self) -> str:
        return self.row.slug

    @cached_property
    def url(self) -> str:
        """The path of the row's page in the active language."""
        return self.row.get_absolute_url()

    @property
    def changed_at(self) -> datetime:
        return self.row.changed_at


@cache
def translated_fields(model: type[models.Model]) -> tuple[str, ...]:
    """Return the names of the translated fields of a model."""
    # Here and not above, because it loads the models.
    from modeltranslation.translator import translator

    translated = translator.get_options_for_model(model).all_fields
    return tuple(field.name for field in model._meta.fields if field.name in translated)


@cache
def moment_pattern(language: str) -> str:
    """Return how a day and the time of day are put together in a language."""
    with override(language):
        return _("{date}, {time}")


@lru_cache(maxsize=256)
def choice_label(choices: type[models.TextChoices], code: str, language: str) -> str:
    """Return the label of a choice in a language; a code that is none of the choices unchanged."""
    with override(language):
        return str(dict(choices.choices).get(code, code))


class NetworkReading(RowReading):
    row: Network
    own_fields = ("name", "description")

    @property
    def prose_fields(self) -> tuple[str, ...]:
        left_out = ("acronym", "seat", *(() if self.is_former else ("end_note",)))
        return tuple(name for name in translated_fields(type(self.row)) if name not in left_out)

    @cached_property
    def sections(self) -> list[tuple[str, str, Text]]:
        """The name, the label and the text of each translated field with a section of its own on the page."""
        labels = {field.name: str(field.verbose_name) for field in self.row._meta.fields}
        return [
            (name, labels[name], getattr(self, name))
            for name in translated_fields(type(self.row))
            if name not in ("name", "acronym", "summary", "description", "seat", "end_note")
        ]

    @property
    def short_name(self) -> Text:
        return self.acronym or self.name

    @cached_property
    def mark(self) -> str:
        """What is drawn where there is no logo: the acronym, or else the initial of the name."""
        if self.mark_is_acronym:
            return self.acronym
        name = self.name.stored.strip()
        initial = next((letter for letter in name if letter.isalnum()), name[:1]).upper()
        return serbian.romanise(initial) if self.name.language == SERBIAN_LATIN else initial

    @property
    def mark_is_acronym(self) -> bool:
        """Whether the mark is what the network calls itself. Of several initials, readers would think that, too."""
        return 0 < len(self.acronym) <= 6

    @cached_property
    def known_town(self) -> Town | None:
        """The town of the seat, if it is in our list."""
        return find_town(*(getattr(self.row, column) for column in columns_of("seat")))

    @cached_property
    def seat_in_words(self) -> Text:
        """The seat; where it is not translated, the name that our list has for the town."""
        if self.seat.is_fallback and (town := self.known_town):
            asked = self.reader.language
            # The list has the names of towns in Serbian and English.
            language = asked if stored_language(asked) == SERBIAN else ENGLISH
            return Text(in_language(town.serbian, town.english, language), language=language, asked=asked)
        return self.seat

    @cached_property
    def town(self) -> Text:
        """The town of the seat alone; empty where only the country is known."""
        seat = self.seat_in_words
        name = town_of(seat)
        if self.known_town is None and fold(name) in map(fold, COUNTRIES.get(self.row.seat_country, ())):
            return Text()
        return Text(name, language=seat.language, asked=self.reader.language, stored=town_of(seat.stored))

    @cached_property
    def seat_country(self) -> str:
        """The name of the country of the seat."""
        return country_name(self.row.seat_country, self.reader.language)

    @cached_property
    def place(self) -> Text:
        """The seat, and its country where the words of the seat do not name it: Strasbourg, France."""
        seat, code = self.seat_in_words, self.row.seat_country
        if not seat:
            return Text(self.seat_country)
        if not code or any(fold(name) in fold(seat) for name in COUNTRIES.get(code, ())):
            return seat
        country = country_name(code, seat.language)
        return Text(f"{seat}, {country}", language=seat.language, asked=self.reader.language)

    @cached_property
    def scope(self) -> str:
        return choice_label(self.row.Scope, self.row.scope, self.reader.language)

    @cached_property
    def status(self) -> str:
        return choice_label(self.row.Status, self.row.status, self.reader.language)

    @cached_property
    def themes(self) -> list["ThemeReading"]:
        themes = [ThemeReading(theme, self.reader) for theme in self.row.themes.all()]
        return sorted(themes, key=lambda theme: self.reader.sort_key(theme.name))

    @cached_property
    def founded(self) -> str:
        return self.reader.date(self.row.founded)

    @cached_property
    def joined(self) -> str:
        return self.reader.date(self.row.joined)

    @cached_property
    def member_since(self) -> str:
        """The date of joining as it stands after "since", of a membership that lasts; else empty."""
        if self.row.joined is None or self.row.status != self.row.Status.MEMBER or self.row.left:
            return ""
        return format_partial_date(self.row.joined, self.reader.language, after_preposition=True)

    @cached_property
    def left(self) -> str:
        return self.reader.date(self.row.left)

    @cached_property
    def left_label(self) -> str:
        """The label of the date in `left`: the city did not leave a network that has ended."""
        with override(self.reader.language):
            return _("End of the network") if self.row.status == self.row.Status.ENDED else _("Left")

    @cached_property
    def verified_on(self) -> str:
        return self.reader.date(self.row.verified_on)

    @cached_property
    def is_former(self) -> bool:
        return self.row.status in self.row.FORMER

    @cached_property
    def original_name(self) -> Text:
        """The network's own name, with its language; empty where it is the name that is shown already."""
        name, code = self.row.original_name, self.row.original_language
        if not name or name in (self.name, self.name.stored):
            return Text()
        if serbian.is_cyrillic(name):
            if code.partition("-")[0] == SERBIAN:
                return self.reader.serbian(name)
            if self.reader.language == SERBIAN_LATIN:
                name, code = serbian.romanise(name), f"{code.partition('-')[0]}-latn"
        elif code == SERBIAN:
            code = SERBIAN_LATIN
        return Text(name, language=code, asked=self.reader.language)

    @cached_property
    def original_language(self) -> str:
        """The name of the language of the original name."""
        return self.reader.language_name(self.row.original_language)

    @cached_property
    def former_names(self) -> list[Text]:
        return [self.reader.unmarked(line.strip()) for line in self.row.former_names.splitlines() if line.strip()]

    @cached_property
    def responsible_unit(self) -> Text:
        return self.reader.unmarked(self.row.responsible_unit)

    @cached_property
    def source(self) -> Text:
        return self.reader.unmarked(self.row.source)

    # The record of the membership, line by line

    def lines(self, name: str) -> list["LineReading"]:
        """Return the lines of a field, such as "documents", in the order of the city."""
        field: Any = self.row._meta.get_field(name)
        reading = ROLES_AND_PERIODS.get(name, LineReading)
        return [reading(self, field, line) for line in getattr(self.row, name)]

    @cached_property
    def documents(self) -> list["LineReading"]:
        return self.lines("documents")

    @cached_property
    def roles(self) -> list["SpanReading"]:
        """The roles of the city, those of today first, then those that began last."""
        return by_date(self.lines("roles"), lambda role: (role.is_current, role.first, role.last))

    @cached_property
    def periods(self) -> list["SpanReading"]:
        """The earlier periods of membership, the latest first."""
        return by_date(self.lines("periods"), lambda period: (period.last, period.first))

    @cached_property
    def fees(self) -> list["LineReading"]:
        """The fees, those of the latest year first."""
        return sorted(self.lines("fees"), key=lambda fee: -fee.values.get("year", 0))

    @cached_property
    def activities(self) -> list["LineReading"]:
        """The activities, the latest first, those without a date last."""
        return by_date(self.lines("activities"), lambda activity: (activity.values.get("date"),))


def by_date(lines: list[Any], dates: Callable[[Any], tuple]) -> list[Any]:
    """Return lines with the latest dates first; partial dates are compared as text, and none is the earliest."""
    return sorted(lines, key=lambda line: tuple(str(value or "") for value in dates(line)), reverse=True)


class LineReading:
    """
    A line of the record of a membership as a reader gets it; its columns are attributes.

    Texts, translated or not, are of type Text, choices their labels, dates and amounts words. Private columns are
    left out when the line is read, so nothing that is shown can hold them.
    """

    def __init__(self, network: NetworkReading, field: LinesField, line: Line):
        self.network, self.reader, self.field = network, network.reader, field
        self.line = {name: value for name, value in line.items() if name not in field.private}

    @property
    def id(self) -> str:
        return self.line["id"]

    @cached_property
    def values(self) -> dict[str, Any]:
        """The values of the columns that are not empty, such as a PartialDate or a Decimal."""
        values = {name: self.field.value_of(self.line, name) for name in self.field.columns if name in self.line}
        return {name: value for name, value in values.items() if value is not None}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in self.field.private:
            raise AttributeError(f"{name!r}: no such column, or a private one")
        shown = self.__dict__[name] = self.shown(name)
        return shown

    def shown(self, name: str) -> Any:
        if name not in self.field.columns:
            return self.translated(name)
        value, column = self.values.get(name), self.field.columns[name]
        if value is None:
            return ""
        if isinstance(value, PartialDate | date):
            return self.reader.date(value)
        if isinstance(value, Decimal):
            return self.reader.amount(value)
        if isinstance(value, int):
            return str(value)
        if column.choices:
            with override(self.reader.language):
                return str(dict(column.flatchoices).get(value, value))
        return value if isinstance(column, models.URLField) else self.reader.unmarked(value)

    def translated(self, name: str) -> Text:
        """Return a text that is stored in a column for each language, as `Reader.text` does."""
        if f"{name}_{SERBIAN}" not in self.field.columns:
            raise AttributeError(f"{name!r}: no such column")
        return self.reader.text_of(*best_text(name, self.reader.language, self.line.get))

    @cached_property
    def other_language(self) -> str:
        """The name of the language of a document, where it is not that of the reader."""
        code = self.values.get("language", "")
        same = not code or code.partition("-")[0] == stored_language(self.reader.language)
        return "" if same else self.reader.language_name(code)


class SpanReading(LineReading):
    """A line that holds from one date to another. `begin` and `end` are the names of the columns."""

    begin, end = "since", "until"

    @property
    def first(self) -> PartialDate | None:
        return self.values.get(self.begin)

    @property
    def last(self) -> PartialDate | None:
        return self.values.get(self.end)

    @property
    def is_current(self) -> bool:
        return lasts(self.network.row, self.first, self.last, localdate())

    @cached_property
    def dates(self) -> SafeString:
        """From when to when, as HTML: 3. маја 2007. – данас. Empty if neither date is known."""
        if not self.first and not self.last:
            return SafeString()
        with override(self.reader.language):
            has_begun = not self.first or self.first.earliest <= localdate()
            end = _("today") if self.is_current else _("not known until when") if has_begun else ""
            unknown = _("not known since when"), end
        ends = [
            format_html('<time datetime="{}">{}</time>', date.isoformat(), self.reader.date(date)) if date else words
            for date, words in zip((self.first, self.last), unknown, strict=True)
        ]
        return mark_safe(format_html("{} – {}", *ends).rstrip())  # noqa: S308


def lasts(network: Network, first: PartialDate | None, last: PartialDate | None, today: date) -> bool:
    """Return whether a role with these dates lasts today, as far as is known; it ends with the membership."""
    return (
        network.status == network.Status.MEMBER
        and not (network.left and network.left.latest < today)
        and (first is None or first.earliest <= today)
        and (last is None or last.latest >= today)
    )


class PeriodReading(SpanReading):
    begin, end = "joined", "left"


ROLES_AND_PERIODS = {"roles": SpanReading, "periods": PeriodReading}


class ThemeReading(RowReading):
    row: Theme
    own_fields = ("name",)


class PageReading(RowReading):
    row: Page
    own_fields = ("title", "body")
    prose_fields = own_fields


class ProfileReading(RowReading):
    row: CityProfile
    own_fields = ("city_name", "introduction")

    @cached_property
    def licence_name(self) -> Text:
        return self.reader.unmarked(self.row.licence_name)

    @property
    def site_title(self) -> Text:
        with override(self.reader.language):
            return self.reader.text(self.row, "site_title") or Text(_("City Networks"))
