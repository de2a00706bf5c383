"""Spreadsheets of networks: what an export has in it, and what an import makes of it."""

import io
import json
import tracemalloc
import zipfile
from datetime import date, timedelta
from itertools import chain, repeat
from tempfile import TemporaryFile

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import override
from hypothesis import example, given, settings
from hypothesis import strategies as st

from networks.admin.progress_page import finish
from networks.admin.spreadsheet_views import packed
from networks.models import Network, Revision, SpreadsheetFile
from networks.revisions import drafts, publishing
from networks.revisions.content import complete_content
from networks.spreadsheets import file_reading, file_writing, importing
from networks.spreadsheets.calamine_process import CalamineWorkbook, as_json, rows_of, sheet_with_keys
from networks.spreadsheets.columns import ExportedNetwork, make_columns, read_text
from networks.spreadsheets.exporting import exported_networks
from tests.browser import account, be_signed_in
from tests.contents import EMPTY, FROZEN
from tests.makers import make_account, make_network, make_theme
from tests.pages import LANGUAGES, count_queries, messages_of, opened, parsed, text_of

pytestmark = pytest.mark.django_db

LIST = "/en/admin/networks/network/"
FORMATS = list(file_writing.FORMATS)


def written(networks, name="xlsx", columns=None):
    columns = columns or make_columns()
    file = io.BytesIO()
    rows = [[column.cell(each) for column in columns] for each in networks]
    assert list(file_writing.FORMATS[name].write(file, columns, rows)) == [*range(1, len(rows) + 1)]
    return file.getvalue()


def exported(*networks):
    return [
        ExportedNetwork(each.pk, each.head.number, complete_content(Network, each.head.content)) for each in networks
    ]


def plan_of(content, author):
    return plan_of_table(file_reading.read_table(content, make_columns()), author)


def plan_of_table(table, author):
    return finish(importing.try_saving(finish(importing.compare(table, author=author)), table, author=author))


def told(plan):
    return [(each.row, each.column, each.text) for each in plan.problems]


@pytest.fixture
def editor(db):
    return make_account("editors")


@pytest.fixture
def themes(db):
    return [
        make_theme(slug="culture", name_sr="Култура", name_en="Culture"),
        make_theme(slug="peace", name_sr="Мир", name_en="Peace"),
    ]


@pytest.fixture
def network(editor, themes):
    return drafts.save(Network(), FROZEN | {"logo": None}, author=editor).row


