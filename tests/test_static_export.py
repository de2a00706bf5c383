"""The copy of the whole site in plain files, for an archive or a mirror."""

import errno
import io
import os
import re
import signal
from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from PIL import Image

from networks.models import CityProfile, Network, Theme
from networks.page_store.watch import Watch
from networks.pictures import reencode_picture
from networks.public import page_urls, static_export, timeline, views
from networks.public.exported_html import ExportedPage
from networks.public.page_urls import public_urls
from networks.public.static_export import ExportFailed, NotReplaceable, file_of, replace_folder
from tests.browser import make_network_with_everything
from tests.makers import make_network, make_page, make_profile, make_theme
from tests.pages import CYRILLIC, PREFIXES, in_latin_and_in_ci_in_each_language, texts_of
from tests.pdf_files import document_line
from tests.production import run

SITE = "https://gradovi.example"
HOSTS = ["gradovi.example", "localhost"]
MARKER = ".city-networks-copy"
MISSING_PAGES = {"404.html", "sr-latn/404.html", "en/404.html"}


@pytest.fixture(autouse=True)
def host(settings):
    settings.ALLOWED_HOSTS = HOSTS


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "copies" / "site"


@pytest.fixture(scope="session")
def copy_of_nis(django_db_setup, django_db_blocker, tmp_path_factory):
    """The folder of a copy of the real content, without pictures, to be read."""
    folder = tmp_path_factory.mktemp("copies") / "nis"
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(ALLOWED_HOSTS=HOSTS):
        call_command("loaddata", "nis", verbosity=0)
        call_command(
            "export_site", folder, base_url=SITE, no_pictures=True, stdout=io.StringIO(), stderr=io.StringIO()
        )
        transaction.set_rollback(True)
    return folder


@pytest.fixture
def export(folder):
    """A function that runs the command and returns what it says and what it reports meanwhile."""
    folder.parent.mkdir()

    def run(target=folder, **options):
        out, err = io.StringIO(), io.StringIO()
        call_command(
            "export_site", target, **{"base_url": SITE, "no_pictures": True} | options, stdout=out, stderr=err
        )
        return out.getvalue(), err.getvalue()

    return run


FONTS = ("fonts/regular.woff2", "fonts/semibold.woff2")


