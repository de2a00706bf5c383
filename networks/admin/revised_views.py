"""The admin's pages about one row beside its form, and the actions that ask for confirmation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from networks.admin.bulk_actions import ACTION_TEXTS, LEAVING
from networks.admin.history_views import HistoryViewsMixin
from networks.admin.link_admin import incoming_links, troubled_links
from networks.admin.preview_views import PreviewViewsMixin
from networks.admin.review import Review
from networks.admin.review_views import ReviewViewsMixin
from networks.admin.row_views import NewerRevision, author_or_system
from networks.admin.schedule_views import ScheduleViewsMixin
from networks.admin.translation_notes import TranslationNotes
from networks.models import OpenForm, RevisedModel, Schedule
from networks.reading import Reader
from networks.revisions import drafts, publishing, schedules, storage
from networks.revisions.comparison import compare

# An open form reports itself every minute (static/networks/open_form.js), without JavaScript only when it is opened.
OPEN_FORM_TIMEOUT = timedelta(minutes=5)


@dataclass(frozen=True)
class ConfirmedAction:
    """
    An action on a row that asks for confirmation first.

    `do(row, author=user)` is called in a transaction with the locked row. `done` is the message after it.
    """

    permission: str
    do: Callable
    title: Promise
    question: Promise
    button: Promise
    done: Promise
    is_dangerous: bool = False


CONFIRMED_ACTIONS = {
    "withdraw": ConfirmedAction(
        "publish",
        publishing.unpublish,
        _("Take off the site"),
        _("Citizens will not see this any more. All that is written stays, and it can be published again."),
        _("Take off the site"),
        _("“{name}” is off the site. All that is written has stayed."),
    ),
    "discard": ConfirmedAction(
        "change",
        drafts.discard,
        _("Discard draft"),
        _(
            "The form will open on what citizens see. What you discard stays in the history, from which somebody who "
            "publishes can restore it."
        ),
        _("Discard draft"),
        _("The draft of “{name}” is discarded. It stays in the history."),
        is_dangerous=True,
    ),
    "submit": ConfirmedAction(
        "change",
        drafts.submit,
        _("Submit for publishing"),
        _("The newest version will be put before those who publish."),
        _("Submit for publishing"),
        _("“{name}” waits for somebody who publishes."),
    ),
    "recall": ConfirmedAction(
        "change",
        drafts.recall,
        _("Take the submission back"),
        _("The draft stays as it is, and is not put before those who publish any more."),
        _("Take the submission back"),
        _("“{name}” is not submitted any more."),
    ),
    "undelete": ConfirmedAction(
        "delete",
        publishing.undelete,
        _("Put back from the bin"),
        _("It comes back with its history, its pictures and its address, as a draft that citizens do not see."),
        _("Put back from the bin"),
        _("“{name}” is back, as a draft. Publish it when citizens are to see it again."),
    ),
}


class RevisedViewsMixin(ReviewViewsMixin, HistoryViewsMixin, ScheduleViewsMixin, PreviewViewsMixin):
    """A mixin for the admin of a RevisedModel with the pages about one row beside its form, and their URLs."""

    def get_urls(self) -> list:
        def page(route: str, view: Callable, name: str) -> URLPattern:
            view = self.admin_site.admin_view(view)
            view.model_admin = self  # as Django does it; networks.admin.unsaved_text looks for it
            return path(route, view, name=f"{self.opts.app_label}_{self.opts.model_name}_{name}")

        return [
            page("bin/", self.bin_view, "bin"),
            *(page(f"<int:pk>/{name}/", partial(self.action_view, name=name), name) for name in CONFIRMED_ACTIONS),
            page("<int:pk>/review/", self.review_view, "review"),
            *(page(f"<int:pk>/{name}/", self.moved_view, name) for name in ("publish", "return", "remarks")),
            page("<int:pk>/compare/", self.compare_view, "compare"),
            page("<int:pk>/restore/<int:number>/", self.restore_view, "restore"),
            page("<int:pk>/schedule/", self.schedule_view, "schedule"),
            page("<int:pk>/schedule/<int:schedule_pk>/cancel/", self.cancel_view, "cancel"),
            page("<int:pk>/preview/", self.preview_view, "preview"),
            page("<int:pk>/links/", self.links_view, "links"),
            page("<int:pk>/links/<int:link_pk>/revoke/", self.revoke_view, "revoke"),
            page("<int:pk>/open/", require_POST(self.open_view), "open"),
            *super().get_urls(),
        ]

    # Actions that ask for confirmation

    def action_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Ask for the confirmation of an action in CONFIRMED_ACTIONS, or run it."""
        action = CONFIRMED_ACTIONS[name]
        row = self.get_row(request, pk, action.permission, in_bin=name == "undelete")
        try:
            if request.method == "POST":
                with transaction.atomic():
                    row = self.lock(request, row)
                    self.refuse_scheduled(request, row, name)
                    self.run_undoably(request, name, row, partial(action.do, author=request.user))
                self.message_user(request, action.done.format(name=row), messages.SUCCESS)
                return self.redirect_to_form(row)
            self.refuse_scheduled(request, row, name)
        except NewerRevision as error:
            return self.redirect_with_error(request, error)
        except ValidationError as error:
            self.message_user(request, schedules.error_text(self.model, error), messages.ERROR)
            return self.redirect_to_form(row)
        comparisons = (
            compare(self.model, row.live.content, row.head.content) if name == "discard" and row.live else []
        )
        incoming = incoming_links([row]) if name in LEAVING else None
        return self.render(request, "act", row, action.title, act=action, comparisons=comparisons, incoming=incoming)

    def run_undoably(
        self, request: HttpRequest, action: str, row: RevisedModel, run: Callable[[RevisedModel], object]
    ) -> None:
        """Run an action on a locked row. If it can be undone, the next pages offer that."""
        before = publishing.undo_state(row)
        run(row)
        if (self.opts.model_name, action) in ACTION_TEXTS and action != "submit":
            done = {"pk": row.pk, "event": publishing.last_event_id(row), "before": before}
            self.remember_for_undo(request, action, [done])

    def refuse_scheduled(self, request: HttpRequest, row: RevisedModel, name: str) -> None:
        """Raise ValidationError if somebody who may not publish wants to discard a draft that is scheduled."""
        scheduled = row.schedules.filter(action=Schedule.Action.PUBLISH)
        if name == "discard" and scheduled and not self.may(request, "publish"):
            raise ValidationError(
                _("The draft is scheduled for publishing. Ask somebody who publishes to cancel that first.")
            )

    # Bin

    def bin_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may(request, "delete"):
            raise PermissionDenied
        reader = Reader()
        rows = [
            {
                "row": row,
                "when": reader.moment(row.deleted_at),
                "who": author_or_system(row.deleted_by, reader),
            }
            for row in self.model.objects.in_bin().order_by("-deleted_at")
        ]
        return self.render(request, "bin", None, gettext("Bin"), rows=rows)

    # Who else has the form open

    def open_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Record that the form is still open, or was closed ("left" in POST); return who else has it open."""
        row = self.get_row(request, pk, "change")
        if "left" in request.POST:
            row.openforms.filter(user=request.user).delete()
            return JsonResponse({})
        colleagues = self.record_open_form(request, row)
        return JsonResponse({"colleagues": colleagues})

    def record_open_form(self, request: HttpRequest, row: RevisedModel) -> str:
        """Record that the user has the form open, and return the sentence that names who else has; "" for nobody."""
        now = timezone.now()
        OpenForm.objects.bulk_create(
            [OpenForm(row=row, user=request.user, seen_at=now)],
            update_conflicts=True,
            unique_fields=[row._meta.model_name, "user"],
            update_fields=["seen_at"],
        )
        others = row.openforms.exclude(user=request.user).filter(seen_at__gt=now - OPEN_FORM_TIMEOUT)
        reader = Reader()
        names = [author_or_system(storage.display_name(form.user), reader) for form in others.select_related("user")]
        if not names:
            return ""
        return gettext("Others have this form open now: {names}. What you both write is brought together.").format(
            names=", ".join(names)
        )

    def status_context(self, request: HttpRequest, row: RevisedModel) -> dict:
        """Return the context of the form beside its fields: where the row stands, and what the user may do."""
        reader = Reader()
        return {
            "row": row,
            "may": {name: self.may(request, name) for name in ("change", "publish", "delete")},
            "head": self.revision_context(row.head),
            "live": row.live and self.revision_context(row.live),
            "plans": self.schedules_context(row),
            "submitted": row.submitted_at
            and {"when": reader.moment(row.submitted_at), "who": author_or_system(row.submitted_by, reader)},
            "review": Review(row),
            "translations": TranslationNotes(row),
            "troubled_links": troubled_links(row),
            "colleagues": self.record_open_form(request, row) if self.may(request, "change") else "",
        }
