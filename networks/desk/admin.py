"""What staff see of each model: lists that answer their questions, forms with both languages side by side."""

import json

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q
from django.forms import CheckboxSelectMultiple, Script
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget
from js_asset import Media

from networks.languages import language_tag
from networks.models import CityProfile, Network, Page, Theme
from networks.reading import Reader, missing_translations, translated_fields
from networks.rich_text import RichTextField
from networks.serbian import fold

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


class Checkboxes(CheckboxSelectMultiple):
    """Checkboxes among which a new choice appears, and whose help text the admin can point to."""

    class Media:
        js = [Script("networks/checkboxes.js", type="module")]

    def id_for_label(self, id_, index=None):
        # The admin gives its help text an id only where there is one for the label.
        return super().id_for_label(id_, index) or id_


class PlainPages:
    """History and deletion as clerks read them: by the labels of fields and the names of things."""

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
        models.ManyToManyField: {"widget": Checkboxes},
        models.TextField: {"widget": admin.widgets.AdminTextareaWidget(attrs={"rows": 3})},
        RichTextField: {
            "form_class": ProseEditorFormField,
            "widget": RichTextWidget,
            "config": EDITOR,
        },
    }
    save_on_top = True

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and hasattr(db_field, "translated_field"):
            # So that browsers check the spelling, and screen readers speak, in the language that is being written.
            field.widget.attrs["lang"] = language_tag(db_field.language)
        return field

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        reader = Reader()
        field.choices = sorted(field.choices, key=lambda choice: reader.sort_key(choice[1]))
        return field

    def get_changelist_instance(self, request):
        if any("\0" in value for _name, values in request.GET.lists() for value in values):
            raise IncorrectLookupParameters  # PostgreSQL knows no null byte in a text
        return super().get_changelist_instance(request)

    def render_change_form(self, request, context, *args, **kwargs):
        # The import map of the editor is an inline script: the policy lets it through by its nonce alone.
        context["media"] = Media.from_media(context["media"], nonce=request.csp_nonce)
        return super().render_change_form(request, context, *args, **kwargs)


class MissingTranslationFilter(admin.SimpleListFilter):
    title = _("English")
    parameter_name = "english"

    def lookups(self, request, model_admin):
        return [("missing", _("something is missing")), ("complete", _("complete"))]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        missing = Q()
        for field in translated_fields(queryset.model):
            has_serbian = Q(**{f"{field}_sr__isnull": False}) & ~Q(**{f"{field}_sr": ""})
            has_english = Q(**{f"{field}_en__isnull": False}) & ~Q(**{f"{field}_en": ""})
            missing |= has_serbian & ~has_english
        return queryset.filter(missing) if self.value() == "missing" else queryset.exclude(missing)


class PublishedAdmin(DeskAdmin):
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
        return row.get_absolute_url() if row.is_published else None

    def get_readonly_fields(self, request, obj=None):
        readonly = [*super().get_readonly_fields(request, obj), "changed_at"]
        return readonly if self.has_publish_permission(request) else [*readonly, "is_published"]

    @admin.display(description=_("English"))
    def missing_english(self, row):
        fields = missing_translations(row)
        if not fields:
            return _("complete")
        if not any(getattr(row, f"{field}_en") for field in translated_fields(type(row))):
            return _("not written")
        names = ", ".join(str(self.opts.get_field(field).verbose_name) for field in fields)
        return format_html("{}: {}", _("missing"), names)

    @admin.action(description=_("Publish the chosen entries"), permissions=["publish"])
    def publish(self, request, queryset):
        self.set_published(request, queryset, True)

    @admin.action(description=_("Withdraw the chosen entries from the site"), permissions=["publish"])
    def unpublish(self, request, queryset):
        self.set_published(request, queryset, False)

    def set_published(self, request, queryset, is_published):
        count = 0
        for row in queryset.exclude(is_published=is_published):
            row.is_published = is_published
            try:
                row.validate_constraints()
            except ValidationError as error:
                name = str(row) or row.slug
                self.message_user(request, f"{name}: {' '.join(error.messages)}", messages.ERROR)
                continue
            row.save(update_fields=["is_published"])
            count += 1
            self.log_change(
                request,
                row,
                [{"changed": {"fields": ["is_published"]}}],
            )
        if is_published:
            text = ngettext("%(count)d entry was published.", "%(count)d entries were published.", count)
        else:
            text = ngettext(
                "%(count)d entry was withdrawn from the site.",
                "%(count)d entries were withdrawn from the site.",
                count,
            )
        self.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.INFO)


