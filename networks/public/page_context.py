"""What every public page shows around its own content: city, languages, plain pages, canonical address."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citynetworks.security_contact import mailto_uri
from networks.languages import address, codes, language_links, language_tag
from networks.models import CityProfile, Page
from networks.reading import NetworkReading, ProfileReading, Reader, RowReading

# What stands in the navigation of every page: the route, and its name
SECTIONS = {
    "public:index": gettext_lazy("Networks"),
    "public:timeline": gettext_lazy("Timeline"),
    "public:changes": gettext_lazy("Changes"),
    "public:open_data": gettext_lazy("Open data"),
}


def render_page(
    request: HttpRequest,
    template: str,
    context: dict | None = None,
    *,
    subject: RowReading | None = None,
    query: str = "",
    canonical_query: str = "",
    changed_at=None,
    status: int = 200,
) -> HttpResponse:
    """
    Render a public page in the language of its address.

    `subject` is the row the page is about, and decides in which languages the page is offered; `query` is what
    the language switch keeps of the query, and `canonical_query` what makes the page one of its own, such as a
    later page of a list; `changed_at` is the moment of the last change of what is shown, where that is not the
    subject's.
    """
    reader = Reader()
    profile = reader.profile(CityProfile.objects.current())
    is_preview = bool((context or {}).get("preview"))
    # Before a page is published, it is looked at in each form: also in one in which it would not be offered.
    languages = [code for code in codes() if subject is None or is_preview or subject.is_available_in(code)]
    # Of an address that leads nowhere there is nothing in another language either, so the list is offered.
    addresses = {
        code: same_page(request, code) if status != 404 else address(code, "public:index") for code in codes()
    }
    is_available = reader.language in languages
    canonical_urls = {
        code: request.build_absolute_uri(f"{path}{canonical_query}") for code, path in addresses.items()
    }
    if changed_at is None and subject is not None:
        changed_at = subject.changed_at
    page_url = request.build_absolute_uri(f"{addresses[reader.language]}{query}")
    page_context = {
        "language": reader.language,
        "language_tag": language_tag(reader.language),
        "home_url": address(reader.language, "public:index"),
        "profile": profile,
        "pages": [reader.page(page) for page in Page.objects.published()],
        "language_links": language_links(reader.language, {code: f"{addresses[code]}{query}" for code in languages}),
        "canonical_url": canonical_urls[reader.language if is_available else settings.LANGUAGE_CODE],
        "navigation": [
            (name, address(reader.language, route), route == getattr(request.resolver_match, "view_name", None))
            for route, name in SECTIONS.items()
        ],
        "page_url": page_url,
        # The address of a preview is a key to it, and no matter for a letter.
        "report_url": "" if is_preview else report_url(profile, subject, page_url),
        "alternates": [
            (tag, canonical_urls[code])
            for code, tag in [
                *((code, language_tag(code)) for code in languages),
                (settings.LANGUAGE_CODE, "x-default"),
            ]
        ]
        # A page that is not written in its language is no member of the group, so it names none of the others.
        if is_available and status == 200 and not is_preview
        else [],
        "changed_on": reader.date(changed_at),
        "feed_url": request.build_absolute_uri(address(reader.language, "public:feed")),
    }
    response = render(request, template, page_context | (context or {}), status=status)
    response.own_query = query  # under which the page store keeps it
    return response


def same_page(request: HttpRequest, language: str) -> str:
    """Return the path of the requested page in another language."""
    match = request.resolver_match
    return address(language, match.view_name, *match.args, **match.kwargs)


def report_url(profile: ProfileReading, subject: RowReading | None, page_url: str) -> str:
    """
    Return where somebody writes who has found a mistake: a letter in which page and network are filled in.

    It goes to whoever looks after the network, else to the city. Where neither has an e-mail address, this is the
    city's own website; empty where nothing is known.
    """
    is_network = isinstance(subject, NetworkReading)
    email = (subject.row.contact_email if is_network else "") or profile.row.email
    if not email:
        return profile.row.website
    lines = [_("Page: {url}").format(url=page_url)]
    if is_network:
        lines.append(_("Network: {name}").format(name=subject.name))
    lines += ["", _("What is wrong, and what would be right:"), ""]
    title = subject.name if is_network else profile.site_title
    # RFC 6068: a space is %20 and a new line %0D%0A.
    query = urlencode({"subject": _("Mistake: {title}").format(title=title), "body": "\r\n".join(lines)})
    return f"{mailto_uri(email)}?{query.replace('+', '%20')}"
