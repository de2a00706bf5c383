"""
The lines of a record in a form: each is a small form of its own, with the identifier of the line in its names.

The inputs of a line are named fees-5f0c9a3e-amount, and all that a line is works without JavaScript: an empty line to
be filled in stands at the end, ORDER has its place, and with REMOVE it goes when the form is saved.
static/networks/lines.js adds and moves lines.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from networks.admin.unsaved_text import count_in_browser
from networks.languages import language_tag
from networks.models.lines import MOST_LINES, Line, LinesField, new_identifier

# Beside the columns of a line
ORDER, REMOVE = "ORDER", "REMOVE"

# The identifier of the line that static/networks/lines.js makes copies of
NEW = "NEW-LINE"


@dataclass(frozen=True)
class Cell:
    """A column of a line in a form. One of a translated text has a language, and the name of the text."""

    field: forms.BoundField
    language: str = ""
    text: str = ""


class LineForm(forms.Form):
    """A line. The form class of a field has a form field for each of its columns, and `field`, the model field."""

    field: LinesField

    use_required_attribute = False

    def __init__(self, identifier: str, name: str, data: Any = None, files: Any = None, line: Line | None = None):
        self.identifier, self.place = identifier, ""
        initial = self.typed(line) if line else {}
        super().__init__(data, files, prefix=f"{name}-{identifier}", initial=initial, empty_permitted=True)

    def typed(self, line: Line) -> dict[str, Any]:
        """Return the values of a stored line for its form fields. What a column does not take stays as it is."""
        values = {name: self.field.value_of(line, name) for name in self.field.columns if name in line}
        return {name: line[name] if value is None else value for name, value in values.items()}

    @property
    def order_name(self) -> str:
        return self.add_prefix(ORDER)

    @property
    def remove_name(self) -> str:
        return self.add_prefix(REMOVE)

    @property
    def is_removed(self) -> bool:
        return self.is_bound and self.remove_name in self.data

    @property
    def is_empty(self) -> bool:
        return not self.has_changed()

    def full_clean(self) -> None:
        if self.is_removed:  # whatever stands in it
            self._errors, self.cleaned_data = ErrorDict(), {}
            return
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        for name, messages in self.field.line_errors(self.line).items():
            if name not in self.errors:
                self.add_error(name, messages)
        return self.cleaned_data

    @property
    def line(self) -> Line:
        """The line as it is stored."""
        return self.field.stored_line({"id": self.identifier, **self.cleaned_data})

    @property
    def cells(self) -> Iterator[Cell]:
        for name, column in self.field.columns.items():
            language = getattr(column, "language", "")
            yield Cell(self[name], language, name.removesuffix(f"_{language}") if language else "")

    @property
    def rows(self) -> list[list[Cell]]:
        """The cells, with those of a translated text beside each other."""
        rows: list[list[Cell]] = []
        for cell in self.cells:
            if rows and rows[-1][0].text == cell.text:
                rows[-1].append(cell)
            else:
                rows.append([cell])
        return rows


@cache
def line_form_class(field: LinesField, make: Callable[[models.Field], forms.Field]) -> type[LineForm]:
    """
    Return the form class of the lines of a field: always the same one, for all requests and in all languages.

    `make` returns the form field of a column.
    """
    columns = {name: make(column) for name, column in field.columns.items()}
    for name, form_field in columns.items():
        form_field.required = name in field.required
        widget = form_field.widget
        if language := getattr(field.columns[name], "language", ""):
            widget.attrs["lang"] = language_tag(language)
        count_in_browser(widget, getattr(form_field, "max_length", None))
    return type("LineForm", (LineForm,), {**columns, "field": field})


# Lines as HTML. There are hundreds of cells in a form, for which templates would take as long as for all the rest.

LINE = """
<div class="line" role="group" data-line="{identifier}" aria-label="{label}">
  <div class="cells">{rows}</div>
  <p class="line-tools">
    <label class="line-order">
      {place_label}
      <input type="number" name="{order_name}" value="{place}" min="1" autocomplete="off">
    </label>
    <button type="button" class="button quiet" data-move="-1" hidden><span aria-hidden="true">↑</span><span
      class="visually-hidden">{move_up}</span></button>
    <button type="button" class="button quiet" data-move="1" hidden><span aria-hidden="true">↓</span><span
      class="visually-hidden">{move_down}</span></button>
    <label class="line-remove">
      <input type="checkbox" name="{remove_name}"{checked} autocomplete="off">
      {remove}
    </label>
    <span class="removed-note">{removed_note}</span>
  </p>
