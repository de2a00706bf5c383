"""Rich text: sanitising HTML to a few elements, and the model field that stores nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

import nh3
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# No field takes a longer text: see the MaxLengthValidator of each.
LONGEST_TEXT = 40_000  # characters

BLOCK_TAGS = {"p", "ul", "ol", "li"}
MARK_TAGS = {"strong", "em", "a"}
TAGS = {*BLOCK_TAGS, *MARK_TAGS, "br"}
# nh3 allows lang and title on every element unless it is told otherwise.
ATTRIBUTES = {"a": {"href", "title"}, "*": set()}
ADDRESS_SCHEMES = {"http", "https", "mailto", "tel"}

# How many lists, and how many marks, may be nested. Deeper markup is dropped; its text stays.
DEEPEST = 30
# A mark across several blocks is repeated in each, until the repetitions take so many characters.
MOST_REPEATED = 40_000

# What other editors and word processors write: synonyms of the same marks, and elements that separate words.
BLOCKS = """
    address article aside blockquote caption dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6
    header hr main nav pre section table tbody td tfoot th thead tr
"""
SYNONYMS = {"b": "strong", "i": "em"} | dict.fromkeys(BLOCKS.split(), "p")

# HTML split into tokens as browsers do, except that a tag or comment which never ends is text, with all that follows.
# The quantifiers are possessive (++) and each text is split once, so the time is linear.
ATTRIBUTES_PATTERN = r"""(?: = [ \t\n\r\f]*+ (?: "[^"]*+" | '[^']*+' | (?!["']) ) | [^>=] )*+"""
TOKEN = re.compile(
    rf"""
    <!-- (?: -?> | .*?--!?> )
    | <(?P<opaque>script|style)(?=[\s/>]) {ATTRIBUTES_PATTERN}> .*? (?: (?=</(?P=opaque)[\s/>]) | \Z )
    | <(?P<end>/?)(?P<name>[a-z][^\s/>]*+) (?P<attributes>{ATTRIBUTES_PATTERN})>
    | <(?!!--)[!?/] [^>]*+>
    | (?P<text> [^<]++ | <(?=[a-z!?/]).*+ | < )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.ASCII,
)
ATTRIBUTE = re.compile(
    r"""([^\s/>=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"'][^\s>]*+)))?""", re.IGNORECASE | re.ASCII
)
# Python refuses to parse longer numbers.
LONG_REFERENCE = re.compile(r"&#(?:[0-9]{8,}|x[0-9a-f]{8,});?", re.IGNORECASE)
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*+):", re.IGNORECASE)
# A URL or an e-mail address as people write it, without a scheme
HOST = r"(?:[\w-]++\.)++[^\W\d_][\w-]++"
BARE_PAGE = re.compile(rf"{HOST}(?::[0-9]++)?(?:[/?#].*+)?", re.DOTALL)
BARE_MAILBOX = re.compile(rf"[^\s@:/?#]++@{HOST}(?:\?.*+)?", re.DOTALL)
# Prefixes of links within this site, or within the page
ON_THIS_SITE = ("/", "?", "#")
EMPTY_LINE = re.compile(r"\n\s*\n")

# What XML, and so feeds and spreadsheets, cannot hold. Nobody types such characters; they come from other programs.
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def unescape_html(text: str) -> str:
    """Return a piece of HTML without tags as text."""
    return unescape(LONG_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def escape_html(text: str) -> str:
    """Return text as HTML, escaped as nh3 does."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\xa0", "&nbsp;")


def escape_attribute(text: str) -> str:
    """Return the value of an attribute as HTML, escaped as nh3 does."""
    return escape_html(text).replace('"', "&quot;")


def start_tag(name: str, attributes: Mapping[str, str]) -> str:
    written = "".join(f' {key}="{escape_attribute(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>"


def tag_name(token: re.Match[str]) -> str:
    """Return the name of a tag, of synonyms the one that is stored; empty for a token that is no tag."""
    name = (token["name"] or "").lower()
    return SYNONYMS.get(name, name)


def link_attributes(token: re.Match[str]) -> dict[str, str]:
    """Return the allowed attributes of a link, in their order."""
    attributes: dict[str, str] = {}
    for name, *values in ATTRIBUTE.findall(token["attributes"]):
        if name.lower() in ATTRIBUTES["a"]:
            attributes.setdefault(name.lower(), unescape_html("".join(values)))
    return attributes


def url_with_scheme(address: str) -> str:
    """
    Return the URL of a link with its scheme: https://www.example.org for www.example.org.

    Without a scheme, a browser would resolve it as a path below the page that it is on.
    """
    bare = address.strip()
    if BARE_PAGE.fullmatch(bare):
        return f"https://{bare}"
    if BARE_MAILBOX.fullmatch(bare):
        return f"mailto:{bare}"
    return address


def validate_links(html: str) -> None:
    """
    Raise ValidationError for a link without a URL, or with one that `clean_rich_text` would drop.

    A path must begin with a slash, because the text is shown on pages at several paths.
    """
    if len(html) > LONGEST_TEXT:  # which is refused for its length
        return
    for token in TOKEN.finditer(html):
        if tag_name(token) != "a" or token["end"]:
            continue
        address = url_with_scheme(link_attributes(token).get("href", "")).strip()
        scheme = SCHEME.match(address)
        if scheme[1].lower() not in ADDRESS_SCHEMES if scheme else not address.startswith(ON_THIS_SITE):
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
    return (sanitise_cached if len(html) <= LONGEST_TEXT else sanitise)(html)


def sanitise(html: str) -> str:
    """Return the HTML cleaned by nh3. It is restructured first, because deep nesting would take nh3 very long."""
    html = arrange(html)
    clean = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=ADDRESS_SCHEMES, link_rel=None)
    return html if clean == html else arrange(clean)  # without the links whose addresses nh3 has dropped


@lru_cache(maxsize=32)
def sanitise_cached(html: str) -> str:
    """Return the sanitised HTML, cached: a save needs it for its form, revision, row and search text."""
    return sanitise(html)


def arrange(html: str) -> str:
    """Return HTML in which all text is within a paragraph or a list, and no element but a line break is empty."""
    tokens = list(TOKEN.finditer(html))
    splits = BLOCK_TAGS.isdisjoint(map(tag_name, tokens))
    result = HTMLBuilder()
    for token in tokens:
        name = tag_name(token)
        if token["text"]:
            for number, part in enumerate(EMPTY_LINE.split(token["text"]) if splits else [token["text"]]):
                if number:
                    result.end_blocks(0)
                result.add_text(unescape_html(part))
        elif name == "br":
            result.add("<br>")
        elif name in BLOCK_TAGS:
            (result.end_block if token["end"] else result.begin_block)(name)
        elif name in MARK_TAGS and token["end"]:
            result.end_mark(name)
        elif name in MARK_TAGS:
            result.begin_mark(name, link_attributes(token) if name == "a" else {})
    result.end_blocks(0)
    return "".join(result.pieces)


@dataclass
class Mark:
    """Emphasis or a link that was opened and is not closed yet. Its start tag is written with its first content."""

    name: str
    start_tag: str
    place: int | None = None  # among the pieces, where the start tag was last written


class HTMLBuilder:
    """Builds HTML from tokens, in order."""

    def __init__(self):
        self.pieces: list[str] = []
        self.last_word = -1  # its place among the pieces
        self.blocks: list[tuple[str, int]] = []  # the open ones, with the places of their start tags
        self.is_loose = False  # whether the open paragraph is one that no tag began
        self.marks: list[Mark] = []
        self.written_marks = 0  # how many of them, from the first, are open in the pieces
        self.room = MOST_REPEATED

    def add_text(self, text: str) -> None:
        piece, is_word = escape_html(text), bool(text.strip())
        if not self.blocks and not self.marks:
            piece = piece.lstrip()
        if self.blocks or (piece and (is_word or not self.marks)):
            self.add(piece)
        if is_word:
            self.last_word = len(self.pieces) - 1

    def add(self, piece: str) -> None:
        if not self.blocks:
            self.begin_block("p")
            self.is_loose = True
        while self.written_marks < len(self.marks):
            mark = self.marks[self.written_marks]
            if mark.place is not None:
                self.room -= len(mark.start_tag)
            if self.room < 0:
                del self.marks[self.written_marks]
                continue
            mark.place = len(self.pieces)
            self.pieces.append(mark.start_tag)
            self.written_marks += 1
        self.pieces.append(piece)

    def begin_mark(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "a":
            self.end_mark("a")
            if not attributes.get("href", "").strip():
                return
            attributes = {**attributes, "href": url_with_scheme(attributes["href"])}
        if len(self.marks) < DEEPEST:
            self.marks.append(Mark(name, start_tag(name, attributes)))

    def end_mark(self, name: str) -> None:
        for index in reversed(range(len(self.marks))):
            if self.marks[index].name == name:
                self.end_written_marks(index)
                del self.marks[index]
                return

    def end_written_marks(self, left: int) -> None:
        """Write the end tags of all open marks but the first `left` ones."""
        while self.written_marks > left:
            self.written_marks -= 1
            mark = self.marks[self.written_marks]
            if self.last_word < mark.place:  # nothing was marked
                self.pieces[mark.place] = ""
            else:
                self.pieces.append(f"</{mark.name}>")

    def begin_block(self, name: str) -> None:
        self.end_block("p")
        if name == "li":
            self.end_block("li")
        self.end_written_marks(0)
        self.is_loose = False
        if name == "li" and not self.blocks:  # an item that stands in no list
            name = "p"
        if name in ("p", "li") or len(self.blocks) < DEEPEST:
            self.blocks.append((name, len(self.pieces)))
            self.pieces.append(f"<{name}>")

    def end_block(self, name: str) -> None:
        """Close the innermost block of that name. A paragraph or an item around an inner list stays open."""
        if name == "li" and self.blocks[:1] and self.blocks[0][0] == "p":
            name = "p"
        for index in reversed(range(len(self.blocks))):
            if self.blocks[index][0] == name:
                self.end_blocks(index)
                return
            if name in ("p", "li") and self.blocks[index][0] in ("ul", "ol"):
                return

    def end_blocks(self, left: int) -> None:
        """Close all open blocks but the first `left` ones. A block without text is dropped."""
        while len(self.blocks) > left:
            self.end_written_marks(0)
            name, place = self.blocks.pop()
            if self.last_word < place:
                del self.pieces[place:]
                continue
            while self.is_loose and not (last := self.pieces.pop().rstrip()):
                pass
            if self.is_loose:
                self.pieces.append(last)
            self.pieces.append(f"</{name}>")


def link_urls(html: str) -> list[str]:
    """Return the URLs that the links of an HTML text lead to, in their order."""
    if "<a" not in html.lower():
        return []
    links = (link_attributes(token) for token in TOKEN.finditer(html) if tag_name(token) == "a" and not token["end"])
    return [attributes["href"] for attributes in links if attributes.get("href")]


def replace_url(html: str, old: str, new: str) -> str:
    """Return rich text in which all links to `old` lead to `new`. A link that shows its URL shows the new one."""

    def replaced(token: re.Match[str]) -> str:
        if token["text"]:
            return escape_html(new) if unescape_html(token["text"]).strip() == old else token[0]
        if tag_name(token) != "a" or token["end"]:
            return token[0]
        attributes = link_attributes(token)
        if attributes.get("href") != old:
            return token[0]
        return start_tag("a", attributes | {"href": new})

    return TOKEN.sub(replaced, html)


def plain_text(html: str) -> str:
    """Return rich text as plain text: each paragraph, list item and line break begins a new line."""
    return "".join(map(token_text, TOKEN.finditer(html))).strip()


def readable_text(html: str) -> str:
    """Return rich text as plain text: a line for each paragraph, a bullet for each item, the URL after each link."""
    pieces: list[str] = []
    link = None  # its URL, and the index of its first piece
    for token in TOKEN.finditer(html):
        name = tag_name(token)
        if name == "a" and not token["end"]:
            link = link_attributes(token).get("href", ""), len(pieces)
        elif name == "a" and link:
            url, start = link
            link = None
            if url != "".join(pieces[start:]):
                pieces.append(f" ({url})")
        else:
            pieces.append("\n• " if name == "li" and not token["end"] else token_text(token))
    text = "".join(pieces)
    lines = "\n".join(line.strip() for line in text.splitlines() if line.strip())
    return lines.replace("•\n", "• ")


def token_text(token: re.Match[str]) -> str:
    return unescape_html(token["text"] or "") or ("\n" if tag_name(token) in TAGS - MARK_TAGS else "")


class RichTextField(models.TextField):
    """A text field for HTML of a few elements, sanitised whenever it is saved."""

    default_validators = [validate_links]

    def formfield(self, **kwargs):
        # The form refuses a text that is too long before anything parses it.
        lengths = [each for each in self.validators if isinstance(each, MaxLengthValidator)]
        return super().formfield(**{"validators": lengths, **kwargs})

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return clean_rich_text(value) if value else value