def changed_sheet(content, **cells):
    """Return an XLSX with other values in its third row, by key, as somebody types them into the program."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.active
    keys = [cell.value for cell in sheet[2]]
    for key, value in cells.items():
        sheet.cell(3, keys.index(key) + 1).value = value
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


# What an export has in it

FEE = {"id": "00000fee", "year": 2026, "amount": "0.50", "currency": "RSD", "due": "2026-03-01"}
DOCUMENT = {"id": "00000dec", "kind": "decision", "number": "=1+1", "link": "https://example.org/a"}

# What people and other programs write: markup, spaces, what a spreadsheet runs, what XML has another meaning for
texts = st.text("=+-@'\"\t\n ;,a1Љњ<&_x\u2028\x0b\xa0", max_size=12)


@pytest.mark.long
@settings(deadline=None, max_examples=settings.default.max_examples // 4)  # each writes three files
@given(
    texts=st.lists(texts, min_size=3, max_size=3),
    founded=st.sampled_from([None, "1997", "2007-05", "2023-05-03"]),
    fees=st.sampled_from([[], FROZEN["fees"], [FEE, FEE | {"id": "11111111", "paid_on": "2026-02-01"}]]),
    language=st.sampled_from(LANGUAGES),
    status=st.sampled_from(["member", "left", "ended"]),
    slugs=st.sets(st.sampled_from(["culture", "peace"])),
    place=st.sampled_from([("", None, None), ("AR", "-34.6037", "-58.3816"), ("CI", "0.0000", "0.5000")]),
)
@example(["=1+1", "  a  b ", "-"], "1997", FROZEN["fees"], "sr", "left", {"culture"}, ("AR", "-34.6037", "-58.3816"))
@example(["@a;=1\n=2", "_x0041_\t.", "'=1"], "2007-05", [], "en", "member", {"culture", "peace"}, ("", None, None))
@pytest.mark.sql
def test_what_is_exported_and_imported_is_the_same(texts, founded, fees, language, status, slugs, place):
    """In each format; also where the file is imported in another language of the admin than it was exported in."""
    if not Network.objects.filter(slug="trip").exists():
        make_theme(slug="culture", name_sr="Култура", name_en="peace")
        make_theme(slug="peace", name_sr="Мир, љубав", name_en="Peace, love")
        make_network(slug="trip")
    name, description, source = (each.strip() for each in texts)
    network = Network.objects.get(slug="trip")
    content = EMPTY | {"slug": "trip", "name_sr": name or "Мрежа", "description_en": description}
    content |= {
        "source": source,
        "founded": founded,
        "fees": fees,
        "documents": [DOCUMENT | {"title_sr": name or "Одлука"}],
    }
    content |= {"status": status, "themes": sorted(slugs)}
    content |= dict(zip(("seat_country", "seat_latitude", "seat_longitude"), place, strict=True))
    network.head = Revision.objects.create(network=network, number=network.revisions.count() + 1, content=content)
    network.save()
    with override("en" if language == "sr" else "sr"):
        others = make_columns()
    with override(language):
        columns = make_columns()
    for format_name in FORMATS:
        with override(language):
            file = written(exported(network), format_name, columns)
        with override("en" if language == "sr" else "sr"):
            rows = read_here(file) if format_name != "csv" else file_reading.read_rows(file)
            comparison = importing.Comparison(file_reading.table_of(rows, others), may_add=True)
            *_steps, plan = [*comparison.run(), comparison.plan]
        assert (plan.rows, told(plan)) == ([], []), format_name


def read_here(file):
    """Read a workbook as `calamine_process` does, without another process."""
    book = CalamineWorkbook.from_object(io.BytesIO(file))
    lines = (json.dumps(row, default=as_json) for row in rows_of(sheet_with_keys(book, "id")))
    return (json.loads(line, object_hook=file_reading.read_object) for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_program_reads_headings_keys_texts_and_numbers(network, language):
    with override(language):
        book = openpyxl.load_workbook(io.BytesIO(written(exported(network))))
    headings, keys, row = book.active.iter_rows()
    heading = {key.value: heading.value for key, heading in zip(keys, headings, strict=True)}
    cells = {key.value: cell for key, cell in zip(keys, row, strict=True)}
    assert (heading["name_en"], heading["joined"]) == {
        "sr": ("Назив (на енглеском)", "Приступање"),
        "sr-latn": ("Naziv (na engleskom)", "Pristupanje"),
        "en": ("Name (in English)", "Joined"),
    }[language]
    values = {key: cell.value for key, cell in cells.items()}
    assert (values["id"], values["revision"]) == (network.pk, 1)
    assert (values["name_sr"], values["name_sr_latin"]) == (
        "Асоцијација европских градова културе",
        "Asocijacija evropskih gradova kulture",
    )
    assert (values["founded"], values["joined"], values["left"]) == ("1997", "2007-05", "2023-05-03")
    assert {cell.data_type for key, cell in cells.items() if key in ("founded", "contact_phone", "status")} == {"s"}
    assert {cell.data_type for key, cell in cells.items() if key in ("id", "revision")} == {"n"}
    # As text, so that a spreadsheet makes no first of May of "May 2007"
    assert cells["joined"].number_format == "@"


RUN = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "one; =1"]


@pytest.mark.parametrize("name", FORMATS)
def test_no_text_becomes_a_formula(network, name):
    content = complete_content(Network, network.head.content)
    networks = [ExportedNetwork(1, 1, content | {"source": text, "name_sr": text}) for text in RUN]
    with override("sr"):
        file = written(networks, name)
    if name == "csv":
        assert file.startswith("\ufeff".encode())
        for delimiter in ",;":
            cells = [cell for line in file.decode("utf-8-sig").splitlines() for cell in line.split(delimiter)]
            assert [cell for cell in cells if cell.strip('" ')[:1] in tuple("=@+-") and "381" not in cell] == []
    elif name == "xlsx":
        cells = [cell for row in openpyxl.load_workbook(io.BytesIO(file)).active.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert sum(cell.value == "=1+1" for cell in cells) == 3
    else:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            assert archive.namelist()[0] == "mimetype"
            sheet = archive.read("content.xml").decode()
        assert "formula" not in sheet
        assert '<table:table-cell table:style-name="text" office:value-type="string"><text:p>=1+1</text:p>' in sheet


# What an import makes of it


@pytest.mark.sql
def test_only_what_was_changed_is_saved_as_people_type_it(network, editor):
    sheet = changed_sheet(
        written(exported(network)),
        joined=date(2007, 5, 4),
        founded="мај 1998.",
        status="члан",
        left=None,
        themes="peace\nКултура",
        description_en="Two words",
        scope="global",
        slug=None,
        contact_phone=381185040000,
        name_en="Association\nof Cities",
        summary_sr="Европска  мрежа.\nУ два реда.",
        former_names="First\nSecond",
        name_sr_latin="Ne čita se",
    )
    plan = plan_of(sheet, editor)
    assert told(plan) == []
    (row,) = plan.rows
    assert row.changes == {
        "joined": "2007-05-04",
        "founded": "1998-05",
        "status": "member",
        "left": None,
        "description_en": "<p>Two words</p>",
        "scope": "global",
        "contact_phone": "381185040000",
        "summary_sr": "Европска  мрежа.\nУ два реда.",
        "name_en": "Association of Cities",
        "former_names": "First\nSecond",
    }
    # Only looked at so far
    network.refresh_from_db()
    assert network.head.number == 1


# What is typed into a cell, and the message beside it
WRONG = {
    "a date": (("joined", "soon"), "Enter a year, a month or a day, such as 2003, May 2007 or 3 May 2007."),
    "an impossible date": (("founded", "2007-02-31"), "This date does not exist in the calendar."),
    "a month for a day": (("verified_on", "2026-01"), "Enter a whole day, such as 2026-05-03."),
    "a number": (
        ("id", "1.500"),
        "Enter a number such as 1500 or 1500.50, without separators between thousands.",
    ),
    "degrees": (
        ("seat_latitude", "48 N"),
        "Enter degrees such as 43.3209; those in the south and in the west are negative.",
    ),
    "degrees off the Earth": (("seat_longitude", -181), "Ensure this value is greater than or equal to -180."),
    "a country": (
        ("seat_country", "Atlantis"),
        "“Atlantis” is no country that is known here. Write its name, or its code, such as RS.",
    ),
    "a broken number": (("revision", 2026.5), "Enter a whole number."),
    "a line": (
        ("fees", "2026: 1,500.00 RSD"),
        "What stands here is changed in the form of the network. Leave the cell as it was exported.",
    ),
    "lines that were removed": (
        ("documents", ""),
        "What stands here is changed in the form of the network. Leave the cell as it was exported.",
    ),
    "a choice": (
        ("status", "maybe"),
        "“maybe” is not known here. Write one of these: member, left, network ended, not known.",
    ),
    "a theme": (("themes", "Culture\nsport"), "“sport” is not known here. Write one of these: Culture, Peace."),
    "a URL": (("website", "javascript:x"), "Enter a valid URL."),
    "a link": (
        ("description_sr", '<a href="javascript:x">a</a>'),
        "A link has no address that it can lead to. Enter one that begins with https:// or mailto:.",
    ),
    "an acronym": (("acronym_en", "x" * 21), "Ensure this value has at most 20 characters (it has 21)."),
    "dates": (("left", "2001"), "The city cannot have left before it joined. Correct one of the two dates."),
    "a number of a network": (
        ("id", 999.0),
        "There is no network with this number. Leave the cell empty to add a new network.",
    ),
    "a number of a version": (
        ("revision", 7),
        "Leave the number of the version as it was exported, or export the network anew.",
    ),
    "no version": (
        ("revision", ""),
        "Leave the number of the version as it was exported, or export the network anew.",
    ),
}


def test_each_mistake_is_told_by_row_and_column(network, editor):
    with override("en"):
        columns = make_columns()
        keys = [column.key for column in columns]
        row = [column.cell(*exported(network)) for column in columns]
        for name, ((key, value), text) in WRONG.items():
            place = keys.index(key)
            lines = [keys, [*row[:place], value, *row[place + 1 :]]]
            plan = plan_of_table(file_reading.table_of(lines, columns), editor)
            assert told(plan) == [(2, importing.column_letters(place), text)], name
    assert openpyxl.utils.get_column_letter(len(keys)) == importing.column_letters(len(keys) - 1)


def test_a_character_that_no_database_keeps_is_left_out():
    """Spreadsheets can hold it: calamine reads it from `_x0000_` in the XML."""
    assert read_text("a\0b\x0bc\nd") == "abc\nd"


@pytest.mark.long
def test_only_saved_drafts_are_counted(client, network, editor):
    sheet = changed_sheet(written(exported(network)), source="From the file")
    drafts.save(network, {"source": "Typed here"}, author=editor)
    client.force_login(editor)
    answer = upload(client, sheet)
    (name,) = {*opened(client, answer.url).xpath("//*[@class='conflict']//input/@name")}
    page = parsed(client.post(answer.url, {name: "theirs"}, follow=True))
    assert messages_of(page) == ["0 drafts are saved from the file. Citizens see them when they are published."]


@pytest.mark.long
@pytest.mark.sql
def test_new_networks_repeated_ones_and_those_in_the_bin(network, editor):
    removed = make_network()
    publishing.delete(removed, author=editor)
    columns = make_columns()
    (row,) = ([column.cell(each) for column in columns] for each in exported(network))
    new = [{"name_sr": "Нова"}.get(column.key, "") for column in columns]
    bin_row = [{"id": removed.pk, "revision": 1}.get(column.key, "") for column in columns]

    def plan_with(*rows):
        file = io.BytesIO()
        assert list(file_writing.write_xlsx(file, columns, rows))
        with override("en"):
            return plan_of(file.getvalue(), editor)

    plan = plan_with(row, new, new)
    assert ([each.changes for each in plan.rows], told(plan)) == ([{"name_sr": "Нова"}] * 2, [])
    assert [text for _row, _column, text in told(plan_with(row, row, bin_row))] == [
        "The network is in row 3 already. Delete one of the two rows.",
        "This is in the bin. Put it back first.",
    ]
    without_name = [{"seat_en": "Niš"}.get(column.key, "") for column in columns]
    assert [column for _row, column, _text in told(plan_with(without_name))] != []


def sheet_of(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods_with(cell):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", file_writing.FORMATS["ods"].content_type)
        archive.writestr("content.xml", file_writing.ods_head([]) + f"<table:table-row>{cell}</table:table-row>")
    return file.getvalue()


UNREADABLE = "This file cannot be read. Open it in your spreadsheet program, save it as XLSX and upload the new file."
WITHOUT_KEYS = (
    "The columns “id” and “revision” are missing. Upload a file that was exported here, with the row of keys below "
    "the headings as it was."
)
FILES = {
    "nothing": (b"", WITHOUT_KEYS),
    "a damaged file": (b"PK\x03\x04" + b"x" * 100, UNREADABLE),
    "binary": (b"id\0", UNREADABLE),
    "an old format": (
        b"\xd0\xcf\x11\xe0",
        "This file has an old format, or a password. Save it as XLSX without a password, and upload that.",
    ),
    "other letters": (
        "id;revision;назив".encode("cp1251"),
        "The letters of this file cannot be read. Save it as “CSV UTF-8” or as XLSX, and upload the new file.",
    ),
    "another sheet": (sheet_of(["Name"], ["AVEC"]), WITHOUT_KEYS),
    "an unknown key": (
        b"id,revision,nickname",
        "No column is called “nickname” here. Delete that column, or correct the key below its heading.",
    ),
    "a key twice": (
        b"id;revision;source;source",
        "The column “source” is there more than once. Delete one of them.",
    ),
    "a column without a key": (
        b"Number\tVersion\nid\trevision\n\n1\t1\tx",
        "Row 4: something stands in a column without a key. Delete it, or move it.",
    ),
    "a formula": (
        sheet_of(["id", "revision"], [1, "=1+1"]),
        "Cell B2 has a formula, or an error in place of a value. Copy such cells, and insert them as values.",
    ),
    "a formula in ODS": (
        ods_with('<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"/>'),
        "A cell has a formula, or an error in place of a value. Copy such cells, and insert them as values.",
    ),
    "too many columns": (
        b"id,revision" + b"," * 600,
        "The file has more than 500 columns. Delete those that were not exported.",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_export_is_refused_with_what_to_do(name, editor):
    content, text = FILES[name]
    with override("en"), pytest.raises(ValidationError) as refused:
        list(file_reading.read_table(content, make_columns()).rows)
    assert refused.value.messages == [text]


def test_a_file_that_fills_the_memory_ends_its_own_process(editor):
    """One cell in the last row of the last column, for which a reader makes room for all cells before it."""
    file = zip_with(sheet_of(["id", "revision"], [1, 1]), b'r="B2"', b'r="XFD1048576"')
    with override("en"), pytest.raises(ValidationError) as refused:
        list(file_reading.read_table(file, make_columns()).rows)
    assert refused.value.messages == [UNREADABLE]


def zip_with(content, old, new):
    """Return a zipped file in which some bytes of the sheet are others."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(file, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(old, new))
    return file.getvalue()


