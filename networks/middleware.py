"""The language of a request, decided by its address alone, and the addresses that lead there."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils import translation
from django.utils.encoding import escape_uri_path
from django.utils.http import escape_leading_slashes

from networks.languages import ENGLISH, SERBIAN, SERBIAN_LATIN, language_of_path, language_tag, prefix

# First segments of an address that mean a language, in lower case, beside the ones the site itself uses.
OTHER_SPELLINGS = {
    "sr": SERBIAN,
    "sr-cyrl": SERBIAN,
    "sr_cyrl": SERBIAN,
    "sr-latn": SERBIAN_LATIN,
    "sr_latn": SERBIAN_LATIN,
    "en": ENGLISH,
}

# The old site chose the script by a parameter: lat or cir.
SCRIPTS = {"lat": SERBIAN_LATIN, "cir": SERBIAN}
SCRIPT_PARAMETER = re.compile(r"(?:^|&)pismo=(lat|cir)(?=&|$)", re.IGNORECASE)


class AddressLanguageMiddleware:
    """
    Activate the language that the address names, and send other spellings of it to the one right address.

    Django's LocaleMiddleware also asks a cookie and Accept-Language, and so makes every response vary by them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of_path(request.path_info)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        target = canonical_address(request.path_info, query_string(request))
        if target is not None and request.method in ("GET", "HEAD"):
            return HttpResponsePermanentRedirect(escape_leading_slashes(target))
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language_tag(language))
        return response


def query_string(request: HttpRequest) -> str:
    """Return the query as it was sent. WSGI hands over its bytes as if they were Latin-1 (PEP 3333)."""
    return request.META.get("QUERY_STRING", "").encode("latin-1").decode("utf-8", "replace")


def canonical_address(path: str, query: str) -> str | None:
    """
    Return where an address with another spelling of its language leads, or None where it is right as it is.

    `path` is decoded and begins with a slash, `query` is as it stands in the address. Other parameters stay.
    An English address keeps its language whatever script is asked for: the script is a matter of Serbian.
    """
    language = language_of_path(path)
    rest = path.removeprefix(prefix(language).rstrip("/")).removeprefix("/")
    while (spelled := OTHER_SPELLINGS.get(rest.partition("/")[0].lower())) and language == settings.LANGUAGE_CODE:
        language = spelled
        rest = rest.partition("/")[2]
    remaining_query = query
    is_file = "." in path.rpartition("/")[2]  # robots.txt and its like stand once, for all languages
    if (match := SCRIPT_PARAMETER.search(query)) and not is_file:
        if language != ENGLISH:
            language = SCRIPTS[match[1].lower()]
        remaining_query = SCRIPT_PARAMETER.sub("", query).removeprefix("&")
    target = prefix(language) + rest
    if target in (path, f"{path}/") and remaining_query == query:
        # Right as it is, or only the slash at its end is missing: Django adds that.
        return None
    return escape_uri_path(target) + (f"?{remaining_query}" if remaining_query else "")
