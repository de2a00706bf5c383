"""
Read an XLSX or ODS file with python-calamine, in a process of its own.

A small file may be made to fill the memory: zipped zeros, or one cell in the last row of the last column. Here, that
ends a process with limits on its memory and time, and not the server. `file_reading` runs this file as a script; it
imports nothing of ours. It reads the file from standard input and writes lines of JSON: first a dictionary that may
name a cell with a formula or an error, and then a list for each row, in which dates are {"date": "2007-05-03"}.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

LARGEST_CONTENT = 400 * 1024 * 1024  # bytes of an unzipped file

PIECE = 1024 * 1024  # bytes

# Of a cell with a formula, calamine returns the last result, if any; of one with an error, nothing.
XLSX_CALCULATED = re.compile(rb'<c\b(?P<attributes>[^>]*)(?:\bt="e"|(?<!/)>\s*<f[\s/>])')
XLSX_PLACE = re.compile(rb'\br="([A-Z]+[0-9]+)"')
ODS_CALCULATED = re.compile(rb'\btable:formula="|\bcalcext:value-type="error"')


def calculated_cell(content: bytes) -> str | None:
    """Return where the first cell with a formula or an error stands, "" where that is not known, None for none."""
    with ZipFile(BytesIO(content)) as archive:
        # By what they say of themselves, which saves the time; those that lie come up against the other limits.
        if sum(each.file_size for each in archive.infolist()) > LARGEST_CONTENT:
            raise BadZipFile
        for name in archive.namelist():
            is_xlsx = name.startswith("xl/worksheets/") and name.endswith(".xml")
            if not is_xlsx and name != "content.xml":
                continue
            pattern, rest = (XLSX_CALCULATED if is_xlsx else ODS_CALCULATED), b""
            with archive.open(name) as part:
                while piece := part.read(PIECE):
                    rest += piece
                    if found := pattern.search(rest):
                        place = XLSX_PLACE.search(found[0]) if is_xlsx else None
                        return place[1].decode() if place else ""
                    # What may be the beginning of a cell
                    rest = rest[max(rest.rfind(b"<c"), len(rest) - 1000) :]
    return None


def rows_of(sheet: CalamineSheet) -> Iterator[list]:
    """Yield the rows of a sheet from the first row and the first column on."""
    if sheet.start is None:
        return
    left = [""] * sheet.start[1]
    for row in sheet.iter_rows():
        yield left + row


def sheet_with_keys(workbook: CalamineWorkbook, key: str) -> CalamineSheet:
    """Return the sheet that has a key in one of its first two rows; the first sheet where none has."""
    sheets = map(workbook.get_sheet_by_index, range(len(workbook.sheet_names)))
    for sheet in sheets:
        for number, row in enumerate(rows_of(sheet)):
            if key in row:
                return sheet
            if number:
                break
    return workbook.get_sheet_by_index(0)


def as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        value = value.date()
    return {"date": value.isoformat()} if isinstance(value, date) else str(value)


def main(key: str) -> None:
    content = sys.stdin.buffer.read()
    calculated = calculated_cell(content)
    print(json.dumps({"calculated": calculated}))
    if calculated is None:
        for row in rows_of(sheet_with_keys(CalamineWorkbook.from_object(BytesIO(content)), key)):
            print(json.dumps(row, default=as_json))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (CalamineError, BadZipFile, NotImplementedError, RuntimeError):  # damaged, or encrypted
        sys.exit(1)
