"""
Putting the texts of a language back that `site_languages.export_texts` has written when it was retired.

A text is only put where none stands. What citizens read is published, below the draft; what was a draft becomes one.
A translation whose Serbian is another one by now is outdated, as if it had stood there all the while.
"""

import json
import re
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from networks.models import RevisedModel
from networks.models.language_columns import translated_models
from networks.models.lines import LinesField, cell_parts
from networks.operations.site_languages import NotPossible
from networks.revisions import publishing, storage
from networks.revisions.content import (
    Content,
    changed_fields,
    content_fields,
    content_of,
    normalise_content,
    related_fields,
    renamed_columns,
    savable_content,
)
from networks.revisions.translations import (
    Reason,
    confirmed_translations,
    digest,
    pairs_of,
    record,
    sources_of,
    update_outdated,
)

KEYS = {"model": str, "id": int, "field": str, "source": str, "text": str}
# NUL, and half a character of UTF-16, which JSON can have
NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Text:
    """
    One exported text: of which row and field, its Serbian source, whether only a draft had it, and whether the source
    had changed since it was written.
    """

    model: str
    id: int
    field: str
    source: str
    text: str
    draft: bool = False
    outdated: bool = False

    def __str__(self) -> str:
        return f"{self.model} {self.id}, {self.field}{' (draft)' if self.draft else ''}"


@dataclass
class Outcome:
    """What came of the texts. `left` has why a text was not put back, and `outdated` what changed meanwhile."""

    put_back: int = 0
    there: int = 0
    left: dict[Text, str] = field(default_factory=dict)
    outdated: list[str] = field(default_factory=list)


