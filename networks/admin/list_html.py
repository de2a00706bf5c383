"""
The rows of a list as HTML: what Django's tag `result_list` writes for columns that are methods of the model admin.

Django finds out for each of the 450 cells of a list what kind of column it is in, which takes as long as the cells.
"""

from collections.abc import Iterator

from django.contrib.admin.templatetags.admin_list import result_headers, result_list
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.views.main import ChangeList
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe


def rows_html(changelist: ChangeList) -> Iterator[SafeString]:
    """Return the cells of each row of a list. Its columns return texts, and one of them leads to the form."""
    model_admin, rows = changelist.model_admin, changelist.result_list
    (linked,) = changelist.list_display_links
    columns = []
    for name in changelist.list_display:
        column = getattr(model_admin, name)
        empty = getattr(column, "empty_value_display", model_admin.get_empty_value_display())
        css_class = "action-checkbox" if name == "action_checkbox" else f"field-{name}"
        columns.append((column, empty, css_class, name == linked))
    url = changelist.url_for_result(rows[0]) if rows else ""
    filters = {"preserved_filters": changelist.preserved_filters, "opts": changelist.opts}
    query = add_preserved_filters(filters, url).removeprefix(url)  # the same in each row
    for row in rows:
        cells = []
        for column, empty, css_class, is_linked in columns:
            text = column(row)
            text = conditional_escape(text if text.strip() else empty)
            if is_linked:
                url = escape(changelist.url_for_result(row) + query)
                cells.append(f'<th class="{css_class}"><a href="{url}">{text}</a></th>')
            else:
                cells.append(f'<td class="{css_class}">{text}</td>')
        yield mark_safe("".join(cells))  # noqa: S308 - escaped above


def list_context(changelist: ChangeList) -> dict:
    """Return the context of Django's admin/change_list_results.html."""
    if changelist.is_popup:
        return result_list(changelist)
    headers = list(result_headers(changelist))
    return {
        "cl": changelist,
        "result_headers": headers,
        "num_sorted_fields": sum(header["sortable"] and header["sorted"] for header in headers),
        "results": [[row] for row in rows_html(changelist)],
    }
