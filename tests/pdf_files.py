"""PDF files, sound and hostile, as somebody might upload them."""

import io
import zipfile
import zlib

from django.core.files.storage import default_storage
from pypdf import PdfWriter

MEGABYTE = 1024 * 1024

FORBIDDEN = ("broken", "encrypted", "scripts", "launch", "files", "costly")

CATALOG, PAGES, PAGE, CONTENTS, FONT, INFO = range(1, 7)
SPARE = 10  # the number of the first object that a test may add


def stream(data, entries=b"", length=None):
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data) if length is None else length, data)


def deflated(data, entries=b""):
    return stream(zlib.compress(data, 9), b"/Filter/FlateDecode" + entries)


def zeros(size):
    """Return deflated zeros, so many megabytes, made without the time and the memory that they would take."""
    packer = zlib.compressobj(9)
    first, other = (packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    checksum = (size * MEGABYTE % 65521 << 16) + 1  # Adler-32 of zeros
    return first + other * (size - 1) + b"\x03\0" + checksum.to_bytes(4)


def objects_of(catalog=b"", page=b"", *, pages=1, text=True, title="Одлука", language="sr", more=None):
    """Return the objects of a sound document by their number, with entries added to the catalogue and the page."""
    drawing = b"BT /F1 12 Tf (Odluka) Tj ET" if text else b"0 0 100 100 re f"
    if language:
        catalog += b"/Lang(%s)" % language.encode()
    kids = [b"%d 0 R" % (PAGE if not number else 100 + number) for number in range(pages)]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R%s%s>>" % (
        b"/Resources<</Font<</F1 5 0 R>>>>" if text else b"/Resources<<>>",
        page,
    )
    return {
        CATALOG: b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        PAGES: b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b" ".join(kids)),
        PAGE: page,
        CONTENTS: stream(drawing),
        FONT: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        INFO: b"<</Title<%s>>>" % f"\ufeff{title}".encode("utf-16-be").hex().encode() if title else b"<<>>",
        **{100 + number: page for number in range(1, pages)},
        **(more or {}),
    }