</div>"""

CELL = """
<div class="fieldBox cell cell-{column}"{language}>
  <label for="{id}"{required}>{label}:</label>
  {widget}
  <div data-part="errors-{name}">{errors}</div>
  <div class="help" data-part="help-{name}" id="{id}_helptext">{help_text}</div>
</div>"""


def cell_html(cell: Cell) -> SafeString:
    bound = cell.field
    return format_html(
        CELL,
        column=bound.name,
        language=format_html(' data-language="{}"', cell.language) if cell.language else "",
        id=bound.id_for_label,
        required=mark_safe(' class="required"') if bound.field.required else "",
        label=bound.label,
        widget=bound.as_widget(),
        name=bound.html_name,
        errors=bound.errors or "",
        help_text=bound.help_text,
    )


def row_html(row: list[Cell]) -> SafeString:
    cells = format_html_join("", "{}", ((cell_html(cell),) for cell in row))
    return format_html('<div class="cell-row{}">{}</div>', " in-languages" if row[0].language else "", cells)


def line_html(line: LineForm) -> SafeString:
    """Return a line with its tools. One without a place is new."""
    return format_html(
        LINE,
        identifier=line.identifier,
        label=gettext("Line %(number)s") % {"number": line.place} if line.place else gettext("New line"),
        rows=format_html_join("", "{}", ((row_html(row),) for row in line.rows)),
        place_label=gettext("Place in the list"),
        order_name=line.order_name,
        place=line.place,
        move_up=gettext("Move up"),
        move_down=gettext("Move down"),
        remove_name=line.remove_name,
        checked=" checked" if line.is_removed else "",
        remove=gettext("Remove"),
        removed_note=gettext("Goes when you save. Untick it to keep the line."),
    )


@lru_cache(maxsize=256)
def new_line_html(line_form: type[LineForm], name: str, language: str) -> SafeString:
    """Return the empty line that the script makes copies of, which is always the same in a language."""
    return line_html(line_form(NEW, name))


def extra_line_html(new: SafeString, identifier: str) -> SafeString:
    """Return a copy of the empty line with an identifier, as the script makes it, marked as the one at the end."""
    marked = new.replace(f'data-line="{NEW}"', f'data-line="{NEW}" data-extra')
    return mark_safe(marked.replace(NEW, identifier))  # noqa: S308 - an identifier of ours, in HTML


class LinesWidget(forms.Widget):
    """
    The lines of a field, one below the other.

    Its value are the lines as they are stored or, of a form that was submitted, a LineForm of each. A hidden input
    with the name of the field says that the lines are in the form at all.
    """

    input_type = "lines"
    use_fieldset = True

    def __init__(self, line_form: type[LineForm], label: str):
        super().__init__()
        self.line_form, self.label = line_form, label
        self.notes: dict[str, SafeString] = {}  # by the names of cells, below which they stand

    @property
    def media(self) -> forms.Media:
        return forms.Media(js=[forms.Script("networks/lines.js", type="module")])

    @property
    def needs_multipart_form(self) -> bool:  # type: ignore[override]
        return self.line_form(NEW, "").is_multipart()

    def value_omitted_from_data(self, data: Mapping, files: Mapping, name: str) -> bool:
        return name not in data

    def value_from_datadict(self, data: Mapping, files: Mapping, name: str) -> list[LineForm] | None:
        if name not in data:
            return None
        pattern = re.compile(rf"{re.escape(name)}-([0-9a-f]{{8}})-\w+")
        found = (pattern.fullmatch(key) for key in (*data, *files))
        identifiers = list(dict.fromkeys(match[1] for match in found if match))[: 2 * MOST_LINES]
        forms_of_lines = [self.line_form(identifier, name, data, files) for identifier in identifiers]
        return [each for _place, each in sorted(enumerate(forms_of_lines), key=place_of)]

    def render(self, name: str, value: Any, attrs: dict | None = None, renderer: Any = None) -> SafeString:
        lines = [
            each if isinstance(each, LineForm) else self.line_form(each["id"], name, line=each)
            for each in value or ()
            if not isinstance(each, LineForm) or each.is_removed or not each.is_empty
        ]
        for number, each in enumerate(lines, 1):
            each.place = str(number)
            for cell in each:
                cell.help_text = self.notes.get(cell.html_name, "")
        new = new_line_html(self.line_form, name, get_language())
        context = {
            "name": name,
            "id": (attrs or {}).get("id"),
            "described_by": (attrs or {}).get("aria-describedby"),
            "lines": list(map(line_html, lines)),
            "extra": extra_line_html(new, new_identifier()),
            "new": new,
            "label": self.label,
        }
        return render_to_string("admin/includes/lines.html", context)

    def written(self, data: QueryDict, name: str, lines: Iterable[Line]) -> QueryDict:
        """Return submitted data in which a field has other lines."""
        data = data.copy()
        for key in [key for key in data if key.startswith(f"{name}-")]:
            del data[key]
        data[name] = "lines"
        for number, line in enumerate(lines, 1):
            form = self.line_form(line["id"], name, line=line)
            data[form.order_name] = str(number)
            for bound in form:
                value = bound.field.widget.format_value(bound.value())
                data[bound.html_name] = ("".join(value) if isinstance(value, list) else value) or ""
        return data


def place_of(numbered: tuple[int, LineForm]) -> tuple[float, int, int]:
    """
    Return where a line belongs that stood at a place in the form, counted from 0.

    Of two with the same number, the one that was moved up comes first, and the one that was moved down comes last.
    """
    place, form = numbered
    typed = form.data.get(form.order_name, "").strip()
    number = int(typed) if typed.isdecimal() and len(typed) < 10 else None
    if number is None:
        return float("inf"), 0, place
    return number, (number > place + 1) - (number < place + 1), place


class LinesFormField(forms.Field):
    """The form field of a LinesField. Its value are the lines, or None if the form has none of them to be changed."""

    is_lines = True  # for templates

    def __init__(self, field: LinesField, make: Callable[[models.Field], forms.Field]):
        self.model_field = field
        label = capfirst(field.verbose_name)
        widget = LinesWidget(line_form_class(field, make), label)
        super().__init__(required=False, label=label, help_text=field.help_text, widget=widget)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if data is None else data

    def clean(self, value: list[LineForm] | None) -> list[Line] | None:
        if value is None:
            return None
        lines, errors = [], []
        written = [form for form in value if not form.is_removed and not form.is_empty]
        for number, form in enumerate(written, 1):
            for cell in form.cells:
                errors += [
                    ValidationError(
                        _("Line %(number)d, %(column)s: %(error)s"),
                        code="line",
                        params={
                            "number": number,
                            "column": cell.field.label,
                            "error": message,
                            "cell": cell.field.auto_id,
                        },
                    )
                    for message in cell.field.errors
                ]
            if form.is_valid():
                lines.append(form.line)
        if errors:
            raise ValidationError(errors)
        self.model_field.validate(lines, None)
        return lines

    def has_changed(self, initial: list[Line] | None, data: list[LineForm] | None) -> bool:
        try:
            return data is not None and self.clean(data) != (initial or [])
        except ValidationError:
            return True


def cell_of(error: ValidationError) -> str:
    """Return the id of the input that an error of a LinesFormField is about; "" if it is about no single one."""
    return (error.params or {}).get("cell", "")
