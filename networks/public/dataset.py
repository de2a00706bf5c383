"""
What the site publishes as data: each field, what it means, and where it stands in JSON and in CSV.

FIELDS is the one source of it. The records of networks.json are made from it, networks.csv is made from those
records, and the metadata of the CSV and the page that explains the data say what stands here.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC

from django.db.models import Max
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from networks.languages import SERBIAN, SERBIAN_LATIN, address, codes, language_tag
from networks.models import TRANSLATED, CityProfile, Event, Network
from networks.public.identifiers import tag
from networks.reading import Reader, ThemeReading
from networks.rich_text import plain_text
from networks.serbian import is_cyrillic

TITLE = _("Memberships in networks of cities")
SUBJECT = _(
    "The networks of cities that the city belongs to or has belonged to: since when, what for, and whom in the city "
    "administration to ask."
)

TAGS = {code: language_tag(code) for code in codes()}
# The language of a text that is stored once for all languages and not in Cyrillic (BCP 47: undetermined).
UNKNOWN = "und"

# Between the items of a list in one cell of the CSV. Names may have commas and semicolons in them, but no line end.
SEPARATOR = "\n"


class Source:
    """One network, read in every language of the site."""

    def __init__(self, request: HttpRequest, row: Network):
        self.request = request
        self.row = row
        self.readings = {code: Reader(code).network(row) for code in TAGS}

    def absolute(self, url: str) -> str:
        return self.request.build_absolute_uri(url)

    def texts(self, name: str, change: Callable[[str], str] = str) -> dict[str, str]:
        """Return a translated field by language tag: only what is written in the language, or rendered from it."""
        return texts_of(self.readings, name, change)

    def choice(self, name: str) -> dict | None:
        """Return the code of a choice, and what the site calls it in each language."""
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
        return [unmarked(line.strip()) for line in self.row.former_names.splitlines() if line.strip()]

    def themes(self) -> list[dict]:
        return [
            {"code": theme.slug, "name": texts_of({code: ThemeReading(theme, Reader(code)) for code in TAGS}, "name")}
            for theme in self.row.themes.all()
        ]

    def addresses(self) -> dict[str, str]:
        """Return where the network's page stands, in each language in which it is offered."""
        return {
            TAGS[code]: self.absolute(address(code, "public:network", self.row.slug))
            for code, reading in self.readings.items()
            if reading.is_available_in(code)
        }

    def fee(self) -> dict | None:
        row = self.row
        if row.fee_amount is None:
            return None
        return {"amount": f"{row.fee_amount:.2f}", "currency": row.fee_currency, "year": row.fee_year}

    def contact(self) -> dict:
        contact = {"email": self.row.contact_email, "telephone": self.row.contact_phone}
        return {name: value for name, value in contact.items() if value}


def texts_of(readings: dict, name: str, change: Callable[[str], str] = str) -> dict[str, str]:
    """Return a translated field of a row by language tag, from its readings by language code."""
    texts = {TAGS[code]: getattr(reading, name) for code, reading in readings.items()}
    return {each: one_kind_of_line_end(change(text)) for each, text in texts.items() if text and not text.is_fallback}


def unmarked(value: str) -> dict[str, str]:
    """Return a text that is stored once for all languages, by the tag of the language it is in."""
    if not is_cyrillic(value):
        return {UNKNOWN: one_kind_of_line_end(value)} if value else {}
    return {TAGS[code]: one_kind_of_line_end(Reader(code).serbian(value)) for code in (SERBIAN, SERBIAN_LATIN)}


def one_kind_of_line_end(text: str) -> str:
    """Return a text whose lines end as they do everywhere else in the data; forms send them otherwise."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def iso_moment(moment) -> str:
    """Return a moment in universal time: 2026-05-03T10:15:00Z. Empty for None."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else ""


# The schema

PARTIAL_DATE = {"base": "string", "format": "[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"}


@dataclass(frozen=True)
class Column:
    """
    A column of the CSV: where its values stand in a record of the JSON, and what they are.

    The keys of the path, joined, are its name: fee_amount for {"fee": {"amount": …}}.
    """

    path: tuple[str, ...]
    datatype: str | dict = "string"
    title: object = None
    is_list: bool = False
    language: str = ""

    @property
    def name(self) -> str:
        return "_".join(self.path).replace("-", "_")


