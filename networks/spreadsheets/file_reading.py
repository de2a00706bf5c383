"""Read spreadsheets: XLSX and ODS with python-calamine, CSV with Python's own module."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from citynetworks.limited_process import ProcessFailed, output_lines
from networks.spreadsheets.columns import ID, REVISION, Column, ReadCell, read_text
from networks.spreadsheets.formulas import unescape_formula

Row = list[ReadCell]

LARGEST_FILE = 9 * 1024 * 1024  # bytes, which with the rest of the form fits into citynetworks.request_limits
MOST_ROWS = 10_000
MOST_COLUMNS = 500
LARGEST_MEMORY = 256 * 1024 * 1024  # bytes, in which files of 10,000 rows fit
LONGEST_WORK = 60  # seconds of processor time
LONGEST_WAIT = 120  # seconds

CALAMINE = Path(__file__).with_name("calamine_process.py")

ZIP = b"PK\x03\x04"
# Of the formats of Office before 2007, and of encrypted files
COMPOUND_FILE = b"\xd0\xcf\x11\xe0"


def unreadable() -> ValidationError:
    return ValidationError(
        _("This file cannot be read. Open it in your spreadsheet program, save it as XLSX and upload the new file.")
    )


@dataclass
class Table:
    """
    A spreadsheet whose keys are known. `indexes` are the places of the columns that an import reads, by key.

    `rows` yields each row with its number in the file, those that are empty left out.
    """

    columns: dict[str, Column]
    indexes: dict[str, int]
    rows: Iterator[tuple[int, Row]] = field(repr=False)


def read_table(content: bytes, columns: Sequence[Column]) -> Table:
    """
    Read a spreadsheet with these columns. Raise ValidationError, also from the iterator of its rows.

    The keys stand in the second row, or in the first where somebody has deleted the headings.
    """
    return table_of(read_rows(content), columns)


def table_of(lines: Iterable[Row], columns: Sequence[Column]) -> Table:
    """Return the table of the rows of a file. Raise ValidationError, also from the iterator of its rows."""
    rows = enumerate(lines, 1)
    keys: list[str] = []
    for _number, row in islice(rows, 2):
        keys = [read_text(cell) for cell in row]
        if ID in keys or REVISION in keys:
            break
    known = {column.key: column for column in columns}
    check_keys(keys, known)
    indexes = {key: index for index, key in enumerate(keys) if key and (known[key].read or key in (ID, REVISION))}
    return Table(known, indexes, numbered_rows(rows, keys))


def check_keys(keys: Sequence[str], known: dict[str, Column]) -> None:
    """Raise ValidationError for keys that are missing, unknown or there twice."""
    if ID not in keys or REVISION not in keys:
        raise ValidationError(
            _(
                "The columns “{id}” and “{revision}” are missing. Upload a file that was exported here, with the row "
                "of keys below the headings as it was."
            ).format(id=ID, revision=REVISION)
        )
    unknown = [key for key in keys if key and key not in known]
    if unknown:
        raise ValidationError(
            _("No column is called “{key}” here. Delete that column, or correct the key below its heading.").format(
                key=unknown[0]
            )
        )
    doubled = [key for key in keys if key and keys.count(key) > 1]
    if doubled:
        raise ValidationError(
            _("The column “{key}” is there more than once. Delete one of them.").format(key=doubled[0])
        )


def numbered_rows(rows: Iterator[tuple[int, Row]], keys: Sequence[str]) -> Iterator[tuple[int, Row]]:
    count = 0
    for number, row in rows:
        if not any(cell != "" for cell in row):
            continue
        count += 1
        if count > MOST_ROWS:
            raise ValidationError(
                _("The file has more than {count} rows. Split it, and upload the parts one by one.").format(
                    count=MOST_ROWS
                )
            )
        if any(cell != "" for index, cell in enumerate(row) if index >= len(keys) or not keys[index]):
            raise ValidationError(
                _("Row {row}: something stands in a column without a key. Delete it, or move it.").format(row=number)
            )
        yield number, row + [""] * (len(keys) - len(row))


def read_rows(content: bytes) -> Iterator[Row]:
    """Yield the rows of a file, whichever of the formats it has. Raise ValidationError."""
    if content.startswith(ZIP):
        return workbook_rows(content)
    if content.startswith(COMPOUND_FILE):
        raise ValidationError(
            _("This file has an old format, or a password. Save it as XLSX without a password, and upload that.")
        )
    return csv_rows(content)


def workbook_rows(content: bytes) -> Iterator[Row]:
    """Yield the rows of an XLSX or ODS file, read in a process of its own. Raise ValidationError."""
    lines = output_lines(
        CALAMINE, ID, content=content, memory=LARGEST_MEMORY, work=LONGEST_WORK, longest_wait=LONGEST_WAIT
    )
    try:
        for line in lines:
            read = json.loads(line, object_hook=read_object)
            if isinstance(read, list):
                yield check_width(read)
            elif read["calculated"] is not None:
                raise calculated_error(read["calculated"])
    except (ProcessFailed, json.JSONDecodeError):  # it was ended, perhaps while it wrote
        raise unreadable() from None
    finally:
        lines.close()


def read_object(read: dict) -> Any:
    return date.fromisoformat(read["date"]) if "date" in read else read


def check_width(row: Row) -> Row:
    if len(row) > MOST_COLUMNS:
        raise ValidationError(
            _("The file has more than {count} columns. Delete those that were not exported.").format(
                count=MOST_COLUMNS
            )
        )
    return row


def calculated_error(cell: str) -> ValidationError:
    if cell:
        text = _(
            "Cell {cell} has a formula, or an error in place of a value. Copy such cells, and insert them as values."
        ).format(cell=cell)
    else:
        text = _("A cell has a formula, or an error in place of a value. Copy such cells, and insert them as values.")
    return ValidationError(text)


def csv_rows(content: bytes) -> Iterator[Row]:
    """Yield the rows of a CSV in UTF-8 or UTF-16, with whichever separator. Raise ValidationError."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise ValidationError(
            _("The letters of this file cannot be read. Save it as “CSV UTF-8” or as XLSX, and upload the new file.")
        ) from None
    if "\0" in text:
        raise unreadable()
    delimiter = next((each for each in ",;\t" if has_key_in_csv(text, each)), ",")
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield check_width([unescape_formula(cell) for cell in row])
    except csv.Error:
        raise unreadable() from None


def has_key_in_csv(text: str, delimiter: str) -> bool:
    with suppress(csv.Error):
        return any(ID in row for row in islice(csv.reader(StringIO(text, newline=""), delimiter=delimiter), 2))
    return False
