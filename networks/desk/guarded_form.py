"""
The form of something of which no versions are kept: a theme, a plain page, the city profile.

It does not silently take the place of what has been saved since it was opened. It shows what is saved now beside each
field that differs, and saves when it is sent once more.
"""

import hashlib
import json

from django import forms
from django.db import models
from django.utils.translation import gettext as _

from networks.desk.unsaved import DeskForm
from networks.rich_text import RichTextField, plain_text


def digest(row: models.Model) -> str:
    """Return a short text that is another one as soon as anything that can be edited in the row is."""
    values = [str(field.value_from_object(row) or "") for field in row._meta.concrete_fields if field.editable]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:20]


class GuardedForm(DeskForm):
    began_with = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["began_with"] = digest(self.instance) if self.instance.pk else ""

    def clean(self):
        cleaned = super().clean()
        saved_now = self.initial["began_with"]
        # What was sent without having been opened, by a program, does not know what it began with.
        if saved_now and self.cleaned_data.get("began_with", "") not in ("", saved_now):
            differing = [name for name in self.changed_data if name in self.initial and name != "began_with"]
            if differing:
                self.add_error(None, self.message())
            for name in differing:
                self.add_error(name, _("Saved now: {text}").format(text=self.text_saved_now(name)))
            self.data = self.data.copy()
            self.data[self.add_prefix("began_with")] = saved_now
        return cleaned

    def message(self):
        return _(
            "This has been changed since you opened the form, and nothing of yours is saved yet. What is saved now "
            "stands beside each field that differs. Save once more to put yours in its place."
        )

    def text_saved_now(self, name):
        field = self.instance._meta.get_field(name)
        value = getattr(self.instance, name)
        if not value:
            return "–"
        return plain_text(value) if isinstance(field, RichTextField) else str(value)