def contents(folder):
    """All files of a folder with their bytes, by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def opened(folder, file):
    return lxml.html.fromstring((folder / file).read_bytes().decode())


def pages(folder):
    """Each page of a copy, parsed, by its path; but for those of what is missing."""
    paths = (str(path.relative_to(folder)) for path in folder.rglob("*.html"))
    return {path: opened(folder, path) for path in paths if path not in MISSING_PAGES}


def links(tree):
    """What a page loads, and where it leads: each link but those that name the site itself."""
    for element, _name, url, _position in tree.iterlinks():
        if element.tag == "link" and element.get("rel") in ("canonical", "alternate"):
            continue
        if element.text == url and url.startswith(SITE):
            continue  # says where the site itself stands
        yield element, url


def assert_links_work(folder):
    """Check that each link stays in the folder and leads to a file, and to something in it; return how many."""
    trees = pages(folder)
    count = 0
    for path, tree in trees.items():
        for _element, url in links(tree):
            parts = urlsplit(url)
            if parts.scheme:
                assert parts.scheme in ("https", "mailto", "tel"), (path, url)
                assert not url.startswith(SITE), (path, url)
                continue
            assert not url.startswith("/"), (path, url)
            assert not parts.query, (path, url)
            target = (
                os.path.normpath(os.path.join(os.path.dirname(path), unquote(parts.path))) if parts.path else path
            )
            assert not target.startswith(".."), (path, url)
            assert (folder / target).is_file(), (path, url)
            if parts.fragment:
                assert trees[target].xpath("//*[@id=$id]", id=parts.fragment), (path, url)
            count += 1
    return count


def put_picture(field):
    content = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(content, "PNG")
    picture = reencode_picture(ContentFile(content.getvalue()))
    field.save(picture.name, picture)
    return field.name


# What is in it


def test_a_file_stands_where_its_address_says():
    assert {
        address: file_of(address) for address in ("/", "/en/", "/en/?page=2", "/changes/?page=12", "/feed.atom")
    } == {
        "/": "index.html",
        "/en/": "en/index.html",
        "/en/?page=2": "en/page-2/index.html",
        "/changes/?page=12": "changes/page-12/index.html",
        "/feed.atom": "feed.atom",
    }


@pytest.mark.exhaustive
def test_every_address_is_there_and_nothing_else_and_each_time_the_same(nis, settings, export, folder):
    make_network_with_everything()
    settings.SECURITY_CONTACT = "mailto:safe@example.org"
    out, err = export(no_pictures=False)
    count = len(public_urls()) + 3
    expected = {file_of(address) for address in public_urls()} | MISSING_PAGES | {MARKER}
    static_files = {f"static/networks/{name}" for name in ("site.css", "map.css", "icon.svg", *FONTS)}
    assert contents(folder).keys() == expected | static_files
    assert {"networks/alda/picture.png", "en/feed.atom", ".well-known/security.txt", "networks.csv"} < expected
    assert err.endswith(f"{count} of {count}\n")
    assert f"{count + 6} files" in out
    first = contents(folder)
    export(no_pictures=False)
    assert contents(folder) == first


@pytest.mark.long
@pytest.mark.parametrize("count", [0, pytest.param(21, marks=pytest.mark.exhaustive)])
def test_links_work_however_much_there_is(db, export, folder, count, monkeypatch):
    for module in (page_urls, views):
        monkeypatch.setattr(module, "NETWORKS_ON_A_PAGE", 10)
    for module in (page_urls, timeline):
        monkeypatch.setattr(module, "ROWS_ON_A_PAGE", 20)
    Network.objects.bulk_create(
        Network(slug=f"n-{number}", name_sr=f"Мрежа {number}", joined=str(1900 + number % 100), is_published=True)
        for number in range(count)
    )
    export()
    assert assert_links_work(folder) > 100
    assert (
        (folder / "en/page-3/index.html").exists()
        == (folder / "en/timeline/page-2/index.html").exists()
        == (count > 0)
    )


@pytest.mark.exhaustive
def test_links_of_the_real_content_work(nis, export, folder):
    make_network_with_everything()
    export()
    assert len(pages(folder)) == 3 * (5 + 12 + 3)
    assert assert_links_work(folder) > 800


@pytest.mark.long
@in_latin_and_in_ci_in_each_language
def test_each_form_leads_to_the_others(copy_of_nis, language):
    prefix = PREFIXES[language].removeprefix("/")
    path = os.path.join(prefix, "networks/ecad/index.html")
    targets = {
        os.path.normpath(os.path.join(os.path.dirname(path), url))
        for url in opened(copy_of_nis, path).xpath("//nav[@class='languages']//a/@href")
    }
    all_forms = {"networks/ecad/index.html", "sr-latn/networks/ecad/index.html", "en/networks/ecad/index.html"}
    assert targets == all_forms - {path}


@pytest.mark.long
def test_what_names_the_site_stays_absolute(copy_of_nis):
    page = (copy_of_nis / "en/networks/ecad/index.html").read_text()
    assert f'<link rel="canonical" href="{SITE}/en/networks/ecad/">' in page
    assert f'<meta property="og:url" content="{SITE}/en/networks/ecad/">' in page
    assert f'"url":"{SITE}/en/networks/ecad/"' in page
    assert f'href="{SITE}/en/feed.atom"' in page
    for file in ("feed.atom", "networks.json", "sitemap.xml", "robots.txt", "catalog.ttl"):
        assert SITE in (copy_of_nis / file).read_text()


@pytest.mark.exhaustive
def test_pages_say_what_they_are_a_copy_of_and_how_old_it_is(nis, export, folder):
    CityProfile.objects.update(changed_at="2031-05-03T12:00:00Z")
    export()
    for path, tree in pages(folder).items():
        (note,) = tree.xpath("//footer[@class='colophon']/p[@class='copy']")
        address = f"{SITE}/{path.removesuffix('index.html')}"
        assert note.xpath("a/@href") == [address]
        assert "2031" in note.text_content()


@in_latin_and_in_ci_in_each_language
def test_no_form_is_left_and_it_is_said_where_there_is_one(copy_of_nis, language):
    prefix = PREFIXES[language]
    assert not [path for path, tree in pages(copy_of_nis).items() if tree.xpath("//form | //input | //button")]
    for file in ("index.html", "404.html"):
        tree = opened(copy_of_nis, f"{prefix}/{file}".removeprefix("/"))
        assert tree.xpath("//p[@class='notice']/a[not(starts-with(@href, 'mailto:'))]/@href") == [f"{SITE}{prefix}/"]


@pytest.mark.long
def test_links_to_filters_become_plain_text(db, export, folder):
    theme = make_theme(name_en="Peace")
    make_network(slug="one", name_en="One", scope="global", themes=[theme])
    export()
    tree = opened(folder, "en/networks/one/index.html")
    assert [each.tag for each in tree.xpath("//dd/*[.='Peace' or .='Global']")] == ["span", "span"]
    assert not tree.xpath("//span/@href | //span/@rel | //span/@hreflang")


def test_no_cyrillic_letter_is_on_a_latin_or_english_page(copy_of_nis):
    for path, tree in pages(copy_of_nis).items():
        if path.startswith(("en/", "sr-latn/")):
            assert not [text for text in texts_of(tree) if CYRILLIC.search(text)], path


@pytest.mark.long
def test_links_that_staff_wrote_lead_on(db, settings, export, folder):
    theirs = make_network(slug="old", name_en="Renamed")
    theirs.slug = "new"
    theirs.save()
    addresses = [
        *("/networks/new/", f"{SITE}/en/networks/new/#facts", "/networks/old/", "/en/networks", "/networks.csv"),
        *(
            "/admin/",
            "/nothing/",
            "/?q=a",
            "https://example.org/",
            f"{SITE}.evil.example/",
            "http://gradovi.example/",
        ),
    ]
    body = "".join(f'<p><a href="{address}">{address}</a></p>' for address in addresses)
    make_page(slug="links", body_sr=body)
    export()
    tree = opened(folder, "pages/links/index.html")
    found = {each.text_content(): each.get("href") for each in tree.xpath("//div[@class='prose']//p/*")}
    assert found == {
        "/networks/new/": "../../networks/new/index.html",
        f"{SITE}/en/networks/new/#facts": "../../en/networks/new/index.html#facts",
        "/networks/old/": "../../networks/new/index.html",
        "/en/networks": "../../en/index.html",
        "/networks.csv": "../../networks.csv",
        "/admin/": None,
        "/nothing/": None,
        "/?q=a": None,
        "https://example.org/": "https://example.org/",
        f"{SITE}.evil.example/": f"{SITE}.evil.example/",
        "http://gradovi.example/": "http://gradovi.example/",
    }


@pytest.mark.long
def test_uploaded_pictures_come_along(db, export, folder, settings):
    names = [put_picture(make_network(slug="one").logo), put_picture(make_profile().coat_of_arms)]
    hidden = Path(settings.MEDIA_ROOT) / "logos" / "hidden.png"
    hidden.write_bytes(b"of a draft")
    _out, err = export()
    assert {path for path in contents(folder) if path.startswith("media/")} == {f"media/{name}" for name in names}
    for name in names:
        assert (folder / "media" / name).read_bytes() == (Path(settings.MEDIA_ROOT) / name).read_bytes()
    assert opened(folder, "en/networks/one/index.html").xpath("//img/@src") == [
        f"../../../media/{name}" for name in reversed(names)
    ]
    assert "missing" not in err


@pytest.mark.long
def test_a_picture_that_is_lost_is_left_out_and_told_once(db, export, folder, settings):
    name = put_picture(make_network(slug="one").logo)
    (Path(settings.MEDIA_ROOT) / name).unlink()
    _out, err = export()
    assert err.count(name) == 1
    assert not opened(folder, "networks/one/index.html").xpath("//img")


@pytest.mark.long
def test_documents_come_along_at_their_addresses(db, export, folder, settings):
    lines = [document_line(b"%PDF-one"), document_line(b"%PDF-lost", digest="ef" * 20) | {"id": "00000001"}]
    make_network(slug="one", documents=lines)
    make_network(slug="draft", documents=lines, is_published=False)
    (Path(settings.MEDIA_ROOT) / lines[1]["file"]["name"]).unlink()
    _out, err = export()
    documents = {path: content for path, content in contents(folder).items() if path.startswith("documents/")}
    assert documents == {f"documents/one/decision-{lines[0]['id']}.pdf": b"%PDF-one"}
    assert err.count("decision-00000001.pdf is missing") == 1


@pytest.mark.long
def test_what_is_not_published_is_named_nowhere(db, export, folder):
    make_network(slug="secret", name_sr="Тајна", is_published=False)
    make_page(slug="secret", title_sr="Тајна", is_published=False)
    make_network(slug="open")
    export()
    for path, content in contents(folder).items():
        assert "secret" not in path and "Тајна".encode() not in content and b"secret" not in content, path


def test_the_page_for_what_is_missing_works_at_any_depth(copy_of_nis):
    for path in MISSING_PAGES:
        urls = [url for _element, _name, url, _at in opened(copy_of_nis, path).iterlinks()]
        assert len(urls) > 10
        assert not [url for url in urls if not urlsplit(url).scheme and not url.startswith("#")]


def test_what_styles_load_is_copied_too(copy_of_nis):
    for path in copy_of_nis.rglob("*.css"):
        assert "@import" not in path.read_text()
        files = re.findall(r"url\((.*?)\)", path.read_text())
        assert files or path.name != "site.css"
        assert all((path.parent / file).is_file() for file in files)


# Its bytes


@pytest.mark.long
def test_what_is_not_touched_stays_as_it_is_letter_for_letter(nis, client):
    make_network_with_everything()
    for address in public_urls(with_pictures=False):
        response = client.get(address)
        if response["Content-Type"].startswith("text/html"):
            html = re.sub(r'(?s)<form.*?</form>|<link rel="preload".*?>', "", response.content.decode())
            assert ExportedPage(lambda url: url).rewrite(html) == html, address


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="/x" lang="en" hreflang="en" rel="nofollow">a <b>b</b></a><a href="y">c</a>', None),
        ('<img src="/x" alt=""><br/><!-- a --><p class=x hidden>&amp;&#1234; ž</p>', None),
        ('<script type="application/ld+json">{"a": "<a href=\\"/x\\">&amp;</a>"}</script>', None),
        ('<link rel="canonical" href="/x"><link rel="stylesheet" href="y">', None),
        ('<svg viewBox="0 0 1 1"><use href="#x"/></svg>', None),
        (
            '<p><a href="/gone" lang="en" rel="nofollow">a <b>b</b></a><a href="y">c</a></p>',
            '<p><span lang="en">a <b>b</b></span><a href="y">c</a></p>',
        ),
        ('<p><img src="/gone" alt="">a</p>', "<p>a</p>"),
        ('<a title="&quot;&lt;" href="/new?a=1&amp;b=2">a</a>', '<a title="&quot;&lt;" href="/copied&amp;">a</a>'),
        ('a<form action="/x"><p>b</p><a href="/gone">c</a></form>d', "a<hr>d"),
        (
            '<footer><i></i></footer><footer class="big colophon">a</footer>',
            '<footer><i></i></footer><footer class="big colophon">a<hr></footer>',
        ),
    ],
)
def test_links_and_forms_are_rewritten_and_nothing_else(html, expected):
    leads = {"/gone": None, "/new?a=1&b=2": "/copied&"}
    page = ExportedPage(lambda url: leads.get(url, url), "<hr>", "<hr>")
    assert page.rewrite(html) == (html if expected is None else expected)


@pytest.mark.long
def test_another_content_replaces_the_copy_as_a_whole(db, export, folder):
    gone = make_network(slug="gone")
    export()
    assert (folder / "networks/gone/index.html").exists()
    gone.is_published = False
    gone.save()
    make_network(slug="new")
    export()
    assert not (folder / "networks/gone").exists()
    assert (folder / "networks/new/index.html").exists()


# The folder


@pytest.mark.long
@pytest.mark.sql
def test_others_may_read_it_as_usual(db, export, folder):
    before = os.umask(0o022)
    try:
        export()
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (folder / "index.html").stat().st_mode & 0o777 == 0o644


@pytest.mark.long
def test_nothing_is_left_beside_it(db, export, folder):
    for _ in range(2):
        export()
        assert [each.name for each in folder.parent.iterdir()] == ["site"]


@pytest.mark.long
def test_an_empty_folder_may_be_there(db, export, folder):
    folder.mkdir()
    export()
    assert (folder / "index.html").is_file()


@pytest.mark.long
@pytest.mark.parametrize(
    "failure",
    [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), ExportFailed("It broke.")],
)
def test_what_fails_half_way_leaves_the_old_copy_whole(db, export, folder, monkeypatch, failure):
    make_network(slug="old")
    export()
    before = contents(folder)
    make_network(slug="new")
    write, written = static_export.StaticExport.write, []

    def failing(self, file, content):
        written.append(file)
        if len(written) == 9:
            raise failure
        write(self, file, content)

    monkeypatch.setattr(static_export.StaticExport, "write", failing)
    with pytest.raises(CommandError, match="was changed") as error:
        export()
    assert error.value.returncode == (130 if isinstance(failure, KeyboardInterrupt) else 1)
    assert len(written) == 9
    assert contents(folder) == before
    assert [each.name for each in folder.parent.iterdir()] == ["site"]


def make_copy(folder, name):
    """A small copy: its marker and a file with its name in it."""
    folder.mkdir(parents=True)
    (folder / MARKER).write_text("")
    (folder / "index.html").write_text(name)
    return folder


def name_of_copy(folder):
    return (folder / "index.html").read_text()


KILLED = """
import os, pathlib, signal, sys
import django
django.setup()
from networks.public import static_export
folder, renames = pathlib.Path(sys.argv[1]), int(sys.argv[2])
rename, rmtree = pathlib.Path.rename, static_export.shutil.rmtree
def kill(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)
def rename_or_kill(path, target):
    global renames
    renames -= 1
    return rename(path, target) if renames >= 0 else kill()
