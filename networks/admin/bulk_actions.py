"""
Actions on many rows of a change list. They ask for confirmation, with number and names, and the last can be undone.

The session of the user stores what undoing needs: for each row its state before the action, and the
event that the action has made. A row with a newer event was changed since, and is not undone.

An action on many rows takes a while. Each request works on it for a second; then it answers with a page that says how
far it is and goes on with the rest.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from networks.admin.base import is_integer
from networks.admin.link_admin import incoming_links
from networks.revisions import schedules

# The field with the rows of a confirmation page, as "pk:revision pk:revision". It is one field because Django refuses
# forms with more than some thousand (DATA_UPLOAD_MAX_NUMBER_FIELDS).
CHOSEN = "chosen"

UNDO_PERIOD = timedelta(days=1)

# The actions after which citizens do not find a page any more
LEAVING = {"withdraw", "delete_selected"}


class ActionTexts:
    """
    The texts of an action: of its button, of the question before it, and of the message after it.

    `question` and `done` are functions of the number of rows, for the plural forms. An action that does not
    ask has no question.
    """

    def __init__(self, button: Promise, question: Callable[[int], str] | None, done: Callable[[int], str]) -> None:
        self.button, self.question, self.done = button, question, done


ACTION_TEXTS = {
    ("network", "publish"): ActionTexts(
        _("Publish"),
        lambda count: ngettext(
            "The newest version of %(count)d network will be published. Citizens will see it at once.",
            "The newest versions of %(count)d networks will be published. Citizens will see them at once.",
            count,
        ),
        lambda count: ngettext("%d network published.", "%d networks published.", count) % count,
    ),
    ("network", "withdraw"): ActionTexts(
        _("Take off the site"),
        lambda count: ngettext(
            "%(count)d network will be taken off the site. All that is written about it stays.",
            "%(count)d networks will be taken off the site. All that is written about them stays.",
            count,
        ),
        lambda count: ngettext("%d network taken off the site.", "%d networks taken off the site.", count) % count,
    ),
    ("network", "verify"): ActionTexts(
        _("Confirm"),
        lambda count: ngettext(
            "What citizens read of %(count)d network will be confirmed as right, with the day of today. "
            "Its draft stays a draft.",
            "What citizens read of %(count)d networks will be confirmed as right, with the day of today. "
            "Their drafts stay drafts.",
            count,
        ),
        lambda count: ngettext("%d network confirmed.", "%d networks confirmed.", count) % count,
    ),
    ("network", "edit"): ActionTexts(
        _("Change fields"),
        lambda count: ngettext("%(count)d network will be changed.", "%(count)d networks will be changed.", count),
        lambda count: ngettext("%d network changed.", "%d networks changed.", count) % count,
    ),
    ("network", "end"): ActionTexts(
        pgettext_lazy("action", "End this membership"),
        None,
        lambda count: ngettext("%d membership ended.", "%d memberships ended.", count) % count,
    ),
    ("network", "submit_end"): ActionTexts(
        _("Submit for publishing"),
        None,
        lambda count: (
            ngettext(
                "The end of %d membership submitted for publishing.",
                "The end of %d memberships submitted for publishing.",
                count,
            )
            % count
        ),
    ),
    ("network", "return"): ActionTexts(
        _("Return to the author"),
        None,
        lambda count: ngettext("%d network returned.", "%d networks returned.", count) % count,
    ),
    ("network", "import"): ActionTexts(
        _("Import"),
        None,
        lambda count: ngettext("%d draft saved from a file.", "%d drafts saved from a file.", count) % count,
    ),
    # Its outcome is a file.
    ("network", "export"): ActionTexts(_("Export"), None, str),
    ("network", "delete_selected"): ActionTexts(
        _("Move to the bin"),
        lambda count: ngettext(
            "%(count)d network will be moved to the bin. Citizens will not see it any more.",
            "%(count)d networks will be moved to the bin. Citizens will not see them any more.",
            count,
        ),
        lambda count: ngettext("%d network moved to the bin.", "%d networks moved to the bin.", count) % count,
    ),
    ("network", "discard"): ActionTexts(
        _("Discard draft"),
        None,
        lambda count: ngettext("%d draft discarded.", "%d drafts discarded.", count) % count,
    ),
    ("network", "submit"): ActionTexts(
        _("Submit for publishing"),
        None,
        lambda count: (
            ngettext("%d network submitted for publishing.", "%d networks submitted for publishing.", count) % count
        ),
    ),
    ("network", "move"): ActionTexts(
        _("Move"), None, lambda count: ngettext("%d network moved.", "%d networks moved.", count) % count
    ),
    ("page", "publish"): ActionTexts(
        _("Publish"),
        lambda count: ngettext(
            "The newest version of %(count)d page will be published. Citizens will see it at once.",
            "The newest versions of %(count)d pages will be published. Citizens will see them at once.",
            count,
        ),
        lambda count: ngettext("%d page published.", "%d pages published.", count) % count,
    ),
    ("page", "withdraw"): ActionTexts(
        _("Take off the site"),
        lambda count: ngettext(
            "%(count)d page will be taken off the site. All that is written on it stays.",
            "%(count)d pages will be taken off the site. All that is written on them stays.",
            count,
        ),
        lambda count: ngettext("%d page taken off the site.", "%d pages taken off the site.", count) % count,
    ),
    ("page", "delete_selected"): ActionTexts(
        _("Move to the bin"),
        lambda count: ngettext(
            "%(count)d page will be moved to the bin. Citizens will not see it any more.",
            "%(count)d pages will be moved to the bin. Citizens will not see them any more.",
            count,
        ),
        lambda count: ngettext("%d page moved to the bin.", "%d pages moved to the bin.", count) % count,
    ),
    ("page", "discard"): ActionTexts(
        _("Discard draft"),
        None,
        lambda count: ngettext("%d draft discarded.", "%d drafts discarded.", count) % count,
    ),
    ("page", "return"): ActionTexts(
        _("Return to the author"),
        None,
        lambda count: ngettext("%d page returned.", "%d pages returned.", count) % count,
    ),
    ("page", "move"): ActionTexts(
        _("Move"), None, lambda count: ngettext("%d page moved.", "%d pages moved.", count) % count
    ),
    ("page", "submit"): ActionTexts(
        _("Submit for publishing"),
        None,
        lambda count: (
            ngettext("%d page submitted for publishing.", "%d pages submitted for publishing.", count) % count
        ),
    ),
}


def is_confirmed(request: HttpRequest) -> bool:
    return request.POST.get("post") == "yes"


def select_confirmed_rows(request: HttpRequest) -> None:
    """Put the rows of a confirmation page into the POST data where Django's actions look for them."""
    if CHOSEN in request.POST and is_confirmed(request):
        request.POST = request.POST.copy()
        named = request.POST[CHOSEN].split()
        request.POST.setlist(ACTION_CHECKBOX_NAME, [each.partition(":")[0] for each in named])
        request.POST["select_across"] = "0"