def test_a_file_with_too_many_rows_is_refused_and_deletes_nothing(network, editor, monkeypatch):
    monkeypatch.setattr(file_reading, "MOST_ROWS", 2)
    with override("en"):
        plan = plan_of(b"id,revision\r\n1,1\r\n1,1\r\n1,1\r\n", editor)
    assert plan.problems[-1].text == "The file has more than 2 rows. Split it, and upload the parts one by one."
    assert plan_of(b"id;revision", editor) == importing.Plan()


# In the admin


def upload(client, content, name="networks.xlsx", prefix="/en"):
    return client.post(f"{prefix}/admin/networks/network/import/", {"file": SimpleUploadedFile(name, content)})


@pytest.mark.long
@pytest.mark.sql
def test_a_file_is_uploaded_looked_at_and_saved_once(client, network, editor, themes):
    """All of it or nothing; pressed twice, it is saved once."""
    other = drafts.save(Network(), {"name_sr": "Друга", "source": "Писмо"}, author=editor).row
    client.force_login(editor)
    page = opened(client, LIST + "?q=АЕГК")
    (export_url,) = page.xpath("//ul[@class='object-tools']//a[text()='Export']/@href")
    form = opened(client, export_url)
    assert "Networks to be exported: 1" in text_of(form.get_element_by_id("content-main"))
    listed = form.xpath("//input[@name='list']/@value")[0]
    answer = client.post(LIST + "export/", {"version": "newest", "format": "xlsx", "list": listed})
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).active.max_row == 3
    # Both rows, of which one has what the functions that save it refuse
    with override("en"):
        sheet = written(exported(network, other))
    refused = upload(client, changed_sheet(sheet, summary_en="New <b>words</b>.", left="2001"))
    assert "Row 3, column AD (Left): The city cannot have left before it joined." in text_of(parsed(refused))
    answer = upload(client, changed_sheet(sheet, summary_en="New <b>words</b>."))
    preview = opened(client, answer.url)
    said = text_of(preview.get_element_by_id("content-main"))
    assert "File: networks.xlsx Rows in the file: 2 Networks with changes: 1 New networks: 0" in said
    assert "Summary (in English)" in said
    assert Revision.objects.count() == 2
    saved = client.post(answer.url, follow=True)
    assert messages_of(parsed(saved)) == [
        "1 draft is saved from the file. Citizens see it when it is published.",
    ]
    network.refresh_from_db()
    assert (network.head.content["summary_en"], network.head.author) == ("New <b>words</b>.", editor)
    assert network.head.comment == "networks.xlsx"
    again = client.post(answer.url, follow=True)
    assert messages_of(parsed(again)) == [
        "This file is imported already, or was uploaded more than a day ago. Upload it again."
    ]
    assert Revision.objects.count() == 3


