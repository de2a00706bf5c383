"""The audit log as administrators read it: a list that nobody changes, and a CSV file of it."""

import csv
from collections.abc import Iterable
from datetime import datetime, timedelta
from io import StringIO

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import Group, User
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from networks.admin.accounts import ROLE_NAMES
from networks.admin.base import CityAdminMixin
from networks.models import AuditEntry
from networks.reading import Reader
from networks.spreadsheets.formulas import escape_formula

Kind = AuditEntry.Kind

# What the details of an entry say by a word
WORDS: dict[str, Promise] = {
    "password": _("wrong password"),
    "code": _("wrong code"),
    "added": pgettext_lazy("audit log", "added"),
    "deleted": pgettext_lazy("audit log", "deleted"),
    "revoked": pgettext_lazy("audit log", "revoked"),
    "link": _("by a link"),
    "unset": _("no password from now on"),
}


def done_by(entry: AuditEntry) -> str:
    return entry.account_name or gettext("a command on the server")


def role_list(names: list[str]) -> str:
    return ", ".join(str(ROLE_NAMES.get(name, name)) for name in names) or gettext("no role")


def field_labels(entry: AuditEntry, names: list[str]) -> str:
    """Return the labels of fields of the account or the role that an entry is about."""
    model = Group if entry.kind == Kind.ROLE_CHANGED else User
    labels = []
    for name in names:
        try:
            labels.append(capfirst(model._meta.get_field(name).verbose_name))
        except FieldDoesNotExist:
            labels.append(name)
    return get_text_list(labels, gettext("and"))


def described(entry: AuditEntry) -> str:
    """Return the details of an entry in words of the active language."""
    details = entry.details
    words = [str(WORDS[details[key]]) for key in ("wrong", "done") if details.get(key) in WORDS]
    if "until" in details:
        words.append(gettext("until {time}").format(time=Reader().moment(datetime.fromisoformat(details["until"]))))
    if "left" in details:
        words.append(gettext("codes left: {count}").format(count=details["left"]))
    if "before" in details:
        words.append(f"{role_list(details['before'])} → {role_list(details['after'])}")
    if "roles" in details:
        words.append(role_list(details["roles"]))
    if "fields" in details:
        words.append(field_labels(entry, details["fields"]))
    if "file" in details:
        words.append(gettext("{file}, rows: {count}").format(file=details["file"], count=details["rows"]))
    return "; ".join(words)


# The kinds by which the list is filtered, in groups
GROUPS: dict[str, tuple[Promise, list[Kind]]] = {
    "sign-in": (_("log-ins"), [Kind.SIGNED_IN]),
    "failed": (_("log-ins that failed"), [Kind.SIGN_IN_FAILED, Kind.LOCKED_OUT]),
    "password": (_("passwords"), [Kind.PASSWORD_CHANGED, Kind.PASSWORD_SET, Kind.PASSWORD_LINK]),
    "second-factor": (_("second factor"), [kind for kind in Kind if kind.startswith(("second_factor", "recovery"))]),
    "account": (_("accounts and roles"), [kind for kind in Kind if kind.startswith(("account", "role"))]),
    "export": (_("exports"), [Kind.EXPORTED]),
}


class KindFilter(admin.SimpleListFilter):
    """Filter by what was done."""

    title = _("what was done")
    parameter_name = "done"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [(name, label) for name, (label, _kinds) in GROUPS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(kind__in=GROUPS[self.value()][1]) if self.value() in GROUPS else queryset


class TimeFilter(admin.SimpleListFilter):
    """Filter by how long ago something was done."""

    title = _("time")
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [("1", _("the last 24 hours")), ("7", _("the last 7 days")), ("30", _("the last 30 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in ("1", "7", "30"):
            return queryset
        return queryset.filter(created_at__gt=timezone.now() - timedelta(days=int(self.value())))


class AccountFilter(admin.SimpleListFilter):
    """Filter by the account that has done something, or to which it was done."""

    title = _("account")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        accounts = User.objects.filter(is_staff=True).order_by("username")
        return [(str(pk), name) for pk, name in accounts.values_list("pk", "username")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        if self.value() not in {pk for pk, _name in self.lookup_choices}:
            raise IncorrectLookupParameters
        return queryset.filter(Q(account=self.value()) | Q(subject=self.value()))


@admin.register(AuditEntry)
class AuditAdmin(CityAdminMixin, admin.ModelAdmin):
    """A list only. `AuditEntry.objects.record` adds the entries, and the next log-in deletes the expired ones."""

    list_display = ["when", "shown_kind", "shown_account", "ip", "shown_details"]
    list_display_links = None
    list_filter = [TimeFilter, KindFilter, AccountFilter]
    list_per_page = 100
    show_full_result_count = False
    search_fields = ["account_name", "subject_name", "ip"]
    search_help_text = _("Part of a user name, or of an IP address.")
    actions = None

    def get_urls(self) -> list:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="networks_auditentry_changelist"),
            path("audit.csv", wrap(require_GET(self.csv_view)), name="networks_auditentry_csv"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        return super().changelist_view(request, {"audit_days": settings.AUDIT_DAYS, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    @admin.display(description=_("time"), ordering="created_at")
    def when(self, entry: AuditEntry) -> str:
        return Reader().moment(entry.created_at)

    @admin.display(description=_("what was done"), ordering="kind")
    def shown_kind(self, entry: AuditEntry) -> str:
        return entry.get_kind_display()

    @admin.display(description=_("account"), ordering="account_name")
    def shown_account(self, entry: AuditEntry) -> str:
        return done_by(entry)

    @admin.display(description=_("details"))
    def shown_details(self, entry: AuditEntry) -> str:
        return ": ".join(filter(None, [entry.subject_name, described(entry)]))

    def csv_view(self, request: HttpRequest) -> HttpResponse:
        """Send what the list with the same query shows, all pages of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            entries = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters as error:
            raise Http404 from error
        name, rows = f"audit-{timezone.localdate():%Y-%m-%d}.csv", list(entries)
        of_export = {"environ": request.META, "account": request.user, "file": name}
        AuditEntry.objects.record(Kind.EXPORTED, **of_export, rows=len(rows))
        response = HttpResponse(written_csv(rows), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def written_csv(entries: Iterable[AuditEntry]) -> str:
    """Return the entries as a CSV file, with a byte order mark for Excel."""
    written = StringIO("\ufeff", newline="")
    written.seek(1)
    writer = csv.writer(written)
    labels = (_("time"), _("what was done"), _("account"), _("whose"), _("IP address"), _("details"))
    writer.writerow([capfirst(label) for label in labels])
    for entry in entries:
        time = timezone.localtime(entry.created_at).isoformat(sep=" ", timespec="seconds")
        cells = (time, entry.get_kind_display(), done_by(entry), entry.subject_name, entry.ip, described(entry))
        writer.writerow([escape_formula(cell) for cell in cells])
    return written.getvalue()
