"""
The lines of a record in a form: each is a small form of its own, with the identifier of the line in its names.

The inputs of a line are named fees-5f0c9a3e-amount, and all that a line is works without JavaScript: an empty line to
be filled in stands at the end, ORDER has its place, and with REMOVE it goes when the form is saved.
static/networks/lines.js adds and moves lines.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import capfirst
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


def line_form_class(field: LinesField, make: Callable[[models.Field], forms.Field]) -> type[LineForm]:
    """Return the form class of the lines of a field. `make` returns the form field of a column."""
    columns = {name: make(column) for name, column in field.columns.items()}
    for name, form_field in columns.items():
        form_field.required = name in field.required
        widget = form_field.widget
        if language := getattr(field.columns[name], "language", ""):
            widget.attrs["lang"] = language_tag(language)
        count_in_browser(widget, getattr(form_field, "max_length", None))
    return type("LineForm", (LineForm,), {**columns, "field": field})


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
        context = {
            "name": name,
            "id": (attrs or {}).get("id"),
            "described_by": (attrs or {}).get("aria-describedby"),
            "lines": lines,
            "extra": self.line_form(new_identifier(), name),
            "new": self.line_form(NEW, name),
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