@dataclass(frozen=True)
class Field:
    """A field of a record: its key, what people call it, what it means, how it is read, and its columns."""

    name: str
    title: object
    meaning: object
    value: Callable[[Source], object] = field(repr=False)
    columns: tuple[Column, ...] = ()


def single(name: str, title, meaning, value, datatype: str | dict = "string") -> Field:
    """Return a field with one value, and so with one column."""
    return Field(name, title, meaning, value, (Column((name,), datatype),))


def in_languages(*path: str, tags: Iterable[str] = (), **options) -> tuple[Column, ...]:
    """Return one column for each language that a text may be in: the site's own, unless others are given."""
    tags = tags or TAGS.values()
    return tuple(Column((*path, each), language=each, **options) for each in tags)


def translated(name: str, title, meaning, datatype: str = "string", value=None) -> Field:
    """Return a field whose text is written in several languages."""
    value = value or (lambda source: source.texts(name))
    return Field(name, title, meaning, value, in_languages(name, datatype=datatype))


ONE_OF_THESE = (TAGS[SERBIAN], TAGS[SERBIAN_LATIN], UNKNOWN)


def recorded_once(name: str, title, meaning) -> Field:
    """Return a field whose text is stored once for all languages."""
    return Field(
        name,
        title,
        meaning,
        lambda source: unmarked(getattr(source.row, name)),
        in_languages(name, tags=ONE_OF_THESE),
    )


def partial_date(name: str, title, meaning) -> Field:
    return single(
        name, title, meaning, lambda source: (date := getattr(source.row, name)) and date.isoformat(), PARTIAL_DATE
    )


def chosen(name: str, title, meaning) -> Field:
    """Return a field with a fixed set of values."""
    columns = (Column((name, "code"), title=_("code")), *in_languages(name, "label"))
    return Field(name, title, meaning, lambda source: source.choice(name), columns)