def confirmed_revision(request: HttpRequest, row: models.Model) -> str:
    """Return the primary key of the revision of a row that the confirmation page has shown, as text; "" for none."""
    named = dict(each.partition(":")[::2] for each in request.POST.get(CHOSEN, "").split())
    return named.get(str(row.pk), "")


class BulkActionsMixin:
    """
    A mixin for the admin of a model with actions in ACTION_TEXTS.

    A subclass defines `undo_one(request, action, before)`, which undoes an action on one row. It gets what the action
    passed to `report_done`, returns whether it has undone it, and may raise ValidationError.
    """

    run_time = 1.0  # seconds, after which a page says how far an action is

    def get_urls(self) -> list:
        undo = self.admin_site.admin_view(require_POST(self.undo_view))
        return [path("undo/", undo, name=f"{self.opts.app_label}_{self.opts.model_name}_undo"), *super().get_urls()]

    def texts(self, action: str) -> ActionTexts:
        return ACTION_TEXTS[self.opts.model_name, action]

    def for_a_while(self, rows: Sequence, remaining: list) -> Iterator:
        """Yield rows until the time of a request is over, at least one. The others are added to `remaining`."""
        end = time.monotonic() + self.run_time
        for place, row in enumerate(rows):
            if place and time.monotonic() > end:
                remaining += rows[place:]
                return
            yield row

    def may_run(self, request: HttpRequest, action) -> bool:
        if action == "delete_selected":
            return self.has_delete_permission(request)
        if action in ("discard", "edit", "import", "submit_end"):
            return self.has_change_permission(request)
        return self.has_publish_permission(request)

    # Before the action

    def confirmation_response(
        self, request: HttpRequest, action: str, rows: list, others: Sequence = ()
    ) -> HttpResponse:
        """Return the page that asks whether to do it with the rows, and by a checkbox whether with `others` too."""
        texts = self.texts(action)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": texts.button,
            "subtitle": None,
            "words": texts,
            "question": texts.question(len(rows)) % {"count": len(rows)} if rows else "",
            "incoming": incoming_links(rows) if action in LEAVING else None,
            "rows": rows,
            "others": others,
            "action": action,
            # Where the page is shown again, because of an error, the revisions that it has shown first
            "chosen": " ".join(
                f"{row.pk}:{confirmed_revision(request, row) or row.head_id or ''}" for row in [*rows, *others]
            ),
        }
        return TemplateResponse(request, "admin/confirm_action.html", context)

    # After the action

    @property
    def undo_key(self) -> str:
        return f"undo_{self.opts.label_lower}"

    def report_done(
        self, request: HttpRequest, action: str, done: list[dict], remaining: Sequence = ()
    ) -> HttpResponse | None:
        """
        Store what undoing needs: a JSON-compatible dict with `pk` for each changed row; and say how many there are.

        Where rows remain, return the page that goes on with them.
        """
        begun = request.session.get(self.undo_key)
        if begun and begun["token"] == request.POST.get("run"):
            done = begun["rows"] + done
        if done:
            self.remember_for_undo(request, action, done)
        if remaining:
            run = [request.session[self.undo_key]["token"]] if done else []
            return self.remaining_response(request, remaining, {"run": run})
        level = messages.SUCCESS if done else messages.INFO
        self.message_user(request, self.texts(action).done(len(done)), level)
        return None

    def remember_for_undo(self, request: HttpRequest, action: str, done: list[dict]) -> None:
        """Store in the session what undoing the last action needs."""
        request.session[self.undo_key] = {
            "token": get_random_string(12),
            "action": action,
            "at": timezone.now().timestamp(),
            "rows": done,
        }

    def remaining_response(
        self, request: HttpRequest, remaining: Sequence, more_fields: dict[str, list[str]]
    ) -> HttpResponse:
        """Return the page that goes on with the remaining rows of an action, by its fields and some more."""
        fields = {name: values for name, values in request.POST.lists() if name != ACTION_CHECKBOX_NAME}
        chosen = " ".join(f"{row.pk}:{confirmed_revision(request, row)}" for row in remaining)
        count = max(len(request.POST.getlist(ACTION_CHECKBOX_NAME)), len(remaining))
        return self.progress_response(request, {**fields, CHOSEN: [chosen], **more_fields}, len(remaining), count)

    def progress_response(
        self, request: HttpRequest, fields: dict[str, list[str]], remaining: int, count: int
    ) -> HttpResponse:
        """
        Return a page that says how far an action is. JavaScript, or a button, posts the fields again.

        `count` is the number of rows of this request, of which some remain.
        """
        total = request.POST.get("total", "")
        total = max(int(total) if is_integer(total) else 0, count)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("One moment"),
            "fields": [
                (name, value)
                for name, values in {**fields, "total": [str(total)]}.items()
                if name != "csrfmiddlewaretoken"
                for value in values
            ],
            "done_count": total - remaining,
            "total": total,
        }
        return TemplateResponse(request, "admin/progress.html", context)

    def undoable_action(self, request: HttpRequest) -> dict | None:
        """Return what the session stores of the last action; None if this user cannot undo it any more."""
        last = request.session.get(self.undo_key)
        if last is None or not self.may_run(request, last["action"]):
            return None
        is_too_old = last["at"] < (timezone.now() - UNDO_PERIOD).timestamp()
        # An earlier release published pages without revisions, and stored less of them.
        if is_too_old or "before" not in last["rows"][0]:
            del request.session[self.undo_key]
            return None
        return last

    def undo_context(self, request: HttpRequest, pk: int | None = None) -> dict:
        """Return what templates/admin/includes/undo.html needs of the last action, or of the last on one row."""
        last = self.undoable_action(request)
        if last is None or (pk is not None and [each["pk"] for each in last["rows"]] != [pk]):
            return {}
        return {"undo_token": last["token"], "undo_text": self.texts(last["action"]).done(len(last["rows"]))}

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        select_confirmed_rows(request)
        return super().changelist_view(request, {**(extra_context or {}), **self.undo_context(request)})

    def undo_view(self, request: HttpRequest) -> HttpResponse:
        """Undo the action whose token the list, or the form of the row, has shown."""
        if not (self.has_change_permission(request) or self.has_delete_permission(request)):
            raise PermissionDenied
        last = self.undoable_action(request)
        if last is None or last["token"] != request.POST.get("token"):
            self.message_user(request, gettext("There is nothing to undo any more."), messages.INFO)
        else:
            del request.session[self.undo_key]
            if response := self.undo(request, last):
                return response
        page, args = request.POST.get("page"), []
        if page == "review" and last and self.get_queryset(request).filter(pk=last["rows"][0]["pk"]).exists():
            args = [last["rows"][0]["pk"]]
        elif page != "order":  # also what is in the bin now
            page = "changelist"
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args))

    def undo(self, request: HttpRequest, last: dict) -> HttpResponse | None:
        """
        Undo an action row by row, and say how many rows were undone and which ones were not.

        Return the page that goes on with it if that takes a while.
        """
        count, changed_since = last.get("undone", 0), []
        remaining: list[dict] = []
        for before in self.for_a_while(last["rows"], remaining):
            try:
                with transaction.atomic():
                    is_undone = self.undo_one(request, last["action"], before)
            except ValidationError as error:
                name = self.row_name(before["pk"])
                self.message_user(request, f"{name}: {schedules.error_text(self.model, error)}", messages.ERROR)
                continue
            if is_undone:
                count += 1
            else:
                changed_since.append(self.row_name(before["pk"]))
        if changed_since:
            text = gettext("Somebody has changed these since, so they are left as they are: {names}.")
            self.message_user(request, text.format(names=", ".join(filter(None, changed_since))), messages.WARNING)
        if remaining:
            request.session[self.undo_key] = {**last, "rows": remaining, "undone": count}
            return self.progress_response(request, {"token": [last["token"]]}, len(remaining), len(last["rows"]))
        text = ngettext(
            "Undone: %(count)d entry is as it was before.",
            "Undone: %(count)d entries are as they were before.",
            count,
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.INFO)
        return None

    def row_name(self, pk: int) -> str:
        row = self.model.objects.filter(pk=pk).first()
        return (str(row) or row.slug) if row else ""