pathlib.Path.rename = rename_or_kill
static_export.shutil.rmtree = lambda path: ((path / "index.html").unlink(), kill())
with static_export.replace_folder(folder) as new:
    (new / static_export.MARKER).write_text("")
    (new / "index.html").write_text("killed")
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("renames", "found", "after_the_next"),
    [(0, "old", "old"), (1, None, "old"), (2, "killed", "killed"), (3, "killed", "killed")],
)
def test_a_kill_at_any_step_of_the_replacement_loses_no_copy(tmp_path, renames, found, after_the_next):
    folder = make_copy(tmp_path / "site", "old")
    result = run("-c", KILLED, str(folder), str(renames), DJANGO_SETTINGS_MODULE="tests.settings")
    assert result.returncode == -signal.SIGKILL, result.stderr
    assert (name_of_copy(folder) if folder.exists() else None) == found
    with pytest.raises(ExportFailed), replace_folder(folder):
        assert name_of_copy(folder) == after_the_next
        raise ExportFailed
    assert name_of_copy(folder) == after_the_next
    assert [each.name for each in tmp_path.iterdir()] == ["site"]


@pytest.mark.long
def test_what_a_killed_run_left_is_removed_by_the_next_and_nothing_else(db, export, folder):
    make_copy(folder.parent / ".site.0123abcd.new", "half")
    (folder.parent / ".site.0123abce.new").mkdir()
    foreign = folder.parent / ".site.mine.new"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("mine")
    backup = folder.parent / ".site.20261128.tar"
    backup.write_bytes(b"mine")
    export()
    assert {each.name for each in folder.parent.iterdir()} == {"site", foreign.name, backup.name}


