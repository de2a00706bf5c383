"""Addresses are a promise: other spellings and former names lead to the right one, and nowhere else."""

from itertools import product

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from networks import languages
from tests.makers import make_network, make_page
from tests.redirects import ask, hops

PREFIXES = {"sr": "", "sr-latn": "/sr-latn", "en": "/en"}


@pytest.fixture
def site(db):
    make_network(slug="avec")
    make_page(slug="about")


# Languages and scripts


@pytest.mark.long
@pytest.mark.parametrize(
    ("target", "right"),
    [
        # Serbian without a script, or with the default one
        ("/sr/", "/"),
        ("/sr", "/"),
        ("/SR/", "/"),
        ("/Sr", "/"),
        ("/sr-cyrl/", "/"),
        ("/sr-Cyrl/", "/"),
        ("/SR-CYRL", "/"),
        ("/sr_cyrl/", "/"),
        ("/sr/networks/avec/", "/networks/avec/"),
        ("/sr-cyrl/networks/avec/", "/networks/avec/"),
        ("/SR/pages/about/", "/pages/about/"),
        ("/sr/?q=mir", "/?q=mir"),
        # Other spellings of what is right in small letters
        ("/EN/", "/en/"),
        ("/En", "/en/"),
        ("/EN/networks/avec/", "/en/networks/avec/"),
        ("/SR-LATN/", "/sr-latn/"),
        ("/Sr-Latn", "/sr-latn/"),
        ("/sr_latn/", "/sr-latn/"),
        ("/sr_Latn/pages/about/", "/sr-latn/pages/about/"),
        ("/SR-latn/networks/avec/?q=1", "/sr-latn/networks/avec/?q=1"),
        # The parameter of the old site
        ("/?pismo=lat", "/sr-latn/"),
        ("/?pismo=cir", "/"),
        ("/?pismo=LAT", "/sr-latn/"),
        ("/?pismo=Cir", "/"),
        ("/networks/avec/?pismo=lat", "/sr-latn/networks/avec/"),
        ("/networks/avec/?pismo=cir", "/networks/avec/"),
        ("/pages/about/?pismo=lat", "/sr-latn/pages/about/"),
        ("/sr-latn/?pismo=cir", "/"),
        ("/sr-latn?pismo=cir", "/"),
        ("/sr-latn/?pismo=lat", "/sr-latn/"),
        ("/sr-latn/networks/avec/?pismo=cir", "/networks/avec/"),
        # English stays English: the script is a matter of Serbian
        ("/en/?pismo=lat", "/en/"),
        ("/en/?pismo=CIR", "/en/"),
        ("/en/networks/avec/?pismo=cir", "/en/networks/avec/"),
        # Both at once
        ("/sr/?pismo=lat", "/sr-latn/"),
        ("/SR-LATN/networks/avec/?pismo=cir", "/networks/avec/"),
        ("/EN/?pismo=lat", "/en/"),
        ("/?pismo=lat&pismo=lat", "/sr-latn/"),
        # What else is asked stays as it is and in its order
        ("/?pismo=lat&q=mir", "/sr-latn/?q=mir"),
        ("/?q=mir&pismo=lat", "/sr-latn/?q=mir"),
        ("/?scope=global&pismo=lat&q=mir", "/sr-latn/?scope=global&q=mir"),
        ("/sr-latn/?q=mir&pismo=cir&scope=global", "/?q=mir&scope=global"),
        ("/en/?q=mir&pismo=lat&scope=global", "/en/?q=mir&scope=global"),
        ("/sr/?q=a+b%26c%3D%D0%BC&pismo=lat", "/sr-latn/?q=a+b%26c%3D%D0%BC"),
        ("/?q=a&q=b&pismo=lat", "/sr-latn/?q=a&q=b"),
    ],
)
def test_other_spellings_lead_to_the_right_address(site, client, target, right):
    response = ask(client, target)
    assert (response.status_code, response["Location"]) == (301, right)
    assert ask(client, right).status_code == 200


