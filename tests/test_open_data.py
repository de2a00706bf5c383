"""The open data as programs read them, each file by the library that is made for its format."""

import csv
import gzip
import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from hashlib import sha256
from urllib.request import urlopen

import lxml.html
import pytest
from csvw import CSVW
from django.urls import reverse
from django.utils import translation
from django.utils.functional import lazy
from hypothesis import example, given
from hypothesis import strategies as st
from rdflib import DCAT, DCTERMS, FOAF, ORG, OWL, RDF, SKOS, TIME, XSD, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic

from networks.models import CityProfile, Event, Network
from networks.public import catalogue
from networks.public.dataset import FIELDS, TABLES
from networks.public.identifiers import tag_uri
from networks.public.line_tables import LINES as LINE_TABLES
from networks.revisions import publishing
from networks.serbian import to_latin
from networks.spreadsheets.formulas import escape_formula, unescape_formula
from tests.contents import EVERYTHING, INTERNAL_NOTE
from tests.makers import LINES, make_network, make_profile, make_theme
from tests.pages import CYRILLIC, PREFIXES, count_queries, in_each_language, opened, text_of
from tests.production import PRODUCTION, run

pytestmark = [
    pytest.mark.django_db,
    # The reader of JSON-LD in rdflib uses a class of its own that it calls deprecated.
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
]

SITE = "http://testserver"
TAGS = {"sr-Cyrl", "sr-Latn", "en"}
MEDIA_TYPES = {
    "/networks.json": "application/json",
    **{f"/{table.file}": "text/csv; charset=utf-8; header=present" for table in TABLES.values()},
    "/networks.csv-metadata.json": "application/csvm+json",
    "/catalog.jsonld": "application/ld+json",
    "/networks.ttl": "text/turtle; charset=utf-8",
    "/catalog.ttl": "text/turtle; charset=utf-8",
}
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
ADMS = Namespace("http://www.w3.org/ns/adms#")
EU = "http://publications.europa.eu/resource/authority/"

HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "'=x",
    "''",
    '"',
    "a,b;c",
    "\r\nx",
    "＝1",
    "#x",
]

# What makes a spreadsheet calculate
# What runs at the beginning of a cell; and where one begins, for a spreadsheet that parts cells by semicolons too
RUN = r"""['"]*[\t\r]|(?:['"]|[^\S\n\r])*[=+\-@＝＋－＠]"""
BEGINNING = r"(?:\A|(?<=[;\n\r]))"

in_each_file = pytest.mark.parametrize("path", MEDIA_TYPES)


@pytest.fixture
def everything(db):
    """One network with all there can be, and the city's profile."""
    make_profile(
        city_name_en="City of Niš",
        email="office@nis.example",
        phone="+381 18 504-000",
        website="https://www.nis.example/",
        licence_name="CC BY 4.0",
        licence_url="https://creativecommons.org/licenses/by/4.0/",
    )
    health = make_theme(slug="health", name_sr="Здравље", name_en="Health")
    file = {"name": f"documents/{'ab' * 20}.pdf", "size": 9, "pages": 1, "sha256": "cd" * 32, "warnings": []}
    decision, statute = LINES["documents"]
    lines = LINES | {"documents": [decision, statute | {"file": file}]}
    network = make_network(themes=[health, make_theme(slug="culture", name_sr="Култура")], **EVERYTHING | lines)
    Network.objects.filter(pk=network.pk).update(
        logo="logos/logo.png", changed_at=datetime(2026, 5, 3, 10, 15, 20, 999, tzinfo=UTC)
    )
    return Network.objects.get()


@pytest.fixture
def hostile(db):
    """Networks whose texts are what programs trip over, in every field that takes them."""
    for text in HOSTILE:
        make_network(
            themes=[make_theme(name_sr=text.strip() or "x")],
            **dict.fromkeys(["name_sr", "name_en", "summary_sr", "seat_en", "benefit_sr"], text),
            acronym_sr=text[:20],
            **dict.fromkeys(["original_name", "responsible_unit", "source"], text),
            documents=[{"id": "d", "kind": "decision", "title_sr": text, "title_en": text, "number": text}],
            roles=[{"id": "r", "role": "body-chair", "body_sr": text}],
            original_language="de",
            former_names=f"{text}\nСтаро {text}",
            description_sr=f"<p>{text.replace('<', '')}</p>",
            website='https://example.org/{a}|<b>?"c"^`\\',
        )


def data_of(client):
    return json.loads(client.get("/networks.json").content)


def rows_of(client, name="networks"):
    """The lines of a CSV file, each by the headings, read as RFC 4180 says."""
    content = client.get(f"/{name}.csv").content.decode()
    return list(csv.DictReader(io.StringIO(content, newline=""), strict=True))


def restored(cell):
    """A cell without the apostrophes that keep it from being run, as the page on the data says."""
    return re.sub(f"{BEGINNING}'(?={RUN})", "", cell)


def graph_of(client, path="/catalog.ttl"):
    form = "json-ld" if path == "/catalog.jsonld" else "turtle"
    return Graph().parse(data=client.get(path).content, format=form)


def only(values):
    (value,) = values
    return value


# JSON