def read_export(file: Path, code: str) -> list[Text]:
    """Return the texts of an export of that language. Raise NotPossible for any other file."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotPossible(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise NotPossible(f"{file} is not what “language retire” writes: {error}.") from error
    texts = document.get("texts") if isinstance(document, dict) else None
    if not isinstance(texts, list) or not all(is_text(each) for each in texts):
        raise NotPossible(f"{file} is not what “language retire” writes: it has no texts with {', '.join(KEYS)}.")
    if odd := [each for each in texts if any(NOT_STORABLE.search(str(each[key])) for key in KEYS)]:
        where = f"{odd[0]['model']} {odd[0]['id']}, {odd[0]['field']}"
        raise NotPossible(f"{file} has a character that no database can store: {ascii(where)}.")
    if document.get("language") != code:
        raise NotPossible(f"{file} has texts in “{document.get('language')}”, and not in “{code}”.")
    marks = {"draft", "outdated"}
    return [
        Text(**{key: each[key] for key in KEYS} | {mark: bool(each.get(mark)) for mark in marks}) for each in texts
    ]


def is_text(each: Any) -> bool:
    return isinstance(each, dict) and all(isinstance(each.get(key), kind) for key, kind in KEYS.items())


def put_back(texts: Iterable[Text], code: str) -> Outcome:
    """Put texts of a language back, row by row, each row as a whole or not at all."""
    outcome = Outcome()
    models_by_label = {model._meta.label_lower: model for model, _names in translated_models("default")}
    by_row = sorted(texts, key=lambda each: (each.model, each.id))
    for (label, pk), group in groupby(by_row, key=lambda each: (each.model, each.id)):
        of_row = [*group]
        model = models_by_label.get(label)
        if model is None or not model._base_manager.filter(pk=pk).exists():
            outcome.left |= dict.fromkeys(of_row, "the row is gone")
            continue
        put_into = put_into_revised if issubclass(model, RevisedModel) else put_into_row
        try:
            with transaction.atomic():
                found = put_into(model, pk, of_row, code)
        except ValidationError as error:
            outcome.left |= dict.fromkeys(of_row, " ".join(error.messages))
            continue
        outcome.put_back += found.put_back
        outcome.there += found.there
        outcome.left |= found.left
        outcome.outdated += found.outdated
    return outcome


def put_into_row(model: Any, pk: int, texts: list[Text], code: str) -> Outcome:
    """Put texts into a row without revisions. Raise ValidationError if one of them is not valid any more."""
    outcome, row = Outcome(), model._base_manager.select_for_update().get(pk=pk)
    content = {each.name: getattr(row, each.name) for each in model._meta.concrete_fields}
    for name, value in filled(model, content, texts, code, outcome).items():
        if value != content[name]:
            setattr(row, name, model._meta.get_field(name).clean(value, row))
    if outcome.put_back:
        row.save()
    return outcome


def put_into_revised(model: Any, pk: int, texts: list[Text], code: str) -> Outcome:
    """Put texts into what visitors see of a row and into its newest version. Raise ValidationError."""
    outcome, comment = Outcome(), _("Texts from the file that was exported when the language was retired.")
    row = storage.lock(model._base_manager.get(pk=pk))
    storage.check_not_in_bin(row)
    seen, newest = content_of(row), savable_content(model, storage.newest_revision(row).content)
    of_draft = [each for each in texts if each.draft]
    # Earlier files have the texts of what was not on the site twice. Nobody has published them.
    drafts = {(each.field, each.text) for each in of_draft}
    of_row = [each for each in texts if not each.draft and (each.field, each.text) not in drafts]
    published = filled(model, seen, of_row, code, outcome) if row.is_published else seen
    # The texts of the row are those of its draft too, where that has no other.
    draft = filled(model, newest, of_draft, code, outcome)
    draft = filled(model, draft, of_row, code, Outcome() if row.is_published else outcome)
    record_sources(row, published, of_row, code)
    record_sources(row, draft, texts, code)
    # The public version may have a text that is not on the site, since it was published without the column.
    live = row.live.content if row.live else seen
    is_apart = {*changed_fields(model, live, seen)}.difference(related_fields(model))
    if row.is_published and (published != seen or is_apart):
        # What a draft lacks of the texts, nobody has deleted: they had no column when it was written.
        row = publishing.publish_part(
            row, published, author=None, completed=lambda content: filled(model, content, of_row, code, Outcome())
        )
        row.revisions.filter(pk=row.live_id).update(comment=comment)
    present = storage.newest_revision(row).content if row.is_published else content_of(row)
    if changed_fields(model, present, draft):
        row, _revision = storage.write_revision(row, draft, author=None, comment=comment)
    update_outdated(row)
    own = {column_of(model, each.field, code) for each in texts}
    outcome.outdated = [f"{model._meta.label_lower} {pk}, {name}" for name in row.outdated_newest if name in own]
    return outcome


def record_sources(row: RevisedModel, content: Content, texts: Iterable[Text], code: str) -> None:
    """
    Record for which Serbian each translation was written, unless that is on record since before the language was
    retired, or it was for another one already.
    """
    model = type(row)
    sources, pairs, fields = sources_of(model), pairs_of(model, content), content_fields(model)
    known = {(column, translation) for column, _source, translation in confirmed_translations(row)}
    for each in texts:
        column = column_of(model, each.field, code)
        if column in pairs and column in sources and not each.outdated:
            written = column, digest(fields[column], each.text)
            if written == (column, pairs[column][2]) and written not in known:
                record(row, content | {sources[column]: each.source}, [column], Reason.LOADED)


def filled(model: Any, content: Content, texts: Iterable[Text], code: str, outcome: Outcome) -> Content:
    """
    Return a content with the texts where it has none, and take down in `outcome` what came of each.

    Raise ValidationError if one of them is not valid any more.
    """
    new = deepcopy(content)
    for each in texts:
        cells, cell = place_of(model, new, each, code)
        if cells is None:
            outcome.left[each] = "the field or the line is gone"
        elif not cells.get(cell):
            cells[cell] = each.text
            outcome.put_back += 1
        elif cells[cell] == each.text:
            outcome.there += 1
        else:
            outcome.left[each] = "another text stands there"
    changed = {name: value for name, value in new.items() if value != content[name]}
    return new | (normalise_content(model, changed) if issubclass(model, RevisedModel) else changed)


def place_of(model: Any, content: Content, text: Text, code: str) -> tuple[dict[str, Any] | None, str]:
    """Return the dictionary in which a text stands, a content or a line in it, and its key; None if there is none."""
    name, identifier, column = cell_parts(text.field)
    if not identifier:
        key = column_of(model, name, code)
        return (content if key in content else None), key
    cell, lines_field = f"{column}_{code}", content_fields(model).get(name)
    if not isinstance(lines_field, LinesField) or cell not in lines_field.columns:
        return None, cell
    return next((line for line in content[name] if line["id"] == identifier), None), cell


def column_of(model: Any, name: str, code: str) -> str:
    """Return the present column of a field in a language."""
    column = f"{name}_{code}"
    return renamed_columns(model).get(column, column) if issubclass(model, RevisedModel) else column
