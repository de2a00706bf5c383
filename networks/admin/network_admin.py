"""The memberships on the desk: their list, and the form that opens on the newest version."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models.functions import NullIf
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from networks.admin import newest_revisions
from networks.admin.base import (
    DeskAdmin,
    DeskList,
    MissingTranslations,
    searchable,
    side_by_side,
)
from networks.admin.bulk_actions import BulkActions, is_confirmed, version_named
from networks.admin.network_form import NetworkForm
from networks.admin.network_views import PLAN_KINDS, MembershipViews, plan_in_words
from networks.admin.newest_revisions import NewestTranslationFilter, ScopeFilter, StatusFilter, ThemeFilter
from networks.admin.unsaved_text import let_go
from networks.models import TRANSLATED, Event, Network
from networks.reading import Reader
from networks.revisions import drafts, publishing, schedules, storage
from networks.revisions.content import network_with


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("published", _("published")),
            ("draft", _("with a draft")),
            ("submitted", _("submitted for publishing")),
            ("scheduled", _("scheduled")),
            ("unpublished", _("not on the site")),
        ]

    def queryset(self, request, queryset):
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


def last_plan():
    """Return an expression for what last became of a network's plans, or of its publishing."""
    events = Event.objects.filter(network=models.OuterRef("pk"), kind__in=PLAN_KINDS)
    return models.Subquery(events.values("kind")[:1])


def last_submitted():
    """Return an expression for the version of a network that was submitted last."""
    events = Event.objects.filter(network=models.OuterRef("pk"), kind=Event.Kind.SUBMITTED)
    return models.Subquery(events.order_by("-pk").values("revision")[:1])


# What the model says of both languages, each with an example of its own
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


class NetworkList(DeskList):
    def get_queryset(self, request, **kwargs):
        networks = super().get_queryset(request, **kwargs).prefetch_related("schedules")
        # The texts that the list does not show are long.
        return networks.annotate(
            last_plan=last_plan(),
            newest_content=newest_revisions.newest_content(),
            newest_joined=NullIf(newest_revisions.newest("joined"), models.Value("", newest_revisions.TEXT)),
        ).defer("head__content", "live__content")

    def get_results(self, request):
        super().get_results(request)
        self.result_list = [newest_revisions.with_newest(network) for network in self.result_list]


