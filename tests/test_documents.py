"""Documents: which PDF files are taken, where they are kept, and who gets them."""

import contextvars
import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, islice
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.http import http_date
from django.utils.translation import override

from networks.models import Network, pdf_process
from networks.models import document_field as documents
from networks.models.document_field import DocumentField, document_text, document_url, store_pdf
from networks.public.documents import document_files
from networks.reading import Reader
from networks.revisions import drafts, publishing
from networks.revisions.comparison import display_text
from networks.revisions.line_merge import merge_lines
from tests import pdf_files
from tests.makers import make_network
from tests.pages import errors_by_field, fill_in, form_values, opened, parsed
from tests.pdf_files import document_line

ID = pdf_files.LINE_ID
MEMORY = 300 * 1024  # kilobytes that a check may take


def check(content):
    """Check a file as `pdf_process` does, without another process."""

    def run():
        pdf_process.overwrite_configuration(pdf_process.CONFIGURATION)
        return pdf_process.check(content)

    return contextvars.copy_context().run(run)


def upload(content, name="odluka.pdf"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def stored_files():
    with suppress(FileNotFoundError):
        return sorted(default_storage.listdir("documents")[1])
    return []


class TestCheck:
    def test_sound_files_are_taken_with_their_pages_and_warnings(self):
        found = {name: check(content) for name, (content, _warnings) in pdf_files.sound_files().items()}
        expected = {
            name: {"pages": 5 if name == "five pages" else 1, "warnings": warnings}
            for name, (_content, warnings) in pdf_files.sound_files().items()
        }
        assert found == expected

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("files", "least"),
        [
            (pdf_files.truncated_files, 100),
            (pdf_files.masked_files, 30),
            (pdf_files.active_files, 150),
            (pdf_files.encrypted_files, 20),
            (pdf_files.cross_references, 40),
        ],
    )
    def test_hostile_files_are_refused(self, files, least):
        wrong, count = {}, 0
        for name, content, expected in files():
            count += 1
            if (found := check(content)).get("refused") not in expected:
                wrong[name] = found
        assert (wrong, count >= least) == ({}, True)


# A script that does what another does, and writes the most memory that it took, in kilobytes, to a file
NOTED = """
import pathlib, re, runpy
try:
    runpy.run_path({script!r}, run_name="__main__")
finally:
    status = pathlib.Path("/proc/self/status").read_text()
    with open({file!r}, "a") as file:
        print(re.search(r"VmHWM:\\s*(\\d+)", status)[1], file=file)
"""


@pytest.mark.exhaustive
def test_no_hostile_file_takes_the_memory_or_is_stored_or_fails_otherwise(monkeypatch, tmp_path):
    """Through the form field, and each in the process that it has in production."""
    monkeypatch.setattr(documents, "LONGEST_WORK", 1)  # for what would take as long as it may
    is_noted = os.path.exists("/proc/self/status")
    if is_noted:
        script = tmp_path / "noted.py"
        script.write_text(NOTED.format(script=str(documents.PDF_PROCESS), file=str(tmp_path / "memory")))
        monkeypatch.setattr(documents, "PDF_PROCESS", script)
    samples = (
        islice(files(), 0, None, 120)
        for files in (
            *(pdf_files.truncated_files, pdf_files.masked_files, pdf_files.active_files),
            *(pdf_files.encrypted_files, pdf_files.cross_references),
        )
    )
    taken = set()
    for name, content, expected in chain(pdf_files.bombs(), *samples):
        try:
            stored = clean(file=upload(content))
        except ValidationError as error:
            assert error.code in expected, name
        else:
            assert None in expected, name
            taken.add(stored["name"].removeprefix("documents/"))
    assert set(stored_files()) == taken
    memory = [int(line) for line in (tmp_path / "memory").read_text().split()] if is_noted else []
    assert max(memory, default=0) < MEMORY


# The form field

FIELD = DocumentField("file").formfield(required=False)


def submitted(kept="", file=None, **data):
    """Return what a form gets: what stands in the hidden input, a file, and the checkbox to remove it."""
    posted = QueryDict(mutable=True)
    posted.update({"file": kept, **data})
    files = MultiValueDict({"file_upload": [file]} if file else {})
    return FIELD.widget.value_from_datadict(posted, files, "file")


