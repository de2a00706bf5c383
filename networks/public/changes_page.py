"""The page on which citizens follow what changes."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from networks.public.page_context import render_page
from networks.public.paging import asked_page, page_links, page_query
from networks.reading import Reader
from networks.revisions.public_changes import change_readings, public_changes

CHANGES_ON_A_PAGE = 50


@require_safe
def change_list(request: HttpRequest) -> HttpResponse:
    page = asked_page(request, public_changes(), CHANGES_ON_A_PAGE)
    changes = change_readings(page, Reader())
    return render_page(
        request,
        "networks/changes.html",
        {"share_title": _("Changes"), "page": page, "pager": page_links(page), "changes": changes},
        query=page_query(page.number),
        canonical_query=page_query(page.number),
        changed_at=max((change.row.happened_at for change in changes), default=None),
    )
