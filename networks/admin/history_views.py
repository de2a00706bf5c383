"""The admin's pages about the revisions of a row: its history, the comparison of two, and restoring one."""

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext

from networks.admin.base import is_integer
from networks.admin.row_views import NewerRevision, RowViewsMixin, author_or_system
from networks.models import RevisedModel
from networks.reading import Reader
from networks.revisions import drafts, schedules
from networks.revisions.comparison import compare
from networks.revisions.content import field_label, restored_content

REVISIONS_PER_PAGE = 25


class HistoryViewsMixin(RowViewsMixin):
    """The pages history, compare and restore."""

    def history_view(self, request: HttpRequest, object_id, extra_context=None) -> HttpResponse:
        pk = unquote(object_id)
        pk = int(pk) if is_integer(pk) else 0
        row = self.get_row(request, pk, "view", in_bin=True)
        revisions = row.revisions.select_related("parent", "restored_from")
        page = Paginator(revisions, REVISIONS_PER_PAGE).get_page(request.GET.get("p"))
        return self.render(
            request,
            "history",
            row,
            gettext("History of changes"),
            entries=self.history_entries(row, page),
            page_obj=page,
            pages=page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        )

    def history_entries(self, row: RevisedModel, page: Page) -> list[dict]:
        """Return the revisions of a page of the history and the events between them, newest first."""
        reader = Reader()
        revisions = list(page)
        events = row.events.select_related("revision").defer("revision__content")
        if page.has_next():
            events = events.filter(created_at__gte=revisions[-1].created_at)
        if page.has_previous():
            newer = page.paginator.object_list[page.start_index() - 2]
            events = events.filter(created_at__lt=newer.created_at)
        entries = [
            {
                "at": revision.created_at,
                "version": revision,
                "who": revision.author_name,
                "changes": self.describe_changes(revision),
                "comment": reader.unmarked(revision.comment),
                "is_head": revision.pk == row.head_id,
                "is_live": revision.pk == row.live_id,
            }
            for revision in revisions
        ]
        entries += [
            {
                "at": event.created_at,
                "event": event,
                "who": event.author_name,
                "planned_for": event.planned_for and reader.moment(event.planned_for),
                "explanation": reader.unmarked(event.explanation),
                "fields": ", ".join(field_label(self.model, name) for name in event.fields),
            }
            for event in events
        ]
        for entry in entries:
            entry |= {"when": reader.moment(entry["at"]), "who": author_or_system(entry["who"], reader)}
        return sorted(entries, key=lambda entry: (entry["at"], "event" in entry), reverse=True)

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "view", in_bin=True)
        before = self.get_revision(row, request.GET.get("from"), row.live or row.head)
        after = self.get_revision(row, request.GET.get("to"), row.head)
        if before.number > after.number:
            before, after = after, before
        return self.render(
            request,
            "compare",
            row,
            gettext("Comparison of versions {before} and {after}").format(before=before.number, after=after.number),
            before=self.revision_context(before),
            after=self.revision_context(after),
            comparisons=compare(self.model, before.content, after.content),
        )

    def restore_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        row = self.get_row(request, pk, "publish")
        revision = get_object_or_404(row.revisions, number=number)
        if request.method == "POST":
            try:
                with transaction.atomic():
                    saved = drafts.restore(self.lock(request, row), revision, author=request.user)
            except NewerRevision as error:
                return self.redirect_with_error(request, error)
            except ValidationError as error:
                self.message_user(request, schedules.error_text(self.model, error), messages.ERROR)
                return HttpResponseRedirect(request.path)
            text = (
                gettext("Version {number} is restored, as a draft.")
                if saved.is_new
                else gettext("The newest version is the same as version {number}.")
            )
            self.message_user(request, text.format(number=revision.number), messages.SUCCESS)
            return self.redirect_to_form(row)
        content = restored_content(self.model, row.head.content, revision.content)
        return self.render(
            request,
            "restore",
            row,
            gettext("Restore version {number}").format(number=revision.number),
            before=self.revision_context(row.head),
            after=self.revision_context(revision),
            comparisons=compare(self.model, row.head.content, content),
        )
