"""
The open data: its fields, networks.json, the CSV files and their metadata.

FIELDS is the schema. It makes the records of networks.json; the CSV files are made from those records; their metadata
and the page /open-data/ describe it. Each file is written network by network, so that of very many networks no more
than the file itself takes memory.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from io import BytesIO
from urllib.parse import quote

from django.db.models import Max
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from networks.languages import SERBIAN, SERBIAN_LATIN, reverse_in, slug_url
from networks.models import TRANSLATED, CityProfile, Event, Network
from networks.public.identifiers import iri, tag_uri
from networks.public.line_tables import LINES, line_records
from networks.public.tables import (
    TAGS,
    UNKNOWN,
    Column,
    Field,
    Label,
    Record,
    Source,
    Table,
    choice_field,
    interface_texts,
    iso_datetime,
    language_columns,
    language_values,
    partial_date_field,
    single_field,
    to_json,
    translated_field,
    translated_texts,
    untranslated_texts,
    without_empty,
)
from networks.reading import Reader, ThemeReading
from networks.rich_text import plain_text
from networks.serbian import is_cyrillic

TITLE = _("Memberships in networks of cities")
SUBJECT = _(
    "The networks of cities that the city belongs to or has belonged to: since when, what for, and whom in the city "
    "administration to ask."
)


class NetworkSource(Source):
    """A network and its readings in every language of the site."""

    def __init__(self, request: HttpRequest, row: Network):
        super().__init__({code: Reader(code).network(row) for code in TAGS})
        self.request = request
        self.row = row
        self.known_lines: dict[str, list[Record]] = {}

    def value(self, name: str) -> object:
        return getattr(self.row, name)

    def absolute(self, url: str) -> str:
        return self.request.build_absolute_uri(url)

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
            TAGS[code]: self.absolute(slug_url(code, "public:network", self.row.slug))
            for code, reading in self.readings.items()
            if reading.is_available_in(code)
        }

    def coordinates(self) -> dict | None:
        row = self.row
        if row.seat_latitude is None:
            return None
        return {"latitude": float(row.seat_latitude), "longitude": float(row.seat_longitude)}

    def deciding_act(self) -> dict[str, str]:
        """Return the title of the first of the decisions among the documents, by language tag."""
        decisions = (line for line in self.lines("documents") if line.get("kind", {}).get("code") == "decision")
        return next(decisions, {}).get("title", {})

    def fee(self) -> Record | None:
        """Return the fee of the latest year."""
        keys = ("amount", "currency", "year")
        fees = [line for line in self.lines("fees") if line.keys() >= {*keys}]
        latest = max(fees, key=lambda line: line["year"], default=None)
        return latest and {key: latest[key] for key in keys}

    def lines(self, name: str) -> list[Record]:
        if name not in self.known_lines:  # several fields and files ask for the same ones
            self.known_lines[name] = line_records(name, self.readings, self.absolute)
        return self.known_lines[name]

    @cached_property
    def record(self) -> Record:
        """The network as an object of the JSON, without empty fields."""
        return without_empty({each.name: each.value(self) for each in FIELDS})

    def records(self, name: str) -> list[Record]:
        """Return its rows in one of TABLES: itself, or its lines."""
        if name == "networks":
            return [self.record]
        identity = {each.name: each.value(self) for each in FIELDS if each.name in ("iri", "id", "slug")}
        return [
            {"iri": f"{identity['iri']}#{quote(line['id'])}", "network": identity, **line}
            for line in self.lines(name)
        ]

    def contact(self) -> dict:
        contact = {"email": self.row.contact_email, "telephone": self.row.contact_phone}
        return {name: value for name, value in contact.items() if value}


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


FIELDS = (
    single_field(
        "id",
        _("Identifier"),
        _("A tag URI (RFC 4151). It stays when the name or the address changes, and no other network ever gets it."),
        lambda source: tag_uri("network", source.row.pk),
    ),
    single_field(
        "iri",
        _("Identifier as a web address"),
        _("It stays as long as the identifier, and leads to the page of the network."),
        lambda source: iri("network", source.row.pk),
        "anyURI",
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
    choice_field(
        "seat_country",
        _("Country of the seat"),
        _("The country in which the network has its seat: its code in ISO 3166-1, and its name."),
    ),
    Field(
        "seat_coordinates",
        _("Coordinates of the seat"),
        _("Latitude and longitude of the town in degrees (WGS 84), those in the south and in the west negative."),
        NetworkSource.coordinates,
        (
            Column(("seat_coordinates", "latitude"), "decimal", title=_("latitude")),
            Column(("seat_coordinates", "longitude"), "decimal", title=_("longitude")),
        ),
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
    single_field(
        "wikidata",
        capfirst(Network._meta.get_field("wikidata").verbose_name),
        _("The number of the network in Wikidata, where somebody has looked it up."),
        lambda source: source.row.wikidata,
    ),
    translated_field(
        "deciding_act",
        _("Decision to join"),
        _("The title of the first decision among the documents."),
        value=NetworkSource.deciding_act,
    ),
    Field(
        "fee",
        _("Annual fee"),
        _("The latest one: the amount with two decimals, the currency (ISO 4217) and the year that it is for."),
        NetworkSource.fee,
        (
            Column(("fee", "amount"), "decimal", title=_("amount")),
            Column(("fee", "currency"), title=_("currency")),
            Column(("fee", "year"), "integer", title=_("year")),
        ),
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
    *(
        Field(name, table.title, table.meaning, lambda source, name=name: source.lines(name))
        for name, table in LINES.items()
    ),
    single_field(
        "changed_at",
        _("Last changed"),
        _("When what is published was last changed, in universal time."),
        lambda source: iso_datetime(source.row.changed_at),
        "dateTime",
    ),
)

NETWORKS = Table(
    file="networks.csv",
    title=TITLE,
    meaning=SUBJECT,
    fields=FIELDS,
    key="id",
    about="iri",
    required=frozenset({"id", "iri", "slug", "name_sr_Cyrl", "name_sr_Latn", "status_code", "changed_at"}),
)
TABLES = {"networks": NETWORKS, **LINES}


class DataFile(ABC):
    """A file of the open data as it is written: what stands before the networks, of each network, and after them."""

    @abstractmethod
    def begin(self) -> bytes: ...

    @abstractmethod
    def add_network(self, source: NetworkSource) -> bytes: ...

    def end(self) -> bytes:
        return b""


class Dataset:
    """The published networks and the city profile."""

    CHUNK = 500  # networks that are read from the database at a time

    def __init__(self, request: HttpRequest):
        self.request = request
        self.profile = CityProfile.objects.current()
        # Unpublishing or deleting a network changes the data too.
        taken_off = Event.objects.filter(kind__in=[Event.Kind.WITHDRAWN, Event.Kind.DELETED])
        moments = [
            Network.objects.published().aggregate(last=Max("changed_at"))["last"],
            taken_off.aggregate(last=Max("created_at"))["last"],
            self.profile.changed_at,
        ]
        self.changed_at = max((moment for moment in moments if moment), default=None)

    def sources(self) -> Iterator[NetworkSource]:
        for row in Network.objects.published().prefetch_related("themes").iterator(self.CHUNK):
            yield NetworkSource(self.request, row)

    def body(self, file: DataFile) -> bytes:
        """Return a whole file."""
        body = BytesIO()
        body.write(file.begin())
        for source in self.sources():
            body.write(file.add_network(source))
        body.write(file.end())
        return body.getvalue()

    @property
    def readings(self) -> dict:
        """The readings of the city profile by language code."""
        return {code: Reader(code).profile(self.profile) for code in TAGS}

    def description(self) -> Record:
        """Return what networks.json says beside the networks."""
        document = {
            "id": tag_uri("networks"),
            "title": self.title(),
            "description": interface_texts(SUBJECT),
            "city": without_empty(
                {
                    "id": tag_uri("city"),
                    "iri": iri("city"),
                    "name": translated_texts(self.readings, "city_name"),
                    "website": self.profile.website,
                }
            ),
            "licence": without_empty(
                {
                    "name": untranslated_texts(self.profile.licence_name),
                    "url": self.profile.licence_url,
                }
            ),
            "documentation": self.documentation(),
            "modified": iso_datetime(self.changed_at),
        }
        return without_empty(document)

    def metadata(self) -> bytes:
        """Return the metadata of all CSV files (W3C: Metadata Vocabulary for Tabular Data)."""
        description = {
            "@context": "http://www.w3.org/ns/csvw",
            "dc:identifier": tag_uri("networks"),
            "dc:title": language_values(self.title()),
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
            "tables": [table.metadata() for table in TABLES.values()],
        }
        return to_json(without_empty(description))

    def title(self, text: Label = TITLE) -> dict[str, str]:
        """Return the title of the data by language tag, with the name of the city, by which portals tell it apart."""
        cities = {TAGS[code]: reading.city_name for code, reading in self.readings.items()}
        return {
            each: f"{title} – {cities[each]}" if cities[each] else title
            for each, title in interface_texts(text).items()
        }

    def documentation(self) -> dict[str, str]:
        """Return the URL of the page /open-data/ by language tag."""
        return {
            each: self.request.build_absolute_uri(reverse_in(code, "public:open_data")) for code, each in TAGS.items()
        }


class JSONFile(DataFile):
    """networks.json"""

    def __init__(self, dataset: Dataset):
        self.dataset = dataset
        self.is_empty = True

    def begin(self) -> bytes:
        return to_json(self.dataset.description() | {"networks": []}).removesuffix(b"]\n}\n")

    def add_network(self, source: NetworkSource) -> bytes:
        comma, self.is_empty = "" if self.is_empty else ",", False
        record = json.dumps(source.record, ensure_ascii=False, indent=2)
        # No string of JSON has a line feed.
        return f"{comma}\n{record}".replace("\n", "\n    ").encode()

    def end(self) -> bytes:
        return b"]\n}\n" if self.is_empty else b"\n  ]\n}\n"


class CSVFile(DataFile):
    """The file of one of TABLES."""

    def __init__(self, name: str):
        self.name, self.table = name, TABLES[name]

    def begin(self) -> bytes:
        return self.table.csv_header()

    def add_network(self, source: NetworkSource) -> bytes:
        return self.table.csv_lines(source.records(self.name))
