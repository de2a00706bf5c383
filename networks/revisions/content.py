"""
The content of a row, as revisions store it. What it consists of follows from the fields of the model.

Content is a dictionary by the names of the model's fields, as `content_of` makes it: text without space around it and
with \\n for a line break, rich text sanitised, dates and numbers as text, related rows (the themes of a network) as a
sorted list of their slugs, a picture as its name, width and height.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from networks.models import RevisedModel
from networks.models.lines import LinesField, cell_parts
from networks.models.model_fields import stored_value
from networks.pictures import PictureField
from networks.reading import translated_fields
from networks.revisions.line_merge import merge_lines
from networks.rich_text import RichTextField

Content = dict[str, Any]
Model = type[RevisedModel]
Row = TypeVar("Row", bound=RevisedModel)


# Fields that staff can change but that are not content: the position is that of `networks.revisions.order`.
NOT_CONTENT = {"is_published", "position"}


@dataclass(frozen=True)
class Merge:
    """A merged content, the fields that are taken from the other side, and those that both sides changed."""

    content: Content
    taken: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


# Whose value stays of a field that both sides of a merge have changed, as forms name it
MINE, THEIRS = "mine", "theirs"


@cache
def content_fields(model: Model) -> dict[str, models.Field]:
    """Return the fields that make up the content of a model's rows, by name."""
    # Of a translated field, the column of each language, without the field that modeltranslation replaces
    left_out = {*NOT_CONTENT, *translated_fields(model)}
    fields = [*model._meta.fields, *model._meta.many_to_many]
    return {
        each.name: each for each in fields if each.editable and not each.primary_key and each.name not in left_out
    }


def related_fields(model: Model) -> dict[str, models.ManyToManyField]:
    """Return the fields of the content to other rows, such as the themes of a network, by name."""
    return {name: each for name, each in content_fields(model).items() if isinstance(each, models.ManyToManyField)}


def content_of(row: RevisedModel, **related: Iterable[models.Model]) -> Content:
    """Return the content of a row, with the given related rows or else its own: `content_of(network, themes=[])`."""
    content: Content = {}
    for name, each in content_fields(type(row)).items():
        if each.many_to_many:
            rows = related[name] if name in related else getattr(row, name).all()
            content[name] = slugs_of(rows)
        else:
            content[name] = stored_value(each, getattr(row, name))
    return content


def slugs_of(rows: Iterable[Any]) -> list[str]:
    """Return the slugs of related rows, as content has them."""
    return sorted(row.slug for row in rows)


def empty_value(model_field: models.Field) -> Any:
    """Return the stored value of an empty field."""
    if model_field.many_to_many:
        return []
    if isinstance(model_field, PictureField):
        return None
    return stored_value(model_field, model_field.get_default())


@cache
def empty_values(model: Model) -> Content:
    """Return the stored values of all fields where they are empty."""
    return {name: empty_value(each) for name, each in content_fields(model).items()}


def renamed_columns(model: Model) -> dict[str, str]:
    """Return the renamed fields of a model, with the columns of each language in place of a translated field."""
    names: dict[str, str] = {}
    for former, present in model.renamed_fields.items():
        if present in translated_fields(model):
            names |= {f"{former}_{each}": f"{present}_{each}" for each in settings.MODELTRANSLATION_LANGUAGES}
        else:
            names[former] = present
    return names


def select_current_fields(model: Model, content: Mapping) -> Content:
    """Return the values of the fields that the model has now, under their present names."""
    renamed, content = renamed_columns(model), model.in_present_form(content)
    present = {renamed[name]: value for name, value in content.items() if name in renamed}
    present |= {name: value for name, value in content.items() if name not in renamed}
    return {name: present[name] for name in content_fields(model) if name in present}


def complete_content(model: Model, content: Mapping) -> Content:
    """Return the content with all fields that the model has now. Those that a revision does not have are empty."""
    empty = {name: [] if value == [] else value for name, value in empty_values(model).items()}
    return empty | select_current_fields(model, content)


def restored_content(model: Model, newest: Mapping, old: Mapping) -> Content:
    """Return the complete content of the newest revision with what an old one has of it."""
    newest = complete_content(model, newest)
    return newest | select_current_fields(model, model.in_present_form(old, newest))


def savable_content(model: Model, content: Mapping) -> Content:
    """Return the complete content without related rows that were deleted, so that it can be saved."""
    content = complete_content(model, content)
    for name, each in related_fields(model).items():
        content[name] = sorted(rows_of(each, content[name]).values_list("slug", flat=True))
    return content


def rows_of(model_field: models.ManyToManyField, slugs: Iterable[str]) -> models.QuerySet:
    """Return the related rows that still exist, of those with the slugs of a content."""
    return model_field.related_model._default_manager.filter(slug__in=slugs)


