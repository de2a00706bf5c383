"""The page on which citizens follow what changes."""

import re

from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from networks.changes import public_changes, readings
from networks.public.site import render_page
from networks.reading import Reader

CHANGES_ON_A_PAGE = 50


@require_safe
def change_list(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("page", "1")
    if not re.fullmatch("[1-9][0-9]{0,8}", asked):
        raise Http404
    try:
        page = Paginator(public_changes(), CHANGES_ON_A_PAGE).page(asked)
    except InvalidPage as error:
        raise Http404 from error
    changes = readings(page, Reader())
    return render_page(
        request,
        "networks/changes.html",
        {"page_of_changes": page, "changes": changes},
        query=f"?page={page.number}" if page.number > 1 else "",
        changed_at=max((change.row.happened_at for change in changes), default=None),
    )
