"""
The open data: its fields, networks.json, networks.csv and the metadata of the CSV.

FIELDS is the schema. It makes the records of networks.json; networks.csv is made from those records; the metadata of
the CSV and the page /open-data/ describe it.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from networks.languages import SERBIAN, SERBIAN_LATIN, language_codes, language_tag, reverse_in
from networks.models import TRANSLATED, CityProfile, Event, Network
from networks.public.identifiers import tag_uri
from networks.reading import Reader, ThemeReading
from networks.rich_text import plain_text
from networks.serbian import is_cyrillic
from networks.spreadsheets.formulas import escape_formula

TITLE = _("Memberships in networks of cities")
SUBJECT = _(
    "The networks of cities that the city belongs to or has belonged to: since when, what for, and whom in the city "
    "administration to ask."
)

TAGS = {code: language_tag(code) for code in language_codes()}
# BCP 47, undetermined: the language of an untranslated text that is not in Cyrillic.
UNKNOWN = "und"

# Between the items of a list in a cell of the CSV. Names may contain commas and semicolons, but no line ends.
SEPARATOR = "\n"


class NetworkSource:
    """A network and its readings in every language of the site."""

    def __init__(self, request: HttpRequest, row: Network):
        self.request = request
        self.row = row
        self.readings = {code: Reader(code).network(row) for code in TAGS}

    def absolute(self, url: str) -> str:
        return self.request.build_absolute_uri(url)

    def texts(self, name: str, change: Callable[[str], str] = str) -> dict[str, str]:
        """Return the texts of a translated field by language tag, without fallbacks to another language."""
        return translated_texts(self.readings, name, change)

    def choice(self, name: str) -> dict | None:
        """Return the code of a choice and its label by language tag."""
        if not (code := getattr(self.row, name)):
            return None
        return {
            "code": code,
            "label": {TAGS[code]: getattr(reading, name) for code, reading in self.readings.items()},
        }

    def original_name(self) -> dict | None:
        name, language = self.row.original_name, self.row.original_language
        if language == SERBIAN:
            language = TAGS[SERBIAN if is_cyrillic(name) else SERBIAN_LATIN]
        return {"text": name, "language": language} if name else None

    def former_names(self) -> list[dict]:
        return [untranslated_texts(line.strip()) for line in self.row.former_names.splitlines() if line.strip()]

    def themes(self) -> list[dict]:
        return [
            {
                "code": theme.slug,
                "name": translated_texts({code: ThemeReading(theme, Reader(code)) for code in TAGS}, "name"),
            }
            for theme in self.row.themes.all()
        ]

    def page_urls(self) -> dict[str, str]:
        """Return the URL of the network's page by language tag, for the languages in which it is offered."""
        return {
            TAGS[code]: self.absolute(reverse_in(code, "public:network", self.row.slug))
            for code, reading in self.readings.items()
            if reading.is_available_in(code)
        }

    def contact(self) -> dict:
        contact = {"email": self.row.contact_email, "telephone": self.row.contact_phone}
        return {name: value for name, value in contact.items() if value}


def translated_texts(readings: dict, name: str, change: Callable[[str], str] = str) -> dict[str, str]:
    """Return the texts of a translated field by language tag; `readings` are those of one row by language code."""
    texts = {TAGS[code]: getattr(reading, name) for code, reading in readings.items()}
    return {each: normalize_line_ends(change(text)) for each, text in texts.items() if text and not text.is_fallback}


def untranslated_texts(value: str) -> dict[str, str]:
    """Return an untranslated text by language tag: both Serbian scripts if it is in Cyrillic, else UNKNOWN."""
    if not is_cyrillic(value):
        return {UNKNOWN: normalize_line_ends(value)} if value else {}
    return {TAGS[code]: normalize_line_ends(Reader(code).serbian(value)) for code in (SERBIAN, SERBIAN_LATIN)}


def normalize_line_ends(text: str) -> str:
    """Return a text with line feeds; HTML forms send CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def iso_datetime(moment: datetime | None) -> str:
    """Return a datetime in UTC as 2026-05-03T10:15:00Z; empty for None."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else ""


# The schema

Label = str | Promise
Getter = Callable[[NetworkSource], object]

PARTIAL_DATE = {"base": "string", "format": "[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"}


