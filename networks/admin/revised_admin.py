"""The admin of networks: the change list, and the form, which shows the newest revision."""

from collections.abc import Callable, Iterable, Sequence

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.db.models.functions import NullIf
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from networks.admin import newest_revisions, publishing_checks
from networks.admin.base import (
    CityModelAdmin,
    FilteredChangeList,
    MissingTranslationsMixin,
    is_integer,
    limit_search_term,
    side_by_side,
)
from networks.admin.bulk_actions import BulkActionsMixin, confirmed_revision, is_confirmed
from networks.admin.newest_revisions import NewestTranslationFilter, ScopeFilter, StatusFilter, ThemeFilter
from networks.admin.revised_form import RevisedForm
from networks.admin.revised_views import SCHEDULE_EVENTS, RevisedViewsMixin, describe_schedule
from networks.admin.unit_views import UnitViewsMixin
from networks.admin.unsaved_text import discard_unsaved_form
from networks.admin.verification_views import VerificationFilter, VerificationViewsMixin
from networks.models import TRANSLATED, Event, Network
from networks.reading import Reader
from networks.revisions import drafts, publishing, schedules, storage, verification
from networks.revisions.content import row_with


class StateFilter(admin.SimpleListFilter):
    """Filter by where a network stands between draft and published."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [
            ("published", _("published")),
            ("draft", _("with a draft")),
            ("submitted", _("submitted for publishing")),
            ("scheduled", _("scheduled")),
            ("unpublished", _("not on the site")),
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
        return queryset


def last_schedule_event() -> models.Subquery:
    """Return an expression for the kind of the last event of a network among SCHEDULE_EVENTS."""
    events = Event.objects.filter(network=models.OuterRef("pk"), kind__in=SCHEDULE_EVENTS)
    return models.Subquery(events.values("kind")[:1])


def last_submitted_revision() -> models.Subquery:
    """Return an expression for the primary key of the revision of a network that was submitted last."""
    events = Event.objects.filter(network=models.OuterRef("pk"), kind=Event.Kind.SUBMITTED)
    return models.Subquery(events.order_by("-pk").values("revision")[:1])


# Instead of the model's help texts, which are the same for both languages
HELP_TEXTS = {
    "name_sr": _(
        'The full name in Serbian, such as: <span lang="sr-Latn">Stalna konferencija gradova i opština</span>.'
    ),
    "name_en": _(
        'The full name in English, such as: <span lang="en">Standing Conference of Towns and Municipalities</span>.'
    ),
    "acronym_sr": _("As it is used in Serbian, such as SKGO."),
    "acronym_en": _("As it is used in English, such as SCTM."),
}


class RevisedChangeList(FilteredChangeList):
    """The change list with the newest revision of each network."""

    def get_queryset(self, request: HttpRequest, **kwargs) -> QuerySet:
        networks = super().get_queryset(request, **kwargs).prefetch_related("schedules")
        # The content is long, and only that of drafts is needed, which `newest_content` selects.
        return networks.annotate(
            last_schedule_event=last_schedule_event(),
            newest_content=newest_revisions.newest_content(),
            newest_joined=NullIf(newest_revisions.newest_value("joined"), models.Value("", newest_revisions.TEXT)),
        ).defer("head__content", "live__content")

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = [newest_revisions.apply_newest_content(network) for network in self.result_list]


@admin.register(Network)
class NetworkAdmin(
    BulkActionsMixin,
    VerificationViewsMixin,
    UnitViewsMixin,
    RevisedViewsMixin,
    MissingTranslationsMixin,
    CityModelAdmin,
):
    """The admin of networks. It reads the newest revision, and writes with the functions of `networks.revisions`."""

    change_list_template = "admin/networks/revised/change_list.html"
    change_form_template = "admin/networks/revised/change_form.html"
    delete_confirmation_template = "admin/networks/revised/delete_confirmation.html"

    # List
    list_display = [
        "displayed_name",
        "state",
        "missing_english",
        "displayed_joined",
        "status",
        "position",
    ]
    list_filter = [
        StateFilter,
        StatusFilter,
        ScopeFilter,
        ("themes", ThemeFilter),
        VerificationFilter,
        NewestTranslationFilter,
    ]
    list_per_page = 100
    actions = ["publish", "withdraw", "submit", "verify", "delete_selected"]

    # Only shows the search box; get_search_results does the search.
    search_fields = ["search_text"]
    search_help_text = _("In either script, with or without diacritical marks: gradonacelnici, Градоначелници, SCTM.")

    # Form
    form = RevisedForm
    fieldsets = [
        (
            _("Texts"),
            # The seat, which is short, at the end
            {"fields": side_by_side(*(name for name in TRANSLATED if name != "seat"), "seat")},
        ),
        (
            _("Membership"),
            {
                "fields": [
                    ("status", "scope"),
                    "themes",
                    ("founded", "joined", "left"),
                    ("website", "membership_page"),
                    ("original_name", "original_language"),
                    "former_names",
                    "logo",
                ]
            },
        ),
        (
            _("In the city administration"),
            {
                "fields": [
                    ("responsible_unit", "deciding_act"),
                    ("contact_email", "contact_phone"),
                    ("fee_amount", "fee_currency", "fee_year"),
                    ("source", "verified_on"),
                    "internal_note",
                ]
            },
        ),
        (_("On the site"), {"fields": [("position", "slug")]}),
        (_("This version"), {"fields": ["comment"]}),
    ]

    def formfield_for_dbfield(self, db_field, request: HttpRequest, **kwargs):
        if db_field.name in HELP_TEXTS:
            kwargs["help_text"] = HELP_TEXTS[db_field.name]
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).outside_bin().select_related("head", "live")

    def get_changelist(self, request: HttpRequest, **kwargs):
        return RevisedChangeList

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term) -> tuple[QuerySet, bool]:
        return newest_revisions.search(queryset, limit_search_term(search_term)), False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict:
        last = Network.objects.outside_bin().aggregate(last=models.Max("position"))["last"] or 0
        return {"position": last + 10, **super().get_changeform_initial_data(request)}

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        may_delete = self.has_delete_permission(request)
        return super().changelist_view(request, {"may_delete": may_delete, **(extra_context or {})})

    def view_on_site(self, network: Network) -> str | None:
        return getattr(network, "live_url", None)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("networks.publish_network")

    # Form

    def get_object(self, request: HttpRequest, object_id, from_field=None) -> Network | None:
        """
        Return the network with the content of its newest revision, and with `live_url`, the URL of its public page.

        For POST its row is locked until the transaction ends, so that the revision that the form is merged with stays
        the newest one until it is saved.
        """
        network = super().get_object(request, object_id, from_field)
        is_form = request.resolver_match.url_name.endswith("_change")
        if network is None and is_form and request.method == "POST" and is_integer(object_id):
            # Somebody has moved it to the bin meanwhile. The form says so, and keeps the text.
            network = Network.objects.in_bin().filter(pk=object_id).first()
        if network is None:
            return None
        row = storage.lock(network) if request.method == "POST" else network
        head = storage.newest_revision(row)
        # The draft may have another slug.
        live_url = row.get_absolute_url() if row.is_published else None
        network = row_with(row, head.content)
        network.live_url = live_url
        network.head, network.live = head, row.live
        return network

    def get_form(self, request: HttpRequest, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form

    def changeform_view(self, request: HttpRequest, object_id=None, form_url="", extra_context=None) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError:
            # Somebody has saved the same slug between validation and save. The second time, validation finds it.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context, add=False, change=False, form_url="", obj=None
    ) -> HttpResponse:
        if obj is not None and obj.pk:
            context |= self.status_context(request, obj) | self.verification_context(request, obj)
            form = context["adminform"].form
            context["checks"] = checks = publishing_checks.row_checks(obj, form.mine)
            publishing_checks.show_beside_fields(form, checks)
        else:
            context["may"] = {"publish": self.has_publish_permission(request), "change": True}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request: HttpRequest, obj, form, change) -> None:
        if {"_publish", "_schedule"} & request.POST.keys() and not self.has_publish_permission(request):
            raise PermissionDenied
        network = Network.objects.get(pk=obj.pk) if change else Network()
        content = form.content()
        request.mended = publishing_checks.mended_content(Network, content, request.POST)
        saved = drafts.save(
            network,
            request.mended or content,
            base=form.head,
            author=request.user,
            comment=form.cleaned_data["comment"],
            token=form.cleaned_data["form_token"],
            form_content=form.mine,
        )
        form.saved = saved
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
            publishing.publish(saved.row, author=request.user)
            obj.is_published = True
        elif "_submit" in request.POST and saved.row.has_draft:
            drafts.submit(saved.row, author=request.user)
        obj.openforms.filter(user=request.user).delete()
        if "_preview" not in request.POST and not request.needs_confirmation:
            self.message_user(request, *self.saved_message(request, obj, form))

    def save_related(self, request: HttpRequest, form, formsets, change) -> None:
        """Do nothing: the themes are saved with the rest of the content."""

    def saved_message(self, request: HttpRequest, obj: Network, form: RevisedForm) -> tuple[str, int]:
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
        if "_preview" in request.POST:
            return HttpResponseRedirect(self.url("preview", obj.pk))
        if request.needs_confirmation:
            return HttpResponseRedirect(self.url("publish", obj.pk))
        if "_schedule" in request.POST:
            return HttpResponseRedirect(self.url("schedule", obj.pk))
        if request.was_published or "_submit" in request.POST:
            return self.response_post_save_change(request, obj)
        place = publishing_checks.mended_place(Network, request.POST)
        return HttpResponseRedirect(self.url("change", obj.pk) + place)

    def delete_view(self, request: HttpRequest, object_id, extra_context=None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ValidationError as error:
            return self.redirect_with_error(request, error)

    def delete_model(self, request: HttpRequest, obj) -> None:
        publishing.delete(self.lock(request, obj), author=request.user)

    # List

    @admin.display(description=_("name"))
    def displayed_name(self, network: Network) -> str:
        name = Reader().text(network, "name")
        return format_html("<span{}>{}</span>", name.lang, name) if name.is_fallback else name

    @admin.display(description=_("state"))
    def state(self, network: Network) -> str:
        return mark_safe("<br>".join(format_html("{}", line) for line in state_lines(network)))  # noqa: S308 - escaped

    @admin.display(description=_("joined"), ordering="newest_joined", empty_value="")
    def displayed_joined(self, network: Network) -> str:
        return Reader().date(network.joined)

    # Actions

    def confirmation_response(
        self, request: HttpRequest, action: str, rows: list, others: Sequence = ()
    ) -> HttpResponse:
        for network in (*rows, *others):
            newest_revisions.apply_newest_content(network)  # named as in the list
        if action == "publish":
            publishing_checks.count_warnings([*rows, *others])
        return super().confirmation_response(request, action, rows, others)

    @admin.action(description=_("Publish the newest version of the chosen networks"), permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        drafts = [network for network in queryset.annotate(submitted=last_submitted_revision()) if network.has_draft]
        ready = [network for network in drafts if network.submitted_at and network.submitted == network.head_id]
        others = [network for network in drafts if network not in ready]
        if drafts and not is_confirmed(request):
            reader = Reader()
            for network in others:
                network.draft_by = reader.unmarked(network.head.author_name) if network.head else ""
            return self.confirmation_response(request, "publish", ready, others)

        def publish_one(row: Network, network: Network) -> Network | None:
            if confirmed_revision(request, network) not in ("", str(row.head_id)):
                raise ValidationError(gettext("Somebody has saved a newer version meanwhile."))
            return publishing.publish(row, author=request.user) if row.has_draft else None

        self.run_action(request, "publish", drafts if "unsubmitted" in request.POST else ready, publish_one)
        return None

    @admin.action(description=_("Take the chosen networks off the site"), permissions=["publish"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        networks = list(queryset.filter(is_published=True))
        if networks and not is_confirmed(request):
            return self.confirmation_response(request, "withdraw", networks)

        def withdraw_one(row: Network, network: Network) -> Network | None:
            return publishing.unpublish(row, author=request.user) if row.is_published else None

        self.run_action(request, "withdraw", networks, withdraw_one)
        return None

    @admin.action(description=_("Move the chosen networks to the bin"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        networks = list(queryset)
        if networks and not is_confirmed(request):
            return self.confirmation_response(request, "delete_selected", networks)

        def delete_one(row: Network, network: Network) -> Network | None:
            return publishing.delete(row, author=request.user) if row.deleted_at is None else None

        self.run_action(request, "delete_selected", networks, delete_one)
        return None

    def run_action(
        self,
        request: HttpRequest,
        action: str,
        networks: Iterable[Network],
        run: Callable[[Network, Network], Network | None],
    ) -> None:
        """
        Run an action on each network, report how many it has changed, and store their earlier states for undoing.

        `run` gets the locked row and the network of the list, and returns None if it changes nothing. Its
        ValidationError is shown to the user.
        """
        done = []
        for network in networks:
            try:
                with transaction.atomic():
                    row = storage.lock(network)
                    before = publishing.undo_state(row)
                    if run(row, network) is not None:
                        done.append({"pk": row.pk, "event": publishing.last_event_id(row), "before": before})
            except ValidationError as error:
                self.report_error(request, network, error)
        self.report_done(request, action, done)

    def undo_one(self, request: HttpRequest, action: str, before: dict) -> bool:
        network = Network.objects.filter(pk=before["pk"]).first()
        undo = verification.unverify if action == "verify" else publishing.undo
        return network is not None and undo(network, before["before"], before["event"], author=request.user)

    def report_error(self, request: HttpRequest, network: Network, error: ValidationError) -> None:
        network = newest_revisions.apply_newest_content(network)
        self.message_user(
            request, f"{str(network) or network.slug}: {schedules.error_text(Network, error)}", messages.ERROR
        )

    @admin.action(description=_("Submit the chosen networks for publishing"), permissions=["change"])
    def submit(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = 0
        for network in queryset:
            if network.has_draft and network.submitted_at is None:
                try:
                    drafts.submit(network, author=request.user)
                    count += 1
                except ValidationError as error:
                    self.report_error(request, network, error)
        text = ngettext("%d network submitted for publishing.", "%d networks submitted for publishing.", count)
        self.message_user(request, text % count, messages.SUCCESS if count else messages.INFO)


def state_lines(network: Network) -> list[str]:
    """Return where a network stands, a few words in each line: published, whose draft, submitted, scheduled."""
    reader = Reader()
    lines = [gettext("On the site") if network.is_published else gettext("Not on the site")]
    if network.has_draft and network.head:
        author = reader.unmarked(network.head.author_name)
        lines.append(gettext("Draft: {author}").format(author=author) if author else gettext("Draft"))
    if network.submitted_at:
        lines.append(gettext("Submitted for publishing"))
    if network.last_schedule_event == Event.Kind.FAILED:
        lines.append(str(Event.Kind.FAILED.label))
    for schedule in network.schedules.all():
        lines.append(describe_schedule(schedule, reader))
    return lines