def test_a_copy_that_was_about_to_be_replaced_returns_over_an_empty_folder(tmp_path):
    folder = tmp_path / "site"
    make_copy(tmp_path / ".site.0123abcd.old", "old")
    folder.mkdir()
    with pytest.raises(ExportFailed), replace_folder(folder):
        raise ExportFailed
    assert name_of_copy(folder) == "old"


def test_the_old_copy_returns_where_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    folder = make_copy(tmp_path / "site", "old")
    rename = Path.rename

    def failing(path, target):
        if path.suffix == ".new" and target == folder:
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="Input/output error"), replace_folder(folder) as new:
        (new / MARKER).write_text("")
    assert name_of_copy(folder) == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["site"]


@pytest.mark.long
def test_of_two_runs_at_once_the_first_gives_way(db, export, folder):
    with pytest.raises(ExportFailed, match="Another export"), replace_folder(folder) as first:
        (first / MARKER).write_text("")
        export()
        (first / "en").mkdir(parents=True)  # the first writes on
    assert (folder / "en/index.html").is_file()
    assert [each.name for each in folder.parent.iterdir()] == ["site"]


def test_a_foreign_folder_that_comes_meanwhile_stays(tmp_path):
    folder = tmp_path / "site"
    with pytest.raises(NotReplaceable), replace_folder(folder) as new:
        (new / MARKER).write_text("")
        folder.mkdir()
        (folder / "letter.txt").write_text("mine")
    assert contents(tmp_path) == {"site/letter.txt": b"mine"}


