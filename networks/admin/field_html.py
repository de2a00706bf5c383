"""
The fields of a form as HTML: what Django's admin/includes/fieldset.html writes, with languages and replaceable parts.

The form of a network has fifty of them, for which templates would take as long as for all the rest of the page.
"""

from collections.abc import Iterable
from contextlib import suppress

from django.conf import settings
from django.contrib.admin.helpers import AdminField, AdminReadonlyField, Fieldline
from django.forms import BoundField
from django.forms.utils import ErrorList
from django.template.defaultfilters import linebreaksbr
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language_info

from citynetworks.form_renderer import attributes
from networks.admin.line_forms import cell_of
from networks.languages import language_tag
from networks.models.lines import LinesField
from networks.reading import Reader
from networks.revisions.comparison import display_text

# What of a field is in an element with data-part, a save in the background replaces.
FIELD = """
<div class="fieldBox field-{name}{hidden}"{language}>
  <div data-part="errors-{name}">{errors}</div>
  <div class="flex-container{row}">{label}{widget}</div>
  <div class="help{hidden}" data-part="help-{name}" id="{id}_helptext">{help_text}</div>
</div>"""

READ_ONLY = """
<div class="fieldBox field-{name}{hidden}">
  <div class="flex-container">{label}<div class="readonly">{text}</div></div>
  {help_text}
</div>"""

HEADINGS = '<div class="form-multiline column-headings" aria-hidden="true">{}</div>'
HEADING = '<div lang="{}" data-language="{}">{}</div>'


def own_errors(field: BoundField) -> ErrorList | str:
    """Return the errors of a field without those that stand beside one of its inputs."""
    errors = field.errors
    if not errors:
        return ""
    return ErrorList([error for error in errors.as_data() if not cell_of(error)], field_id=errors.field_id)


def label_html(field: AdminField) -> SafeString:
    """
    Return what Django's `label_tag` does, which takes as long as the widget, with the language of a translated field
    set apart, for the stylesheet to hide.
    """
    bound = field.field
    if getattr(bound.field, "is_lines", False):
        return format_html('<h3 class="lines-name">{}</h3>', bound.label)
    label, short = str(bound.label), getattr(bound.field, "short_label", None)
    is_translated = short is not None and not field.is_checkbox
    classes = ["vCheckboxLabel"] if field.is_checkbox else []
    classes += ["required"] if bound.field.required else []
    if is_translated:
        language = label.removeprefix(str(short)).strip()
        contents = f'{escape(short)}<span class="language"> {escape(language)}</span>{bound.form.label_suffix}'
    else:
        classes += [] if field.is_first else ["inline"]
        contents = escape(label)
        if not field.is_checkbox and label[-1:] not in ":?.!":
            contents += bound.form.label_suffix
    attrs = {"class": " ".join(classes) or False, "for": bound.id_for_label or False}
    return mark_safe(f"<label{attributes(attrs)}>{contents}</label>")  # noqa: S308 - escaped above


def help_html(text: str) -> SafeString:
    return mark_safe(f"<div>{text}</div>" if text else "")  # noqa: S308 - help texts are HTML, and ours


def field_html(field: AdminField) -> SafeString:
    bound = field.field
    label, widget = label_html(field), bound.as_widget()
    language = getattr(bound.field, "language", "")
    html = FIELD.format(
        name=bound.name,
        hidden=" hidden" if bound.is_hidden else "",
        language=f' data-language="{language}"' if language else "",
        errors=own_errors(bound),
        row=" checkbox-row" if field.is_checkbox else "",
        label=widget if field.is_checkbox else label,
        widget=label if field.is_checkbox else widget,
        id=bound.id_for_label,
        help_text=help_html(bound.help_text),
    )
    return mark_safe(html)  # noqa: S308 - it is made of names and HTML


def read_only_text(field: AdminReadonlyField) -> str:
    """Return the contents of a field that may not be changed."""
    fields = {each.name: each for each in field.form._meta.model._meta.fields if isinstance(each, LinesField)}
    if (lines := fields.get(field.field["name"])) is None:
        return field.contents()
    return linebreaksbr(display_text(lines, getattr(field.form.instance, lines.name), Reader()))


def read_only_html(field: AdminReadonlyField) -> SafeString:
    text = field.field["help_text"]
    return format_html(
        READ_ONLY,
        name=field.field["name"],
        hidden=" hidden" if field.field["is_hidden"] else "",
        label=field.label_tag(),
        text=read_only_text(field),
        help_text=format_html('<div class="help">{}</div>', help_html(text)) if text else "",
    )


def local_name(code: str) -> str:
    """Return the name that a language has itself: Српски, English."""
    with suppress(KeyError):  # a language that Django does not know
        return capfirst(get_language_info(code)["name_local"])
    return str(dict(settings.LANGUAGES).get(code, code))


def languages_of(line: Fieldline) -> list[str]:
    """Return the languages of a line of a form that has a text in each of several; of any other line, nothing."""
    codes = [getattr(line.form.fields.get(name), "language", "") for name in line.fields]
    return codes if len(codes) > 1 and all(codes) else []


def line_html(line: Fieldline) -> SafeString:
    """Return the fields of a line of a form, which stand beside each other."""
    fields = ((read_only_html if field.is_readonly else field_html)(field) for field in line)
    multiline = " form-multiline" if len(line.fields) > 1 else ""
    hidden = "" if line.has_visible_field else " hidden"
    return format_html(
        '<div class="form-row{}{}">{}</div>',
        multiline,
        hidden,
        format_html_join("", "{}", ((field,) for field in fields)),
    )


def fields_html(lines: Iterable[Fieldline]) -> SafeString:
    """Return the lines of a form, with the languages above texts that stand side by side."""
    parts, before = [], []
    for line in lines:
        codes = languages_of(line)
        if codes and codes != before:
            # Each label says its language too, for those who do not see the columns.
            headings = ((language_tag(code), code, local_name(code)) for code in codes)
            parts.append(format_html(HEADINGS, format_html_join("", HEADING, headings)))
        parts.append(line_html(line))
        before = codes
    return format_html_join("", "{}", ((part,) for part in parts))
