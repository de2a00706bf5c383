"""
Tables of the open data: columns, CSV files, and the metadata that describes them to programs (W3C CSV on the Web).

A table is made of records of the JSON, one for each of its rows.
"""

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from networks.languages import SERBIAN, SERBIAN_LATIN, language_codes, language_tag
from networks.reading import Reader
from networks.serbian import is_cyrillic
from networks.spreadsheets.formulas import escape_formula

TAGS = {code: language_tag(code) for code in language_codes()}
# BCP 47, undetermined: the language of an untranslated text that is not in Cyrillic.
UNKNOWN = "und"

# Between the items of a list in a cell of the CSV. Names may contain commas and semicolons, but no line ends.
SEPARATOR = "\n"

Record = dict[str, Any]
Label = str | Promise


# Texts


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


# Fields and columns


class Source(ABC):
    """A network, or a line of one, and its readings in every language of the site."""

    def __init__(self, readings: dict[str, Any]):
        self.readings = readings

    @abstractmethod
    def value(self, name: str) -> Any:
        """Return a value as it is stored."""

    def texts(self, name: str, change: Callable[[str], str] = str) -> dict[str, str]:
        """Return the texts of a translated field by language tag, without fallbacks to another language."""
        return translated_texts(self.readings, name, change)

    def choice(self, name: str) -> Record | None:
        """Return the code of a choice and its label by language tag."""
        if not (code := self.value(name)):
            return None
        return {
            "code": code,
            "label": {TAGS[code]: getattr(reading, name) for code, reading in self.readings.items()},
        }


Getter = Callable[[Any], object]

PARTIAL_DATE = {"base": "string", "format": "[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"}


@dataclass(frozen=True)
class Column:
    """
    A column of the CSV. `path` are the keys of its value in a record of the JSON.

    The joined keys are its name: fee_amount for {"fee": {"amount": …}}.
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


def partial_date_field(name: str, title: Label, meaning: Label) -> Field:
    return single_field(
        name, title, meaning, lambda source: (date := source.value(name)) and date.isoformat(), PARTIAL_DATE
    )


def choice_field(name: str, title: Label, meaning: Label) -> Field:
    """Return a field with the code and the labels of a choice."""
    columns = (Column((name, "code"), title=_("code")), *language_columns(name, "label"))
    return Field(name, title, meaning, lambda source: source.choice(name), columns)


# Files


@dataclass(frozen=True)
class Table:
    """
    A CSV file: its name, title and meaning, and its fields.

    `key` is the name of the column that no two rows share, `about` that of the column with the IRIs of the rows.
    `references` are the columns that hold the key of a row in another file: {"network_id": ("networks.csv", "id")}.
    """

    file: str
    title: Label
    meaning: Label
    fields: tuple[Field, ...]
    key: str
    about: str
    required: frozenset[str]
    references: dict[str, tuple[str, str]] = field(default_factory=dict)

    @cached_property
    def columns(self) -> list[tuple[Field, Column]]:
        return [(each, column) for each in self.fields for column in each.columns]

    def csv_header(self) -> bytes:
        """Return the first line, in UTF-8 without a BOM: the metadata names the encoding."""
        return csv_bytes([[column.name for _field, column in self.columns]])

    def csv_lines(self, records: Iterable[Record]) -> bytes:
        """Return one line for each record."""
        columns = self.columns
        return csv_bytes([csv_cell(each, column) for _field, column in columns] for each in records)

    def metadata(self) -> Record:
        """Return the description of the file in a group of tables."""
        return without_empty(
            {
                "url": self.file,
                "dc:title": language_values(interface_texts(self.title)),
                "dc:description": language_values(interface_texts(self.meaning)),
                "tableSchema": without_empty(
                    {
                        "aboutUrl": f"{{+{self.about}}}",
                        "primaryKey": self.key,
                        "foreignKeys": [
                            {
                                "columnReference": column,
                                "reference": {"resource": file, "columnReference": key},
                            }
                            for column, (file, key) in self.references.items()
                        ],
                        "columns": [
                            column_metadata(each, column, column.name in self.required)
                            for each, column in self.columns
                        ],
                    }
                ),
            }
        )


def column_metadata(each: Field, column: Column, is_required: bool) -> dict:
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
            "required": is_required or None,
        }
    )


# Cells


def csv_bytes(rows: Iterable[list[str]]) -> bytes:
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue().encode()


def csv_cell(record: Record, column: Column) -> str:
    """Return the cell of a column for a record of the JSON."""
    value = value_at(record, column.path)
    if isinstance(value, list):
        # An item without text in this language is an empty line, so that names and codes can be paired.
        items = [item or "" for item in value]
        if column.path[0] == "former_names":
            items = [item for item in items if item]
        value = SEPARATOR.join(items) if any(items) else ""
    if isinstance(value, float):
        return str(value)  # no formula, also with a minus sign
    return escape_formula("" if value is None else str(value))


def value_at(value: Any, path: tuple[str, ...]) -> Any:
    """Return the value at a path of keys, or None; for a list, the list of the values in each item."""
    if isinstance(value, list):
        return [value_at(item, path) for item in value]
    if not path or value is None:
        return value
    return value_at(value.get(path[0]), path[1:])
