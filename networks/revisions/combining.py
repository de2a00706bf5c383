"""Put together what two people have made of one text or one choice of rows, so that both keep what they added."""

import re
from difflib import SequenceMatcher
from typing import Any

from django.db import models

from networks.models.lines import LinesField
from networks.revisions.comparison import is_compared_quickly
from networks.revisions.line_merge import keep_both
from networks.rich_text import RichTextField, clean_rich_text

# A sentence. A full stop within a word, a date or a number ends none: www.ni.rs, 1.5.2007
SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?]+(?=[^\s.!?]))*(?:[.!?]+|\n|\Z)\s*")
# The tag of a block, which stands for itself
BLOCK = r"</?(?:p|ul|ol|li)>"
# The tag of a text, such as of a link
INLINE = r"<(?!/?(?:p|ul|ol|li)>)[^>]*>"
# A tag of a block, or a sentence with the tags in it and those that it closes
HTML_PART = re.compile(
    rf"{BLOCK}|(?:{INLINE}|[^<.!?\n]|[.!?]+(?=[^\s<.!?]))*"
    r"(?:[.!?\n]+(?:</(?!p>|ul>|ol>|li>)[^>]*>)*|(?=<|\Z))\s*"
)

Edit = tuple[int, int, list[str]]  # the parts from one place to another are replaced with others


def combine(field: models.Field, base: Any, theirs: Any, mine: Any) -> Any | None:
    """
    Return one value with the changes of both, as content stores it; None where they cannot be kept in one.

    Longer texts are put together by sentences: where both have changed the same ones, theirs come first. Of related
    rows, those stay that neither has removed. A line that both have changed stands twice. The result is for people to
    read before it is saved.
    """
    if isinstance(field, models.ManyToManyField):
        removed = {*base} - ({*theirs} & {*mine})
        return sorted(({*theirs} | {*mine}) - removed)
    if isinstance(field, LinesField):
        return keep_both(base, theirs, mine)
    if not isinstance(field, models.TextField):
        return None
    is_rich = isinstance(field, RichTextField)
    split = HTML_PART.findall if is_rich else SENTENCE.findall
    old, new, own = ([part for part in split(text) if part] for text in (base, theirs, mine))
    if not (is_compared_quickly(old, new) and is_compared_quickly(old, own)):
        return None
    text = combine_parts(old, new, own)
    text = clean_rich_text(text) if is_rich else text.strip()
    return None if text in (theirs, mine) else text


def combine_parts(old: list[str], new: list[str], own: list[str]) -> str:
    of_theirs, of_mine = edits(old, new), edits(old, own)
    result: list[str] = []
    place = 0
    while of_theirs or of_mine:
        start = min(each[0][0] for each in (of_theirs, of_mine) if each)
        group_theirs, group_mine, end = overlapping(of_theirs, of_mine, start)
        result += old[place:start]
        changed = apply(old, start, end, group_theirs) if group_theirs else []
        written = {part.rstrip() for part in changed if not is_block(part)}
        result += changed
        result += [part for *_, parts in group_mine for part in parts if part.rstrip() not in written]
        place = end
    return joined(result + old[place:])


def edits(old: list[str], new: list[str]) -> list[Edit]:
    """
    Return what makes the new parts of the old ones, in their order.

    Space after a part makes no difference; `old` gets the longer one.
    """
    matcher = SequenceMatcher(None, [part.rstrip() for part in old], [part.rstrip() for part in new], autojunk=False)
    for old_from, new_from, size in matcher.get_matching_blocks():
        for offset in range(size):
            old[old_from + offset] = max(old[old_from + offset], new[new_from + offset], key=len)
    return [
        (old_from, old_to, new[new_from:new_to])
        for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes()
        if tag != "equal"
    ]


def overlapping(first: list[Edit], second: list[Edit], start: int) -> tuple[list[Edit], list[Edit], int]:
    """Take from both lists the edits at a place and those that overlap them. Return them, and where they end."""
    end = start
    groups: tuple[list[Edit], list[Edit]] = ([], [])
    is_growing = True
    while is_growing:
        is_growing = False
        for remaining, group in zip((first, second), groups, strict=True):
            while remaining and (remaining[0][0] == start or remaining[0][0] < end):
                end = max(end, remaining[0][1])
                group.append(remaining.pop(0))
                is_growing = True
    return *groups, end


def apply(old: list[str], start: int, end: int, changes: list[Edit]) -> list[str]:
    """Return the old parts from `start` to `end` with the changes."""
    result: list[str] = []
    for change_start, change_end, parts in changes:
        result += old[start:change_start] + parts
        start = change_end
    return result + old[start:end]


def is_block(part: str) -> bool:
    return re.fullmatch(BLOCK, part) is not None


def joined(parts: list[str]) -> str:
    """Join parts. Two that both stood at the end of a text get the space between them that stood before them."""
    text, space = "", " "
    for before, part in zip(["", *parts], parts, strict=False):
        if before and not (before[-1].isspace() or is_block(before) or is_block(part)):
            text += space
        elif space_before := before[len(before.rstrip()) :]:
            space = space_before
        text += part
    return text
