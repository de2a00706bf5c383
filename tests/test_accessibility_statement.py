"""The accessibility statement says what the tests check, in the language of the reader, and nothing else."""

import re
from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from networks.models import Page
from networks.public import accessibility
from tests import test_browser_accessibility
from tests.accessibility import CLAIMS, overstated, read_record
from tests.makers import make_network, make_page, make_profile
from tests.pages import CYRILLIC, LANGUAGES, PREFIXES, in_each_language, opened, text_of, texts_of

ADDRESS = "/pages/accessibility/"


@pytest.fixture
def record(monkeypatch):
    """Put another record in the place of the committed one."""

    def put(**content):
        monkeypatch.setattr(accessibility, "record", lambda: content)

    return put


@pytest.fixture
def page(db):
    return make_page(slug="accessibility", title_sr="Изјава", title_en="Statement", body_en="<p>Words.</p>")


def part(client, language="en"):
    """What is generated: its sections by their headings."""
    tree = opened(client, PREFIXES[language] + ADDRESS)
    return {text_of(each.find("h2")): text_of(each) for each in tree.xpath("//section[h2]")}


def labelled(client):
    rows = opened(client, f"/en{ADDRESS}").xpath("//dl/div")
    return {text_of(each.find("dt")): [text_of(value) for value in each.findall("dd")] for each in rows}


FACTS = {
    "standard": "WCAG 2.2 AA",
    "engine": "axe-core",
    "version": "1.2.3",
    "browser": "Chromium",
    "paths": ["/", "/x/"],
    "forms": ["sr-Cyrl", "en"],
    "schemes": ["dark"],
    "widths": [390, 1280],
    "violations": {},
}
GAP = {"sr": "Нешто недостаје.", "en": "Something is missing.", "plan_sr": "Биће додато.", "plan_en": "It will come."}


# The record


def test_every_claim_is_made_by_a_test_that_there_is():
    claimed = {name: facts["test"] for name, facts in read_record()["checks"].items()}
    assert claimed == {name: CLAIMS[name] for name in claimed}
    for name, test in CLAIMS.items():
        assert callable(getattr(test_browser_accessibility, test.rpartition(".")[2])), name


def test_every_check_that_is_recorded_has_words():
    assert set(CLAIMS) == {"axe", *accessibility.CHECKS}


def test_record_is_whole_and_not_of_the_future():
    record = read_record()
    assert set(record) == {"checked_on", "checks", "known_gaps"}
    assert set(record["checks"]) == set(CLAIMS)
    assert date.fromisoformat(record["checked_on"]) <= date.today()
    for gap in record["known_gaps"]:
        assert set(gap) == set(GAP)
        assert all(gap.values())
        assert not any(CYRILLIC.search(text) for name, text in gap.items() if name.endswith("en"))


@pytest.mark.parametrize(
    ("claimed", "checked", "too_much"),
    [
        ({}, {"paths": ["/"]}, {}),
        ({"paths": ["/"]}, {"paths": ["/", "/x/"]}, {}),
        ({"paths": ["/", "/y/"]}, {"paths": ["/", "/x/"]}, {"paths": ["/y/"]}),
        ({"paths": ["/"]}, {}, {"paths": ["/"]}),
        ({"version": "2"}, {"version": "1"}, {"version": "2"}),
        ({"violations": {}}, {"violations": {"label": 1}}, {"violations": {}}),
        ({"violations": {}}, {"violations": {}}, {}),
    ],
)
def test_what_was_not_checked_is_too_much(claimed, checked, too_much):
    assert overstated(claimed, checked) == too_much


def test_run_that_checked_less_than_is_claimed_fails(monkeypatch):
    from tests import accessibility as claims_of_tests

    monkeypatch.setattr(claims_of_tests, "CLAIMS", {})
    monkeypatch.setattr(claims_of_tests, "noted", {})
    monkeypatch.setitem(claims_of_tests.run, "is_recording", False)
    facts = {name: value for name, value in read_record()["checks"]["keyboard"].items() if name != "test"}
    name = read_record()["checks"]["keyboard"]["test"].rpartition(".")[2]

    def run(**less):
        def check():
            return facts | less

        check.__name__, check.__module__ = name, "tests.test_browser_accessibility"
        claims_of_tests.claims("keyboard")(check)()

    run()
    for less in ({"paths": facts["paths"][1:]}, {"forms": ["en"]}, {"widths": []}):
        with pytest.raises(AssertionError, match="claims more"):
            run(**less)


# The page


@in_each_language
def test_committed_statement_is_complete_and_in_one_script(nis, client, language):
    tree = opened(client, PREFIXES[language] + ADDRESS)
    headings = [text_of(each) for each in tree.xpath("//main//h2")]
    assert len(headings) == len(set(headings)) == 4
    assert [len(tree.xpath(f"//main//{tag}")) for tag in ("h1", "h3")] == [1, 1]
    words = " ".join(texts_of(tree))
    record = read_record()
    facts = record["checks"]["axe"]
    for each in (facts["standard"], facts["engine"], facts["version"], *map(str, facts["widths"])):
        assert each in words
    assert len(tree.xpath("//main//li")) == len(record["known_gaps"]) + len(accessibility.CHECKS)
    assert "None" not in words
    assert not re.search(r"\{\w*\}", words)
    if language != "sr":
        assert not CYRILLIC.search(words)


