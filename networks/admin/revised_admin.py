"""The base of the admin of models with revisions: the change list, and the form, which shows the newest revision."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import flatten
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from networks.admin import home, newest_revisions, publishing_checks, translation_notes
from networks.admin.base import (
    CityModelAdmin,
    FilteredChangeList,
    MissingTranslationsMixin,
    is_integer,
    limit_search_term,
)
from networks.admin.bulk_actions import BulkActionsMixin, confirmed_revision, is_confirmed
from networks.admin.link_admin import incoming_links
from networks.admin.order_views import MOVE, OrderViewsMixin
from networks.admin.review import SCHEDULE_EVENTS, events_of_row, last_submission
from networks.admin.revised_form import RevisedForm
from networks.admin.revised_views import RevisedViewsMixin
from networks.admin.saved_views import SavedViewsMixin
from networks.admin.schedule_views import describe_schedule
from networks.admin.unsaved_text import NOT_USER_INPUT, TOKEN, UnsavedForm, discard_unsaved_form, make_token
from networks.models import Event, RevisedModel
from networks.models.lines import cell_parts
from networks.reading import Reader
from networks.revisions import drafts, publishing, schedules, storage
from networks.revisions.content import Model, changed_fields, content_fields, row_with
from networks.revisions.saved_forms import remember_form


class StateFilter(admin.SimpleListFilter):
    """Filter by where a row stands between draft and published."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [
            ("published", _("published")),
            ("draft", _("with a draft")),
            ("submitted", _("submitted for publishing")),
            ("scheduled", _("scheduled")),
            ("unpublished", _("not on the site")),
            ("mine", _("with a draft of mine")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "published":
                return queryset.published()
            case "draft":
                return queryset.with_draft()
            case "submitted":
                return queryset.filter(submitted_at__isnull=False)
            case "scheduled":
                return queryset.filter(schedules__isnull=False).distinct()
            case "unpublished":
                return queryset.filter(is_published=False)
            case "mine":
                return queryset.with_draft().filter(head__author=request.user)
        return queryset


def last_schedule_event(model: Model) -> models.Subquery:
    """Return an expression for the kind of the last event of a row among SCHEDULE_EVENTS."""
    events = events_of_row(model).filter(kind__in=SCHEDULE_EVENTS)
    return models.Subquery(events.values("kind")[:1])


# The fields that the list of each model reads; it takes most of its time to read the others
SHOWN_FIELDS = [
    *("slug", "is_published", "live", "submitted_at", "gaps_newest", "outdated_newest"),
    *("head__author_name", "head__created_at"),
]


class RevisedChangeList(FilteredChangeList):
    """The change list with the newest revision of each row."""

    def get_queryset(self, request: HttpRequest, **kwargs) -> QuerySet:
        rows = super().get_queryset(request, **kwargs).prefetch_related("schedules")
        # The content is long, and only that of drafts is needed, which `newest_content` selects.
        return rows.annotate(
            last_schedule_event=last_schedule_event(self.model), newest_content=newest_revisions.newest_content()
        ).defer("head__content", "live__content")

    def get_results(self, request: HttpRequest) -> None:
        # Not in the queryset of actions, which need all fields and the published version
        rows = self.queryset.select_related(None).select_related("head")
        self.queryset = rows.only(*SHOWN_FIELDS, *self.model_admin.shown_fields)
        # If they are all on one page, they need not be counted: a search reads the words of all rows.
        first = self.queryset[: self.list_per_page + 1]
        is_first = self.page_num == 1 and not self.show_all
        if is_first and len(first) <= self.list_per_page:
            self.queryset = first
        super().get_results(request)
        if is_first:
            self.result_list = first[: self.list_per_page]
        self.full_result_count = home.counts_of(request, self.model)["all"]
        self.show_admin_actions = bool(self.full_result_count)
        self.result_list = [newest_revisions.apply_newest_content(row) for row in self.result_list]
        permissions = [each for each in ("change", "publish") if self.model_admin.may(request, each)]
        for row in self.result_list:
            row.links = self.model_admin.row_links(row, permissions)

    @cached_property
    def list_url(self) -> str:
        return self.model_admin.url("changelist")

    def url_for_result(self, result: RevisedModel) -> str:
        return f"{self.list_url}{result.pk}/change/"  # `reverse` for each row takes longer than all else of the link


# The last fieldsets of each form
LAST_FIELDSETS = [
    (_("On the site"), {"fields": ["slug"]}),
    (_("This version"), {"fields": ["comment", "is_correction"]}),
]


class RevisedModelAdmin(
    OrderViewsMixin, BulkActionsMixin, SavedViewsMixin, RevisedViewsMixin, MissingTranslationsMixin, CityModelAdmin
):
    """
    The base of the admin of models with revisions.

    It reads the newest revision, and writes with the functions of `networks.revisions`. A subclass names its texts in
    `add_label` and in `networks.admin.bulk_actions.ACTION_TEXTS`, and in `shown_fields` what the columns of its list
    read beside SHOWN_FIELDS. Its submit_line.html, which Django looks for by the name of the model, extends that in
    admin/networks/revised/.
    """

    add_label: Promise | str = ""  # of the link to the form for a new row
    shown_fields: Sequence[str] = ()
    show_full_result_count = False  # the tabs have it

    change_list_template = "admin/networks/revised/change_list.html"
    change_form_template = "admin/networks/revised/change_form.html"
    delete_confirmation_template = "admin/networks/revised/delete_confirmation.html"

    actions = ["publish", "withdraw", "submit", "delete_selected"]
    actions_on_top, actions_on_bottom = False, True
    form = RevisedForm

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).outside_bin().select_related("head", "live")

    def get_changelist(self, request: HttpRequest, **kwargs):
        return RevisedChangeList

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term) -> tuple[QuerySet, bool]:
        return newest_revisions.search(queryset, limit_search_term(search_term)), False

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        context = {
            "may_delete": self.has_delete_permission(request),
            "may_move": self.has_publish_permission(request),
            "add_label": self.add_label,
            "tabs": self.tabs(request),
            "action_buttons": [self.texts(name).button for name in self.get_actions(request)],
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def view_on_site(self, row: RevisedModel) -> str | None:
        return getattr(row, "live_url", None)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "publish")

    # Form

    def get_object(self, request: HttpRequest, object_id, from_field=None) -> RevisedModel | None:
        """
        Return the row with the content of its newest revision, and with `live_url`, the URL of its public page.

        For POST its row is locked until the transaction ends, so that the revision that the form is merged with stays
        the newest one until it is saved.
        """
        row = super().get_object(request, object_id, from_field)
        is_form = request.resolver_match.url_name.endswith("_change")
        if row is None and is_form and request.method == "POST" and is_integer(object_id):
            # Somebody has moved it to the bin meanwhile. The form says so, and keeps the text.
            row = self.model.objects.in_bin().filter(pk=object_id).first()
        if row is None:
            return None
        if request.method == "POST":
            row = storage.lock(row)
        head = storage.newest_revision(row)
        # The draft may have another slug.
        live_url = row.get_absolute_url() if row.is_published else None
        newest = row_with(row, head.content)
        newest.live_url = live_url
        newest.head, newest.live = head, row.live
        return newest

    def changeform_view(self, request: HttpRequest, object_id=None, form_url="", extra_context=None) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError:
            # Somebody has saved the same slug between validation and save. The second time, validation finds it.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context, add=False, change=False, form_url="", obj=None
    ) -> HttpResponse:
        form = context["adminform"].form
        saved = self.save_valid_fields(request, form) if request.method == "POST" and form.errors else None
        if saved and add:
            return self.response_to_new_row_with_errors(request, form, saved)
        if saved:
            obj = self.get_object(request, str(obj.pk))
        if obj is not None and obj.pk:
            context |= self.status_context(request, obj) | self.undo_context(request, obj.pk)
            context["checks"] = checks = publishing_checks.row_checks(obj, form.mine)
            publishing_checks.show_beside_fields(form, checks)
            context["translations"].show_beside_fields(form)
            context["badges"] = badges(obj)
            context["sections"] = form_sections(context["adminform"], checks)
        else:
            context["sections"] = form_sections(context["adminform"])
            context["may"] = {"publish": self.has_publish_permission(request), "change": True}
        # networks.live_preview, which stands above the admin
        context["live_url"] = (
            reverse(f"live_preview:{self.opts.model_name}", args=[obj.pk])
            if obj is not None and obj.pk
            else reverse(f"live_preview:{self.opts.model_name}_add")
        )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request: HttpRequest, obj, form, change) -> None:
        if {"_publish", "_schedule"} & request.POST.keys() and not self.has_publish_permission(request):
            raise PermissionDenied
        row = self.model.objects.get(pk=obj.pk) if change else self.model()
        content = form.content()
        request.mended = publishing_checks.mended_content(self.model, content, request.POST)
        mended = changed_fields(self.model, content, request.mended) if request.mended else []
        saved = drafts.save(
            row,
            content,
            mended={name: request.mended[name] for name in mended},
            base=form.head,
            author=request.user,
            comment=form.cleaned_data["comment"],
            token=form.cleaned_data["form_token"],
            form_content=form.mine,
            is_correction=form.cleaned_data["is_correction"],
        )
        form.saved = saved
        is_told = translation_notes.run_button(request, saved.row, form.mine or saved.revision.content)
        obj.pk, obj.slug, obj._state.adding = saved.row.pk, saved.row.slug, False
        # Nobody publishes unseen what others have written: neither what was just taken over, nor drafts that were not
        # submitted. The first is not published, for the second the page "Publish" asks. It does for new warnings too.
        is_to_publish = "_publish" in request.POST and not form.taken
        request.needs_confirmation = is_to_publish and (
            bool(publishing.unreviewed_revisions(saved.row, request.user))
            or publishing_checks.must_ask_before_publishing(saved.row, form.first)
        )
        request.was_published = is_to_publish and not request.needs_confirmation
        if request.was_published:
            publish = partial(publishing.publish, author=request.user)
            self.run_undoably(request, "publish", saved.row, publish)
            obj.is_published = True
        elif "_submit" in request.POST and saved.row.has_draft:
            drafts.submit(saved.row, author=request.user)
        obj.openforms.filter(user=request.user).delete()
        if not request.needs_confirmation and (form.taken or not is_told):
            self.message_user(request, *self.saved_message(request, obj, form))

    def save_valid_fields(self, request: HttpRequest, form: RevisedForm) -> drafts.SaveResult | None:
        """Save the fields without errors of a form with some, as a draft. Return None if nothing was saved."""
        row = form.instance
        may = self.has_change_permission(request, row) if row.pk else self.has_add_permission(request)
        content = form.valid_content()
        if content is None or not may:
            return None
        try:
            # Without the token of the form: with it, a browser would take all of its text for saved.
            saved = drafts.save(
                self.model.objects.get(pk=row.pk) if row.pk else self.model(),
                content,
                base=form.head,
                author=request.user,
                comment=form.cleaned_data.get("comment", ""),
                form_content=form.mine,
                is_correction=form.cleaned_data.get("is_correction", False),
            )
        except ValidationError:  # of what is only valid together with the rest
            return None
        if not saved.is_new:
            return None
        form.set_displayed_value("base", saved.revision.number)
        name = str(row_with(saved.row, saved.revision.content))
        text = gettext("The draft of “{name}” is saved, but for what has an error. Correct that and save again.")
        sentences = [text.format(name=name), form.taken_in_words()]
        self.message_user(request, " ".join(filter(None, sentences)), messages.WARNING)
        return saved

    def response_to_new_row_with_errors(
        self, request: HttpRequest, form: RevisedForm, saved: drafts.SaveResult
    ) -> HttpResponse:
        """Lead to the form of the row that was made, which shows the rest as it was typed."""
        url = self.url("change", saved.row.pk)
        for name, value in saved.revision.content.items():
            if form.has_lines(name) and name not in form.errors:
                form.set_displayed_value(name, value)  # with the files that were accepted
        typed = UnsavedForm.from_post(request)
        values = {name: form.data.getlist(name) for name in form.data if name not in NOT_USER_INPUT}
        values |= {"base": [str(saved.revision.number)], TOKEN: [make_token()]}
        kept = replace(typed, address=url, values=values, had_file=bool(form.files), has_errors=True)
        kept.store_in_session(request.session)
        # Sent once more, the form changes the row that it has made.
        remember_form(
            form.cleaned_data[TOKEN],
            request.user,
            saved.row,
            revision=saved.revision,
            content=saved.revision.content,
        )
        return HttpResponseRedirect(url)

    def save_related(self, request: HttpRequest, form, formsets, change) -> None:
        """Do nothing: related rows, such as the themes, are saved with the rest of the content."""

    def saved_message(self, request: HttpRequest, obj: RevisedModel, form: RevisedForm) -> tuple[str, int]:
        """Return the message after a save, and its level."""
        name = str(obj)
        if "_publish" in request.POST and form.taken:
            text = gettext("“{name}” is saved, but not published yet: read what was taken over, and publish again.")
        elif "_publish" in request.POST:
            text = gettext("“{name}” is published. Citizens see it as it stands here.")
        elif request.mended is not None:
            text = gettext("It is mended, and the draft of “{name}” is saved with all that you have typed.")
        elif publishing_checks.MEND in request.POST:
            text = gettext("The draft of “{name}” is saved. What was to be mended is not in it any more.")
        elif "_submit" in request.POST and form.saved.row.has_draft:
            text = gettext("“{name}” is saved and waits for somebody who publishes.")
        elif not form.saved.is_new and not form.taken:
            text = gettext("Nothing was changed in “{name}”, so no new version was made.")
        elif obj.is_published:
            text = gettext(
                "The draft of “{name}” is saved. Until it is published, citizens see what they saw before."
            )
        else:
            text = gettext("The draft of “{name}” is saved. Citizens do not see it until it is published.")
        sentences = [text.format(name=name), form.taken_in_words()]
        return " ".join(filter(None, sentences)), messages.WARNING if form.taken else messages.SUCCESS

    def response_add(self, request: HttpRequest, obj, post_url_continue=None) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj) -> HttpResponse:
        discard_unsaved_form(request)
        if request.needs_confirmation:
            text = gettext("Your text is saved, and nothing is published yet. Look at the changes, and decide.")
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(self.url("review", obj.pk))
        if "_schedule" in request.POST:
            return HttpResponseRedirect(self.url("schedule", obj.pk))
        if request.was_published or "_submit" in request.POST:
            return self.response_post_save_change(request, obj)
        field = publishing_checks.mended_field(request.POST) or translation_notes.pressed_field(request.POST)
        fragment = f"#id_{field}_helptext" if cell_parts(field)[0] in content_fields(self.model) else ""
        # So that the form leads back to the list as it was filtered
        filters = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return HttpResponseRedirect(add_preserved_filters(filters, self.url("change", obj.pk)) + fragment)

    def delete_view(self, request: HttpRequest, object_id, extra_context=None) -> HttpResponse:
        context = dict(extra_context or {})
        if request.method == "GET" and is_integer(object_id):
            context["incoming"] = incoming_links(self.model.objects.filter(pk=object_id))
        try:
            return super().delete_view(request, object_id, context)
        except ValidationError as error:
            return self.redirect_with_error(request, error)

    def delete_model(self, request: HttpRequest, obj) -> None:
        delete = partial(publishing.delete, author=request.user)
        self.run_undoably(request, "delete_selected", self.lock(request, obj), delete)

    # List

    def displayed_heading(self, row: RevisedModel) -> str:
        """Return the heading of a row for a column of the list, marked where it is in another language."""
        heading = Reader().text(row, self.model.heading_field)
        return format_html("<span{}>{}</span>", heading.lang, heading) if heading.is_fallback else heading

    @admin.display(description=_("state"))
    def state(self, row: RevisedModel) -> str:
        first, *others = state_lines(row)
        kind = "waiting" if row.submitted_at else "live" if row.is_published else "off"
        badge = format_html('<span class="badge {}">{}</span>', kind, first)
        return badge + format_html_join("", '<span class="quiet">{}</span>', ((line,) for line in others))

    @admin.display(description=_("last change"))
    def last_change(self, row: RevisedModel) -> str:
        if row.head is None:
            return ""
        reader = Reader()
        author = reader.unmarked(row.head.author_name)
        return format_html('{}<span class="quiet">{}</span>', reader.date(row.head.created_at), author)

    @admin.display(description=_("Menu"))
    def row_menu(self, row: RevisedModel) -> str:
        """Return the menu of what can be done with a row; RevisedChangeList has set its links."""
        # Text of ours; format_html would take a third of the time of the whole row.
        links = mark_safe("".join(f'<li><a href="{url}">{escape(str(text))}</a></li>' for url, text in row.links))  # noqa: S308
        label = gettext("What you can do with “{name}”").format(name=str(row) or row.slug)
        return format_html(
            '<details class="row-menu" name="row-menu"><summary aria-label="{}">⋯</summary><ul>{}</ul></details>',
            label,
            links,
        )

    def row_links(self, row: RevisedModel, permissions: Collection[str]) -> list[tuple[str, str]]:
        """Return the links of the menu of a row, as (URL within the list, text), for a user with some permissions."""
        links = [
            ("review", _("Review"), row.has_draft),
            ("preview", _("Preview"), True),
            (
                "submit",
                _("Submit for publishing"),
                "change" in permissions and row.has_draft and not row.submitted_at,
            ),
            ("schedule", _("Schedule"), "publish" in permissions),
            ("history", _("History of changes"), True),
            ("withdraw", _("Take off the site"), "publish" in permissions and row.is_published),
        ]
        return [(f"{row.pk}/{page}/", text) for page, text, is_offered in links if is_offered]

    def tabs(self, request: HttpRequest) -> list[dict]:
        """Return the tabs above the list, each with the number of its rows."""
        counts, chosen, bin_url = home.counts_of(request, self.model), request.GET.get("state"), self.url("bin")
        tabs = [
            (None, _("All"), counts["all"], self.url("changelist")),
            ("published", _("On the site"), counts["published"], "?state=published"),
            ("draft", _("Drafts"), counts["draft"], "?state=draft"),
            ("submitted", pgettext_lazy("tab", "Waiting"), counts["submitted"], "?state=submitted"),
            ("scheduled", pgettext_lazy("tab", "Scheduled"), counts["scheduled"], "?state=scheduled"),
        ]
        if self.has_delete_permission(request):
            tabs.append(("bin", _("Bin"), counts["bin"], bin_url))
        return [
            {"text": text, "count": count, "url": url, "is_current": state == chosen}
            for state, text, count, url in tabs
        ]

    # Actions

    def confirmation_response(
        self, request: HttpRequest, action: str, rows: list, others: Sequence = ()
    ) -> HttpResponse:
        for row in (*rows, *others):
            newest_revisions.apply_newest_content(row)  # named as in the list
        if action == "publish":
            publishing_checks.count_warnings([*rows, *others])
        return super().confirmation_response(request, action, rows, others)

    @admin.action(description=_("Publish the newest version of what is chosen"), permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        rows = queryset.annotate(submitted=last_submission(self.model, "revision"))
        drafts = [row for row in rows if row.has_draft]
        ready = [row for row in drafts if row.submitted_at and row.submitted == row.head_id]
        others = [row for row in drafts if row not in ready]
        if drafts and not is_confirmed(request):
            reader = Reader()
            for row in others:
                row.draft_by = reader.unmarked(row.head.author_name) if row.head else ""
            return self.confirmation_response(request, "publish", ready, others)

        def publish_one(locked: RevisedModel, row: RevisedModel) -> RevisedModel | None:
            if confirmed_revision(request, row) not in ("", str(locked.head_id)):
                raise ValidationError(gettext("Somebody has saved a newer version meanwhile."))
            return publishing.publish(locked, author=request.user) if locked.has_draft else None

        return self.run_action(request, "publish", drafts if "unsubmitted" in request.POST else ready, publish_one)

    @admin.action(description=_("Take what is chosen off the site"), permissions=["publish"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        rows = list(queryset.filter(is_published=True))
        if rows and not is_confirmed(request):
            return self.confirmation_response(request, "withdraw", rows)

        def withdraw_one(locked: RevisedModel, row: RevisedModel) -> RevisedModel | None:
            return publishing.unpublish(locked, author=request.user) if locked.is_published else None

        return self.run_action(request, "withdraw", rows, withdraw_one)

    @admin.action(description=_("Move what is chosen to the bin"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        rows = list(queryset)
        if rows and not is_confirmed(request):
            return self.confirmation_response(request, "delete_selected", rows)

        def delete_one(locked: RevisedModel, row: RevisedModel) -> RevisedModel | None:
            return publishing.delete(locked, author=request.user) if locked.deleted_at is None else None

        return self.run_action(request, "delete_selected", rows, delete_one)

    def run_action(
        self,
        request: HttpRequest,
        action: str,
        rows: Iterable[RevisedModel],
        run: Callable[[RevisedModel, RevisedModel], RevisedModel | None],
    ) -> HttpResponse | None:
        """
        Run an action on each row, report how many it has changed, and store their earlier states for undoing.

        `run` gets the locked row and that of the list. It returns the changed row, or None if it changes nothing. Its
        ValidationError is shown to the user. Return the page that goes on with the rest if all takes a while.
        """
        done: list[dict] = []
        remaining: list[RevisedModel] = []
        for row in self.for_a_while(list(rows), remaining):
            try:
                with transaction.atomic():
                    locked = storage.lock(row)
                    before = publishing.undo_state(locked)
                    if (changed := run(locked, row)) is not None:
                        event = publishing.last_event_id(locked)
                        done.append({"pk": row.pk, "event": event, "before": before, "head": changed.head_id})
            except ValidationError as error:
                self.report_error(request, row, error)
        return self.report_done(request, action, done, remaining)

    def undo_one(self, request: HttpRequest, action: str, before: dict) -> bool:
        if action == MOVE:
            return self.undo_move(request, before)
        row = self.model.objects.filter(pk=before["pk"]).first()
        is_save = action in ("edit", "submit_end")
        is_public = row is not None and is_save and row.live_id != before["before"].get("live")
        if is_public and not self.has_publish_permission(request):
            return False  # whoever published with the edit publishes no more
        if is_save or action == "import":
            undo = partial(drafts.undo_save, head=before.get("head"))
        else:
            undo = {"discard": drafts.undo_discard, "return": drafts.undo_return}.get(action, publishing.undo)
        return row is not None and undo(row, before["before"], before["event"], author=request.user)

    def report_error(self, request: HttpRequest, row: RevisedModel, error: ValidationError) -> None:
        row = newest_revisions.apply_newest_content(row)
        self.message_user(
            request, f"{str(row) or row.slug}: {schedules.error_text(self.model, error)}", messages.ERROR
        )

    @admin.action(description=_("Submit what is chosen for publishing"), permissions=["change"])
    def submit(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        rows = [row for row in queryset if row.has_draft and row.submitted_at is None]
        before = request.POST.get("submitted", "")
        count = int(before) if is_integer(before) else 0
        remaining: list[RevisedModel] = []
        for row in self.for_a_while(rows, remaining):
            try:
                drafts.submit(row, author=request.user)
                count += 1
            except ValidationError as error:
                self.report_error(request, row, error)
        if remaining:
            return self.remaining_response(request, remaining, {"post": ["yes"], "submitted": [str(count)]})
        self.message_user(request, self.texts("submit").done(count), messages.SUCCESS if count else messages.INFO)
        return None


def form_sections(adminform: AdminForm, checks: publishing_checks.PublishingChecks | None = None) -> list[dict]:
    """Return the index of a form: of each fieldset its id and name, and how many fields have errors or are empty."""
    missing = {name for name, _label in checks.missing} if checks else set()
    sections = []
    for number, fieldset in enumerate(adminform):
        names = set(flatten(fieldset.fields))
        sections.append(
            {
                "id": f"fieldset-0-{number}-heading",  # as Django names it
                "name": fieldset.name,
                "errors": len(names & adminform.form.errors.keys()),
                "missing": len(names & missing),
            }
        )
    return sections


def badges(row: RevisedModel) -> list[dict]:
    """Return the badges of a row in the head of its form: whether it is on the site, and what is not published."""
    published = gettext("On the site") if row.is_published else gettext("Not on the site")
    shown = [{"kind": "live" if row.is_published else "off", "text": published}]
    if row.submitted_at:
        shown.append({"kind": "waiting", "text": pgettext("tab", "Waiting")})
    elif row.has_draft:
        shown.append({"kind": "draft", "text": gettext("Draft")})
    return shown


def state_lines(row: RevisedModel) -> list[str]:
    """Return where a row stands, a few words in each line: published, whose draft, submitted, scheduled."""
    reader = Reader()
    lines = [gettext("On the site") if row.is_published else gettext("Not on the site")]
    if row.has_draft and row.head:
        author = reader.unmarked(row.head.author_name)
        lines.append(gettext("Draft: {author}").format(author=author) if author else gettext("Draft"))
    if row.submitted_at:
        lines.append(gettext("Submitted for publishing"))
    if row.last_schedule_event == Event.Kind.FAILED:
        lines.append(str(Event.Kind.FAILED.label))
    for schedule in row.schedules.all():
        lines.append(describe_schedule(schedule, reader))
    return lines