@dataclass(frozen=True)
class Column:
    """
    A column of the CSV. `path` are the keys of its value in a record of the JSON.

    The joined keys are its name: contact_email for {"contact": {"email": …}}.
    """

    path: tuple[str, ...]
    datatype: str | dict = "string"
    title: Label = ""
    is_list: bool = False
    language: str = ""

    @property
    def name(self) -> str:
        return "_".join(self.path).replace("-", "_")


@dataclass(frozen=True)
class Field:
    """A field of a record: its key, title and meaning, the function that returns its value, and its columns."""

    name: str
    title: Label
    meaning: Label
    value: Getter = field(repr=False)
    columns: tuple[Column, ...] = ()


def single_field(name: str, title: Label, meaning: Label, value: Getter, datatype: str | dict = "string") -> Field:
    """Return a field with one column."""
    return Field(name, title, meaning, value, (Column((name,), datatype),))


def language_columns(*path: str, tags: Iterable[str] = (), **options: Any) -> tuple[Column, ...]:
    """Return one column for each language tag; without `tags`, for those of the site."""
    tags = tags or TAGS.values()
    return tuple(Column((*path, each), language=each, **options) for each in tags)


def translated_field(
    name: str, title: Label, meaning: Label, datatype: str = "string", value: Getter | None = None
) -> Field:
    """Return a field with a text for each language of the site."""
    value = value or (lambda source: source.texts(name))
    return Field(name, title, meaning, value, language_columns(name, datatype=datatype))


UNTRANSLATED_TAGS = (TAGS[SERBIAN], TAGS[SERBIAN_LATIN], UNKNOWN)


def untranslated_field(name: str, title: Label, meaning: Label) -> Field:
    """Return a field whose text is stored once for all languages."""
    return Field(
        name,
        title,
        meaning,
        lambda source: untranslated_texts(getattr(source.row, name)),
        language_columns(name, tags=UNTRANSLATED_TAGS),
    )


def partial_date_field(name: str, title: Label, meaning: Label) -> Field:
    return single_field(
        name, title, meaning, lambda source: (date := getattr(source.row, name)) and date.isoformat(), PARTIAL_DATE
    )


def choice_field(name: str, title: Label, meaning: Label) -> Field:
    """Return a field with the code and the labels of a choice."""
    columns = (Column((name, "code"), title=_("code")), *language_columns(name, "label"))
    return Field(name, title, meaning, lambda source: source.choice(name), columns)


