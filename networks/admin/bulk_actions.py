"""
Actions on many rows of a list. They ask first, with number and names, and the last one can be undone.

What is needed for that stands in the session of whoever did it: of each row how it was before, and which entry of its
history the action has made. A row with a newer entry was changed by somebody since, and is left as it is.
"""

from datetime import timedelta

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from networks.revisions import schedules

# The rows that a page of confirmation has named, in one field: Django refuses a form of more than a thousand.
CHOSEN = "chosen"

UNDONE_WITHIN = timedelta(days=1)


class Words:
    """What is said of an action: on its button, before it, and of how many rows it was done."""

    def __init__(self, button, question, done):
        self.button, self.question, self.done = button, question, done


WORDS = {
    ("network", "publish"): Words(
        _("Publish"),
        lambda count: ngettext(
            "The newest version of %(count)d network will be published. Citizens will see it at once.",
            "The newest versions of %(count)d networks will be published. Citizens will see them at once.",
            count,
        ),
        lambda count: ngettext("%d network published.", "%d networks published.", count) % count,
    ),
    ("network", "withdraw"): Words(
        _("Take off the site"),
        lambda count: ngettext(
            "%(count)d network will be taken off the site. All that is written about it stays.",
            "%(count)d networks will be taken off the site. All that is written about them stays.",
            count,
        ),
        lambda count: ngettext("%d network taken off the site.", "%d networks taken off the site.", count) % count,
    ),
    ("network", "delete_selected"): Words(
        _("Move to the bin"),
        lambda count: ngettext(
            "%(count)d network will be moved to the bin. Citizens will not see it any more.",
            "%(count)d networks will be moved to the bin. Citizens will not see them any more.",
            count,
        ),
        lambda count: ngettext("%d network moved to the bin.", "%d networks moved to the bin.", count) % count,
    ),
    ("page", "publish"): Words(
        _("Publish"),
        lambda count: ngettext(
            "%(count)d entry will be published. Citizens will see it at once.",
            "%(count)d entries will be published. Citizens will see them at once.",
            count,
        ),
        lambda count: (
            ngettext("%(count)d entry was published.", "%(count)d entries were published.", count) % {"count": count}
        ),
    ),
    ("page", "unpublish"): Words(
        _("Take off the site"),
        lambda count: ngettext(
            "%(count)d entry will be withdrawn from the site. Citizens will not see it any more.",
            "%(count)d entries will be withdrawn from the site. Citizens will not see them any more.",
            count,
        ),
        lambda count: (
            ngettext(
                "%(count)d entry was withdrawn from the site.",
                "%(count)d entries were withdrawn from the site.",
                count,
            )
            % {"count": count}
        ),
    ),
}


def is_confirmed(request) -> bool:
    return request.POST.get("post") == "yes"


def choose_what_was_confirmed(request):
    """Put the rows that a page of confirmation has named where Django looks for them."""
    if CHOSEN in request.POST and is_confirmed(request):
        request.POST = request.POST.copy()
        named = request.POST[CHOSEN].split()
        request.POST.setlist(ACTION_CHECKBOX_NAME, [each.partition(":")[0] for each in named])
        request.POST["select_across"] = "0"


def version_named(request, row) -> str:
    """Return which version of a row the page of confirmation has named, or an empty text."""
    named = dict(each.partition(":")[::2] for each in request.POST.get(CHOSEN, "").split())
    return named.get(str(row.pk), "")


class BulkActions:
    """For an admin whose model has its actions in WORDS. It says in `undo_one` how one row is put back."""

    change_list_template = "admin/bulk_change_list.html"

    def get_urls(self):
        undo = self.admin_site.admin_view(require_POST(self.undo_view))
        return [path("undo/", undo, name=f"{self.opts.app_label}_{self.opts.model_name}_undo"), *super().get_urls()]

    def words(self, action) -> Words:
        return WORDS[self.opts.model_name, action]

    def may_do(self, request, action) -> bool:
        if action == "delete_selected":
            return self.has_delete_permission(request)
        return self.has_publish_permission(request)

    # Before

    def ask(self, request, action, rows, others=()):
        """Return the page that names the rows. Only those `others` that are asked for will be added to them."""
        words = self.words(action)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": words.button,
            "subtitle": None,
            "words": words,
            "question": words.question(len(rows)) % {"count": len(rows)} if rows else "",
            "rows": rows,
            "others": others,
            "action": action,
            "chosen": " ".join(f"{row.pk}:{getattr(row, 'head_id', None) or ''}" for row in [*rows, *others]),
        }
        return TemplateResponse(request, "admin/confirm_action.html", context)

    # After

    @property
    def undo_key(self):
        return f"undo_{self.opts.label_lower}"

    def tell_done(self, request, action, done):
        count = len(done)
        level = messages.SUCCESS if count else messages.INFO
        self.message_user(request, self.words(action).done(count), level)
        if done:
            request.session[self.undo_key] = {
                "token": get_random_string(12),
                "action": action,
                "at": timezone.now().timestamp(),
                "rows": done,
            }

    def undoable(self, request):
        """Return what the session says of the last action, while it can be undone by this person."""
        last = request.session.get(self.undo_key)
        if last is None or not self.may_do(request, last["action"]):
            return None
        if last["at"] < (timezone.now() - UNDONE_WITHIN).timestamp():
            del request.session[self.undo_key]
            return None
        return last

    def changelist_view(self, request, extra_context=None):
        choose_what_was_confirmed(request)
        context = dict(extra_context or {})
        if last := self.undoable(request):
            context |= {
                "undo_token": last["token"],
                "undo_text": self.words(last["action"]).done(len(last["rows"])),
            }
        return super().changelist_view(request, context)

    def undo_view(self, request):
        """Undo the action whose token the list has shown, row by row."""
        if not (self.has_publish_permission(request) or self.has_delete_permission(request)):
            raise PermissionDenied
        last = self.undoable(request)
        if last is None or last["token"] != request.POST.get("token"):
            self.message_user(request, gettext("There is nothing to undo any more."), messages.INFO)
        else:
            del request.session[self.undo_key]
            self.undo(request, last)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def undo(self, request, last):
        count, changed_since = 0, []
        for before in last["rows"]:
            try:
                with transaction.atomic():
                    is_undone = self.undo_one(request, last["action"], before)
            except ValidationError as error:
                name = self.name_of(before["pk"])
                self.message_user(request, f"{name}: {schedules.error_text(error)}", messages.ERROR)
                continue
            if is_undone:
                count += 1
            else:
                changed_since.append(self.name_of(before["pk"]))
        if changed_since:
            text = gettext("Somebody has changed these since, so they are left as they are: {names}.")
            self.message_user(request, text.format(names=", ".join(filter(None, changed_since))), messages.WARNING)
        text = ngettext(
            "Undone: %(count)d entry is as it was before.",
            "Undone: %(count)d entries are as they were before.",
            count,
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.INFO)

    def name_of(self, pk) -> str:
        row = self.model.objects.filter(pk=pk).first()
        return (str(row) or row.slug) if row else ""