@pytest.mark.parametrize("target", ["/sr-latn", "/en", "/networks/avec", "/en/networks/avec", "/sr-latn/pages/about"])
def test_a_missing_slash_is_added(site, client, target):
    response = ask(client, f"{target}?q=1")
    assert (response.status_code, response["Location"]) == (301, f"{target}/?q=1")


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/sr-latn/",
        "/en/",
        "/networks/avec/",
        "/sr-latn/networks/avec/",
        "/?pismo=",
        "/?pismo",
        "/?pismo=grc",
        "/?pismo=latinica",
        "/?xpismo=lat",
        "/?q=pismo=lat",
        "/?q=pismo%3Dlat",
    ],
)
def test_right_addresses_answer_themselves(site, client, target):
    assert ask(client, target).status_code == 200


@pytest.mark.parametrize(
    "target",
    ["/srpski/", "/serbia/", "/english/", "/sr-me/", "/en-us/", "/hr/", "/en/sr/", "/sr-latn/en/", "//en/", "//EN/"],
)
def test_what_only_resembles_a_language_is_not_found(db, client, target):
    assert ask(client, target).status_code == 404


def test_a_query_in_raw_letters_survives_the_redirect(site, client):
    targets, response = hops(client, "/?q=Ниш&pismo=lat")
    assert response.status_code == 200
    assert response.context["form"]["q"].value() == "Ниш"


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml"])
@pytest.mark.parametrize("query", ["", "?pismo=lat", "?pismo=cir"])
def test_addresses_that_are_in_no_language_are_found_in_any_spelling(site, client, path, query):
    _targets, response = hops(client, path + query)
    assert response.status_code == 200
    assert response["Content-Type"].startswith(("text/plain", "application/xml"))


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "target",
    ["/", "/sr-latn/", "/en/", "/networks/avec/", "/pages/about/", "/?pismo=lat", "/networks/avec/?pismo=lat"],
)
def test_what_is_sent_is_refused_and_not_sent_elsewhere(client, method, target):
    """It does not even open the database."""
    response = ask(client, target, method)
    assert response.status_code == 405
    assert "Location" not in response.headers
    assert {each.strip() for each in response["Allow"].split(",")} == {"GET", "HEAD"}


@pytest.mark.parametrize("target", ["/sr/", "/EN/", "/SR-LATN/networks/avec/", "/sr/?pismo=lat"])
def test_what_is_sent_to_another_spelling_is_not_sent_elsewhere(db, client, target):
    response = ask(client, target, "POST")
    assert response.status_code in (404, 405)
    assert "Location" not in response.headers


# Former names

kinds = pytest.mark.parametrize(
    ("make", "folder"), [(make_network, "networks"), (make_page, "pages")], ids=["network", "page"]
)


def rename(row, slug):
    row.slug = slug
    row.save()


def assert_lead(client, folder, leads):
    """Assert where slugs lead, in each form: to themselves, to another one with 301, or nowhere (None)."""
    for prefix, (slug, right) in product(PREFIXES.values(), leads.items()):
        response = client.get(f"{prefix}/{folder}/{slug}/")
        expected = (404, None)
        if right is not None:
            expected = (200, None) if right == slug else (301, f"{prefix}/{folder}/{right}/")
        assert (response.status_code, response.headers.get("Location")) == expected, (prefix, slug)


@kinds
def test_a_former_name_leads_to_the_present_one(db, client, make, folder):
    row = make(slug="first")
    rename(row, "second")
    assert_lead(client, folder, {"first": "second", "second": "second"})


@kinds
def test_all_former_names_lead_to_the_present_one_at_once(db, client, make, folder):
    row = make(slug="first")
    for slug in ("second", "third", "fourth"):
        rename(row, slug)
    assert_lead(client, folder, dict.fromkeys(["first", "second", "third", "fourth"], "fourth"))


@kinds
def test_a_name_can_be_taken_back(db, client, make, folder):
    row = make(slug="first")
    for slug in ("second", "first", "second", "first"):
        rename(row, slug)
    assert_lead(client, folder, {"first": "first", "second": "first"})


