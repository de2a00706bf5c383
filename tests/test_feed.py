"""The feed: valid Atom in each form, the same as the page, with identifiers that outlive addresses."""

import gzip
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import lxml.etree
import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from networks.models import Change, CityProfile, Network
from networks.public.feeds import EPOCH, NEWEST
from networks.reading import Reader
from networks.revisions import drafts, publishing
from networks.revisions.public_changes import ChangeReading
from networks.serbian import to_latin
from tests.makers import make_network, make_profile
from tests.pages import CYRILLIC, PREFIXES, in_each_language

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

SCHEMA = lxml.etree.RelaxNG(lxml.etree.parse(Path(__file__).parent / "schemas" / "atom.rng"))
NAMESPACES = {"atom": "http://www.w3.org/2005/Atom"}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
TAGS = {"sr": "sr-Cyrl", "sr-latn": "sr-Latn", "en": "en"}
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def parsed(response):
    assert response.status_code == 200
    tree = lxml.etree.fromstring(response.content)
    SCHEMA.assertValid(tree)
    return tree


def feed(client, language="sr", **headers):
    return parsed(client.get(f"{PREFIXES[language]}/feed.atom", headers=headers))


def all_of(tree, path):
    return tree.xpath(path, namespaces=NAMESPACES)


def texts(tree, path):
    return [each.text for each in all_of(tree, path)]


def link(tree, relation):
    return [each.get("href") for each in all_of(tree, f"atom:link[@rel='{relation}']")]


@pytest.fixture
def history(db):
    """Two networks, one of them without English, and changes of each kind."""
    make_profile(
        site_title_en="City Networks",
        city_name_en="City of Niš",
        email="office@nis.example",
        website="https://nis.example/",
        licence_name="CC BY 4.0",
        licence_url="https://creativecommons.org/licenses/by/4.0/",
    )
    both = drafts.save(Network(), {"slug": "both", "name_sr": "Мрежа", "name_en": "Network"}, author=None).row
    only = drafts.save(Network(), {"slug": "only", "name_sr": "Љубав & „Њива“ <1>"}, author=None).row
    for changes in (
        {},
        {"name_sr": "Савез", "name_en": "Union"},
        {"joined": "2007-05", "verified_on": "2026-01-31", "seat_sr": "Стразбур"},
        {"status": "left", "left": "2019"},
        {"status": "ended"},
    ):
        for network in (both, only):
            if not (network == only and "name_sr" in changes):
                drafts.save(network, changes, author=None)
                publishing.publish(network, author=None)
    for number, change in enumerate(Change.objects.order_by("pk")):
        Change.objects.filter(pk=change.pk).update(happened_at=NOON + timedelta(hours=number))
    return both


@pytest.mark.long
@in_each_language
def test_tells_what_the_page_tells(history, client, language):
    tree = feed(client, language)
    reader = Reader(language)
    expected = [ChangeReading(each, reader.network(each.network)) for each in Change.objects.all()]
    assert len(expected) == 13
    site = f"http://testserver{PREFIXES[language]}"
    entries = all_of(tree, "atom:entry")
    for entry, change in zip(entries, expected, strict=True):
        assert texts(entry, "atom:title") == [change.network.name]
        assert texts(entry, "atom:summary") == [change.sentence]
        assert link(entry, "alternate") == [f"{site}/networks/{change.network.slug}/"]
        moments = texts(entry, "atom:published | atom:updated")
        assert [datetime.fromisoformat(each) for each in moments] == [change.row.happened_at] * 2
        (category,) = all_of(entry, "atom:category")
        assert (category.get("term"), category.get("label")) == (change.row.kind, change.kind)
        assert texts(entry, "atom:id") == [f"tag:testserver,2026:{TAGS[language]}/change/{change.row.pk}"]
    assert tree.get(LANG) == TAGS[language]
    assert texts(tree, "atom:id") == [f"tag:testserver,2026:{TAGS[language]}/changes"]
    assert datetime.fromisoformat(texts(tree, "atom:updated")[0]) == expected[0].row.happened_at
    assert (link(tree, "self"), link(tree, "alternate")) == ([f"{site}/feed.atom"], [f"{site}/changes/"])


@in_each_language
def test_says_whose_it_is(history, client, language):
    tree = feed(client, language)
    name, title = {
        "sr": ("Град Ниш", "Мреже градова"),
        "sr-latn": ("Grad Niš", "Mreže gradova"),
        "en": ("City of Niš", "City Networks"),
    }[language]
    assert texts(tree, "atom:author/*") == [name, "office@nis.example", "https://nis.example/"]
    assert title in texts(tree, "atom:title")[0]
    assert texts(tree, "atom:rights") == ["CC BY 4.0"]
    assert link(tree, "license") == ["https://creativecommons.org/licenses/by/4.0/"]
    assert texts(tree, "atom:subtitle")[0]


