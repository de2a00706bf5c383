"""What the lists and forms of the desk have in common: both languages side by side, and the words of clerks."""

import json
from contextlib import suppress

from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IS_POPUP_VAR, IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest, FieldDoesNotExist, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField, Script
from django.http import HttpResponseRedirect
from django.utils.formats import get_format
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget
from js_asset import Media

from networks.admin import numbers
from networks.admin.bulk_actions import BulkActions, is_confirmed
from networks.admin.guarded_form import GuardedForm
from networks.admin.unsaved_text import TOKEN, WITHOUT_KEPT_TEXT, SignInForm, TokenField, let_go, waiting
from networks.languages import codes, language_tag, without_language
from networks.models import SavedForm
from networks.pictures import PictureField, rewrite_picture
from networks.reading import Reader, missing_translations, translated_fields
from networks.revisions.content import normalise_line_ends
from networks.revisions.saved_forms import claim_form, remember_form
from networks.revisions.storage import display_name
from networks.rich_text import LONGEST_TEXT, RichTextField, clean_rich_text

# What the editor offers is what `rich_text` keeps.
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


def date_formats():
    """
    Return how dates may be typed: as any language of the desk writes them.

    Text that was typed in one language may be put into the form in another. No two read the same text differently.
    """
    return list(dict.fromkeys(each for code in codes() for each in get_format("DATE_INPUT_FORMATS", lang=code)))


def side_by_side(*fields):
    """Return the rows of a fieldset in which each translated field stands in Serbian and in English."""
    return [(f"{field}_sr", f"{field}_en") for field in fields]


def changes(entry):
    """Return what a log entry says was done, with the labels that the fields have now."""
    model = entry.content_type.model_class()
    try:
        (message,) = json.loads(entry.change_message)
        labels = [capfirst(model._meta.get_field(name).verbose_name) for name in message["changed"]["fields"]]
    except (ValueError, KeyError, TypeError, AttributeError, FieldDoesNotExist):
        return entry.get_change_message()  # not a change, or of a field that is no more
    return gettext("Changed {fields}.").format(fields=get_text_list(labels, gettext("and")))


class RichTextWidget(AdminProseEditorWidget):
    @property
    def media(self):
        return super().media + Media(js=[Script("networks/editor.js", type="module")])


class PictureWidget(admin.widgets.AdminFileWidget):
    """The choice of a file, with the picture that there is above it."""

    def render(self, name, value, attrs=None, renderer=None):
        choice = super().render(name, value, attrs, renderer)
        if not self.is_initial(value):
            return choice
        text = gettext("The picture as it is now")
        return format_html('<img class="picture" src="{}" alt="{}">{}', value.url, text, choice)


class Checkboxes(CheckboxSelectMultiple):
    """Checkboxes among which a new choice appears, and whose help text the admin can point to."""

    class Media:
        js = [Script("networks/checkboxes.js", type="module")]

    def id_for_label(self, id_, index=None):
        # The admin gives its help text an id only where there is one for the label.
        return super().id_for_label(id_, index) or id_


class DeskList(ChangeList):
    """
    A list that is narrowed by its filters alone.

    Django also takes any look-up of the model's own fields from the query: a regular expression, say, that keeps the
    database busy for hours.
    """

    def get_filters(self, request):
        try:
            filters, has_filters, not_taken, *rest = super().get_filters(request)
        except IncorrectLookupParameters as error:
            raise DisallowedModelAdminLookup("There is no filter of this name") from error
        if not_taken:
            raise DisallowedModelAdminLookup(f"Filtering by {', '.join(not_taken)} not allowed")
        return filters, has_filters, not_taken, *rest

    def get_ordering(self, request, queryset):
        # Some databases put rows without a value first, others last. Here they stand last, in either direction.
        return [
            F(name.removeprefix("-")).desc(nulls_last=True) if name.startswith("-") else F(name).asc(nulls_last=True)
            for name in super().get_ordering(request, queryset)
        ]


def is_key(text):
    """Whether the text is a number that a row could have."""
    return text.isascii() and text.isdigit() and len(text) < 19


