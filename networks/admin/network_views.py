"""Pages of the desk about one membership beside its form: history, comparison, previews, schedules, the bin."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from networks.models import Event, Network, OpenForm, PreviewLink, Revision, Schedule
from networks.reading import Reader
from networks.revisions import drafts, previews, publishing, schedules, storage
from networks.revisions.comparison import compare
from networks.revisions.content import changed_fields, complete_content, field_label, select_current_fields

VERSIONS_ON_A_PAGE = 25

# After one of these, a plan that failed before is no news any more.
PLAN_KINDS = [
    Event.Kind.FAILED,
    Event.Kind.PUBLISHED,
    Event.Kind.WITHDRAWN,
    Event.Kind.DISCARDED,
    Event.Kind.SCHEDULED,
    Event.Kind.WITHDRAWAL_SCHEDULED,
]

# A form that is still open says so every minute, and once more when it is left. Without scripts, it only says that it
# was opened.
SEEN_LATELY = timedelta(minutes=5)


@dataclass(frozen=True)
class Act:
    """Something that is done with a network after one more question."""

    permission: str
    do: Callable
    title: Promise
    question: Promise
    button: Promise
    done: Promise
    is_dangerous: bool = False


ACTS = {
    "withdraw": Act(
        "publish",
        publishing.unpublish,
        _("Take off the site"),
        _("Citizens will not see this network any more. All that is written stays, and it can be published again."),
        _("Take off the site"),
        _("“{name}” is off the site. All that is written has stayed."),
    ),
    "discard": Act(
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
    "submit": Act(
        "change",
        drafts.submit,
        _("Submit for publishing"),
        _("The newest version will be put before those who publish."),
        _("Submit for publishing"),
        _("“{name}” waits for somebody who publishes."),
    ),
    "undelete": Act(
        "delete",
        publishing.undelete,
        _("Put back from the bin"),
        _("The network comes back with its history, its logo and its address, as a draft that citizens do not see."),
        _("Put back from the bin"),
        _("“{name}” is back, as a draft. Publish it when citizens are to see it again."),
    ),
}


class NewerVersion(ValidationError):
    """A colleague has saved a version that was not on the page on which somebody decided what to do."""

    def __init__(self):
        super().__init__(_("Somebody has saved a newer version meanwhile. Look at it, and decide again."))


class LocalTimeField(forms.SplitDateTimeField):
    """A day and a time in the city's own time zone."""

    def compress(self, data_list):
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
    """When something is to happen, in the city's own time."""

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

    def __init__(self, *args, network, **kwargs):
        super().__init__(*args, **kwargs)
        labels = {
            Schedule.Action.PUBLISH: _("Publish the newest version"),
            Schedule.Action.WITHDRAW: _("Take off the site"),
        }
        choices = [Schedule.Action.PUBLISH] if network.has_draft else []
        choices += [Schedule.Action.WITHDRAW]
        self.fields["action"].choices = [(action, labels[action]) for action in choices]
        self.fields["action"].initial = choices[0]
        for widget, label in zip(self.fields["at"].widget.widgets, (_("Day"), _("Time")), strict=True):
            widget.attrs["aria-label"] = label