def test_no_cyrillic_stands_in_latin_and_english_feeds(history, client):
    for language in ("sr-latn", "en"):
        tree = feed(client, language)
        said = [*tree.itertext(), *tree.xpath("//@*")]
        assert [each for each in said if CYRILLIC.search(each)] == []


def test_what_is_only_in_serbian_is_marked_in_the_english_feed(history, client):
    titles = {each.text: each.get(LANG) for each in all_of(feed(client, "en"), "//atom:entry/atom:title")}
    assert titles == {"Union": None, "Ljubav & „Njiva“ <1>": "sr-Latn"}
    CityProfile.objects.update(city_name_en="")
    (name,) = all_of(feed(client, "en"), "atom:author/atom:name")
    assert (name.text, name.get(LANG)) == ("Grad Niš", "sr-Latn")
    for language in ("sr", "sr-latn"):
        assert [each.get(LANG) for each in all_of(feed(client, language), "//*[@xml:lang]")] == [TAGS[language]]


@in_each_language
def test_site_without_anything_has_a_feed(db, client, language):
    tree = feed(client, language)
    assert all_of(tree, "atom:entry") == []
    assert datetime.fromisoformat(texts(tree, "atom:updated")[0]) == EPOCH
    assert texts(tree, "atom:author/atom:name")[0]
    profile = make_profile()
    assert datetime.fromisoformat(texts(feed(client, language), "atom:updated")[0]) == profile.changed_at


def test_only_the_newest_fifty_are_told(db, client):
    network = make_network()
    made = Change.objects.bulk_create(
        Change(network=network, kind="added", happened_at=NOON + timedelta(hours=number))
        for number in range(NEWEST + 9)
    )
    identifiers = texts(feed(client), "//atom:entry/atom:id")
    assert identifiers == [f"tag:testserver,2026:sr-Cyrl/change/{each.pk}" for each in made[::-1][:NEWEST]]


# Identifiers


def test_identifiers_stay_when_the_address_and_the_host_change(history, client, settings):
    settings.TAG_AUTHORITY = "gradovi.ni.rs,2026"
    settings.ALLOWED_HOSTS = ["old.example", "new.example"]
    before = feed(client, "en", host="old.example")
    drafts.save(history, {"slug": "elsewhere"}, author=None)
    publishing.publish(history, author=None)
    after = feed(client, "en", host="new.example:8443")
    assert texts(after, "//atom:id") == texts(before, "//atom:id")
    assert texts(before, "atom:id") == ["tag:gradovi.ni.rs,2026:en/changes"]
    links = {href for entry in all_of(after, "atom:entry") for href in link(entry, "alternate")}
    assert links == {f"http://new.example:8443/en/networks/{slug}/" for slug in ("elsewhere", "only")}


def test_identifiers_are_unique_in_all_feeds(history, client):
    found = [each for language in PREFIXES for each in texts(feed(client, language), "//atom:id")]
    assert len(set(found)) == len(found)


# Asking again