def rename_theme():
    theme = Theme.objects.get()
    theme.name_en = "Another name"
    theme.save()


@pytest.mark.long
@pytest.mark.parametrize("change", [make_network, rename_theme])
def test_a_change_while_it_is_written_is_noticed(transactional_db, export, folder, monkeypatch, change):
    make_network(themes=[make_theme(name_en="Peace")])
    export_404_page = static_export.StaticExport.export_404_page
    monkeypatch.setattr(
        static_export.StaticExport, "export_404_page", lambda self, url: (change(), export_404_page(self, url))
    )
    with pytest.raises(CommandError, match="while the copy was being written"):
        export()
    assert not folder.exists()


def test_a_page_that_fails_is_named(db, export, folder, monkeypatch):
    get = static_export.LocalSite.get

    def failing(self, url):
        response = get(self, url)
        if url == "/en/timeline/":
            response.status_code = 500
        return response

    monkeypatch.setattr(static_export.LocalSite, "get", failing)
    with pytest.raises(CommandError, match="/en/timeline/ has the status 500"):
        export()


def test_foreign_folders_are_refused_and_stay(db, export, folder):
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    with pytest.raises(CommandError, match="has not written"):
        export()
    file = folder.parent / "file"
    file.write_text("mine")
    with pytest.raises(CommandError, match="has not written"):
        export(file)
    assert (contents(folder), file.read_text()) == ({"letter.txt": b"mine"}, "mine")


