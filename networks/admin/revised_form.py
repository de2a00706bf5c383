"""
The form of a model with revisions. It shows the newest revision, and merges what others have saved meanwhile.

A hidden field names the revision that the form was opened with (its base). Fields that only others have changed since
are taken over. If a field was changed by both, nothing is saved: the form shows the base, theirs and mine, and asks
which one to keep.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.images import get_image_dimensions
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from networks.admin.unsaved_text import AdminForm
from networks.models import RevisedModel, Revision, SavedForm
from networks.models.lines import LinesField, cell_parts
from networks.models.model_fields import stored_value
from networks.pictures import PictureField
from networks.reading import Reader
from networks.revisions.combining import combine
from networks.revisions.comparison import FieldComparison, compare_field
from networks.revisions.content import (
    MINE,
    THEIRS,
    Content,
    content_fields,
    content_of,
    empty_value,
    field_label,
    merge,
    related_fields,
    row_with,
    savable_content,
    slugs_of,
)
from networks.revisions.line_merge import merge_lines
from networks.revisions.translations import sources_of

BOTH = "both"  # beside MINE and THEIRS


@dataclass(frozen=True)
class FieldConflict:
    """
    A field that two people have changed. Each comparison is with the base: theirs, mine, and both put together.

    There is no comparison of both where they cannot be kept in one.
    """

    name: str
    theirs: FieldComparison
    mine: FieldComparison
    both: FieldComparison | None

    @property
    def input_name(self) -> str:
        return choice_name(self.name)


def choice_name(field: str) -> str:
    """Return the name of the radio buttons with which the user chooses between MINE, THEIRS and BOTH."""
    return f"choice_{field}"


class RevisedForm(AdminForm):
    """
    The form of a row. After a valid `clean`, `content()` is what is to be saved, merged with the newest revision.

    `taken` names the fields that were taken over from others, `conflicts` those that both have changed. `mine` is the
    content as submitted, before the merge, `merged` the same after it, and `first` that of the revision that the form
    was opened with; all are None for a new row.
    """

    # Set by RevisedModelAdmin.get_form on the form class of a request
    user: User | None = None

    # The number of the revision that the form was opened with
    base = forms.IntegerField(required=False, widget=forms.HiddenInput)
    # Set when the form is shown again after a conflict: the number of the revision that it shows as theirs, and the
    # names of the fields that need a choice
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    conflicting = forms.CharField(required=False, widget=forms.HiddenInput)
    comment = forms.CharField(
        label=_("Remark on this version"),
        max_length=300,
        required=False,
        help_text=_("For the history, if you like: Checked with those in charge on 3 May."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    is_correction = forms.BooleanField(
        label=_("Only a correction"),
        required=False,
        help_text=_(
            "Tick this if you have only mended slips in the Serbian text, such as a wrong letter: the English stays "
            "right."
        ),
    )

    class Meta:
        exclude = ["is_published", "position"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.model = type(self.instance)
        self.head: Revision | None = self.instance.head
        self.mine: Content | None = None
        self.merged: Content | None = None
        self.first: Content | None = None
        self.taken: list[str] = []
        self.colleagues: list[str] = []
        self.is_own = False  # whether the user has saved all of it, in another tab
        self.conflicts: list[FieldConflict] = []
        if self.head:
            self.initial["base"] = self.head.number

    @staticmethod
    def filled_in(content: Mapping[str, Any], before: Mapping[str, Any]) -> Content:
        """Return the fields that a save fills in by what was changed in others, with their values; here none."""
        return {}

    def clean(self) -> dict | None:
        cleaned = super().clean()
        if self.instance.deleted_at is not None:
            raise ValidationError(_("This is in the bin. Put it back first."), code="bin")
        if self.head is not None:
            self.merge(*self.get_base())
        return cleaned

    def get_base(self) -> tuple[int, Content]:
        """Return number and content of the revision that the form was opened with. Raises ValidationError."""
        if saved := self.earlier_save():
            # The form was saved before, and its author has gone back to it in the browser. It shows what it contained
            # then, without what was taken over from others.
            return saved.revision.number, savable_content(self.model, saved.content)
        base = self.get_revision(self.cleaned_data.get("base"))
        if base is None:
            raise self.base_is_unknown()
        return base.number, savable_content(self.model, base.content)

    @staticmethod
    def base_is_unknown() -> ValidationError:
        return ValidationError(
            _(
                "It cannot be told which version this form began with. Copy what you have written, open the form "
                "anew and paste it there."
            ),
            code="base",
        )

    def earlier_save(self) -> SavedForm | None:
        """Return the record of the last save with the token of this form; None if there is none."""
        token = self.cleaned_data.get("form_token", "")
        saved = SavedForm.objects.filter(token=token, user=self.user, revision__in=self.instance.revisions.all())
        return saved.select_related("revision").first()

    def get_revision(self, number: int | None) -> Revision | None:
        if number is None or number == self.head.number:
            return self.head if number else None
        return self.instance.revisions.filter(number=number).first()

    def merge(self, base: int, first: Content) -> None:
        """
        Merge the submitted values with what others have saved since the form was opened.

        `base` is the number of the revision that it was opened with, `first` its content.
        """
        self.first = first
        theirs = savable_content(self.model, self.head.content)
        before = self.base_after_choices(base, first, theirs)
        self.mine = mine = {name: self.submitted_value(name, before) for name in before}
        merged = merge(self.model, before, theirs, mine)
        self.merged = merged.content
        # An invalid value is a change too. Otherwise its correction would overwrite what a colleague has written.
        invalid = {name for name in self.errors if name in before and theirs[name] != before[name]}
        conflicts = [name for name in before if name in merged.conflicts or name in invalid]
        # Lines with an invalid cell are merged when it is corrected: with the revision that they began with.
        waiting = [name for name in invalid if self.has_lines(name)]
        conflicts = [name for name in conflicts if name not in waiting]
        self.taken = [name for name in merged.taken if name not in invalid]
        newest = row_with(self.instance, merged.content)
        for name in (*self.taken, *filter(self.has_lines, conflicts)):
            self.set_value(name, newest)
        reader = Reader()
        if self.taken or conflicts:
            newer = self.instance.revisions.filter(number__gt=base, number__lte=self.head.number)
            authors = list(newer.order_by("number").values_list("author", "author_name"))
            self.is_own = {author for author, _name in authors} == {self.user.pk if self.user else None}
            names = (reader.unmarked(name) or gettext("the system") for _author, name in authors)
            self.colleagues = list(dict.fromkeys(names))
        for name in conflicts:
            compare = partial(compare_field, self.model, name, first[name], reader=reader)
            of_theirs, of_mine, both = self.outcomes(name, first, theirs, mine)
            if of_theirs == of_mine:
                self.add_error(
                    name,
                    _(
                        "A line that one of you has changed and the other removed stands here again. Remove it if it "
                        "is not needed, and save again."
                    ),
                )
                continue
            self.conflicts.append(
                FieldConflict(name, compare(of_theirs), compare(of_mine), None if both is None else compare(both))
            )
            self.add_error(name, self.conflict_message(name))
        # Shown again, the form is based on the newest revision, but for the fields that need a choice.
        self.set_displayed_value("seen", self.head.number)
        undecided = [*waiting, *(conflict.name for conflict in self.conflicts)]
        self.set_displayed_value("conflicting", " ".join(undecided))

    def outcomes(self, name: str, first: Content, theirs: Content, mine: Content) -> tuple[Any, Any, Any | None]:
        """
        Return the value of a field that both have changed with theirs, with mine and with both; None if it cannot be.

        Of lines, in each there is all that does not collide.
        """
        field, values = content_fields(self.model)[name], (first[name], theirs[name], mine[name])
        both = combine(field, *values)
        if isinstance(field, LinesField):
            return merge_lines(*values, mine_wins=False).lines, merge_lines(*values).lines, both
        return theirs[name], mine[name], both

    def base_after_choices(self, base: int, first: Content, theirs: Content) -> Content:
        """
        Return the base of each field for the merge.

        After a conflict, that is the revision that the form has shown as theirs, but for conflicts that were not
        settled, and those in which somebody has changed the field once more.
        """
        seen = self.get_revision(self.cleaned_data.get("seen"))
        if seen is None or seen.number <= base:
            return first
        shown = savable_content(self.model, seen.content)
        before = dict(shown)
        for name in self.cleaned_data.get("conflicting", "").split():
            choice = self.data.get(choice_name(name))
            if name not in first or name not in self.fields:
                continue
            mine = {name: self.submitted_value(name, first)}
            of_theirs, _of_mine, both = self.outcomes(name, first, shown, mine)
            both = both if choice == BOTH else None
            is_invalid = name in self.errors and self.has_lines(name)  # of which nothing can be taken over yet
            if (choice in (MINE, THEIRS) or both is not None) and theirs[name] == shown[name] and not is_invalid:
                if both is not None:
                    self.set_value(name, row_with(self.instance, {**seen.content, name: both}))
                    self.add_error(name, _("Both stand here now. Read them, change what you like, and save again."))
                elif choice == THEIRS:
                    self.set_value(name, row_with(self.instance, {**seen.content, name: of_theirs}))
                elif name not in self.changed_data and self.is_picture(name):
                    # Browsers do not submit a chosen file again.
                    self.add_error(name, self.conflict_message(name))
            else:
                before[name] = first[name]
        return before

    def submitted_value(self, name: str, before: Content) -> Any:
        """Return a submitted value as revisions store it; that of `before` if it is invalid or an empty slug."""
        field = content_fields(self.model)[name]
        value = self.cleaned_data.get(name)
        if name not in self.cleaned_data or (name == "slug" and not value):
            return before[name]
        if isinstance(field, LinesField):
            return before[name] if value is None else value
        if field.many_to_many:
            return slugs_of(value)
        if isinstance(field, PictureField):
            if name not in self.changed_data:
                return before[name]
            if not value:
                return None
            width, height = get_image_dimensions(value)
            return {"name": field.generate_filename(self.instance, value.name), "width": width, "height": height}
        return stored_value(field, value)

    def set_value(self, name: str, row: RevisedModel) -> None:
        """Replace the submitted value of a field with that of a row, in the cleaned and the displayed data."""
        self.errors.pop(name, None)
        if name not in self.fields:
            return  # read-only for this row, which has the newest value already
        if content_fields(self.model)[name].many_to_many:
            self.cleaned_data[name] = related = list(getattr(row, name).all())
            self.set_displayed_value(name, [each.pk for each in related])
            return
        value = getattr(row, name)
        if self.is_picture(name):
            self.cleaned_data[name] = value or False  # False: without a picture
        else:
            self.cleaned_data[name] = value
            self.set_displayed_value(name, self.fields[name].prepare_value(value))

    def set_displayed_value(self, name: str, value: Any) -> None:
        if self.has_lines(name):
            prefix = self.add_prefix(name)
            self.data = self.fields[name].widget.written(self.data, prefix, value)
            # Those that were accepted are in the lines.
            others = {key: files for key, files in self.files.lists() if not key.startswith(f"{prefix}-")}
            self.files = MultiValueDict(others)
        else:
            super().set_displayed_value(name, value)

    def has_lines(self, name: str) -> bool:
        return isinstance(content_fields(self.model).get(name), LinesField)

    def is_picture(self, name: str) -> bool:
        return isinstance(content_fields(self.model)[name], PictureField)

    def conflict_message(self, name: str) -> str:
        if self.is_own:
            return _("You have changed this in another tab too. Choose above which is to stay.")
        if self.is_picture(name):
            return _("You and a colleague have both changed the picture. To keep yours, choose its file once more.")
        return _("You and a colleague have both changed this. Choose above whose is to stay.")

    def content(self) -> Content:
        """Return the content to save. Writes the file of a new picture, which never replaces another file."""
        for name, field in content_fields(self.model).items():
            picture = getattr(self.instance, name) if isinstance(field, PictureField) else None
            if picture and not picture._committed:
                picture.save(picture.name, picture.file, save=False)
        related = {name: self.cleaned_data[name] for name in related_fields(self.model)}
        return content_of(self.instance, **related)

    def valid_content(self) -> Content | None:
        """
        Return the content to save of a form with errors: what is valid, and what was there before for the rest.

        A new picture is not in it, nor a translation of a text with an error, which would count as older than that.
        Return None if errors concern more than single fields, there is a conflict, or the
        form has no token by which it is known that it was sent twice.
        """
        fields = content_fields(self.model)
        has_token = bool(self.cleaned_data.get("form_token"))
        if not has_token or not self.errors.keys() <= fields.keys() or self.data.get("conflicting"):
            return None
        if self.head:
            before, valid = savable_content(self.model, self.head.content), self.merged
        else:
            before = {name: empty_value(field) for name, field in fields.items()}
            valid = {name: self.submitted_value(name, before) for name in fields}
        sources = sources_of(self.model)
        kept = [
            name
            for name in fields
            if name in self.errors or sources.get(name) in self.errors or self.is_picture(name)
        ]
        return {**valid, **{name: before[name] for name in kept}}

    def taken_in_words(self) -> str:
        """Return the sentence that names the fields in `taken` and who has changed them; "" if there are none."""
        if not self.taken:
            return ""
        fields = ", ".join(field_label(self.model, name) for name in self.taken)
        if self.is_own:
            return gettext("You have saved this in another tab meanwhile, and it was taken over: {fields}.").format(
                fields=fields
            )
        return gettext("Meanwhile changed by others ({people}) and taken over: {fields}.").format(
            people=", ".join(self.colleagues), fields=fields
        )

    def add_note(self, name: str, template: str, context: dict) -> None:
        """
        Add a note to the help text of a field, or of a cell of a line, which describes it.

        A user who may only view has no fields.
        """
        if (lines := cell_parts(name)[0]) != name and lines in self.fields:
            self.fields[lines].widget.notes[name] = render_to_string(template, context)
        elif name in self.fields:
            field, note = self[name], render_to_string(template, context)
            # Help texts are HTML, and ours; the template has escaped the words.
            field.help_text = mark_safe(f"{field.help_text}{note}")  # noqa: S308
