"""Compare two revisions of a row: which fields differ, and in which words of the text as people read it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum
from os.path import commonprefix
from typing import Any

from django.core.files.storage import default_storage
from django.db import models
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst

from networks import serbian
from networks.languages import SERBIAN, SERBIAN_LATIN, columns_of, language_of_column, language_tag
from networks.models.document_field import DocumentField, document_text
from networks.models.lines import Line, LinesField
from networks.partial_dates import PartialDateField
from networks.pictures import PictureField
from networks.reading import Reader, translated_fields
from networks.revisions.content import Model, changed_fields, complete_content, content_fields, field_label
from networks.rich_text import RichTextField, readable_text

# A word, or a punctuation mark, with the space after it
WORD = re.compile(r"\s+|(?:\w+|[^\w\s])\s*")
SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?]+|\n|\Z)\s*")
# With so many pairs of equal words, a comparison takes a fraction of a second. A text of repeated words has more.
MOST_PAIRS = 50_000
# So it does with so many words, even if each second one is new.
MOST_WORDS = 2000


class Side(StrEnum):
    BOTH = "both"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Piece:
    """A part of both texts, or of one of them only."""

    side: Side
    text: str


@dataclass(frozen=True)
class FieldComparison:
    """A field in which two revisions differ. `before` and `after` are its values in words, `pictures` two URLs."""

    name: str
    label: str
    before: str
    after: str
    pictures: tuple[str, str] | None = None
    # Rich text whose words are the same, such as with other emphasis or lists
    html: tuple[str, str] | None = None

    @property
    def is_same(self) -> bool:
        """Whether both read the same: a text beside one in another language that has changed."""
        return self.before == self.after and not self.pictures and not self.html

    @property
    def pieces(self) -> list[Piece]:
        return compare_words(self.before, self.after)

    @property
    def lang(self) -> str:
        """The lang attribute for both texts, or nothing if their language is not known."""
        return language_attribute(self.name, self.before + self.after)


def compare(model: Model, before: Mapping, after: Mapping, reader: Reader | None = None) -> list[FieldComparison]:
    """Return the fields in which two contents of a model's rows differ, with values in the reader's language."""
    reader = reader or Reader()
    before, after = complete_content(model, before), complete_content(model, after)
    changed = changed_fields(model, before, after)
    return [compare_field(model, name, before[name], after[name], reader) for name in changed]


def compare_side_by_side(
    model: Model, before: Mapping, after: Mapping, reader: Reader | None = None
) -> list[list[FieldComparison]]:
    """
    Return the fields in which two contents of a model's rows differ, each in a list of its own.

    A translated field is there in all its languages, also in those in which it is the same.
    """
    reader, translated = reader or Reader(), translated_fields(model)
    before, after = complete_content(model, before), complete_content(model, after)

    def columns(name: str) -> tuple[str, ...]:
        field = name.rpartition("_")[0]
        return columns_of(field) if field in translated else (name,)

    groups = dict.fromkeys(map(columns, changed_fields(model, before, after)))
    return [[compare_field(model, name, before[name], after[name], reader) for name in group] for group in groups]


def compare_field(model: Model, name: str, before: Any, after: Any, reader: Reader) -> FieldComparison:
    field = content_fields(model)[name]
    texts = display_text(field, before, reader), display_text(field, after, reader)
    pictures = html = None
    if isinstance(field, PictureField):
        pictures = picture_url(before), picture_url(after)
    elif isinstance(field, RichTextField) and texts[0] == texts[1] and before != after:
        html = mark_safe(before), mark_safe(after)  # noqa: S308 - sanitised when it was saved
    return FieldComparison(name, capfirst(field_label(model, name)), *texts, pictures, html)


def picture_url(value: Mapping | None) -> str:
    return default_storage.url(value["name"]) if value else ""


def display_text(field: models.Field, value: Any, reader: Reader) -> str:
    """Return a stored value as people read it, in the reader's language. Empty for an empty value."""
    if value in (None, "", []):
        return ""
    if isinstance(field, models.ManyToManyField):
        return display_related(field, value, reader)
    if isinstance(field, LinesField):
        return "\n".join(display_line(field, line, reader) for line in value)
    if isinstance(field, DocumentField):
        # With a part of its checksum, since another file may have the same size
        return f"{document_text(value)} ({value['sha256'][:8]})"
    if isinstance(field, PictureField):
        return value["name"].rpartition("/")[2]
    if isinstance(field, RichTextField):
        return readable_text(value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, PartialDateField | models.DateField):
        return reader.date(field.to_python(value))
    if isinstance(field, models.DecimalField):
        return number_format(Decimal(value), decimal_pos=field.decimal_places, force_grouping=True)
    return str(value)