def normalise_content(model: Model, content: Mapping) -> Content:
    """Return the given fields with their values as revisions store them. Raise ValidationError."""
    result, errors = {}, {}
    for name, value in select_current_fields(model, content).items():
        model_field = content_fields(model)[name]
        if model_field.many_to_many or isinstance(model_field, PictureField):
            result[name] = value
            continue
        try:
            value = model_field.to_python(value)
            if isinstance(model_field, RichTextField):
                # Before sanitising, which would silently drop a wrong URL of a link.
                model_field.run_validators(value or "")
            result[name] = stored_value(model_field, value)
        except ValidationError as error:
            errors[name] = error
    if errors:
        raise ValidationError(errors)
    return result


def with_retired_cells(model: Model, before: Mapping, content: Mapping) -> Content:
    """Return a content in whose lines the cells of retired languages are as they were before."""
    kept = {}
    for name, each in content_fields(model).items():
        if isinstance(each, LinesField) and each.retired and name in content:
            former = {line["id"]: line for line in before[name]}
            kept[name] = [
                {cell: former[line["id"]][cell] for cell in each.retired if cell in former.get(line["id"], {})} | line
                for line in content[name]
            ]
    return {**content, **kept}


def changed_fields(model: Model, before: Mapping, after: Mapping) -> list[str]:
    """Return the names of the fields in which two contents differ, in the order of the model."""
    before, after = complete_content(model, before), complete_content(model, after)
    return [name for name in content_fields(model) if before[name] != after[name]]


def public_content(model: Model, content: Mapping) -> Content:
    """Return the complete content without what visitors never see: private fields, and private columns of lines."""
    public = complete_content(model, content)
    for name, each in content_fields(model).items():
        if name in model.private_fields:
            public[name] = empty_value(each)
        elif isinstance(each, LinesField):
            public[name] = each.public_lines(public[name])
    return public


def merge(model: Model, base: Mapping, theirs: Mapping, mine: Mapping) -> Merge:
    """
    Merge two contents that both began with `base`.

    A field that only one side changed, or that both changed to the same value, has that value. A field that both
    changed to different values is in `conflicts`, and has my value. Lines are merged one by one: there is a conflict
    only in a line that both have changed, and in it my value stays only where they collide.
    """
    base, theirs, mine = (complete_content(model, each) for each in (base, theirs, mine))
    content, taken, conflicts = {}, [], []
    for name in content_fields(model):
        content[name] = mine[name]
        if theirs[name] in (mine[name], base[name]):
            continue
        if mine[name] == base[name]:
            content[name] = theirs[name]
            taken.append(name)
        elif isinstance(content_fields(model)[name], LinesField):
            merged = merge_lines(base[name], theirs[name], mine[name])
            content[name] = merged.lines
            if merged.conflicts:
                conflicts.append(name)
            elif merged.lines != mine[name]:
                taken.append(name)
        else:
            conflicts.append(name)
    return Merge(content, taken, conflicts)


def row_with(row: Row, content: Mapping) -> Row:
    """
    Return an unsaved row with the content, and with the other fields of the row.

    Its related rows are those that still exist. A value that is not valid any more is left empty, so that each
    revision can be displayed.
    """
    model = type(row)
    content = complete_content(model, content)
    values: dict[str, Any] = {}
    related: dict[str, models.QuerySet] = {}
    for name, model_field in content_fields(model).items():
        if isinstance(model_field, models.ManyToManyField):
            related[name] = rows_of(model_field, content[name])
            continue
        if isinstance(model_field, PictureField):
            picture = content[name] or {}
            values |= {
                name: picture.get("name", ""),
                model_field.width_field: picture.get("width"),
                model_field.height_field: picture.get("height"),
            }
            continue
        values[name] = value_of(model_field, content[name])
    for each in model._meta.concrete_fields:
        if each.name not in values and each.name not in translated_fields(model):
            values[each.attname] = getattr(row, each.attname)
    written = model(**values)
    written._state.adding, written._state.db = row._state.adding, row._state.db
    written._prefetched_objects_cache = related  # type: ignore[attr-defined]  # as prefetch_related does
    return written


def value_of(model_field: models.Field, stored: Any) -> Any:
    """Return the value of a field that a content has; empty where it is not valid any more."""
    try:
        return model_field.to_python(stored)
    except ValidationError:  # from when the field had other rules
        return model_field.to_python(empty_value(model_field))


def field_label(model: Model, name: str) -> str:
    """
    Return the label of a field, such as 'description (in English)', or of a cell: 'documents: title (in English)'.

    Of a field that was removed, return the name.
    """
    model_field = content_fields(model).get(name)
    field, identifier, column = cell_parts(name)
    if identifier and isinstance(lines := content_fields(model).get(field), LinesField) and column in lines.columns:
        return f"{lines.verbose_name}: {lines.columns[column].verbose_name}"
    return str(model_field.verbose_name) if model_field else name
