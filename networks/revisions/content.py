"""
The content of a network, as revisions store it.

Content is a dictionary by the names of the model's fields, as `content_of` makes it: text without space around it and
with \\n for a line break, rich text sanitised, dates and numbers as text, themes as a sorted list of their slugs, a
picture as its name, width and height.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from networks.models import Network, Theme
from networks.pictures import PictureField
from networks.reading import translated_fields
from networks.rich_text import RichTextField

Content = dict[str, Any]


# Fields that have another name in older revisions: {old name: present name}. A migration that renames a field of
# Network adds it here, because revisions are never rewritten. A translated field is named once, without its
# languages. If a field is renamed again, each of its old names maps to the present one.
RENAMED_FIELDS: dict[str, str] = {}


# Fields that staff can edit but that are not content
NOT_CONTENT = {"is_published"}


@dataclass(frozen=True)
class Merge:
    """A merged content, the fields that are taken from the other side, and those that both sides changed."""

    content: Content
    taken: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


@cache
def content_fields() -> dict[str, models.Field]:
    """Return the fields that make up the content of a network, by name."""
    # Of a translated field, the column of each language, without the field that modeltranslation replaces
    left_out = {*NOT_CONTENT, *translated_fields(Network)}
    fields = [*Network._meta.fields, *Network._meta.many_to_many]
    return {
        each.name: each for each in fields if each.editable and not each.primary_key and each.name not in left_out
    }


def content_of(network: Network, themes: Iterable[Theme] | None = None) -> Content:
    """Return the content of a network, by default with its own themes."""
    content = {
        name: stored_value(each, getattr(network, name))
        for name, each in content_fields().items()
        if name != "themes"
    }
    return {**content, "themes": sorted(theme.slug for theme in (network.themes.all() if themes is None else themes))}


def stored_value(model_field: models.Field, value: Any) -> Any:
    """Return a value of a model field as revisions store it."""
    if isinstance(model_field, PictureField):
        if not value:
            return None
        # From the row, because the file may be slow to read, or missing.
        width, height = (
            getattr(value.instance, name) for name in (model_field.width_field, model_field.height_field)
        )
        return {"name": value.name, "width": width, "height": height}
    value = model_field.get_prep_value(value)
    if isinstance(value, Decimal) and isinstance(model_field, models.DecimalField):
        return f"{value:.{model_field.decimal_places}f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        # Browsers send \r\n, which alone must not make a new revision.
        return normalise_line_ends(value)
    return "" if value is None and is_text(model_field) else value


def normalise_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def is_text(model_field: models.Field) -> bool:
    return isinstance(model_field, models.CharField | models.TextField) and model_field.empty_strings_allowed


def empty_value(model_field: models.Field) -> Any:
    """Return the stored value of an empty field."""
    if model_field.many_to_many:
        return []
    if isinstance(model_field, PictureField):
        return None
    return stored_value(model_field, model_field.get_default())


def renamed_columns() -> dict[str, str]:
    """Return RENAMED_FIELDS with the columns of each language in place of a translated field."""
    names: dict[str, str] = {}
    for former, present in RENAMED_FIELDS.items():
        if present in translated_fields(Network):
            names |= {f"{former}_{each}": f"{present}_{each}" for each in settings.MODELTRANSLATION_LANGUAGES}
        else:
            names[former] = present
    return names


def select_current_fields(content: Mapping) -> Content:
    """Return the values of the fields that networks have now, under their present names."""
    renamed = renamed_columns()
    present = {renamed[name]: value for name, value in content.items() if name in renamed}
    present |= {name: value for name, value in content.items() if name not in renamed}
    return {name: present[name] for name in content_fields() if name in present}


def complete_content(content: Mapping) -> Content:
    """Return the content with all fields that networks have now. Those that a revision does not have are empty."""
    return {name: empty_value(each) for name, each in content_fields().items()} | select_current_fields(content)


def savable_content(content: Mapping) -> Content:
    """Return the complete content without themes that were deleted, so that it can be saved."""
    content = complete_content(content)
    existing = Theme.objects.filter(slug__in=content["themes"]).values_list("slug", flat=True)
    return content | {"themes": sorted(existing)}


def normalise_content(content: Mapping) -> Content:
    """Return the given fields with their values as revisions store them. Raise ValidationError."""
    result, errors = {}, {}
    for name, value in select_current_fields(content).items():
        model_field = content_fields()[name]
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


def changed_fields(before: Mapping, after: Mapping) -> list[str]:
    """Return the names of the fields in which two contents differ, in the order of the model."""
    before, after = complete_content(before), complete_content(after)
    return [name for name in content_fields() if before[name] != after[name]]


def merge(base: Mapping, theirs: Mapping, mine: Mapping) -> Merge:
    """
    Merge two contents that both began with `base`.

    A field that only one side changed, or that both changed to the same value, has that value. A field that both
    changed to different values is in `conflicts`, and has my value.
    """
    base, theirs, mine = complete_content(base), complete_content(theirs), complete_content(mine)
    content, taken, conflicts = {}, [], []
    for name in content_fields():
        content[name] = mine[name]
        if theirs[name] in (mine[name], base[name]):
            continue
        if mine[name] == base[name]:
            content[name] = theirs[name]
            taken.append(name)
        else:
            conflicts.append(name)
    return Merge(content, taken, conflicts)


def network_with(row: Network, content: Mapping) -> Network:
    """
    Return an unsaved network with the content, and with the other fields of the row.

    Its themes are those that still exist. A value that is not valid any more is left empty, so that each revision can
    be displayed.
    """
    content = complete_content(content)
    values: dict[str, Any] = {}
    for name, model_field in content_fields().items():
        if name == "themes":
            continue
        if isinstance(model_field, PictureField):
            picture = content[name] or {}
            values |= {
                name: picture.get("name", ""),
                model_field.width_field: picture.get("width"),
                model_field.height_field: picture.get("height"),
            }
            continue
        try:
            values[name] = model_field.to_python(content[name])
        except ValidationError:  # from when the field had other rules
            values[name] = model_field.to_python(empty_value(model_field))
    for each in Network._meta.concrete_fields:
        if each.name not in values and each.name not in translated_fields(Network):
            values[each.attname] = getattr(row, each.attname)
    network = Network(**values)
    network._state.adding, network._state.db = row._state.adding, row._state.db
    themes = Theme.objects.filter(slug__in=content["themes"])
    network._prefetched_objects_cache = {"themes": themes}  # type: ignore[attr-defined]  # as prefetch_related does
    return network


def field_label(name: str) -> str:
    """Return the label of a field, such as 'description (in English)'; the name of a field that was removed."""
    model_field = content_fields().get(name)
    return str(model_field.verbose_name) if model_field else name
