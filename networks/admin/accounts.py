"""The admin of accounts and roles (users and groups), in the language of the page."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Before autodiscovery imports them: they register their models, whose pages show keys.
from django_otp.plugins.otp_static.admin import StaticDevice
from django_otp.plugins.otp_totp.admin import TOTPDevice

from networks.admin import second_factor
from networks.admin.base import Checkboxes, CityAdminMixin
from networks.admin.password_links import PasswordLinkMixin
from networks.admin.second_factor_views import RequiredRolesMixin, SecondFactorResetMixin
from networks.models import AuditEntry, TemporaryPassword

admin.site.unregister([Group, User, StaticDevice, TOTPDevice])

Kind = AuditEntry.Kind


ROLE_NAMES = {
    "editors": _("editors"),
    "publishers": _("publishers"),
    "administrators": _("administrators"),
}
ACTIONS = {"view": _("view"), "add": _("add"), "change": _("change"), "delete": _("delete"), "publish": _("publish")}


def role_name(group: Group) -> str:
    """Return the name of a role in the active language. The database has the names of our roles in English only."""
    return str(ROLE_NAMES.get(group.name, group.name))


def permission_name(permission: Permission) -> str:
    """Return a permission in the active language, as "Model: action". Django stores its name in English only."""
    action = ACTIONS.get(permission.codename.partition("_")[0], permission.name)
    return f"{capfirst(permission.content_type.name)}: {action}"


class TranslatedPermissionsMixin:
    """Show roles and permissions in the active language where they are chosen."""

    NAMES = {Group: role_name, Permission: permission_name}

    filter_horizontal = ()  # its two boxes have small buttons, and labels that screen readers do not read

    def formfield_for_manytomany(self, db_field, request: HttpRequest, **kwargs):
        if db_field.remote_field.model is Group:
            kwargs["widget"] = Checkboxes
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field.queryset.model is Group:
            field.help_text = _(
                "Editors write drafts. Publishers publish, schedule, delete and restore. Administrators keep the "
                "accounts and the city profile."
            )
        else:
            # Nobody sees the devices of others, whatever the permissions.
            field.queryset = field.queryset.exclude(content_type__app_label__startswith="otp_")
        field.label_from_instance = self.NAMES[db_field.remote_field.model]
        return field


class AuditedMixin:
    """A mixin that tells the audit log what is added, changed and deleted."""

    # The kind of entry by what was done
    audited: dict[str, Kind]

    def record(self, request: HttpRequest, kind: Kind, row: User | Group, **details) -> None:
        subject = {"subject": row} if isinstance(row, User) else {"subject_name": row.name}
        AuditEntry.objects.record(kind, environ=request.META, account=request.user, **subject, **details)

    def log_addition(self, request: HttpRequest, row, message):
        self.record(request, self.audited["added"], row, done="added")
        return super().log_addition(request, row, message)

    def log_change(self, request: HttpRequest, row, message):
        for fields in [each["changed"]["fields"] for each in message if "changed" in each]:
            kind = Kind.PASSWORD_SET if fields == ["password"] else self.audited["changed"]
            if kind == Kind.PASSWORD_SET and not row.has_usable_password():
                self.record(request, kind, row, done="unset")
            elif fields != ["groups"]:  # of which save_related tells more
                self.record(request, kind, row, fields=fields)
        return super().log_change(request, row, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet):
        for row in queryset:
            self.record(request, self.audited["deleted"], row, done="deleted")
        return super().log_deletions(request, queryset)


@admin.register(Group)
class RoleAdmin(RequiredRolesMixin, AuditedMixin, TranslatedPermissionsMixin, CityAdminMixin, GroupAdmin):
    """The admin of groups, which the interface calls roles."""

    list_display = ["displayed_name"]
    change_list_template = "admin/auth/group/change_list.html"
    role_label = staticmethod(role_name)
    audited = {"added": Kind.ROLE_CHANGED, "changed": Kind.ROLE_CHANGED, "deleted": Kind.ROLE_CHANGED}

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        context = {"may_require": request.user.has_perm("auth.change_user")}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    @admin.display(description=_("role"), ordering="name")
    def displayed_name(self, group: Group) -> str:
        return role_name(group)


def role_names(account: User) -> list[str]:
    """Return the names of the roles of an account as the database has them."""
    return sorted(Group.objects.filter(user=account).values_list("name", flat=True))


def mark_password_temporary(account: User) -> None:
    """Require the account to choose another password when it next logs in."""
    if account.has_usable_password():
        TemporaryPassword.objects.get_or_create(user=account)


class AccountPasswordForm(AdminPasswordChangeForm):
    """The form in which an administrator sets the password of an account; its owner must change it."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "usable_password" in self.fields:
            # Django joins its two sentences on import, so they would be in one language for everybody.
            self.fields["usable_password"].help_text = format_html(
                '{}<ul id="id_unusable_warning" class="messagelist"><li class="warning">{}</li></ul>',
                gettext(
                    "Whether the account can sign in with a password. Without one, it can only sign in where other "
                    "ways are set up."
                ),
                gettext("The present password is lost when this is turned off."),
            )

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        account = super().save(commit)
        mark_password_temporary(account)
        return account

    @property
    def changed_data(self) -> list[str]:
        # Django names none where the password is turned off.
        return ["password"]