@kinds
def test_two_can_swap_their_names(db, client, make, folder):
    one, other = make(slug="one"), make(slug="other")
    rename(one, "meanwhile")
    rename(other, "one")
    rename(one, "other")
    assert_lead(client, folder, {"one": "one", "other": "other", "meanwhile": "other"})
    assert client.get(f"/{folder}/one/").content != client.get(f"/{folder}/other/").content


@kinds
def test_a_former_name_that_another_takes_is_the_other_ones(db, client, make, folder):
    row = make(slug="old")
    rename(row, "new")
    successor = make(slug="old")
    assert_lead(client, folder, {"old": "old", "new": "new"})
    rename(successor, "newest")
    assert_lead(client, folder, {"old": "newest", "new": "new"})


@kinds
@pytest.mark.sql
def test_a_former_name_is_not_given_away_by_itself(db, client, make, folder):
    name = {"name_en": "Twin cities"} if folder == "networks" else {"title_en": "Twin cities"}
    row = make(slug="", **name)
    assert row.slug == "twin-cities"
    rename(row, "partners")
    make(slug="", **name)
    assert_lead(client, folder, {"twin-cities": "partners"})


@kinds
def test_a_former_name_does_not_betray_what_is_not_published(db, client, make, folder):
    row = make(slug="old", is_published=False)
    rename(row, "secret")
    assert_lead(client, folder, {"old": None, "secret": None})


@kinds
def test_a_former_name_outlives_an_unpublished_successor(db, client, make, folder):
    row = make(slug="old")
    rename(row, "new")
    make(slug="old", is_published=False)
    assert_lead(client, folder, {"old": "new", "new": "new"})


@kinds
def test_what_is_deleted_leads_nowhere(db, client, make, folder):
    row = make(slug="old")
    rename(row, "new")
    row.delete()
    assert_lead(client, folder, {"old": None, "new": None})


@kinds
@pytest.mark.sql
def test_saving_without_a_new_name_changes_no_address(db, client, make, folder):
    row = make(slug="it")
    row.save()
    row.slug = ""
    row.save()
    assert row.slug == "it"
    assert not row.former_slugs.exists()


def test_former_names_of_networks_and_pages_are_apart(db, client):
    rename(make_network(slug="it"), "network")
    rename(make_page(slug="it"), "page")
    assert_lead(client, "networks", {"it": "network", "page": None})
    assert_lead(client, "pages", {"it": "page", "network": None})


def test_a_former_name_in_another_spelling_arrives(db, client):
    rename(make_network(slug="old"), "new")
    for target in ("/SR/networks/old", "/sr_latn/networks/old/", "/networks/old/?pismo=lat", "/EN/networks/old"):
        targets, response = hops(client, target)
        assert response.status_code == 200
        assert len(targets) <= 4


# Whatever people and machines ask for


@pytest.mark.exhaustive
@pytest.mark.parametrize("prefix", ["", "/sr", "/EN", "/sr_latn"])
@pytest.mark.parametrize(
    "rest",
    [
        "//evil.example",
        "//evil.example/",
        "///evil.example/",
        "/%2Fevil.example/",
        "/%2F%2Fevil.example",
        "/%2F%2Fevil.example/",
        "/%5Cevil.example/",
        "/\\evil.example/",
        "/\\\\evil.example/",
        "/%5C%5Cevil.example",
        "//evil.example/%2e%2e",
        "/..//evil.example/",
        "/https://evil.example/",
        "/@evil.example/",
        "/%09/evil.example/",
        "/%0D%0ALocation:%20https://evil.example/",
        "/%E2%80%A8//evil.example/",
    ],
)
@pytest.mark.parametrize("query", ["", "?pismo=lat"])
def test_nobody_is_sent_to_another_host(db, client, prefix, rest, query):
    targets, response = hops(client, prefix + rest + query)  # which looks at each of them
    assert response.status_code == 404 or targets[-1] in ("/", "/sr-latn/")


