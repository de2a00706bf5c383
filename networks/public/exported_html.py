"""
Rewrite the HTML of a page for the static export: relative links, no forms, and nothing loaded in advance.

Python's own HTML tokenizer reads the page. Whatever is not rewritten keeps its exact characters.
"""

from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

# The attributes with links, by element. Other URLs stay as they are: canonical and alternate URLs, Open Graph and
# structured data name the site itself.
LINKS = {"a": "href", "area": "href", "img": "src", "link": "href", "script": "src", "source": "src"}
REWRITTEN_RELS = {"stylesheet", "icon", "apple-touch-icon", "preload"}
# Attributes that only links may have
LINK_ATTRIBUTES = {"href", "hreflang", "rel", "type", "target", "download", "ping", "referrerpolicy"}


class ExportedPage(HTMLParser):
    """
    Rewrites one page.

    `link` returns the new URL of a link, or None if its target is not exported: then a link becomes plain text, and a
    picture is left out. `instead_of_form` replaces each form, `foot` is added at the end of the colophon.
    """

    def __init__(self, link: Callable[[str], str | None], instead_of_form: str = "", foot: str = ""):
        super().__init__(convert_charrefs=False)
        self.link = link
        self.instead_of_form = instead_of_form
        self.foot = foot
        self.parts: list[str] = []
        self.is_in_form = False
        self.is_in_plain_link = False
        self.is_in_colophon = False

    def rewrite(self, html: str) -> str:
        """Return the rewritten HTML."""
        self.feed(html)
        self.close()
        return "".join(self.parts)

    def write(self, text: str) -> None:
        if not self.is_in_form:
            self.parts.append(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            self.write(self.instead_of_form)
            self.is_in_form = True
        elif not self.is_in_form:
            self.parts.append(self.rewrite_start_tag(tag, attrs))
            self.is_in_colophon |= tag == "footer" and "colophon" in (dict(attrs).get("class") or "").split()

    handle_startendtag = handle_starttag  # get_starttag_text() has the slash

    def rewrite_start_tag(self, tag: str, attrs: list[tuple[str, str | None]]) -> str:
        original = self.get_starttag_text()
        named = dict(attrs)
        name = LINKS.get(tag, "")
        url = named.get(name)
        if url is None or (tag == "link" and REWRITTEN_RELS.isdisjoint((named.get("rel") or "").split())):
            return original
        new_url = self.link(url)
        if named.get("rel") == "preload":
            return ""  # of a page from a disk, browsers refuse it; the stylesheet loads the font nevertheless
        if new_url == url:
            return original
        if new_url is not None:
            return start_tag(tag, [(each, new_url if each == name else value) for each, value in attrs])
        if tag != "a":
            return ""
        self.is_in_plain_link = True
        return start_tag("span", [(each, value) for each, value in attrs if each not in LINK_ATTRIBUTES])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_in_form = False
            return
        if tag == "a" and self.is_in_plain_link and not self.is_in_form:
            self.is_in_plain_link = False
            tag = "span"
        if tag == "footer" and self.is_in_colophon:
            self.is_in_colophon = False
            self.write(self.foot)
        self.write(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.write(data)

    def handle_entityref(self, name: str) -> None:
        self.write(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.write(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.write(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.write(f"<!{decl}>")


def start_tag(tag: str, attrs: list[tuple[str, str | None]]) -> str:
    written = (f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attrs)
    return f"<{tag}{''.join(written)}>"
