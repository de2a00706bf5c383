"""
How form fields become HTML: simple inputs without templates, all else by Django's.

The form of a network has a hundred inputs, and a list has a checkbox in each row. Django's templates take as long for
each as a query of the database. What comes out is the same, but for empty lines.
"""

from collections.abc import Callable
from html import escape
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.html import conditional_escape

Widget = dict[str, Any]  # as the templates get it

WIDGETS = "django/forms/widgets"
OPTIONS = {f"{WIDGETS}/{each}_option.html" for each in ("select", "checkbox", "radio")}
ERRORS = "django/forms/errors/list/default.html"
LABEL = "django/forms/label.html"


def escaped(value: Any) -> str:
    """Return what `conditional_escape` does, faster where a text is neither HTML nor lazy, as most are."""
    return escape(value) if type(value) is str else conditional_escape(value)


def attributes(attrs: dict[str, Any]) -> str:
    return "".join(
        f" {name}" if value is True else f' {name}="{escaped(value)}"'
        for name, value in attrs.items()
        if value is not False
    )


def input_html(widget: Widget) -> str:
    value = "" if widget["value"] is None else f' value="{escaped(widget["value"])}"'
    name = escaped(widget["name"])
    return f'<input type="{widget["type"]}" name="{name}"{value}{attributes(widget["attrs"])}>'


def textarea_html(widget: Widget) -> str:
    text = escaped(widget["value"] or "")
    return f'<textarea name="{escaped(widget["name"])}"{attributes(widget["attrs"])}>\n{text}</textarea>'


def select_html(widget: Widget) -> str:
    lines = [f'<select name="{escaped(widget["name"])}"{attributes(widget["attrs"])}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            lines.append(f'  <optgroup label="{escaped(group)}">')
        for option in options:
            value, label = escaped(option["value"]), escaped(option["label"])
            lines.append(f'  <option value="{value}"{attributes(option["attrs"])}>{label}</option>')
        if group:
            lines.append("  </optgroup>")
    return "\n".join([*lines, "</select>"])


def checkboxes_html(widget: Widget) -> str:
    attrs = {name: widget["attrs"][name] for name in ("id", "class") if widget["attrs"].get(name)}
    lines = [f"<div{attributes(attrs)}>"]
    for group, options, _index in widget["optgroups"]:
        if group:
            lines.append(f"  <div><label>{escaped(group)}</label>")
        for option in options:
            label = f"{input_html(option)} {escaped(option['label'])}"
            if option["wrap_label"]:
                label = f"<label{attributes({'for': option['attrs'].get('id') or False})}>{label}</label>"
            lines.append(f"<div>{label}</div>")
        if group:
            lines.append("  </div>")
    return "\n".join([*lines, "</div>"])


def label_html(context: dict[str, Any]) -> str:
    tag = context["tag"]
    return f"<{tag}{attributes(context['attrs'] or {})}>{escaped(context['label'])}</{tag}>"


def has_plain_options(widget: Widget) -> bool:
    templates = {option["template_name"] for _group, options, _index in widget["optgroups"] for option in options}
    return templates <= OPTIONS


INPUTS = ("text", "number", "email", "url", "hidden", "date", "checkbox", "password")
WRITERS: dict[str, Callable[[Widget], str]] = {f"{WIDGETS}/{each}.html": input_html for each in INPUTS} | {
    f"{WIDGETS}/textarea.html": textarea_html,
    f"{WIDGETS}/select.html": select_html,
    f"{WIDGETS}/checkbox_select.html": checkboxes_html,
    f"{WIDGETS}/radio.html": checkboxes_html,
}


class FormRenderer(DjangoTemplates):
    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name == ERRORS and not context["errors"]:
            return ""
        if template_name == LABEL and context["use_tag"]:
            return label_html(context)
        if write := WRITERS.get(template_name):
            widget = context["widget"]
            if "optgroups" not in widget or has_plain_options(widget):
                return write(widget)
        return super().render(template_name, context, request)