def clean(*args, **options):
    return FIELD.clean(submitted(*args, **options))


def shown(value):
    with override("en"):
        return str(FIELD.widget.render("file", value, {"id": "id_file"}))


def kept_in(html):
    return re.search(r'<input type="hidden" name="file" value="([^"]*)">', html)[1]


def code_of(*args, **options):
    with pytest.raises(ValidationError) as raised:
        clean(*args, **options)
    return raised.value.code


@pytest.fixture
def checked_here(monkeypatch):
    """Check in this process, which starts no other one."""

    def output_lines(_script, *, content, **_limits):
        found = check(content)
        return [documents.json.dumps(found).encode()]

    monkeypatch.setattr(documents, "output_lines", output_lines)


@pytest.mark.usefixtures("checked_here")
class TestFormField:
    def test_file_is_stored_under_a_name_that_nobody_guesses(self):
        content = pdf_files.sound(pages=5)
        stored = clean(file=upload(content))
        assert re.fullmatch(r"documents/[0-9a-f]{40}\.pdf", stored["name"])
        assert (stored["size"], stored["pages"], stored["warnings"]) == (len(content), 5, [])
        assert stored["sha256"][:20] not in stored["name"]
        with default_storage.open(stored["name"]) as file:
            assert file.read() == content
        assert DocumentField().to_python(stored) == stored

    def test_same_file_is_stored_once_and_mended_if_it_was_truncated(self):
        stored = clean(file=upload(pdf_files.sound()))
        path = default_storage.path(stored["name"])
        with open(path, "wb") as file:
            file.write(b"%PDF")
        assert clean(file=upload(pdf_files.sound())) == stored
        assert len(stored_files()) == 1
        assert default_storage.size(stored["name"]) == stored["size"]

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "broken"),
            (b"<script>", "broken"),
            (pdf_files.sound(catalog=b"/OpenAction<</S/JavaScript/JS(1)>>"), "scripts"),
            (pdf_files.sound() + bytes(documents.LARGEST_FILE), "too_large"),
        ],
    )
    def test_nothing_is_stored_of_what_is_refused(self, content, code):
        assert code_of(file=upload(content)) == code
        assert stored_files() == []

    def test_file_is_kept_while_the_form_is_sent_again(self):
        html = shown(submitted(file=upload(pdf_files.sound(pages=5))))
        stored = clean(kept=kept_in(html))
        with override("en"):
            assert document_text(stored) in html
        assert stored["pages"] == 5
        assert kept_in(shown(stored)) == kept_in(html)
        assert not FIELD.has_changed(stored, submitted(kept=kept_in(html)))

    def test_refused_file_leaves_the_one_that_was_there(self):
        html = shown(clean(file=upload(pdf_files.sound())))
        html = shown(submitted(kept=kept_in(html), file=upload(b"<script>")))
        assert clean(kept=kept_in(html))["pages"] == 1

    def test_file_is_replaced_or_removed(self):
        kept = kept_in(shown(clean(file=upload(pdf_files.sound()))))
        newer = clean(kept=kept, file=upload(pdf_files.sound(pages=2)))
        assert newer["pages"] == 2
        assert len(stored_files()) == 2  # an earlier revision shows the older one
        removed = submitted(kept=kept, **{"file-clear": "on"})
        assert FIELD.clean(removed) is None
        assert " checked" in shown(removed)
        assert FIELD.has_changed(newer, removed)

    @pytest.mark.parametrize("kept", ["x", "e30:x", '{"name": "documents/../secret.pdf"}'])
    def test_nobody_writes_the_hidden_input_by_hand(self, kept):
        assert code_of(kept=kept) == "lost"
        assert kept_in(shown(submitted(kept=kept))) == ""

    def test_warnings_say_how_to_mend_the_file(self):
        html = shown(clean(file=upload(pdf_files.sound(text=False, title="", language=""))))
        with override("en"):
            assert all(str(words) in html for words in documents.WARNINGS.values())

    def test_name_of_a_file_in_place_of_the_file_changes_nothing(self):
        """As the script of the live preview sends it."""
        kept = kept_in(shown(clean(file=upload(pdf_files.sound()))))
        assert clean(kept=kept, file_upload="odluka.pdf")["pages"] == 1

    def test_few_files_are_checked_for_one_request(self):
        files = [upload(pdf_files.sound(pages=number)) for number in range(1, 8)]
        documents.limit_files(files)
        codes = []
        for file in files:
            try:
                store_pdf(file)
            except ValidationError as error:
                codes.append(error.code)
        assert codes == ["too_many"] * 2
        assert len(stored_files()) == documents.MOST_FILES

    def test_another_file_is_being_checked(self, monkeypatch):
        monkeypatch.setattr(documents, "LONGEST_WAIT", 0.05)
        with documents.checking:
            assert code_of(file=upload(pdf_files.sound())) == "busy"