@admin.register(Network)
class NetworkAdmin(PublishedAdmin):
    # List
    list_display = [
        "displayed_name",
        "missing_english",
        "displayed_scope",
        "displayed_joined",
        "status",
        "is_published",
        "position",
    ]
    list_filter = ["is_published", "status", "scope", "themes", MissingTranslationFilter]
    list_per_page = 100

    # Search: the words are looked for in the folded text, so the script in which they are typed does not matter
    search_fields = ["search_text"]
    search_help_text = _("In either script, with or without diacritical marks: gradonacelnici, Градоначелници, SCTM.")

    # Form
    fieldsets = [
        (
            _("Texts"),
            {"fields": side_by_side("name", "acronym", "summary", "description", "benefit", "seat")},
        ),
        (
            _("Membership"),
            {
                "fields": [
                    ("status", "scope"),
                    "themes",
                    ("founded", "joined", "left"),
                    ("website", "membership_page"),
                    ("original_name", "original_language"),
                    "former_names",
                    "logo",
                ]
            },
        ),
        (
            _("In the city administration"),
            {
                "fields": [
                    ("responsible_unit", "deciding_act"),
                    ("contact_email", "contact_phone"),
                    ("fee_amount", "fee_currency", "fee_year"),
                    ("source", "verified_on"),
                    "internal_note",
                ]
            },
        ),
        (_("On the site"), {"fields": [("is_published", "position"), ("slug", "changed_at")]}),
    ]

    def get_search_results(self, request, queryset, search_term):
        return queryset.search(search_term), False

    @admin.display(description=_("name"))
    def displayed_name(self, network):
        name = Reader().text(network, "name")
        return format_html("<span{}>{}</span>", name.lang, name) if name.is_fallback else name

    @admin.display(description=_("scope"), ordering="scope")
    def displayed_scope(self, network):
        return Reader().network(network).scope

    @admin.display(description=_("joined"), ordering="joined", empty_value="")
    def displayed_joined(self, network):
        return Reader().date(network.joined)


@admin.register(Theme)
class ThemeAdmin(DeskAdmin):
    list_display = ["displayed_name", "slug", "network_count"]
    search_fields = ["name_sr"]  # shows the box; where to look is said below
    fieldsets = [(None, {"fields": [*side_by_side("name"), "slug"]})]

    def get_readonly_fields(self, request, obj=None):
        # It stands in the addresses of filtered lists, which people send each other.
        return ["slug"] if obj else []

    def get_search_results(self, request, queryset, search_term):
        words = fold(search_term).split()
        found = [
            theme.pk
            for theme in queryset
            if all(word in fold(f"{theme.name_sr} {theme.name_en or ''}") for word in words)
        ]
        return queryset.filter(pk__in=found), False

    def get_deleted_objects(self, objs, request):
        _names, *rest = super().get_deleted_objects(objs, request)
        names = []
        for theme in objs:
            count = theme.networks.count()
            networks = ngettext("%(count)s network", "%(count)s networks", count) % {"count": count}
            names.append(f"{theme} ({networks})")
        return names, *rest

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(network_count=models.Count("networks"))

    @admin.display(description=_("name"))
    def displayed_name(self, theme):
        return Reader().text(theme, "name")

    @admin.display(description=_("networks"), ordering="network_count")
    def network_count(self, theme):
        return theme.network_count


@admin.register(Page)
class PageAdmin(PublishedAdmin):
    list_display = ["displayed_title", "missing_english", "is_published", "position"]
    list_filter = ["is_published", MissingTranslationFilter]
    fieldsets = [
        (None, {"fields": side_by_side("title", "body")}),
        (_("On the site"), {"fields": [("is_published", "position"), ("slug", "changed_at")]}),
    ]

    @admin.display(description=_("title"))
    def displayed_title(self, page):
        return Reader().text(page, "title")


