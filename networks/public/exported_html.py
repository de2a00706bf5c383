"""
Pages as they stand in a copy of the site: links that work from a folder, and nothing that needs a program.

The page goes through Python's own tokenizer. What is not touched is written as it stood, letter for letter.
"""

from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

# Where a page says what to load or where to go: by element. Any other address in a page stays as it is: canonical
# and alternate addresses, those of Open Graph and those in the structured data mean the site itself.
LINKS = {"a": "href", "area": "href", "img": "src", "link": "href", "script": "src", "source": "src"}
LOADED = {"stylesheet", "icon", "apple-touch-icon"}
# What only a link may have
OF_LINKS = {"href", "hreflang", "rel", "type", "target", "download", "ping", "referrerpolicy"}


class CopiedPage(HTMLParser):
    """
    Rewrites one page.

    `link` returns where an address leads in the copy, or None where it leads nowhere there: then a link becomes plain
    text, and a picture goes. `instead_of_form` is put in place of each form, `foot` at the end of the colophon.
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
        """Return the page as it stands in the copy."""
        self.feed(html)
        self.close()
        return "".join(self.parts)

    def write(self, text: str) -> None:
        if not self.is_in_form:
            self.parts.append(text)

    def handle_starttag(self, tag, attrs):
        if tag == "form":
            self.write(self.instead_of_form)
            self.is_in_form = True
        elif not self.is_in_form:
            self.parts.append(self.start(tag, attrs))
            self.is_in_colophon |= tag == "footer" and "colophon" in (dict(attrs).get("class") or "").split()

    handle_startendtag = handle_starttag  # the tag is written as it stood, with its slash

    def start(self, tag: str, attrs: list[tuple[str, str | None]]) -> str:
        """Return a start tag with the address that it has in the copy."""
        as_it_stood = self.get_starttag_text()
        named = dict(attrs)
        name = LINKS.get(tag, "")
        url = named.get(name)
        if url is None or (tag == "link" and LOADED.isdisjoint((named.get("rel") or "").split())):
            return as_it_stood
        copied = self.link(url)
        if copied == url:
            return as_it_stood
        if copied is not None:
            return start_tag(tag, [(each, copied if each == name else value) for each, value in attrs])
        if tag != "a":
            return ""
        self.is_in_plain_link = True
        return start_tag("span", [(each, value) for each, value in attrs if each not in OF_LINKS])

    def handle_endtag(self, tag):
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

    def handle_data(self, data):
        self.write(data)

    def handle_entityref(self, name):
        self.write(f"&{name};")

    def handle_charref(self, name):
        self.write(f"&#{name};")

    def handle_comment(self, data):
        self.write(f"<!--{data}-->")

    def handle_decl(self, decl):
        self.write(f"<!{decl}>")


def start_tag(tag: str, attrs: list[tuple[str, str | None]]) -> str:
    written = (f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attrs)
    return f"<{tag}{''.join(written)}>"
