"""What machines are told: every page, in each form that it is written in."""

from urllib.parse import urlsplit

import pytest
from lxml import etree

from networks.public import sitemaps
from networks.public.page_urls import public_urls
from tests.makers import make_network, make_page

pytestmark = pytest.mark.sql

SITE = "http://testserver"
NAMESPACES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}

ONLY_IN_SERBIAN = {"alda", "balcinet", "glocal-forum", "mayors-for-peace", "multiethnic-cities"}
IN_ENGLISH = {"avec", "ecad", "energy-cities", "league-of-historical-cities", "naled", "sctm"}

ALWAYS = ["/", "/timeline/", "/map/", "/changes/", "/open-data/"]
EVERYWHERE = [
    *ALWAYS,
    "/pages/about/",
    "/pages/accessibility/",
    "/pages/privacy/",
    *(f"/networks/{slug}/" for slug in IN_ENGLISH),
]
NOT_IN_ENGLISH = [f"/networks/{slug}/" for slug in ONLY_IN_SERBIAN]


@pytest.fixture
def entries(client):
    """A function that asks for the sitemap and returns, by address, the addresses of its other forms by tag."""

    def ask():
        response = client.get("/sitemap.xml")
        assert response.status_code == 200
        assert response["Content-Type"].startswith("application/xml")
        assert not response.cookies
        urls = etree.fromstring(response.content).findall("s:url", NAMESPACES)
        found = {
            url.findtext("s:loc", namespaces=NAMESPACES): {
                link.get("hreflang"): link.get("href") for link in url.findall("x:link", NAMESPACES)
            }
            for url in urls
        }
        assert len(found) == len(urls), "an address stands twice"
        return found

    return ask


def test_every_page_stands_there_in_each_form_it_is_written_in(nis, entries):
    forms = {"": [*EVERYWHERE, *NOT_IN_ENGLISH], "/sr-latn": [*EVERYWHERE, *NOT_IN_ENGLISH], "/en": EVERYWHERE}
    assert entries().keys() == {SITE + prefix + path for prefix, paths in forms.items() for path in paths}


def test_each_form_names_all_forms_of_its_page(nis, entries):
    for address, alternates in entries().items():
        path = urlsplit(address).path.removeprefix("/sr-latn").removeprefix("/en")
        expected = {"sr-Cyrl": SITE + path, "sr-Latn": f"{SITE}/sr-latn{path}", "x-default": SITE + path}
        if path not in NOT_IN_ENGLISH:
            expected["en"] = f"{SITE}/en{path}"
        assert alternates == expected, address


@pytest.mark.long
def test_every_address_answers_itself_and_calls_itself_canonical(nis, entries, client):
    listed = entries()
    for address in {*listed, *(other for alternates in listed.values() for other in alternates.values())}:
        response = client.get(address)
        assert response.status_code == 200, address
        assert f'<link rel="canonical" href="{address}">' in response.content.decode()


@pytest.mark.long
def test_the_sitemap_says_the_same_as_the_pages(nis, entries, client):
    for address, alternates in entries().items():
        page = client.get(address).content.decode()
        for tag, url in alternates.items():
            assert f'<link rel="alternate" hreflang="{tag}" href="{url}">' in page
        assert page.count('<link rel="alternate" hreflang=') == len(alternates)


def test_pages_tell_when_they_changed(nis, client):
    urls = etree.fromstring(client.get("/sitemap.xml").content)
    dated = {loc.text for loc in urls.iterfind("s:url[s:lastmod]/s:loc", NAMESPACES)}
    assert dated >= {f"{SITE}{path}" for path in [*EVERYWHERE[len(ALWAYS) :], *NOT_IN_ENGLISH]}


def test_what_is_not_published_is_absent(db, entries):
    make_network(slug="hidden", is_published=False)
    make_page(slug="hidden", is_published=False)
    make_network(slug="shown")
    assert {urlsplit(address).path for address in entries()} == {
        *(prefix + path for prefix in ("", "/sr-latn", "/en") for path in ALWAYS),
        *("/networks/shown/", "/sr-latn/networks/shown/"),
    }


def test_an_empty_site_has_its_list(db, entries):
    assert entries().keys() == {SITE + prefix + path for prefix in ("", "/sr-latn", "/en") for path in ALWAYS}


@pytest.mark.parametrize("slug", ["sr", "en", "sr-latn"])
def test_a_network_may_be_called_like_a_language(db, entries, slug):
    make_network(slug=slug)
    assert entries()[f"{SITE}/networks/{slug}/"]["x-default"] == f"{SITE}/networks/{slug}/"


def test_the_queries_of_the_sitemap_do_not_grow_with_the_rows(db, client, django_assert_max_num_queries):
    for _ in range(20):
        make_network()
    with django_assert_max_num_queries(9):
        client.get("/sitemap.xml")


def test_a_large_site_has_an_index_of_files(nis, client, entries, monkeypatch):
    whole = entries()
    monkeypatch.setattr(sitemaps, "MOST_URLS", 30)
    index = etree.fromstring(client.get("/sitemap.xml").content)
    assert index.tag == "{http://www.sitemaps.org/schemas/sitemap/0.9}sitemapindex"
    parts = [each.text.removeprefix(SITE) for each in index.iterfind("s:sitemap/s:loc", NAMESPACES)]
    assert parts == ["/sitemap-1.xml", "/sitemap-2.xml"]
    assert {*parts} <= {*public_urls()}
    files = [etree.fromstring(client.get(path).content).findall("s:url/s:loc", NAMESPACES) for path in parts]
    found = [each.text for urls in files for each in urls]
    assert len(files[0]) <= 30
    assert len(found) == len({*found})
    assert {*found} == whole.keys()
    assert [client.get(f"/sitemap-{number}.xml").status_code for number in (0, 3)] == [404, 404]


@pytest.mark.django_db
def test_robots_are_shown_the_sitemap_and_kept_from_the_desk(client):
    response = client.get("/robots.txt")
    lines = [line.strip() for line in response.content.decode().splitlines()]
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    assert "User-agent: *" in lines
    assert [line for line in lines if line.startswith("Disallow:")] == [
        "Disallow: /admin/",
        "Disallow: /sr-latn/admin/",
        "Disallow: /en/admin/",
        "Disallow: /preview/",
        "Disallow: /sr-latn/preview/",
        "Disallow: /en/preview/",
        "Disallow: /confirm/",
        "Disallow: /sr-latn/confirm/",
        "Disallow: /en/confirm/",
    ]
    assert f"Sitemap: {SITE}/sitemap.xml" in lines
