"""Template filters of the admin, beside those of Django."""

from django import template
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.forms import BoundField
from django.utils.translation import ngettext_lazy

from networks.admin.field_html import fields_html, local_name
from networks.admin.line_forms import cell_of
from networks.admin.list_html import list_context
from networks.languages import language_tag

register = template.Library()
register.filter(language_tag)
register.filter(local_name)
register.filter(fields_html)
register.inclusion_tag("admin/change_list_results.html", name="quick_result_list")(list_context)

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
def error_links(field: BoundField) -> list[dict]:
    """Return the errors of a field, each with the id of the input that it is about, and a label."""
    errors = field.errors.as_data()
    if not any(map(cell_of, errors)):
        return [{"id": field.auto_id, "label": field.label, "text": " ".join(field.errors)}]
    return [
        {"id": cell_of(error) or field.auto_id, "label": field.label, "text": " ".join(error.messages)}
        for error in errors
    ]