@pytest.mark.long
@in_each_language
def test_is_sent_again_only_when_it_has_changed(history, client, language):
    address = f"{PREFIXES[language]}/feed.atom"
    first = client.get(address)
    assert first["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert (first["Content-Language"], first["Access-Control-Allow-Origin"]) == (TAGS[language], "*")
    assert first["ETag"].startswith('"')
    again = client.get(address, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Access-Control-Allow-Origin"] == "*"
    assert again["Last-Modified"] == first["Last-Modified"]
    publishing.unpublish(history, author=None)
    changed = client.get(address, headers={"if-none-match": first["ETag"]})
    assert (changed.status_code, changed["ETag"] != first["ETag"]) == (200, True)


def test_last_modified_is_the_newest_change_and_alone_answers_no_question(history, client):
    first = client.get("/feed.atom")
    newest = Change.objects.first().happened_at
    assert parsedate_to_datetime(first["Last-Modified"]) == newest.replace(microsecond=0)
    # Another name is no change of the record, and must not be hidden by an older time.
    publishing.unpublish(history, author=None)
    assert client.get("/feed.atom", headers={"if-modified-since": first["Last-Modified"]}).status_code == 200


@pytest.mark.long
def test_compressed_it_is_known_by_its_weak_etag(history, client):
    first = client.get("/feed.atom", headers={"accept-encoding": "gzip"})
    assert lxml.etree.fromstring(gzip.decompress(first.content)) is not None
    assert first["ETag"].startswith('W/"')
    headers = {"accept-encoding": "gzip", "if-none-match": first["ETag"]}
    assert client.get("/feed.atom", headers=headers).status_code == 304


def test_head_says_the_same_without_the_feed(history, client):
    whole, head = client.get("/feed.atom"), client.head("/feed.atom")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length", "Access-Control-Allow-Origin"):
        assert head[name] == whole[name]
    assert client.head("/feed.atom", headers={"if-none-match": whole["ETag"]}).status_code == 304
    assert client.post("/feed.atom").status_code == 405


def test_is_the_same_for_all(history, client):
    client.cookies["django_language"] = "en"
    answer = client.get("/feed.atom", headers={"accept-language": "en"})
    assert answer.content == Client().get("/feed.atom").content
    assert not answer.cookies
    assert {each.strip().lower() for each in answer["Vary"].split(",")} <= {"accept-encoding"}


# Hostile texts

anything = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
pieces = [*"<>&'\"]\x01\x08\x0b\x1f\ufffe\uffff\x85\u2028Њж ", "]]>", "<!--", "&#0;"]
hostile = anything | st.lists(st.sampled_from(pieces), min_size=1).map("".join)


@pytest.mark.long
@settings(max_examples=settings().max_examples // 4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=hostile, title=hostile, city=hostile, licence=hostile)
@example(name="\x01", title="\x01", city="\x01", licence="\x01")
def test_no_text_breaks_the_feed(db, client, name, title, city, licence):
    # Past the forms, which refuse some of it. PostgreSQL keeps no null byte.
    name, title, city, licence = (each.replace("\0", "\x02") for each in (name, title, city, licence))
    Network.objects.all().delete(), CityProfile.objects.all().delete()
    make_profile(site_title_sr=title, city_name_sr=city, licence_name=licence)
    network = make_network(name_sr=name)
    values = {"name_sr": [f"Стара {name}", name], "name_en": ["", ""]}
    Change.objects.create(network=network, kind="renamed", values=values)
    for language in PREFIXES:
        response = client.get(f"{PREFIXES[language]}/feed.atom")
        tree = lxml.etree.fromstring(response.content)
        (shown,) = all_of(tree, "//atom:entry/atom:title")
        script = name if language == "sr" else to_latin(name)
        assert (shown.text or "") == in_xml(script)
        SCHEMA.assertValid(tree)


def in_xml(text):
    """What XML can hold of a text, worked out character by character; its one line break is \\n."""
    codes = (code for code in map(ord, text) if code in (9, 10, 13) or (code >= 32 and code not in (0xFFFE, 0xFFFF)))
    return "".join(map(chr, codes)).replace("\r\n", "\n").replace("\r", "\n")


# The schema itself: what it lets through and what not


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "how",
    [
        lambda tree, entry: tree.remove(all_of(tree, "atom:author")[0]),
        lambda tree, entry: tree.remove(all_of(tree, "atom:id")[0]),
        lambda tree, entry: tree.remove(all_of(tree, "atom:updated")[0]),
        lambda tree, entry: entry.remove(all_of(entry, "atom:title")[0]),
        lambda tree, entry: entry.append(all_of(tree, "atom:title")[0]),
        lambda tree, entry: all_of(entry, "atom:updated")[0].__setattr__("text", "2026-12-01"),
        lambda tree, entry: all_of(entry, "atom:updated")[0].__setattr__("text", "2026-12-01T12:00:00"),
        lambda tree, entry: all_of(entry, "atom:id")[0].__setattr__("text", "change/7"),
        lambda tree, entry: all_of(entry, "atom:category")[0].attrib.pop("term"),
        lambda tree, entry: all_of(entry, "atom:link")[0].attrib.pop("href"),
        lambda tree, entry: tree.set(LANG, "sr_Latn"),
        lambda tree, entry: all_of(entry, "atom:title")[0].set("lang", "sr-Latn"),
    ],
)
def test_schema_refuses_what_is_no_feed(history, client, how):
    tree = feed(client)
    how(tree, all_of(tree, "atom:entry")[0])
    assert not SCHEMA.validate(tree)


@pytest.mark.long
def test_schema_allows_the_same_in_another_order(history, client):
    tree = feed(client)
    entry = all_of(tree, "atom:entry")[0]
    entry[:] = entry[::-1]
    SCHEMA.assertValid(tree)
