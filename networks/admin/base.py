"""Base classes, fields and widgets of the admin's lists and forms."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IS_POPUP_VAR, IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest, FieldDoesNotExist, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, QuerySet
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField, Script
from django.http import HttpRequest, HttpResponse
from django.utils.formats import get_format
from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.text import capfirst, get_text_list
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget
from js_asset import Media

from networks.admin import numbers
from networks.admin.guarded_form import GuardedForm
from networks.admin.line_forms import LinesFormField
from networks.admin.unsaved_text import (
    TOKEN,
    AdminForm,
    TokenField,
    discard_response,
    discard_unsaved_form,
    get_unsaved_form,
    unsaved_context,
)
from networks.languages import (
    ENGLISH,
    columns_of,
    language_codes,
    language_of_column,
    language_tag,
    translation_languages,
)
from networks.models import RevisedModel, SavedForm
from networks.models.document_field import check_pdf, limit_files
from networks.models.lines import LinesField
from networks.models.model_fields import CoordinateField, normalise_line_ends
from networks.pictures import PictureField, reencode_picture
from networks.reading import Reader
from networks.revisions.comparison import FieldComparison, display_text, picture_url
from networks.revisions.saved_forms import claim_form, remember_form
from networks.rich_text import LONGEST_TEXT, RichTextField, clean_rich_text

# The editor offers what `networks.rich_text` allows.
EDITOR = {
    "extensions": {
        "Bold": True,
        "Italic": True,
        "BulletList": True,
        "OrderedList": True,
        "ListItem": True,
        "Link": {"enableTarget": False},
        "History": True,
        "HardBreak": True,
    }
}


def date_input_formats() -> list[str]:
    """
    Return the input formats of dates in all languages of the admin.

    Unsaved text that was typed in one language may be put into the form in another. The formats do not contradict
    each other.
    """
    return list(
        dict.fromkeys(each for code in language_codes() for each in get_format("DATE_INPUT_FORMATS", lang=code))
    )


def side_by_side(*fields: str) -> list[tuple[str, ...]]:
    """Return rows of a fieldset with the columns of each translated field, one for each language."""
    return [columns_of(field) for field in fields]


# What a log entry says of an account by a word, so that each reader gets it in their own language: [{"noted": word}]
NOTES = {
    "password link made": _("Made a link to choose the password."),
    "password links revoked": _("Revoked the links to choose the password."),
    "second factor removed": _("Removed the second factor."),
}


def change_message(entry: LogEntry) -> str:
    """Return the message of a log entry in the active language, with the present labels of the fields."""
    model = entry.content_type.model_class()
    try:
        (message,) = json.loads(entry.change_message)
        if message.get("noted") in NOTES:
            return str(NOTES[message["noted"]])
        labels = [capfirst(model._meta.get_field(name).verbose_name) for name in message["changed"]["fields"]]
    except (ValueError, KeyError, TypeError, AttributeError, FieldDoesNotExist):
        return entry.get_change_message()  # no change, or a field that was removed
    return gettext("Changed {fields}.").format(fields=get_text_list(labels, gettext("and")))


def logged_changes(entry: LogEntry) -> list[FieldComparison]:
    """Return the fields that a log entry says were changed, with both values; nothing for an entry without values."""
    model, reader = entry.content_type.model_class(), Reader()
    try:
        (message,) = json.loads(entry.change_message)
        values = message["changed"]["values"]
        fields = {name: model._meta.get_field(name) for name in values}
    except (ValueError, KeyError, TypeError, AttributeError, FieldDoesNotExist):
        return []  # written by an earlier release, no change, or a field that was removed
    return [
        FieldComparison(
            name,
            capfirst(field.verbose_name),
            *(display_text(field, value, reader) for value in values[name]),
            pictures=tuple(map(picture_url, values[name])) if isinstance(field, PictureField) else None,
        )
        for name, field in fields.items()
    ]


class RichTextWidget(AdminProseEditorWidget):
    """The rich-text editor with our script for its labels and for pasted text."""

    @property
    def media(self) -> forms.Media:
        return super().media + Media(js=[Script("networks/editor.js", type="module")])


class PictureWidget(admin.widgets.AdminFileWidget):
    """A file input with the current picture above it."""

    def render(self, name, value, attrs=None, renderer=None) -> str:
        choice = super().render(name, value, attrs, renderer)
        if not self.is_initial(value):
            return choice
        text = gettext("The picture as it is now")
        return format_html('<img class="picture" src="{}" alt="{}">{}', value.url, text, choice)


class Checkboxes(CheckboxSelectMultiple):
    """Checkboxes to which a choice that is added in a popup is appended, and with an id for the help text."""

    class Media:
        js = [Script("networks/checkboxes.js", type="module")]

    def id_for_label(self, id_: str, index: int | None = None) -> str:
        # The admin gives the help text an id only if the label has one.
        return super().id_for_label(id_, index) or id_


class FilteredChangeList(ChangeList):
    """
    A change list that accepts no lookups but those of its filters.

    Django also accepts any lookup of the model's own fields from the query string, such as a regular expression that
    keeps the database busy for hours.
    """

    def get_filters(self, request: HttpRequest) -> tuple:
        try:
            filters, has_filters, unused, *rest = super().get_filters(request)
        except IncorrectLookupParameters as error:
            raise DisallowedModelAdminLookup("There is no filter of this name") from error
        if unused:
            raise DisallowedModelAdminLookup(f"Filtering by {', '.join(unused)} not allowed")
        return filters, has_filters, unused, *rest

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list:
        # Some databases sort nulls first, others last. Here they are last, in either direction. A column without
        # nulls is left alone, so that its index is used.
        never_null = {field.name for field in self.lookup_opts.concrete_fields if not field.null}
        return [
            name
            if name.removeprefix("-") in never_null
            else F(name.removeprefix("-")).desc(nulls_last=True)
            if name.startswith("-")
            else F(name).asc(nulls_last=True)
            for name in super().get_ordering(request, queryset)
        ]


def is_integer(text: str) -> bool:
    """Return whether the text is a number that every database can hold: ASCII digits, at most 18 of them."""
    return text.isascii() and text.isdigit() and len(text) < 19


class PrimaryKeysField(ModelMultipleChoiceField):
    """A ModelMultipleChoiceField that also refuses numbers too large for the database as an invalid choice."""

    def _check_values(self, value) -> QuerySet:
        for each in value:
            if not is_integer(str(each)):
                raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": each})
        return super()._check_values(value)


# Each word is a condition of the query.
MAX_SEARCH_WORDS = 20


def limit_search_term(search_term: str) -> str:
    """Return the first 20 words of a search term, and at most 200 characters."""
    return " ".join(search_term.split()[:MAX_SEARCH_WORDS])[:200]


class CityAdminMixin:
    """
    What all our model admins share, those of users and groups too.

    Lists accept no lookups but their filters, and the pages for history and deletion show labels and names only.
    """

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[ChangeList]:
        return FilteredChangeList

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            if any("\0" in value for _name, values in request.GET.lists() for value in values):
                raise IncorrectLookupParameters  # PostgreSQL accepts no null bytes
            return super().get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            # Django redirects to the whole list, with a mark in the query. Where the mark is there already, it would
            # return a page on a broken database.
            if ERROR_FLAG in request.GET:
                raise BadRequest("The list has no such lookup") from error
            raise

    def get_action_choices(self, request: HttpRequest, default_choices=(), action_location=None) -> list[tuple]:
        location = {"action_location": action_location} if action_location else {}  # from Django 6.1 on
        return super().get_action_choices(request, [("", gettext("What is to be done"))], **location)

    def changeform_view(self, request: HttpRequest, object_id=None, form_url="", extra_context=None) -> HttpResponse:
        if "_saveasnew" in request.POST:
            # Django would save a copy although `save_as` is off.
            raise BadRequest("Saving as new is not supported")
        return super().changeform_view(request, object_id, form_url, extra_context)

    def formfield_for_manytomany(self, db_field, request: HttpRequest, **kwargs):
        return super().formfield_for_manytomany(db_field, request, **{"form_class": PrimaryKeysField, **kwargs})

    def get_object(self, request: HttpRequest, object_id, from_field=None):
        return super().get_object(request, object_id, from_field or None)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        return super().get_search_results(request, queryset, limit_search_term(search_term))

    def response_action(self, request: HttpRequest, queryset: QuerySet, **options) -> HttpResponse | None:
        if not all(is_integer(each) for each in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest("The selection has values that are no primary keys")
        return super().response_action(request, queryset, **options)  # Django 6.1 has another argument

    def construct_change_message(self, request: HttpRequest, form, formsets, add=False) -> list[dict]:
        # With the names of the fields, not their labels: those are translated when the history is read.
        if add:
            return [{"added": {}}]
        return [{"changed": {"fields": form.changed_data}}] if form.changed_data else []

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id, extra_context=None) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        for entry in getattr(response, "context_data", {}).get("action_list", []):
            entry.get_change_message = change_message(entry)
            entry.comparisons = logged_changes(entry)
        return response

    def get_deleted_objects(self, objs, request: HttpRequest) -> tuple:
        # Without related rows, such as those that connect themes and networks
        _rows, _counts, permissions_needed, protected = super().get_deleted_objects(objs, request)
        return [str(row) for row in objs], {self.opts.verbose_name_plural: len(objs)}, permissions_needed, protected


@lru_cache(maxsize=1024)
def made_form_field(make: Callable, db_field: models.Field, language: str) -> forms.Field | None:
    """Return the form field that a model admin makes of a model field in the active language, for all requests."""
    field = make(db_field, None)
    if field is not None:
        field.label, field.help_text = str(field.label), str(field.help_text)
        if hasattr(field, "short_label"):
            field.short_label = str(field.short_label)
    return field


class CityModelAdmin(CityAdminMixin, admin.ModelAdmin):
    """The base of our model admins: its forms keep unsaved text and merge concurrent changes."""

    formfield_overrides = {
        CoordinateField: {
            "form_class": numbers.CoordinateField,
            "widget": admin.widgets.AdminTextInputWidget(attrs={"inputmode": "decimal"}),
        },
        # A text input, because a number input drops separators that it does not know: 1500,00 becomes 150000.
        models.DecimalField: {
            "form_class": numbers.DecimalField,
            "widget": admin.widgets.AdminTextInputWidget(attrs={"inputmode": "decimal"}),
        },
        models.IntegerField: {
            "form_class": numbers.IntegerField,
            "widget": admin.widgets.AdminTextInputWidget(attrs={"inputmode": "numeric"}),
        },
        models.DateField: {"input_formats": lazy(date_input_formats, list)()},
        models.ManyToManyField: {"widget": Checkboxes},
        models.TextField: {"widget": admin.widgets.AdminTextareaWidget(attrs={"rows": 3})},
        PictureField: {"widget": PictureWidget},
        RichTextField: {
            "form_class": ProseEditorFormField,
            "widget": RichTextWidget,
            "config": EDITOR,
        },
    }
    form = GuardedForm
    object_history_template = "admin/history_with_values.html"

    def get_object(self, request: HttpRequest, object_id, from_field=None):
        row = super().get_object(request, object_id, from_field)
        # Django saves and deletes in a transaction. Its history view, which accepts POST too, has none.
        is_written = request.method == "POST" and not request.resolver_match.url_name.endswith("_history")
        if row is None or not is_written:
            return row
        # The form is compared with this row, so it must not change until it is saved.
        return self.lock_rows([row.pk]).first()

    def lock_rows(self, pks: Iterable[int]) -> QuerySet:
        """
        Return the rows in the order of their keys. Evaluating the queryset locks them until the transaction ends.

        It does not lock out foreign keys to them (`no_key`). Otherwise there would be deadlocks: publishing holds the
        content version when it refers to a theme, and saving that theme waits for the content version.
        """
        return self.model._base_manager.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        # In the same order as a save: first the rows, then the content version
        list(self.lock_rows(queryset.values_list("pk", flat=True)))
        super().delete_queryset(request, queryset)

    def form_field(self, request: HttpRequest, db_field: models.Field, **options) -> forms.Field | None:
        """
        Return the form field of a model field. It is made once for all requests in a language, and each form copies
        it, as it does with those that its class declares. Choices of other rows are read anew.
        """
        if db_field.is_relation or isinstance(db_field, LinesField) or options:
            return self.formfield_for_dbfield(db_field, request, **options)
        return made_form_field(self.formfield_for_dbfield, db_field, get_language())

    def formfield_for_dbfield(self, db_field, request: HttpRequest | None, **kwargs) -> forms.Field | None:
        if isinstance(db_field, LinesField):
            return LinesFormField(db_field, self.formfield_for_column)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and hasattr(db_field, "translated_field"):
            # For spelling checkers and screen readers
            field.widget.attrs["lang"] = language_tag(db_field.language)
            # For admin_tags: its language, and its label without it
            field.language = db_field.language
            field.short_label = capfirst(db_field.translated_field.verbose_name)
        return field

    def formfield_for_column(self, column: models.Field) -> forms.Field | None:
        """Return the form field of a column of a LinesField, for all requests."""
        options: dict[str, Any] = {}
        if column.choices:
            options["choices"] = column.get_choices(blank_choice=[("", _("choose"))])
        elif isinstance(column, models.DateField):
            options["widget"] = forms.DateInput(attrs={"class": "vTextField"})  # the calendar knows no added inputs
        elif isinstance(column, models.URLField):
            options["widget"] = forms.URLInput(attrs={"class": "vURLField"})
        return self.formfield_for_dbfield(column, None, **options)

    def formfield_for_choice_field(self, db_field, request: HttpRequest, **kwargs):
        if db_field.blank:
            kwargs.setdefault("choices", db_field.get_choices(blank_choice=[("", _("not stated"))]))
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request: HttpRequest, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        reader = Reader()
        # By the text of the row, because a label in Latin does not say whether its "nj" is one letter or two. iter()
        # has no length, so list() does not count the rows first with another query.
        field.choices = sorted(
            iter(field.choices), key=lambda choice: reader.sort_key(reader.text(choice[0].instance, "name"))
        )
        return field

    def render_change_form(
        self, request: HttpRequest, context, add=False, change=False, form_url="", obj=None
    ) -> HttpResponse:
        # The editor's import map is an inline script, which the Content-Security-Policy allows by its nonce.
        context["media"] = Media.from_media(context["media"], nonce=request.csp_nonce)
        form = context["adminform"].form
        self.report_merged_fields(request, form)
        languages = [getattr(field, "language", "") for field in form.fields.values()]
        context["form_languages"] = list(dict.fromkeys(filter(None, languages)))
        can_save = self.has_add_permission(request) if add else self.has_change_permission(request, obj)
        if can_save and not context["is_popup"]:
            context |= unsaved_context(request)
        return super().render_change_form(request, context, add, change, form_url, obj)

    # Unsaved text: see networks/admin/unsaved_text.py

    def changeform_view(self, request: HttpRequest, object_id=None, form_url="", extra_context=None) -> HttpResponse:
        if response := discard_response(request):
            return response
        if request.method == "POST":
            self.fill_caches(request, object_id)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # Somebody has saved the same slug between validation and save. The second time, validation finds it.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def fill_caches(self, request: HttpRequest, object_id: str | None) -> None:
        """
        Decode the pictures of a form, check its documents and sanitise its rich texts before the transaction that
        saves it.

        All are slow, and on SQLite nobody else can write during the transaction. The functions cache their results.
        """
        if not (self.has_change_permission(request) if object_id else self.has_add_permission(request)):
            return
        for field in self.opts.concrete_fields:
            if isinstance(field, PictureField) and field.name in request.FILES:
                with suppress(ValidationError):  # the form will report it
                    reencode_picture(request.FILES[field.name])
            elif isinstance(field, LinesField):
                files = [file for name, file in request.FILES.items() if name.startswith(f"{field.name}-")]
                limit_files(files)
                for file in files:
                    with suppress(ValidationError):
                        check_pdf(file)
            elif isinstance(field, RichTextField):
                text = request.POST.get(field.name, "").strip()  # as the form does
                if 0 < len(text) <= LONGEST_TEXT:
                    # As a revision stores it
                    clean_rich_text(normalise_line_ends(clean_rich_text(text)))

    def _changeform_view(self, request: HttpRequest, object_id, form_url, extra_context) -> HttpResponse:
        """
        Save an add form once, however often it is submitted. Django calls this within the transaction of the save.

        Submitted again, it changes the row that it has created.
        """
        token = request.POST.get(TOKEN, "").replace("\0", "")
        if object_id is not None or request.method != "POST" or not 0 < len(token) <= TokenField.MAX_LENGTH:
            return super()._changeform_view(request, object_id, form_url, extra_context)
        saved = claim_form(token, request.user)
        is_of_ours = saved.content_type == ContentType.objects.get_for_model(self.model)
        if is_of_ours and (row := self.get_queryset(request).filter(pk=saved.object_id).first()):
            object_id = str(row.pk)
            request.is_resubmitted = True
            request.POST = request.POST.copy()
            request.POST["began_with"] = saved.content.get("began_with", "")
        response = super()._changeform_view(request, object_id, form_url, extra_context)
        SavedForm.objects.filter(pk=saved.pk, content_type=None).delete()  # if the form was not valid
        return response

    def construct_change_message(self, request: HttpRequest, form, formsets, add=False) -> list[dict]:
        messages = super().construct_change_message(request, form, formsets, add)
        if isinstance(form, GuardedForm):
            for message in messages:
                if "changed" in message:
                    message["changed"]["values"] = form.changed_values()
        return messages

    def get_form(
        self, request: HttpRequest, obj: models.Model | None = None, change: bool = False, **kwargs
    ) -> type[AdminForm]:
        kwargs = {"formfield_callback": partial(self.form_field, request), **kwargs}
        form = super().get_form(request, obj, change, **kwargs)
        form.kept = get_unsaved_form(request) if request.method == "GET" else None
        form.user = request.user
        return form

    def save_model(self, request: HttpRequest, obj, form, change) -> None:
        super().save_model(request, obj, form, change)
        self.remember_form(request, form, obj)
        self.report_merged_fields(request, form)

    def report_merged_fields(self, request: HttpRequest, form: forms.ModelForm) -> None:
        """Tell the user which fields a GuardedForm took over from others."""
        if isinstance(form, GuardedForm) and form.taken:
            self.message_user(request, form.taken_in_words(), messages.WARNING)

    def remember_form(self, request: HttpRequest, form: GuardedForm, obj: models.Model) -> None:
        """Record the token of the form as saved. RevisedModelAdmin, with its own save_model, does not use this."""
        if token := form.cleaned_data.get(TOKEN):
            row = self.model._base_manager.get(pk=obj.pk)  # with the values as the database returns them
            remember_form(token, request.user, obj, content={"began_with": form.digests(row)})

    def response_add(self, request: HttpRequest, obj, post_url_continue=None) -> HttpResponse:
        discard_unsaved_form(request)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj) -> HttpResponse:
        discard_unsaved_form(request)
        if getattr(request, "is_resubmitted", False) and IS_POPUP_VAR in request.POST:
            # The page that has opened the popup expects a new object.
            return super().response_add(request, obj)
        return super().response_change(request, obj)


def translations_label() -> str:
    """Return the heading of what there is of translations, in the active language."""
    return gettext("English") if translation_languages() == [ENGLISH] else gettext("translations")


TRANSLATIONS = lazy(translations_label, str)()


class MissingTranslationsMixin:
    """A mixin with a list column for the fields without a translation: into English, or also into others."""

    @admin.display(description=TRANSLATIONS)
    def missing_english(self, row: RevisedModel) -> str:
        languages = translation_languages()
        missing, outdated = (
            [column for column in columns if language_of_column(column) in languages]
            for columns in (row.gaps_newest.get("missing", ()), row.outdated_newest)
        )
        if missing and not row.gaps_newest["is_begun"]:
            return translation_sign("none", _("not written"))
        lines = [(_("missing"), missing), (_("Serbian changed since"), outdated)]
        described = [
            f"{label}: {', '.join(self.label_of_translation(name) for name in names)}"
            for label, names in lines
            if names
        ]
        if not described:
            return translation_sign("full", _("complete"))
        details = format_html_join(mark_safe("<br>"), "{}", ((line,) for line in described))
        sign = translation_sign("outdated", _("outdated")) if outdated else translation_sign("partly", _("partly"))
        return format_html('<details name="english"><summary>{}</summary>{}</details>', sign, details)

    def label_of_translation(self, column: str) -> str:
        """Return the label of a field; where there are several translations, with its language."""
        name = column.rpartition("_")[0] if len(translation_languages()) == 1 else column
        return str(self.opts.get_field(name).verbose_name)


def translation_sign(name: str, text: str) -> str:
    """Return the sign for how much is translated, which a stylesheet draws, and its text."""
    return format_html('<span class="sign {}">{}</span>', name, text)