@pytest.mark.long
@pytest.mark.sql
def test_what_others_have_saved_since_is_kept_or_asked_about(client, network, editor):
    with override("en"):
        sheet = changed_sheet(written(exported(network)), source="From the file", seat_en="Paris", acronym_en="Same")
    head = drafts.save(network, {"source": "Typed here", "seat_sr": "Париз", "acronym_en": "Same"}, author=editor)
    client.force_login(editor)
    answer = upload(client, sheet)
    page = opened(client, answer.url)
    (conflict,) = page.find_class("conflict")
    assert "Typed here" in text_of(conflict)
    assert "From the file" in text_of(conflict)
    assert "Changed here since, and kept: Seat (in Serbian)." in text_of(page)
    asked = parsed(client.post(answer.url))
    assert "Choose for each of the fields below whose text is to stay." in text_of(asked)
    # Somebody is faster once more
    drafts.save(head.row, {"seat_en": "Lyon"}, author=editor)
    chosen = {conflict.xpath(".//input/@name")[0]: "mine"}
    late = parsed(client.post(answer.url, chosen))
    assert "Somebody has changed this too" in text_of(late)
    assert len(late.find_class("conflict")) == 2
    chosen = {
        field.get("name"): field.get("value") for field in late.xpath("//input[@type='radio'][@value='theirs']")
    }
    client.post(answer.url, chosen | {name: "mine" for name in chosen if "source" in name})
    network.refresh_from_db()
    content = network.head.content
    assert [content[name] for name in ("source", "seat_en", "seat_sr", "acronym_en")] == [
        "From the file",
        "Lyon",
        "Париз",
        "Same",
    ]


