"""The admin's pages for spreadsheets of networks: export what the list shows, and import a file as drafts."""

import copy
import json
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from tempfile import TemporaryFile

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import UpdateError
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Max, QuerySet
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from networks.admin.progress_page import Work, finish, progress_response
from networks.models import AuditEntry, Event, Network, Revision, SpreadsheetFile
from networks.reading import Reader
from networks.revisions.comparison import FieldComparison, compare_field
from networks.revisions.content import MINE, THEIRS, Content, complete_content, field_label, row_with
from networks.revisions.drafts import SaveResult
from networks.revisions.storage import newest_revision
from networks.spreadsheets import importing
from networks.spreadsheets.columns import make_columns
from networks.spreadsheets.exporting import NEWEST, PUBLISHED, exported_networks
from networks.spreadsheets.file_reading import LARGEST_FILE, Table, read_table
from networks.spreadsheets.file_writing import FORMATS
from networks.spreadsheets.importing import Plan, Problem, RowChange, merge_again, save_rows

IMPORTED_ALREADY = _("This file is imported already, or was uploaded more than a day ago. Upload it again.")

ROWS_ON_A_PAGE = 50

# With more, the work takes over a second, and a page says how far it is.
MOST_EXPORTED_AT_ONCE = 300  # networks
MOST_READ_AT_ONCE = 200_000  # bytes
MOST_SAVED_AT_ONCE = 40  # rows


class ExportForm(forms.Form):
    """The form to export networks: those of the list with the query string `list`, or those ticked, `rows`."""

    version = forms.ChoiceField(
        label=_("Version"),
        choices=[(NEWEST, _("the newest, with drafts")), (PUBLISHED, _("as citizens read it"))],
        initial=NEWEST,
        widget=forms.RadioSelect,
    )
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[(name, each.label) for name, each in FORMATS.items()],
        initial="xlsx",
        widget=forms.RadioSelect,
    )
    list = forms.CharField(required=False, widget=forms.HiddenInput)
    rows = forms.RegexField(r"^[0-9]{1,18}( [0-9]{1,18})*\Z", required=False, widget=forms.HiddenInput)


