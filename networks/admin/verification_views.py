"""The admin's pages for verifying networks: one or many of them, and the list of those that are due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from io import BytesIO
from itertools import groupby

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from xlsxwriter import Workbook

from networks.admin.base import is_integer
from networks.admin.bulk_actions import is_confirmed
from networks.models import AuditEntry, Network, UnitAnswer
from networks.reading import NetworkReading, Reader, Text
from networks.revisions import schedules, storage
from networks.revisions.content import complete_content
from networks.revisions.verification import content_is_due, is_due, verify

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class VerificationFilter(admin.SimpleListFilter):
    """Filter by whether what citizens read of a membership is due to be verified."""

    title = _("verification")
    parameter_name = "verification"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple]:
        return [("due", _("due")), ("verified", _("verified"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "due":
                return queryset.filter(is_due())
            case "verified":
                return queryset.published().exclude(verified_on=None).exclude(is_due())
        return queryset


@dataclass(frozen=True)
class DueUnit:
    """A responsible unit with its memberships that are due; `value` is the unit as the networks have it."""

    value: str
    networks: list[NetworkReading]

    @cached_property
    def name(self) -> Text:
        return self.networks[0].responsible_unit


def due_units(reader: Reader) -> list[DueUnit]:
    """Return the memberships that are due by unit, both in the order of the alphabet; those without a unit last."""
    networks = [reader.network(network) for network in Network.objects.filter(is_due())]
    networks.sort(
        key=lambda each: (
            not each.row.responsible_unit,
            reader.sort_key(each.responsible_unit),
            each.row.responsible_unit,
            reader.sort_key(each.name),
        )
    )
    return [
        DueUnit(unit, list(members))
        for unit, members in groupby(networks, key=lambda each: each.row.responsible_unit)
    ]


class VerificationViewsMixin:
    """A mixin for the admin of networks with the action and the pages for verifying them."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view
        return [
            path("due/", view(require_GET(self.due_view)), name="networks_network_due"),
            path("due.xlsx", view(require_GET(self.due_sheet_view)), name="networks_network_due_sheet"),
            path("<int:pk>/verify/", view(require_POST(self.verify_view)), name="networks_network_verify"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        return super().changelist_view(request, {"due_url": self.url("due"), **(extra_context or {})})

    # Verify

    @admin.action(description=_("Confirm the chosen networks as stated"), permissions=["publish"])
    def verify(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        networks = list(queryset)
        if networks and not is_confirmed(request):
            return self.confirmation_response(request, "verify", networks)

        def verify_one(row: Network, network: Network) -> Network | None:
            before = row.head_id
            verified = verify(row, author=request.user)
            return verified if verified.head_id != before else None

        return self.run_action(request, "verify", networks, verify_one)

    def verify_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Verify what the page has shown, with the source that was typed, and go back to the page."""
        network = self.get_row(request, pk, "publish")
        try:
            source = Network._meta.get_field("source").formfield().clean(request.POST.get("source", ""))
            with transaction.atomic():
                row = storage.lock(network)
                if request.POST.get("shown", str(shown_revision(row))) != str(shown_revision(row)):
                    raise ValidationError(gettext("Somebody has saved a newer version meanwhile."))
                verify(row, author=request.user, source=source)
        except ValidationError as error:
            text = f"{network}: {schedules.error_text(Network, error)}"
            self.message_user(request, text, messages.ERROR)
        else:
            text = (
                gettext("“{name}” is confirmed as stated. Citizens see the day of today.")
                if row.is_published
                else gettext("“{name}” is confirmed as stated, in its draft.")
            )
            self.message_user(request, text.format(name=network), messages.SUCCESS)
        return HttpResponseRedirect(self.url("due") if "due" in request.POST else self.url("change", pk))

    def verification_context(self, request: HttpRequest, network: Network) -> dict:
        """Return the context of the form of a network for verifying it, and for the answer that its URL names."""
        content = complete_content(Network, (network.live or network.head).content)
        verified_on = content["verified_on"]
        return {
            "verification": {
                "shown": shown_revision(network),
                "on": Reader().date(date.fromisoformat(verified_on)) if verified_on else "",
                "is_due": network.is_published and content_is_due(content),
                "source_length": Network._meta.get_field("source").max_length,
            },
            "unit_answer": self.named_answer(request, network),
        }

    def named_answer(self, request: HttpRequest, network: Network) -> dict | None:
        """Return the accepted answer of a unit that is to be written into the form, and that the URL names."""
        pk = request.GET.get("answer", "")
        if not is_integer(pk):
            return None
        answers = network.unit_answers.filter(state=UnitAnswer.State.ACCEPTED).select_related("link")
        answer = answers.filter(pk=pk).first()
        if answer is None:
            return None
        reader = Reader()
        return {
            "text": reader.unmarked(answer.text),
            "when": reader.date(answer.created_at),
            "who": reader.unmarked(answer.name),
            "unit": reader.unmarked(answer.link.unit),
        }

    # What is due

    def due_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may(request, "view"):
            raise PermissionDenied
        reader = Reader()
        units = due_units(reader)
        return self.render(
            request,
            "due",
            None,
            gettext("Due to be confirmed"),
            units=units,
            count=sum(len(unit.networks) for unit in units),
            days=settings.VERIFICATION_DAYS,
            today=reader.date(timezone.localdate()),
            since=reader.date(timezone.localdate() - timedelta(days=settings.VERIFICATION_DAYS)),
        )

    def due_sheet_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may(request, "view"):
            raise PermissionDenied
        units, name = due_units(Reader()), f"due-{timezone.localdate():%Y-%m-%d}.xlsx"
        entry = {"environ": request.META, "account": request.user, "file": name}
        rows = sum(len(unit.networks) for unit in units)
        AuditEntry.objects.record(AuditEntry.Kind.EXPORTED, **entry, rows=rows)
        response = HttpResponse(due_sheet(units), content_type=XLSX)
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def shown_revision(network: Network) -> int | None:
    """Return the primary key of the revision that verifying is about: the published one, or else the draft."""
    return network.live_id if network.is_published else network.head_id


def due_sheet(units: Iterable[DueUnit]) -> bytes:
    """Return the memberships that are due as an XLSX file, in the active language."""
    written = BytesIO()
    with Workbook(written, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet(gettext("Due"))
        head = workbook.add_format({"bold": True, "bottom": 1})
        day = workbook.add_format({"num_format": gettext("d mmm yyyy"), "align": "left"})
        columns = {
            gettext("Responsible unit"): 40,
            gettext("Network"): 60,
            gettext("Verified on"): 16,
            gettext("Status"): 16,
            gettext("Joined"): 20,
            gettext("E-mail"): 30,
            gettext("Telephone"): 20,
        }
        for number, (label, width) in enumerate(columns.items()):
            sheet.set_column(number, number, width)
            sheet.write_string(0, number, label, head)
        sheet.freeze_panes(1, 0)
        rows = [(unit, network) for unit in units for network in unit.networks]
        for number, (unit, network) in enumerate(rows, 1):
            row = network.row
            # write_string, because write() would take "=1+1" for a formula.
            texts = [
                unit.name,
                network.name,
                None,
                capfirst(network.status),
                network.joined,
                row.contact_email,
                row.contact_phone,
            ]
            for column, text in enumerate(texts):
                if text is not None:
                    sheet.write_string(number, column, text)
            write_day(sheet, number, 2, row.verified_on, day)
        if rows:
            sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    return written.getvalue()


def write_day(sheet, row: int, column: int, value: date | None, day_format) -> None:
    if value is None:
        sheet.write_string(row, column, gettext("never"))
    elif value.year < 1900:  # before the calendar of spreadsheets begins
        sheet.write_string(row, column, value.isoformat())
    else:
        sheet.write_datetime(row, column, value, day_format)