FIELDS = (
    single(
        "id",
        _("Identifier"),
        _("A tag URI (RFC 4151). It stays when the name or the address changes, and no other network ever gets it."),
        lambda source: tag(source.request, "network", source.row.pk),
    ),
    Field(
        "url",
        _("Address of the page"),
        _("The network’s page on this site, in each language in which it is written."),
        Source.addresses,
        in_languages("url", datatype="anyURI"),
    ),
    single(
        "slug",
        _("Last part of the address"),
        _("It may change when a network gets another name; the old address then leads to the new one."),
        lambda source: source.row.slug,
    ),
    translated("name", _("Name"), _("The full name. Every network has one in Serbian.")),
    translated("acronym", _("Acronym"), _("The acronym as it is used in the language.")),
    translated("summary", _("Summary"), _("One sentence on what the network is for.")),
    translated(
        "description",
        _("Description"),
        _("What the network does and how the city takes part, as plain text."),
        value=lambda source: source.texts("description", plain_text),
    ),
    translated(
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
        Source.original_name,
        (Column(("original_name", "text")), Column(("original_name", "language"), title=_("language"))),
    ),
    Field(
        "former_names",
        _("Former names"),
        _("Names that the network had before, in the order in which the city recorded them."),
        Source.former_names,
        in_languages("former_names", tags=ONE_OF_THESE, is_list=True),
    ),
    chosen(
        "scope",
        _("Scope"),
        _("From how far the members come: global, european, balkan or national."),
    ),
    chosen(
        "status",
        _("Status"),
        _("The membership today: member, left, ended (the network is no more) or unknown."),
    ),
    Field(
        "themes",
        _("Themes"),
        _("What the network is about. The codes and the names stand in the same order."),
        Source.themes,
        (
            Column(("themes", "code"), is_list=True, title=_("code")),
            *in_languages("themes", "name", is_list=True),
        ),
    ),
    translated("seat", _("Seat"), _("The town, or the town and the country, in which the network has its seat.")),
    translated("benefit", _("What the city gains"), _("What the membership brings to the city.")),
    *(
        translated(
            name,
            capfirst(Network._meta.get_field(name).verbose_name),
            Network._meta.get_field(name).help_text,
            value=lambda source, name=name: source.texts(name, plain_text),
        )
        for name in TRANSLATED
        if name not in ("name", "acronym", "summary", "description", "seat", "benefit")
    ),
    partial_date("founded", _("Founded"), _("When the network was founded, as exactly as it is known.")),
    partial_date("joined", _("Joined"), _("When the city joined, as exactly as it is known.")),
    partial_date(
        "left",
        _("Left"),
        _("When the membership ended, as exactly as it is known. Absent while it lasts."),
    ),
    single("website", _("Website"), _("The network’s own website."), lambda source: source.row.website, "anyURI"),
    single(
        "membership_page",
        _("The network’s page about the city"),
        _("Where the network itself names the city as a member."),
        lambda source: source.row.membership_page,
        "anyURI",
    ),
    recorded_once(
        "deciding_act", _("Decision to join"), _("The decision to join, as it stands in the official gazette.")
    ),
    Field(
        "fee",
        _("Annual fee"),
        _("The amount with two decimals, the currency (ISO 4217) and the year that the amount is for."),
        Source.fee,
        (
            Column(("fee", "amount"), "decimal", title=_("amount")),
            Column(("fee", "currency"), title=_("currency")),
            Column(("fee", "year"), "integer", title=_("year")),
        ),
    ),
    recorded_once(
        "responsible_unit", _("Responsible unit"), _("The unit of the city that looks after the membership.")
    ),
    Field(
        "contact",
        _("Contact"),
        _("Whom to ask about the membership: an official e-mail address and telephone number."),
        Source.contact,
        (Column(("contact", "email"), title=_("e-mail")), Column(("contact", "telephone"), title=_("telephone"))),
    ),
    recorded_once("source", _("Source"), _("Where these facts come from.")),
    single(
        "verified_on",
        _("Verified on"),
        _("The day on which these facts were last confirmed with the network."),
        lambda source: (day := source.row.verified_on) and day.isoformat(),
        "date",
    ),
    single(
        "logo",
        _("Logo"),
        _("The address of a picture in PNG, JPEG or WebP. It is the network’s own: ask it before you use it."),
        lambda source: source.absolute(source.row.logo.url) if source.row.logo else "",
        "anyURI",
    ),
    single(
        "changed_at",
        _("Last changed"),
        _("When what is published was last changed, in universal time."),
        lambda source: iso_moment(source.row.changed_at),
        "dateTime",
    ),
)

COLUMNS = tuple((each, column) for each in FIELDS for column in each.columns)
REQUIRED = {"id", "slug", "name_sr_Cyrl", "name_sr_Latn", "status_code", "changed_at"}


class Dataset:
    """All that is published, as it is now."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.profile = CityProfile.objects.current()
        rows = list(Network.objects.published().prefetch_related("themes"))
        self.records = [record(Source(request, row)) for row in rows]
        # When one was taken off the site, that was a change too.
        taken_off = Event.objects.filter(kind__in=[Event.Kind.WITHDRAWN, Event.Kind.DELETED])
        last = taken_off.aggregate(last=Max("created_at"))["last"]
        moments = [row.changed_at for row in rows] + [self.profile.changed_at, last]
        self.changed_at = max((moment for moment in moments if moment), default=None)

    def json(self) -> bytes:
        profile = {code: Reader(code).profile(self.profile) for code in TAGS}
        document = {
            "id": tag(self.request, "networks"),
            "title": in_each_language(TITLE),
            "description": in_each_language(SUBJECT),
            "city": {
                "id": tag(self.request, "city"),
                "name": texts_of(profile, "city_name"),
                "website": self.profile.website,
            },
            "licence": {
                "name": unmarked(self.profile.licence_name),
                "url": self.profile.licence_url,
            },
            "documentation": self.documentation(),
            "modified": iso_moment(self.changed_at),
            "networks": self.records,
        }
        filled = {
            name: without_empty(value) if isinstance(value, dict) else value for name, value in document.items()
        }
        return as_json({name: value for name, value in filled.items() if value or name == "networks"})

    def csv(self) -> bytes:
        """Return one line for each network, in UTF-8 without a BOM: its metadata names the encoding."""
        lines = io.StringIO(newline="")
        writer = csv.writer(lines, lineterminator="\r\n")
        writer.writerow(column.name for _field, column in COLUMNS)
        for each in self.records:
            writer.writerow(cell(each, column) for _field, column in COLUMNS)
        return lines.getvalue().encode()

    def metadata(self) -> bytes:
        """Return what describes the CSV to programs, by the W3C's metadata vocabulary for tabular data."""
        description = {
            "@context": "http://www.w3.org/ns/csvw",
            "url": "networks.csv",
            "dc:identifier": tag(self.request, "networks"),
            "dc:title": tagged_values(in_each_language(TITLE)),
            "dc:description": tagged_values(in_each_language(SUBJECT)),
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
                "columns": [described(each, column) for each, column in COLUMNS],
            },
        }
        return as_json(without_empty(description))

    def documentation(self) -> dict[str, str]:
        return {
            each: self.request.build_absolute_uri(address(code, "public:open_data")) for code, each in TAGS.items()
        }


