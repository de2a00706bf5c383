"""
Import spreadsheets of networks: what a file changes, and saving that as drafts, all of it or nothing.

A row names its network and the revision that it was exported from. What the row changes since then is merged with
the newest revision as the form does it. Nothing is ever deleted: a row that is not in the file changes nothing.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from networks.models import Network, Revision, Theme
from networks.revisions import drafts
from networks.revisions.content import THEIRS, Content, content_fields, merge, normalise_content
from networks.spreadsheets.columns import ID, REVISION, ExportedNetwork, read_integer
from networks.spreadsheets.exporting import BATCH, empty_content, exported_network
from networks.spreadsheets.file_reading import Row, Table

# They are saved in one transaction, which takes some 20 milliseconds for each; on SQLite, nobody else can save then.
MOST_CHANGED_ROWS = 2_000
MOST_PROBLEMS = 100  # that are told at once


@dataclass(frozen=True)
class Problem:
    """Why a file cannot be imported, with the place in it: number of the row, letters and heading of the column."""

    text: str
    row: int | None = None
    column: str = ""
    heading: str = ""


@dataclass
class RowChange:
    """
    What a row of a file changes in a network, or a new network (`pk` is None).

    `base` is the number of the revision that the row was exported from, `seen` that of the newest one when this was
    found out. Of the fields in `changes`, those in `conflicts` were changed since by somebody else too. `choices` has
    MINE or THEIRS for each of them that is decided.
    """

    row: int
    pk: int | None
    base: int | None
    seen: int | None
    changes: Content
    conflicts: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    choices: dict[str, str] = field(default_factory=dict)

    @property
    def undecided(self) -> list[str]:
        return [name for name in self.conflicts if name not in self.choices]

    @property
    def chosen_changes(self) -> Content:
        return {name: value for name, value in self.changes.items() if self.choices.get(name) != THEIRS}


@dataclass
class Plan:
    """What the import of a file would do: the rows with changes, or the problems; `count` is how many rows it has."""

    rows: list[RowChange] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"rows": [asdict(row) for row in self.rows], "count": self.count}

    @classmethod
    def from_json(cls, read: Mapping) -> "Plan":
        return cls([RowChange(**row) for row in read["rows"]], count=read["count"])


# A generator that yields how many rows are done, and returns the result
Steps = Generator[int, None, Plan]


class TooManyProblems(Exception):
    """No more are looked for."""


class Comparison:
    """Compares the rows of a table with the revisions that they were exported from. Fills the plan."""

    def __init__(self, table: Table, *, may_add: bool):
        self.table, self.may_add = table, may_add
        self.plan = Plan()
        self.themes = {*Theme.objects.values_list("slug", flat=True)}
        self.rows_of_networks: dict[int, int] = {}

    def run(self) -> Steps:
        plan = self.plan
        try:
            while batch := list(islice(self.table.rows, BATCH)):
                self.compare_batch(batch)
                plan.count += len(batch)
                yield plan.count
        except ValidationError as error:
            plan.problems += [Problem(text) for text in error.messages]
        except TooManyProblems:
            pass
        if len(plan.rows) > MOST_CHANGED_ROWS and not plan.problems:
            text = _("{count} rows have changes. At most {most} can be imported at once, so split the file.")
            plan.problems.append(Problem(text.format(count=len(plan.rows), most=MOST_CHANGED_ROWS)))
        return plan

    def add_problem(self, row: int, key: str, error: str | ValidationError) -> None:
        for text in error.messages if isinstance(error, ValidationError) else [error]:
            self.plan.problems.append(problem(self.table, row, key, text))
        if len(self.plan.problems) >= MOST_PROBLEMS:
            raise TooManyProblems

    def compare_batch(self, batch: Sequence[tuple[int, Row]]) -> None:
        numbers = {number: self.numbers(number, row) for number, row in batch}
        pks = {named[0] for named in numbers.values() if named and named[0]}
        networks = Network.objects.select_related("head").in_bulk(pks)
        revisions = revisions_by_number(named for named in numbers.values() if named)
        for number, row in batch:
            named = numbers[number]
            if named is None:
                continue
            pk, base = named
            if pk is None:
                self.add_new(number, row)
                continue
            network = networks.get(pk)
            if network is None:
                text = _("There is no network with this number. Leave the cell empty to add a new network.")
                self.add_problem(number, ID, text)
            elif network.deleted_at is not None:
                self.add_problem(number, ID, _("This is in the bin. Put it back first."))
            elif pk in self.rows_of_networks:
                text = _("The network is in row {row} already. Delete one of the two rows.")
                self.add_problem(number, ID, text.format(row=self.rows_of_networks[pk]))
            elif base is None or (network.head and (pk, base) not in revisions):
                text = _("Leave the number of the version as it was exported, or export the network anew.")
                self.add_problem(number, REVISION, text)
            else:
                self.rows_of_networks[pk] = number
                self.compare_row(number, row, network, revisions.get((pk, base)))

    def numbers(self, number: int, row: Row) -> tuple[int | None, int | None] | None:
        """Return the numbers of the network and of its revision that a row names; None if they are no numbers."""
        found = []
        for key in (ID, REVISION):
            try:
                found.append(read_integer(row[self.table.indexes[key]]))
            except ValidationError as error:
                self.add_problem(number, key, error)
        return (found[0], found[1]) if len(found) == 2 else None

    def compare_row(self, number: int, row: Row, network: Network, revision: Revision | None) -> None:
        base = exported_network(network, revision, self.themes)
        head = exported_network(network, network.head, self.themes)
        changes = self.changed_values(number, row, base)
        change = merged_change(RowChange(number, network.pk, base.number, None, changes), base, head)
        if change.changes:
            self.plan.rows.append(change)

    def add_new(self, number: int, row: Row) -> None:
        if not self.may_add:
            self.add_problem(number, ID, _("You may not add networks. Delete the row, or ask an administrator."))
            return
        content = self.changed_values(number, row, ExportedNetwork(0, 0, empty_content()))
        self.plan.rows.append(RowChange(number, None, None, None, content))

    def changed_values(self, number: int, row: Row, base: ExportedNetwork) -> Content:
        """Return the values of a row that differ from those of the revision it was exported from, by field."""
        changes: Content = {}
        for key, index in self.table.indexes.items():
            column, cell = self.table.columns[key], row[index]
            if column.read is None or column.is_unchanged(base, cell):
                continue
            if cell == "" and (key == "slug" or not base.pk):
                continue  # a slug is made, and a new network begins with what the model says
            try:
                value = normalise_content(Network, {key: column.read(cell)})[key]
            except ValidationError as error:
                self.add_problem(number, key, error)
                continue
            if value != base.content[key]:
                changes[key] = value
        return changes


def revisions_by_number(
    numbers: Iterable[tuple[int | None, int | None]],
) -> dict[tuple[int | None, int | None], Revision]:
    """Return the revisions of networks by the primary key of the network and their number. One query."""
    wanted = {(pk, number) for pk, number in numbers if pk and number}
    revisions = Revision.objects.filter(
        network__in={pk for pk, _number in wanted}, number__in={number for _pk, number in wanted}
    )
    return {(revision.network_id, revision.number): revision for revision in revisions}


def merged_change(change: RowChange, base: ExportedNetwork, head: ExportedNetwork) -> RowChange:
    """Return a change with the conflicts with what others have saved since, and without what is the same."""
    merged = merge(Network, base.content, head.content, base.content | change.changes)
    left = {name: value for name, value in change.changes.items() if head.content[name] != value}
    choices = change.choices if change.seen == head.number else {}  # of others there is something new to be read
    return RowChange(change.row, change.pk, base.number, head.number, left, merged.conflicts, merged.taken, choices)


def problem(table: Table | None, row: int, key: str, text: str) -> Problem:
    if table is None or key not in table.indexes:
        label = content_fields(Network)[key].verbose_name if key in content_fields(Network) else ""
        return Problem(text, row, "", str(label))
    return Problem(text, row, column_letters(table.indexes[key]), table.columns[key].heading)


def column_letters(index: int) -> str:
    """Return the name of a column as spreadsheets show it: A for 0, AA for 26."""
    letters = ""
    while index >= 0:
        letters = chr(ord("A") + index % 26) + letters
        index = index // 26 - 1
    return letters


def compare(table: Table, *, author: User) -> Steps:
    """Find out what a file would change. Yields how many rows are done, and returns the plan."""
    return (yield from Comparison(table, may_add=author.has_perm("networks.add_network")).run())


def try_saving(plan: Plan, table: Table, *, author: User) -> Steps:
    """Save the rows of a plan and roll it back, to add what the functions that save them refuse to its problems."""
    if not plan.problems:
        with transaction.atomic():
            plan.problems = yield from save_rows(plan.rows, author=author, table=table)
            transaction.set_rollback(True)
    return plan


def save_rows(
    rows: Sequence[RowChange],
    *,
    author: User,
    comment: str = "",
    table: Table | None = None,
    on_saved: Callable[[drafts.SaveResult], None] = lambda result: None,
) -> Generator[int, None, list[Problem]]:
    """
    Save the rows of a plan as drafts. Call it in a transaction, and roll that back if it returns problems.

    Yields how many are done. `on_saved` is called for each revision that was made.
    """
    problems: list[Problem] = []
    # In one order, so that two imports do not wait for each other
    pks = sorted(row.pk for row in rows if row.pk is not None)
    networks = {
        each.pk: each for each in Network.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
    }
    for count, row in enumerate(rows, 1):
        network = networks.get(row.pk) if row.pk is not None else Network()
        try:
            if network is None:
                raise ValidationError(_("There is no network with this number any more."))
            with transaction.atomic():
                base = network.revisions.filter(number=row.seen).first() if row.seen else None
                saved = drafts.save(network, row.chosen_changes, author=author, base=base, comment=comment)
                if saved.is_new:
                    on_saved(saved)
        except drafts.Conflict as error:
            text = _("Somebody has changed this too, after you saw what the file would change. Look at it again.")
            problems += [problem(table, row.row, name, text) for name in error.fields]
        except ValidationError as error:
            problems += problems_of(table, row.row, error)
        if len(problems) >= MOST_PROBLEMS:
            break
        yield count
    return problems


def problems_of(table: Table | None, row: int, error: ValidationError) -> Iterable[Problem]:
    by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    for name, texts in by_field.items():
        for text in texts:
            yield problem(table, row, name, text)


def merge_again(plan: Plan) -> Plan:
    """Return a plan after what others have saved since it was made."""
    themes = {*Theme.objects.values_list("slug", flat=True)}
    pks = [row.pk for row in plan.rows if row.pk]
    networks = Network.objects.outside_bin().select_related("head").in_bulk(pks)
    revisions = revisions_by_number((row.pk, row.base) for row in plan.rows)
    rows = []
    for row in plan.rows:
        network, revision = networks.get(row.pk), revisions.get((row.pk, row.base))
        if network and revision:
            base = exported_network(network, revision, themes)
            row = merged_change(row, base, exported_network(network, network.head, themes))
        rows.append(row)
    return Plan([row for row in rows if row.changes], count=plan.count)
