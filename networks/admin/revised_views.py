"""The admin's pages about one row beside its form: history, comparison, previews, schedules, the bin."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from networks.admin import publishing_checks
from networks.admin.base import is_integer
from networks.admin.bulk_actions import ACTION_TEXTS, LEAVING
from networks.admin.link_admin import incoming_links, troubled_links
from networks.admin.review import Review, ReviewViewsMixin
from networks.admin.translation_notes import TranslationNotes
from networks.languages import SERBIAN
from networks.models import OpenForm, PreviewLink, RevisedModel, Revision, Schedule
from networks.reading import Reader
from networks.revisions import drafts, previews, publishing, schedules, storage
from networks.revisions.comparison import compare
from networks.revisions.content import changed_fields, complete_content, field_label, select_current_fields

REVISIONS_PER_PAGE = 25

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


class NewerRevision(ValidationError):
    """Somebody has saved a newer revision than the one on the page that the user has decided on."""

    def __init__(self) -> None:
        super().__init__(_("Somebody has saved a newer version meanwhile. Look at it, and decide again."))


class LocalTimeField(forms.SplitDateTimeField):
    """A date and a time in the city's time zone."""

    def compress(self, data_list: list) -> datetime | None:
        try:
            return super().compress(data_list)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            raise ValidationError(
                _(
                    "The clocks are changed on this day, and this time does not exist, or exists twice. Choose an "
                    "earlier or a later one."
                ),
                code=error.code,
            ) from error


class ScheduleForm(forms.Form):
    """The form to schedule publishing or unpublishing. It offers to publish only if the row has a draft."""

    action = forms.ChoiceField(label=_("What is to happen"), choices=Schedule.Action, widget=forms.RadioSelect)
    at = LocalTimeField(
        label=_("When"),
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date"}, time_attrs={"type": "time"}, date_format="%Y-%m-%d", time_format="%H:%M"
        ),
        error_messages={
            "required": _("Enter the day and the time."),
            "invalid_date": _("Enter a day, such as 3 May 2027."),
            "invalid_time": _("Enter a time, such as 08:00."),
        },
    )

    def __init__(self, *args, row: RevisedModel, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            Schedule.Action.PUBLISH: _("Publish the newest version"),
            Schedule.Action.WITHDRAW: _("Take off the site"),
        }
        choices = [Schedule.Action.PUBLISH] if row.has_draft else []
        choices += [Schedule.Action.WITHDRAW]
        self.fields["action"].choices = [(action, labels[action]) for action in choices]
        self.fields["action"].initial = choices[0]
        for widget, label in zip(self.fields["at"].widget.widgets, (_("Day"), _("Time")), strict=True):
            widget.attrs["aria-label"] = label


class LinkForm(forms.Form):
    """The form to create a preview link."""

    days = forms.TypedChoiceField(label=_("The link works for"), coerce=int, initial=7)
    is_kept = forms.BooleanField(
        label=_("Also when this version is discarded or taken off the site"), label_suffix="", required=False
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].choices = [
            (days, ngettext("%(days)d day", "%(days)d days", days) % {"days": days}) for days in (1, 7, 30)
        ]