@pytest.mark.long
def test_many_conflicts_are_asked_about_in_turn_with_as_few_queries_as_one(client, editor, themes, monkeypatch):
    networks = [drafts.save(Network(), {"name_sr": f"Мрежа {n}"}, author=editor).row for n in range(5)]
    for network in networks:
        drafts.save(network, {"source": "Typed here", "themes": ["peace"]}, author=editor)
    client.force_login(editor)

    def asked(rows):
        lines = [f"{each.pk},1,From the file,culture" for each in rows]
        url = upload(client, "\n".join(["id,revision,source,themes", *lines]).encode(), "n.csv").url
        return url, count_queries(client, url)

    url, few = asked(networks[:1])
    url, many = asked(networks)
    assert few == many
    monkeypatch.setattr("networks.admin.spreadsheet_views.ROWS_ON_A_PAGE", 2)
    for more in (3, 1, 0):
        page = opened(client, url)
        assert len(page.find_class("conflict")) == (4 if more else 2)
        assert (f"There {'is' if more == 1 else 'are'} {more} more network" in text_of(page)) == bool(more)
        names = {*page.xpath("//*[@class='conflict']//input/@name")}
        assert "Choose for each" in text_of(parsed(client.post(url, dict.fromkeys(sorted(names)[1:], "mine"))))
        assert Revision.objects.count() == 10
        client.post(url, {name: "theirs" if "themes" in name else "mine" for name in names})
    contents = [Network.objects.get(pk=each.pk).head.content for each in networks]
    assert [(each["source"], each["themes"]) for each in contents] == [("From the file", ["peace"])] * 5