@admin.register(User)
class AccountAdmin(
    PasswordLinkMixin, SecondFactorResetMixin, AuditedMixin, TranslatedPermissionsMixin, CityAdminMixin, UserAdmin
):
    """
    The admin of users.

    Only superusers may create or change superusers. Other administrators cannot change their own roles, nor their own
    active and staff status.
    """

    list_display = ["username", "email", "first_name", "last_name", "is_staff", "has_second_factor"]
    list_filter = ["is_staff", "is_superuser", "is_active"]
    audited = {"added": Kind.ACCOUNT_ADDED, "changed": Kind.ACCOUNT_CHANGED, "deleted": Kind.ACCOUNT_DELETED}
    change_password_form = AccountPasswordForm
    change_form_template = "admin/auth/user/change_form.html"

    def get_fieldsets(self, request: HttpRequest, obj=None) -> list:
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        instead = {"user_permissions": "permissions_in_words"}
        if obj == request.user:
            instead["groups"] = "roles_in_words"
        return [
            (name, {**options, "fields": [instead.get(field, field) for field in options["fields"]]})
            for name, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj=None) -> list:
        # The site sets these times. As inputs they would be two fields each, without labels.
        readonly = (*super().get_readonly_fields(request, obj), "last_login", "date_joined")
        if request.user.is_superuser:
            return readonly
        own = ("is_active", "is_staff", "roles_in_words") if obj == request.user else ()
        return (*readonly, "is_superuser", "permissions_in_words", *own)

    def save_model(self, request: HttpRequest, obj, form, change) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            mark_password_temporary(obj)

    def save_related(self, request: HttpRequest, form, formsets, change) -> None:
        account = form.instance
        before = role_names(account)
        super().save_related(request, form, formsets, change)
        if before != role_names(account):
            self.record(request, Kind.ROLES_CHANGED, account, before=before, after=role_names(account))

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id, form_url="") -> HttpResponse:
        response = super().user_change_password(request, id, form_url)
        # Those who have changed their own password here know it alone.
        TemporaryPassword.objects.filter(user=request.user).delete()
        return response

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return second_factor.with_key(super().get_queryset(request))

    def get_object(self, request: HttpRequest, object_id, from_field=None) -> User | None:
        account = super().get_object(request, object_id, from_field)
        return account and second_factor.bound(
            account
        )  # so that one's session goes on after a change of one's password

    @admin.display(description=_("second factor"), boolean=True)
    def has_second_factor(self, account: User) -> bool:
        return second_factor.has_second_factor(account)

    @admin.display(description=_("groups"))
    def roles_in_words(self, account: User) -> str:
        return ", ".join(sorted(role_name(group) for group in account.groups.all()))

    @admin.display(description=_("user permissions"))
    def permissions_in_words(self, account: User) -> str:
        return ", ".join(sorted(permission_name(permission) for permission in account.user_permissions.all()))

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return super().has_change_permission(request, obj) and self.may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return super().has_delete_permission(request, obj) and self.may_touch(request, obj)

    def get_deleted_objects(self, objs, request: HttpRequest) -> tuple:
        untouchable = [str(account) for account in objs if not self.may_touch(request, account)]
        to_delete, counts, permissions_needed, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, permissions_needed, [*protected, *untouchable]

    @staticmethod
    def may_touch(request: HttpRequest, account: User | None) -> bool:
        return request.user.is_superuser or account is None or not account.is_superuser