def display_line(field: LinesField, line: Line, reader: Reader) -> str:
    """
    Return a line of a field in words: 2026: 1.500,00 EUR, due: 1 March 2026.

    What each line of the field has needs no label, but for dates. What its column does not take any more stays as it
    was written.
    """
    main, rest = [], []
    for name, column in field.columns.items():
        if name not in line:
            continue
        is_valid = field.value_of(line, name) is not None
        text = display_text(column, line[name], reader) if is_valid else str(line[name])
        if name in field.required and not isinstance(column, PartialDateField):
            main.append(text)
        else:
            rest.append(f"{column.verbose_name}: {text}")
    begun = ": ".join(filter(None, [*main[:1], " ".join(main[1:])]))
    return ", ".join(filter(None, [begun, *rest]))


def display_related(field: models.ManyToManyField, slugs: Iterable[str], reader: Reader) -> str:
    names = reader.names_by_slug(field.related_model)
    # Of a deleted row, only the slug is known.
    return ", ".join(sorted((names.get(slug, slug) for slug in slugs), key=reader.sort_key))


def is_compared_quickly(old: list[str], new: list[str]) -> bool:
    """Return whether the parts of two texts are compared in a fraction of a second, however often one repeats."""
    counts = Counter(part.rstrip() for part in old)
    return max(len(old), len(new)) <= MOST_WORDS and sum(counts[part.rstrip()] for part in new) <= MOST_PAIRS


def compare_words(before: str, after: str) -> list[Piece]:
    """Return the pieces of two texts. Joined without those of one side only, they are the text of the other side."""
    for unit in (WORD, SENTENCE):
        old, new = unit.findall(before), unit.findall(after)
        if is_compared_quickly(old, new):
            break
    else:
        old, new = [before], [after]
    # A word is the same whether a space or a new line follows.
    matcher = SequenceMatcher(None, [word.rstrip() for word in old], [word.rstrip() for word in new], autojunk=False)
    pieces: list[Piece] = []
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            for removed, added in zip(old[old_from:old_to], new[new_from:new_to], strict=True):
                same = commonprefix([removed, added])
                append_piece(pieces, Side.BOTH, same)
                append_piece(pieces, Side.BEFORE, removed[len(same) :])
                append_piece(pieces, Side.AFTER, added[len(same) :])
        else:
            removed, added = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
            # Space at the end of both is in both.
            same = commonprefix([removed[::-1], added[::-1]])[::-1]
            space = same[len(same.rstrip()) :]
            append_piece(pieces, Side.BEFORE, removed.removesuffix(space))
            append_piece(pieces, Side.AFTER, added.removesuffix(space))
            append_piece(pieces, Side.BOTH, space)
    return pieces


def append_piece(pieces: list[Piece], side: Side, text: str) -> None:
    """Append a text to the pieces, or to the last of them if that is of the same side."""
    if text and pieces and pieces[-1].side == side:
        pieces[-1] = Piece(side, pieces[-1].text + text)
    elif text:
        pieces.append(Piece(side, text))


def language_attribute(name: str, text: str) -> str:
    """Return the attribute ' lang="sr-Cyrl"' for a text of a field, or nothing if its language is not known."""
    language = language_of_column(name)
    if not language:
        language = SERBIAN if serbian.is_cyrillic(text) else ""
    elif language == SERBIAN and not serbian.is_cyrillic(text):
        language = SERBIAN_LATIN
    return format_html(' lang="{}"', language_tag(language)) if language else ""