class RevisedViewsMixin(ReviewViewsMixin):
    """A mixin for the admin of a RevisedModel with the pages about one row beside its form, and their URLs."""

    def get_urls(self) -> list:
        def page(route: str, view: Callable, name: str) -> URLPattern:
            return path(
                route, self.admin_site.admin_view(view), name=f"{self.opts.app_label}_{self.opts.model_name}_{name}"
            )

        return [
            page("bin/", self.bin_view, "bin"),
            *(page(f"<int:pk>/{name}/", partial(self.action_view, name=name), name) for name in CONFIRMED_ACTIONS),
            page("<int:pk>/publish/", self.publish_view, "publish"),
            page("<int:pk>/return/", self.return_view, "return"),
            page("<int:pk>/remarks/", self.remarks_view, "remarks"),
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

    # What the views share

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

    def redirect_to_form(self, row: RevisedModel) -> HttpResponse:
        return HttpResponseRedirect(self.url("change", row.pk))

    # History

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

    def describe_changes(self, revision: Revision) -> str:
        """Return which fields a revision has changed, such as "description (in English), themes"."""
        if revision.parent is None:
            return gettext("First version")
        changed = changed_fields(self.model, revision.parent.content, revision.content)
        return ", ".join(field_label(self.model, name) for name in changed) or gettext("nothing that is still kept")

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

    def get_revision(self, row: RevisedModel, number: str | None, default: Revision) -> Revision:
        """Return the revision with a number from the query string, or the default without one. Raises Http404."""
        if not number:
            return default
        return get_object_or_404(row.revisions, number=int(number) if is_integer(number) else 0)

    def revision_context(self, revision: Revision) -> dict:
        reader = Reader()
        when, who = reader.moment(revision.created_at), author_or_system(revision.author_name, reader)
        return {"version": revision, "when": when, "who": who}

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
        content = complete_content(self.model, row.head.content) | select_current_fields(self.model, revision.content)
        return self.render(
            request,
            "restore",
            row,
            gettext("Restore version {number}").format(number=revision.number),
            before=self.revision_context(row.head),
            after=self.revision_context(revision),
            comparisons=compare(self.model, row.head.content, content),
        )

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
        if (self.opts.model_name, action) in ACTION_TEXTS and action not in ("publish", "submit"):
            done = {"pk": row.pk, "event": publishing.last_event_id(row), "before": before}
            self.remember_for_undo(request, action, [done])

    def refuse_scheduled(self, request: HttpRequest, row: RevisedModel, name: str) -> None:
        """Raise ValidationError if somebody who may not publish wants to discard a draft that is scheduled."""
        scheduled = row.schedules.filter(action=Schedule.Action.PUBLISH)
        if name == "discard" and scheduled and not self.may(request, "publish"):
            raise ValidationError(
                _("The draft is scheduled for publishing. Ask somebody who publishes to cancel that first.")
            )

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether to publish the unfinished changes of others too, or only one's own; or publish."""
        row = self.get_row(request, pk, "publish")
        if request.method == "POST":
            if request.POST.get("version", str(row.head.number)) != str(row.head.number):
                text = gettext("Somebody has saved a newer version meanwhile. Look at it, and decide again.")
                self.message_user(request, text, messages.WARNING)
                return HttpResponseRedirect(request.path)
            others = self.unfinished_context(request, row)
            try:
                if (language := request.POST.get("language")) in settings.MODELTRANSLATION_LANGUAGES:
                    publishing.publish_language(row, language, author=request.user, head=row.head)
                    text = (
                        gettext("The Serbian texts of “{name}” are published. The English ones stay a draft.")
                        if language == SERBIAN
                        else gettext("The English texts of “{name}” are published. The Serbian ones stay a draft.")
                    )
                elif "own" in request.POST:
                    publishing.publish_own_changes(row, author=request.user, head=row.head)
                    text = gettext("Your changes to “{name}” are published. What others have changed stays a draft.")
                else:
                    publishing.publish(row, author=request.user, revision=row.head)
                    text = (
                        gettext("“{name}” is published, with what others have changed.")
                        if others
                        else gettext("“{name}” is published. Citizens see it as it stands here.")
                    )
            except ValidationError as error:
                self.message_user(request, schedules.error_text(self.model, error), messages.ERROR)
            else:
                self.message_user(request, text.format(name=row), messages.SUCCESS)
            return self.redirect_to_form(row)
        own, left_out = publishing.own_changes(row, request.user) if row.live else ({}, [])
        return self.render(
            request,
            "publish",
            row,
            gettext("Publish"),
            others=self.unfinished_context(request, row),
            own=compare(self.model, row.live.content, own) if row.live else [],
            left_out=[field_label(self.model, name) for name in left_out],
            checks=publishing_checks.row_checks(row),
            languages=publishing.changed_languages(row),
            comparisons=compare(self.model, row.live.content, row.head.content) if row.live else [],
        )

    def unfinished_context(self, request: HttpRequest, row: RevisedModel) -> list[dict]:
        """Return whose changes would be published though nobody has submitted them, and to which fields."""
        reader = Reader()
        return [
            {"who": author_or_system(each.author_name, reader), "changes": self.describe_changes(each)}
            for each in publishing.unreviewed_revisions(row, request.user)
        ]

    # Schedules

    def schedule_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "publish")
        form = ScheduleForm(request.POST if request.method == "POST" else None, row=row)
        number = request.POST.get("version", row.head.number)  # of the revision that the user has seen
        if request.method == "POST" and form.is_valid():
            action, at = form.cleaned_data["action"], form.cleaned_data["at"]
            try:
                with transaction.atomic():
                    row = self.lock(request, row)
                    schedule = schedules.create(row, action, at, author=request.user)
            except NewerRevision as error:
                row = self.get_row(request, pk, "publish")
                number = row.head.number
                form.add_error(None, error)
            except ValidationError as error:
                form.add_error(None, error) if not hasattr(error, "error_dict") else form.add_error(
                    None if set(error.error_dict) - {"at"} else "at", schedules.error_text(self.model, error)
                )
            else:
                text = (
                    gettext("“{name}” will be published on {time}.")
                    if schedule.action == Schedule.Action.PUBLISH
                    else gettext("“{name}” will be taken off the site on {time}.")
                )
                message = text.format(name=row, time=Reader().moment(schedule.at))
                self.message_user(request, message, messages.SUCCESS)
                return self.redirect_to_form(row)
        return self.render(
            request,
            "schedule",
            row,
            pgettext("title", "Schedule"),
            form=form,
            version=number,
            others=self.unfinished_context(request, row),
            plans=self.schedules_context(row),
            checks=publishing_checks.row_checks(row),
            media=form.media,
        )

    def schedules_context(self, row: RevisedModel) -> list[dict]:
        reader = Reader()
        return [
            {
                "plan": schedule,
                "text": describe_schedule(schedule, reader),
                "who": author_or_system(schedule.author_name, reader),
            }
            for schedule in row.schedules.select_related("revision")
        ]

    def cancel_view(self, request: HttpRequest, pk: int, schedule_pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "publish")
        if request.method == "POST":
            if schedule := row.schedules.filter(pk=schedule_pk).first():
                schedules.cancel(schedule, author=request.user)
                self.message_user(request, gettext("The schedule is cancelled."), messages.SUCCESS)
            else:
                self.message_user(
                    request, gettext("This schedule was carried out or cancelled already."), messages.WARNING
                )
        return HttpResponseRedirect(self.url("schedule", row.pk))

    # Previews

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "view", in_bin=True)
        revision = self.get_revision(row, request.GET.get("version"), row.head)
        return HttpResponseRedirect(previews.staff_url(revision))

    def links_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "change")
        form = LinkForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            expires_at = timezone.now() + timedelta(days=form.cleaned_data["days"])
            PreviewLink.objects.create(
                revision=row.head,
                expires_at=expires_at,
                is_kept=form.cleaned_data["is_kept"],
                **storage.author_fields(request.user),
            )
            self.message_user(request, gettext("The link is made. Copy it from the list."), messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        links = PreviewLink.objects.filter(revision__in=row.revisions.all()).select_related("revision")
        reader = Reader()
        return self.render(
            request,
            "links",
            row,
            gettext("Links for people without an account"),
            form=form,
            links=[
                {
                    "link": link,
                    "url": request.build_absolute_uri(previews.link_url(link)),
                    "when": reader.moment(link.created_at),
                    "who": author_or_system(link.author_name, reader),
                    "expires": reader.moment(link.expires_at),
                    "ended": link.revoked_at and reader.moment(link.revoked_at),
                    "may_revoke": link.is_open and self.may_revoke(request, link),
                }
                for link in links
            ],
        )

    def may_revoke(self, request: HttpRequest, link: PreviewLink) -> bool:
        return link.author_id == request.user.pk or self.may(request, "publish")

    def revoke_view(self, request: HttpRequest, pk: int, link_pk: int) -> HttpResponse:
        row = self.get_row(request, pk, "change")
        if request.method == "POST":
            links = PreviewLink.objects.filter(revision__in=row.revisions.all(), pk=link_pk, revoked_at=None)
            if not all(self.may_revoke(request, link) for link in links):
                raise PermissionDenied
            if links.update(revoked_at=timezone.now()):
                self.message_user(request, gettext("The link is revoked. It leads nowhere now."), messages.SUCCESS)
        return HttpResponseRedirect(self.url("links", row.pk))

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
            "languages": publishing.changed_languages(row),
            "troubled_links": troubled_links(row),
            "colleagues": self.record_open_form(request, row) if self.may(request, "change") else "",
        }


def author_or_system(author_name: str, reader: Reader) -> str:
    """Return the name of an author in the reader's script, or "the system" where it is empty."""
    return reader.unmarked(author_name) or gettext("the system")


def describe_schedule(schedule: Schedule, reader: Reader) -> str:
    """Return what is scheduled for when, and when it is retried if it has failed."""
    text = (
        gettext("To be published: {time}")
        if schedule.action == Schedule.Action.PUBLISH
        else gettext("To be taken off the site: {time}")
    )
    text = text.format(time=reader.moment(schedule.at))
    if schedule.retry_at is None:
        return text
    return gettext("{plan}. This has failed so far and is tried again: {time}").format(
        plan=text, time=reader.moment(schedule.retry_at)
    )