def test_a_network_with_everything_has_every_field(everything, client):
    assert only(data_of(client)["networks"]) == {
        "id": f"tag:testserver,2026:network/{everything.pk}",
        "iri": f"{SITE}/id/network/{everything.pk}",
        "url": {
            "sr-Cyrl": f"{SITE}/networks/everything/",
            "sr-Latn": f"{SITE}/sr-latn/networks/everything/",
            "en": f"{SITE}/en/networks/everything/",
        },
        "slug": "everything",
        "name": {
            "sr-Cyrl": "Мрежа са свим подацима",
            "sr-Latn": "Mreža sa svim podacima",
            "en": "Network with every fact",
        },
        "acronym": {"sr-Cyrl": "МСП", "sr-Latn": "MSP", "en": "NEF"},
        "summary": {"sr-Cyrl": "Зна се све.", "sr-Latn": "Zna se sve.", "en": "All is known."},
        "description": {
            "sr-Cyrl": "Опис са нагласком.\n\n\nставка",
            "sr-Latn": "Opis sa naglaskom.\n\n\nstavka",
            "en": "Description with stress.\n\n\nitem",
        },
        "description_html": {
            "sr-Cyrl": "<p>Опис са <strong>нагласком</strong>.</p><ul><li>ставка</li></ul>",
            "sr-Latn": "<p>Opis sa <strong>naglaskom</strong>.</p><ul><li>stavka</li></ul>",
            "en": "<p>Description with <strong>stress</strong>.</p><ul><li>item</li></ul>",
        },
        "original_name": {"text": "Réseau de tous les faits", "language": "fr"},
        "former_names": [
            {"sr-Cyrl": "Стара мрежа (1988–2001)", "sr-Latn": "Stara mreža (1988–2001)"},
            {"und": "Old Network (2001–2004)"},
        ],
        "scope": {"code": "european", "label": labels("get_scope_display", everything)},
        "status": {"code": "left", "label": labels("get_status_display", everything)},
        "themes": [
            {"code": "culture", "name": {"sr-Cyrl": "Култура", "sr-Latn": "Kultura"}},
            {"code": "health", "name": {"sr-Cyrl": "Здравље", "sr-Latn": "Zdravlje", "en": "Health"}},
        ],
        "seat": {"sr-Cyrl": "Љубљана", "sr-Latn": "Ljubljana", "en": "Ljubljana"},
        "seat_country": {
            "code": "SI",
            "label": {"sr-Cyrl": "Словенија", "sr-Latn": "Slovenija", "en": "Slovenia"},
        },
        "seat_coordinates": {"latitude": 46.0569, "longitude": 14.5058},
        "benefit": {"sr-Cyrl": "Искуство.", "sr-Latn": "Iskustvo.", "en": "Experience."},
        "founded": "1987",
        "joined": "2007-05",
        "left": "2019-12-31",
        "end_note": {
            "sr-Cyrl": "Одлука бр. 06-31/2019.",
            "sr-Latn": "Odluka br. 06-31/2019.",
            "en": "Decision No. 06-31/2019.",
        },
        "website": "https://www.everything.example/",
        "membership_page": "https://www.everything.example/members/nis",
        "wikidata": "Q1322476",
        "deciding_act": {
            "sr-Cyrl": "Одлука о приступању",
            "sr-Latn": "Odluka o pristupanju",
            "en": "Decision to join",
        },
        "fee": {"amount": "2025.50", "currency": "EUR", "year": 2025},
        "responsible_unit": {"sr-Cyrl": "Канцеларија за сарадњу", "sr-Latn": "Kancelarija za saradnju"},
        "contact": {"email": "networks@nis.example", "telephone": "+381 18 504 000"},
        "source": {"sr-Cyrl": "Допис мреже од 1.3.2020.", "sr-Latn": "Dopis mreže od 1.3.2020."},
        "verified_on": "2025-03-01",
        "logo": f"{SITE}/media/logos/logo.png",
        **lines_of(everything),
        "changed_at": "2026-05-03T10:15:20Z",
    }
    assert [each.name for each in FIELDS] == list(only(data_of(client)["networks"]))


def lines_of(network):
    """The lines of a network as they should stand in the data, made of what is stored."""
    expected = {}
    for name in LINE_TABLES:
        field = Network._meta.get_field(name)
        expected[name] = []
        for line in getattr(network, name):
            public = {key: value for key, value in line.items() if key not in ("paid_on", "budget_line")}
            for text in ("title", "body"):
                if serbian := public.pop(f"{text}_sr", ""):
                    public[text] = {"sr-Cyrl": serbian, "sr-Latn": to_latin(serbian)}
                if english := public.pop(f"{text}_en", ""):
                    public[text]["en"] = english
            if "file" in public:
                public["file"] = f"{SITE}/documents/{network.slug}/{line['kind']}-{line['id']}.pdf"
            for choice in public.keys() & {"kind", "role"}:
                label = dict(field.columns[choice].choices)[code := public[choice]]
                public[choice] = {"code": code, "label": in_each_form(label)}
            expected[name].append(public)
    return expected


def in_each_form(text):
    said = {}
    for code, each in (("sr", "sr-Cyrl"), ("sr-latn", "sr-Latn"), ("en", "en")):
        with translation.override(code):
            said[each] = str(text)
    return said


def labels(name, network):
    return in_each_form(lazy(getattr(network, name), str)())


def test_of_a_network_with_only_a_name_nothing_else_is_said(db, client):
    network = make_network(slug="it", name_sr="Њена мрежа")
    entry = only(data_of(client)["networks"])
    assert entry.keys() == {"id", "iri", "url", "slug", "name", "status", "changed_at"}
    assert entry["id"] == f"tag:testserver,2026:network/{network.pk}"
    assert entry["name"] == {"sr-Cyrl": "Њена мрежа", "sr-Latn": "Njena mreža"}
    assert entry["url"].keys() == {"sr-Cyrl", "sr-Latn"}
    row = only(rows_of(client))
    assert {name for name, value in row.items() if value} == {
        *("id", "iri", "slug", "changed_at", "status_code"),
        *("url_sr_Cyrl", "url_sr_Latn", "name_sr_Cyrl", "name_sr_Latn"),
        *("status_label_sr_Cyrl", "status_label_sr_Latn", "status_label_en"),
    }


