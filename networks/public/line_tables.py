"""
The record of a membership as open data: documents, roles, earlier periods, fees and activities.

The lines of a kind stand under its name in each network of networks.json, and in a CSV file of their own. Private
columns are not among the fields, and a reading of a line does not have them.
"""

from collections.abc import Callable
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from networks.models import Network
from networks.models.document_field import document_url, public_file
from networks.public.tables import (
    Column,
    Field,
    Label,
    Record,
    Source,
    Table,
    choice_field,
    partial_date_field,
    single_field,
    translated_field,
    without_empty,
)
from networks.reading import LineReading, NetworkReading


class LineSource(Source):
    """A line of a network and its readings in every language of the site."""

    def __init__(self, readings: dict[str, LineReading], absolute: Callable[[str], str]):
        super().__init__(readings)
        self.reading = next(iter(readings.values()))
        self.absolute = absolute

    def value(self, name: str) -> Any:
        return self.reading.values.get(name)

    def file_url(self) -> str:
        line = self.reading.line
        return self.absolute(document_url(self.reading.network.slug, line)) if public_file(line) else ""


def stored_field(name: str, title: Label, meaning: Label, datatype: str = "string") -> Field:
    """Return a field whose value is as the line has it."""
    return single_field(name, title, meaning, lambda source: source.reading.line.get(name), datatype)


# What stands in each row of a CSV file before the fields of the line
KEYS = (
    Field(
        "iri",
        _("Identifier as a web address"),
        _("It leads to the page of the network."),
        lambda source: None,
        (Column(("iri",), "anyURI"),),
    ),
    Field(
        "network",
        _("Network"),
        _("The identifier of the network, and the last part of its address."),
        lambda source: None,
        (Column(("network", "id"), title=_("identifier")), Column(("network", "slug"), title=_("address"))),
    ),
)


def line_table(name: str, *fields: Field) -> Table:
    model_field: Any = Network._meta.get_field(name)
    identifier = stored_field("id", _("Line"), _("It stays when other lines of the network come, go or move."))
    return Table(
        file=f"{name}.csv",
        title=capfirst(model_field.verbose_name),
        meaning=model_field.help_text,
        fields=(*KEYS, identifier, *fields),
        key="iri",
        about="iri",
        required=frozenset({"iri", "network_id", "network_slug", "id"}),
        references={"network_id": ("networks.csv", "id")},
    )


TITLE = translated_field("title", _("Title"), _("In each language in which it is written."))
LINK = stored_field("link", _("Link"), _("Where one can read it."), "anyURI")

LINES = {
    "documents": line_table(
        "documents",
        choice_field("kind", _("Kind"), _("decision, agreement, statute, report or other.")),
        TITLE,
        stored_field("number", _("Number"), _("Under which it is filed.")),
        partial_date_field("date", _("Date"), _("As exactly as it is known.")),
        stored_field("language", _("Language"), _("The language of the document (BCP 47).")),
        LINK,
        single_field(
            "file",
            _("File"),
            _("The PDF on this site. The address stays when a newer file takes its place."),
            lambda source: source.file_url(),
            "anyURI",
        ),
    ),
    "roles": line_table(
        "roles",
        choice_field(
            "role",
            _("Role"),
            _("full, associate, observer or signatory; or in a body of the network body-member or body-chair."),
        ),
        translated_field("body", _("Body"), _("The board, committee or group.")),
        partial_date_field("since", _("Since"), _("As exactly as it is known.")),
        partial_date_field("until", _("Until"), _("As exactly as it is known. Absent while it lasts.")),
    ),
    "periods": line_table(
        "periods",
        partial_date_field("joined", _("Joined"), _("As exactly as it is known.")),
        partial_date_field("left", _("Left"), _("As exactly as it is known.")),
    ),
    "fees": line_table(
        "fees",
        stored_field("year", _("Year"), _("The year that the fee is for."), "integer"),
        stored_field("amount", _("Amount"), _("With two decimals."), "decimal"),
        stored_field("currency", _("Currency"), _("By its three letters (ISO 4217).")),
        stored_field("due", _("Due"), _("The day by which it is to be paid."), "date"),
    ),
    "activities": line_table(
        "activities",
        choice_field("kind", _("Kind"), _("meeting, project, visit, award or other.")),
        partial_date_field("date", _("Date"), _("As exactly as it is known.")),
        TITLE,
        LINK,
    ),
}


def line_records(name: str, readings: dict[str, NetworkReading], absolute: Callable[[str], str]) -> list[Record]:
    """
    Return the lines of a kind as objects of the JSON.

    `readings` are those of one network by language code; `absolute` makes an absolute URL of a path of the site.
    """
    fields = LINES[name].fields[len(KEYS) :]
    in_languages = zip(*(reading.lines(name) for reading in readings.values()), strict=True)
    sources = [LineSource(dict(zip(readings, lines, strict=True)), absolute) for lines in in_languages]
    return [without_empty({each.name: each.value(source) for each in fields}) for source in sources]