def test_long_work_says_how_far_it_is(client, network, editor, monkeypatch):
    for name in ("MOST_EXPORTED_AT_ONCE", "MOST_READ_AT_ONCE", "MOST_SAVED_AT_ONCE"):
        monkeypatch.setattr(f"networks.admin.spreadsheet_views.{name}", 0)
    monkeypatch.setattr("networks.admin.progress_page.INTERVAL", -1)
    client.force_login(editor)

    def link_of(answer):
        page = parsed(answer)
        return text_of(page.get_element_by_id("content-main")), page.xpath("//div[@id='content-main']//a/@href")[-1]

    said, url = link_of(
        streamed(client.post(LIST + "export/", {"version": "newest", "format": "ods", "rows": network.pk}))
    )
    assert "1 of 1" in said
    with override("en"):
        assert client.get(url).content.startswith(b"PK")
        sheet = changed_sheet(written(exported(network)), seat_en="Paris")
    said, url = link_of(streamed(upload(client, sheet)))
    assert "1 done" in said
    said, url = link_of(streamed(client.post(url)))
    assert "1 of 1" in said
    assert "1 draft is saved from the file." in said
    said, url = link_of(streamed(upload(client, b"id,revision\n7,1")))
    assert "Row 2, column A (Number of the network): There is no network with this number." in said


