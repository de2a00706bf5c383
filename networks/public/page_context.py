"""The template variables of every public page: city, languages, navigation, canonical URL."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from citynetworks.security_contact import mailto_uri
from networks.languages import (
    ENGLISH,
    LanguageLink,
    language_codes,
    language_links,
    language_tag,
    reverse_in,
    switch_name,
)
from networks.models import CityProfile, Page
from networks.reading import NetworkReading, PageReading, ProfileReading, Reader, RowReading

# The navigation of every page: URL names, and labels that stand in one row on a phone
SECTIONS = {
    "public:index": gettext_lazy("Networks"),
    "public:timeline": pgettext_lazy("navigation", "Timeline"),
    "public:map": gettext_lazy("Map"),
    "public:changes": gettext_lazy("Changes"),
    "public:open_data": pgettext_lazy("navigation", "Data"),
}

# What templates read of a PageContext
TEMPLATE_VARIABLES = (
    *("language", "language_tag", "profile", "pages", "navigation", "language_links", "alternates"),
    *("home_url", "feed_url", "page_url", "canonical_url", "report_url", "ask_url", "changed_on"),
)


@dataclass(frozen=True)
class PageContext:
    """
    What a public page shows around its content, in the language of its URL.

    `subject` is the row that the page is about; it decides in which languages the page is offered. `query` begins
    with "?" and is what language links keep. `canonical_query` is the part of it that makes a page of its own, such
    as the second page of a list; usually it is all of it. `changed_at` defaults to the subject's.
    """

    request: HttpRequest
    subject: RowReading | None = None
    query: str = ""
    canonical_query: str | None = None
    changed_at: datetime | None = None
    is_preview: bool = False
    status: int = 200

    @cached_property
    def reader(self) -> Reader:
        return Reader()

    @property
    def language(self) -> str:
        return self.reader.language

    @property
    def language_tag(self) -> str:
        return language_tag(self.language)

    @cached_property
    def profile(self) -> ProfileReading:
        return self.reader.profile(CityProfile.objects.current())

    @property
    def pages(self) -> list[PageReading]:
        return [self.reader.page(page) for page in Page.objects.published()]

    @property
    def navigation(self) -> list[tuple[str, str, bool]]:
        """Return (label, URL, is current) for each section."""
        current = getattr(self.request.resolver_match, "view_name", None)
        return [(label, reverse_in(self.language, name), name == current) for name, label in SECTIONS.items()]

    @cached_property
    def languages(self) -> list[str]:
        """The codes of the languages in which the page is offered; of a preview, all of them."""
        is_in_all = self.subject is None or self.is_preview
        return [code for code in language_codes() if is_in_all or self.subject.is_available_in(code)]

    @cached_property
    def paths(self) -> dict[str, str]:
        """The path of the page by language code; a missing page leads to the list instead."""
        if self.status == 404:
            return {code: reverse_in(code, "public:index") for code in language_codes()}
        match = self.request.resolver_match
        return {code: reverse_in(code, match.view_name, *match.args, **match.kwargs) for code in language_codes()}

    @property
    def language_links(self) -> list[LanguageLink]:
        return language_links(self.language, {code: f"{self.paths[code]}{self.query}" for code in self.languages})

    @property
    def canonical_url(self) -> str:
        return self.canonical_url_in(self.language if self.language in self.languages else settings.LANGUAGE_CODE)

    @property
    def alternates(self) -> list[tuple[str, str]]:
        """Return (hreflang, URL) of the page in each language; empty where this URL is none of them."""
        if self.language not in self.languages or self.status != 200 or self.is_preview:
            return []
        links = [(language_tag(code), self.canonical_url_in(code)) for code in self.languages]
        return [*links, ("x-default", self.canonical_url_in(settings.LANGUAGE_CODE))]

    @property
    def home_url(self) -> str:
        return reverse_in(self.language, "public:index")

    @property
    def feed_url(self) -> str:
        return self.request.build_absolute_uri(reverse_in(self.language, "public:feed"))

    @property
    def page_url(self) -> str:
        return self.request.build_absolute_uri(f"{self.paths[self.language]}{self.query}")

    @property
    def report_url(self) -> str:
        # Anyone with the URL of a preview can read it, so it does not go into an e-mail.
        return "" if self.is_preview else report_url(self.profile, self.subject, self.page_url)

    @property
    def ask_url(self) -> str:
        """Where to ask for what is not written in the language of the page."""
        if self.is_preview:
            return ""
        lines = [_("Page: {url}").format(url=self.page_url), "", ""]
        subject = _("In English: {title}") if self.language == ENGLISH else f"{switch_name(self.language)}: {{title}}"
        return letter_url(self.profile, self.subject, subject, lines)

    @property
    def changed_on(self) -> str:
        return self.reader.date(self.changed_at or getattr(self.subject, "changed_at", None))

    def canonical_url_in(self, language: str) -> str:
        query = self.query if self.canonical_query is None else self.canonical_query
        return self.request.build_absolute_uri(f"{self.paths[language]}{query}")


def render_page(page: PageContext, template: str, context: dict) -> HttpResponse:
    """Render a public page; `context` holds the variables of its own template."""
    shared = {name: getattr(page, name) for name in TEMPLATE_VARIABLES}
    response = render(page.request, template, shared | context, status=page.status)
    response.own_query = page.query  # the page store caches the page under it
    return response


def report_url(profile: ProfileReading, subject: RowReading | None, page_url: str) -> str:
    """Return the link for reporting a mistake, of `letter_url`: its letter names page and network."""
    lines = [_("Page: {url}").format(url=page_url)]
    if isinstance(subject, NetworkReading):
        lines.append(_("Network: {name}").format(name=subject.name))
    lines += ["", _("What is wrong, and what would be right:"), ""]
    return letter_url(profile, subject, _("Mistake: {title}"), lines)


def letter_url(profile: ProfileReading, subject: RowReading | None, heading: str, lines: list[str]) -> str:
    """
    Return the link for writing to the city: a mailto: URL with a subject and the lines of a body.

    `heading` is the subject, with a place for the title of the page. The recipient is the contact of the network,
    else the city. If neither has an e-mail address, return the city's website, or an empty string.
    """
    is_network = isinstance(subject, NetworkReading)
    email = (subject.row.contact_email if is_network else "") or profile.row.email
    if not email:
        return profile.row.website
    title = subject.name if is_network else profile.site_title
    # RFC 6068: a space is %20 and a new line %0D%0A.
    query = urlencode({"subject": heading.format(title=title), "body": "\r\n".join(lines)})
    return f"{mailto_uri(email)}?{query.replace('+', '%20')}"
