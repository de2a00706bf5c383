"""
The languages of the site: which there are, their tags in markup, and their URLs.

`LANGUAGES` in the settings are the forms that a reader can choose. Serbian is the source, and the others are
translations; Serbian Latin is rendered from the Cyrillic. `SITE_LANGUAGES` has the retired languages too: those in
`MODELTRANSLATION_LANGUAGES` still have their columns, but nobody is offered them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.db.models import Model
from django.urls import get_script_prefix, reverse
from django.utils.encoding import escape_uri_path
from django.utils.translation import override

SERBIAN = "sr"
SERBIAN_LATIN = "sr-latn"
ENGLISH = "en"

# The names of the scripts of Serbian in the language switch, each in itself, so neither is translated
SCRIPT_NAMES = {SERBIAN: "Ћирилица", SERBIAN_LATIN: "Latinica"}

# First segments of a path that mean Serbian, in lower case, beside those that the site itself uses
SERBIAN_SPELLINGS = {
    "sr": SERBIAN,
    "sr-cyrl": SERBIAN,
    "sr_cyrl": SERBIAN,
    "sr-latn": SERBIAN_LATIN,
    "sr_latn": SERBIAN_LATIN,
}

# Letters in the order of the alphabets of languages that do not sort as a to z do. Those that share a place are one
# letter to the order, until nothing else tells two words apart.
ALPHABETS = {
    # A magyar helyesírás szabályai, 12th edition, rules 14 and 16: the long vowels are sorted as the short ones.
    "hu": "a=á b c cs d dz dzs e=é f g gy h i=í j k l ly m n ny o=ó ö=ő p q r s sz t ty u=ú ü=ű v w x y z zs",
}

# A former site of the city chose the script by a query parameter: lat or cir.
SCRIPTS = {"lat": SERBIAN_LATIN, "cir": SERBIAN}
SCRIPT_PARAMETER = re.compile(r"(?:^|&)pismo=(lat|cir)(?=&|$)", re.IGNORECASE)


def language_codes() -> list[str]:
    """Return the codes of all forms a reader can choose, in the order in which they are shown."""
    return [code for code, _name in settings.LANGUAGES]


def language_tag(code: str) -> str:
    """Return the BCP 47 tag of a language code: sr-Cyrl for sr, sr-Latn for sr-latn, pt-BR for pt-br."""
    if code == SERBIAN:
        return "sr-Cyrl"
    language, *subtags = code.lower().split("-")
    # RFC 5646, section 2.1.1: four letters are a script, two a region.
    return "-".join([language, *(tag.title() if len(tag) == 4 else tag.upper() for tag in subtags)])


def switch_name(code: str) -> str:
    """Return the name of a form in the language switch, in its own language and script: Ћирилица, Magyar."""
    name = SCRIPT_NAMES.get(code) or LANG_INFO.get(code, {}).get("name_local", code)
    return name[:1].upper() + name[1:]


def stored_languages() -> list[str]:
    """Return the languages that texts are written in, the source first: sr, en."""
    return [code for code in language_codes() if code in settings.MODELTRANSLATION_LANGUAGES]


def translation_languages() -> list[str]:
    """Return the languages that the Serbian is translated into."""
    return [code for code in stored_languages() if code != SERBIAN]


def languages_read(code: str) -> tuple[str, ...]:
    """
    Return the stored languages whose texts a reader gets, the best first: hu, en, sr for Hungarian.

    Who reads English gets Serbian where there is no English, and who reads Serbian nothing else.
    """
    stored = stored_language(code)
    offered = stored_languages()
    between = (ENGLISH,) if stored not in (SERBIAN, ENGLISH) and ENGLISH in offered else ()
    return (SERBIAN,) if stored == SERBIAN else (stored, *between, SERBIAN)


def language_of_column(name: str) -> str:
    """Return the language of a column such as name_en; empty for a field that is not translated."""
    language = name.rpartition("_")[2]
    return language if language in settings.MODELTRANSLATION_LANGUAGES and language != name else ""


def stored_language(code: str) -> str:
    """Return the language whose columns a form is read from: sr for both Serbian scripts."""
    return SERBIAN if code == SERBIAN_LATIN else code


def columns_of(field: str) -> tuple[str, ...]:
    """Return the columns of a translated field, one for each stored language: name_sr, name_en."""
    return tuple(f"{field}_{language}" for language in stored_languages())


def displayed_text(instance: Model, field: str, language: str) -> tuple[str, str]:
    """
    Return a translated field in the best of the `languages_read`, and the language whose column it was read from.

    The text is as it is stored: in Cyrillic for both Serbian scripts. Empty where there is none of them.
    """
    return best_text(field, language, lambda column: getattr(instance, column))


def best_text(field: str, language: str, text_of: Callable[[str], str | None]) -> tuple[str, str]:
    """Return the text of the best of the `languages_read`, as `text_of` gives it for a column, and its language."""
    for stored in languages_read(language):
        if text := text_of(f"{field}_{stored}"):
            return text, stored
    return "", SERBIAN


def language_prefix(code: str) -> str:
    """Return the prefix of the paths of a language: / for the default language, /en/ for English."""
    return "/" if code == settings.LANGUAGE_CODE else f"/{code}/"


def language_of_path(path: str) -> str:
    """Return the language of a path: the one that its first segment names, else the default."""
    segment = path.removeprefix("/").partition("/")[0]
    return segment if segment in language_codes() and segment != settings.LANGUAGE_CODE else settings.LANGUAGE_CODE


def without_language(path: str) -> str:
    """Return a path in the default language: /admin/ for /en/admin/."""
    return f"/{path.removeprefix(language_prefix(language_of_path(path)))}"


def canonical_url(path: str, query: str) -> str | None:
    """
    Return the URL to redirect to where the language of a URL is spelled in another way, or None.

    `path` is decoded and begins with a slash, `query` is encoded. Other parameters stay.
    """
    language = language_of_path(path)
    rest = path.removeprefix(language_prefix(language).rstrip("/")).removeprefix("/")
    while (spelled := spelled_language(rest.partition("/")[0])) and language == settings.LANGUAGE_CODE:
        language = spelled
        rest = rest.partition("/")[2]
    is_file = "." in path.rpartition("/")[2]  # files such as robots.txt have one URL for all languages
    remaining_query, language = (query, language) if is_file else without_script(query, language)
    target = language_prefix(language) + rest
    if target in (path, f"{path}/") and remaining_query == query:
        # Canonical, or only without the slash at the end, which Django adds
        return None
    return escape_uri_path(target) + (f"?{remaining_query}" if remaining_query else "")


def spelled_language(segment: str) -> str | None:
    """Return the language that the first segment of a path means, also a retired one, whose URLs are Serbian now."""
    segment = segment.lower()
    if segment in SERBIAN_SPELLINGS or segment not in settings.SITE_LANGUAGES:
        return SERBIAN_SPELLINGS.get(segment)
    return segment if segment in language_codes() else SERBIAN


def without_script(query: str, language: str) -> tuple[str, str]:
    """
    Return a query without the parameter for the script, and the language in that script.

    A page in another language stays in it, whatever the parameter says.
    """
    match = SCRIPT_PARAMETER.search(query)
    if match and stored_language(language) == SERBIAN:
        language = SCRIPTS[match[1].lower()]
    return SCRIPT_PARAMETER.sub("", query).removeprefix("&") if match else query, language


def reverse_in(code: str | None, name: str, *args, **kwargs) -> str:
    """Return the path of a named route in the given language, whichever language is active."""
    parameters = tuple(kwargs.items())
    # The arguments may come from a request, so only short ones are cached.
    is_short = sum(len(str(each)) for each in (*args, *kwargs.values())) <= LONGEST_KEPT
    return (_reverse_in if is_short else _reverse_in.__wrapped__)(get_script_prefix(), code, name, args, parameters)


LONGEST_KEPT = 100  # characters


def slug_url(code: str, name: str, slug: str) -> str:
    """Return what `reverse_in` does for a route whose only argument is a slug; faster where there are thousands."""
    before, after = _around_slug(get_script_prefix(), code, name)
    return f"{before}{slug}{after}"


@lru_cache
def _around_slug(script_prefix: str, code: str, name: str) -> tuple[str, str]:
    before, _slug, after = _reverse_in.__wrapped__(script_prefix, code, name, ("a-slug",), ()).rpartition("a-slug")
    return before, after


@lru_cache(maxsize=4096)  # reversing takes as long as twenty template nodes
def _reverse_in(script_prefix, code, name, args, kwargs):
    with override(code):
        return reverse(name, args=args, kwargs=dict(kwargs))


@dataclass(frozen=True)
class LanguageLink:
    """An entry of the language switch; `url` is empty where the page is not available in the language."""

    tag: str
    name: str
    url: str
    is_current: bool


def language_links(current: str, urls: Mapping[str, str]) -> list[LanguageLink]:
    """Return the language switch of a page. `urls` are by language code; a language without one is disabled."""
    return [
        LanguageLink(language_tag(code), switch_name(code), urls.get(code, ""), code == current)
        for code in language_codes()
    ]
