"""Filters for the templates of the public pages."""

import re
from urllib.parse import urlsplit

from django import template
from django.template import Context
from django.template.defaultfilters import stringfilter
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from networks.languages import ENGLISH
from networks.models import document_field
from networks.partial_dates import PartialDate
from networks.public.identifiers import dialled_number
from networks.reading import NetworkReading, Reader

register = template.Library()

register.filter(document_field.document_text)
register.filter(document_field.document_url)
register.filter(document_field.public_file)


@register.filter(is_safe=True)
@stringfilter
def one_line(text: str) -> str:
    """Return a text on one line, with single spaces, however the template has laid it out."""
    return re.sub(r"[ \t\n]+", " ", text).strip(" ")


@register.filter
def web_address(url: str) -> str:
    """Return a URL as people write it: alda-europe.eu for https://www.alda-europe.eu/."""
    parts = urlsplit(url)
    return parts.netloc.removeprefix("www.") + parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")


# What a page says where texts are shown in another language than the one of its URL
FALLBACK_NOTICES = {
    "text": (
        _("This text is not yet available in English."),
        _("This text is not yet available in this language."),
    ),
    "texts": (
        _("Some texts are not yet available in English."),
        _("Some texts are not yet available in this language."),
    ),
    "names": (
        _("Some names are not yet available in English."),
        _("Some names are not yet available in this language."),
    ),
}


@register.simple_tag
def fallback_notice(what: str) -> str:
    """Return that a text, some texts or some names are not translated, in the active language."""
    in_english, in_another = FALLBACK_NOTICES[what]
    return str(in_english if get_language() == ENGLISH else in_another)


@register.filter
def telephone_url(number: str) -> str:
    return f"tel:{dialled_number(number)}"


@register.filter
def in_script(text: str) -> str:
    """Return a text that is stored in Serbian only, such as a name in a log entry, in the script of the page."""
    return Reader().unmarked(text)


@register.filter
def year(date: str) -> str:
    """Return the year of a date in words: 2007. of 3. маја 2007., 2007 of 3 May 2007."""
    return date.rpartition(" ")[2]


@register.filter
def as_time(words: str, date: PartialDate) -> SafeString:
    """Return a date in words as a `time` element, in which the year is set apart from the day and the month."""
    before, _space, last = words.rpartition(" ")
    day_and_month = format_html("<span>{}</span> ", before) if before else ""
    return format_html('<time datetime="{}">{}<b>{}</b></time>', date.isoformat(), day_and_month, last)


@register.simple_tag(takes_context=True)
def fields(context: Context, names: str) -> str:
    """
    In the preview of a form, return an attribute that names the fields that the element shows, else nothing.

    static/networks/live_preview.js scrolls to the element of the field that is being written.
    """
    return format_html(' data-fields="{}"', names) if context.get("live") else ""


@register.inclusion_tag("networks/includes/fact.html", takes_context=True)
def fact(
    context: Context, label: str, value, *, names: str = "", url: str = "", date: PartialDate | None = None
) -> dict:
    """
    Show a row of a list of facts: a label and its value, or each of several values. Without a value, show nothing.

    `names` are those of the fields that the value is made of, `url` is what it links to, and `date` the date that it
    tells in words.
    """
    values = value if isinstance(value, list) else [value]
    return {
        "label": label,
        "values": [(each, getattr(each, "lang", "")) for each in values if each],
        "url": url,
        "date": date,
        "attributes": fields(context, names),
    }


# The largest logo on a page, as in the stylesheet: the width of the margin, and the height of a drawn mark
LOGO_WIDTH, LOGO_HEIGHT = 136, 88


@register.filter
def mark(network: NetworkReading) -> SafeString:
    """Return the logo of a network as HTML; else its acronym in a circle, or the initial of its name in a square."""
    if logo := network.row.logo:
        width, height = network.row.logo_width or LOGO_WIDTH, network.row.logo_height or LOGO_HEIGHT
        # The size in which it is shown, so that the layout does not shift when it loads. Lists show it smaller.
        scale = min(1, LOGO_WIDTH / width, LOGO_HEIGHT / height)
        return format_html(
            '<img class="mark" src="{}" alt="" width="{}" height="{}" loading="lazy">',
            logo.url,
            max(1, round(width * scale)),
            max(1, round(height * scale)),
        )
    length, is_acronym = len(network.mark), network.mark_is_acronym
    circle, square = '<circle cx="32" cy="32" r="31"/>', '<rect x="4" y="4" width="56" height="56"/>'
    return format_html(
        '<svg class="mark" viewBox="0 0 64 64" width="64" height="64" aria-hidden="true" focusable="false">'
        '{}<text x="32" y="32" dy=".35em" text-anchor="middle"{} font-size="{}">{}</text></svg>',
        SafeString(circle if is_acronym else square),
        mark_safe(' textLength="48" lengthAdjust="spacingAndGlyphs"') if length > 3 else "",
        38 if not is_acronym else 14 if length > 5 else 17 if length > 3 else 21,
        network.mark,
    )