def written(objects, *, trailer=b"", header=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", root=b"1 0 R", table=None, hidden=b""):
    """
    Return a file of these objects, with a table of cross-references.

    `table(offsets)` may make another table; `hidden` stands in the file without being in the table.
    """
    content, offsets = io.BytesIO(), {}
    content.write(header)
    for number, each in sorted(objects.items()):
        offsets[number] = content.tell()
        content.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    content.write(hidden)
    start = content.tell()
    size = max(objects) + 1
    content.write(
        table(offsets)
        if table
        else b"xref\n0 1\n0000000000 65535 f \n" + b"".join(map(xref_entry, sorted(offsets.items())))
    )
    content.write(b"trailer\n<</Size %d/Root %s/Info 6 0 R%s>>\n" % (size, root, trailer))
    content.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return content.getvalue()


def xref_entry(item):
    number, offset = item
    return b"%d 1\n%010d 00000 n \n" % (number, offset)


def sound(**options):
    return written(objects_of(**options))


def compressed(objects, *, unlisted=(), compressing=deflated, entries=b"", count=None):
    """Return a file whose objects stand in a stream of objects, with a stream of cross-references."""
    inside = {number: each for number, each in objects.items() if b"stream" not in each}
    index, body = [], b""
    for number, each in inside.items():
        index.append(b"%d %d" % (number, len(body)))
        body += each + b"\n"
    head = b" ".join(index) + b"\n"
    first, packed = len(head), max(objects) + 1
    holder = compressing(head + body, b"/Type/ObjStm/N %d/First %d%s" % (count or len(inside), first, entries))
    content, offsets = io.BytesIO(b"%PDF-1.7\n"), {}
    content.seek(0, 2)
    for number, each in [
        *((number, each) for number, each in objects.items() if number not in inside),
        (packed, holder),
    ]:
        offsets[number] = content.tell()
        content.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    start, own = content.tell(), packed + 1
    rows = [b"\0\0\0\0\0\0\xff"]
    for number in range(1, own + 1):
        if number in inside and number not in unlisted:
            row = (2, packed, [*inside].index(number))
        elif number in offsets or number == own:
            row = (1, offsets.get(number, start), 0)
        else:
            row = (0, 0, 255)
        rows.append(row[0].to_bytes(1) + row[1].to_bytes(4) + row[2].to_bytes(2))
    table = deflated(b"".join(rows), b"/Type/XRef/W[1 4 2]/Size %d/Root 1 0 R/Info 6 0 R" % (own + 1))
    content.write(b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (own, table, start))
    return content.getvalue()


def appended(content, objects, trailer=b""):
    """Return the file with a newer revision of some objects."""
    added, offsets = b"", {}
    for number, each in objects.items():
        offsets[number] = len(content) + len(added)
        added += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(content) + len(added)
    before = content.rpartition(b"startxref\n")[2].split()[0]
    table = b"xref\n" + b"".join(map(xref_entry, offsets.items()))
    return (
        content + added + table + b"trailer\n<</Size 1000/Root 1 0 R/Info 6 0 R/Prev %s%s>>\n" % (before, trailer)
    ) + b"startxref\n%d\n%%%%EOF\n" % start


LINE_ID = "5f0c9a3e"


def document_line(content, **columns):
    """Return the line of a document, with its file in the storage, as content has it."""
    file = {
        "name": f"documents/{columns.pop('digest', 'ab' * 20)}.pdf",
        "size": len(content),
        "pages": 1,
        "sha256": columns.pop("sha256", "cd" * 32),
        "warnings": [],
    }
    default_storage.delete(file["name"])
    default_storage.save(file["name"], io.BytesIO(content))
    return {"id": LINE_ID, "kind": "decision", "title_sr": "Одлука о „приступању“ 1/2", **columns, "file": file}


# Sound files that must be taken


def sound_files():
    """Return sound files by name, each with the warnings on it."""
    mark = b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://example.org/JavaScript)>>>>"
    return {
        "one page": (sound(), []),
        "five pages": (sound(pages=5), []),
        "scan": (sound(text=False), ["no_text"]),
        "no title": (sound(title=""), ["no_title"]),
        "no language": (sound(language=""), ["no_language"]),
        "no text, title, language": (
            sound(text=False, title="", language=""),
            ["no_text", "no_title", "no_language"],
        ),
        "compressed": (compressed(objects_of()), []),
        "newer revision": (appended(sound(), {INFO: b"<</Title(New)>>"}), []),
        "link": (sound(page=b"/Annots[%s]" % mark), []),
        "opens at a page": (sound(catalog=b"/OpenAction[3 0 R/Fit]"), []),
        "opens by an action": (sound(catalog=b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"), []),
        "outline": (
            sound(
                catalog=b"/Outlines 10 0 R",
                more={10: b"<</First 11 0 R/Last 11 0 R>>", 11: b"<</Title(A)/Parent 10 0 R/Dest[3 0 R/Fit]>>"},
            ),
            [],
        ),
        "title in XMP": (
            sound(
                title="",
                catalog=b"/Metadata 10 0 R",
                more={10: stream(b"<dc:title><rdf:Alt><rdf:li xml:lang='x'>T</rdf:li></rdf:Alt></dc:title>")},
            ),
            [],
        ),
        "text in a drawing": (
            written(
                objects_of(text=False)
                | {
                    PAGE: b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</X 10 0 R>>>>>>",
                    10: deflated(b"BT(a)Tj ET", b"/Type/XObject/Subtype/Form/Resources<</Font<</F1 5 0 R>>>>"),
                }
            ),
            [],
        ),
        "similar names": (sound(catalog=b"/S1 6 0 R/EF2 6 0 R/Type3 6 0 R/XFAs[]/JS(1)/Launch(a)"), []),
        "missing object": (sound(catalog=b"/Metadata 99 0 R"), []),
    }


# Hostile files

ACTIONS = {
    "scripts": {
        "script": b"<</S/JavaScript/JS(app.alert\\(1\\))>>",
        "script as stream": b"<</S/JavaScript/JS 12 0 R>>",
        "escaped script": b"<</S/J#61vaScript/JS(app.alert\\(1\\))>>",
        "all escaped": b"<</S/#4a#61#76#61#53#63#72#69#70#74/J#53(1)>>",
        "blanks": b"<<\n/S\t%comment\n/JavaScript\r\n/JS\0(1)>>",
        "rendition": b"<</S/Rendition/OP 0/JS(1)>>",
        "referred to": b"<</S 13 0 R/JS(1)>>",
        "chained": b"<</S/GoTo/D[3 0 R/Fit]/Next[<</S/GoTo/D[3 0 R/Fit]/Next<</S/JavaScript/JS(1)>>>>]>>",
    },
    "launch": {
        "launch": b"<</S/Launch/F(cmd.exe)/Win<</F(cmd.exe)/P(/c calc)>>>>",
        "escaped launch": b"<</S/L#61unch/F(cmd.exe)>>",
        "form": b"<</S/SubmitForm/F(https://example.org/)>>",
        "data": b"<</S/ImportData/F(a.fdf)>>",
    },
}


def annotation(entries):
    return b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]%s>>]" % entries


# Where an action may hang: entries of the catalogue, entries of the page, further objects
PLACES = {
    "open": lambda action: (b"/OpenAction%s" % action, b"", {}),
    "open, referred to": lambda action: (b"/OpenAction 10 0 R", b"", {10: action}),
    "closing the document": lambda action: (b"/AA<</WC%s>>" % action, b"", {}),
    "printing the document": lambda action: (b"/AA 11 0 R", b"", {10: action, 11: b"<</DP 10 0 R>>"}),
    "opening a page": lambda action: (b"", b"/AA<</O%s>>" % action, {}),
    "closing a page": lambda action: (b"", b"/AA<</C 10 0 R>>", {10: action}),
    "annotation": lambda action: (b"", annotation(b"/A%s" % action), {}),
    "annotation in sight": lambda action: (b"", annotation(b"/AA<</PV%s>>" % action), {}),
    "names": lambda action: (b"/Names<</JavaScript<</Names[(a) 10 0 R]>>>>", b"", {10: action}),
    "tree of names": lambda action: (
        b"/Names 16 0 R",
        b"",
        {
            10: action,
            16: b"<</Dests 14 0 R>>",
            14: b"<</Kids[15 0 R]>>",
            15: b"<</Limits[(a)(a)]/Names[(a) 10 0 R]>>",
        },
    ),
    "field": lambda action: (
        b"/AcroForm<</Fields[11 0 R]>>",
        b"/Annots[11 0 R]",
        {11: b"<</FT/Tx/T(a)/Subtype/Widget/Rect[0 0 9 9]/AA<</K%s/F%s/V%s/C%s>>>>" % ((action,) * 4)},
    ),
    "outline": lambda action: (
        b"/Outlines 10 0 R",
        b"",
        {10: b"<</First 11 0 R/Last 11 0 R>>", 11: b"<</Title(A)/Parent 10 0 R/A%s>>" % action},
    ),
    "nowhere": lambda action: (b"", b"", {10: action}),
}

EMBEDDED = {
    "embedded": (
        b"/Names<</EmbeddedFiles<</Names[(a)10 0 R]>>>>",
        b"",
        {10: b"<</Type/Filespec/F(a.exe)/EF<</F 11 0 R>>>>", 11: stream(b"MZ", b"/Type/EmbeddedFile")},
    ),
    "embedded, without a type": (
        b"/Names<</EmbeddedFiles<</Names[(a)10 0 R]>>>>",
        b"",
        {10: b"<</F(a.exe)/EF<</F 11 0 R>>>>", 11: stream(b"MZ")},
    ),
    "embedded, referred to": (
        b"/AF[10 0 R]",
        b"",
        {10: b"<</F(a)/EF 12 0 R>>", 12: b"<</F 11 0 R>>", 11: stream(b"MZ")},
    ),
    "embedded, after a comment": (b"/AF[10 0 R]", b"", {10: b"<</F(a)/EF%a\n<</F 11 0 R>>>>", 11: stream(b"MZ")}),
    "embedded, escaped": (b"/AF[10 0 R]", b"", {10: b"<</F(a)/#45F<</F 11 0 R>>>>", 11: stream(b"MZ")}),
    "annotation": (b"", annotation(b"/Subtype/FileAttachment/FS<</F(a)/EF<</F 11 0 R>>>>"), {11: stream(b"MZ")}),
    "nowhere": (b"", b"", {10: b"<</F(a)/EF<</F 11 0 R>>>>", 11: stream(b"MZ")}),
}

OTHER_SCRIPTS = {
    "XFA": (b"/AcroForm<</XFA 10 0 R/Fields[]>>", b"", {10: stream(b"<xdp/>")}),
    "rich media": (b"", annotation(b"/Subtype/RichMedia"), {}),
    "3D": (b"", annotation(b"/Subtype/3D"), {}),
}


def active_files():
    """Yield name, content and the code of the refusal of files with something active in many places."""
    for code, actions in ACTIONS.items():
        for kind, action in actions.items():
            for place, put in PLACES.items():
                catalog, page, more = put(action)
                more = {12: stream(b"app.alert(1)"), 13: b"/JavaScript", **more}
                expected = {code, "scripts"} if place == "names" else {code}
                yield f"{kind}, {place}", sound(catalog=catalog, page=page, more=more), expected
        catalog, page, more = PLACES["open, referred to"]([*actions.values()][0])
        objects = objects_of(catalog, page, more=more)
        yield f"{code}, in a stream of objects", compressed(objects), {code}
        yield f"{code}, in a stream that is not listed", compressed(objects, unlisted={10}), {code, "broken"}
        yield f"{code}, in an earlier revision", appended(written(objects), {10: b"<</S/GoTo>>"}), {code}
        holder = deflated(b"10 0 " + more[10], b"/Type/ObjStm/N 1/First 5")
        yield (
            f"{code}, in a stream without a place",
            written(objects_of(), hidden=b"90 0 obj\n%s\nendobj\n" % holder),
            {code},
        )
        yield f"{code}, in hexadecimal", compressed(objects, compressing=in_hexadecimal), {code}
        escaped = compressed(objects).replace(b"/Type/ObjStm", b"/Type/ObjSt#6d")
        yield f"{code}, in a stream of an escaped type", escaped, {code, "broken"}
        yield f"{code}, in a stream of another type", compressed(objects).replace(b"/ObjStm", b"/ObjStn"), {"broken"}
    for code, kinds in {"files": EMBEDDED, "scripts": OTHER_SCRIPTS}.items():
        for kind, (catalog, page, more) in kinds.items():
            objects = objects_of(catalog, page, more=more)
            yield f"{code}, {kind}", written(objects), {code}
            yield f"{code}, {kind}, compressed", compressed(objects), {code}


def in_hexadecimal(data, entries):
    return stream(data.hex().encode() + b">", b"/Filter/ASCIIHexDecode" + entries)


def truncated_files():
    for kind, content in {"plain": sound(pages=3), "compressed": compressed(objects_of(pages=3))}.items():
        whole = len(content.rstrip())
        for part in range(40):
            yield f"truncated, {kind}, {part}/40", content[: whole * part // 40], {"broken"}
        for cut in (1, 2, 4, 6, 9, 12, 20):
            yield f"truncated, {kind}, by {cut}", content[: whole - cut], {"broken"}
        for part in range(1, 8):
            piece = whole // 8
            yield (
                f"without a piece, {kind}, {part}",
                content[: piece * part] + content[piece * part + 17 :],
                {"broken"},
            )


def masked_files():
    """Yield files that something else may be read from, or that are something else."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "a")
    html = b"<!doctype html><script>alert(1)</script>"
    for name, before in {
        "HTML": html + b"\n",
        "ZIP": archive.getvalue(),
        "program": b"MZ\x90\0",
        "script": b"#!/bin/sh\n",
        "BOM": b"\xef\xbb\xbf",
        "line": b"\n",
        "GIF": b"GIF89a",
        "PostScript": b"%!PS-Adobe-3.0\n",
    }.items():
        yield f"{name} before a PDF", before + sound(), {"broken"}
        yield f"{name} alone", before, {"broken"}
    for name, after in {
        "HTML": html,
        "ZIP": archive.getvalue(),
        "program": b"MZ\x90\0" * 100,
        "PDF": sound()[9:-50],
    }.items():
        yield f"{name} after a PDF", sound() + after, {"broken"}
    for header in (b"%PDF", b"%PDF-", b"%PDF-\n", b"%PDF-9.9\n", b"%pdf-1.7\n", b"%FDF-1.2\n", b"%PDF-<script>\n"):
        yield f"header {header}", written(objects_of(), header=header), {"broken"}
    for content in (b"", b"\0", b"\0" * 100_000, b"%PDF-1.7\n%%EOF", b"%PDF-1.7\nstartxref\n0\n%%EOF\n"):
        yield f"only {content[:20]}", content, {"broken"}
    yield "UTF-16", sound().decode("latin-1").encode("utf-16"), {"broken"}


def encrypted_files():
    for algorithm in ("RC4-40", "RC4-128"):
        for password in ("", "secret"):
            writer = PdfWriter(clone_from=io.BytesIO(sound()))
            writer.encrypt(password, "owner", algorithm=algorithm)
            content = io.BytesIO()
            writer.write(content)
            yield f"encrypted by {algorithm} with {password!r}", content.getvalue(), {"encrypted"}
    key = b"/O<%s>/U<%s>/P -4" % (b"ab" * 32, b"cd" * 32)
    filters = b"/CF<</StdCF<</CFM/%s/Length 16/AuthEvent/DocOpen>>>>/StmF/StdCF/StrF/StdCF"
    for name, handler in {
        "revision 3": b"/Filter/Standard/V 2/R 3/Length 128" + key,
        "AES of revision 4": b"/Filter/Standard/V 4/R 4/Length 128" + filters % b"AESV2" + key,
        "AES of revision 5": b"/Filter/Standard/V 5/R 5/Length 256" + filters % b"AESV3" + key,
        "AES of revision 6": b"/Filter/Standard/V 5/R 6/Length 256" + filters % b"AESV3" + key,
        "keys": b"/Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s5/V 4/Recipients[<ab>]",
        "another handler": b"/Filter/Nobody/V 1",
        "no handler": b"",
        "huge numbers": b"/Filter/Standard/V 99999999999/R 99999999999/Length -1" + key,
        "wrong types": b"/Filter[]/V(a)/R/b/O 1/U 2/P(c)",
    }.items():
        yield (
            f"encrypted, {name}",
            written(objects_of(), trailer=b"/Encrypt<<%s>>/ID[<ab><ab>]" % handler),
            {"encrypted"},
        )
        referred = objects_of(more={10: b"<<%s>>" % handler})
        yield f"encrypted, {name}, referred to", written(referred, trailer=b"/Encrypt 10 0 R"), {"encrypted"}
    for name, entry in {"nothing": b"99 0 R", "itself": b"10 0 R", "a number": b"1", "a name": b"/None"}.items():
        content = written(objects_of(more={10: b"10 0 R"}), trailer=b"/Encrypt " + entry)
        yield f"encrypted by {name}", content, {"encrypted", "broken"}


def cross_references():
    """Yield files whose cross-references are wrong, lead in circles, or say that there is more than there is."""

    def tables(offsets):
        entries = b"".join(map(xref_entry, offsets.items()))
        yield "empty", b"xref\n"
        yield "no table", b""
        yield "no keyword", entries
        yield "no numbers", b"xref\na b\n"
        yield "huge count", b"xref\n0 4294967295\n" + entries
        yield "huge number", b"xref\n99999999999999999999 1\n0000000009 00000 n \n"
        yield "negative", b"xref\n-5 3\n" + entries
        yield "many digits", b"xref\n0 " + b"9" * 100_000 + b"\n"
        for name, change in {
            "a little off": lambda offset: offset + 3,
            "all at one": lambda _offset: 15,
            "beyond the end": lambda offset: offset + 10**9,
            "halves": lambda offset: offset // 2,
        }.items():
            yield (
                name,
                b"xref\n0 1\n0000000000 65535 f \n"
                + b"".join(xref_entry((number, change(offset))) for number, offset in offsets.items()),
            )
        swapped = dict(zip(offsets, [*offsets.values()][::-1], strict=True))
        yield "swapped", b"xref\n" + b"".join(map(xref_entry, swapped.items()))
        yield "all free", b"xref\n" + entries.replace(b" n ", b" f ")

    offsets_of_sound: dict = {}
    written(objects_of(), table=lambda offsets: offsets_of_sound.update(offsets) or b"")
    for name, table in tables(offsets_of_sound):
        yield (
            f"cross-references, {name}",
            written(objects_of(), table=lambda _offsets, table=table: table),
            {"broken", "costly"},
        )
    for number in (b"0", b"-1", b"999999999", b"9" * 30, b"9" * 5_000, b"a", b""):
        content = sound().rpartition(b"startxref")[0] + b"startxref\n%s\n%%%%EOF\n" % number
        yield f"cross-references at {number[:20]}", content, {"broken"}
    content = sound()
    start = content.rpartition(b"startxref\n")[2].split()[0]
    for name, trailer in {
        "earlier than itself": b"/Prev %s" % start,
        "earlier nowhere": b"/Prev 99999999",
        "earlier negative": b"/Prev -1",
        "earlier a name": b"/Prev/a",
        "earlier, referred to": b"/Prev 1 0 R",
    }.items():
        changed = written(objects_of(), trailer=trailer)
        yield f"cross-references, {name}", changed, {None, "broken", "costly"}
    for name, root in {
        "itself": b"/Root 10 0 R",
        "nothing": b"/Root 99 0 R",
        "a number": b"/Root 1",
        "the page": b"/Root 3 0 R",
        "huge size": b"/Root 99 0 R/Size 99999999999",
    }.items():
        changed = written(objects_of(more={10: b"10 0 R"})).replace(b"/Root 1 0 R", root)
        yield f"root, {name}", changed, {"broken", "costly"}
    chain = sound()
    for _number in range(300):
        chain = appended(chain, {INFO: b"<</Title(New)>>"})
    yield "300 revisions", chain, {None}
    first = appended(sound(), {INFO: b"<</Title(New)>>"})
    yield (
        "revisions in a circle",
        first.replace(
            b"/Root 1 0 R/Info 6 0 R>>", b"/Root 1 0 R/Prev %s>>" % (first.rpartition(b"startxref\n")[2].split()[0])
        ),
        {None, "broken"},
    )
    base = compressed(objects_of())
    for name, before, after in (
        ("widths of nothing", b"/W[1 4 2]", b"/W[0 0 0]"),
        ("huge widths", b"/W[1 4 2]", b"/W[1 999999999 2]"),
        ("negative widths", b"/W[1 4 2]", b"/W[-1 4 2]"),
        ("no widths", b"/W[1 4 2]", b""),
        ("huge index", b"/W[1 4 2]", b"/W[1 4 2]/Index[0 999999999]"),
        ("negative index", b"/W[1 4 2]", b"/W[1 4 2]/Index[-9 5]"),
        ("huge rows", b"/W[1 4 2]", b"/W[1 4 2]/DecodeParms<</Predictor 12/Columns 2000000000>>"),
        ("huge first", b"/First ", b"/First 99999999"),
        ("huge number of objects", b"/N ", b"/N 99999999"),
        ("negative number of objects", b"/N ", b"/N -"),
        ("extends itself", b"/Type/ObjStm", b"/Type/ObjStm/Extends 101 0 R"),
    ):
        yield f"cross-reference stream, {name}", changed_table(base, before, after), {None, "broken", "costly"}


def changed_table(content, before, after):
    """Replace something in the last two objects of a file, and mend the place of the table."""
    changed = content.replace(before, after)
    start = changed.rfind(b" 0 obj", 0, changed.rfind(b"/Type/XRef"))
    start = changed.rfind(b"\n", 0, start) + 1
    return changed.rpartition(b"startxref\n")[0] + b"startxref\n%d\n%%%%EOF\n" % start


def bombs():
    """Yield files that would fill the memory, or keep a processor busy."""
    gigabyte = zeros(1024)
    packed = b"/Filter/FlateDecode"
    twice = zlib.compress(gigabyte, 9)

    def with_contents(contents):
        return written(objects_of() | {CONTENTS: contents})

    refused = {"broken", "costly"}
    yield "deflated contents", with_contents(stream(gigabyte, packed)), refused
    yield "deflated twice", with_contents(stream(twice, b"/Filter[/FlateDecode/FlateDecode]")), refused
    yield "deflated many times", with_contents(stream(b"x", b"/Filter[%s]" % (b"/FlateDecode" * 2000))), refused
    many = objects_of(page=b"/Contents[%s]" % (b"10 0 R " * 2000), more={10: stream(zeros(30), packed)})
    many[PAGE] = many[PAGE].replace(b"/Contents 4 0 R", b"")
    yield "deflated contents, many times", written(many), refused
    yield "run lengths", with_contents(stream(b"\x81\0" * 3 * MEGABYTE, b"/Filter/RunLengthDecode")), refused
    yield "LZW", with_contents(stream(b"\x80\x0b\x60\x50" * MEGABYTE, b"/Filter/LZWDecode")), {None, *refused}
    for name, entries in {
        "hexadecimal": b"/Filter/ASCIIHexDecode",
        "base 85": b"/Filter/ASCII85Decode",
        "unknown filter": b"/Filter/Nothing",
        "cryptic": b"/Filter/Crypt",
        "huge rows": b"/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 2147483647/Colors 99>>",
        "pictures": b"/Filter/JBIG2Decode",
        "its own filter": b"/Filter 4 0 R",
    }.items():
        yield f"contents, {name}", with_contents(stream(b"00" * 4 * MEGABYTE + b">", entries)), {None, *refused}
    holder = written(objects_of(more={10: stream(gigabyte, packed + b"/Type/ObjStm/N 1/First 5")}))
    yield "stream of objects", holder, refused
    holders = {number: stream(zeros(30), packed + b"/Type/ObjStm/N 1/First 5") for number in range(10, 60)}
    yield "many streams of objects", written(objects_of(more=holders)), refused
    inner = deflated(b"11 0 " + stream(b"12 0 <<>>", b"/Type/ObjStm/N 1/First 5"), b"/Type/ObjStm/N 1/First 5")
    yield "nested streams of objects", written(objects_of(more={10: inner})), {None, *refused}
    yield "metadata", sound(title="", catalog=b"/Metadata 10 0 R", more={10: stream(gigabyte, packed)}), refused
    titles = deflated(b"<dc:title>" * MEGABYTE)
    yield "titles", sound(title="", catalog=b"/Metadata 10 0 R", more={10: titles}), {None, *refused}
    for length in (-1, 0, 3, 10**6, 10**9, 10**18):
        yield f"length {length}", with_contents(stream(b"BT (a) Tj ET", length=length)), {None, *refused}
    own_length = stream(b"BT (a) Tj ET").replace(b"/Length 12", b"/Length 4 0 R")
    yield "length of itself", with_contents(own_length), {None, *refused}
    # The tree of pages
    for count in (-1, 0, 2, 10**6, 2**31, 10**20):
        yield f"count of pages {count}", sound().replace(b"/Count 1", b"/Count %d" % count), {"broken"}
    for kids in (5_000, 25_000, 400_000):
        pages = b"<</Type/Pages/Count %d/Kids[%s]>>" % (kids, b"3 0 R " * kids)
        yield f"{kids} pages", written(objects_of() | {PAGES: pages}), {None, *refused} if kids < 20_000 else refused
    for name, tree in {
        "of itself": {PAGES: b"<</Type/Pages/Count 1/Kids[2 0 R]>>"},
        "in a circle": {
            PAGES: b"<</Type/Pages/Count 1/Kids[10 0 R]>>",
            10: b"<</Type/Pages/Count 1/Kids[11 0 R]>>",
            11: b"<</Type/Pages/Count 1/Kids[2 0 R]>>",
        },
        "of nothing": {PAGES: b"<</Type/Pages/Count 1/Kids[99 0 R]>>"},
        "of numbers": {PAGES: b"<</Type/Pages/Count 3/Kids[1 2 3]>>"},
        "no list": {PAGES: b"<</Type/Pages/Count 1/Kids 3>>"},
        "no tree": {PAGES: b"null"},
        "a list": {PAGES: b"[3 0 R]"},
        "the catalogue": {PAGES: b"<</Type/Pages/Count 1/Kids[1 0 R]>>"},
    }.items():
        yield f"pages, {name}", written(objects_of() | tree), refused
    for depth in (150, 5_000):
        deep = {
            10 + level: b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % (11 + level if level + 1 < depth else PAGE)
            for level in range(depth)
        }
        yield f"tree of depth {depth}", written(objects_of() | {PAGES: deep[10]} | deep), {*refused}
    doubled = {
        10 + level: b"<</Type/Pages/Count %d/Kids[%d 0 R %d 0 R]>>" % (2 ** (30 - level), 11 + level, 11 + level)
        for level in range(30)
    }
    doubled[40] = b"<</Type/Page/Parent 2 0 R>>"
    yield "tree of doubled branches", written(objects_of() | {PAGES: doubled[10]} | doubled), refused
    # Syntax
    for name, value in {
        "lists": b"[" * 100_000 + b"]" * 100_000,
        "open lists": b"[" * 100_000,
        "dictionaries": b"<</a" * 100_000 + b" 1" + b">>" * 100_000,
        "open text": b"(" * 100_000,
        "text": b"(" + b"a" * 10 * MEGABYTE + b")",
        "hexadecimal": b"<" + b"ab" * 5 * MEGABYTE + b">",
        "open hexadecimal": b"<" + b"ab" * MEGABYTE,
        "name": b"/" + b"a" * 10 * MEGABYTE,
        "number": b"9" * 10 * MEGABYTE,
        "comment": b"%" + b"a" * 10 * MEGABYTE + b"\n1",
        "itself": b"10 0 R",
        "circle": b"11 0 R",
    }.items():
        more = {10: value, 11: b"10 0 R"}
        # Nobody looks at it: it does no harm.
        yield f"long {name}, aside", sound(more=more), {None, *refused}
        yield f"long {name}, as language", sound(language="", catalog=b"/Lang 10 0 R", more=more), {None, *refused}
        yield (
            f"long {name}, as pages",
            written(objects_of(more=more)).replace(b"/Pages 2 0 R", b"/Pages 10 0 R"),
            refused,
        )
    for name, value in {
        "slashes": b"/" * 18 * MEGABYTE,
        "escapes": b"/#41" * 4 * MEGABYTE,
        "one escaped name": b"/" + b"#4" * 8 * MEGABYTE,
        "comments": b"/EF%" * 4 * MEGABYTE,
        "numbers": b"/EF 1 " * 3 * MEGABYTE,
        "objects": b"1 0 obj " * 2 * MEGABYTE,
        "streams of objects": b"/ObjStm " * 100_000,
        "lines": b"\n" * 18 * MEGABYTE,
        "ends": b"startxref 1 %%EOF " * MEGABYTE,
    }.items():
        yield f"many {name}", written(objects_of(), hidden=value), {None, *refused}
    forms = {
        10: stream(b"", b"/Type/XObject/Subtype/Form/Resources<</XObject<</A 10 0 R/B 10 0 R/C 10 0 R>>>>"),
    }
    looping = objects_of(text=False, more=forms)
    looping[PAGE] = looping[PAGE].replace(b"/Resources<<>>", b"/Resources<</XObject<</A 10 0 R>>>>")
    yield "drawings in a circle", written(looping), {None, *refused}
    yield "larger than 20 MB", written(objects_of(more={10: stream(bytes(20 * MEGABYTE))})), {"too_large", None}


def hostile_files():
    """
    Yield name, content and what may become of each hostile file: the codes of refusals, None where it is taken.

    What is taken does no harm: a reader would show its pages.
    """
    for group in (truncated_files, masked_files, active_files, encrypted_files, cross_references, bombs):
        yield from group()