@admin.register(Network)
class NetworkAdmin(BulkActions, MembershipViews, MissingTranslations, DeskAdmin):
    # List
    list_display = [
        "displayed_name",
        "state",
        "missing_english",
        "displayed_joined",
        "status",
        "position",
    ]
    list_filter = [StateFilter, StatusFilter, ScopeFilter, ("themes", ThemeFilter), NewestTranslationFilter]
    list_per_page = 100
    actions = ["publish", "withdraw", "submit", "delete_selected"]

    # Search: the words are looked for in the folded text, so the script in which they are typed does not matter
    search_fields = ["search_text"]
    search_help_text = _("In either script, with or without diacritical marks: gradonacelnici, Градоначелници, SCTM.")

    # Form
    form = NetworkForm
    fieldsets = [
        (
            _("Texts"),
            # The town, which is short, at the end
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

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in HELP_TEXTS:
            kwargs["help_text"] = HELP_TEXTS[db_field.name]
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request):
        return super().get_queryset(request).outside_bin().select_related("head", "live")

    def get_changelist(self, request, **kwargs):
        return NetworkList

    def get_search_results(self, request, queryset, search_term):
        return newest_revisions.search(queryset, searchable(search_term)), False

    def get_changeform_initial_data(self, request):
        last = Network.objects.outside_bin().aggregate(last=models.Max("position"))["last"] or 0
        return {"position": last + 10, **super().get_changeform_initial_data(request)}

    def changelist_view(self, request, extra_context=None):
        may_delete = self.has_delete_permission(request)
        return super().changelist_view(request, {"may_delete": may_delete, **(extra_context or {})})

    def view_on_site(self, network):
        return getattr(network, "live_url", None)

    def has_publish_permission(self, request):
        return request.user.has_perm("networks.publish_network")

    # The form: it opens on the newest version, and what it saves goes through the one door

    def get_object(self, request, object_id, from_field=None):
        network = super().get_object(request, object_id, from_field)
        is_form = request.resolver_match.url_name == "networks_network_change"
        if network is None and is_form and request.method == "POST" and object_id.isdecimal() and len(object_id) < 19:
            # Somebody has put it into the bin meanwhile. The form says so, and keeps what was typed.
            network = Network.objects.in_bin().filter(pk=object_id).first()
        if network is None:
            return None
        # Held until the end of a save, so that nobody writes between the merge and it
        row = storage.lock(network) if request.method == "POST" else network
        newest_revisions = storage.newest_revision(row)
        # Before the form writes what was typed into it; the draft may have another address.
        live_url = row.get_absolute_url() if row.is_published else None
        network = network_with(row, newest_revisions.content)
        network.live_url = live_url
        network.head, network.live = newest_revisions, row.live
        return network

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError:
            # Somebody has taken the address between the check and the save. Asked again, the form says so.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None and obj.pk:
            context |= self.whereabouts(request, obj)
        else:
            context["may"] = {"publish": self.has_publish_permission(request), "change": True}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, obj, form, change):
        if {"_publish", "_schedule"} & request.POST.keys() and not self.has_publish_permission(request):
            raise PermissionDenied
        network = Network.objects.get(pk=obj.pk) if change else None
        saved = drafts.save(
            network,
            form.content(),
            base=form.head,
            author=request.user,
            comment=form.cleaned_data["comment"],
            token=form.cleaned_data["form_token"],
            form_content=form.mine,
        )
        form.saved = saved
        obj.pk, obj.slug, obj._state.adding = saved.network.pk, saved.network.slug, False
        # What a colleague has written meanwhile is read by whoever publishes it.
        # So is what others have written and not submitted.
        is_to_publish = "_publish" in request.POST and not form.taken
        request.asks = is_to_publish and bool(publishing.unreviewed_revisions(saved.network, request.user))
        form.publishes = is_to_publish and not request.asks
        if form.publishes:
            publishing.publish(saved.network, author=request.user)
            obj.is_published = True
        elif "_submit" in request.POST and saved.network.has_draft:
            drafts.submit(saved.network, author=request.user)
        obj.open_forms.filter(user=request.user).delete()
        if "_preview" not in request.POST and not request.asks:
            self.message_user(request, *self.what_was_saved(request, obj, form))
        request.was_published = form.publishes

    def save_related(self, request, form, formsets, change):
        """The themes are saved with the rest of the content."""

    def what_was_saved(self, request, obj, form):
        """Return what the save came to, in words, and the level of the message."""
        name = str(obj)
        if "_publish" in request.POST and form.taken:
            text = gettext("“{name}” is saved, but not published yet: read what was taken over, and publish again.")
        elif "_publish" in request.POST:
            text = gettext("“{name}” is published. Citizens see it as it stands here.")
        elif "_submit" in request.POST and form.saved.network.has_draft:
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

    def response_add(self, request, obj, post_url_continue=None):
        return self.response_change(request, obj)

    def response_change(self, request, obj):
        let_go(request)
        if "_preview" in request.POST:
            return HttpResponseRedirect(reverse("admin:networks_network_preview", args=[obj.pk]))
        if request.asks:
            return HttpResponseRedirect(reverse("admin:networks_network_publish", args=[obj.pk]))
        if "_schedule" in request.POST:
            return HttpResponseRedirect(reverse("admin:networks_network_schedule", args=[obj.pk]))
        if request.was_published or "_submit" in request.POST:
            return self.response_post_save_change(request, obj)
        return HttpResponseRedirect(reverse("admin:networks_network_change", args=[obj.pk]))

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except ValidationError as error:
            return self.show_again(request, error)

    def delete_model(self, request, obj):
        publishing.delete(self.lock(request, obj), author=request.user)

    # List

    @admin.display(description=_("name"))
    def displayed_name(self, network):
        name = Reader().text(network, "name")
        return format_html("<span{}>{}</span>", name.lang, name) if name.is_fallback else name

    @admin.display(description=_("state"))
    def state(self, network):
        return mark_safe("<br>".join(format_html("{}", line) for line in states(network)))  # noqa: S308 - escaped

    @admin.display(description=_("joined"), ordering="newest_joined", empty_value="")
    def displayed_joined(self, network):
        return Reader().date(network.joined)

    # Actions

    @admin.action(description=_("Publish the newest version of the chosen networks"), permissions=["publish"])
    def publish(self, request, queryset):
        drafts = [network for network in queryset.annotate(submitted=last_submitted()) if network.has_draft]
        ready = [network for network in drafts if network.submitted_at and network.submitted == network.head_id]
        others = [network for network in drafts if network not in ready]
        if drafts and not is_confirmed(request):
            reader = Reader()
            for network in others:
                network.draft_by = reader.unmarked(network.head.author_name) if network.head else ""
            return self.ask(request, "publish", ready, others)

        def one(row, network):
            if version_named(request, network) not in ("", str(row.head_id)):
                raise ValidationError(gettext("Somebody has saved a newer version meanwhile."))
            return publishing.publish(row, author=request.user) if row.has_draft else None

        self.do_and_note(request, "publish", drafts if "unsubmitted" in request.POST else ready, one)
        return None

    @admin.action(description=_("Take the chosen networks off the site"), permissions=["publish"])
    def withdraw(self, request, queryset):
        networks = list(queryset.filter(is_published=True))
        if networks and not is_confirmed(request):
            return self.ask(request, "withdraw", networks)

        def one(row, network):
            return publishing.unpublish(row, author=request.user) if row.is_published else None

        self.do_and_note(request, "withdraw", networks, one)
        return None

    @admin.action(description=_("Move the chosen networks to the bin"), permissions=["delete"])
    def delete_selected(self, request, queryset):
        networks = list(queryset)
        if networks and not is_confirmed(request):
            return self.ask(request, "delete_selected", networks)

        def one(row, network):
            return publishing.delete(row, author=request.user) if row.deleted_at is None else None

        self.do_and_note(request, "delete_selected", networks, one)
        return None

    def do_and_note(self, request, action, networks, do):
        """Do the action with each network; say how many it changed, and note how they stood before."""
        done = []
        for network in networks:
            try:
                with transaction.atomic():
                    row = storage.lock(network)
                    before = publishing.undo_state(row)
                    if do(row, network) is not None:
                        done.append({"pk": row.pk, "event": publishing.last_event_id(row), "before": before})
            except ValidationError as error:
                self.say_error(request, network, error)
        self.tell_done(request, action, done)

    def undo_one(self, request, action, before):
        network = Network.objects.filter(pk=before["pk"]).first()
        return network is not None and publishing.undo(
            network, before["before"], before["event"], author=request.user
        )

    def say_error(self, request, network, error):
        self.message_user(request, f"{str(network) or network.slug}: {schedules.error_text(error)}", messages.ERROR)

    @admin.action(description=_("Submit the chosen networks for publishing"), permissions=["change"])
    def submit(self, request, queryset):
        count = 0
        for network in queryset:
            if network.has_draft and network.submitted_at is None:
                try:
                    drafts.submit(network, author=request.user)
                    count += 1
                except ValidationError as error:
                    self.say_error(request, network, error)
        text = ngettext("%d network submitted for publishing.", "%d networks submitted for publishing.", count)
        self.message_user(request, text % count, messages.SUCCESS if count else messages.INFO)


def states(network: Network) -> list[str]:
    """Return where a network stands, in a few words each: published, a draft and whose, waiting, planned."""
    reader = Reader()
    lines = [gettext("On the site") if network.is_published else gettext("Not on the site")]
    if network.has_draft and network.head:
        author = reader.unmarked(network.head.author_name)
        lines.append(gettext("Draft: {author}").format(author=author) if author else gettext("Draft"))
    if network.submitted_at:
        lines.append(gettext("Submitted for publishing"))
    if network.last_plan == Event.Kind.FAILED:
        lines.append(str(Event.Kind.FAILED.label))
    for plan in network.schedules.all():
        lines.append(plan_in_words(plan, reader))
    return lines