@admin.register(CityProfile)
class CityProfileAdmin(DeskAdmin):
    """One row: opening the list opens its form."""

    fieldsets = [
        (None, {"fields": side_by_side("city_name", "site_title", "introduction")}),
        (_("Contact"), {"fields": [*side_by_side("address"), ("email", "phone"), "website"]}),
        (_("Data"), {"fields": [("licence_name", "licence_url")]}),
        (_("Coat of arms"), {"fields": ["coat_of_arms"]}),
    ]

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not CityProfile.objects.exists()

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        profile = CityProfile.objects.first()
        if profile is None and self.has_add_permission(request):
            return HttpResponseRedirect(reverse("admin:networks_cityprofile_add"))
        if profile is not None and self.has_view_or_change_permission(request):
            return HttpResponseRedirect(reverse("admin:networks_cityprofile_change", args=[profile.pk]))
        return super().changelist_view(request, extra_context)


admin.site.unregister([Group, User])


ROLE_NAMES = {
    "editors": _("editors"),
    "publishers": _("publishers"),
    "administrators": _("administrators"),
}
ACTIONS = {"view": _("view"), "add": _("add"), "change": _("change"), "delete": _("delete"), "publish": _("publish")}


def role_name(group):
    """Return the name of a role in the language of the page. The database knows the project's own in English."""
    return str(ROLE_NAMES.get(group.name, group.name))


def permission_name(permission):
    """Return what a permission is about and what it allows. Django stores a name for it in English only."""
    action = ACTIONS.get(permission.codename.partition("_")[0], permission.name)
    return f"{capfirst(permission.content_type.name)}: {action}"


class NamedPermissions:
    """Roles and permissions in the language of the page."""

    NAMES = {Group: role_name, Permission: permission_name}

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        field.label_from_instance = self.NAMES[db_field.remote_field.model]
        return field


@admin.register(Group)
class RoleAdmin(NamedPermissions, PlainPages, GroupAdmin):
    """Roles: the groups of accounts."""

    list_display = ["displayed_name"]

    @admin.display(description=_("role"), ordering="name")
    def displayed_name(self, group):
        return role_name(group)


class AccountPasswordForm(AdminPasswordChangeForm):
    """Django's form puts two sentences together while it is loaded, and so into one language for all."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "usable_password" in self.fields:
            self.fields["usable_password"].help_text = format_html(
                '{}<ul id="id_unusable_warning" class="messagelist"><li class="warning">{}</li></ul>',
                gettext(
                    "Whether the account can sign in with a password. Without one, it can only sign in where other "
                    "ways are set up."
                ),
                gettext("The present password is lost when this is turned off."),
            )


@admin.register(User)
class AccountAdmin(NamedPermissions, PlainPages, UserAdmin):
    """Accounts. Whoever is not a superuser makes no superusers, and does not touch theirs."""

    list_filter = ["is_staff", "is_superuser", "is_active"]
    change_password_form = AccountPasswordForm

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        instead = {"user_permissions": "permissions_in_words"}
        return [
            (name, {**options, "fields": [instead.get(field, field) for field in options["fields"]]})
            for name, options in fieldsets
        ]

    def get_readonly_fields(self, request, obj=None):
        readonly = super().get_readonly_fields(request, obj)
        return readonly if request.user.is_superuser else (*readonly, "is_superuser", "permissions_in_words")

    @admin.display(description=_("user permissions"))
    def permissions_in_words(self, account):
        return ", ".join(sorted(permission_name(permission) for permission in account.user_permissions.all()))

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self.may_touch(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self.may_touch(request, obj)

    def get_deleted_objects(self, objs, request):
        untouchable = [str(account) for account in objs if not self.may_touch(request, account)]
        to_delete, counts, permissions_needed, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, permissions_needed, [*protected, *untouchable]

    @staticmethod
    def may_touch(request, account):
        return request.user.is_superuser or account is None or not account.is_superuser
