"""
Write spreadsheets: XLSX, ODS and CSV, row by row, so that memory does not grow with their number.

Each function is a generator that yields how many rows it has written. Exhaust it to have the whole file.

The first row has headings for people, the second the keys by which an import knows the columns. Cells of text are
marked as text, so that a spreadsheet neither runs them as formulas nor makes dates of them.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import TextIOWrapper
from typing import IO
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.utils.translation import get_language
from xlsxwriter import Workbook

from networks.languages import ENGLISH
from networks.spreadsheets.columns import Cell, Column
from networks.spreadsheets.formulas import escape_formula

Rows = Iterable[Sequence[Cell]]

SHEET = "networks"
# Three lines. Else a row would be as high as its longest text.
ROW_HEIGHT = 45  # points


def write_xlsx(file: IO[bytes], columns: Sequence[Column], rows: Rows) -> Iterator[int]:
    with Workbook(file, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet(SHEET)
        head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "num_format": "@"})
        keys = workbook.add_format({"font_color": "#595959", "bottom": 1, "num_format": "@"})
        text = workbook.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        whole, decimal = (workbook.add_format({"num_format": each, "valign": "top"}) for each in ("0", "0.00"))
        for number, column in enumerate(columns):
            # Also for the cells that are filled later: Excel would make 1 May 2007 of "May 2007".
            sheet.set_column(number, number, column.width, None if column.is_number else text)
            sheet.write_string(0, number, column.heading, head)
        for number, column in enumerate(columns):
            sheet.write_string(1, number, column.key, keys)
        sheet.freeze_panes(2, 0)
        line = 1
        for count, row in enumerate(rows, 1):
            line += 1
            sheet.set_row(line, ROW_HEIGHT)
            for number, cell in enumerate(row):
                if cell == "":
                    continue
                if not isinstance(cell, str):
                    sheet.write_number(line, number, cell, decimal if isinstance(cell, Decimal) else whole)
                # write_string, because write() would take "=1+1" for a formula.
                elif sheet.write_string(line, number, cell, text):
                    raise ValueError(f"XLSX holds no text of {len(cell)} characters.")
            yield count
        # Years are text, as other dates are.
        sheet.ignore_errors({"number_stored_as_text": f"A1:ZZ{line + 1}"})


NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "style": "style",
        "text": "text",
        "table": "table",
        "fo": "xsl-fo-compatible",
        "number": "datastyle",
        "config": "config",
    }.items()
)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
ODS_MANIFEST = f"""{XML}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
 manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:version="1.3"
 manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/><manifest:file-entry
 manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry
 manifest:full-path="settings.xml" manifest:media-type="text/xml"/></manifest:manifest>"""
# The first two rows stay when the sheet is scrolled.
ODS_SETTINGS = f"""{XML}<office:document-settings {NAMESPACES} office:version="1.3"><office:settings>
<config:config-item-set config:name="ooo:view-settings"><config:config-item-map-indexed config:name="Views">
<config:config-item-map-entry><config:config-item config:name="ViewId" config:type="string">view1</config:config-item>
<config:config-item-map-named config:name="Tables"><config:config-item-map-entry config:name="{SHEET}">
<config:config-item config:name="VerticalSplitMode" config:type="short">2</config:config-item>
<config:config-item config:name="VerticalSplitPosition" config:type="int">2</config:config-item>
<config:config-item config:name="PositionBottom" config:type="int">2</config:config-item>
</config:config-item-map-entry></config:config-item-map-named></config:config-item-map-entry>
</config:config-item-map-indexed></config:config-item-set></office:settings></office:document-settings>"""
ODS_STYLES = f"""<office:automatic-styles>
<number:text-style style:name="N1"><number:text-content/></number:text-style>
<number:number-style style:name="N2"><number:number number:decimal-places="2" number:min-decimal-places="2"
 number:min-integer-digits="1"/></number:number-style>
<style:style style:name="row" style:family="table-row"><style:table-row-properties
 style:row-height="{ROW_HEIGHT}pt" style:use-optimal-row-height="false"/></style:style>
<style:style style:name="text" style:family="table-cell" style:data-style-name="N1"><style:table-cell-properties
 fo:wrap-option="wrap" style:vertical-align="top"/></style:style>
<style:style style:name="whole" style:family="table-cell"><style:table-cell-properties
 style:vertical-align="top"/></style:style>
<style:style style:name="decimal" style:family="table-cell" style:data-style-name="N2"><style:table-cell-properties
 style:vertical-align="top"/></style:style>
