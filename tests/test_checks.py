"""The system checks: each finds what it is there for, says what to do, and is silent otherwise."""

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection

from networks.models import Network, Page
from networks.models.language_columns import drop_columns, prepare_tables
from tests.makers import make_network

pytestmark = [pytest.mark.sql, pytest.mark.django_db]

LANGUAGES = [("sr", "Serbian"), ("sr-latn", "Serbian, Latin"), ("en", "English")]


def found(**options):
    """Return the ids of the project's own messages, each of which has a hint."""
    messages = [each for each in run_checks(**options) if each.id.startswith("networks.")]
    assert all(each.hint for each in messages)
    return [each.id for each in messages]


def test_nothing_is_found_on_a_site_as_it_should_be(db):
    make_network(name_en="In English")
    assert found(databases=["default"]) == []


@pytest.mark.parametrize(
    ("changed", "count"),
    [
        ({"LANGUAGES": [*LANGUAGES, ("de", "German")]}, 1),
        ({"LANGUAGES": LANGUAGES[:2]}, 1),
        ({"MODELTRANSLATION_LANGUAGES": ("sr", "en", "de")}, 1),
        ({"LANGUAGES": [*LANGUAGES, ("de", "German")], "MODELTRANSLATION_LANGUAGES": ("sr", "en", "de")}, 0),
        ({"LANGUAGE_CODE": "en"}, 1),
        ({"MODELTRANSLATION_DEFAULT_LANGUAGE": "en"}, 1),
    ],
)
def test_languages_that_readers_choose_and_that_are_stored_must_agree(settings, changed, count):
    for name, value in changed.items():
        setattr(settings, name, value)
    assert found() == ["networks.E002"] * count


def test_english_whose_columns_are_the_products_cannot_be_removed(settings):
    settings.LANGUAGES, settings.MODELTRANSLATION_LANGUAGES = LANGUAGES[:2], ("sr",)
    assert found() == ["networks.E006"]


@pytest.mark.parametrize(
    ("renamed", "is_right"),
    [
        ({"profit": "benefit"}, True),
        ({"town_en": "seat_en"}, True),
        ({"homepage": "website", "home": "website"}, True),
        ({"benefit": "gain"}, False),
        ({"gain": "gain_sr"}, False),
        ({"text": "search_text"}, False),
        ({"summary": "benefit"}, False),
        ({"website": "membership_page"}, False),
        ({"profit_sr": "benefit"}, False),
        ({"first": "second", "second": "benefit"}, False),
    ],
)
def test_renamed_fields_must_be_names_that_revisions_hold(monkeypatch, renamed, is_right):
    monkeypatch.setattr(Network, "renamed_fields", renamed)
    assert found() == ([] if is_right else ["networks.E003"])


def test_renamed_fields_of_pages_must_be_names_that_revisions_hold(monkeypatch):
    monkeypatch.setattr(Page, "renamed_fields", {"name": "title"})
    assert found() == []
    monkeypatch.setattr(Page, "renamed_fields", {"heading": "name"})
    assert found() == ["networks.E003"]


def test_the_cache_must_not_be_in_the_database(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
    assert found() == ["networks.E004"]


@pytest.mark.parametrize("path", ["file", "file/media", "file/more/media"])
def test_a_media_folder_that_cannot_be_written_is_told(settings, tmp_path, path):
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / path
    assert found() == ["networks.W001"]


@pytest.mark.parametrize("path", ["", "media", "more/media"])
def test_a_media_folder_that_is_there_or_can_be_made_is_right(settings, tmp_path, path):
    settings.MEDIA_ROOT = tmp_path / path
    assert found() == []


@pytest.mark.parametrize(("text", "ids"), [(None, []), ("", []), ("Netz", ["networks.E005"])])
def test_a_language_that_was_removed_must_hold_no_text(db, text, ids):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE networks_network ADD COLUMN name_de varchar(200) NULL")
        network = make_network()
        cursor.execute("UPDATE networks_network SET name_de = %s WHERE id = %s", [text, network.pk])
    assert found(databases=["default"]) == ids
    if ids:
        with pytest.raises(CommandError, match="stand in the column name_de of networks_network: 1"):
            call_command("migrate", skip_checks=False, verbosity=0)


def test_the_site_starts_without_a_language_whose_texts_are_to_be_dropped_but_does_not_migrate(db, settings):
    settings.SITE_LANGUAGES = {**settings.SITE_LANGUAGES, "de": "dropped"}
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE networks_network ADD COLUMN name_de varchar(200) NULL")
        cursor.execute("UPDATE networks_network SET name_de = 'Netz' WHERE id = %s", [make_network().pk])
    assert found(databases=["default"]) == []
    prepare_tables("default", apps, plan=[])
    with pytest.raises(CommandError, match="language retire"):
        prepare_tables("default", apps, plan=["a migration"])
    connection.check_constraints()  # or PostgreSQL would not alter a table that the test has just written
    assert drop_columns("default", "de") == ["networks_network.name_de"]
    prepare_tables("default", apps, plan=["a migration"])
