"""
Check a PDF with pypdf, in a process of its own.

A small file may be made to fill the memory or to keep a processor busy. Here, that ends a process with limits on its
memory and time, and not the server. `document_field` runs this file as a script; it imports nothing of ours. It reads
the file from standard input and writes one line of JSON: {"refused": code} or {"pages": number, "warnings": [code]}.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import Configuration, PdfReader, overwrite_configuration
from pypdf.errors import LimitReachedError, PdfReadError
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject, read_object

LARGEST_STREAM = 40 * 1024 * 1024  # bytes of one that is decoded
LARGEST_STREAMS = 200 * 1024 * 1024  # bytes of all of them
MOST_PAGES = 20_000
DEEPEST_DRAWING = 3  # within others, of those that are looked at
MOST_DRAWINGS = 10

CONFIGURATION = Configuration(
    maximum_declared_stream_length=LARGEST_STREAM,
    array_based_stream_maximum_output_length=LARGEST_STREAM,
    lzw_maximum_output_length=LARGEST_STREAM,
    run_length_maximum_output_length=LARGEST_STREAM,
    zlib_maximum_output_length=LARGEST_STREAM,
    brotli_maximum_output_length=LARGEST_STREAM,
    zlib_maximum_recovery_input_length=0,
    page_tree_maximum_entries=2 * MOST_PAGES,
    jbig2dec_binary=None,  # no other program is run
)

BLANK = rb"[\0\t\n\f\r ]"
BLANKS = rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])"  # comments too
REGULAR = rb"[^\0\t\n\f\r ()<>\[\]{}/%]"

BEGINNING = re.compile(rb"%PDF-[12]\.\d")
END = re.compile(rb"startxref" + BLANK + rb"+(\d{1,10})" + BLANK + rb"+%%EOF" + BLANK + rb"*\Z")
CROSS_REFERENCES = re.compile(BLANK + rb"*(?:xref|\d+" + BLANK + rb"+\d+" + BLANK + rb"+obj)")
OBJECT = re.compile(BLANK + rb"*(\d{1,10})" + BLANK + rb"+(\d{1,5})" + BLANK + rb"+obj")

# Without one of these, nothing in a PDF is active, wherever it hangs: on the catalogue, a page, an annotation, a tree
# of names. What no reader finds is refused too, since readers that mend a file may find it.
REFUSED_KINDS = {
    "scripts": (b"JavaScript", b"Rendition", b"RichMedia", b"3D"),
    "launch": (b"Launch", b"SubmitForm", b"ImportData"),
    "files": (b"EmbeddedFile", b"FileAttachment"),
}
REFUSED_KEYS = {b"XFA": "scripts", b"EF": "files"}
CODES = {name: code for code, names in REFUSED_KINDS.items() for name in names}
REFERENCE = BLANKS + rb"+\d+" + BLANKS + rb"+\d+" + BLANKS + rb"+R"
# As the kind of an action or an object, since a URL may hold the same words. No program writes the kind elsewhere.
KIND = re.compile(
    rb"/(?:S|Type|Subtype)(?:" + BLANKS + rb"*/(" + b"|".join(CODES) + rb")(?!" + REGULAR + rb")|" + REFERENCE + rb")"
)
KEY = re.compile(rb"/(" + b"|".join(REFUSED_KEYS) + rb")(?:" + BLANKS + rb"*[\[<]|" + REFERENCE + rb")")
# A name may have any of its characters as #53.
ESCAPED_NAME = re.compile(rb"/(" + REGULAR + rb"{0,80}?#[0-9A-Fa-f]{2}" + REGULAR + rb"{0,80})")
ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
ESCAPED_CODES = CODES | REFUSED_KEYS | dict.fromkeys((b"S", b"Type", b"Subtype", b"JS", b"ObjStm"), "scripts")

SHOWN_TEXT = re.compile(rb"[)\]>]\s*(?:TJ|Tj|'|\")(?!" + REGULAR + rb")")
XMP_TITLE = re.compile(rb"<dc:title\b[^>]*>.*?<rdf:li\b[^>]*>\s*[^<\s]", re.DOTALL)


class Refused(Exception):
    """The file is refused; the argument is the code of the reason."""


class Budget:
    """What may still be decoded of a file."""

    def __init__(self) -> None:
        self.left = LARGEST_STREAMS

    def data(self, stream: StreamObject) -> bytes:
        """Return the decoded data of a stream. Raise Refused."""
        data = stream.get_data()
        self.left -= len(data)
        if self.left < 0:
            raise Refused("costly")
        return data


class Reader(PdfReader):
    """A reader that mends no cross-references: what others make of the same file could be something else."""

    def _rebuild_xref_table(self, stream: Any) -> None:
        raise PdfReadError("The cross-references are broken")


def entry(owner: DictionaryObject, key: str) -> Any:
    """Return what a dictionary has at a key, also where it only refers to it; None if there is nothing."""
    return owner[key] if key in owner else None  # noqa: SIM401 - get() returns the reference


def check_bytes(content: bytes) -> None:
    """Raise Refused if something active stands in a file, or in a stream of objects."""
    if found := KIND.search(content):
        raise Refused(CODES.get(found[1], "scripts"))
    if found := KEY.search(content):
        raise Refused(REFUSED_KEYS[found[1]])
    for found in ESCAPED_NAME.finditer(content):
        name = ESCAPE.sub(lambda each: bytes([int(each[1], 16)]), found[1])
        if name in ESCAPED_CODES:
            raise Refused(ESCAPED_CODES[name])


def open_reader(content: bytes) -> Reader:
    """Return the reader of a file that is whole and not encrypted. Raise Refused."""
    end = END.search(content, max(0, len(content) - 2048))
    if not BEGINNING.match(content) or end is None or not CROSS_REFERENCES.match(content, int(end[1])):
        raise Refused("broken")
    try:
        reader = Reader(BytesIO(content))
        is_encrypted = reader.is_encrypted
    except (MemoryError, LimitReachedError):
        raise
    except Exception:  # pypdf raises almost anything on a hostile file
        raise Refused("encrypted" if b"/Encrypt" in content else "broken") from None
    if is_encrypted:
        raise Refused("encrypted")
    root = entry(reader.trailer, "/Root")
    if not isinstance(root, DictionaryObject) or entry(root, "/Type") != "/Catalog":
        raise Refused("broken")
    for entries in (entries for generation, entries in reader.xref.items() if generation < 65535):
        for number, offset in entries.items():
            found = OBJECT.match(content, offset)
            # Some programs write 0 for an object that is not there.
            if offset and (found is None or int(found[1]) != number):
                raise Refused("broken")
    return reader


def object_streams(content: bytes, reader: Reader) -> Iterator[StreamObject]:
    """Yield each stream of objects of a file, also those that the newest cross-references do not name."""
    for number in {number for number, _index in reader.xref_objStm.values()}:
        stream = reader.get_object(number)
        if not isinstance(stream, StreamObject) or stream.raw_get("/Type") != "/ObjStm":
            raise Refused("broken")
    for found in re.finditer(rb"/ObjStm(?!" + REGULAR + rb")", content):
        beginning = content.find(b"<<", content.rfind(b"obj", 0, found.start()), found.start())
        if beginning < 0:
            raise Refused("broken")
        reader.stream.seek(beginning)
        stream = read_object(reader.stream, reader)
        if not isinstance(stream, StreamObject):
            raise Refused("broken")
        yield stream


def count_pages(reader: Reader) -> int:
    """Return the number of pages, which is that at the root of their tree. Raise Refused."""
    count = len(reader.pages)
    if not 0 < count <= MOST_PAGES or entry(reader.root_object["/Pages"], "/Count") != count:
        raise Refused("broken")
    return count


def has_text(reader: Reader, budget: Budget) -> bool:
    """Return whether a page shows text; a scan shows pictures alone. Raise Refused for pages that cannot be drawn."""
    found = False
    for page in reader.pages:
        contents = entry(page, "/Contents")
        parts = contents if isinstance(contents, ArrayObject) else [contents]
        streams = [part.get_object() for part in parts if part is not None]
        data = b"\n".join(budget.data(stream) for stream in streams if isinstance(stream, StreamObject))
        found = found or shows_text(page, data, budget)
    return found


def shows_text(owner: DictionaryObject, data: bytes, budget: Budget, depth: int = 0) -> bool:
    """Return whether a page or a drawing on it, with its decoded data, shows text."""
    resources = entry(owner, "/Resources")
    if not isinstance(resources, DictionaryObject):
        return False
    if entry(resources, "/Font") and SHOWN_TEXT.search(data):
        return True
    drawings = entry(resources, "/XObject")
    if depth == DEEPEST_DRAWING or not isinstance(drawings, DictionaryObject):
        return False
    forms = (each.get_object() for each in [*drawings.values()][:MOST_DRAWINGS])
    return any(
        shows_text(form, budget.data(form), budget, depth + 1)
        for form in forms
        if isinstance(form, StreamObject) and entry(form, "/Subtype") == "/Form"
    )


def has_title(reader: Reader, budget: Budget) -> bool:
    if reader.metadata and (reader.metadata.title or "").strip():
        return True
    metadata = entry(reader.root_object, "/Metadata")
    return isinstance(metadata, StreamObject) and XMP_TITLE.search(budget.data(metadata)) is not None


def has_language(reader: Reader, _budget: Budget) -> bool:
    language = entry(reader.root_object, "/Lang")
    return not isinstance(language, NameObject) and bool(str(language or "").strip())


WARNINGS = {"no_text": has_text, "no_title": has_title, "no_language": has_language}


def check(content: bytes) -> dict[str, Any]:
    """Return {"refused": code} or {"pages": number, "warnings": [code]} for the content of a file."""
    budget = Budget()
    try:
        reader = open_reader(content)
        places = {generation: dict(entries) for generation, entries in reader.xref.items()}
        check_bytes(content)
        for stream in object_streams(content, reader):
            check_bytes(budget.data(stream))
        pages = count_pages(reader)
        warnings = [code for code, is_right in WARNINGS.items() if not is_right(reader, budget)]
        if reader.xref != places:  # pypdf has looked for an object elsewhere
            raise Refused("broken")
        return {"pages": pages, "warnings": warnings}
    except Refused as refused:
        return {"refused": refused.args[0]}
    except (MemoryError, LimitReachedError):
        return {"refused": "costly"}
    except Exception:  # as in open_reader
        return {"refused": "broken"}


def main() -> None:
    logging.disable()
    overwrite_configuration(CONFIGURATION)
    print(json.dumps(check(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