def record(source: Source) -> dict:
    """Return a network as it stands in the JSON. What is empty is left out."""
    return without_empty({each.name: each.value(source) for each in FIELDS})


def without_empty(values: dict) -> dict:
    return {name: value for name, value in values.items() if value not in (None, "", {}, [])}


def in_each_language(text) -> dict[str, str]:
    """Return words of the interface in every language of the site, by tag."""
    texts = {}
    for code, each in TAGS.items():
        with override(code):
            texts[each] = str(text)
    return texts


def tagged_values(texts: dict[str, str]) -> list[dict]:
    return [{"@value": text, "@language": each} for each, text in texts.items()]


def as_json(value) -> bytes:
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n".encode()


def described(each: Field, column: Column) -> dict:
    """Return the metadata of a column. Its heading in the file is one of its titles, as the standard asks."""
    titles = in_each_language(each.title)
    if column.title:
        details = in_each_language(column.title)
        titles = {key: f"{title}: {details[key]}" for key, title in titles.items()}
    if column.language:
        titles = {key: f"{title} ({column.language})" for key, title in titles.items()}
    return without_empty(
        {
            "name": column.name,
            "titles": {UNKNOWN: column.name, **titles},
            "dc:description": tagged_values(in_each_language(each.meaning)),
            "datatype": column.datatype,
            "lang": column.language,
            "separator": SEPARATOR if column.is_list else None,
            "required": column.name in REQUIRED or None,
        }
    )


# Cells

# Where a spreadsheet may take something for the beginning of a formula, also behind quotation marks and apostrophes.
# One that parts cells by semicolons takes the quotation marks around a text for a part of it. So for it, a cell
# begins behind each semicolon and line end in a text, too.
FORMULA = re.compile(
    r"""(?:\A|(?<=[;\n\r]))(?=(?:['"]|[^\S\n\r])*[=+\-@\uff1d\uff0b\uff0d\uff20]|['"]*[\t\r])""",
)
# A telephone number without any sign that a spreadsheet would calculate with.
TELEPHONE = re.compile(r"\+[0-9][0-9 ()]{5,}")


def cell(network: dict, column: Column) -> str:
    """Return what stands in a column of the CSV, from a record of the JSON."""
    value = value_at(network, column.path)
    if isinstance(value, list):
        # Where an item has no text in this language, its place stays empty, so that names and codes can be paired.
        items = [item or "" for item in value]
        if column.path[0] == "former_names":
            items = [item for item in items if item]
        value = SEPARATOR.join(items) if any(items) else ""
    return harmless("" if value is None else str(value))


def value_at(value, path: tuple[str, ...]):
    """Return what stands at a path of keys; of a list, what stands there in each item; None where nothing does."""
    if isinstance(value, list):
        return [value_at(item, path) for item in value]
    if not path or value is None:
        return value
    return value_at(value.get(path[0]), path[1:])


def harmless(text: str) -> str:
    """
    Return a cell in which no spreadsheet runs anything as a formula: where one could, an apostrophe is put in front.

    Telephone numbers such as +381 18 504 000 stay as they are. Whoever takes one apostrophe away where what follows
    looks like a formula, has the text as it was.
    """
    return text if TELEPHONE.fullmatch(text) else FORMULA.sub("'", text)
