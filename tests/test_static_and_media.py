"""Style sheets, scripts and uploaded pictures, as a server in production gives them to browsers and caches."""

import errno
import gzip
import io
import os
import re
from pathlib import Path
from urllib.parse import urljoin

import brotli
import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.templatetags.static import static
from django.test import Client, override_settings
from django.urls import Resolver404, resolve
from PIL import Image

from citynetworks import error_pages
from citynetworks import settings as project
from networks.models import Network
from networks.pictures import reencode_picture
from tests.makers import make_network

FOR_EVER = 365 * 24 * 60 * 60  # seconds
SECURE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}

TYPES = {
    "networks/site.css": 'text/css; charset="utf-8"',
    "networks/icon.svg": "image/svg+xml",
    "networks/fonts/regular.woff2": "font/woff2",
    "networks/unsaved.js": 'text/javascript; charset="utf-8"',
}


def age_of(response):
    """Return for how many seconds caches may keep an answer that they need never ask for again."""
    parts = dict(part.strip().partition("=")[::2] for part in response["Cache-Control"].split(","))
    assert "immutable" in parts and "public" in parts
    return int(parts["max-age"])


# Static files


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """The project's own static files as `collectstatic` leaves them in production; gives the folder."""
    root = tmp_path_factory.mktemp("static")
    storages = {**project.STORAGES}
    storages["staticfiles"] = {"BACKEND": "citynetworks.static_files.StaticFilesStorage"}
    finders = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    with override_settings(STORAGES=storages, STATIC_ROOT=root, STATICFILES_FINDERS=finders):
        call_command("collectstatic", verbosity=0, interactive=False)
        yield root


@pytest.fixture
def fetch(collected, db):
    """A function that asks for a static file and returns the answer, with all that was sent as its `body`."""
    client = Client()  # one of its own: WhiteNoise looks into its folder when it is loaded

    def ask(url, **headers):
        response = client.get(url, headers=headers)
        assert response.status_code == 200, url
        response.body = b"".join(response.streaming_content)
        response.close()
        return response

    return ask


def test_production_keeps_static_files_by_content_and_compressed():
    assert not project.DEBUG
    assert project.STORAGES["staticfiles"]["BACKEND"] == "citynetworks.static_files.StaticFilesStorage"


@pytest.mark.long
@pytest.mark.parametrize("name", TYPES)
def test_a_static_file_has_a_name_for_its_content_and_is_kept_for_ever(fetch, name):
    url = static(name)
    stem, _dot, suffix = name.rpartition(".")
    assert url.startswith(f"/static/{stem}.") and url.endswith(f".{suffix}")
    assert url != f"/static/{name}"
    response = fetch(url)
    assert age_of(response) >= FOR_EVER


@pytest.mark.parametrize("name", TYPES)
def test_a_static_file_has_its_type_and_no_other_may_be_guessed(fetch, name):
    response = fetch(static(name))
    assert response["Content-Type"] == TYPES[name]
    assert {each: response[each] for each in SECURE} == SECURE
    assert not response.cookies


@pytest.mark.parametrize(
    ("coding", "decompress"), [("br", brotli.decompress), ("gzip", gzip.decompress), ("", bytes)]
)
def test_a_static_file_comes_compressed_in_advance(fetch, coding, decompress):
    accepted = {"br": "gzip, deflate, br", "gzip": "gzip", "": "identity"}[coding]
    response = fetch(static("networks/desk.css"), **{"Accept-Encoding": accepted})
    assert response.get("Content-Encoding", "") == coding
    assert response["Vary"] == "Accept-Encoding"
    assert int(response["Content-Length"]) == len(response.body)
    assert decompress(response.body) == (project.BASE_DIR / "static/networks/desk.css").read_bytes()


@pytest.mark.long
def test_all_that_pays_off_is_compressed_in_both_ways(collected):
    texts = [path for path in collected.rglob("*") if path.suffix in (".css", ".js") and path.stat().st_size > 1000]
    assert texts
    for path in texts:
        assert [path.with_name(path.name + ending).is_file() for ending in (".gz", ".br")] == [True, True], path


def test_a_module_imports_the_others_by_the_names_for_their_content(fetch):
    seen, to_read = set(), [static("networks/unsaved.js"), static("networks/editor.js")]
    while to_read:
        url = to_read.pop()
        if url in seen:
            continue
        seen.add(url)
        response = fetch(url, **{"Accept-Encoding": "identity"})
        assert age_of(response) >= FOR_EVER, url
        imports = re.findall(r'^import [^"]*"([^"]*)";', response.body.decode(), re.MULTILINE)
        to_read += [urljoin(url, each) for each in imports]
    names = {re.sub(r"\.[0-9a-f]{12}\.js$", ".js", url.rpartition("/")[2]) for url in seen}
    modules = ["unsaved", "drafts", "dialogs", "form_fields", "form_values", "lines", "offers", "saving"]
    modules += ["editor", "pasting"]
    assert names == {f"{each}.js" for each in modules}


def test_a_static_file_under_its_plain_name_is_asked_for_anew(fetch):
    response = fetch("/static/networks/site.css")
    assert "immutable" not in response["Cache-Control"]


# What was uploaded


@pytest.fixture
def logo(db):
    """The address of a network's logo that was uploaded as in the admin."""
    network = make_network()
    content = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(content, "PNG")
    picture = reencode_picture(ContentFile(content.getvalue()))
    network.logo.save(picture.name, picture)
    return Network.objects.get(pk=network.pk).logo.url


