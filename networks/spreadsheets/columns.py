"""
The columns of the spreadsheets of networks: how a cell is made of a value, and a value of a cell.

Each field of the content of a network is a column. Its key is the name of the field; headings, choices and themes are
in the active language. Dates are ISO text to the precision that is known.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from networks.languages import SERBIAN, SERBIAN_LATIN, language_codes, language_of_column, stored_languages
from networks.models import Network, Theme
from networks.models.lines import Line, LinesField
from networks.models.model_fields import CoordinateField, CountryField, normalise_line_ends
from networks.partial_dates import PartialDate, PartialDateField, PartialDateFormField
from networks.pictures import PictureField
from networks.reading import Reader, translated_fields
from networks.revisions.comparison import display_text
from networks.revisions.content import Content, content_fields, field_label
from networks.rich_text import NOT_IN_XML, RichTextField
from networks.serbian import fold

# What is written into a cell, and what is read from one: a CSV has text alone, other files also numbers and dates
Cell = str | int | Decimal
ReadCell = str | int | float | bool | date

# Characters of the lines of one field; a cell takes 32,767.
LONGEST_LINES = 30_000

# The keys of the columns that say which network a row is, and which revision it was made from
ID, REVISION = "id", "revision"

# Without separators, because 1.500 is another number in Serbian than in English, and small enough for the database
NUMBER = re.compile(r"[0-9]{1,18}(?:[.,][0-9]{1,2})?")
DEGREES = re.compile(r"-?[0-9]{1,3}(?:[.,][0-9]{1,15})?")

NOT_KNOWN = gettext_lazy("“{text}” is not known here. Write one of these: {names}.")
# There are too many of them to name.
NO_COUNTRY = gettext_lazy("“{text}” is no country that is known here. Write its name, or its code, such as RS.")


@dataclass(frozen=True)
class ExportedNetwork:
    """A network as a row of a spreadsheet has it: the content of the revision with this number."""

    pk: int
    number: int
    content: Content


@dataclass(frozen=True)
class Column:
    """
    A column of the spreadsheets.

    `read` returns a value for the field of the content named `key`, and raises ValidationError. A column that is only
    for people to read has none, and an import ignores it. `texts` are other cells that an export may have written of
    the same network, such as in another language.
    """

    key: str
    heading: str
    cell: Callable[[ExportedNetwork], Cell]
    read: Callable[[ReadCell], Any] | None = None
    is_number: bool = False
    width: int = 20  # characters
    texts: Callable[[ExportedNetwork], Iterable[str]] = lambda network: ()

    def is_unchanged(self, network: ExportedNetwork, cell: ReadCell) -> bool:
        """Say whether a cell is as it was exported. Most are, and need not be parsed, or even be valid."""
        exported = self.cell(network)
        if not isinstance(cell, str) or not isinstance(exported, str):
            return False
        if exported.strip() == cell.strip():
            return True
        words = cell.split()
        return any(text.split() == words for text in self.texts(network))


class Names:
    """
    The names of choices or themes in cells: those in the active language are written, those in each language read.

    A name that two codes share stands for neither; the code is written instead.
    """

    def __init__(self, names: Callable[[], dict[str, str]], unknown: Promise = NOT_KNOWN):
        self.names = names()
        self.unknown = unknown
        codes: dict[str, set[str]] = {fold(code): {code} for code in self.names}
        for language in language_codes():
            with override(language):
                for code, name in names().items():
                    codes.setdefault(fold(name), set()).add(code)
        self.codes = {name: min(having) for name, having in codes.items() if len(having) == 1}

    def name(self, code: str) -> str:
        name = self.names.get(code, code)
        return xml_text(name if self.codes.get(fold(name)) == code else code)

    def code(self, name: str) -> str:
        """Return the code of a name, in any language, or of itself. Raise ValidationError."""
        code = name if name in self.names else self.codes.get(fold(name))
        if code is None:
            raise ValidationError(str(self.unknown).format(text=name, names=", ".join(self.names.values())))
        return code


def make_columns() -> list[Column]:
    """Return the columns in the active language, those for reading only among them."""
    columns = [
        Column(ID, _("Number of the network"), lambda network: network.pk, is_number=True, width=9),
        Column(REVISION, _("Number of the version"), lambda network: network.number, is_number=True, width=9),
    ]
    fields = content_fields(Network)
    # The address says little to those who read the sheet.
    for name in sorted(fields, key="slug".__eq__):
        if (language_of_column(name) or SERBIAN) not in stored_languages():
            continue  # of a language that is not offered any more
        columns.append(field_column(fields[name]))
        if name.removesuffix(f"_{SERBIAN}") in translated_fields(Network):
            columns.append(latin_column(fields[name]))
    return columns


def field_column(field: models.Field) -> Column:
    """Return the column of a field of the content."""
    name = field.name
    heading = capfirst(field_label(Network, name))
    width = 60 if isinstance(field, models.TextField) else 20

    def text_cell(network: ExportedNetwork) -> Cell:
        return xml_text(network.content[name] or "")

    def number_cell(network: ExportedNetwork) -> Cell:
        value = network.content[name]
        if value in (None, ""):
            return ""
        return Decimal(value) if isinstance(field, models.DecimalField) else value

    if isinstance(field, models.ManyToManyField):
        themes = Names(theme_names)
        return Column(
            name,
            heading,
            lambda network: "\n".join(map(themes.name, network.content[name])),
            lambda cell: sorted({themes.code(line) for line in map(str.strip, read_text(cell).split("\n")) if line}),
            width=30,
        )
    if isinstance(field, PictureField):
        heading = read_only(heading)
        return Column(name, heading, lambda network: (network.content[name] or {}).get("name", ""))
    if isinstance(field, LinesField):
        return lines_column(field)
    if field.choices:
        unknown = NO_COUNTRY if isinstance(field, CountryField) else NOT_KNOWN
        choices = Names(lambda: {code: str(label) for code, label in field.flatchoices}, unknown)
        return Column(
            name,
            heading,
            lambda network: choices.name(network.content[name]) if network.content[name] else "",
            lambda cell: choices.code(text) if (text := read_text(cell)) else "",
        )
    if isinstance(field, PartialDateField):
        return Column(name, heading, text_cell, read_partial_date)
    if isinstance(field, models.DateField):
        return Column(name, heading, text_cell, read_day)
    if isinstance(field, CoordinateField):
        return Column(name, heading, text_cell, read_degrees)
    if isinstance(field, models.DecimalField):
        return Column(name, heading, number_cell, read_decimal, is_number=True)
    if isinstance(field, models.IntegerField):
        return Column(name, heading, number_cell, read_integer, is_number=True)
    return Column(
        name, heading, text_cell, read_text if isinstance(field, models.TextField) else read_line, width=width
    )


def lines_column(field: LinesField) -> Column:
    """Return the column with the lines of a field in words. They are changed in the form alone."""

    def text(lines: list[Line], language: str) -> str:
        with override(language):
            text = xml_text(display_text(field, lines, Reader()))
        if len(text) <= LONGEST_LINES:
            return text
        return text[:LONGEST_LINES].rpartition("\n")[0] + "\n…"

    def texts(network: ExportedNetwork) -> Iterator[str]:
        lines = network.content[field.name]
        for each in (lines, field.public_lines(lines)):
            yield from (text(each, language) for language in language_codes())

    def read(cell: ReadCell) -> None:
        raise ValidationError(
            _("What stands here is changed in the form of the network. Leave the cell as it was exported.")
        )

    heading, here = read_only(capfirst(field_label(Network, field.name))), get_language() or ""
    return Column(
        field.name,
        heading,
        lambda network: text(network.content[field.name], here),
        read,
        width=60,
        texts=texts,
    )


def latin_column(field: models.Field) -> Column:
    """Return the column with the Serbian text of a field in Latin, for reading only."""
    reader, is_html = Reader(SERBIAN_LATIN), isinstance(field, RichTextField)

    def cell(network: ExportedNetwork) -> Cell:
        return xml_text(str(reader.serbian(network.content[field.name] or "", is_html=is_html)))

    name = getattr(Network._meta.get_field(field.name.removesuffix(f"_{SERBIAN}")), "verbose_name", "")
    heading = read_only(_("{field} (in Serbian Latin)").format(field=capfirst(name)))
    return Column(f"{field.name}_latin", heading, cell, width=60 if isinstance(field, models.TextField) else 20)


def read_only(heading: str | Promise) -> str:
    return _("{heading}, only to be read").format(heading=heading)


def theme_names() -> dict[str, str]:
    """Return the names of the themes by their slugs, in the active language."""
    reader = Reader()
    return {theme.slug: str(reader.text(theme, "name")) for theme in Theme.objects.all()}


def xml_text(text: str) -> str:
    """Return a text without what the formats cannot hold. A tab, which calamine does not read in ODS, is a space."""
    return NOT_IN_XML.sub("", text).replace("\t", " ")


# Values of cells. Each function returns what `networks.revisions.content` takes for the field; ValidationError says
# what to write instead.


def read_text(cell: ReadCell) -> str:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return normalise_line_ends(cell.isoformat() if isinstance(cell, date) else NOT_IN_XML.sub("", str(cell)))


def read_line(cell: ReadCell) -> str:
    return " ".join(read_text(cell).split("\n"))


def read_partial_date(cell: ReadCell) -> PartialDate | None:
    return PartialDateFormField(required=False).clean(read_text(cell))


def read_day(cell: ReadCell) -> date | None:
    day = read_partial_date(cell)
    if day is not None and day.precision != "day":
        raise ValidationError(_("Enter a whole day, such as 2026-05-03."))
    return None if day is None else day.earliest


def read_decimal(cell: ReadCell) -> Decimal | None:
    text = read_number(cell)
    if not text:
        return None
    if not NUMBER.fullmatch(text):
        raise ValidationError(_("Enter a number such as 1500 or 1500.50, without separators between thousands."))
    return Decimal(text.replace(",", "."))


def read_number(cell: ReadCell) -> str:
    # A spreadsheet calculates in binary: 0.1 + 0.2 is 0.30000000000000004.
    return f"{round(cell, 6):f}".rstrip("0").rstrip(".") if isinstance(cell, float) else read_text(cell)


def read_degrees(cell: ReadCell) -> Decimal | None:
    text = read_number(cell).replace("−", "-")
    if not text:
        return None
    if not DEGREES.fullmatch(text):
        raise ValidationError(_("Enter degrees such as 43.3209; those in the south and in the west are negative."))
    return Decimal(text.replace(",", "."))


def read_integer(cell: ReadCell) -> int | None:
    number = read_decimal(cell)
    if number is not None and number % 1:
        raise ValidationError(_("Enter a whole number."))
    return None if number is None else int(number)
