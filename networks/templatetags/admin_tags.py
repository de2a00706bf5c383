"""Template filters of the admin, beside those of Django."""

from contextlib import suppress

from django import template
from django.conf import settings
from django.contrib.admin.helpers import AdminField, AdminReadonlyField, Fieldline
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.forms import BoundField
from django.forms.utils import ErrorList
from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language_info, ngettext_lazy

from networks.admin.line_forms import cell_of
from networks.languages import language_tag
from networks.models.lines import LinesField
from networks.reading import Reader
from networks.revisions.comparison import display_text

register = template.Library()
register.filter(language_tag)

# Django writes a number before verbose_name_plural, but Serbian has two plural forms: 4 мреже, 11 мрежа.
COUNTS = {
    "networks.network": ngettext_lazy("%(count)s network", "%(count)s networks", "count"),
    "networks.theme": ngettext_lazy("%(count)s theme", "%(count)s themes", "count"),
    "networks.page": ngettext_lazy("%(count)s page", "%(count)s pages", "count"),
    "networks.oldaddress": ngettext_lazy("%(count)s old address", "%(count)s old addresses", "count"),
    "networks.link": ngettext_lazy("%(count)s link", "%(count)s links", "count"),
    "networks.auditentry": ngettext_lazy("%(count)s entry", "%(count)s entries", "count"),
    "auth.user": ngettext_lazy("%(count)s user", "%(count)s users", "count"),
    "auth.group": ngettext_lazy("%(count)s role", "%(count)s roles", "count"),
}


@register.simple_tag
def list_filters(changelist: ChangeList, *without: str) -> list[dict]:
    """
    Return the filters of a list with their choices, and what is chosen; `None` if that is all.

    The filters whose parameter is among `without` are only named where something is chosen that has no tab.
    """
    filters = []
    for spec in changelist.filter_specs:
        choices = list(spec.choices(changelist))
        first, chosen = choices[0], next((each for each in choices if each["selected"]), choices[0])
        filters.append(
            {
                "title": spec.title,
                "choices": choices,
                "chosen": None if chosen is first else chosen["display"],
                "without_url": first["query_string"],
                "is_tabs": getattr(spec, "parameter_name", "") in without,
            }
        )
    return filters


@register.filter
def counted(count: int, model: type[models.Model]) -> str:
    """Return a number of rows with the name of their model in the right form: 1 мрежа, 4 мреже, 11 мрежа."""
    if model._meta.label_lower in COUNTS:
        return COUNTS[model._meta.label_lower] % {"count": count}
    return f"{count} {model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural}"


@register.filter
def languages(line: Fieldline) -> list[str]:
    """Return the languages of a line of a form that has a text in each of several; of any other line, nothing."""
    codes = [getattr(line.form.fields.get(name), "language", "") for name in line.fields]
    return codes if len(codes) > 1 and all(codes) else []


@register.filter
def own_name(code: str) -> str:
    """Return the name that a language has itself: Српски, English."""
    with suppress(KeyError):  # a language that Django does not know
        return capfirst(get_language_info(code)["name_local"])
    return str(dict(settings.LANGUAGES).get(code, code))


@register.filter
def error_links(field: BoundField) -> list[dict]:
    """Return the errors of a field, each with the id of the input that it is about, and a label."""
    errors = field.errors.as_data()
    if not any(map(cell_of, errors)):
        return [{"id": field.auto_id, "label": field.label, "text": " ".join(field.errors)}]
    return [
        {"id": cell_of(error) or field.auto_id, "label": field.label, "text": " ".join(error.messages)}
        for error in errors
    ]


@register.filter
def own_errors(field: BoundField) -> ErrorList:
    """Return the errors of a field without those that stand beside one of its inputs."""
    errors = field.errors
    return ErrorList([error for error in errors.as_data() if not cell_of(error)], field_id=errors.field_id)


@register.filter
def read_only_text(field: AdminReadonlyField) -> str:
    """Return the contents of a field that may not be changed."""
    fields = {each.name: each for each in field.form._meta.model._meta.fields if isinstance(each, LinesField)}
    if (lines := fields.get(field.field["name"])) is None:
        return field.contents()
    return linebreaksbr(display_text(lines, getattr(field.form.instance, lines.name), Reader()))


@register.simple_tag
def label_of(field: AdminField) -> SafeString:
    """Return the label of a field, with the language of a translated one set apart, for the stylesheet to hide."""
    short = getattr(field.field.field, "short_label", None)
    if short is None:
        return field.label_tag()
    language = str(field.field.label).removeprefix(str(short)).strip()
    contents = format_html('{}<span class="language"> {}</span>', short, language)
    return field.field.label_tag(contents, {"class": "required"} if field.field.field.required else None)
