"""The accessibility statement says what is claimed, how it was tested and what is missing, in each language."""

import re
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from networks.models import Page
from networks.public import accessibility
from tests.makers import make_network, make_page, make_profile
from tests.pages import CYRILLIC, LANGUAGES, PREFIXES, in_latin_and_in_ci_in_each_language, opened, text_of, texts_of

ADDRESS = "/pages/accessibility/"


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


@pytest.mark.long
@in_latin_and_in_ci_in_each_language
def test_statement_is_complete_and_in_one_script(nis, client, language):
    tree = opened(client, PREFIXES[language] + ADDRESS)
    headings = [text_of(each) for each in tree.xpath("//main//h2")]
    assert len(headings) == len(set(headings)) == 4
    assert [len(tree.xpath(f"//main//{tag}")) for tag in ("h1", "h3")] == [1, 1]
    assert len(tree.xpath("//main//li")) == len(accessibility.KNOWN_PROBLEMS) + len(accessibility.CHECKS)
    words = " ".join(texts_of(tree))
    assert "WCAG 2.2 AA" in words
    assert str(accessibility.STATEMENT_DATE.year) in words
    assert "None" not in words
    assert not re.search(r"[{}]", words)
    if language != "sr":
        assert not CYRILLIC.search(words)


@pytest.mark.long
def test_statement_says_what_is_claimed_how_it_was_tested_and_what_is_missing(page, client):
    words = part(client)
    claim, problems = words["How far the site is accessible"], words["Known problems"]
    assert "partially conform to WCAG 2.2 AA" in claim
    assert "prepared on 28 November 2026" in claim
    assert "has not yet been tried by people who use screen readers" in problems
    assert labelled(client) == {
        "Rules": ["WCAG 2.2 AA"],
        "Checked with": ["axe-core (Chromium)"],
        "Language and script": ["Serbian, Cyrillic", "Serbian, Latin", "English"],
        "Appearance": ["Light", "Dark"],
        "Width of the screen in pixels": ["390", "1280"],
        "Breaches the tool found": ["0"],
    }
    checked = words["What was checked"]
    assert "On screens 320, 390, 768, 1280 and 1920 pixels wide" in checked
    assert "With the text at 200% of its size" in checked
    assert "at least 24 pixels" in checked


def test_whoever_meets_a_barrier_finds_whom_to_tell(page, client):
    assert "E-mail" not in labelled(client)
    make_profile(city_name_en="City of Niš", email="city@example.org", phone="+381 18 504 000", address_sr="Улица 1")
    found = labelled(client)
    assert found["Who is responsible"] == ["City of Niš"]
    assert found["E-mail"] == ["city@example.org"]
    assert found["Telephone"] == ["+381 18 504 000"]
    assert found["Postal address"] == ["Ulica 1"]
    assert opened(client, f"/en{ADDRESS}").xpath("//main//a/@href") == ["mailto:city@example.org", "tel:+38118504000"]


@in_latin_and_in_ci_in_each_language
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


@pytest.mark.sql
def test_site_without_pages_gets_none(db):
    migrate()
    assert not Page.objects.exists()


@pytest.mark.sql
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