@pytest.mark.parametrize(
    "value",
    [
        {"name": "documents/../../secret.pdf", "size": 1, "pages": 1, "sha256": "ab" * 32, "warnings": []},
        {"name": f"documents/{'ab' * 20}.pdf", "size": 1, "pages": 1, "sha256": "ab", "warnings": []},
        {"name": f"documents/{'ab' * 20}.pdf", "size": -1, "pages": 1, "sha256": "ab" * 32, "warnings": []},
        {"name": f"documents/{'ab' * 20}.pdf", "size": 1, "pages": 1, "sha256": "ab" * 32, "warnings": [1]},
        {"name": f"documents/{'ab' * 20}.pdf"},
        "documents/x.pdf",
        [1],
    ],
)
def test_column_takes_nothing_but_a_document(value):
    field = Network._meta.get_field("documents")
    (line,) = field.to_python([{"kind": "decision", "title_sr": "Одлука", "file": value}])
    assert [*field.line_errors(line)] == ["file"]


@pytest.mark.parametrize(
    ("size", "pages", "text"),
    [
        (1, 1, "PDF, 1 kB, 1 page"),
        (240_300, 5, "PDF, 240 kB, 5 pages"),
        (1_250_000, 1_200, "PDF, 1.2 MB, 1,200 pages"),
    ],
)
def test_size_and_pages_in_words(size, pages, text):
    with override("en"):
        assert document_text({"size": size, "pages": pages}) == text


def test_file_and_number_of_one_line_are_merged():
    line = {"id": ID, "kind": "decision", "title_sr": "Одлука"}
    mine, theirs = {**line, "file": {"name": "a"}}, {**line, "number": "1"}
    merged = merge_lines([line], [theirs], [mine])
    assert (merged.lines, merged.conflicts) == ([{**line, "number": "1", "file": {"name": "a"}}], [])
    both = merge_lines([line], [{**line, "file": {"name": "b"}}], [mine])
    assert both.conflicts == [ID]


def test_comparison_tells_two_files_of_one_size_apart():
    field = Network._meta.get_field("documents")

    def in_words(digits):
        name, sha256 = f"documents/{digits * 20}.pdf", digits * 32
        file = {"name": name, "size": 240_000, "pages": 5, "sha256": sha256, "warnings": []}
        return display_text(field, [{"id": ID, "kind": "decision", "title_sr": "Одлука", "file": file}], Reader("en"))

    with override("en"):
        assert "PDF, 240 kB, 5 pages" in in_words("ab")
        assert in_words("ab") != in_words("cd")


@pytest.mark.parametrize("is_preview", [True, False])
def test_page_leads_to_the_file_unless_it_may_be_that_of_a_draft(is_preview):
    line = document_line(b"%PDF-one")
    line["file"] |= {"size": 240_000, "pages": 5}
    context = {
        "network": SimpleNamespace(row=Network(slug="eurocities")),
        "document": SimpleNamespace(line=line, title=Reader("en").unmarked("Decision")),
        "preview": is_preview,
    }
    with override("en"):
        html = render_to_string("networks/includes/document_file.html", context)
    assert "PDF, 240 kB, 5 pages" in html
    assert (f'href="{URL}"' in html) != is_preview


# Who gets a file, and how


@pytest.fixture
def author(db):
    return User.objects.create_superuser("author")


def saved(author, lines, network=None, **content):
    network = network or Network()
    before = network.head.content if network.pk else {"name_sr": "Мрежа", "slug": "eurocities"}
    return drafts.save(network, {**before, **content, "documents": lines}, author=author).row


CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def network(author):
    return publishing.publish(saved(author, [document_line(CONTENT)]), author=author)


URL = f"/documents/eurocities/decision-{ID}.pdf"


def body(response):
    return b"".join(response) if response.streaming else response.content


PARTS = [
    ("bytes=0-0", 206, slice(0, 1), "bytes 0-0/256000"),
    ("bytes=255990-", 206, slice(255_990, None), "bytes 255990-255999/256000"),
    ("bytes=255990-999999999", 206, slice(255_990, None), "bytes 255990-255999/256000"),
    ("bytes=-10", 206, slice(-10, None), "bytes 255990-255999/256000"),
    ("bytes=-999999999", 206, slice(None), "bytes 0-255999/256000"),
    ("bytes=256000-", 416, slice(0), "bytes */256000"),
    ("bytes=-0", 416, slice(0), "bytes */256000"),
    ("bytes=5-1", 200, slice(None), None),
    ("bytes=0-1,4-5", 200, slice(None), None),
    ("lines=0-1", 200, slice(None), None),
    ("bytes=a-b", 200, slice(None), None),
    ("bytes=-", 200, slice(None), None),
    (f"bytes={'9' * 5000}-", 200, slice(None), None),
]


class TestPublicFile:
    def test_headers(self, client, network):
        response = client.get(URL, headers={"accept-encoding": "gzip, br"})
        assert body(response) == CONTENT
        headers = response.headers
        assert headers["Content-Type"] == "application/pdf"
        assert headers["Content-Length"] == str(len(CONTENT))
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert headers["Cache-Control"] == "public, no-cache"
        assert headers["ETag"] == f'"{"cd" * 32}"'
        assert "Content-Encoding" not in headers
        ascii_name, utf8_name = re.fullmatch(
            r"inline; filename=\"([a-z-]+\.pdf)\"; filename\*=UTF-8''([A-Za-z0-9%._-]+)",
            headers["Content-Disposition"],
        ).groups()
        assert (ascii_name, unquote(utf8_name)) == ("eurocities-decision.pdf", "Одлука о „приступању“ 1 2.pdf")

    def test_size_alone(self, client, network):
        response = client.head(URL, headers={"range": "bytes=0-1"})
        assert (response.status_code, body(response)) == (200, b"")
        assert response.headers["Content-Length"] == str(len(CONTENT))

    def test_parts(self, client, network):
        for asked, status, part, content_range in PARTS:
            response = client.get(URL, headers={"range": asked})
            assert (response.status_code, response.headers.get("Content-Range")) == (status, content_range), asked
            assert body(response) == CONTENT[part], asked

    def test_part_of_the_file_that_the_client_has_begun_with(self, client, network):
        first = client.get(URL)
        for condition in (first.headers["ETag"], first.headers["Last-Modified"]):
            response = client.get(URL, headers={"range": "bytes=9-", "if-range": condition})
            assert (response.status_code, body(response)) == (206, CONTENT[9:])
        for condition in ('"other"', f"W/{first.headers['ETag']}", http_date(0), "x"):
            response = client.get(URL, headers={"range": "bytes=9-", "if-range": condition})
            assert (response.status_code, body(response)) == (200, CONTENT)

    def test_newer_file_takes_the_place_of_the_older_and_the_older_that_of_the_newer(self, client, author, network):
        older = network.documents
        newer = [document_line(b"%PDF-newer", digest="ef" * 20, sha256="ef" * 32)]
        tags = [client.get(URL).headers["ETag"]]
        for lines, content in ((newer, b"%PDF-newer"), (older, CONTENT)):
            network = saved(author, lines, network)
            assert client.get(URL, headers={"if-none-match": tags[-1]}).status_code == 304  # a draft
            asked_at = client.get(URL).headers["Last-Modified"]
            network = publishing.publish(network, author=author)
            Network.objects.filter(pk=network.pk).update(changed_at=datetime(2090, 1, 1 + len(tags), tzinfo=UTC))
            assert body(client.get(URL, headers={"if-none-match": tags[-1]})) == content
            assert body(client.get(URL, headers={"if-modified-since": asked_at})) == content
            tags.append(client.get(URL).headers["ETag"])
        assert tags[0] == tags[2] != tags[1]
        assert default_storage.exists(newer[0]["file"]["name"])

    def test_former_slug_and_other_kind_redirect(self, client, author, network):
        network = saved(author, network.documents, network, slug="renamed")
        publishing.publish(network, author=author)
        new = URL.replace("eurocities", "renamed")
        for old in (URL, new.replace("decision", "report"), URL.replace("decision", "report")):
            response = client.get(old)
            assert (response.status_code, response.headers["Location"]) == (301, new)
        assert client.get(new).status_code == 200

    def test_nobody_gets_what_is_not_published(self, client, author, network):
        draft = saved(
            author, [*network.documents, document_line(b"%PDF-", digest="ef" * 20) | {"id": "00000001"}], network
        )
        paths = [
            URL.replace(ID, "00000001"),
            URL.replace(ID, "00000002"),
            URL.replace("eurocities", "alda"),
            f"/en{URL}",
            f"/media/documents/{'ab' * 20}.pdf",
            f"/media/documents/{'ef' * 20}.pdf",
            f"/documents/{'ef' * 20}.pdf",
        ]
        assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)
        publishing.unpublish(draft, author=author)
        assert client.get(URL).status_code == 404
        publishing.publish(draft, author=author)
        assert client.get(URL).status_code == 200
        publishing.delete(draft, author=author)
        assert client.get(URL).status_code == 404

    def test_missing_file_is_not_found(self, client, network):
        default_storage.delete(network.documents[0]["file"]["name"])
        assert client.get(URL).status_code == 404

    def test_address_is_one_in_all_languages(self, network):
        for language in ("sr", "sr-latn", "en"):
            with override(language):
                assert document_url(network.slug, network.documents[0]) == URL


