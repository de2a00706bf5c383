"""
What is dangerous in a migration: to the old code that serves while the new one starts, to the way back, to the rows.

A migration that must do it all the same says why, in an attribute of its module: DANGEROUS = "…".
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration, operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# What stays where it is, so that migrations may import it: see networks/docs/architecture.md
FOUNDATIONS = {"networks.serbian", "networks.partial_dates", "networks.rich_text", "networks.pictures"}

# Neither changes a table that there is, nor what old code reads of it
HARMLESS = (
    operations.CreateModel,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterOrderWithRespectTo,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.RemoveConstraint,
)


@dataclass(frozen=True)
class Finding:
    """What is wrong with a migration, such as networks.0040_motto; what is only slow is no danger."""

    migration: str
    text: str
    is_danger: bool = True
    # Why it must be so, as the migration says
    reason: str = ""

    def __str__(self) -> str:
        because = f" Said to be necessary: {self.reason}" if self.reason else ""
        return f"{self.migration}: {self.text}{because}"


def findings_of(migration: Migration, before: ProjectState, source: str) -> list[Finding]:
    """Return what is wrong with a migration, given the state of the models before it, and its source code."""
    module = sys.modules.get(type(migration).__module__)
    name, reason = f"{migration.app_label}.{migration.name}", getattr(module, "DANGEROUS", "")
    found = [Finding(name, text) for text in problems_of_source(source)]
    found += [Finding(name, text) for text in problems_of_python(migration)]
    state = before.clone()
    created: set[str] = set()
    for operation in migration.operations:
        for each in flattened([operation]):
            for text, is_danger in problems_of(each, migration.app_label, state, created):
                found.append(Finding(name, text, is_danger))
            if isinstance(each, operations.CreateModel):
                created.add(each.name_lower)
        operation.state_forwards(migration.app_label, state)
    return [replace(each, reason=reason) for each in found]


def flattened(given: Sequence[Operation]) -> Iterator[Operation]:
    """Give the operations, and those on the database alone in their place."""
    for operation in given:
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from flattened(operation.database_operations)
        else:
            yield operation


def problems_of_source(source: str) -> Iterator[str]:
    """Give the imports of present code: a migration runs for ever, and that code will be another."""
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
            if node.module in ("networks", "citynetworks"):
                names = [f"{node.module}.{each.name}" for each in node.names]
        for name in names:
            if name.split(".")[0] in ("networks", "citynetworks") and name not in FOUNDATIONS:
                yield f"imports {name}, which will be other code when it runs. Take the models of “apps”."


def problems_of_python(migration: Migration) -> Iterator[str]:
    """Give what is wrong with the functions that a migration runs."""
    functions = [each for each in migration.operations if isinstance(each, operations.RunPython)]
    if any(each.reverse_code is None for each in functions):
        yield "runs a function that has no reverse, so there is no way back. Give one, or RunPython.noop."
    rest = [each for each in migration.operations if not isinstance(each, operations.RunPython)]
    if functions and rest and migration.atomic:
        yield "changes tables and rows at once, which PostgreSQL may refuse. Make two migrations of it."


def problems_of(
    operation: Operation, app_label: str, state: ProjectState, created: set[str]
) -> Iterator[tuple[str, bool]]:
    """Give what is wrong with one operation, each with whether it is a danger. `created` are the new models."""
    what = operation.describe()
    model_name = getattr(operation, "model_name_lower", "")
    if isinstance(operation, (operations.RunPython, *HARMLESS)) or model_name in created:
        return
    if isinstance(operation, operations.RemoveField | operations.DeleteModel):
        yield f"{what}: old code still asks for it. Remove it in the release after the one that stops using it.", True
    elif isinstance(operation, operations.RenameField | operations.RenameModel | operations.AlterModelTable):
        yield f"{what}: old code still asks for the old name. Add the new one, and remove the old one later.", True
    elif isinstance(operation, operations.RunSQL):
        yield f"{what}: SQL is tried on one database only. Use an operation of Django, or RunPython.", True
    elif isinstance(operation, operations.AddConstraint):
        yield f"{what}: rows that there are, or that old code writes, may break it.", True
    elif isinstance(operation, operations.AddField):
        yield from problems_of_new_field(what, operation.field)
    elif isinstance(operation, operations.AlterField):
        former = state.models[app_label, model_name].fields[operation.name]
        yield from problems_of_altered_field(what, former, operation.field)
    elif isinstance(operation, operations.AddIndex):
        yield f"{what}: PostgreSQL lets nobody write to the table meanwhile.", False
    elif isinstance(operation, operations.AlterUniqueTogether | operations.AlterIndexTogether):
        yield f"{what}: use a constraint or an index.", True
    else:
        yield f"{type(operation).__name__}: the linter does not know this operation.", True


def problems_of_new_field(what: str, field: models.Field) -> Iterator[tuple[str, bool]]:
    if field.many_to_many:
        return
    if not field.null and not field.has_db_default():
        yield (
            f"{what}: old code adds rows without it, which the database refuses. Let it be null, or db_default.",
            True,
        )
    if field.unique:
        yield f"{what}: rows that there are cannot have values of their own for it.", True
    elif field.db_index:  # type: ignore[attr-defined]  # django-stubs does not know it
        yield f"{what}: PostgreSQL lets nobody write to the table while its index is made.", False


def problems_of_altered_field(what: str, former: models.Field, field: models.Field) -> Iterator[tuple[str, bool]]:
    if former.null and not field.null:
        yield f"{what}: rows that there are, or that old code adds, may have no value.", True
    if former.get_internal_type() != field.get_internal_type():
        yield f"{what}: its type changes, and old code reads and writes the former one.", True
    if (former.max_length or sys.maxsize) > (field.max_length or sys.maxsize):
        yield f"{what}: longer values, of now or of old code, do not fit.", True
    if field.unique and not former.unique:
        yield f"{what}: values that there are may occur twice.", True


def findings_of_keys(keys: Sequence[tuple[str, str]], loader: MigrationLoader) -> list[Finding]:
    """Return what is wrong with the migrations of these keys, such as ("networks", "0040_motto")."""
    found = []
    for key in keys:
        migration = loader.graph.nodes[key]
        source = inspect.getsource(sys.modules[type(migration).__module__])
        found += findings_of(migration, loader.project_state(key, at_end=False), source)
    return found


def pending_findings(connection: BaseDatabaseWrapper) -> list[Finding]:
    """Return what is dangerous or slow among the migrations of ours that this database has not had yet."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes("networks"))
    keys = [(each.app_label, each.name) for each, _backwards in plan if each.app_label == "networks"]
    return findings_of_keys(keys, executor.loader)