FIELDS = (
    single_field(
        "id",
        _("Identifier"),
        _("A tag URI (RFC 4151). It stays when the name or the address changes, and no other network ever gets it."),
        lambda source: tag_uri(source.request, "network", source.row.pk),
    ),
    Field(
        "url",
        _("Address of the page"),
        _("The network’s page on this site, in each language in which it is written."),
        NetworkSource.page_urls,
        language_columns("url", datatype="anyURI"),
    ),
    single_field(
        "slug",
        _("Last part of the address"),
        _("It may change when a network gets another name; the old address then leads to the new one."),
        lambda source: source.row.slug,
    ),
    translated_field("name", _("Name"), _("The full name. Every network has one in Serbian.")),
    translated_field("acronym", _("Acronym"), _("The acronym as it is used in the language.")),
    translated_field("summary", _("Summary"), _("One sentence on what the network is for.")),
    translated_field(
        "description",
        _("Description"),
        _("What the network does and how the city takes part, as plain text."),
        value=lambda source: source.texts("description", plain_text),
    ),
    translated_field(
        "description_html",
        _("Description in HTML"),
        _("The same with its marks: only p, br, strong, em, ul, ol, li and a."),
        datatype="html",
        value=lambda source: source.texts("description"),
    ),
    Field(
        "original_name",
        _("Original name"),
        _("The network’s own name in its own language, with the tag of that language."),
        NetworkSource.original_name,
        (Column(("original_name", "text")), Column(("original_name", "language"), title=_("language"))),
    ),
    Field(
        "former_names",
        _("Former names"),
        _("Names that the network had before, in the order in which the city recorded them."),
        NetworkSource.former_names,
        language_columns("former_names", tags=UNTRANSLATED_TAGS, is_list=True),
    ),
    choice_field(
        "scope",
        _("Scope"),
        _("From how far the members come: global, european, balkan or national."),
    ),
    choice_field(
        "status",
        _("Status"),
        _("The membership today: member, left, ended (the network is no more) or unknown."),
    ),
    Field(
        "themes",
        _("Themes"),
        _("What the network is about. The codes and the names stand in the same order."),
        NetworkSource.themes,
        (
            Column(("themes", "code"), is_list=True, title=_("code")),
            *language_columns("themes", "name", is_list=True),
        ),
    ),
    translated_field(
        "seat", _("Seat"), _("The town, or the town and the country, in which the network has its seat.")
    ),
    translated_field("benefit", _("What the city gains"), _("What the membership brings to the city.")),
    *(
        translated_field(
            name,
            capfirst(Network._meta.get_field(name).verbose_name),
            Network._meta.get_field(name).help_text,
            value=lambda source, name=name: source.texts(name, plain_text),
        )
        for name in TRANSLATED
        if name not in ("name", "acronym", "summary", "description", "seat", "benefit", "end_note")
    ),
    partial_date_field("founded", _("Founded"), _("When the network was founded, as exactly as it is known.")),
    partial_date_field("joined", _("Joined"), _("When the city joined, as exactly as it is known.")),
    partial_date_field(
        "left",
        _("Left"),
        _("When the membership ended, as exactly as it is known. Absent while it lasts."),
    ),
    translated_field(
        "end_note",
        _("On the end of the membership"),
        _("What the city says of the end of the membership, such as by which decision it ended."),
        value=lambda source: source.texts("end_note") if source.row.status in Network.FORMER else {},
    ),
    single_field(
        "website", _("Website"), _("The network’s own website."), lambda source: source.row.website, "anyURI"
    ),
    single_field(
        "membership_page",
        _("The network’s page about the city"),
        _("Where the network itself names the city as a member."),
        lambda source: source.row.membership_page,
        "anyURI",
    ),
    untranslated_field(
        "responsible_unit", _("Responsible unit"), _("The unit of the city that looks after the membership.")
    ),
    Field(
        "contact",
        _("Contact"),
        _("Whom to ask about the membership: an official e-mail address and telephone number."),
        NetworkSource.contact,
        (Column(("contact", "email"), title=_("e-mail")), Column(("contact", "telephone"), title=_("telephone"))),
    ),
    untranslated_field("source", _("Source"), _("Where these facts come from.")),
    single_field(
        "verified_on",
        _("Verified on"),
        _("The day on which these facts were last confirmed with the network."),
        lambda source: (day := source.row.verified_on) and day.isoformat(),
        "date",
    ),
    single_field(
        "logo",
        _("Logo"),
        _("The address of a picture in PNG, JPEG or WebP. It is the network’s own: ask it before you use it."),
        lambda source: source.absolute(source.row.logo.url) if source.row.logo else "",
        "anyURI",
    ),
    single_field(
        "changed_at",
        _("Last changed"),
        _("When what is published was last changed, in universal time."),
        lambda source: iso_datetime(source.row.changed_at),
        "dateTime",
    ),
)

COLUMNS = tuple((each, column) for each in FIELDS for column in each.columns)
REQUIRED = {"id", "slug", "name_sr_Cyrl", "name_sr_Latn", "status_code", "changed_at"}


