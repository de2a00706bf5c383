"""What the admin's pages about one row share: the row, its lock, its revisions, and how they are rendered."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from networks.admin.base import is_integer
from networks.admin.unsaved_text import get_unsaved_form, unsaved_context
from networks.models import RevisedModel, Revision
from networks.reading import Reader
from networks.revisions import publishing, schedules, storage
from networks.revisions.content import changed_fields, field_label


class NewerRevision(ValidationError):
    """Somebody has saved a newer revision than the one on the page that the user has decided on."""

    def __init__(self) -> None:
        super().__init__(_("Somebody has saved a newer version meanwhile. Look at it, and decide again."))


class RowViewsMixin:
    """The base of the mixins with pages about one row of a RevisedModel."""

    def url(self, name: str, *args: int) -> str:
        """Return the URL of one of the admin's pages of this model: `self.url("change", row.pk)`."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def may(self, request: HttpRequest, permission: str) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.{permission}_{self.opts.model_name}")

    def get_row(self, request: HttpRequest, pk: int, permission: str, *, in_bin: bool = False) -> RevisedModel:
        """
        Return a row with its newest revision as `head`; `in_bin` also those in the bin, for users who may delete.

        Raises PermissionDenied if the user does not have the permission ("change"), and Http404.
        """
        if not self.may(request, permission):
            raise PermissionDenied
        rows = self.model.objects.select_related("head", "live")
        row = get_object_or_404(rows, pk=pk)
        if row.deleted_at is not None and not (in_bin and self.may(request, "delete")):
            raise Http404
        storage.newest_revision(row)
        return row

    def lock(self, request: HttpRequest, row: RevisedModel) -> RevisedModel:
        """
        Lock a row until the transaction ends, and return it.

        Raises NewerRevision if its newest revision is not the one on the page that sent the request. This is compared
        under the lock, so that no revision can be saved in between.
        """
        locked = storage.lock(row)
        if request.POST.get("version", str(locked.head.number)) != str(locked.head.number):
            raise NewerRevision
        return locked

    def redirect_with_error(self, request: HttpRequest, error: ValidationError) -> HttpResponse:
        """Redirect to the same page, which shows the error and the newest revision."""
        self.message_user(request, schedules.error_text(self.model, error), messages.WARNING)
        return HttpResponseRedirect(request.path)

    def render(
        self, request: HttpRequest, template: str, row: RevisedModel | None, title: str | Promise, **context
    ) -> TemplateResponse:
        """Return a page from templates/admin/networks/revised/."""
        return TemplateResponse(
            request,
            f"admin/networks/revised/{template}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "row": row,
                "title": title,
                "subtitle": str(row) if row else None,
                "may": {name: self.may(request, name) for name in ("change", "publish", "delete")},
                **context,
            },
        )

    def unsaved_context(self, request: HttpRequest, *, is_unsaved: bool) -> dict:
        """Return what templates/admin/includes/unsaved_form.html needs, so that nothing typed into a form is lost."""
        return {
            **unsaved_context(request),
            "adminform": {"form": {"is_bound": is_unsaved, "kept": get_unsaved_form(request)}},
        }

    def redirect_to_form(self, row: RevisedModel) -> HttpResponse:
        return HttpResponseRedirect(self.url("change", row.pk))

    def get_revision(self, row: RevisedModel, number: str | None, default: Revision) -> Revision:
        """Return the revision with a number from the query string, or the default without one. Raises Http404."""
        if not number:
            return default
        return get_object_or_404(row.revisions, number=int(number) if is_integer(number) else 0)

    def revision_context(self, revision: Revision) -> dict:
        reader = Reader()
        when, who = reader.moment(revision.created_at), author_or_system(revision.author_name, reader)
        return {"version": revision, "when": when, "who": who}

    def describe_changes(self, revision: Revision) -> str:
        """Return which fields a revision has changed, such as "description (in English), themes"."""
        if revision.parent is None:
            return gettext("First version")
        changed = changed_fields(self.model, revision.parent.content, revision.content)
        return ", ".join(field_label(self.model, name) for name in changed) or gettext("nothing that is still kept")

    def unfinished_context(self, request: HttpRequest, row: RevisedModel) -> list[dict]:
        """Return whose changes would be published though nobody has submitted them, and to which fields."""
        reader = Reader()
        return [
            {"who": author_or_system(each.author_name, reader), "changes": self.describe_changes(each)}
            for each in publishing.unreviewed_revisions(row, request.user)
        ]


def author_or_system(author_name: str, reader: Reader) -> str:
    """Return the name of an author in the reader's script, or "the system" where it is empty."""
    return reader.unmarked(author_name) or gettext("the system")
