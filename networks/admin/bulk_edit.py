"""Change the same fields of many networks at once: status, unit, contact and themes."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from networks.admin.base import PrimaryKeysField
from networks.admin.bulk_actions import confirmed_revision, is_confirmed
from networks.models import Network, Theme
from networks.revisions import drafts, publishing, storage
from networks.revisions.content import Content, slugs_of

FIELDS = ["status", "responsible_unit", "contact_email", "contact_phone"]


def changing(name: str) -> str:
    """Return the name of the checkbox that says that a field is to be changed."""
    return f"change_{name}"


class BulkEditForm(forms.Form):
    """
    What is to be changed: of each field its new value, empty to empty it, and a checkbox that says so.

    A field with a value is changed without its checkbox too.
    """

    def __init__(self, *args, may_publish: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in FIELDS:
            self.fields[changing(name)] = forms.BooleanField(required=False)
            field = Network._meta.get_field(name).formfield(required=False, initial="")
            if name == "status":
                field.choices = [("", _("– as it is –")), *Network.Status.choices]
            self.fields[name] = field
        for name, label in (("add_themes", _("Add themes")), ("remove_themes", _("Remove themes"))):
            self.fields[name] = PrimaryKeysField(
                Theme.objects.all(), label=label, required=False, widget=forms.CheckboxSelectMultiple
            )
        if may_publish:
            self.fields["publish"] = forms.BooleanField(
                label=_("Publish it at once where nothing else waits to be published"), required=False, initial=True
            )

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Return each field with the checkbox before it."""
        return [(self[changing(name)], self[name]) for name in FIELDS]

    def clean(self) -> dict | None:
        cleaned = super().clean()
        if not self.errors and not (self.changes() or cleaned["add_themes"] or cleaned["remove_themes"]):
            raise ValidationError(_("Choose what is to be changed."))
        return cleaned

    def changes(self) -> Content:
        """Return the new values of the fields to change."""
        cleaned = self.cleaned_data
        values = {name: cleaned[name] for name in FIELDS if cleaned[name] or cleaned[changing(name)]}
        if not values.get("status", "-"):
            del values["status"]  # a network always has one
        return values

    def content(self, network: Network) -> Content:
        """Return the fields to change with their new values for a network, of which `head` is the newest revision."""
        changes = self.changes()
        added, removed = ({*slugs_of(self.cleaned_data[name])} for name in ("add_themes", "remove_themes"))
        if added or removed:
            changes["themes"] = sorted(({*network.head.content["themes"]} | added) - removed)
        return changes


class BulkEditMixin:
    """A mixin for the admin of networks with the action that changes fields of many."""

    @admin.action(description=_("Change fields of what is chosen"), permissions=["change"])
    def edit(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        networks = list(queryset)
        may_publish = self.has_publish_permission(request)
        form = BulkEditForm(request.POST if is_confirmed(request) else None, may_publish=may_publish)
        if networks and not form.is_valid():
            response = self.confirmation_response(request, "edit", networks)
            response.template_name = "admin/bulk_edit.html"
            response.context_data["form"] = form
            return response

        def edit_one(locked: Network, network: Network) -> Network | None:
            if confirmed_revision(request, network) not in ("", str(locked.head_id)):
                raise ValidationError(gettext("Somebody has saved a newer version meanwhile."))
            storage.newest_revision(locked)
            had_draft = locked.has_draft
            saved = drafts.save(locked, form.content(locked), author=request.user)
            if not saved.is_new:
                return None
            if form.cleaned_data.get("publish") and locked.is_published and not had_draft:
                return publishing.publish(saved.row, author=request.user)
            return saved.row

        return self.run_action(request, "edit", networks, edit_one)