class Dataset:
    """The published networks and the city profile."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.profile = CityProfile.objects.current()
        rows = list(Network.objects.published().prefetch_related("themes"))
        self.records = [network_record(NetworkSource(request, row)) for row in rows]
        # Unpublishing or deleting a network changes the data too.
        taken_off = Event.objects.filter(kind__in=[Event.Kind.WITHDRAWN, Event.Kind.DELETED])
        last = taken_off.aggregate(last=Max("created_at"))["last"]
        moments = [row.changed_at for row in rows] + [self.profile.changed_at, last]
        self.changed_at = max((moment for moment in moments if moment), default=None)

    def json(self) -> bytes:
        profile = {code: Reader(code).profile(self.profile) for code in TAGS}
        document = {
            "id": tag_uri(self.request, "networks"),
            "title": interface_texts(TITLE),
            "description": interface_texts(SUBJECT),
            "city": {
                "id": tag_uri(self.request, "city"),
                "name": translated_texts(profile, "city_name"),
                "website": self.profile.website,
            },
            "licence": {
                "name": untranslated_texts(self.profile.licence_name),
                "url": self.profile.licence_url,
            },
            "documentation": self.documentation(),
            "modified": iso_datetime(self.changed_at),
            "networks": self.records,
        }
        filled = {
            name: without_empty(value) if isinstance(value, dict) else value for name, value in document.items()
        }
        return to_json({name: value for name, value in filled.items() if value or name == "networks"})

    def csv(self) -> bytes:
        """Return a header and one line for each network, in UTF-8 without a BOM: the metadata names the encoding."""
        lines = io.StringIO(newline="")
        writer = csv.writer(lines, lineterminator="\r\n")
        writer.writerow(column.name for _field, column in COLUMNS)
        for each in self.records:
            writer.writerow(csv_cell(each, column) for _field, column in COLUMNS)
        return lines.getvalue().encode()

    def metadata(self) -> bytes:
        """Return the metadata of the CSV (W3C: Metadata Vocabulary for Tabular Data)."""
        description = {
            "@context": "http://www.w3.org/ns/csvw",
            "url": "networks.csv",
            "dc:identifier": tag_uri(self.request, "networks"),
            "dc:title": language_values(interface_texts(TITLE)),
            "dc:description": language_values(interface_texts(SUBJECT)),
            "dc:license": {"@id": self.profile.licence_url} if self.profile.licence_url else None,
            "rdfs:seeAlso": {"@id": self.request.build_absolute_uri("/networks.json")},
            "dialect": {
                "encoding": "utf-8",
                "delimiter": ",",
                "quoteChar": '"',
                "doubleQuote": True,
                "lineTerminators": ["\r\n"],
                "header": True,
            },
            "tableSchema": {
                "aboutUrl": "{+id}",
                "primaryKey": "id",
                "columns": [column_metadata(each, column) for each, column in COLUMNS],
            },
        }
        return to_json(without_empty(description))

    def documentation(self) -> dict[str, str]:
        """Return the URL of the page /open-data/ by language tag."""
        return {
            each: self.request.build_absolute_uri(reverse_in(code, "public:open_data")) for code, each in TAGS.items()
        }


def network_record(source: NetworkSource) -> dict:
    """Return a network as an object of the JSON, without empty fields."""
    return without_empty({each.name: each.value(source) for each in FIELDS})


def without_empty(values: dict) -> dict:
    """Return a dict without None, empty strings, dicts and lists; 0 and False stay."""
    return {name: value for name, value in values.items() if value not in (None, "", {}, [])}


def interface_texts(text: str | Promise) -> dict[str, str]:
    """Return a translatable string of the interface by language tag."""
    texts = {}
    for code, each in TAGS.items():
        with override(code):
            texts[each] = str(text)
    return texts


def language_values(texts: dict[str, str]) -> list[dict]:
    return [{"@value": text, "@language": each} for each, text in texts.items()]


def to_json(value: dict) -> bytes:
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n".encode()


def column_metadata(each: Field, column: Column) -> dict:
    """Return the metadata of a column. Its name is one of its titles, as the standard requires."""
    titles = interface_texts(each.title)
    if column.title:
        details = interface_texts(column.title)
        titles = {key: f"{title}: {details[key]}" for key, title in titles.items()}
    if column.language:
        titles = {key: f"{title} ({column.language})" for key, title in titles.items()}
    return without_empty(
        {
            "name": column.name,
            "titles": {UNKNOWN: column.name, **titles},
            "dc:description": language_values(interface_texts(each.meaning)),
            "datatype": column.datatype,
            "lang": column.language,
            "separator": SEPARATOR if column.is_list else None,
            "required": column.name in REQUIRED or None,
        }
    )


# Cells


def csv_cell(network: dict, column: Column) -> str:
    """Return the cell of a column for a record of the JSON."""
    value = value_at(network, column.path)
    if isinstance(value, list):
        # An item without text in this language is an empty line, so that names and codes can be paired.
        items = [item or "" for item in value]
        if column.path[0] == "former_names":
            items = [item for item in items if item]
        value = SEPARATOR.join(items) if any(items) else ""
    return escape_formula("" if value is None else str(value))


def value_at(value: Any, path: tuple[str, ...]) -> Any:
    """Return the value at a path of keys, or None; for a list, the list of the values in each item."""
    if isinstance(value, list):
        return [value_at(item, path) for item in value]
    if not path or value is None:
        return value
    return value_at(value.get(path[0]), path[1:])
