"""Addresses of the old site, and whatever others staff put into the table, lead to where their readers want to go."""

from itertools import product

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client

from networks import redirects
from networks.models import OldAddress
from tests.makers import make_account, make_network, make_page
from tests.pages import (
    PREFIXES,
    count_queries,
    errors_by_field,
    fill_in,
    form_values,
    in_latin_and_in_ci_in_each_language,
    opened,
    parsed,
    text_of,
)
from tests.redirects import ask, hops

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
DESK = "/admin/networks/oldaddress/"


def make(old_path, new_path):
    return OldAddress.objects.create(old_path=old_path, new_path=new_path)


# Where they lead

LIST, OLD = "/mreze-gradova", "/international-cooperation/city-networks"


@pytest.mark.long
@pytest.mark.parametrize(
    ("target", "right"),
    [
        (LIST, "/"),
        (f"{LIST}/", "/"),
        (f"{LIST}?pismo=lat", "/sr-latn/"),
        (f"{LIST}/?pismo=lat", "/sr-latn/"),
        (f"{LIST}?pismo=cir", "/"),
        (f"{LIST}/?pismo=CIR", "/"),
        (f"{LIST}/?pismo=lat&x=1", "/sr-latn/"),
        (f"{LIST}/?x=1&pismo=lat", "/sr-latn/"),
        (f"{LIST}?x=1", "/"),
        (f"{LIST}/?scope=nonsense", "/"),
        (f"/sr-latn{LIST}/", "/sr-latn/"),
        (f"/SR{LIST}?pismo=lat", "/sr-latn/"),
        (f"/en{LIST}/", "/en/"),
        *(
            (f"{OLD}{slash}{query}", "/en/")
            for slash in ("", "/")
            for query in ("", "?pismo=lat", "?pismo=cir", "?x=1")
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_each_old_address_arrives_in_two_steps_at_most(nis, client, target, right, method):
    targets, response = hops(client, target)
    assert (targets[-1], response.status_code) == (right, 200)
    assert len(targets) <= 3
    first = ask(client, target, method)
    assert (first.status_code, first["Location"]) == (301, targets[1])
    assert not first.cookies


def test_fixture_brings_the_old_addresses_of_the_city_once(nis):
    call_command("loaddata", "nis", verbosity=0)
    assert set(OldAddress.objects.values_list("old_path", "new_path")) == {
        ("/mreze-gradova/", "/"),
        ("/international-cooperation/city-networks/", "/en/"),
    }


def test_row_that_was_deleted_stays_so(nis, client):
    client.force_login(User.objects.create_superuser("clerk"))
    row = OldAddress.objects.get(old_path="/mreze-gradova/")
    assert client.post(f"{DESK}{row.pk}/delete/", {"post": "yes"}).status_code == 302
    call_command("migrate", verbosity=0)
    assert not OldAddress.objects.filter(old_path="/mreze-gradova/").exists()
    assert client.get("/mreze-gradova/").status_code == 404


@pytest.mark.parametrize(
    ("old_path", "new_path", "target", "right"),
    [
        ("/a/", "/pages/about/", "/a", "/pages/about/"),
        ("/a", "/pages/about/", "/sr-latn/a/", "/sr-latn/pages/about/"),
        ("/a/", "/pages/about/?x=1", "/en/a/", "/en/pages/about/?x=1"),
        ("/a/", "/sr-latn/pages/about/", "/en/a/", "/sr-latn/pages/about/"),
        ("/a/", "https://www.ni.rs/", "/sr-latn/a/?x", "https://www.ni.rs/"),
        ("/a/", "/sitemap.xml", "/en/a/", "/sitemap.xml"),
        ("/en/a/", "/", "/en/a/", "/en/"),
        ("/en/a/", "/", "/a/", None),
        ("/index.php?id=7", "/pages/about/", "/index.php?id=7", "/pages/about/"),
        ("/index.php?id=7", "/pages/about/", "/index.php?id=8", None),
        ("/index.php?id=7", "/pages/about/", "/index.php?id=7&pismo=lat", "/sr-latn/pages/about/"),
        ("/index.php", "/pages/about/", "/index.php?pismo=lat", "/sr-latn/pages/about/"),
        ("/мреже градова/", "/", "/%D0%BC%D1%80%D0%B5%D0%B6%D0%B5%20%D0%B3%D1%80%D0%B0%D0%B4%D0%BE%D0%B2%D0%B0", "/"),
        ("/x?q=мир", "/?q=мир", "/x?q=%D0%BC%D0%B8%D1%80", "/?q=%D0%BC%D0%B8%D1%80"),
        ("/x?q=pismo=lat", "/en/", "/x?q=pismo%3Dlat", "/en/"),
        ("/a/", "/", "/b/", None),
        ("/a/", "/", "/a/b/", None),
        ("/a/", "", "/a/", None),
        ("/a/", "/", "/a/%00", None),
        ("/a/", "/", "/a/?%00", None),
    ],
)
def test_row_leads_in_the_language_of_the_reader(client, old_path, new_path, target, right):
    make_page(slug="about")
    make(old_path, new_path)
    response = ask(client, target)
    expected = (404, None) if right is None else (301, right)
    assert (response.status_code, response.headers.get("Location")) == expected


def test_row_for_a_query_comes_before_the_one_without(client):
    make("/a/", "/")
    make("/a/?id=1", "/en/")
    make("/en/a/", "/sr-latn/")
    assert ask(client, "/a?id=1")["Location"] == "/en/"
    assert ask(client, "/a?id=2")["Location"] == "/"
    assert ask(client, "/en/a/")["Location"] == "/sr-latn/"


def test_old_address_of_an_old_address_is_one_step(client):
    make_page(slug="about")
    make("/a/", "/b/")
    make("/b", "/c/")
    make("/c/", "/pages/about/")
    for prefix in PREFIXES.values():
        assert ask(client, f"{prefix}/a/")["Location"] == f"{prefix}/pages/about/"


@pytest.mark.parametrize(
    "rows",
    [
        {"/a/": "/a"},
        {"/a/": "/b/", "/b/": "/a/"},
        {"/a/": "/b/", "/b/": "/c/", "/c/": "/b"},
        {"/a/": "/en/a/"},
        {"/en/a/": "/a/", "/a/": "/en/a/"},
        {"/a/": "/sr-latn/b/", "/b/": "/en/a/"},
    ],
)
def test_rows_in_a_circle_lead_nowhere(client, rows):
    """The admin refuses them; another program may write them all the same."""
    for old_path, new_path in rows.items():
        make(old_path, new_path)
    for prefix in PREFIXES.values():
        targets, response = hops(client, f"{prefix}/a/")
        assert response.status_code == 404
        assert len(targets) <= 2


def test_page_that_there_is_comes_before_the_table(client):
    make_network(slug="avec")
    make("/networks/avec/", "/en/")
    assert ask(client, "/networks/avec/").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_is_sent_is_not_led_on(client, method):
    make("/a/", "/")
    response = ask(client, "/a/", method)
    assert (response.status_code, response.headers.get("Location")) == (404, None)


def test_missing_page_takes_one_query_for_the_table(client, django_assert_max_num_queries):
    for number in range(30):
        make(f"/old-{number}/", "/")
    client.get("/nowhere/")
    with django_assert_max_num_queries(4):
        client.get("/nowhere/")


def test_table_that_cannot_be_read_is_a_missing_page(client, monkeypatch):
    def broken(*_arguments):
        raise DatabaseError("no such table")

    monkeypatch.setattr(redirects, "find_redirect", broken)
    assert client.get("/nowhere/").status_code == 404


# One site, at the host of the request


def test_links_have_the_host_of_the_request(nis, client):
    superuser = Client()
    superuser.force_login(User.objects.create_superuser("clerk"))
    row = make_page(slug="x")
    content_type = apps.get_model("contenttypes", "ContentType").objects.get_for_model(row)
    for each, address in [
        *((client, each) for each in ("/", "/sitemap.xml", "/robots.txt", "/en/networks/avec/", "/nowhere/")),
        *((superuser, each) for each in ("/admin/", DESK, f"{DESK}add/", "/admin/login/", "/admin/auth/group/add/")),
        (superuser, f"/admin/r/{content_type.pk}/{row.pk}/"),
    ]:
        response = each.get(address, headers={"host": "localhost"})
        assert "example.com" not in response.content.decode()
        assert "example.com" not in response.headers.get("Location", "")
    assert response["Location"] == "/pages/x/"
    assert "<loc>http://localhost/en/</loc>" in client.get("/sitemap.xml", headers={"host": "localhost"}).text


def test_desk_has_no_section_of_sites_and_no_field(client):
    client.force_login(User.objects.create_superuser("clerk"))
    links = opened(client, "/en/admin/").xpath("//a/@href")
    assert f"/en{DESK}" in links
    assert not [link for link in links if "/sites/" in link or "/redirects/" in link]
    assert client.get("/admin/sites/site/").status_code == client.get("/admin/redirects/redirect/").status_code == 404
    assert set(form_values(opened(client, f"{DESK}add/"))) & {"site", "old_path", "new_path"} == {
        "old_path",
        "new_path",
    }
    rights = [text_of(option) for option in opened(client, "/en/admin/auth/group/add/").xpath("//option")]
    assert "Old address: change" in rights
    assert not [right for right in rights if right.startswith(("Site:", "Redirect:"))]


# The admin


@pytest.fixture
def publisher(client):
    client.force_login(make_account("publishers"))
    return client


def add(client, old_path, new_path, prefix=""):
    return fill_in(client, f"{prefix}{DESK}add/", {"old_path": old_path, "new_path": new_path})


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (("/a/", "/pages/about/"), ("/a/", "/pages/about/")),
        (("/a", "/"), ("/a", "/")),
        (("  /a/ ", "/en/pages/about"), ("/a/", "/en/pages/about")),
        (("/a/", "/?q=мир"), ("/a/", "/?q=мир")),
        (("/a/", "https://www.ni.rs/mreze"), ("/a/", "https://www.ni.rs/mreze")),
        (("/%D0%BC%D0%B8%D1%80/", "/pages/%61bout/"), ("/мир/", "/pages/about/")),
        (("/SR/a/", "/sr/pages/about/"), ("/a/", "/pages/about/")),
        (("/EN/a/", "/EN/"), ("/en/a/", "/en/")),
        (("/index.php?id=7", "/"), ("/index.php?id=7", "/")),
        (("/networks/former/", "/media/file.pdf"), ("/networks/former/", "/media/file.pdf")),
        (("/networks/draft/", "/pages/old-about/"), ("/networks/draft/", "/pages/old-about/")),
    ],
)
def test_publisher_adds_a_row(publisher, typed, kept):
    page = make_page(slug="old-about")
    page.slug = "about"
    page.save()
    make_network(slug="draft", is_published=False)
    assert add(publisher, *typed)["Location"] == DESK
    assert kept in OldAddress.objects.values_list("old_path", "new_path")


REFUSED = [
    ("", "/", "old_path"),
    ("/a/", "", "new_path"),
    ("a/", "/", "old_path"),
    ("https://www.ni.rs/a/", "/", "old_path"),
    ("//a/", "/", "old_path"),
    ("/\\a/", "/", "old_path"),
    ("/a b/", "/", "old_path"),
    ("/a#b", "/", "old_path"),
    ("/a%0Ab/", "/", "old_path"),
    ("/a/?pismo=lat", "/", "old_path"),
    ("/", "/en/", "old_path"),
    ("/en/", "/", "old_path"),
    ("/en", "/", "old_path"),
    ("/sr/", "/en/", "old_path"),
    ("/networks/avec/", "/", "old_path"),
    ("/networks/avec", "/", "old_path"),
    ("/sr-latn/networks/avec/", "/", "old_path"),
    ("/networks/was/", "/", "old_path"),
    ("/sitemap.xml", "/", "old_path"),
    ("/admin/x/", "/", "old_path"),
    ("/taken/", "/", "old_path"),
    ("/taken", "/", "old_path"),
    ("/a/", "www.ni.rs", "new_path"),
    ("/a/", "http://www.ni.rs/", "new_path"),
    ("/a/", "javascript:alert(1)", "new_path"),
    ("/a/", "//www.ni.rs/", "new_path"),
    ("/a/", "/\\www.ni.rs/", "new_path"),
    ("/a/", "/a/", "new_path"),
    ("/a/", "/a", "new_path"),
    ("/a/", "/en/a/", "new_path"),
    ("/en/a/", "/a/", "new_path"),
    ("/a/", "/taken", "new_path"),
    ("/a/", "/en/taken/", "new_path"),
    ("/a/", "/nowhere/", "new_path"),
    ("/a/", "/networks/draft/", "new_path"),
    ("/" + "a" * 200, "/", "old_path"),
]


@pytest.mark.long
@in_latin_and_in_ci_in_each_language
def test_what_cannot_work_is_refused_beside_its_field_and_kept_in_it(publisher, language):
    prefix = PREFIXES[language]
    network = make_network(slug="was")
    network.slug = "avec"
    network.save()
    make_network(slug="draft", is_published=False)
    make("/taken/", "/en/")
    before = set(OldAddress.objects.values_list("old_path", "new_path"))
    said = {}
    for old_path, new_path, field in REFUSED:
        response = add(publisher, old_path, new_path, prefix)
        assert response.status_code == 200, (old_path, new_path)
        tree = parsed(response)
        said[old_path, new_path] = errors_by_field(tree)
        assert set(said[old_path, new_path]) == {field}, (old_path, new_path)
        shown = form_values(tree)
        assert (shown["old_path"], shown["new_path"]) == ([old_path], [new_path])
    assert set(OldAddress.objects.values_list("old_path", "new_path")) == before
    assert "/en/" in said["/taken", "/"]["old_path"]


def test_row_is_changed_and_may_keep_its_address(publisher):
    row = make("/a/", "/")
    address = f"{DESK}{row.pk}/change/"
    assert fill_in(publisher, address, {"new_path": "/en/"}).status_code == 302
    assert fill_in(publisher, address, {"old_path": "/a"}).status_code == 302
    row.refresh_from_db()
    assert (row.old_path, row.new_path) == ("/a", "/en/")


def test_second_of_two_people_is_told_what_the_first_saved(publisher):
    row = make("/a/", "/")
    address = f"{DESK}{row.pk}/change/"
    first, second = (form_values(opened(publisher, address)) for _ in range(2))
    assert publisher.post(address, first | {"new_path": "/en/"}).status_code == 302
    refused = publisher.post(address, second | {"new_path": "/sr-latn/"})
    assert "/en/" in errors_by_field(parsed(refused))["new_path"]
    assert publisher.post(address, form_values(parsed(refused))).status_code == 302
    row.refresh_from_db()
    assert row.new_path == "/sr-latn/"


def test_list_is_searched_by_either_address(publisher):
    make("/one/", "/sr-latn/")
    make("/TWICE/", "/en/")
    for words, expected in (("one", ["/one/"]), ("sr-latn", ["/one/"]), ("twice", ["/TWICE/"]), ("three", [])):
        tree = opened(publisher, f"{DESK}?q={words}")
        assert [text_of(each) for each in tree.xpath("//th[contains(@class, 'field-old_address')]")] == expected


@pytest.mark.parametrize(("role", "may"), [("editors", False), ("publishers", True), ("administrators", True)])
def test_who_keeps_the_table(client, role, may):
    row = make("/a/", "/")
    client.force_login(make_account(role))
    tree = opened(client, f"{DESK}{row.pk}/change/")
    assert bool(tree.xpath("//input[@name='_save']|//button[@name='_save']")) is may
    assert client.get(f"{DESK}add/").status_code == (200 if may else 403)
    for address, typed in (
        (f"{DESK}{row.pk}/change/", {"old_path": "/b/", "new_path": "/"}),
        (f"{DESK}add/", {"old_path": "/c/", "new_path": "/"}),
        (f"{DESK}{row.pk}/delete/", {"post": "yes"}),
    ):
        assert client.post(address, typed).status_code == (302 if may else 403)


@pytest.mark.parametrize(("path", "prefix"), list(product(("", "add/"), PREFIXES.values())))
def test_pages_of_the_desk_open_in_each_language(publisher, path, prefix):
    make("/a/", "/")
    opened(publisher, f"{prefix}{DESK}{path}")


def test_list_takes_no_query_for_each_row(publisher):
    counts = set()
    for number in range(3):
        make(f"/old-{number}/", "/")
        counts.add(count_queries(publisher, DESK))
    assert len(counts) == 1