def test_file_that_no_form_would_take_is_left_out(db, client):
    """A script has written it, or an older version of the site."""
    whole = document_line(b"%PDF-one")
    file = whole["file"]
    columns = [
        *({"file": {name: value for name, value in file.items() if name != left_out}} for left_out in file),
        *({"file": odd} for odd in ("odd", {}, ["odd"], 5, file | {"size": "10"}, file | {"name": "../odd.pdf"})),
        *({"kind": kind} for kind in ("", "<", "od luka", None, 5.5)),
    ]
    lines = [whole | {"id": f"0000{number:04}"} | each for number, each in enumerate(columns)]
    without_kind = {name: value for name, value in whole.items() if name != "kind"}
    untitled = {name: value for name, value in whole.items() if name != "title_sr"} | {"id": "aaaaaaaa"}
    lines.append(without_kind | {"id": "bbbbbbbb"})
    make_network(slug="odd", documents=[*lines, untitled])
    url = document_url("odd", untitled)
    assert document_files() == {url: file["name"]}
    tree = opened(client, "/networks/odd/")
    assert tree.xpath("//a[@type='application/pdf']/@href") == [url]
    assert client.get(url).getvalue() == b"%PDF-one"
    for line in lines:
        assert client.get(f"/documents/odd/decision-{line['id']}.pdf").status_code == 404, line


def test_staff_get_the_file_of_a_draft(client, author, network):
    saved(author, [document_line(b"%PDF-", digest="ef" * 20)], network)
    client.force_login(author)
    response = client.get(f"/admin/networks/network/documents/{'ef' * 20}.pdf")
    assert body(response) == b"%PDF-"
    assert "no-store" in response.headers["Cache-Control"]
    assert "sandbox" in response.headers["Content-Security-Policy"]
    for name in ("ab", "00" * 20):
        assert client.get(f"/admin/networks/network/documents/{name}.pdf").status_code == 404


# In the form of a network

CELL = f"documents-{ID}-file"


def newest_line(network):
    (line,) = Network.objects.select_related("head").get(pk=network.pk).head.content["documents"]
    return line


