"""
The form of a network: it opens on the newest version, and merges what others have saved since it was opened.

A form knows the version it began with. Fields that only a colleague has changed are taken over. Where both changed
a field, nothing is saved: the form shows what stood there before, theirs and mine, and asks for a choice.
"""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.images import get_image_dimensions
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from networks.admin.unsaved_text import DeskForm
from networks.models import Network, Revision, SavedForm
from networks.pictures import PictureField
from networks.reading import Reader
from networks.revisions.comparison import FieldComparison, compare_field
from networks.revisions.content import (
    Content,
    content_fields,
    content_of,
    field_label,
    merge,
    network_with,
    savable_content,
    stored_value,
)

MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class FieldConflict:
    """A field that two people have changed: what stood there, and what each has made of it."""

    name: str
    theirs: FieldComparison
    mine: FieldComparison

    @property
    def input_name(self) -> str:
        return choice_name(self.name)


def choice_name(field: str) -> str:
    return f"choice_{field}"


class NetworkForm(DeskForm):
    # Who is at the form. Set on the class that the admin makes for a request
    user = None

    # The version that the form began with
    base = forms.IntegerField(required=False, widget=forms.HiddenInput)
    # A form that is shown again tells which version of the colleagues it has shown, and which fields need a choice.
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    conflicting = forms.CharField(required=False, widget=forms.HiddenInput)
    comment = forms.CharField(
        label=_("Remark on this version"),
        max_length=300,
        required=False,
        help_text=_("For the history, if you like: Checked with the network’s office on 3 May."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    class Meta:
        model = Network
        exclude = ["is_published"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.head: Revision | None = self.instance.head
        self.mine: Content | None = None
        self.taken: list[str] = []
        self.colleagues: list[str] = []
        self.conflicts: list[FieldConflict] = []
        if self.head:
            self.initial["base"] = self.head.number

    def clean(self):
        cleaned = super().clean()
        if self.instance.deleted_at is not None:
            raise ValidationError(_("This network is in the bin. Put it back first."), code="bin")
        if self.head is not None:
            self.merge(*self.beginning())
        return cleaned

    def beginning(self) -> tuple[int, Content]:
        """Return the number of the version that the form began with, and what its fields stood on."""
        if saved := self.saved_before():
            # The form was saved, and its author went back to it. It goes on from what it said that time; what it took
            # over from others then, it does not show.
            return saved.revision.number, savable_content(saved.content)
        base = self.revision(self.cleaned_data.get("base"))
        if base is None:
            raise ValidationError(
                _(
                    "It cannot be told which version this form began with. Copy what you have written, open the "
                    "form anew and paste it there."
                ),
                code="base",
            )
        return base.number, savable_content(base.content)

    def saved_before(self) -> SavedForm | None:
        """Return the record of this very form, if it was saved already."""
        token = self.cleaned_data.get("form_token", "")
        saved = SavedForm.objects.filter(token=token, user=self.user, revision__network=self.instance)
        return saved.select_related("revision").first()

    def revision(self, number):
        if number is None or number == self.head.number:
            return self.head if number else None
        return self.instance.revisions.filter(number=number).first()

    def merge(self, base: int, first: Content):
        """Bring what was typed together with what others have saved since the form was opened."""
        theirs = savable_content(self.head.content)
        before = self.settled(base, first, theirs)
        self.mine = mine = {name: self.typed(name, before) for name in before}
        merged = merge(before, theirs, mine)
        # What cannot be read is a change too, lest its correction take the place of what a colleague has written.
        unreadable = {name for name in self.errors if name in before and theirs[name] != before[name]}
        conflicts = [name for name in before if name in merged.conflicts or name in unreadable]
        self.taken = [name for name in merged.taken if name not in unreadable]
        colleague = network_with(self.instance, self.head.content)
        for name in self.taken:
            self.put(name, colleague)
        reader = Reader()
        if self.taken or conflicts:
            newer = self.instance.revisions.filter(number__gt=base, number__lte=self.head.number)
            names = newer.order_by("number").values_list("author_name", flat=True)
            self.colleagues = list(dict.fromkeys(reader.unmarked(name) or gettext("the system") for name in names))
        for name in conflicts:
            theirs_compared = compare_field(name, first[name], theirs[name], reader)
            mine_compared = compare_field(name, first[name], mine[name], reader)
            self.conflicts.append(FieldConflict(name, theirs_compared, mine_compared))
            self.add_error(name, self.conflict_message(name))
        # Shown again, the form goes on from what the colleague has written, but for what is to be chosen.
        self.show("seen", self.head.number)
        self.show("conflicting", " ".join(conflicts))

    def settled(self, base, first, theirs):
        """Return what each field goes on from, after the choices that were made about a conflict."""
        seen = self.revision(self.cleaned_data.get("seen"))
        if seen is None or seen.number <= base:
            return first
        shown = savable_content(seen.content)
        before = dict(shown)
        for name in self.cleaned_data.get("conflicting", "").split():
            choice = self.data.get(choice_name(name))
            if name not in first or name not in self.fields:
                continue
            if choice in (MINE, THEIRS) and theirs[name] == shown[name]:
                if choice == THEIRS:
                    self.put(name, network_with(self.instance, seen.content))
                elif name not in self.changed_data and self.is_picture(name):
                    # Browsers do not send a file a second time by themselves.
                    self.add_error(name, self.conflict_message(name))
            else:
                before[name] = first[name]
        return before

    def typed(self, name, before):
        """Return what the form says of a field, as revisions keep it."""
        field = content_fields()[name]
        value = self.cleaned_data.get(name)
        if name not in self.cleaned_data or (name == "slug" and not value):
            return before[name]
        if name == "themes":
            return sorted(theme.slug for theme in value)
        if isinstance(field, PictureField):
            if name not in self.changed_data:
                return before[name]
            if not value:
                return None
            width, height = get_image_dimensions(value)
            return {"name": field.generate_filename(self.instance, value.name), "width": width, "height": height}
        return stored_value(field, value)

    def put(self, name, network):
        """Let a field be as it is in the network, in what is saved and in what is shown."""
        self.errors.pop(name, None)
        if name == "themes":
            self.cleaned_data[name] = themes = list(network.themes.all())
            self.show(name, [theme.pk for theme in themes])
            return
        value = getattr(network, name)
        if self.is_picture(name):
            self.cleaned_data[name] = value or False  # False: without a picture
        else:
            self.cleaned_data[name] = value
            self.show(name, self.fields[name].prepare_value(value))

    @staticmethod
    def is_picture(name):
        return isinstance(content_fields()[name], PictureField)

    def conflict_message(self, name):
        if self.is_picture(name):
            return _("You and a colleague have both changed the picture. To keep yours, choose its file once more.")
        return _("You and a colleague have both changed this. Choose above whose is to stay.")

    def content(self) -> Content:
        """Return what is to be saved. The file of a new picture is written; it takes no other's place."""
        for name, field in content_fields().items():
            picture = getattr(self.instance, name) if isinstance(field, PictureField) else None
            if picture and not picture._committed:
                picture.save(picture.name, picture.file, save=False)
        return content_of(self.instance, self.cleaned_data["themes"])

    def taken_in_words(self) -> str:
        """Return the sentence that names what was taken over from colleagues, or nothing."""
        if not self.taken:
            return ""
        return gettext("Meanwhile changed by others ({people}) and taken over: {fields}.").format(
            people=", ".join(self.colleagues), fields=", ".join(field_label(name) for name in self.taken)
        )