@in_each_language
@pytest.mark.parametrize(
    "content", [{}, {"checks": {}}, {"checks": {}, "known_gaps": [], "checked_on": "2026-01-02"}]
)
def test_what_the_record_does_not_know_is_not_claimed(page, record, client, language, content):
    record(**content)
    words = part(client, language)
    assert len(words) == 1  # whom to tell
    assert "WCAG" not in " ".join(words.values())


def test_statement_says_what_was_checked(page, record, client):
    record(checked_on="2026-01-02", checks={"axe": FACTS, "target_size": {"widths": [390], "pixels": 24}})
    assert labelled(client) == {
        "Last recorded check": ["2 January 2026"],
        "Rules": ["WCAG 2.2 AA"],
        "Checked with": ["axe-core 1.2.3 (Chromium)"],
        "Pages that were checked": ["2"],
        "Language and script": ["Serbian, Cyrillic", "English"],
        "Appearance": ["Dark"],
        "Width of the screen in pixels": ["390", "1280"],
        "Breaches the tool found": ["0"],
    }
    (check,) = opened(client, f"/en{ADDRESS}").xpath("//main//li")
    assert "at least 24 pixels" in text_of(check)
    record(checks={"reflow": {"widths": [320, 390, 1280]}})
    (check,) = opened(client, f"/en{ADDRESS}").xpath("//main//li")
    assert "On screens 320, 390 and 1280 pixels wide" in text_of(check)


@pytest.mark.parametrize(
    ("gaps", "violations", "is_partial"), [([], {}, False), ([GAP], {}, True), ([], {"label": 2}, True)]
)
def test_it_conforms_partially_while_there_are_gaps(page, record, client, gaps, violations, is_partial):
    record(checked_on="2026-01-02", checks={"axe": {**FACTS, "violations": violations}}, known_gaps=gaps)
    words = " ".join(part(client).values())
    assert ("partially conform to WCAG 2.2 AA" in words) is is_partial
    assert ("found nothing that departs from WCAG 2.2 AA" in words) is not is_partial
    if violations:
        assert labelled(client)["Breaches the tool found"] == ["label: 2"]


@pytest.mark.parametrize(
    ("language", "gap", "expected", "lang"),
    [
        ("sr", GAP, "Нешто недостаје. Биће додато.", None),
        ("sr-latn", GAP, "Nešto nedostaje. Biće dodato.", None),
        ("en", GAP, "Something is missing. It will come.", None),
        ("en", {"sr": "Нешто недостаје."}, "Nešto nedostaje.", "sr-Latn"),
    ],
)
def test_gap_is_told_in_the_language_of_the_reader(page, record, client, language, gap, expected, lang):
    record(known_gaps=[gap])
    (told,) = opened(client, PREFIXES[language] + ADDRESS).xpath("//main//li")
    assert text_of(told) == expected
    assert told.find("span").get("lang") == lang


def test_whoever_meets_a_barrier_finds_whom_to_tell(page, record, client):
    record()
    assert not opened(client, f"/en{ADDRESS}").xpath("//main//dl")
    make_profile(city_name_en="City of Niš", email="city@example.org", phone="+381 18 504 000", address_sr="Улица 1")
    assert labelled(client) == {
        "Who is responsible": ["City of Niš"],
        "E-mail": ["city@example.org"],
        "Telephone": ["+381 18 504 000"],
        "Postal address": ["Ulica 1"],
    }
    assert opened(client, f"/en{ADDRESS}").xpath("//main//a/@href") == ["mailto:city@example.org", "tel:+38118504000"]


@in_each_language
def test_no_other_page_has_the_part(db, client, language):
    make_page(slug="about")
    make_network(slug="accessibility")
    for address in ("/pages/about/", "/networks/accessibility/"):
        tree = opened(client, PREFIXES[language] + address)
        assert not tree.xpath("//main//section[contains(@class, 'prose')]")
        assert "axe-core" not in " ".join(texts_of(tree))


def test_unpublished_statement_is_not_shown(page, client):
    page.is_published = False
    page.save()
    for language in LANGUAGES:
        assert client.get(PREFIXES[language] + ADDRESS).status_code == 404


# Sites that there are already


def migrate():
    class Editor:
        pass

    Editor.connection = connection
    import_module("networks.migrations.0009_accessibility_page").make_page(apps, Editor)


def test_site_with_pages_gets_a_draft_that_can_be_published(db, client):
    make_page(slug="about", position=40)
    migrate()
    migrate()
    made = Page.objects.get(slug="accessibility")
    assert (made.is_published, made.position) == (False, 50)
    assert client.get(ADDRESS).status_code == 404
    made.is_published = True
    made.full_clean()
    made.save()
    assert len(part(client)) == 4


def test_draft_says_what_the_content_of_nis_says(nis):
    migration = import_module("networks.migrations.0009_accessibility_page")
    assert Page.objects.filter(slug=migration.SLUG).values(*migration.TEXTS).get() == migration.TEXTS


def test_site_without_pages_gets_none(db):
    migrate()
    assert not Page.objects.exists()


def test_page_of_the_staff_stays_as_it_is(db):
    page = make_page(slug="accessibility", title_sr="Наша изјава")
    make_page()
    page.slug = "our-statement"
    page.save()
    migrate()
    assert Page.objects.count() == 2
    page.slug = "accessibility"
    page.save()
    migrate()
    assert Page.objects.get(slug="accessibility").title_sr == "Наша изјава"
    assert Page.objects.count() == 2