@pytest.mark.long
def test_file_of_a_new_network_is_kept_beside_something_wrong(client, author):
    client.force_login(author)
    address = "/en/admin/networks/network/add/"
    (kind,) = [
        name for name in form_values(opened(client, address)) if re.fullmatch("documents-[0-9a-z]+-kind", name)
    ]
    line = kind.removesuffix("-kind")
    typed = {"name_sr": "Мрежа", "website": "не знам", kind: "decision", f"{line}-title_sr": "Одлука"}
    answer = fill_in(client, address, typed | {f"{line}-file_upload": upload(pdf_files.sound(pages=5))})
    row = Network.objects.get()
    page = opened(client, answer["Location"])
    assert "could not be kept" not in page.text_content()
    assert form_values(page)[f"documents-{newest_line(row)['id']}-file"] != [""]
    fill_in(client, answer["Location"], {"website": "https://example.org/"})
    assert newest_line(row)["file"]["pages"] == 5


@pytest.mark.long
def test_clerk_uploads_replaces_and_removes_a_file(client, author, network):
    network = saved(author, [{"id": ID, "kind": "decision", "title_sr": "Одлука"}], network)
    client.force_login(author)
    address = f"/en/admin/networks/network/{network.pk}/change/"
    # Beside something wrong, the file is in the draft already.
    answer = fill_in(client, address, {"slug": "a b", f"{CELL}_upload": upload(pdf_files.sound(pages=5))})
    assert newest_line(network)["file"]["pages"] == 5
    values = form_values(parsed(answer))
    client.post(address, values | {"slug": "eurocities", "_save": "1"})
    line = newest_line(network)
    assert line["file"]["pages"] == 5
    # What is refused is said beside it, and leaves what was there.
    hostile = pdf_files.sound(catalog=b"/OpenAction<</S/JavaScript/JS(1)>>")
    answer = fill_in(client, address, {f"{CELL}_upload": upload(hostile)})
    errors = errors_by_field(parsed(answer))
    with override("en"):
        message = str(documents.MESSAGES["scripts"])
    assert [text for names, text in errors.items() if f"{CELL}_upload" in names] == [message]
    assert form_values(parsed(answer))[CELL] == values[CELL]
    assert newest_line(network) == line
    assert len(stored_files()) == 2  # the published one, and this
    # A form without JavaScript, or a browser that has not changed the file, keeps it.
    fill_in(client, address, {"source_sr": "Извор", "comment": "Само текст"})
    assert newest_line(network)["file"] == line["file"]
    fill_in(client, address, {f"{CELL}-clear": "on"})
    assert "file" not in newest_line(network)


@pytest.mark.long
def test_file_and_number_that_two_have_changed_are_both_kept(client, author, network):
    client.force_login(author)
    address = f"/en/admin/networks/network/{network.pk}/change/"
    mine = form_values(opened(client, address))
    saved(author, [network.documents[0] | {"number": "06-123"}], network)
    client.post(address, mine | {f"{CELL}_upload": upload(pdf_files.sound(pages=5)), "_save": "1"})
    line = newest_line(network)
    assert (line["number"], line["file"]["pages"]) == ("06-123", 5)


@pytest.mark.long
def test_file_of_a_colleague_takes_the_place_of_mine_where_i_choose_so(client, author, network):
    client.force_login(author)
    address = f"/en/admin/networks/network/{network.pk}/change/"
    mine = form_values(opened(client, address))
    theirs = document_line(b"%PDF-theirs", digest="ef" * 20)
    saved(author, [theirs], network)
    answer = client.post(address, mine | {f"{CELL}_upload": upload(pdf_files.sound(pages=5)), "_save": "1"})
    shown_again = form_values(parsed(answer))
    assert documents.signer().unsign_object(shown_again[CELL][0])["pages"] == 5
    client.post(address, shown_again | {"choice_documents": "theirs", "_save": "1"})
    assert newest_line(network)["file"] == theirs["file"]


@pytest.mark.long
def test_preview_as_one_types_shows_the_file_that_is_saved(client, author, network):
    client.force_login(author)
    values = form_values(opened(client, f"/en/admin/networks/network/{network.pk}/change/"))
    values |= {"live_language": "en", f"documents-{ID}-number": "06-123"}
    # The script sends the name of a file in place of the file, which without it is sent.
    for sent in ("odluka.pdf", upload(pdf_files.sound())):
        values |= {f"{CELL}_upload": sent, "documents-11111111-file_upload": sent}
        response = client.post(f"/en/admin/networks/network/{network.pk}/live/", values)
        assert response.status_code == 200
        assert "06-123" in response.text
        assert stored_files() == ["ab" * 20 + ".pdf"]