def test_folders_of_the_site_itself_are_refused(db, export, settings, tmp_path):
    inside = [settings.BASE_DIR / "copy", settings.BASE_DIR / "networks", Path(settings.MEDIA_ROOT) / "copy"]
    for target in [*inside, settings.BASE_DIR, settings.BASE_DIR.parent, Path(settings.MEDIA_ROOT).parent]:
        with pytest.raises(CommandError, match="lie within each other"):
            export(target)
    with pytest.raises(CommandError, match="There is no folder"):
        export(tmp_path / "copies/no/such/folder")


def test_a_folder_that_may_not_be_written_is_told(db, export, monkeypatch):
    def refuse(path, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    # Not by the permissions of the folder: tests often run as root, who may write everywhere.
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(CommandError, match="Permission denied"):
        export()


# Its address


@pytest.mark.parametrize(
    ("base_url", "reason"),
    [
        ("gradovi.example", "not a scheme and a host"),
        ("ftp://gradovi.example", "not a scheme and a host"),
        ("https://gradovi.example/mirror", "not a scheme and a host"),
        ("https://gradovi.example:x", "not a scheme and a host"),
        ("https://", "not a scheme and a host"),
        ("https://gradovi.example?b", "not a scheme and a host"),
        ("https://somebody@gradovi.example", "not a scheme and a host"),
        ("http://[gradovi", "not a scheme and a host"),
        ("https://other.example", "not in DJANGO_ALLOWED_HOSTS"),
    ],
)
def test_an_address_that_cannot_be_the_sites_is_refused(db, export, base_url, reason):
    with pytest.raises(CommandError, match=reason):
        export(base_url=base_url)


@pytest.mark.long
def test_the_address_follows_from_the_settings(db, export, settings, folder):
    settings.ALLOWED_HOSTS = [".wide.example", "first.example", "second.example"]
    assert "http://first.example" in export(base_url=None)[0]
    settings.SECURE_SSL_REDIRECT = True
    assert "https://first.example" in export(base_url=None)[0]
    assert '<link rel="canonical" href="https://first.example/">' in (folder / "index.html").read_text()
    with pytest.raises(CommandError, match="over HTTPS only"):
        export(base_url="http://first.example")
    settings.ALLOWED_HOSTS = ["*"]
    with pytest.raises(CommandError, match="--base-url"):
        export(base_url=None)


@pytest.mark.long
def test_a_port_and_a_slash_belong_to_an_address(db, export, folder):
    export(base_url="https://Gradovi.example:8443/")
    assert '<link rel="canonical" href="https://gradovi.example:8443/">' in (folder / "index.html").read_text()


def test_static_files_that_are_not_collected_are_told(db, export, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "citynetworks.static_files.StaticFilesStorage"},
    }
    with pytest.raises(CommandError, match="collectstatic"):
        export()