@pytest.mark.parametrize("prefix", ["/sr/", "/EN/", "/"])
@pytest.mark.parametrize("length", [2_000, 20_000])
def test_endless_addresses_are_refused(db, client, prefix, length):
    _targets, response = hops(client, prefix + "a" * length + "/?pismo=lat")
    assert response.status_code in (400, 404)


SEGMENTS = [
    *("sr", "SR", "sr-cyrl", "sr_latn", "sr-latn", "Sr-Latn", "en", "EN"),
    *("networks", "pages", "it", "old", "nowhere", "evil.example", "robots.txt", "sitemap.xml"),
    *("", ".", "..", "%2F", "%5C", "%00", "%FF", "%25", "%3F", "%D1%99", "a%20b", ";", ":", "@"),
]
QUERIES = [
    "pismo=lat",
    "pismo=CIR",
    "pismo=x",
    "pismo",
    "q=mir",
    "q=%00",
    "q=%FF",
    "scope=global",
    "",
    "%",
    "next=//x",
]


@pytest.fixture
def renamed(db):
    rename(make_network(slug="old"), "it")
    rename(make_page(slug="old"), "it")


@pytest.mark.long
@given(
    st.lists(st.sampled_from(SEGMENTS), max_size=4),
    st.booleans(),
    st.lists(st.sampled_from(QUERIES), max_size=3),
)
@example(["sr", "sr", "sr", "sr"], True, [])
@example(["sr", "networks", "old"], False, ["pismo=lat"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_address_comes_to_an_end_soon(renamed, client, segments, slash_at_end, queries):
    target = "/" + "/".join(segments) + "/" * slash_at_end + "?" * bool(queries) + "&".join(queries)
    targets, response = hops(client, target)
    assert len(targets) <= 4, targets
    assert response.status_code in (200, 400, 404), targets
    assert not response.cookies


@pytest.mark.parametrize("prefix", ["", "/sr-latn", "/en"])
def test_the_folder_of_the_networks_is_their_list(nis, client, prefix):
    response = client.get(f"{prefix}/networks/")
    assert (response.status_code, response["Location"]) == (301, f"{prefix}/")


def test_long_address_that_was_asked_for_is_not_kept():
    languages._reverse_in.cache_clear()
    for number in range(10):
        slug = f"{'x' * languages.LONGEST_KEPT}{number}"
        assert languages.reverse_in("en", "public:network", slug) == f"/en/networks/{slug}/"
        assert languages.reverse_in("en", "public:network", slug=slug) == f"/en/networks/{slug}/"
    assert languages._reverse_in.cache_info().currsize == 0
    languages.reverse_in("en", "public:network", "short")
    assert languages._reverse_in.cache_info().currsize == 1


READ_ONLY = [
    *("/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/health/live/", "/health/serving/"),
    *("/health/ready/", "/health/full/"),
    *("/networks.json", "/networks.csv", "/networks.csv-metadata.json", "/catalog.jsonld", "/catalog.ttl"),
    *("/networks.ttl", "/documents.csv", "/roles.csv", "/periods.csv", "/fees.csv", "/activities.csv"),
    *("/id/city", "/id/site", "/id/network/0"),
    *(
        f"{prefix}/{path}"
        for prefix in ("", "/sr-latn", "/en")
        for path in (
            *("", "networks/", "networks/avec/", "networks/nothing/", "picture.png", "networks/avec/picture.png"),
            *("timeline/", "map/", "open-data/", "changes/", "feed.atom", "pages/about/", "preview/forged/"),
        )
    ),
]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_is_sent_to_a_public_address_is_refused_with_the_methods_that_are_allowed(db, settings, method):
    """As from a browser: with a form that no session of the site knows."""
    settings.SECURITY_CONTACT = "mailto:security@nis.example"
    client = Client(enforce_csrf_checks=True)
    for path in READ_ONLY:
        response = client.generic(method, path, b"a=b", content_type="application/x-www-form-urlencoded")
        assert response.status_code == 405, path
        assert {"GET", "HEAD"} <= {*response["Allow"].split(", ")} <= {"GET", "HEAD", "OPTIONS"}, path
        assert not response.cookies