@pytest.mark.sql
@pytest.mark.parametrize("is_long", [False, pytest.param(True, marks=pytest.mark.long)])
def test_an_import_is_undone_but_for_what_was_saved_since(client, network, editor, monkeypatch, is_long):
    """A draft goes back to the draft before, a published network to what is on the site, a new one to the bin."""
    live, changed = (drafts.save(Network(), {"name_sr": name}, author=editor).row for name in ("На сајту", "Мењана"))
    publishing.publish(live, author=editor)
    submitted = drafts.submit(network, author=make_account("editors", username="ana", first_name="Ана"))
    seat_before = network.seat_en
    client.force_login(editor)
    rows = [f"{each.pk},1,{each.name_sr},Paris" for each in (network, live, changed)]
    url = upload(client, "\n".join(["id,revision,name_sr,seat_en", *rows, ",,Нова,Paris"]).encode(), "n.csv").url
    if is_long:
        monkeypatch.setattr("networks.admin.spreadsheet_views.MOST_SAVED_AT_ONCE", 0)
    page = parsed(streamed(client.post(url)) if is_long else client.post(url, follow=True))
    assert "4 drafts are saved from the file." in text_of(page)
    (undo,) = page.find_class("undo")
    drafts.save(Network.objects.get(pk=changed.pk), {"seat_sr": "Париз"}, author=make_account("publishers"))
    said = messages_of(parsed(client.post(undo.get("action"), dict(undo.form_values()), follow=True)))
    assert said == [
        "Somebody has changed these since, so they are left as they are: Menjana.",
        "Undone: 3 entries are as they were before.",
    ]
    found = {each.name_sr: each for each in Network.objects.select_related("head")}
    assert [bool(each.deleted_at) for each in found.values()] == [False, False, False, True]
    assert found["На сајту"].head_id == found["На сајту"].live_id
    assert [found[each.name_sr].head.content["seat_en"] for each in (network, changed)] == [seat_before, "Paris"]
    network = found[network.name_sr]  # waits as it did, since when and by whom
    assert (network.submitted_at, network.submitted_by) == (submitted.submitted_at, "Ана")


@pytest.mark.sql
def test_nothing_is_saved_for_a_client_that_goes_away(client, network, editor, monkeypatch, connection_of_the_test):
    monkeypatch.setattr("networks.admin.spreadsheet_views.MOST_SAVED_AT_ONCE", 0)
    monkeypatch.setattr("networks.admin.progress_page.INTERVAL", -1)
    client.force_login(editor)
    SpreadsheetFile.objects.create(
        user=editor,
        purpose="import",
        content=packed(importing.Plan([importing.RowChange(3, network.pk, 1, 1, {"seat_en": "Paris"})])),
    )
    answer = client.post(f"{LIST}import/{SpreadsheetFile.objects.get().pk}/")
    _head, line = next(answer.streaming_content), next(answer.streaming_content)
    assert (b"1 of 1" in line, Revision.objects.count()) == (True, 2)
    answer.close()
    assert (Revision.objects.count(), SpreadsheetFile.objects.count()) == (1, 1)


def streamed(answer):
    """The answer as a browser has it in the end."""
    return HttpResponse(b"".join(answer.streaming_content))


@pytest.mark.sql
def test_a_network_without_any_revision_is_exported_and_changed(client, editor):
    """As loaddata and scripts write them."""
    loaded = make_network(name_en="Loaded", source="Letter", is_published=False)
    client.force_login(editor)
    with override("en"):
        sheet = changed_sheet(written(exported_networks([loaded.pk])), source="Decision")
    url = upload(client, sheet).url
    said = text_of(opened(client, url).get_element_by_id("content-main"))
    assert "Row 3: Loaded" in said
    assert "Letter" in said
    client.post(url)
    loaded.refresh_from_db()
    assert (loaded.source, loaded.head.number) == ("Decision", 2)


@pytest.mark.sql
def test_nobody_sees_the_files_of_others(client, network, editor):
    client.force_login(editor)
    url = upload(client, changed_sheet(written(exported(network)), seat_en="Paris")).url
    client.force_login(make_account("publishers"))
    assert client.get(url).url == LIST + "import/"
    SpreadsheetFile.objects.update(purpose="export", name="networks.csv")
    assert client.get(url.replace("import", "export")).status_code == 404


@pytest.mark.sql
def test_files_that_nobody_can_open_any_more_are_deleted_when_somebody_signs_in(client, editor):
    ages = [timedelta(), timedelta(hours=25)]
    for age in ages:
        SpreadsheetFile.objects.create(user=editor, purpose="export", content=b"", created_at=timezone.now() - age)
    client.force_login(make_account("publishers"))
    assert [timezone.now() - each.created_at < timedelta(days=1) for each in SpreadsheetFile.objects.all()] == [True]