class ImportForm(forms.Form):
    """The form to upload a spreadsheet."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("XLSX, ODS or CSV, as it was exported here; at most 9 MB."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.ods,.csv"}),
        error_messages={"required": _("Choose the file first.")},
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise ValidationError(
                _("The file is larger than 9 MB. Save it as XLSX, which is smaller than CSV, or split it.")
            )
        return file


@dataclass(frozen=True)
class ConflictChoice:
    """A field that the file and somebody else have changed. Each comparison is with what was exported."""

    input_name: str
    theirs: FieldComparison
    mine: FieldComparison
    chosen: str


class RowPreview:
    """A row of a plan as the preview shows it."""

    def __init__(self, change: RowChange, network: Network | None, base: Revision | None, reader: Reader):
        self.change, self.network, self.reader = change, network, reader
        self.head: Content = complete_content(Network, newest_revision(network).content if network else {})
        self.base: Content = complete_content(Network, base.content if base else {})
        self.row = change.row
        self.is_new = change.pk is None

    @property
    def name(self) -> str:
        content = self.head | self.change.changes if self.is_new else self.head
        return str(row_with(Network(), content | {"themes": []}))

    @cached_property
    def comparisons(self) -> list[FieldComparison]:
        names = [name for name in self.change.changes if name not in self.change.conflicts]
        before = dict.fromkeys(names) if self.is_new else self.head
        return [self.compare(name, before[name], self.change.changes[name]) for name in names]

    @property
    def taken(self) -> str:
        return ", ".join(capfirst(field_label(Network, name)) for name in self.change.taken)

    def conflicts(self) -> Iterator[ConflictChoice]:
        for name in self.change.conflicts:
            yield ConflictChoice(
                choice_name(self.row, name),
                self.compare(name, self.base[name], self.head[name]),
                self.compare(name, self.base[name], self.change.changes[name]),
                self.change.choices.get(name, ""),
            )

    def compare(self, name: str, before: object, after: object) -> FieldComparison:
        return compare_field(Network, name, before, after, self.reader)


class FileReading:
    """The reading of an uploaded file. Each method is a generator that yields how many rows are done."""

    def __init__(self, user, name: str, content: bytes):
        self.user, self.name, self.content = user, name, content
        self.table: Table | None = None

    def run(self) -> Generator[int, None, SpreadsheetFile | list[Problem]]:
        plan = yield from self.compare()
        return (yield from self.try_saving(plan))

    def compare(self) -> Generator[int, None, Plan]:
        try:
            self.table = read_table(self.content, make_columns())
        except ValidationError as error:
            return Plan(problems=[Problem(text) for text in error.messages])
        return (yield from importing.compare(self.table, author=self.user))

    def try_saving(self, plan: Plan) -> Generator[int, None, SpreadsheetFile | list[Problem]]:
        """Return the stored plan, or the problems."""
        plan = yield from importing.try_saving(plan, self.table, author=self.user)
        return plan.problems or store(self.user, SpreadsheetFile.Purpose.IMPORT, self.name, packed(plan))


def choice_name(row: int, field: str) -> str:
    return f"choice_{row}_{field}"


class SpreadsheetViewsMixin:
    """A mixin for the admin of networks with the pages for spreadsheets, and the action that exports."""

    def get_urls(self) -> list:
        pages = [
            ("export/", self.export_view, "export"),
            ("export/<int:file_pk>/", self.exported_view, "exported"),
            ("import/", self.import_view, "import"),
            ("import/<int:file_pk>/", self.imported_view, "imported"),
        ]
        return [
            *(
                path(route, self.admin_site.admin_view(view), name=f"networks_network_{name}")
                for route, view, name in pages
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        context = {}
        if self.may(request, "change"):
            query = request.GET.urlencode()
            export_url = self.url("export")
            context = {
                "export_url": f"{export_url}?{query}" if query else export_url,
                "import_url": self.url("import"),
            }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def require_editor(self, request: HttpRequest) -> None:
        if not self.may(request, "change"):
            raise PermissionDenied

    def spreadsheet(self, request: HttpRequest, pk: int, purpose: str) -> SpreadsheetFile:
        """Return a file of this user. Raise Http404 if it is not there any more."""
        return get_object_or_404(own_files(request.user, purpose), pk=pk)

    # Export

    @admin.action(description=_("Export what is chosen as a spreadsheet"), permissions=["change"])
    def export(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        pks = list(queryset.values_list("pk", flat=True))
        return self.export_page(request, ExportForm(initial={"rows": " ".join(map(str, pks))}), pks)

    def export_view(self, request: HttpRequest) -> HttpResponse:
        self.require_editor(request)
        form = ExportForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            pks = self.chosen_networks(request, form.cleaned_data)
            if pks:
                return self.export_response(request, pks, form.cleaned_data["version"], form.cleaned_data["format"])
            self.message_user(request, gettext("There is no network to be exported."), messages.WARNING)
            return HttpResponseRedirect(self.url("export"))
        if request.method == "GET":
            form = ExportForm(initial={"list": request.GET.urlencode()})
        pks = self.listed_networks(request, request.GET.urlencode())
        return self.export_page(request, form, pks)

    def export_page(self, request: HttpRequest, form: ExportForm, pks: Sequence[int]) -> HttpResponse:
        published = Network.objects.published().filter(pk__in=pks).count()
        return self.render(
            request,
            "export",
            None,
            gettext("Export as a spreadsheet"),
            form=form,
            count=len(pks),
            published=published,
            export_url=self.url("export"),
        )

    def chosen_networks(self, request: HttpRequest, cleaned: Mapping[str, str]) -> list[int]:
        """Return the primary keys of the networks to be exported, in their order."""
        if not cleaned["rows"]:
            pks = self.listed_networks(request, cleaned["list"])
        else:
            pks = [int(pk) for pk in cleaned["rows"].split()]
            there = {*self.get_queryset(request).filter(pk__in=pks).values_list("pk", flat=True)}
            pks = [pk for pk in pks if pk in there]
        if cleaned["version"] == PUBLISHED:
            published = {*Network.objects.published().values_list("pk", flat=True)}
            pks = [pk for pk in pks if pk in published]
        return pks

    def listed_networks(self, request: HttpRequest, query: str) -> list[int]:
        """Return the primary keys of all networks that the list with this query string shows, in its order."""
        listed = copy.copy(request)
        listed.GET = QueryDict(query)
        try:
            change_list = self.get_changelist_instance(listed)
        except IncorrectLookupParameters as error:
            raise Http404 from error
        return list(change_list.get_queryset(listed).values_list("pk", flat=True))

    def export_response(self, request: HttpRequest, pks: list[int], version: str, format_name: str) -> HttpResponse:
        name = f"networks-{timezone.localdate():%Y-%m-%d}.{format_name}"
        entry = {"environ": request.META, "account": request.user}
        AuditEntry.objects.record(AuditEntry.Kind.EXPORTED, **entry, file=name, rows=len(pks))
        if len(pks) <= MOST_EXPORTED_AT_ONCE:
            written = BytesIO()
            for _count in write_spreadsheet(written, pks, version, format_name):
                pass
            return file_response(name, written.getvalue())
        work = self.export_work(request.user, name, pks, version, format_name)
        return self.progress(request, gettext("Export as a spreadsheet"), work, len(pks))

    def export_work(self, user, name: str, pks: list[int], version: str, format_name: str) -> Work:
        with TemporaryFile() as written:
            yield from write_spreadsheet(written, pks, version, format_name)
            written.seek(0)
            file = store(user, SpreadsheetFile.Purpose.EXPORT, name, written.read())
        return outcome(gettext("The file is ready."), gettext("Download the file"), self.url("exported", file.pk))

    def exported_view(self, request: HttpRequest, file_pk: int) -> HttpResponse:
        self.require_editor(request)
        file = self.spreadsheet(request, file_pk, SpreadsheetFile.Purpose.EXPORT)
        return file_response(file.name, bytes(file.content))

    # Import

    def import_view(self, request: HttpRequest) -> HttpResponse:
        self.require_editor(request)
        form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            reading = FileReading(request.user, file.name[:200], file.read())
            title = gettext("Import a spreadsheet")
            if file.size > MOST_READ_AT_ONCE:
                return self.progress(request, title, yield_outcome(reading.run(), self.import_outcome))
            plan = finish(reading.compare())
            if len(plan.rows) > MOST_SAVED_AT_ONCE and not plan.problems:
                work = yield_outcome(reading.try_saving(plan), self.import_outcome)
                return self.progress(request, title, work, len(plan.rows))
            result = finish(reading.try_saving(plan))
            if isinstance(result, SpreadsheetFile):
                return HttpResponseRedirect(self.url("imported", result.pk))
            return self.import_page(request, form, problems=result)
        return self.import_page(request, form)

    def import_page(self, request: HttpRequest, form: ImportForm, **context) -> HttpResponse:
        return self.render(request, "import", None, gettext("Import a spreadsheet"), form=form, **context)

    def import_outcome(self, result: SpreadsheetFile | list[Problem]) -> str:
        if isinstance(result, SpreadsheetFile):
            url = self.url("imported", result.pk)
            return outcome(gettext("The file is read."), gettext("See what it would change"), url)
        problems = render_to_string("admin/networks/revised/includes/import_problems.html", {"problems": result})
        return problems + outcome("", gettext("Back to the upload"), self.url("import"), is_followed=False)

    def imported_view(self, request: HttpRequest, file_pk: int) -> HttpResponse:
        """Show what a file would change, and save it as drafts."""
        self.require_editor(request)
        file = own_files(request.user, SpreadsheetFile.Purpose.IMPORT).filter(pk=file_pk).first()
        if file is None:
            self.message_user(request, IMPORTED_ALREADY, messages.WARNING)
            return HttpResponseRedirect(self.url("import"))
        plan = load_plan(file)
        shown = shown_conflicts(plan)
        if request.method != "POST":
            return self.preview_page(request, file, plan, shown)
        if any(row.pk is None for row in plan.rows) and not self.may(request, "add"):
            raise PermissionDenied
        choose(plan, request.POST)
        if any(row.undecided for row in shown):
            problems = [Problem(gettext("Choose for each of the fields below whose text is to stay."))]
            return self.preview_page(request, file, plan, shown, problems=problems)
        if shown:
            SpreadsheetFile.objects.filter(pk=file.pk).update(content=packed(plan))
        if shown_conflicts(plan):
            return HttpResponseRedirect(request.path)
        work = self.saving_work(request, file.pk)
        if len(plan.rows) > MOST_SAVED_AT_ONCE:
            outcome_of = self.saving_outcome(request, file.pk)
            return self.progress(
                request, gettext("Import a spreadsheet"), yield_outcome(work, outcome_of), len(plan.rows)
            )
        result = finish(work)
        if isinstance(result, str):
            self.message_user(request, result, messages.SUCCESS)
            return HttpResponseRedirect(self.url("changelist"))
        file = own_files(request.user, SpreadsheetFile.Purpose.IMPORT).filter(pk=file_pk).first()
        if file is None:  # pressed twice
            self.message_user(request, IMPORTED_ALREADY, messages.WARNING)
            return HttpResponseRedirect(self.url("import"))
        plan = load_plan(file)
        return self.preview_page(request, file, plan, shown_conflicts(plan), problems=result)

    def preview_page(
        self,
        request: HttpRequest,
        file: SpreadsheetFile,
        plan: Plan,
        disputed: Sequence[RowChange],
        problems: Sequence[Problem] = (),
    ) -> HttpResponse:
        page, reader = Paginator(plan.rows, ROWS_ON_A_PAGE).get_page(request.GET.get("p")), Reader()
        networks = Network.objects.select_related("head").in_bulk([row.pk for row in (*page, *disputed) if row.pk])
        bases = importing.revisions_by_number((row.pk, row.base) for row in disputed)

        def preview(row: RowChange) -> RowPreview:
            return RowPreview(row, networks.get(row.pk), bases.get((row.pk, row.base)), reader)

        return self.render(
            request,
            "imported",
            None,
            gettext("What the file would change"),
            name=file.name,
            count=plan.count,
            changed=sum(row.pk is not None for row in plan.rows),
            added=sum(row.pk is None for row in plan.rows),
            rows=[preview(row) for row in page],
            disputed=[preview(row) for row in disputed],
            more_disputed=sum(bool(row.undecided) for row in plan.rows if row not in disputed),
            problems=problems,
            page_obj=page,
            pages=page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        )

    def saving_work(self, request: HttpRequest, file_pk: int) -> Generator[int, None, str | list[Problem]]:
        """Save the drafts of a plan. Returns the message, or the problems for which nothing was saved."""
        user, done = request.user, []
        with transaction.atomic():
            files = own_files(user, SpreadsheetFile.Purpose.IMPORT).select_for_update()
            file = files.filter(pk=file_pk).first()
            if file is None:
                return [Problem(str(IMPORTED_ALREADY))]
            plan = load_plan(file)
            problems = yield from save_rows(
                plan.rows,
                author=user,
                comment=file.name,
                on_saved=lambda saved: done.append(undoable(saved)),
            )
            last_event = Event.objects.aggregate(last=Max("pk"))["last"] or 0
            if problems:
                transaction.set_rollback(True)
            else:
                file.delete()
        if problems:
            # Another tab may have imported it meanwhile.
            SpreadsheetFile.objects.filter(pk=file.pk).update(content=packed(merge_again(plan)))
            return problems
        if done:
            self.remember_for_undo(request, "import", [{**each, "event": last_event} for each in done])
            with suppress(UpdateError):  # the user has signed out meanwhile
                request.session.save()  # the middleware does it before a page is sent that does the work meanwhile
        return saved_message(len(done))

    def saving_outcome(self, request: HttpRequest, file_pk: int) -> Callable[[str | list[Problem]], str]:
        def outcome_of(result: str | list[Problem]) -> str:
            if isinstance(result, str):
                context = {"opts": self.opts, **self.undo_context(request)}
                undo = render_to_string("admin/includes/undo.html", context, request)
                return undo + outcome(result, gettext("Back to the list"), self.url("changelist"), is_followed=False)
            problems = render_to_string("admin/networks/revised/includes/import_problems.html", {"problems": result})
            url = self.url("imported", file_pk)
            return problems + outcome("", gettext("See what it would change"), url, is_followed=False)

        return outcome_of

    def progress(self, request: HttpRequest, title: str, work: Work, total: int = 0) -> HttpResponse:
        context = self.render(request, "progress", None, title).context_data
        return progress_response(request, context, work, total)


def yield_outcome(work: Generator, outcome_of: Callable) -> Work:
    """Return the work with its result as HTML."""
    return outcome_of((yield from work))


def outcome(text: str, label: str, url: str, *, is_followed: bool = True) -> str:
    """Return the end of a progress page: a sentence, and a link that is followed without a click."""
    follow = format_html('<meta http-equiv="refresh" content="0; url={}">', url) if is_followed else ""
    return format_html('<p>{}</p>{}<p><a class="button" href="{}">{}</a></p>', text, follow, url, label)


def write_spreadsheet(file, pks: list[int], version: str, format_name: str) -> Iterator[int]:
    # What citizens read has nothing that is for staff alone.
    private = Network.private_fields if version == PUBLISHED else ()
    columns = [column for column in make_columns() if column.key not in private]
    rows = ([column.cell(network) for column in columns] for network in exported_networks(pks, version))
    return FORMATS[format_name].write(file, columns, rows)


def file_response(name: str, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type=FORMATS[name.rpartition(".")[2]].content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def own_files(user, purpose: str) -> QuerySet:
    """Return the files of a user that are not too old yet."""
    since = timezone.now() - SpreadsheetFile.KEPT_FOR
    return SpreadsheetFile.objects.filter(user=user.pk, purpose=purpose, created_at__gte=since)


@receiver(user_logged_in)
def delete_old_files(**kwargs) -> None:
    """Delete what nobody can open any more. Most days somebody signs in; no timer is needed."""
    SpreadsheetFile.objects.expired().delete()


def store(user, purpose: str, name: str, content: bytes) -> SpreadsheetFile:
    return SpreadsheetFile.objects.create(user_id=user.pk, purpose=purpose, name=name, content=content)


def packed(plan: Plan) -> bytes:
    return zlib.compress(json.dumps(plan.as_json()).encode())


def load_plan(file: SpreadsheetFile) -> Plan:
    return Plan.from_json(json.loads(zlib.decompress(bytes(file.content))))


def shown_conflicts(plan: Plan) -> list[RowChange]:
    """Return the rows with conflicts that the preview asks about next."""
    return [row for row in plan.rows if row.undecided][:ROWS_ON_A_PAGE]


def choose(plan: Plan, posted: Mapping[str, str]) -> None:
    """Let the rows of a plan have the choices that were made in a preview."""
    for row in plan.rows:
        for name in row.conflicts:
            if (side := posted.get(choice_name(row.row, name))) in (MINE, THEIRS):
                row.choices[name] = side


def undoable(saved: SaveResult) -> dict:
    """Return what undoing a save needs, but for the last event before it."""
    row, parent = saved.row, saved.revision.parent_id
    # As `publishing.undo_state` has it, without the queries for what saving a draft does not change
    before = {"head": parent, "live": row.live_id} if row.is_published else {"head": parent}
    if row.submitted_at:
        before |= {"submitted_at": row.submitted_at.isoformat(), "submitted_by": row.submitted_by}
    return {"pk": row.pk, "head": saved.revision.pk, "before": before if parent else {}}


def saved_message(count: int) -> str:
    return ngettext(
        "%(count)d draft is saved from the file. Citizens see it when it is published.",
        "%(count)d drafts are saved from the file. Citizens see them when they are published.",
        count,
    ) % {"count": count}
