"""The files of documents for staff: those of drafts, of earlier revisions and of forms that are not saved yet."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_safe

from citynetworks.document_response import document_response


class DocumentViewsMixin:
    """A mixin for the admin of networks with the address of files. Their names cannot be guessed."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(require_safe(self.document_view))
        return [path("documents/<slug:digest>.pdf", view, name="networks_network_document"), *super().get_urls()]

    def document_view(self, request: HttpRequest, digest: str) -> HttpResponseBase:
        if not self.may(request, "view"):
            raise PermissionDenied
        response = document_response(
            request, f"documents/{digest}.pdf", etag=digest, modified=None, ascii_name="document", title=""
        )
        response.headers["Cache-Control"] = "private, no-store"
        return response
