"""The words of the interface: every one there is in Serbian, in both scripts, and none of them is old."""

import importlib.util
import os
import re
import shutil
from pathlib import Path

import polib
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.utils import translation

from networks.management.catalogues import DOMAINS, catalogue_path, derive_latin
from networks.serbian import is_cyrillic
from tests.programs import is_missing

ROOT = Path(settings.BASE_DIR)
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


# Serbian has no form of a model's name that fits these sentences for every model and number, so it leaves it out.
WITHOUT_NAME = {
    "Successfully deleted %(count)d %(items)s.",
    "%(count)s %(name)s was changed successfully.",
    "Delete selected %(verbose_name_plural)s",
    "Select all %(total_count)s %(module_name)s",
    "Please enter a correct %(username)s and password. Note that both fields may be case-sensitive.",
    "Please enter the correct %(username)s and password for a staff account. Note that both fields may be "
    "case-sensitive.",
}

every_catalogue = pytest.mark.parametrize(
    ("language", "domain"), [(language, domain) for language in ("sr", "sr_Latn") for domain in DOMAINS]
)


def catalogue(language, domain="django"):
    return polib.pofile(str(catalogue_path(language, domain)))


def messages(entries):
    return {
        (entry.msgctxt, entry.msgid, entry.msgid_plural): entry.msgstr_plural or entry.msgstr for entry in entries
    }


@every_catalogue
def test_catalogue_is_complete(language, domain):
    entries = catalogue(language, domain)
    assert [entry.msgid for entry in entries.untranslated_entries()] == []
    assert [entry.msgid for entry in entries.fuzzy_entries()] == []
    assert [entry.msgid for entry in entries.obsolete_entries()] == []


@every_catalogue
def test_placeholders_are_kept(language, domain):
    wrong = []
    for entry in catalogue(language, domain):
        wanted = sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        for text in entry.msgstr_plural.values() or [entry.msgstr]:
            kept = sorted(PLACEHOLDER.findall(text))
            if kept != wanted and not (entry.msgid in WITHOUT_NAME and {*kept} < {*wanted}):
                wrong.append((entry.msgid, text))
    assert wrong == []


def test_no_message_of_the_source_is_missing(tmp_path):
    if shutil.which("xgettext") is None:
        is_missing("xgettext is not installed (Debian's package gettext)")
    for folder in ("networks", "citynetworks", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        with_own_locale = {"LOCALE_PATHS": [tmp_path / "networks" / "locale"]}
        from django.test import override_settings

        with override_settings(**with_own_locale):
            call_command("makemessages", locale=["sr"], no_location=True, no_obsolete=True, verbosity=0)
    finally:
        os.chdir(here)
    fresh = polib.pofile(str(tmp_path / "networks" / "locale" / "sr" / "LC_MESSAGES" / "django.po"))
    assert messages(fresh).keys() == messages(catalogue("sr")).keys()


@pytest.mark.parametrize("domain", DOMAINS)
def test_latin_catalogue_is_what_the_cyrillic_one_gives(domain):
    derived = derive_latin(catalogue("sr", domain))
    assert messages(derived) == messages(catalogue("sr_Latn", domain))


@every_catalogue
def test_compiled_catalogue_is_fresh(language, domain):
    compiled = polib.mofile(str(catalogue_path(language, domain).with_suffix(".mo")))
    assert messages(compiled) == messages(catalogue(language, domain))


@pytest.mark.parametrize("domain", DOMAINS)
def test_latin_catalogue_has_no_cyrillic_letter(domain):
    for text in messages(catalogue("sr_Latn", domain)).values():
        for form in text.values() if isinstance(text, dict) else [text]:
            assert not is_cyrillic(form)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, "1 мрежа"),
        (2, "2 мреже"),
        (5, "5 мрежа"),
        (11, "11 мрежа"),
        (12, "12 мрежа"),
        (21, "21 мрежа"),
        (24, "24 мреже"),
        (0, "0 мрежа"),
    ],
)
def test_plural_forms(count, expected):
    with translation.override("sr"):
        text = translation.ngettext("%(count)s network", "%(count)s networks", count) % {"count": count}
    assert text == expected


def test_no_message_of_the_installed_apps_shows_in_the_wrong_script_or_in_english():
    """Django's own Serbian catalogues have gaps; what staff can meet must be filled by ours."""
    packages = [
        "django.conf",
        *(config.name for config in apps.get_app_configs() if config.name.startswith("django.")),
    ]
    missing = []
    for package in packages:
        folder = Path(importlib.util.find_spec(package).submodule_search_locations[0])
        source = folder / "locale" / "en" / "LC_MESSAGES" / "django.po"
        if not source.exists():
            continue
        for entry in polib.pofile(str(source)):
            with translation.override("sr-latn"):
                if is_cyrillic(translated(entry)):
                    missing.append((package, "in Cyrillic", entry.msgid))
            with translation.override("sr"):
                # Placeholders, marks and names such as IPv4 are the same in every language.
                if re.search("[a-z]{4}", PLACEHOLDER.sub("", translated(entry))) and not is_cyrillic(
                    translated(entry)
                ):
                    missing.append((package, "in English", entry.msgid))
    assert missing == []


def translated(entry):
    if entry.msgctxt and entry.msgid_plural:
        return translation.npgettext(entry.msgctxt, entry.msgid, entry.msgid_plural, 5)
    if entry.msgctxt:
        return translation.pgettext(entry.msgctxt, entry.msgid)
    if entry.msgid_plural:
        return translation.ngettext(entry.msgid, entry.msgid_plural, 5)
    return translation.gettext(entry.msgid)
