"""A stored text as people read it, and edits of that text which leave the markup alone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from networks.rich_text import (
    TOKEN,
    escape_html,
    link_attributes,
    tag_name,
    token_text,
    unescape_html,
)

CHARACTER = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]*);|.", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Edit:
    """A part of a visible text, from `start` to `end`, and what is to stand in its place."""

    start: int
    end: int
    replacement: str


@dataclass
class VisibleText:
    """
    A text as people read it, in `text`. In rich text, each paragraph, list item and line break begins a new line.

    `stored` is the text as it is stored, `links` the URL of each link in rich text with its start and end in `text`.
    """

    stored: str
    is_rich: bool = False
    text: str = ""
    links: list[tuple[str, int, int]] = field(default_factory=list)
    # Of each character of `text`, its start and end in `stored`. They are the same for a line that a tag begins.
    places: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.is_rich:
            self.read_markup()
        else:
            self.text = self.stored

    def read_markup(self) -> None:
        characters: list[str] = []
        link: tuple[str, int] | None = None
        for token in TOKEN.finditer(self.stored):
            if tag_name(token) == "a":
                if link:
                    self.links.append((*link, len(characters)))
                link = None if token["end"] else (link_attributes(token).get("href", ""), len(characters))
            elif token["text"]:
                if "&" not in token["text"]:
                    characters += token["text"]
                    self.places += ((index, index + 1) for index in range(*token.span()))
                    continue
                for spelling in CHARACTER.finditer(token["text"]):
                    # A reference that stands for no single character is one that people cannot read.
                    character = unescape_html(spelling[0])
                    characters.append(character if len(character) == 1 else "\ufffc")
                    self.places.append((token.start() + spelling.start(), token.start() + spelling.end()))
            elif token_text(token):
                characters.append("\n")
                self.places.append((token.start(), token.start()))
        self.text = "".join(characters)

    def place(self, index: int) -> tuple[int, int]:
        return self.places[index] if self.is_rich else (index, index + 1)

    def allows(self, edit: Edit) -> bool:
        """Return whether an edit leaves text in each mark, and deletes nothing across a tag."""
        if not self.is_rich or len(edit.replacement) == edit.end - edit.start:
            return True
        changed = [index for index, _replacement in self.replaced_characters(edit)]
        has_neighbour = self.are_side_by_side(changed[0] - 1) or self.are_side_by_side(changed[-1])
        return has_neighbour and all(self.are_side_by_side(index) for index in changed[:-1])

    def are_side_by_side(self, index: int) -> bool:
        """Return whether no tag stands between a character and the next one."""
        if not 0 <= index < len(self.places) - 1:
            return False
        (start, end), (next_start, next_end) = self.places[index], self.places[index + 1]
        return start < end == next_start < next_end

    def edited(self, edits: Iterable[Edit]) -> str:
        """Return the stored text with the edits, which it must allow; of edits that overlap, the first is made."""
        pieces: list[str] = []
        end = 0  # in `stored`
        for edit in sorted(edits, key=lambda each: (each.start, each.end)):
            for index, replacement in self.replaced_characters(edit):
                start, stop = self.place(index)
                if start < end:
                    break
                pieces += [self.stored[end:start], escape_html(replacement) if self.is_rich else replacement]
                end = stop
        return "".join([*pieces, self.stored[end:]])

    def replaced_characters(self, edit: Edit) -> Iterable[tuple[int, str]]:
        """Yield the index of each character that an edit changes, and what stands in its place."""
        old, new = self.text[edit.start : edit.end], edit.replacement
        if len(old) == len(new):
            yield from ((edit.start + index, new[index]) for index in range(len(old)) if old[index] != new[index])
            return
        same = 0
        while same < min(len(old), len(new)) and old[same] == new[same]:
            same += 1
        if same == len(old):  # text is added after it: together with the last character
            same -= 1
        for index in range(same, len(old)):
            yield edit.start + index, new[same:] if index == len(old) - 1 else ""