def test_the_document_says_whose_data_they_are(everything, client):
    data = data_of(client)
    assert data["id"] == "tag:testserver,2026:networks"
    assert data["city"] == {
        "id": "tag:testserver,2026:city",
        "iri": f"{SITE}/id/city",
        "name": {"sr-Cyrl": "Град Ниш", "sr-Latn": "Grad Niš", "en": "City of Niš"},
        "website": "https://www.nis.example/",
    }
    assert data["licence"] == {
        "name": {"und": "CC BY 4.0"},
        "url": "https://creativecommons.org/licenses/by/4.0/",
    }
    changed_at = CityProfile.objects.current().changed_at  # later than that of the network
    assert data["modified"] == f"{changed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert {each: client.get(url).status_code for each, url in data["documentation"].items()} == dict.fromkeys(
        TAGS, 200
    )


def test_an_empty_site_has_data_without_networks(db, client):
    data = data_of(client)
    assert data["networks"] == []
    assert data.keys() == {"id", "title", "description", "city", "documentation", "networks"}
    assert rows_of(client) == []
    assert "Last-Modified" not in client.get("/networks.json").headers


def test_networks_stand_in_the_order_of_the_city(db, client):
    for slug, position in (("b", 20), ("a", 30), ("c", 10)):
        make_network(slug=slug, position=position)
    assert [network["slug"] for network in data_of(client)["networks"]] == ["c", "b", "a"]
    assert [row["slug"] for row in rows_of(client)] == ["c", "b", "a"]


def test_english_stands_only_where_it_is_written(nis, client):
    written = {
        (network.slug, field)
        for network in Network.objects.published()
        for field in ("name", "acronym", "summary", "description", "seat", "benefit")
        if getattr(network, f"{field}_en")
    }
    found = {
        (network["slug"], field)
        for network in data_of(client)["networks"]
        for field in ("name", "acronym", "summary", "description", "seat", "benefit")
        if "en" in network.get(field, {})
    }
    assert found == written
    assert 0 < len({slug for slug, field in found if field == "name"}) < 11


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [("Савез", "sr", "sr-Cyrl"), ("Savez", "sr", "sr-Latn"), ("Заедница", "mk", "mk"), ("Bund", "de-AT", "de-AT")],
)
def test_an_original_name_tells_its_language_and_script(db, client, name, language, expected):
    make_network(original_name=name, original_language=language)
    assert only(data_of(client)["networks"])["original_name"] == {"text": name, "language": expected}


