"""
The columns of the languages that a site has added, which no migration of the product names.

Whatever a migration does to the English column of a text, it does to those of the added languages, too: so the state
of the migrations has the fields that the models have, `makemigrations` finds nothing to do, and a later version of
the product that adds, changes or renames a translated field needs nothing of the site. A migration that has been run
before the language was added has not made its columns. `migrate` adds those that are missing, empty, before it runs
what is new.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

from django.apps.registry import Apps
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.core.management.base import CommandError
from django.db import DatabaseError, connections, migrations, models, transaction
from django.db.migrations.operations.base import Operation
from django.utils.translation import trans_real
from modeltranslation.translator import translator

from citynetworks.command_line import PROGRAM
from networks.languages import ENGLISH, SERBIAN

# What the migrations of the product have columns of
PRODUCT_LANGUAGES = (SERBIAN, ENGLISH)
PATTERN = f"_{ENGLISH}"

APP = "networks"


def added_languages() -> list[str]:
    """Return the languages that have columns and that the migrations do not name."""
    return [code for code in settings.MODELTRANSLATION_LANGUAGES if code not in PRODUCT_LANGUAGES]


def read_added_languages_in_english() -> None:
    """Let the interface be English where the catalogue of an added language lacks a message. Django's is Serbian."""
    for code in added_languages():
        trans_real.translation(code)._fallback = trans_real.translation(ENGLISH)


def follow_english(migration: type[migrations.Migration]) -> None:
    """Let a migration do to the columns of added languages what it does to the English ones. Once is enough."""
    if "languages" not in vars(migration):
        migration.languages = added_languages()  # type: ignore[attr-defined]  # notes that it was done
        migration.operations = [each for operation in migration.operations for each in followed(operation)]


def followed(operation: Operation) -> Iterator[Operation]:
    """Yield an operation, and the same for the column of each added language if it is one on an English column."""
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        for name in ("database_operations", "state_operations"):
            inner = getattr(operation, name)
            setattr(operation, name, [each for one in inner for each in followed(one)])
    if isinstance(operation, migrations.CreateModel):
        operation.fields = [
            pair
            for name, field in operation.fields
            for pair in [(name, field), *((other, field.clone()) for other in other_columns(name))]
        ]
    yield operation
    name = getattr(operation, "old_name", "") if isinstance(operation, migrations.RenameField) else ""
    if isinstance(operation, migrations.AddField | migrations.AlterField | migrations.RemoveField):
        name = operation.name
    for language, other in zip(added_languages(), other_columns(name), strict=False):
        if isinstance(operation, migrations.RenameField):
            new = f"{operation.new_name.removesuffix(PATTERN)}_{language}"
            yield migrations.RenameField(operation.model_name, other, new)
        elif isinstance(operation, migrations.RemoveField):
            yield migrations.RemoveField(operation.model_name, other)
        else:
            yield type(operation)(operation.model_name, other, operation.field.clone(), operation.preserve_default)


def other_columns(name: str) -> list[str]:
    """Return the columns of the added languages beside an English one; none beside any other."""
    if not name.endswith(PATTERN):
        return []
    return [f"{name.removesuffix(PATTERN)}_{language}" for language in added_languages()]


def prepare_tables(using: str, apps: Apps, plan: Sequence, **kwargs: object) -> None:
    """
    Add the columns of added languages that the tables lack. Connected to `pre_migrate`.

    `apps` are the models as the migrations that were run have left them. A column that is there with its texts, of a
    language that was retired once, is taken up again. Raise CommandError where migrations would be run on tables with
    texts of which the models know nothing, because SQLite makes tables anew and would lose them.
    """
    if plan and (texts := sorted(texts_of_removed_languages(using))):
        languages = sorted({language for _table, _column, language, _count in texts})
        raise CommandError(
            f"Texts of a language that was removed are still there ({', '.join(languages)}), and a migration may "
            f"lose them. Export and drop them with “{PROGRAM} language retire CODE --drop”, or put the language back."
        )
    if not added_languages():
        return
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            if model._meta.app_label != APP or model._meta.db_table not in tables:
                continue
            there = columns_of_table(using, model._meta.db_table)
            for field in model._meta.local_concrete_fields:
                if field.name.endswith(endings()) and field.column not in there:
                    editor.add_field(model, field)


def endings() -> tuple[str, ...]:
    """Return what the names of the columns of added languages end in."""
    return tuple(f"_{language}" for language in added_languages())


def columns_of_table(using: str, table: str) -> list[str]:
    """Return the names of the columns of a table."""
    connection = connections[using]
    with connection.cursor() as cursor:
        # Not by introspection, which on SQLite fails at the backslashes of some constraints.
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} WHERE 1 = 0")  # noqa: S608
        return [column for column, *_type in cursor.description]


def translated_models(using: str) -> Iterator[tuple[type[models.Model], list[str]]]:
    """Yield each model with translated fields that has its table, and the names of these fields."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    for model in translator.get_registered_models(abstract=False):
        if model._meta.db_table in tables:
            yield model, [*translator.get_options_for_model(model).all_fields]


@register(Tags.database)
def tables_have_all_columns(databases: Collection[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """The columns of added languages are there. A warning, because `migrate`, which adds them, begins with checks."""
    missing = []
    for alias in databases or () if added_languages() else ():
        with suppress(DatabaseError):  # which is told elsewhere
            for model, names in translated_models(alias):
                columns = {f"{name}_{language}" for name in names for language in added_languages()}
                missing += sorted(columns.difference(columns_of_table(alias, model._meta.db_table)))
    if not missing:
        return []
    return [
        Warning(
            f"The database lacks columns of a language that was added: {', '.join(dict.fromkeys(missing))}.",
            hint=f"Run {PROGRAM} migrate, which adds them.",
            id="networks.W002",
        )
    ]


def texts_of_removed_languages(using: str) -> Iterator[tuple[str, str, str, int]]:
    """Yield the table, name and language of each column with texts that no field has any more, and how many."""
    quote = connections[using].ops.quote_name
    for model, names in translated_models(using):
        table, known = model._meta.db_table, {field.column for field in model._meta.concrete_fields}
        for column in columns_of_table(using, table):
            name = next((each for each in names if column.startswith(f"{each}_")), "")
            if column in known or not name:
                continue
            with connections[using].cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {quote(table)} WHERE {quote(column)} <> ''")  # noqa: S608
                if count := cursor.fetchone()[0]:
                    yield table, column, column.removeprefix(f"{name}_"), count


def drop_columns(using: str, language: str) -> list[str]:
    """
    Drop the columns of a language that is not among those with columns any more, and return their names.

    They go with all texts in them, so these must have been exported.
    """
    connection, dropped = connections[using], []
    quote = connection.ops.quote_name
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for model, names in translated_models(using):
            table = model._meta.db_table
            for column in {f"{name}_{language}" for name in names} & {*columns_of_table(using, table)}:
                cursor.execute(f"ALTER TABLE {quote(table)} DROP COLUMN {quote(column)}")
                dropped.append(f"{table}.{column}")
    return sorted(dropped)
