"""The admin's page that ends a membership: the date, what becomes of it, and words for the public record."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from citynetworks.labels import localized_verbose_name
from networks.admin import publishing_checks
from networks.admin.link_admin import incoming_links
from networks.admin.row_views import NewerRevision
from networks.admin.unsaved_text import TokenField, discard_response, discard_unsaved_form, get_unsaved_form
from networks.languages import language_tag, stored_languages
from networks.models import Network, SavedForm
from networks.reading import Reader
from networks.revisions import ending, publishing, schedules
from networks.revisions.content import changed_fields, field_label, savable_content
from networks.revisions.saved_forms import remember_form

REASONS = [
    (Network.Status.LEFT, _("The city has left the network")),
    (Network.Status.ENDED, _("The network has ended")),
]
STAYS, OFF_SITE = "stays", "off_site"
# The hidden inputs with what the words warn of and the user has seen
SEEN = "seen"
WARNINGS = "admin/networks/revised/includes/warnings.html"


class EndForm(forms.Form):
    """The form that ends a membership, with the fields of `ending.FACTS`; `may_take_off` offers to unpublish it."""

    form_token = TokenField()
    status = forms.ChoiceField(
        label=_("Why it has ended"), choices=REASONS, widget=forms.RadioSelect, initial=Network.Status.LEFT
    )
    becomes = forms.ChoiceField(
        label=_("What becomes of it"),
        choices=[
            (STAYS, _("It stays on the site, among the former memberships")),
            (OFF_SITE, _("It is taken off the site too")),
        ],
        widget=forms.RadioSelect,
        initial=STAYS,
    )

    def __init__(self, *args, may_take_off: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not may_take_off:
            del self.fields["becomes"]
        left = Network._meta.get_field("left").formfield(required=True, label=_("When it has ended"))
        left.help_text = _("2003, May 2007 or 3 May 2007, as exactly as it is known.")
        left.error_messages["required"] = _("Enter the day, or the month or the year if no more is known.")
        self.fields = {"left": left, **self.fields}
        labels = {
            "sr": _("Words for the public record, in Serbian"),
            "en": _("Words for the public record, in English"),
        }
        for language in stored_languages():
            label = labels.get(language) or localized_verbose_name(_("Words for the public record"), language)
            column = Network._meta.get_field(f"end_note_{language}")
            field = column.formfield(label=label, required=False)
            field.validators += column.validators  # so that it is told together with what the words warn of
            field.help_text = _("By which decision, for example. It may stay empty.")
            field.widget = forms.Textarea({"rows": 3, "lang": language_tag(language)})
            self.fields[f"end_note_{language}"] = field

    def clean(self) -> None:
        # Off the site, the line that the membership ended is not public; only these words say so.
        if self.cleaned_data.get("becomes") == OFF_SITE and not self.cleaned_data.get("end_note_sr"):
            self.add_error("end_note_sr", _("Say in Serbian why it has ended. Citizens read nothing else about it."))

    def facts(self) -> dict:
        return {name: self.cleaned_data[name] for name in ending.FACTS} | {
            "left": self.cleaned_data["left"].isoformat()
        }


class EndViewsMixin:
    """A mixin for the admin of networks with the page that ends a membership."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.end_view)
        view.model_admin = self  # networks.admin.unsaved_text looks for it
        return [path("<int:pk>/end/", view, name="networks_network_end"), *super().get_urls()]

    def row_links(self, row: Network, permissions) -> list[tuple[str, str]]:
        links = super().row_links(row, permissions)
        if "change" in permissions and row.status not in Network.FORMER:
            links.append((f"{row.pk}/end/", pgettext_lazy("action", "End this membership")))
        return links

    def status_context(self, request: HttpRequest, row: Network) -> dict:
        may_end = self.may(request, "change") and not ending.has_ended(row)
        return super().status_context(request, row) | {"may_end": may_end}

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask how a membership ends. Then publish that, or save and submit it for who may not publish."""
        network = self.get_row(request, pk, "change")
        token = request.POST.get("form_token", "")
        # Who has ended it with this form meets the form once more by going back; another's words must not be lost.
        if ending.has_ended(network) and (not token or SavedForm.objects.filter(token=token).exists()):
            text = gettext("“{name}” is a former membership already. Correct the date and the words here.")
            self.message_user(request, text.format(name=network), messages.INFO)
            return self.redirect_to_form(network)
        may_publish = self.may(request, "publish")
        is_public = may_publish and network.is_published
        newest = savable_content(Network, network.head.content)
        initial = {name: newest[name] for name in ending.FACTS if newest["status"] in Network.FORMER}
        if response := discard_response(request):
            return response
        if request.method != "POST" and (kept := get_unsaved_form(request)):
            initial = kept.data.dict()
        form, notes = EndForm(request.POST or None, initial=initial, may_take_off=is_public), []
        version = request.POST.get("version", network.head.number)
        if request.method == "POST":
            words = {name: request.POST.get(name, "") for name in form.fields if name.startswith("end_note_")}
            if publishing_checks.MEND in request.POST:  # shown again, and not saved, even if there is nothing to mend
                mended = publishing_checks.mended_content(Network, newest | words, request.POST)
                words = {name: mended[name] for name in words} if mended else words
                form = EndForm(initial=request.POST.dict() | words, may_take_off=is_public)
            notes = publishing_checks.word_notes(Network, newest | words, words)
        keys = [seen_key(note) for each in notes for note in each.notes]
        is_seen = {*keys} <= {*request.POST.getlist(SEEN)}
        if form.is_valid() and is_seen:
            off_site = form.cleaned_data.get("becomes") == OFF_SITE
            try:
                self.end(request, network, form.facts(), off_site=off_site, token=form.cleaned_data["form_token"])
            except ValidationError as error:
                network = self.get_row(request, pk, "change")
                if isinstance(error, NewerRevision):
                    version = network.head.number  # which the error is about
                add_errors(form, error)
            else:
                discard_unsaved_form(request)
                self.message_user(
                    request, end_message(network, may_publish=may_publish, off_site=off_site), messages.SUCCESS
                )
                return self.redirect_to_form(network)
        for each in notes:
            field = form[each.name]
            field.help_text = format_html("{}{}", field.help_text, render_to_string(WARNINGS, {"field": each}))
        others = changed_fields(Network, network.live.content, newest) if network.live else []
        return self.render(
            request,
            "end",
            network,
            pgettext_lazy("action", "End this membership"),
            form=form,
            seen=keys,
            version=version,
            may_publish=may_publish,
            others=", ".join(field_label(Network, name) for name in others if name not in ending.FACTS),
            joined=Reader().date(network.joined),
            incoming=incoming_links([network]) if is_public else None,
            **self.unsaved_context(request, is_unsaved=request.method == "POST"),
        )

    def end(self, request: HttpRequest, network: Network, facts: dict, *, off_site: bool, token: str) -> None:
        """End a membership as far as the user may, so that the next pages offer to undo it. Raise ValidationError."""
        with transaction.atomic():
            locked = self.lock(request, network)
            before = publishing.undo_state(locked)
            if self.may(request, "publish"):
                action = "end" if locked.is_published else "edit"
                ended = ending.end(locked, facts, author=request.user, off_site=off_site)
            else:
                action = "submit_end"
                ended = ending.submit_end(locked, facts, author=request.user)
            event = publishing.last_event_id(ended)
            if token:
                remember_form(token, request.user, ended, revision=ended.head, content=facts)
        done = {"pk": network.pk, "event": event, "before": before, "head": ended.head_id}
        self.remember_for_undo(request, action, [done])

    def undo_one(self, request: HttpRequest, action: str, before: dict) -> bool:
        if action != "end":
            return super().undo_one(request, action, before)
        network = Network.objects.filter(pk=before["pk"]).first()
        return network is not None and ending.undo_end(
            network, before["before"], before["event"], author=request.user
        )


def seen_key(note: publishing_checks.Note) -> str:
    """Return what a hidden input says of a note that was seen, without the line breaks that browsers change."""
    return " ".join(":".join(note.warning.key).split())


def add_errors(form: EndForm, error: ValidationError) -> None:
    """Add an error to the fields that it names, or else to the whole form, with the labels of its fields."""
    is_of_form = hasattr(error, "error_dict") and {*error.error_dict} <= {*form.fields}
    form.add_error(None, error if is_of_form else schedules.error_text(Network, error))


def end_message(network: Network, *, may_publish: bool, off_site: bool) -> str:
    """Return the message after a membership was ended."""
    if not may_publish:
        text = gettext("The end of the membership in “{name}” is saved and waits for somebody who publishes.")
    elif not network.is_published:
        text = gettext("The draft of “{name}” says now that the membership has ended. It is not on the site.")
    elif off_site:
        text = gettext("The membership in “{name}” has ended, and it is off the site. The public record says so.")
    else:
        text = gettext("The membership in “{name}” has ended. Citizens read it among the former memberships.")
    return text.format(name=network)