@pytest.mark.sql
def test_ticked_and_published_networks_are_exported(client, network, editor):
    published = make_network(name_sr="На сајту", internal_note="За колеге")
    client.force_login(editor)
    ticked = {"action": "export", "_selected_action": [network.pk, published.pk], "index": 0}
    form = parsed(client.post("/sr-latn/admin/networks/network/", ticked))
    chosen = {"rows": form.xpath("//input[@name='rows']/@value")[0], "version": "published", "format": "csv"}
    file = client.post("/sr-latn/admin/networks/network/export/", chosen).content.decode("utf-8-sig")
    lines = file.splitlines()
    assert (len(lines), lines[0].split(";")[2]) == (3, "Naziv (na srpskom)")
    assert "На сајту;Na sajtu" in lines[2]
    assert "internal_note" not in lines[1] and "За колеге" not in file  # this file is for everybody
    newest = client.post("/sr-latn/admin/networks/network/export/", chosen | {"version": "newest"})
    assert "За колеге" in newest.content.decode("utf-8-sig")
    wrong = client.post(LIST + "export/", {"rows": "1 x", "version": "published", "format": "csv"})
    assert wrong.status_code == 200


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", FORMATS)
def test_memory_does_not_grow_with_the_rows(network, name):
    content = complete_content(Network, network.head.content)
    columns = make_columns()
    row = [column.cell(ExportedNetwork(1, 1, content | {"description_sr": "Реч " * 500})) for column in columns]

    def peak(count):
        with TemporaryFile() as file:
            tracemalloc.start()
            for _count in file_writing.FORMATS[name].write(file, columns, repeat(row, count)):
                pass
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return most

    assert peak(600) < peak(200) + 1_000_000


@pytest.mark.exhaustive
def test_ten_thousand_rows_are_read_within_the_limits(network):
    """Those of `file_reading`: 256 MB. ODS takes half as much again as XLSX."""
    content = complete_content(Network, network.head.content)
    columns = make_columns()
    rows = []
    for number in range(100):  # so that not all texts are the same
        text = f"Реч {number} " * 150
        each = ExportedNetwork(1, 1, content | {"description_sr": text, "description_en": text})
        rows.append([column.cell(each) for column in columns])
    with TemporaryFile() as file:
        for _count in file_writing.write_ods(file, columns, chain.from_iterable(repeat(rows, 100))):
            pass
        file.seek(0)
        read = file_reading.read_table(file.read(), columns).rows
        assert sum(1 for _row in read) == file_reading.MOST_ROWS


@pytest.mark.browser
def test_clerk_exports_changes_cells_and_imports_without_javascript(live_server, open_page, themes):
    """On a phone; with enough new networks that a page says how far the work is."""
    network = drafts.save(Network(), FROZEN | {"logo": None}, author=account()).row
    page = open_page(width=390, java_script_enabled=False)
    listed = f"{live_server.url}/sr-latn/admin/networks/network/"
    be_signed_in(page, live_server.url)
    page.goto(listed)
    page.click(".object-tools a[href*='export']")
    assert page.evaluate(FITS)
    with page.expect_download() as download:
        page.click("button.default")
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    keys = [cell.value for cell in book.active[2]]
    book.active.cell(3, keys.index("seat_en") + 1, "Paris")
    for number in range(45):
        book.active.cell(4 + number, keys.index("name_sr") + 1, f"Нова мрежа {number}")
    changed = io.BytesIO()
    book.save(changed)
    page.goto(listed)
    page.click(".object-tools a[href*='import']")
    file = {"name": "networks.xlsx", "mimeType": "application/octet-stream", "buffer": changed.getvalue()}
    page.set_input_files("#id_file", file)
    assert page.evaluate(FITS)
    page.click("button.default")
    page.wait_for_url("**/import/*/")
    assert page.locator("section.comparison").count() == 46
    assert page.evaluate(FITS)
    page.click("button.default")
    page.locator(".progress").wait_for(state="attached")
    page.click("#content-main a.button")
    network.refresh_from_db()
    assert (network.head.content["seat_en"], Network.objects.count()) == ("Paris", 46)


FITS = "document.documentElement.scrollWidth <= innerWidth"
