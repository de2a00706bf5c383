"""
The languages of the site: what they are called in markup, and the address each stands at.

`LANGUAGES` in the settings names the forms a reader can choose. Those in `MODELTRANSLATION_LANGUAGES` are
stored; Serbian Latin is rendered from the Cyrillic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.urls import get_script_prefix, reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

SERBIAN = "sr"
SERBIAN_LATIN = "sr-latn"
ENGLISH = "en"

# What readers see in the language switch. Each name stands in its own language and script, so none is translated.
OWN_NAMES = {SERBIAN: "Ћирилица", SERBIAN_LATIN: "Latinica", ENGLISH: "English"}

NAMES_IN_LABELS = {SERBIAN: _("in Serbian"), ENGLISH: _("in English")}


def codes() -> list[str]:
    """Return the codes of all forms a reader can choose, in the order in which they are shown."""
    return [code for code, _name in settings.LANGUAGES]


def language_tag(code: str) -> str:
    """Return the BCP 47 tag of a language code: sr-Cyrl for sr, sr-Latn for sr-latn, pt-BR for pt-br."""
    if code == SERBIAN:
        return "sr-Cyrl"
    language, *subtags = code.lower().split("-")
    # RFC 5646, section 2.1.1: four letters are a script, two a region.
    return "-".join([language, *(tag.title() if len(tag) == 4 else tag.upper() for tag in subtags)])


def stored_language(code: str) -> str:
    """Return the language whose columns a form is read from: sr for both Serbian scripts."""
    return SERBIAN if code == SERBIAN_LATIN else code


def prefix(code: str) -> str:
    """Return how the addresses of a language begin: / for the default language, else /en/."""
    return "/" if code == settings.LANGUAGE_CODE else f"/{code}/"


def language_of_path(path: str) -> str:
    """Return the language that an address stands in: the one its first segment names, else the default."""
    segment = path.removeprefix("/").partition("/")[0]
    return segment if segment in codes() and segment != settings.LANGUAGE_CODE else settings.LANGUAGE_CODE


def without_language(path: str) -> str:
    """Return the address of a page in the default language: /admin/ for /en/admin/."""
    return f"/{path.removeprefix(prefix(language_of_path(path)))}"


def address(code: str | None, name: str, *args, **kwargs) -> str:
    """Return the path of a named route in the given language, whichever language is active."""
    parameters = tuple(kwargs.items())
    # What a request asked for may stand in them, and is kept only where it is short.
    is_short = sum(len(str(each)) for each in (*args, *kwargs.values())) <= LONGEST_KEPT
    return (_address if is_short else _address.__wrapped__)(get_script_prefix(), code, name, args, parameters)


LONGEST_KEPT = 100  # characters


@lru_cache(maxsize=4096)  # to make one takes as long as twenty nodes of a template
def _address(script_prefix, code, name, args, kwargs):
    with override(code):
        return reverse(name, args=args, kwargs=dict(kwargs))


@dataclass(frozen=True)
class LanguageLink:
    """A form that somebody can choose; without `url` where the page is not written in it."""

    tag: str
    name: str
    url: str
    is_current: bool


def language_links(current: str, urls: Mapping[str, str]) -> list[LanguageLink]:
    """Return the switch of a page: each form in its own words, with what `urls` holds for its code."""
    return [
        LanguageLink(language_tag(code), OWN_NAMES.get(code, code), urls.get(code, ""), code == current)
        for code in codes()
    ]


def localized_verbose_name(verbose_name: str, language: str) -> Promise:
    """Return the label of a translated column, such as 'name (in English)'. The settings hand this over."""
    return format_lazy("{} ({})", verbose_name, NAMES_IN_LABELS.get(language, language))