class LinkForm(forms.Form):
    days = forms.TypedChoiceField(label=_("The link works for"), coerce=int, initial=7)
    is_kept = forms.BooleanField(
        label=_("Also when this version is discarded or taken off the site"), label_suffix="", required=False
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["days"].choices = [
            (days, ngettext("%(days)d day", "%(days)d days", days) % {"days": days}) for days in (1, 7, 30)
        ]


class MembershipViews:
    """The addresses and pages of one network beside its form, for the admin of networks."""

    def get_urls(self):
        def page(address, view, name):
            return path(address, self.admin_site.admin_view(view), name=f"networks_network_{name}")

        return [
            page("bin/", self.bin_view, "bin"),
            *(page(f"<int:pk>/{name}/", partial(self.act_view, name=name), name) for name in ACTS),
            page("<int:pk>/publish/", self.publish_view, "publish"),
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

    # Who may, and what is shown around every page

    def may(self, request, permission: str) -> bool:
        return request.user.has_perm(f"networks.{permission}_network")

    def network_for(self, request, pk, permission, *, in_bin=False) -> Network:
        """Return the network of a page; 403 for those who may not, 404 where there is none."""
        if not self.may(request, permission):
            raise PermissionDenied
        networks = Network.objects.select_related("head", "live")
        network = get_object_or_404(networks, pk=pk)
        if network.deleted_at is not None and not (in_bin and self.may(request, "delete")):
            raise Http404
        storage.newest_revision(network)
        return network

    def lock(self, request, network) -> Network:
        """
        Lock the row of a network for what is done with it in this transaction, and return it.

        Raises NewerVersion where its newest version is not the one on the page that sent the request. Compared
        before the row is locked, a version that is saved in between would go unnoticed.
        """
        row = storage.lock(network)
        if request.POST.get("version", str(row.head.number)) != str(row.head.number):
            raise NewerVersion
        return row

    def show_again(self, request, error: ValidationError):
        self.message_user(request, schedules.error_text(error), messages.WARNING)
        return HttpResponseRedirect(request.path)

    def page(self, request, template, network, title, **context):
        return TemplateResponse(
            request,
            f"admin/networks/network/{template}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "network": network,
                "title": title,
                "subtitle": str(network) if network else None,
                "may": {name: self.may(request, name) for name in ("change", "publish", "delete")},
                **context,
            },
        )

    def to_form(self, network):
        return HttpResponseRedirect(reverse("admin:networks_network_change", args=[network.pk]))

    def to_list(self):
        return HttpResponseRedirect(reverse("admin:networks_network_changelist"))

    # History

    def history_view(self, request, object_id, extra_context=None):
        pk = unquote(object_id)
        pk = int(pk) if pk.isdecimal() and len(pk) < 19 else 0
        network = self.network_for(request, pk, "view", in_bin=True)
        versions = network.revisions.select_related("parent", "restored_from")
        shown = Paginator(versions, VERSIONS_ON_A_PAGE).get_page(request.GET.get("p"))
        return self.page(
            request,
            "history",
            network,
            gettext("History of changes"),
            entries=self.entries(network, shown),
            page_obj=shown,
            pages=shown.paginator.get_elided_page_range(shown.number, on_each_side=2, on_ends=1),
        )

    def entries(self, network, shown):
        """Return the versions of a page of the history with what was done between them, newest first."""
        reader = Reader()
        versions = list(shown)
        events = network.events.select_related("revision").defer("revision__content")
        if shown.has_next():
            events = events.filter(created_at__gte=versions[-1].created_at)
        if shown.has_previous():
            newer = shown.paginator.object_list[shown.start_index() - 2]
            events = events.filter(created_at__lt=newer.created_at)
        entries = [
            {
                "at": version.created_at,
                "version": version,
                "who": version.author_name,
                "changes": self.changes_in_words(version),
                "comment": reader.unmarked(version.comment),
                "is_head": version.pk == network.head_id,
                "is_live": version.pk == network.live_id,
            }
            for version in versions
        ]
        entries += [
            {
                "at": event.created_at,
                "event": event,
                "who": event.author_name,
                "planned_for": event.planned_for and reader.moment(event.planned_for),
                "explanation": reader.unmarked(event.explanation),
            }
            for event in events
        ]
        for entry in entries:
            entry |= {"when": reader.moment(entry["at"]), "who": in_words(entry["who"], reader)}
        return sorted(entries, key=lambda entry: (entry["at"], "event" in entry), reverse=True)

    def changes_in_words(self, version: Revision) -> str:
        """Return which fields a version changed: description (in English), themes."""
        if version.parent is None:
            return gettext("First version")
        changed = changed_fields(version.parent.content, version.content)
        return ", ".join(field_label(name) for name in changed) or gettext("nothing that is still kept")

    def compare_view(self, request, pk):
        network = self.network_for(request, pk, "view", in_bin=True)
        before = self.version(network, request.GET.get("from"), network.live or network.head)
        after = self.version(network, request.GET.get("to"), network.head)
        if before.number > after.number:
            before, after = after, before
        return self.page(
            request,
            "compare",
            network,
            gettext("Comparison of versions {before} and {after}").format(before=before.number, after=after.number),
            before=self.described(before),
            after=self.described(after),
            comparisons=compare(before.content, after.content),
        )

    def version(self, network, number, otherwise):
        if not number:
            return otherwise
        return get_object_or_404(
            network.revisions, number=int(number) if number.isdecimal() and len(number) < 9 else 0
        )

    def described(self, version):
        reader = Reader()
        when, who = reader.moment(version.created_at), in_words(version.author_name, reader)
        return {"version": version, "when": when, "who": who}

    def restore_view(self, request, pk, number):
        network = self.network_for(request, pk, "publish")
        version = get_object_or_404(network.revisions, number=number)
        if request.method == "POST":
            try:
                with transaction.atomic():
                    saved = drafts.restore(self.lock(request, network), version, author=request.user)
            except NewerVersion as error:
                return self.show_again(request, error)
            except ValidationError as error:
                self.message_user(request, schedules.error_text(error), messages.ERROR)
                return HttpResponseRedirect(request.path)
            text = (
                gettext("Version {number} is restored, as a draft.")
                if saved.is_new
                else gettext("The newest version is the same as version {number}.")
            )
            self.message_user(request, text.format(number=version.number), messages.SUCCESS)
            return self.to_form(network)
        content = complete_content(network.head.content) | select_current_fields(version.content)
        return self.page(
            request,
            "restore",
            network,
            gettext("Restore version {number}").format(number=version.number),
            before=self.described(network.head),
            after=self.described(version),
            comparisons=compare(network.head.content, content),
        )

    # What is done after one more question

    def act_view(self, request, pk, name):
        act = ACTS[name]
        network = self.network_for(request, pk, act.permission, in_bin=name == "undelete")
        try:
            if request.method == "POST":
                with transaction.atomic():
                    network = self.lock(request, network)
                    self.refuse_planned(request, network, name)
                    act.do(network, author=request.user)
                self.message_user(request, act.done.format(name=network), messages.SUCCESS)
                return self.to_form(network)
            self.refuse_planned(request, network, name)
        except NewerVersion as error:
            return self.show_again(request, error)
        except ValidationError as error:
            self.message_user(request, schedules.error_text(error), messages.ERROR)
            return self.to_form(network)
        comparisons = (
            compare(network.live.content, network.head.content) if name == "discard" and network.live else []
        )
        return self.page(request, "act", network, act.title, act=act, comparisons=comparisons)

    def refuse_planned(self, request, network, name):
        """Raise ValidationError where somebody who does not publish would discard what is going to be published."""
        plans = network.schedules.filter(action=Schedule.Action.PUBLISH)
        if name == "discard" and plans and not self.may(request, "publish"):
            raise ValidationError(
                _("The draft is scheduled for publishing. Ask somebody who publishes to cancel that first.")
            )

    def publish_view(self, request, pk):
        """Ask whether what others have not finished is to be published too, or only one's own changes."""
        network = self.network_for(request, pk, "publish")
        if request.method == "POST":
            if request.POST.get("version", str(network.head.number)) != str(network.head.number):
                text = gettext("Somebody has saved a newer version meanwhile. Look at it, and decide again.")
                self.message_user(request, text, messages.WARNING)
                return HttpResponseRedirect(request.path)
            try:
                if "own" in request.POST:
                    publishing.publish_own_changes(network, author=request.user, head=network.head)
                    text = gettext("Your changes to “{name}” are published. What others have changed stays a draft.")
                else:
                    publishing.publish(network, author=request.user, revision=network.head)
                    text = gettext("“{name}” is published, with what others have changed.")
            except ValidationError as error:
                self.message_user(request, schedules.error_text(error), messages.ERROR)
            else:
                self.message_user(request, text.format(name=network), messages.SUCCESS)
            return self.to_form(network)
        reader = Reader()
        own, left_out = publishing.own_changes(network, request.user) if network.live else ({}, [])
        others = publishing.unreviewed_revisions(network, request.user)
        return self.page(
            request,
            "publish",
            network,
            gettext("Publish"),
            others=[
                {"who": in_words(each.author_name, reader), "changes": self.changes_in_words(each)} for each in others
            ],
            own=compare(network.live.content, own) if network.live else [],
            left_out=[field_label(name) for name in left_out],
            comparisons=compare(network.live.content, network.head.content) if network.live else [],
        )

    # Schedules

    def schedule_view(self, request, pk):
        network = self.network_for(request, pk, "publish")
        form = ScheduleForm(request.POST if request.method == "POST" else None, network=network)
        version = request.POST.get("version", network.head.number)
        if request.method == "POST" and form.is_valid():
            action, at = form.cleaned_data["action"], form.cleaned_data["at"]
            try:
                with transaction.atomic():
                    network = self.lock(request, network)
                    plan = schedules.create(network, action, at, author=request.user)
            except NewerVersion as error:
                network = self.network_for(request, pk, "publish")
                version = network.head.number
                form.add_error(None, error)
            except ValidationError as error:
                form.add_error(None, error) if not hasattr(error, "error_dict") else form.add_error(
                    None if set(error.error_dict) - {"at"} else "at", schedules.error_text(error)
                )
            else:
                text = (
                    gettext("“{name}” will be published on {time}.")
                    if plan.action == Schedule.Action.PUBLISH
                    else gettext("“{name}” will be taken off the site on {time}.")
                )
                message = text.format(name=network, time=Reader().moment(plan.at))
                self.message_user(request, message, messages.SUCCESS)
                return self.to_form(network)
        return self.page(
            request,
            "schedule",
            network,
            pgettext("title", "Schedule"),
            form=form,
            version=version,
            plans=self.plans(network),
            media=form.media,
        )

    def plans(self, network):
        reader = Reader()
        return [
            {"plan": plan, "text": plan_in_words(plan, reader), "who": in_words(plan.author_name, reader)}
            for plan in network.schedules.select_related("revision")
        ]

    def cancel_view(self, request, pk, schedule_pk):
        network = self.network_for(request, pk, "publish")
        if request.method == "POST":
            if plan := network.schedules.filter(pk=schedule_pk).first():
                schedules.cancel(plan, author=request.user)
                self.message_user(request, gettext("The schedule is cancelled."), messages.SUCCESS)
            else:
                self.message_user(
                    request, gettext("This schedule was carried out or cancelled already."), messages.WARNING
                )
        return HttpResponseRedirect(reverse("admin:networks_network_schedule", args=[network.pk]))

    # Previews

    def preview_view(self, request, pk):
        network = self.network_for(request, pk, "view", in_bin=True)
        version = self.version(network, request.GET.get("version"), network.head)
        return HttpResponseRedirect(previews.staff_url(version))

    def links_view(self, request, pk):
        network = self.network_for(request, pk, "change")
        form = LinkForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            expires_at = timezone.now() + timedelta(days=form.cleaned_data["days"])
            PreviewLink.objects.create(
                revision=network.head,
                expires_at=expires_at,
                is_kept=form.cleaned_data["is_kept"],
                **storage.author_fields(request.user),
            )
            self.message_user(request, gettext("The link is made. Copy it from the list."), messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        links = PreviewLink.objects.filter(revision__network=network).select_related("revision")
        reader = Reader()
        return self.page(
            request,
            "links",
            network,
            gettext("Links for people without an account"),
            form=form,
            links=[
                {
                    "link": link,
                    "url": request.build_absolute_uri(previews.link_url(link)),
                    "when": reader.moment(link.created_at),
                    "who": in_words(link.author_name, reader),
                    "expires": reader.moment(link.expires_at),
                    "ended": link.revoked_at and reader.moment(link.revoked_at),
                    "may_revoke": link.is_open and self.may_revoke(request, link),
                }
                for link in links
            ],
        )

    def may_revoke(self, request, link) -> bool:
        return link.author_id == request.user.pk or self.may(request, "publish")

    def revoke_view(self, request, pk, link_pk):
        network = self.network_for(request, pk, "change")
        if request.method == "POST":
            links = PreviewLink.objects.filter(revision__network=network, pk=link_pk, revoked_at=None)
            if not all(self.may_revoke(request, link) for link in links):
                raise PermissionDenied
            if links.update(revoked_at=timezone.now()):
                self.message_user(request, gettext("The link is revoked. It leads nowhere now."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:networks_network_links", args=[network.pk]))

    # Bin

    def bin_view(self, request):
        if not self.may(request, "delete"):
            raise PermissionDenied
        reader = Reader()
        networks = [
            {
                "network": network,
                "when": reader.moment(network.deleted_at),
                "who": in_words(network.deleted_by, reader),
            }
            for network in Network.objects.in_bin().order_by("-deleted_at")
        ]
        return self.page(request, "bin", None, gettext("Bin"), networks=networks)

    # Who else has the form open

    def open_view(self, request, pk):
        """Note that the form is still open, or was left; tell who else has it open."""
        network = self.network_for(request, pk, "change")
        if "left" in request.POST:
            network.open_forms.filter(user=request.user).delete()
            return JsonResponse({})
        colleagues = self.note_open_form(request, network)
        return JsonResponse({"colleagues": colleagues})

    def note_open_form(self, request, network) -> str:
        """Note that somebody has the form open, and return in words who else has, or nothing."""
        now = timezone.now()
        if not network.open_forms.filter(user=request.user).update(seen_at=now):
            OpenForm.objects.bulk_create([OpenForm(network=network, user=request.user)], ignore_conflicts=True)
        others = network.open_forms.exclude(user=request.user).filter(seen_at__gt=now - SEEN_LATELY)
        reader = Reader()
        names = [in_words(storage.display_name(form.user), reader) for form in others.select_related("user")]
        if not names:
            return ""
        return gettext("Others have this form open now: {names}. What you both write is brought together.").format(
            names=", ".join(names)
        )

    def whereabouts(self, request, network) -> dict:
        """Return what the form shows around its fields: where the network stands, and what can be done with it."""
        reader = Reader()
        return {
            "network": network,
            "may": {name: self.may(request, name) for name in ("change", "publish", "delete")},
            "head": self.described(network.head),
            "live": network.live and self.described(network.live),
            "plans": self.plans(network),
            "submitted": network.submitted_at
            and {"when": reader.moment(network.submitted_at), "who": in_words(network.submitted_by, reader)},
            "failure": self.last_failure(network, reader),
            "colleagues": self.note_open_form(request, network) if self.may(request, "change") else "",
        }

    def last_failure(self, network, reader):
        """Return why the last thing that was planned did not happen, unless something was published since."""
        last = network.events.filter(kind__in=PLAN_KINDS).first()
        if last is None or last.kind != Event.Kind.FAILED:
            return None
        return {"when": reader.moment(last.created_at), "why": reader.unmarked(last.explanation)}


def in_words(author_name: str, reader: Reader) -> str:
    """Return who did something, in the reader's script; what no person did, the system did."""
    return reader.unmarked(author_name) or gettext("the system")


def plan_in_words(plan: Schedule, reader: Reader) -> str:
    """Return what is planned, and for when."""
    text = (
        gettext("To be published: {time}")
        if plan.action == Schedule.Action.PUBLISH
        else gettext("To be taken off the site: {time}")
    )
    text = text.format(time=reader.moment(plan.at))
    if plan.retry_at is None:
        return text
    return gettext("{plan}. This has failed so far and is tried again: {time}").format(
        plan=text, time=reader.moment(plan.retry_at)
    )