# Its cost


@pytest.mark.exhaustive
def test_each_page_takes_the_same_queries_however_many_there_are(db, export, monkeypatch):
    # But for those by which each process polls the database once a second.
    monkeypatch.setattr(Watch, "POLL_INTERVAL", 86400)
    counts = []
    for _ in range(3):
        for _number in range(4):
            make_network()
        with CaptureQueriesContext(connection) as captured:
            export()
        counts.append(len(captured))
    assert counts[2] - counts[1] == counts[1] - counts[0] <= 3 * 4 * 6


# In a browser


@pytest.mark.browser
def test_it_is_read_from_a_disk_in_a_browser(open_page, export, folder, transactional_db):
    call_command("loaddata", "nis", verbosity=0)
    export()
    page = open_page()
    page.goto((folder / "index.html").as_uri())
    assert page.evaluate("getComputedStyle(document.querySelector('.masthead')).display") == "flex"
    page.click("nav.languages a[lang=en]")
    assert page.url == (folder / "en/index.html").as_uri()
    page.click("text=European Cities Against Drugs")
    assert page.url == (folder / "en/networks/ecad/index.html").as_uri()
    assert page.inner_text("h1") == "European Cities Against Drugs"
    page.click("nav.sections li:nth-child(2) a")
    assert page.url == (folder / "en/timeline/index.html").as_uri()
    page.click("nav.breadcrumb a")
    assert page.url == (folder / "en/index.html").as_uri()
    assert page.evaluate("document.styleSheets.length && document.styleSheets[0].href").startswith("file://")
