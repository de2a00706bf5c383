"""Gettext catalogues: derive the Serbian Latin ones from the Cyrillic ones, and compile all."""

from pathlib import Path

import polib
from django.conf import settings

from networks.serbian import to_latin

DOMAINS = ("django", "djangojs")


def catalogue_path(language: str, domain: str) -> Path:
    """Return the path of a catalogue; `language` is a locale name ("sr" or "sr_Latn"), `domain` one of DOMAINS."""
    return Path(settings.LOCALE_PATHS[0], language, "LC_MESSAGES", f"{domain}.po")


def derive_latin(serbian: polib.POFile) -> polib.POFile:
    """Return the catalogue with each translation in Latin script."""
    latin = polib.POFile(wrapwidth=110)
    latin.header = "Derived from the Cyrillic catalogue by manage.py make_latin. Change that one, not this."
    latin.metadata = {**serbian.metadata, "Language": "sr_Latn"}
    for entry in serbian:
        if entry.obsolete:
            continue
        latin.append(
            polib.POEntry(
                msgctxt=entry.msgctxt,
                msgid=entry.msgid,
                msgid_plural=entry.msgid_plural,
                msgstr=to_latin(entry.msgstr),
                msgstr_plural={number: to_latin(text) for number, text in entry.msgstr_plural.items()},
                flags=entry.flags,
            )
        )
    return latin


def write_catalogues() -> None:
    """Write the Latin catalogues and compile all. The same input gives the same bytes."""
    for domain in DOMAINS:
        serbian = polib.pofile(str(catalogue_path("sr", domain)))
        latin = derive_latin(serbian)
        for language, catalogue in (("sr", serbian), ("sr_Latn", latin)):
            path = catalogue_path(language, domain)
            path.parent.mkdir(parents=True, exist_ok=True)
            if catalogue is latin:
                catalogue.save(str(path))
            catalogue.save_as_mofile(str(path.with_suffix(".mo")))