class RowsField(ModelMultipleChoiceField):
    """A choice of rows. Numbers that no database holds are none, as they are in a choice of one."""

    def _check_values(self, value):
        for each in value:
            if not is_key(str(each)):
                raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": each})
        return super()._check_values(value)


# Nobody types more to find a row, and each word is a condition of the query.
MOST_WORDS = 20


def searchable(search_term):
    """Return the words of a search that are looked for."""
    return " ".join(search_term.split()[:MOST_WORDS])[:200]


class PlainPages:
    """
    Lists that take nothing but their filters, and history and deletion as clerks read them: by the labels of fields
    and the names of things.
    """

    def get_changelist(self, request, **kwargs):
        return DeskList

    def get_changelist_instance(self, request):
        if any("\0" in value for _name, values in request.GET.lists() for value in values):
            raise IncorrectLookupParameters  # PostgreSQL knows no null byte in a text
        return super().get_changelist_instance(request)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if "_saveasnew" in request.POST:
            # Django would make another row of it, though no form of ours offers that.
            raise BadRequest("Nothing here is saved as new")
        return super().changeform_view(request, object_id, form_url, extra_context)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(db_field, request, **{"form_class": RowsField, **kwargs})

    def get_object(self, request, object_id, from_field=None):
        return super().get_object(request, object_id, from_field or None)

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, searchable(search_term))

    def response_action(self, request, queryset):
        if not all(is_key(each) for each in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest("What is chosen are no rows of this list")
        return super().response_action(request, queryset)

    def construct_change_message(self, request, form, formsets, add=False):
        # The names of the fields and not their labels: those are in the language of whoever reads the history.
        if add:
            return [{"added": {}}]
        return [{"changed": {"fields": form.changed_data}}] if form.changed_data else []

    def changelist_view(self, request, extra_context=None):
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def history_view(self, request, object_id, extra_context=None):
        response = super().history_view(request, object_id, extra_context)
        for entry in getattr(response, "context_data", {}).get("action_list", []):
            entry.get_change_message = changes(entry)
        return response

    def get_deleted_objects(self, objs, request):
        # Without the rows that the database keeps about them, such as which theme belongs to which network.
        _rows, _counts, permissions_needed, protected = super().get_deleted_objects(objs, request)
        return [str(row) for row in objs], {self.opts.verbose_name_plural: len(objs)}, permissions_needed, protected


class DeskAdmin(PlainPages, admin.ModelAdmin):
    """What all our lists and forms have in common."""

    formfield_overrides = {
        # As text: an input of type number drops the marks that it does not know, and makes 150000 of 1500,00.
        models.DecimalField: {
            "form_class": numbers.DecimalField,
            "widget": admin.widgets.AdminTextInputWidget(attrs={"inputmode": "decimal"}),
        },
        models.IntegerField: {
            "form_class": numbers.IntegerField,
            "widget": admin.widgets.AdminTextInputWidget(attrs={"inputmode": "numeric"}),
        },
        models.DateField: {"input_formats": lazy(date_formats, list)()},
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
    save_on_top = True

    def get_object(self, request, object_id, from_field=None):
        row = super().get_object(request, object_id, from_field)
        # Django saves and deletes in a transaction. Its history, which may be posted to as well, has none.
        is_written = request.method == "POST" and not request.resolver_match.url_name.endswith("_history")
        if row is None or not is_written:
            return row
        # Until the save is done, nobody writes what it was compared with.
        return self.locked([row.pk]).first()

    def locked(self, pks):
        """
        Lock the rows until the transaction ends, for whoever would write them too.

        Not for whoever only refers to them: publishing holds the content version when it refers to a theme, and
        whoever saves that theme waits for the content version.
        """
        return self.model._base_manager.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")

    @transaction.atomic
    def delete_queryset(self, request, queryset):
        # As in a save: first the rows, then the content version
        list(self.locked(queryset.values_list("pk", flat=True)))
        super().delete_queryset(request, queryset)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and hasattr(db_field, "translated_field"):
            # So that browsers check the spelling, and screen readers speak, in the language that is being written.
            field.widget.attrs["lang"] = language_tag(db_field.language)
        return field

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        reader = Reader()
        # By iter(), for a list would first ask the database how long it is to be.
        field.choices = sorted(iter(field.choices), key=lambda choice: reader.sort_key(choice[1]))
        return field

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        # The import map of the editor is an inline script: the policy lets it through by its nonce alone.
        context["media"] = Media.from_media(context["media"], nonce=request.csp_nonce)
        self.name_what_was_taken(request, context["adminform"].form)
        may_save = self.has_add_permission(request) if add else self.has_change_permission(request, obj)
        if may_save and not context["is_popup"]:
            context["typist"] = {"id": request.user.pk, "name": display_name(request.user)}
            context["form_key"] = without_language(request.path)
            context["log_in_form"] = SignInForm(
                auto_id="unsaved_%s", initial={"username": request.user.get_username()}
            )
        return super().render_change_form(request, context, add, change, form_url, obj)

    # Nothing typed is lost: see networks/admin/unsaved_text.py

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "GET" and WITHOUT_KEPT_TEXT in request.GET:
            let_go(request)
            query = request.GET.copy()
            del query[WITHOUT_KEPT_TEXT]
            return HttpResponseRedirect(f"{request.path}?{query.urlencode()}" if query else request.path)
        if request.method == "POST":
            self.prepare(request, object_id)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # Somebody has taken the address between the check and the save. Asked again, the form says so.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def prepare(self, request, object_id):
        """
        Decode the pictures of a form, and clean its rich texts, before the transaction in which it is saved.

        Either takes time, and nobody else can write meanwhile. What comes of them is remembered.
        """
        if not (self.has_change_permission(request) if object_id else self.has_add_permission(request)):
            return
        for field in self.opts.concrete_fields:
            if isinstance(field, PictureField) and field.name in request.FILES:
                with suppress(ValidationError):  # the form says so
                    rewrite_picture(request.FILES[field.name])
            elif isinstance(field, RichTextField):
                text = request.POST.get(field.name, "").strip()  # as the form does
                if 0 < len(text) <= LONGEST_TEXT:
                    # As a version keeps it
                    clean_rich_text(normalise_line_ends(clean_rich_text(text)))

    def _changeform_view(self, request, object_id, form_url, extra_context):
        """One form makes one thing, however often it is sent. This is called within the transaction of a save."""
        token = request.POST.get(TOKEN, "").replace("\0", "")
        if object_id is not None or request.method != "POST" or not 0 < len(token) <= TokenField.MAX_LENGTH:
            return super()._changeform_view(request, object_id, form_url, extra_context)
        saved = claim_form(token, request.user)
        is_of_ours = saved.content_type == ContentType.objects.get_for_model(self.model)
        if is_of_ours and (row := self.get_queryset(request).filter(pk=saved.object_id).first()):
            # It was sent twice, or gone back to, and so is a form of what it has made.
            object_id = str(row.pk)
            request.is_sent_again = True
            request.POST = request.POST.copy()
            request.POST["began_with"] = saved.content.get("began_with", "")
        response = super()._changeform_view(request, object_id, form_url, extra_context)
        SavedForm.objects.filter(pk=saved.pk, content_type=None).delete()  # where nothing was saved after all
        return response

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.kept = waiting(request) if request.method == "GET" else None
        return form

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        self.remember_form(request, form, obj)
        self.name_what_was_taken(request, form)

    def name_what_was_taken(self, request, form):
        if isinstance(form, GuardedForm) and form.taken:
            self.message_user(request, form.taken_in_words(), messages.WARNING)

    def remember_form(self, request, form, obj):
        """Note that the form was saved, in the same transaction. Whoever saves otherwise does it there."""
        if token := form.cleaned_data.get(TOKEN):
            row = self.model._base_manager.get(pk=obj.pk)  # as the database has it
            remember_form(token, request.user, obj, content={"began_with": form.beginning(row)})

    def response_add(self, request, obj, post_url_continue=None):
        let_go(request)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        let_go(request)
        if getattr(request, "is_sent_again", False) and IS_POPUP_VAR in request.POST:
            # The form that has opened the window waits for something new.
            return super().response_add(request, obj)
        return super().response_change(request, obj)


class MissingTranslationFilter(admin.SimpleListFilter):
    title = _("English")
    parameter_name = "english"

    # Of what is looked at in place of the fields of the row
    prefix = ""

    def lookups(self, request, model_admin):
        return [("missing", _("something is missing")), ("complete", _("complete"))]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        missing = Q()
        for field in translated_fields(queryset.model):
            in_serbian, in_english = f"{self.prefix}{field}_sr", f"{self.prefix}{field}_en"
            has_serbian = Q(**{f"{in_serbian}__isnull": False}) & ~Q(**{in_serbian: ""})
            has_english = Q(**{f"{in_english}__isnull": False}) & ~Q(**{in_english: ""})
            missing |= has_serbian & ~has_english
        return queryset.filter(missing) if self.value() == "missing" else queryset.exclude(missing)


class MissingTranslations:
    """A column of the list that says what is not written in English yet."""

    @admin.display(description=_("English"))
    def missing_english(self, row):
        fields = missing_translations(row)
        if not fields:
            return _("complete")
        if not any(getattr(row, f"{field}_en") for field in translated_fields(type(row))):
            return _("not written")
        names = ", ".join(str(self.opts.get_field(field).verbose_name) for field in fields)
        return format_html("{}: {}", _("missing"), names)


class PublishedAdmin(BulkActions, MissingTranslations, DeskAdmin):
    """Lists and forms of what citizens read. Publishing takes a permission of its own."""

    actions = ["publish", "unpublish"]

    def publish_permission(self):
        return f"{self.opts.app_label}.publish_{self.opts.model_name}"

    def has_publish_permission(self, request):
        return request.user.has_perm(self.publish_permission())

    def get_changeform_initial_data(self, request):
        last = self.model.objects.aggregate(last=models.Max("position"))["last"] or 0
        return {"position": last + 10, **super().get_changeform_initial_data(request)}

    def view_on_site(self, row):
        # Without an address while it is typed anew
        return row.get_absolute_url() if row.is_published and row.slug else None

    def get_readonly_fields(self, request, obj=None):
        readonly = [*super().get_readonly_fields(request, obj), "changed_at"]
        return readonly if self.has_publish_permission(request) else [*readonly, "is_published"]

    @admin.action(description=_("Publish the chosen entries"), permissions=["publish"])
    def publish(self, request, queryset):
        return self.set_published(request, queryset, "publish", True)

    @admin.action(description=_("Withdraw the chosen entries from the site"), permissions=["publish"])
    def unpublish(self, request, queryset):
        return self.set_published(request, queryset, "unpublish", False)

    def set_published(self, request, queryset, action, is_published):
        rows = list(queryset.exclude(is_published=is_published))
        if rows and not is_confirmed(request):
            return self.ask(request, action, rows)
        done = []
        for pk in [each.pk for each in rows]:
            with transaction.atomic():
                # As a colleague may have saved it since the list was read
                row = self.locked([pk]).exclude(is_published=is_published).first()
                if row is None:
                    continue
                row.is_published = is_published
                try:
                    row.validate_constraints()
                except ValidationError as error:
                    name = str(row) or row.slug
                    self.message_user(request, f"{name}: {' '.join(error.messages)}", messages.ERROR)
                    continue
                done.append({"pk": row.pk, "entry": self.write_published(request, row)})
        self.tell_done(request, action, done)
        return None

    def write_published(self, request, row):
        """Write whether citizens see the row, and return the number of the entry in its history."""
        row.save(update_fields=["is_published"])
        return self.log_change(request, row, [{"changed": {"fields": ["is_published"]}}]).pk

    def undo_one(self, request, action, before):
        row = self.locked([before["pk"]]).first()
        entries = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(self.model), object_id=str(before["pk"])
        )
        if row is None or entries.filter(pk__gt=before["entry"]).exists():
            return False
        row.is_published = action == "unpublish"
        row.validate_constraints()
        self.write_published(request, row)
        return True