@pytest.fixture
def place(settings):
    """A function that puts a file into the folder of uploads, past the admin."""

    def put(name, content=b"<script>alert(1)</script>"):
        path = Path(settings.MEDIA_ROOT) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return put


def test_an_uploaded_picture_is_served_and_kept_for_ever(client, logo, settings):
    response = client.get(logo)
    assert response.status_code == 200
    assert response.content == (Path(settings.MEDIA_ROOT) / logo.removeprefix("/media/")).read_bytes()
    assert response["Content-Type"] == "image/png"
    assert int(response["Content-Length"]) == len(response.content)
    assert age_of(response) >= FOR_EVER
    assert not response.cookies
    assert "Vary" not in response


def test_an_uploaded_picture_can_do_nothing_in_a_browser(client, logo):
    response = client.get(logo)
    assert {each: response[each] for each in SECURE} == SECURE
    policy = [part.strip() for part in response["Content-Security-Policy"].split(";")]
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'none'"} == {*policy}


def test_an_uploaded_picture_is_not_compressed_once_more(client, logo):
    assert "Content-Encoding" not in client.get(logo, headers={"Accept-Encoding": "gzip"})


def test_an_uploaded_picture_asks_the_database_nothing(client, logo, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get(logo).status_code == 200


def test_who_has_an_uploaded_picture_is_not_sent_it_again(client, logo):
    first = client.get(logo)
    for condition in (
        {"If-None-Match": first["ETag"]},
        {"If-Modified-Since": first["Last-Modified"]},
    ):
        again = client.get(logo, headers=condition)
        assert (again.status_code, again.content) == (304, b"")
        assert again["Cache-Control"] == first["Cache-Control"]
    assert client.get(logo, headers={"If-None-Match": '"another"'}).status_code == 200


def test_the_head_of_an_uploaded_picture_says_the_same(client, logo):
    head, answer = client.head(logo), client.get(logo)
    assert head.content == b""
    assert head.headers.pop("X-Request-ID") != answer.headers.pop("X-Request-ID")
    assert {**head.headers} == {**answer.headers}


def test_nothing_is_posted_to_an_uploaded_picture(client, logo):
    response = client.post(logo)
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_a_picture_that_is_not_named_by_its_content_is_asked_for_anew(client, db, place, suffix):
    place(f"logos/by-hand{suffix}", b"one")
    first = client.get(f"/media/logos/by-hand{suffix}")
    assert first["Content-Type"] == {".jpg": "image/jpeg", ".webp": "image/webp"}[suffix]
    assert first["Cache-Control"] == "public, no-cache"
    place(f"logos/by-hand{suffix}", b"another")
    second = client.get(f"/media/logos/by-hand{suffix}", headers={"If-None-Match": first["ETag"]})
    assert second.content == b"another"


@pytest.mark.parametrize("name", ["page.html", "logos/drawing.svg", "script.js", "logos/noname", "a.PNG.html"])
def test_what_is_no_picture_is_not_served(client, db, place, name):
    place(name)
    response = client.get(f"/media/{name}")
    assert response.status_code == 404
    assert b"alert" not in response.content


@pytest.mark.long
@pytest.mark.parametrize(
    "path",
    [
        "/media/../secret.png",
        "/media/logos/../../secret.png",
        "/media/%2e%2e/secret.png",
        "/media//secret.png",
        "/media/logos//../../secret.png",
        "/media/..%2fsecret.png",
        "/media/.hidden.png",
        "/media/.hidden/picture.png",
        "/media/a%00.png",
        "/media/\\secret.png",
        "/media/" + "a" * 5000 + ".png",
        "/media/folder.png",
        "/media/folder.png/",
        "/media/missing.png",
        "/media/",
    ],
)
def test_nothing_outside_of_the_uploads_is_served(client, db, place, path):
    place("../secret.png")
    place(".hidden.png")
    place(".hidden/picture.png")
    place("folder.png/inside.txt")
    response = client.get(path)
    assert response.status_code == 404
    assert b"alert" not in response.content


def test_uploads_have_no_address_in_the_urlconf_which_would_come_too_late():
    with pytest.raises(Resolver404):
        resolve("/media/logos/logo.png")


def test_uploads_that_another_server_has_are_not_looked_for_here(settings, logo):
    settings.MEDIA_URL = "https://pictures.example/"
    assert Client().get(logo).status_code == 404


def test_a_kept_picture_is_one_that_its_type_promises(logo, settings):
    with Image.open(Path(settings.MEDIA_ROOT) / logo.removeprefix("/media/")) as picture:
        assert picture.format == "PNG"


def test_the_icon_that_browsers_and_feed_readers_ask_for_is_there(client):
    response = client.get("/favicon.ico")
    assert response.status_code == 200
    assert response["Content-Type"] in ("image/x-icon", "image/vnd.microsoft.icon")
    icon = Image.open(io.BytesIO(b"".join(response.streaming_content)))
    assert (icon.format, icon.info["sizes"]) == ("ICO", {(16, 16), (32, 32), (48, 48)})


@pytest.mark.parametrize(
    ("number", "method", "status", "words"),
    [
        (errno.EROFS, "POST", 503, "so what you have sent may not be saved."),
        (errno.ENOSPC, "GET", 503, "None of it is lost"),
        (errno.EACCES, "POST", 500, "Something went wrong on our side"),
    ],
)
def test_what_the_disk_refuses_is_said(rf, db, number, method, status, words):
    try:
        raise OSError(number, os.strerror(number))
    except OSError:
        response = error_pages.server_error(rf.generic(method, "/en/admin/networks/network/1/change/"))
    assert (response.status_code, words in response.content.decode()) == (status, True)
