"""
The form of something of which no versions are kept: a theme, a plain page, the city profile.

It writes only what was changed in it. What somebody else has saved since it was opened stays, and the person is told.
Where both have changed a field, nothing is saved: the form shows what is saved now, and saves when it is sent once
more.
"""

import hashlib
import json
import re

from django import forms
from django.db import models
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from networks.admin.unsaved_text import DeskForm
from networks.pictures import PictureField
from networks.revisions.content import stored_value
from networks.rich_text import RichTextField, plain_text

# The editor puts the text of a list item into a paragraph, without anybody having changed it.
PARAGRAPH_IN_ITEM = re.compile(r"(?<=<li>)<p>|</p>(?=</li>|<[ou]l>)")


def digest(field: models.Field, value) -> str:
    """Return a short text that is another one for another value, however the value was typed."""
    stored = stored_value(field, value)
    if isinstance(field, RichTextField):
        stored = PARAGRAPH_IN_ITEM.sub("", stored)
    return hashlib.sha256(json.dumps(stored).encode()).hexdigest()[:20]


class BeginningField(forms.CharField):
    """What the fields of the form held when it was opened. That it differs from what they hold now is no change."""

    widget = forms.HiddenInput

    def has_changed(self, initial, data):
        return False


class GuardedForm(DeskForm):
    began_with = BeginningField(required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.taken: list[str] = []
        self.initial["began_with"] = self.beginning(self.instance) if self.instance.pk else ""

    def model_fields(self) -> dict[str, models.Field]:
        return {each.name: each for each in self._meta.model._meta.concrete_fields if each.name in self.fields}

    def beginning(self, row: models.Model) -> str:
        """Return the digests of the fields of a form that is opened for the row, each after its name."""
        fields = self.model_fields()
        return " ".join(f"{name}:{digest(field, getattr(row, name))}" for name, field in fields.items())

    def clean(self):
        cleaned = super().clean()
        # What was sent without having been opened, by a program, does not know what it began with.
        if self.instance.pk and self.cleaned_data.get("began_with"):
            self.merge()
        return cleaned

    def merge(self):
        """Bring what was typed together with what others have saved since the form was opened."""
        began = dict(each.partition(":")[::2] for each in self.cleaned_data["began_with"].split())
        conflicts = []
        for name, field in self.model_fields().items():
            first, now = began.get(name, ""), digest(field, getattr(self.instance, name))
            mine = self.typed(name, field, first)
            if now in (first, mine):
                continue
            if mine == first:
                self.take(name)
            else:
                conflicts.append(name)
        if conflicts:
            self.add_error(None, self.message())
        for name in conflicts:
            self.add_error(name, self.conflict_message(name))
        # What others have changed is no change of this form: not in the log, nor when it is shown again.
        self.changed_data = [name for name in self.changed_data if name not in self.taken]
        self.show("began_with", self.initial["began_with"])

    def typed(self, name, field, first):
        """Return the digest of what the form says of a field; None where it cannot be read or is a new picture."""
        if name not in self.cleaned_data:
            return None
        if isinstance(field, PictureField):
            return None if name in self.changed_data else first
        return digest(field, self.cleaned_data[name])

    def take(self, name):
        """Let a field be as somebody else has saved it, in what is saved and in what is shown."""
        self.taken.append(name)
        self.cleaned_data[name] = value = getattr(self.instance, name)
        if not isinstance(self.model_fields()[name], PictureField):  # which is shown as it is saved anyway
            self.show(name, self.fields[name].prepare_value(value))

    def message(self):
        return _(
            "You and somebody else have changed the same fields since you opened the form, and nothing of yours is "
            "saved yet. What is saved now stands beside each of them. Save once more to put yours in its place."
        )

    def taken_in_words(self) -> str:
        """Return the sentence that names what somebody else has changed meanwhile, or nothing."""
        if not self.taken:
            return ""
        labels = [str(self.fields[name].label) for name in self.taken]
        return _("Meanwhile changed by somebody else and taken over: {fields}.").format(
            fields=get_text_list(labels, _("and"))
        )

    def conflict_message(self, name):
        field, value = self.model_fields()[name], getattr(self.instance, name)
        if isinstance(field, PictureField):  # no browser sends a file a second time by itself
            return _("You and a colleague have both changed the picture. To keep yours, choose its file once more.")
        text = plain_text(value) if isinstance(field, RichTextField) and value else value
        return _("Saved now: {text}").format(text=text or "–")