<style:style style:name="head" style:family="table-cell" style:data-style-name="N1"><style:table-cell-properties
 fo:wrap-option="wrap" style:vertical-align="top"/><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="key" style:family="table-cell" style:data-style-name="N1"><style:table-cell-properties
 fo:border-bottom="0.75pt solid #595959"/><style:text-properties fo:color="#595959"/></style:style>
"""


def write_ods(file: IO[bytes], columns: Sequence[Column], rows: Rows) -> Iterator[int]:
    """
    Write OpenDocument 1.3, without odfdo.

    That builds a document in memory, which takes minutes and more than a gigabyte for 10,000 rows.
    """
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", FORMATS["ods"].content_type, ZIP_STORED)  # first, as the standard wants it
        archive.writestr("META-INF/manifest.xml", ODS_MANIFEST)
        archive.writestr("settings.xml", ODS_SETTINGS)
        with archive.open("content.xml", "w") as part:
            part.write(ods_head(columns).encode())
            for count, row in enumerate(rows, 1):
                part.write(ods_row(row).encode())
                yield count
            part.write(b"</table:table></office:spreadsheet></office:body></office:document-content>")


def ods_head(columns: Sequence[Column]) -> str:
    """Return the beginning of content.xml, with the headings and the keys."""
    widths = "".join(
        f'<style:style style:name="width{width}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width * 0.2:.1f}cm"/></style:style>'
        for width in sorted({column.width for column in columns})
    )
    declared = "".join(
        f'<table:table-column table:style-name="width{column.width}" '
        f'table:default-cell-style-name="{"whole" if column.is_number else "text"}"/>'
        for column in columns
    )
    return (
        f'{XML}<office:document-content {NAMESPACES} office:version="1.3">{ODS_STYLES}{widths}'
        f'</office:automatic-styles><office:body><office:spreadsheet><table:table table:name="{SHEET}">{declared}'
        f"{ods_row([column.heading for column in columns], 'head')}"
        f"{ods_row([column.key for column in columns], 'key')}"
    )


def ods_row(cells: Iterable[Cell], style: str = "") -> str:
    row = "table:table-row" if style else 'table:table-row table:style-name="row"'
    return f"<{row}>{''.join(ods_cell(cell, style) for cell in cells)}</table:table-row>"


def ods_cell(cell: Cell, style: str) -> str:
    if cell == "":
        return "<table:table-cell/>"
    if not isinstance(cell, str):
        style = "decimal" if isinstance(cell, Decimal) else "whole"
        return (
            f'<table:table-cell table:style-name="{style}" office:value-type="float" office:value="{cell}">'
            f"<text:p>{cell}</text:p></table:table-cell>"
        )
    paragraphs = "".join(f"<text:p>{ods_text(line)}</text:p>" for line in cell.split("\n"))
    name = quoteattr(style or "text")
    return f'<table:table-cell table:style-name={name} office:value-type="string">{paragraphs}</table:table-cell>'


def ods_text(line: str) -> str:
    """Return a line as XML. Of several spaces, and of those at its ends, readers would keep one or none."""
    pieces = escape(line).replace("\r", "&#13;").split(" ")
    if len(pieces) == 1:
        return pieces[0]
    last = len(pieces) - 1
    return pieces[0] + "".join(
        ("<text:s/>" if not pieces[number - 1] or (number == last and not piece) else " ") + piece
        for number, piece in enumerate(pieces[1:], 1)
    )


def write_csv(file: IO[bytes], columns: Sequence[Column], rows: Rows) -> Iterator[int]:
    """Write UTF-8 with a BOM, by which Excel knows it, and with the separators that Excel expects in the language."""
    is_english = get_language() == ENGLISH
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    lines = csv.writer(text, delimiter="," if is_english else ";", lineterminator="\r\n")
    lines.writerow([escape_formula(column.heading) for column in columns])
    lines.writerow([column.key for column in columns])
    for count, row in enumerate(rows, 1):
        lines.writerow(
            [
                escape_formula(cell) if isinstance(cell, str) else str(cell).replace(".", "." if is_english else ",")
                for cell in row
            ]
        )
        yield count
    text.detach()


@dataclass(frozen=True)
class Format:
    """A format of spreadsheets, with the function of this module that writes it."""

    label: str
    content_type: str
    write: Callable[[IO[bytes], Sequence[Column], Rows], Iterator[int]]


FORMATS = {
    "xlsx": Format("Excel (XLSX)", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
    "ods": Format("LibreOffice (ODS)", "application/vnd.oasis.opendocument.spreadsheet", write_ods),
    "csv": Format("CSV", "text/csv; charset=utf-8", write_csv),
}
