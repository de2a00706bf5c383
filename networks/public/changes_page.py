"""The view of the public changes."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from networks.public.page_context import PageContext, render_page
from networks.public.paging import page_links, page_query, requested_page
from networks.reading import Reader
from networks.revisions.public_changes import change_readings, public_changes

CHANGES_ON_A_PAGE = 50


@require_safe
def change_list(request: HttpRequest) -> HttpResponse:
    page = requested_page(request, public_changes(), CHANGES_ON_A_PAGE)
    changes = change_readings(page, Reader())
    changed_at = max((change.row.happened_at for change in changes), default=None)
    return render_page(
        PageContext(request, query=page_query(page.number), changed_at=changed_at),
        "networks/changes.html",
        {"share_title": _("Changes"), "page": page, "pager": page_links(page), "changes": changes},
    )
