"""Rich text: the few marks a description may carry, and the field that lets nothing else into the database."""

import re
from html import unescape

import nh3
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.html import escape, strip_tags
from django.utils.translation import gettext_lazy as _

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a"}
# nh3 allows lang and title on every element unless it is told otherwise.
ATTRIBUTES = {"a": {"href", "title"}, "*": set()}
ADDRESS_SCHEMES = {"http", "https", "mailto", "tel"}

# What other editors and word processors write: other names for the same marks, and blocks that part words.
BLOCKS = """
    address article aside blockquote caption dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6
    header hr main nav pre section table tbody td tfoot th thead tr
"""
SYNONYMS = {"b": "strong", "i": "em"} | dict.fromkeys(BLOCKS.split(), "p")
TAG_NAME = re.compile(r"(</?)([a-z][a-z0-9]*)(?=[\s/>])", re.IGNORECASE)
BLOCK = re.compile(r"</?(?:p|ul|ol|li)\b", re.IGNORECASE)
TOKEN = re.compile(r"""<(/?)([a-z]+)(?:"[^"]*"|[^">])*>|[^<]+""")
LINK = re.compile(r"<a\b([^>]*)>", re.IGNORECASE)
HREF = re.compile(r"""\bhref\s*=\s*["']?(?P<address>[^"'>]*)""", re.IGNORECASE)
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
LINK_TO_NOWHERE = re.compile(r'<a(?: title="[^"]*")?(?: href="\s*")?(?: title="[^"]*")?>(.*?)</a>', re.DOTALL)
EMPTY_ELEMENT = re.compile(r"<(p|strong|em|a|ul|ol|li)(?:\s[^>]*)?>(?:\s|&nbsp;|<br>)*</\1>")
EMPTY_LINE = re.compile(r"\n\s*\n")


def validate_links(html: str) -> None:
    """Raise ValidationError where a link leads nowhere, or to an address that `clean_rich_text` would drop."""
    for attributes in LINK.findall(html):
        address = unescape((HREF.search(attributes) or {"address": ""})["address"]).strip()
        scheme = SCHEME.match(address)
        if not address or (scheme and scheme[1].lower() not in ADDRESS_SCHEMES):
            raise ValidationError(
                _("A link has no address that it can lead to. Enter one that begins with https:// or mailto:."),
                code="link",
            )


def clean_rich_text(html: str) -> str:
    """
    Return the HTML with paragraphs, emphasis, lists and links only; an empty string where no text is left.

    Scripts, styles and their content go; of other elements the text stays, blocks as paragraphs. Text without
    any block becomes paragraphs, split at empty lines. What is clean already stays as it is.
    """
    html = TAG_NAME.sub(lambda tag: tag[1] + SYNONYMS.get(tag[2].lower(), tag[2]), html)
    if not BLOCK.search(html):
        html = "".join(f"<p>{part.strip()}</p>" for part in EMPTY_LINE.split(html))
    for _attempt in range(5):
        before, html = html, tidy(html)
        if html == before:
            return html
    # Marks that cross each other in ever new ways: the words are worth more than their marks.
    return "".join(f"<p>{escape(line.strip())}</p>" for line in plain_text(html).splitlines() if line.strip())


def tidy(html: str) -> str:
    """Return sanitised HTML in which all text stands in a paragraph or a list, and no element is empty."""
    html = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=ADDRESS_SCHEMES, link_rel=None)
    html = LINK_TO_NOWHERE.sub(r"\1", html)
    blocks, loose, depth = [], [], 0

    def end_loose_text():
        if "".join(loose).strip():
            blocks.append(f"<p>{''.join(loose).strip()}</p>")
        loose.clear()

    for token in TOKEN.finditer(html):
        closes, name = token[1], token[2]
        if name in ("p", "ul", "ol"):
            if depth == 0:
                end_loose_text()
            depth += -1 if closes else 1
            blocks.append(token[0])
        elif depth > 0:
            blocks.append(token[0])
        elif name == "li":  # an item that stands in no list
            end_loose_text()
        else:
            loose.append(token[0])
    end_loose_text()
    html, before = "".join(blocks), None
    while html != before:
        before, html = html, EMPTY_ELEMENT.sub("", html)
    return html


def plain_text(html: str) -> str:
    """Return the words of rich text: a paragraph, an item of a list or a broken line begins a new line."""
    return unescape(strip_tags(re.sub(r"</?(?:p|ul|ol|li|br)>", "\n", html))).strip()


class RichTextField(models.TextField):
    """Text with a few marks, sanitised whenever it goes to the database, whoever writes it."""

    default_validators = [validate_links]

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return clean_rich_text(value) if value else value