def latin_texts(value):
    """All texts that stand under the tag sr-Latn, at any depth."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "sr-Latn":
                yield from [each] if isinstance(each, str) else each
            else:
                yield from latin_texts(each)
        if value.get("@language") == "sr-Latn":
            yield value["@value"]
    elif isinstance(value, list):
        for each in value:
            yield from latin_texts(each)


@pytest.mark.parametrize("world", ["nis", "everything"])
def test_nothing_in_latin_has_a_cyrillic_letter(world, client, request):
    request.getfixturevalue(world)
    texts = [
        *latin_texts(data_of(client)),
        *latin_texts(json.loads(client.get("/networks.csv-metadata.json").content)),
        *(value for row in rows_of(client) for name, value in row.items() if name.endswith("_sr_Latn")),
        *(each for each in graph_of(client).objects() if isinstance(each, Literal) and each.language == "sr-Latn"),
    ]
    assert len(texts) > 150
    assert [text for text in texts if CYRILLIC.search(text)] == []


# CSV


def cells(record, before=()):
    """The columns that a record of the JSON fills: {name: text}, lists by their items, one on a line."""
    found = {}
    for key, value in record.items():
        path = (*before, key.replace("-", "_"))
        if isinstance(value, dict):
            found |= cells(value, path)
        elif isinstance(value, list):
            items = [cells(item, path) for item in value]
            for name in dict.fromkeys(name for item in items for name in item):
                # The names of themes stand beside their codes; of former names each has one language.
                parts = [item.get(name, "") for item in items]
                found[name] = "\n".join(parts if path == ("themes",) else filter(None, parts))
        else:
            found["_".join(path)] = str(value)
    return found


@pytest.mark.long
@pytest.mark.parametrize("world", ["nis", "everything", "hostile"])
def test_the_csv_says_the_same_as_the_json(world, client, request):
    request.getfixturevalue(world)
    networks, rows = data_of(client)["networks"], rows_of(client)
    assert len(networks) == len(rows) > 0
    for network, row in zip(networks, rows, strict=True):
        in_own_files = {name: network.pop(name, []) for name in LINE_TABLES}
        assert {name: restored(cell) for name, cell in row.items() if cell} == cells(network)
        for name, lines in in_own_files.items():
            keys = {"network_id": network["id"], "network_slug": network["slug"]}
            assert [
                {key: restored(cell) for key, cell in row.items() if cell}
                for row in rows_of(client, name)
                if row["network_id"] == network["id"]
            ] == [{"iri": f"{network['iri']}#{line['id']}", **keys, **cells(line)} for line in lines]


def test_lines_end_as_the_standard_says(everything, client):
    lines = client.get("/networks.csv").content.decode().split("\r\n")
    assert len(lines) == 3
    assert lines[-1] == ""
    assert "\r" not in "".join(lines)


def test_no_cell_is_run_by_a_spreadsheet(hostile, client):
    values = [value for name in TABLES for row in rows_of(client, name) for value in row.values()]
    assert [value for value in values if is_run(value)] == []
    assert any(value == "'=1+1" for value in values)
    assert {network["name"]["sr-Cyrl"] for network in data_of(client)["networks"]} >= {"=1+1", "@SUM(A1)", "'=x"}


def is_run(cell):
    """Whether a spreadsheet takes the cell, or what stands in it behind a semicolon or a line end, for a formula."""
    return any(
        re.match(RUN, part) and not re.match("""['"\\s]*'""", part) for part in re.split(r"[;\n\r]", cell)
    ) and not re.fullmatch("\\+[0-9 ()]{6,}", cell)


@pytest.mark.long
@given(st.text(alphabet="'\"=+-@;\t\r\n 1a＝", max_size=8) | st.text())
@example("a;=1+1")
@example('a;"=1+1')
@example("a;\n=1+1")
@example("\n\n=1+1")
@example("a;'=1+1")
def test_what_keeps_a_cell_from_being_run_can_be_taken_off_again(text):
    cell = escape_formula(text)
    assert restored(cell) == unescape_formula(cell)
    assert restored(cell) == text or re.fullmatch("\\+[0-9 ()]{6,}", cell)
    assert not is_run(cell)
    assert cell.replace("'", "") == text.replace("'", "")


def test_spreadsheet_that_parts_cells_by_semicolons_runs_nothing(db, client):
    """As Excel does with the Serbian list separator: quotation marks in the middle of a line are text for it."""
    make_network(source='see; =HYPERLINK("x")', contact_phone="one\n=1+1", responsible_unit='a;"=1+1')
    content = client.get("/networks.csv").content.decode()
    cells = [cell for row in csv.reader(io.StringIO(content), delimiter=";") for cell in row]
    assert len(cells) > 4
    assert [cell for cell in cells if re.match(r"\s*[=+\-@]", cell)] == []


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+381 18 504 000", "+381 18 504 000"),
        ("+381 (0)18 504000", "+381 (0)18 504000"),
        ("018/504-000", "018/504-000"),
        # As a formula these are a subtraction and a division: the number would be lost.
        ("+381-18-504-000", "'+381-18-504-000"),
        ("+381/18504", "'+381/18504"),
    ],
)
def test_telephone_numbers_stay_as_they_are_where_that_is_safe(db, client, number, expected):
    make_network(contact_phone=number)
    assert only(rows_of(client))["contact_telephone"] == expected
    assert only(data_of(client)["networks"])["contact"]["telephone"] == number


# The metadata of the CSV


@pytest.mark.long
@pytest.mark.filterwarnings("default")  # of the library itself; those about the data are what is_valid tells
@pytest.mark.parametrize("world", ["nis", "everything", "hostile", "db"])
def test_the_csv_is_valid_by_its_metadata(world, client, request, tmp_path):
    request.getfixturevalue(world)
    for name in (*(table.file for table in TABLES.values()), "networks.csv-metadata.json"):
        (tmp_path / name).write_bytes(client.get(f"/{name}").content)
    tables = CSVW(str(tmp_path / "networks.csv-metadata.json"), validate=True)
    assert tables.is_valid, [str(warning.message) for warning in tables.warnings]
    assert [str(table.url) for table in tables.tables] == [table.file for table in TABLES.values()]
    rows = list(tables.tables[0])
    networks = data_of(client)["networks"]
    assert [row["id"] for row in rows] == [network["id"] for network in networks]
    assert [row["themes_code"] for row in rows] == [
        [theme["code"] for theme in network.get("themes", [])] for network in networks
    ]
    if world == "everything":
        row = only(rows)
        assert (row["fee_amount"], row["fee_year"]) == (Decimal("2025.50"), 2025)
        documents, *_others, activities = ([*table] for table in tables.tables[1:])
        assert [each["kind_code"] for each in documents] == ["decision", "statute"]
        assert {each["network_id"] for each in activities} == {row["id"]}
        assert row["verified_on"].date() == date(2025, 3, 1)
        assert row["changed_at"] == datetime(2026, 5, 3, 10, 15, 20, tzinfo=UTC)
        assert row["themes_name_en"] == [None, "Health"]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("column", "wrong"),
    [
        *[("joined", "May 2007"), ("fee_year", "soon"), ("verified_on", "1. 3. 2025."), ("name_sr_Cyrl", "")],
        *[("fees.amount", "a lot"), ("fees.due", "spring"), ("periods.left", "1.2.2003"), ("roles.id", "")],
        ("documents.network_id", "tag:testserver,2026:network/0"),
    ],
)
def test_the_metadata_would_find_a_wrong_value(everything, client, tmp_path, column, wrong):
    name, _dot, column = column.rpartition(".")
    for each, table in TABLES.items():
        rows = rows_of(client, each)
        with (tmp_path / table.file).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows({**row, column: wrong} if each == (name or "networks") else row for row in rows)
    (tmp_path / "metadata.json").write_bytes(client.get("/networks.csv-metadata.json").content)
    try:
        assert not CSVW(str(tmp_path / "metadata.json"), validate=True).is_valid
    except ValueError as error:  # of keys that are in no other file
        assert wrong in str(error)


def test_the_csv_begins_with_its_first_heading_in_the_encoding_that_its_metadata_names(everything, client):
    dialect = json.loads(client.get("/networks.csv-metadata.json").content)["dialect"]
    response = client.get("/networks.csv")
    assert dialect["encoding"] == response.charset == "utf-8"
    assert response.content.startswith(b"id,")  # and not with a BOM


def test_each_column_is_described_in_three_languages(everything, client):
    metadata = json.loads(client.get("/networks.csv-metadata.json").content)
    assert metadata["dc:license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    assert [table["url"] for table in metadata["tables"]] == [table.file for table in TABLES.values()]
    for table in metadata["tables"]:
        check_columns(table, rows_of(client, table["url"].removesuffix(".csv"))[0])


def check_columns(table, row):
    columns = table["tableSchema"]["columns"]
    assert [column["name"] for column in columns] == list(row)
    for column in columns:
        assert column["titles"].keys() == {"und", *TAGS}, column["name"]
        assert column["titles"]["und"] == column["name"]
        assert {text["@language"] for text in column["dc:description"]} == TAGS
        suffix = column["name"].rpartition("_")[2]
        language = {"Cyrl": "sr-Cyrl", "Latn": "sr-Latn", "en": "en", "und": "und"}.get(suffix)
        assert column.get("lang") == language, column["name"]
    for each in TAGS:
        titles = [column["titles"][each] for column in columns]
        assert len({*titles}) == len(titles), "two columns of one title"


@pytest.mark.parametrize("name", TABLES)
def test_the_csv_leads_to_its_metadata(db, client, name):
    link = client.get(f"/{name}.csv").headers["Link"]
    assert link == '</networks.csv-metadata.json>; rel="describedby"; type="application/csvm+json"'


# The catalogue


@pytest.mark.parametrize("world", ["nis", "everything", "hostile", "db"])
def test_both_forms_of_the_catalogue_are_one_graph(world, client, request):
    request.getfixturevalue(world)
    turtle, json_ld = graph_of(client), graph_of(client, "/catalog.jsonld")
    assert len(turtle) > 60
    assert isomorphic(turtle, json_ld)


@pytest.mark.long
@pytest.mark.parametrize("world", ["nis", "everything", "hostile", "db"])
def test_the_catalogue_has_what_dcat_ap_asks_for(world, client, request):
    request.getfixturevalue(world)
    graph = graph_of(client)
    catalogue, data = (only(graph.subjects(RDF.type, kind)) for kind in (DCAT.Catalog, DCAT.Dataset))
    files = set(graph.subjects(RDF.type, DCAT.Distribution))
    publisher = only(graph.subjects(RDF.type, FOAF.Agent))
    for each in (catalogue, data):
        for name in (DCTERMS.title, DCTERMS.description):
            # Portals look for the language alone, too.
            assert {text.language for text in graph.objects(each, name)} == {*TAGS, "sr"}
        assert only(graph.objects(each, DCTERMS.publisher)) == publisher
        assert {*graph.objects(each, DCTERMS.language)} == {
            URIRef(f"{EU}language/SRP"),
            URIRef(f"{EU}language/ENG"),
        }
        assert only(graph.objects(each, DCTERMS.spatial)) == URIRef(f"{EU}country/SRB")
    assert only(graph.objects(catalogue, DCAT.dataset)) == data
    assert {*graph.objects(data, DCAT.distribution)} == files
    assert only(graph.objects(data, DCAT.theme)) == URIRef(f"{EU}data-theme/GOVE")
    assert {text.language for text in graph.objects(publisher, FOAF.name)} >= {"sr-Cyrl", "sr-Latn"}
    for file in files:
        url = only(graph.objects(file, DCAT.downloadURL))
        assert only(graph.objects(file, DCAT.accessURL)) == url
        answer = client.get(str(url).removeprefix(SITE))
        assert only(graph.objects(file, DCAT.byteSize)).toPython() == len(answer.content)
        media_type = str(only(graph.objects(file, DCAT.mediaType)))
        assert answer.headers["Content-Type"].startswith(media_type.partition("media-types/")[2])
    # What is named is described as what it is: portals check the class of each.
    for predicate, kind in {
        DCTERMS.license: DCTERMS.LicenseDocument,
        DCTERMS.language: DCTERMS.LinguisticSystem,
        DCTERMS["format"]: DCTERMS.MediaTypeOrExtent,
        DCAT.mediaType: DCTERMS.MediaType,
        DCAT.landingPage: FOAF.Document,
        DCAT.contactPoint: VCARD.Kind,
        DCTERMS.conformsTo: DCTERMS.Standard,
        DCTERMS.temporal: DCTERMS.PeriodOfTime,
        SPDX.checksum: SPDX.Checksum,
        SPDX.algorithm: SPDX.ChecksumAlgorithm,
    }.items():
        assert all((each, RDF.type, kind) in graph for each in graph.objects(None, predicate)), predicate


def test_the_catalogue_names_licence_contact_and_times(everything, client):
    published_at = datetime(2026, 4, 1, 8, tzinfo=UTC)
    for network, kind, moment in (
        (everything, Event.Kind.PUBLISHED, published_at),
        (everything, Event.Kind.PUBLISHED, datetime(2026, 5, 1, 8, tzinfo=UTC)),
        (make_network(is_published=False), Event.Kind.PUBLISHED, datetime(2026, 3, 1, 8, tzinfo=UTC)),
    ):
        Event.objects.create(network=network, kind=kind, created_at=moment)
    graph = graph_of(client)
    licence = URIRef("https://creativecommons.org/licenses/by/4.0/")
    assert len({*graph.subjects(DCTERMS.license, licence)}) == 3 + len(TABLES)  # the catalogue and all files
    contact = only({*graph.objects(None, DCAT.contactPoint)})
    assert only(graph.objects(contact, VCARD.hasEmail)) == URIRef("mailto:office@nis.example")
    assert only(graph.objects(contact, VCARD.hasTelephone)) == URIRef("tel:+38118504000")
    assert only(graph.objects(None, DCTERMS.issued)).toPython() == published_at
    modified = {each.toPython() for each in graph.objects(None, DCTERMS.modified)}
    assert modified == {datetime.fromisoformat(data_of(client)["modified"])}
    assert only(graph.objects(None, DCTERMS.identifier)).toPython() == data_of(client)["id"]


def test_the_catalogue_names_the_city_the_time_and_the_digest_of_each_file(everything, client):
    graph = graph_of(client)
    data = only(graph.subjects(RDF.type, DCAT.Dataset))
    for each in (data, only(graph.subjects(RDF.type, DCAT.Catalog))):
        titles = {text.language: str(text) for text in graph.objects(each, DCTERMS.title)}
        assert titles["sr-Cyrl"].endswith(" – Град Ниш")
        assert titles["en"].endswith(" – City of Niš")
    period = only(graph.objects(data, DCTERMS.temporal))
    start = only(graph.objects(period, DCAT.startDate))
    assert (str(start), start.datatype) == ("1999", XSD.gYear)  # the earliest period that is known
    files = list(graph.objects(data, DCAT.distribution))
    assert len(files) == 2 + len(TABLES)
    for file in files:
        content = client.get(str(only(graph.objects(file, DCAT.downloadURL))).removeprefix(SITE)).content
        checksum = only(graph.objects(file, SPDX.checksum))
        assert only(graph.objects(checksum, SPDX.algorithm)) == SPDX.checksumAlgorithm_sha256
        assert str(only(graph.objects(checksum, SPDX.checksumValue))) == sha256(content).hexdigest()


def test_whom_to_ask_is_at_least_the_website_of_the_city(db, client):
    make_profile(website="https://www.nis.example/")
    graph = graph_of(client)
    contact = only(graph.objects(None, DCAT.contactPoint))
    assert only(graph.objects(contact, VCARD.hasURL)) == URIRef("https://www.nis.example/")


# The memberships as linked data

INSTANTS = {4: TIME.inXSDgYear, 7: TIME.inXSDgYearMonth, 10: TIME.inXSDDate}
TYPES = {4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}


def memberships_in(graph):
    """The memberships of a graph: (network, role, first, last, English name of the body)."""
    city = URIRef(f"{SITE}/id/city")
    found = set()
    for each in graph.subjects(RDF.type, ORG.Membership):
        assert only(graph.objects(each, ORG.member)) == city
        organisation = only(graph.objects(each, ORG.organization))
        network = graph.value(organisation, ORG.unitOf) or organisation
        assert str(each).startswith(f"{network}#")
        assert (network, RDF.type, ORG.Organization) in graph
        role = only(graph.objects(each, ORG.role))
        assert (role, RDF.type, ORG.Role) in graph
        ends = []
        for predicate in (TIME.hasBeginning, TIME.hasEnd):
            instant = graph.value(graph.value(each, ORG.memberDuring), predicate)
            known = [value for value in map(partial(graph.value, instant), INSTANTS.values()) if value]
            assert all(graph.value(instant, INSTANTS[len(value)]) == value for value in known)
            assert all(value.datatype == TYPES[len(value)] for value in known)
            ends.append(str(only(known)) if instant else None)
        body = {text.language: str(text) for text in graph.objects(organisation, SKOS.prefLabel)}
        name = body["en"] if organisation != network else None
        found.add((str(network), str(role).partition("#role-")[2], *ends, name))
    return found


def memberships_of(network):
    """The same of a row of the database."""
    iri = f"{SITE}/id/network/{network.pk}"

    def text(date):
        return date and date.isoformat()

    return {
        (iri, "member", text(network.joined), text(network.left), None),
        *((iri, "member", line.get("joined"), line["left"], None) for line in network.periods),
        *((iri, line["role"], line.get("since"), line.get("until"), line.get("body_en")) for line in network.roles),
    }


@pytest.mark.parametrize("world", ["nis", "everything"])
def test_the_memberships_in_rdf_are_those_of_the_database(world, client, request):
    request.getfixturevalue(world)
    graph = graph_of(client, "/networks.ttl")
    networks = list(Network.objects.published())
    assert memberships_in(graph) == set().union(*map(memberships_of, networks))
    for network in networks:
        node = URIRef(f"{SITE}/id/network/{network.pk}")
        names = {text.language: str(text) for text in graph.objects(node, SKOS.prefLabel)}
        assert names["sr-Cyrl"] == network.name_sr
        assert names.get("en", "") == (network.name_en or "")
        assert str(only(graph.objects(node, DCTERMS.identifier))) == f"tag:testserver,2026:network/{network.pk}"
        same = [f"http://www.wikidata.org/entity/{network.wikidata}"] if network.wikidata else []
        assert [str(each) for each in graph.objects(node, OWL.sameAs)] == same
        status = only(graph.objects(URIRef(f"{node}#membership"), ADMS.status))
        assert str(status) == f"{SITE}/networks.ttl#status-{network.status}"


def test_no_text_breaks_the_linked_data(hostile, client):
    labels = {str(each) for each in graph_of(client, "/networks.ttl").objects(None, SKOS.prefLabel)}
    networks = data_of(client)["networks"]
    assert {network["name"]["sr-Cyrl"] for network in networks} <= labels
    assert {role["body"]["sr-Cyrl"] for network in networks for role in network["roles"]} <= labels


def test_a_body_that_two_roles_name_is_one(db, client):
    roles = [
        {"id": "1", "role": "body-member", "body_sr": "Надзорни одбор", "until": "2012"},
        {"id": "2", "role": "body-chair", "body_sr": "Надзорни одбор", "since": "2012"},
        {"id": "3", "role": "body-chair", "body_sr": "Други одбор"},
    ]
    make_network(roles=roles)
    assert len({*graph_of(client, "/networks.ttl").subjects(RDF.type, ORG.OrganizationalUnit)}) == 2


def test_addresses_that_rdf_does_not_allow_are_spelled_so_that_it_does(db, client):
    make_profile(website='https://example.org/{a}|"b"^`', licence_url="https://example.org/<лиценца>")
    addresses = {str(each) for each in graph_of(client).all_nodes() if isinstance(each, URIRef)}
    assert {each for each in addresses if "example.org" in each} == {
        "https://example.org/%7Ba%7D%7C%22b%22%5E%60",
        "https://example.org/%3C%D0%BB%D0%B8%D1%86%D0%B5%D0%BD%D1%86%D0%B0%3E",
    }


CATALOGUE_OF_A_PROCESS = """
import django
django.setup()
from django.test import RequestFactory
from networks.models import CityProfile
from networks.public import catalogue
from networks.public.dataset import Dataset
catalogue.first_published = catalogue.first_date = lambda: None
catalogue.facts_of_files = catalogue.read_facts
dataset = Dataset.__new__(Dataset)
dataset.request, dataset.sources, dataset.changed_at = RequestFactory().get("/"), lambda: [], None
dataset.profile = CityProfile(city_name_sr="Град", email="a@b.example", licence_url="https://b.example/")
made = catalogue.Catalogue(dataset.request, dataset)
print(made.turtle().hex(), made.json_ld().hex())
"""


@pytest.mark.process
def test_every_process_writes_the_same_bytes():
    written = {
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", CATALOGUE_OF_A_PROCESS],
            env=os.environ | {"PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(only(written)) > 1000


@pytest.mark.django_db(transaction=True)
def test_the_catalogue_makes_the_files_once_for_each_version(client, monkeypatch):
    made, read = [], catalogue.read_facts
    monkeypatch.setattr(catalogue, "known_facts", {})
    monkeypatch.setattr(catalogue, "read_facts", lambda dataset: made.append(dataset) or read(dataset))
    for times in (1, 2):
        make_network()
        checksum = sha256(client.get("/networks.json").content).hexdigest()
        assert all(checksum in client.get(path).text for path in ("/catalog.ttl", "/catalog.jsonld"))
        assert len(made) == times


@pytest.mark.process
def test_rdflib_is_imported_only_for_the_catalogue():
    code = "import sys, django; django.setup(); import citynetworks.urls; print('rdflib' in sys.modules)"
    result = run("-c", code, DJANGO_SETTINGS_MODULE="tests.settings")
    assert result.stdout == "False\n", result.stderr


# How they are served


@in_each_file
def test_each_file_says_what_it_is_and_who_may_read_it(nis, client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == MEDIA_TYPES[path]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, no-cache"
    assert response.headers["Content-Language"] == "sr-Cyrl, sr-Latn, en"
    assert response.headers["Vary"] == "Accept-Encoding"
    assert re.fullmatch(r'"[0-9a-f]{32}"', response.headers["ETag"])
    assert response.headers["Last-Modified"] == "Sat, 21 Nov 2026 11:00:00 GMT"
    assert not response.cookies


@pytest.mark.long
@in_each_file
def test_who_has_it_already_is_told_so(nis, client, path):
    etag = client.get(path).headers["ETag"]
    assert client.get(path).headers["ETag"] == etag
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = client.get(path, headers={"if-none-match": sent})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["ETag"] == etag
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cache-Control"] == "public, no-cache"
        assert response.headers["Vary"] == "Accept-Encoding"
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.long
@in_each_file
def test_a_compressed_answer_can_be_asked_for_again(everything, client, path):
    plain = client.get(path)
    compressed = client.get(path, headers={"accept-encoding": "gzip"})
    assert gzip.decompress(compressed.content) == plain.content
    assert compressed.headers["ETag"] == f"W/{plain.headers['ETag']}"
    headers = {"accept-encoding": "gzip", "if-none-match": compressed.headers["ETag"]}
    assert client.get(path, headers=headers).status_code == 304


@in_each_file
def test_the_head_alone_is_answered(nis, client, path):
    head, whole = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers.pop("X-Request-ID") != whole.headers.pop("X-Request-ID")
    assert head.headers == whole.headers


@in_each_file
def test_scripts_of_other_sites_may_ask_first(db, client, path):
    response = client.options(path, headers={"origin": "https://example.org"})
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert response.headers["Access-Control-Allow-Headers"] == "If-None-Match"


@in_each_file
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(db, client, path, method):
    response = getattr(client, method)(path)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.long
@pytest.mark.parametrize("path", ["/networks.json", "/networks.csv", "/networks.ttl", "/catalog.ttl"])
def test_what_is_taken_off_the_site_is_gone_at_once(nis, client, path):
    before = client.get(path)
    publishing.unpublish(Network.objects.get(slug="avec"), author=None)
    headers = {"if-none-match": before.headers["ETag"], "if-modified-since": before.headers["Last-Modified"]}
    assert client.get(path, headers=headers).status_code == 200
    del headers["if-none-match"]
    after = client.get(path, headers=headers)
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]


@pytest.mark.long
@in_each_file
def test_queries_do_not_grow_with_the_rows(db, client, path):
    def fill(count):
        for _ in range(count):
            make_network(themes=[make_theme()], **{**EVERYTHING, "slug": ""})

    fill(1)
    few = count_queries(client, path)
    fill(10)
    assert count_queries(client, path) == few <= 8


@in_each_file
@in_each_language
def test_each_address_stands_once_for_all_languages(db, client, path, language):
    assert client.get(PREFIXES[language] + path).status_code == (200 if language == "sr" else 404)


@in_each_file
@pytest.mark.sql
def test_what_citizens_do_not_see_is_named_nowhere(everything, client, path):
    for fields in ({"is_published": False}, {"is_published": False, "deleted_at": datetime(2026, 1, 1, tzinfo=UTC)}):
        make_network(
            name_sr="Тајна",
            name_en="Secret",
            slug="",
            themes=[make_theme(name_sr="Тајна област", slug=f"secret-{len(fields)}")],
            **fields,
        )
    everything.submitted_by = "Пера Перић"
    everything.save()
    said = client.get(path).content.decode()
    secrets = ("Тајна", "Tajna", "Secret", "secret", INTERNAL_NOTE, "beleška", "Пера", "Pera", "internal")
    for secret in (*secrets, "X-424", "2025-12-24", "paid_on", "budget_line"):
        assert secret not in said


# Identifiers


def test_identifiers_name_the_site_and_not_the_host_that_was_asked(everything, client, settings):
    settings.SITE_URL = "https://mreze.example.rs:8443"
    record = only(client.get("/networks.json", headers={"host": "localhost"}).json()["networks"])
    assert record["id"] == f"tag:mreze.example.rs,2026:network/{everything.pk}"
    assert record["iri"] == f"https://mreze.example.rs:8443/id/network/{everything.pk}"
    for path in ("/catalog.ttl", "/networks.ttl"):
        content = client.get(path, headers={"host": "localhost"}).content.decode()
        subjects = {str(each) for each in Graph().parse(data=content, format="turtle").subjects()}
        others = {
            each for each in subjects if each.startswith("http://localhost") and "/catalog" in each or "/id/" in each
        }
        assert {each for each in others if not each.startswith("https://mreze.example.rs:8443/")} == set()
    settings.TAG_AUTHORITY = "gradovi.ni.rs,2026"
    assert tag_uri("network", 7) == "tag:gradovi.ni.rs,2026:network/7"


@pytest.mark.long
def test_every_identifier_of_ours_leads_to_a_page_or_a_file(everything, client):
    graph = graph_of(client, "/networks.ttl") + graph_of(client)
    ours = {str(each).partition("#")[0] for each in graph.all_nodes() if isinstance(each, URIRef)}
    ours = {each for each in ours if each.startswith(f"{SITE}/")}
    assert {f"{SITE}/id/city", f"{SITE}/id/network/{everything.pk}", f"{SITE}/networks.ttl"} <= ours
    for url in (*ours, f"{SITE}/id/site"):
        response = client.get(url.removeprefix(SITE), follow=True)
        assert response.status_code == 200, url
        assert [status for _url, status in response.redirect_chain] == ([303] if "/id/" in url else []), url


def test_an_identifier_leads_to_the_page_and_for_programs_to_the_data(client):
    network = make_network(slug="it")
    hidden = make_network(is_published=False)
    path = f"/id/network/{network.pk}"
    assert client.get(path).headers["Location"] == "/networks/it/"
    assert client.get(path, headers={"accept": "text/html,*/*;q=0.8"}).headers["Location"] == "/networks/it/"
    response = client.get(path, headers={"accept": "text/turtle"})
    assert (response.headers["Location"], response.headers["Vary"]) == ("/networks.ttl", "Accept")
    assert client.get(f"/id/network/{hidden.pk}").status_code == client.get("/id/network/0").status_code == 404


def test_a_renamed_network_keeps_its_identifier(everything, client):
    before = only(data_of(client)["networks"])
    everything.slug, everything.name_sr = "another", "Друга"
    everything.save()
    after = only(data_of(client)["networks"])
    assert after["slug"] == "another"
    assert after["id"] == before["id"]


@pytest.mark.process
@pytest.mark.parametrize("value", ["gradovi.ni.rs", "gradovi ni,2026", "https://gradovi.ni.rs,2026", "ni.rs,26"])
def test_the_site_does_not_start_with_an_authority_that_names_nobody(value):
    result = run("-c", "import citynetworks.wsgi", **PRODUCTION, DJANGO_TAG_AUTHORITY=value)
    assert result.returncode != 0
    assert "DJANGO_TAG_AUTHORITY" in result.stderr


# The page that explains them


@in_each_language
def test_the_page_names_every_file_field_and_column(nis, client, language):
    page = opened(client, f"{PREFIXES[language]}/open-data/")
    links = {*page.xpath("//main//a/@href")}
    assert links >= {SITE + path for path in MEDIA_TYPES}
    for table in TABLES.values():
        (part,) = page.xpath("//details[summary=$file]", file=table.file)
        named = {text_of(each) for each in part.xpath(".//dd/code")}
        assert named == {each.name for each in table.fields} | {column.name for _field, column in table.columns}
    assert page.xpath("//link[@rel='alternate'][@type='application/json']/@href") == [f"{SITE}/networks.json"]


def test_the_page_names_the_licence_or_says_that_there_is_none(db, client):
    without = text_of(opened(client, "/en/open-data/"))
    profile = make_profile(licence_name="CC BY 4.0", licence_url="https://creativecommons.org/licenses/by/4.0/")
    with_licence = opened(client, "/en/open-data/")
    assert "not chosen a licence" in without
    assert "not chosen a licence" not in text_of(with_licence)
    (link,) = with_licence.xpath("//main//a[@href='https://creativecommons.org/licenses/by/4.0/']")
    assert text_of(link) == "CC BY 4.0"
    CityProfile.objects.filter(pk=profile.pk).update(licence_name="")
    (link,) = opened(client, "/en/open-data/").xpath("//main//a[contains(@href, 'creativecommons')]")
    assert text_of(link) == "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.django_db(transaction=True)
def test_the_example_in_python_works(live_server):
    network = make_network(name_sr="Њена мрежа")
    with urlopen(f"{live_server.url}{reverse('public:open_data')}") as answer:  # noqa: S310
        page = lxml.html.fromstring(answer.read().decode())
    (example,) = page.xpath("//pre/code[@class='language-python']")
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(example.text_content(), {})  # noqa: S102
    assert printed.getvalue().split("\n")[0].strip() == f"tag:testserver,2026:network/{network.pk} Njena mreža"
