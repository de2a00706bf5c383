"""
The form of a model without revisions: a theme, the city profile, an old address.

It writes only the fields that were changed in it. What somebody else has saved since it was opened stays, and the
user is told. Where both have changed a field, nothing is saved: the form shows the saved value, which is overwritten
when the form is submitted once more.
"""

import hashlib
import json
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from networks.admin.unsaved_text import AdminForm
from networks.models.model_fields import stored_value
from networks.pictures import PictureField

# Entries of the log, the newest, that tell who has changed a field
LOOKED_AT = 50


def digest(field: models.Field, value: Any) -> str:
    """Return the first 20 hexadecimal digits of the SHA-256 of a value, as revisions would store it."""
    return hashlib.sha256(json.dumps(stored_value(field, value)).encode()).hexdigest()[:20]


def logged_value(field: models.Field, value: Any) -> Any:
    if isinstance(field, PictureField):
        return {"name": value.name} if value else None
    return stored_value(field, value)


def last_authors(row: models.Model) -> dict[str, int]:
    """Return by the log who has last changed the fields of a row: {name: primary key of the account}."""
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(row), object_id=row.pk)
    authors: dict[str, int] = {}
    for user, message in entries.order_by("-pk").values_list("user", "change_message")[:LOOKED_AT]:
        try:
            names = [*json.loads(message)[0]["changed"]["values"]]
        except (ValueError, KeyError, TypeError, IndexError):
            continue  # no change, or one of an earlier release
        authors = dict.fromkeys(names, user) | authors
    return authors


class InitialDigestsField(forms.CharField):
    """The digests of the fields when the form was opened: "name:digest name:digest". It never counts as a change."""

    widget = forms.HiddenInput

    def has_changed(self, initial, data) -> bool:
        return False


class GuardedForm(AdminForm):
    """A model form that merges with what others have saved. `taken` names the fields that keep their saved value."""

    user: User | None = None
    is_own = False  # whether the user has saved all of that, in another tab

    began_with = InitialDigestsField(required=False)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.taken: list[str] = []
        self.initial["began_with"] = self.digests(self.instance) if self.instance.pk else ""

    def model_fields(self) -> dict[str, models.Field]:
        return {each.name: each for each in self._meta.model._meta.concrete_fields if each.name in self.fields}

    def digests(self, row: models.Model) -> str:
        """Return the value of `began_with` for a form that is opened for the row."""
        fields = self.model_fields()
        return " ".join(f"{name}:{digest(field, getattr(row, name))}" for name, field in fields.items())

    def changed_values(self) -> dict[str, list]:
        """
        Return the old and the new value of each changed field, as revisions would store them: {name: [old, new]}.

        Call it after the form was saved. Of a picture, only the name of its file is known.
        """
        fields = self.model_fields()
        return {
            name: [logged_value(fields[name], value) for value in (self.initial[name], getattr(self.instance, name))]
            for name in self.changed_data
            if name in fields
        }

    def clean(self) -> dict | None:
        cleaned = super().clean()
        # A program may submit the form without having opened it.
        if self.instance.pk and self.cleaned_data.get("began_with"):
            self.merge()
        return cleaned

    def merge(self) -> None:
        """Merge the submitted values with what others have saved since the form was opened."""
        began = dict(each.partition(":")[::2] for each in self.cleaned_data["began_with"].split())
        conflicts = []
        for name, field in self.model_fields().items():
            first, now = began.get(name, ""), digest(field, getattr(self.instance, name))
            mine = self.submitted_digest(name, field, first)
            if now in (first, mine):
                continue
            if mine == first:
                self.use_saved_value(name)
            else:
                conflicts.append(name)
        if changed := {*self.taken, *conflicts}:
            authors = last_authors(self.instance)
            self.is_own = {authors.get(name) for name in changed} == {self.user.pk if self.user else None}
        if conflicts:
            self.add_error(None, self.conflicts_message())
        for name in conflicts:
            self.add_error(name, self.field_conflict_message(name))
        # The changes of others do not belong into the log entry of this save.
        self.changed_data = [name for name in self.changed_data if name not in self.taken]
        self.set_displayed_value("began_with", self.initial["began_with"])

    def submitted_digest(self, name: str, field: models.Field, first: str) -> str | None:
        """
        Return the digest of the submitted value of a field; None if it is invalid or a new picture.

        `first` is the digest when the form was opened. A picture that was not changed has it still.
        """
        if name not in self.cleaned_data:
            return None
        if isinstance(field, PictureField):
            return None if name in self.changed_data else first
        return digest(field, self.cleaned_data[name])

    def use_saved_value(self, name: str) -> None:
        """Replace the submitted value of a field with the saved one, in the cleaned data and where it is rendered."""
        self.taken.append(name)
        self.cleaned_data[name] = value = getattr(self.instance, name)
        if not isinstance(self.model_fields()[name], PictureField):  # its widget renders the saved value anyway
            self.set_displayed_value(name, self.fields[name].prepare_value(value))

    def conflicts_message(self) -> str:
        if self.is_own:
            return _(
                "You have changed the same fields in another tab since you opened the form here, and nothing of this "
                "tab is saved yet. What is saved now stands beside each of them. Save once more to put what stands "
                "here in its place."
            )
        return _(
            "You and somebody else have changed the same fields since you opened the form, and nothing of yours is "
            "saved yet. What is saved now stands beside each of them. Save once more to put yours in its place."
        )

    def taken_in_words(self) -> str:
        """Return the sentence that names the fields in `taken`; "" if there are none."""
        if not self.taken:
            return ""
        fields = get_text_list([str(self.fields[name].label) for name in self.taken], _("and"))
        if self.is_own:
            return _("You have saved this in another tab meanwhile, and it was taken over: {fields}.").format(
                fields=fields
            )
        return _("Meanwhile changed by somebody else and taken over: {fields}.").format(fields=fields)

    def field_conflict_message(self, name: str) -> str:
        field, value = self.model_fields()[name], getattr(self.instance, name)
        if isinstance(field, PictureField):  # browsers do not submit a chosen file again
            if self.is_own:
                return _(
                    "You have changed the picture in another tab too. To keep this one, choose its file once more."
                )
            return _("You and a colleague have both changed the picture. To keep yours, choose its file once more.")
        return _("Saved now: {text}").format(text=value or "–")
