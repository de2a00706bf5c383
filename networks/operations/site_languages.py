"""
Adding a language to the site, and retiring one: what is to be done, said before it is done.

Which languages the site has stands in the environment variable DJANGO_LANGUAGES, which only a restart reads. So what
needs the new value runs in a process of its own that has it.
"""

import gettext
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django
import snowballstemmer
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.db import connection, models
from django.utils import timezone

from citynetworks.command_line import COMMAND
from citynetworks.environment import DROPPED, OFFERED, RETIRED, language_problem
from networks.languages import ALPHABETS, ENGLISH, SERBIAN, switch_name
from networks.models import ConfirmedTranslation, RevisedModel
from networks.models.language_columns import (
    PRODUCT_LANGUAGES,
    columns_of_table,
    drop_columns,
    translated_models,
)
from networks.models.lines import LinesField
from networks.revisions.content import content_fields
from networks.revisions.translations import digest

VARIABLE = "DJANGO_LANGUAGES"
DOMAINS = ("django", "djangojs")


class NotPossible(Exception):
    """Why a language cannot be added or retired, in words."""


def variable_with(code: str, state: str) -> str:
    """Return the value of the variable in which a language is offered, retired or dropped."""
    states = {**settings.SITE_LANGUAGES, code: state}
    return ",".join(each if is_now == OFFERED else f"{each}:{is_now}" for each, is_now in states.items())


def write_variable(file: Path, value: str) -> None:
    """Write the variable into an environment file, in place of the line that it has there. The file stays whole."""
    line = f"{VARIABLE}={value}"
    # A backslash at the end of a line joins it and the next one.
    lines = file.read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    kept = [each for each in lines if not re.match(rf"[ \t]*(?:export[ \t]+)?{VARIABLE}[ \t]*=", each)]
    if kept and kept[-1].endswith("\\"):
        kept.append("")
    text = "\n".join([*kept, line, ""])
    new, status = file.with_name(f"{file.name}.new"), file.stat()
    new.touch(mode=0o600)
    os.chown(new, status.st_uid, status.st_gid)
    new.chmod(status.st_mode & 0o777)
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def commands_as_root(value: str, file: str, *, migrate: bool) -> list[str]:
    """Return what root types so that an installed site has the variable, from its environment file, and restarts."""
    file = shlex.quote(file)
    # A backslash at the end of a line joins it and the next one, here as where the file is read.
    joined = r"-e ':line; /\\$/ { $! { N; b line' -e '} }'"
    return [
        f"sudo sed -i {joined} -e '/^[[:space:]]*{VARIABLE}=/d' {file}",
        # After an empty line, in case that the last one is not ended, or ends in a backslash
        f"printf '\\n\\n%s\\n' {VARIABLE}={value} | sudo tee -a {file}",
        *([f"sudo {COMMAND} migrate"] if migrate else []),
        f"sudo systemctl restart {COMMAND}",
    ]


def check_environment(file: Path) -> None:
    """Raise NotPossible if this user cannot write an environment file anew."""
    if not file.is_file():
        raise NotPossible(f"There is no file {file}.")
    if not (os.access(file, os.R_OK | os.W_OK) and os.access(file.parent, os.W_OK)):
        raise NotPossible(
            f"This user may not write {file}. Leave --environment out: the last lines then say what to type as root."
        )


# Adding


def check_addition(code: str) -> None:
    """Raise NotPossible unless a language can be added, or offered again."""
    if problem := language_problem(code) if code != SERBIAN else "Serbian is the language that all else is made of.":
        raise NotPossible(problem)
    if settings.SITE_LANGUAGES.get(code) == OFFERED:
        raise NotPossible(f"The site has {switch_name(code)} already.")


def plan_addition(code: str) -> list[str]:
    """Return what adding a language does, one sentence for each thing."""
    name, folder = switch_name(code), catalogue_folder(code)
    texts = sum(count for *_names, count in texts_by_column(code))
    snowball = LANG_INFO[code]["name"].lower() in snowballstemmer.algorithms()
    chain = [name, *(["English"] if offers_english() and code != ENGLISH else []), "Serbian in Latin letters"]
    if texts:
        columns = f"the {texts} texts in {name} that are still there are shown again."
    else:
        columns = f"each of the {count_of_fields()} translated fields gets a column for {name}, which is empty."
    if (folder / "django.po").exists():
        catalogue = f"the catalogue in {folder} stays as it is."
    else:
        catalogue = f"a catalogue to translate in {folder}. Until it is, what only we say is in English."
    order = "by its alphabet" if code in ALPHABETS else "a to z without regard to marks; no alphabet of it is known"
    forms = "its words are found in all forms" if snowball else "its words are found in the form they stand in"
    return [
        f"Database: {columns}",
        f"Readers: {name} in the language switch, pages below /{code}/ with their feed, and {name} in the sitemap "
        "and the data.",
        f"What is not translated is shown in the next of these, with a notice: {', '.join(chain)}.",
        f"Order: {order}. Search: {forms}.",
        f"Interface: {catalogue}",
        "Staff: a column beside Serbian and English in every form, in the spreadsheets, and in what waits.",
        f"Setting: {VARIABLE}={variable_with(code, OFFERED)}",
    ]


def offers_english() -> bool:
    return settings.SITE_LANGUAGES.get(ENGLISH) == OFFERED


def count_of_fields() -> int:
    return sum(len(names) for _model, names in translated_models("default"))


def migrate_with(code: str, state: str) -> None:
    """
    Migrate in a process in which the language is offered or retired: columns are added, and those anew computed that
    say what is translated. Raise NotPossible if that fails.
    """
    path = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")]))
    names = {
        VARIABLE: variable_with(code, state),
        "PYTHONPATH": path,
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
    }
    result = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "django", "migrate", "--noinput", "--verbosity=0"],
        env=os.environ | names,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise NotPossible(
            f"The database could not be changed, and the setting is as it was:\n{result.stderr.strip()}"
        )


def catalogue_folder(code: str) -> Path:
    """Return the folder of the catalogues of an added language, which belong to the site."""
    return Path(settings.SITE_LOCALE) / code / "LC_MESSAGES"


def write_catalogues(code: str) -> list[Path]:
    """Write the catalogues of a language, without translations, where there are none, and return their paths."""
    written = []
    catalogue_folder(code).mkdir(parents=True, exist_ok=True)
    for domain in DOMAINS:
        target = catalogue_folder(code) / f"{domain}.po"
        source = Path(str(settings.LOCALE_PATHS[0])) / SERBIAN / "LC_MESSAGES" / f"{domain}.po"
        if not target.exists() and source.exists():
            target.write_text(untranslated(source.read_text(encoding="utf-8"), code), encoding="utf-8")
            written.append(target)
    return written


def untranslated(catalogue: str, code: str) -> str:
    """Return a catalogue of gettext with its messages, each without translation, for another language."""
    plural_forms = plural_forms_of(code)
    number = int((re.search(r"nplurals=(\d)", plural_forms) or ["", "2"])[1])
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {code}\\n"\n"MIME-Version: 1.0\\n"\n'
        f'"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {plural_forms}\\n"\n'
    )
    entries = []
    for entry in re.split(r"\n\s*\n", catalogue.strip())[1:]:  # without the header
        lines = entry.split("\n")
        if any(line.startswith("#~") for line in lines):
            continue
        first = next(index for index, line in enumerate(lines) if line.startswith("msgstr"))
        is_plural = any(line.startswith("msgid_plural") for line in lines)
        empty = [f'msgstr[{index}] ""' for index in range(number)] if is_plural else ['msgstr ""']
        entries.append("\n".join([*lines[:first], *empty]))
    return "\n\n".join([header.rstrip(), *entries]) + "\n"


def plural_forms_of(code: str) -> str:
    """Return how a language counts, as Django's own catalogue says it."""
    folder = Path(django.__file__).parent / "conf" / "locale"
    found = gettext.translation("django", folder, [code], fallback=True)
    return found.info().get("plural-forms", "nplurals=2; plural=(n != 1);").strip()


# Retiring


def check_retirement(code: str, *, drop: bool) -> None:
    """Raise NotPossible unless a language can be retired, or its texts can be dropped."""
    state = settings.SITE_LANGUAGES.get(code)
    if code == SERBIAN:
        raise NotPossible("Serbian is the language that all else is made of.")
    if state is None:
        raise NotPossible(f"The site has no language “{code}”.")
    if drop and code in PRODUCT_LANGUAGES:
        raise NotPossible(
            f"The columns of {switch_name(code)} belong to the product. It can be retired, but not dropped."
        )
    if drop and state == OFFERED:
        raise NotPossible("Retire the language first, and restart the site. Then its texts can be dropped.")
    if not drop and state != OFFERED:
        raise NotPossible(f"{switch_name(code)} is retired already. To drop its texts, add --drop.")


def plan_retirement(code: str, *, drop: bool, export: Path) -> list[str]:
    """Return what retiring a language does, or dropping its texts, one sentence for each thing."""
    count = sum(count for *_names, count in texts_by_column(code))
    plan = [f"Export: the {count} texts in {switch_name(code)}, with those of drafts and of lines, into {export}."]
    if drop and settings.SITE_LANGUAGES[code] == DROPPED:
        return [*plan, "Database: its columns are dropped. Only the export, and backups, have the texts then."]
    if drop:
        return [
            *plan,
            f"Setting: {VARIABLE}={variable_with(code, DROPPED)}",
            "Then restart the site, so that nothing asks for the columns, and run this once more: it drops them.",
        ]
    return [
        *plan,
        f"Readers: {switch_name(code)} is not offered any more; its URLs below /{code}/ lead to the Serbian pages.",
        "Staff: its column is gone from the forms, the spreadsheets and what waits.",
        "Database: the texts stay, also in the history, until they are dropped. Adding it again shows them.",
        f"Setting: {VARIABLE}={variable_with(code, RETIRED)}",
    ]


def texts_by_column(code: str) -> Iterator[tuple[str, str, int]]:
    """Yield the table and the name of each column of a language that is there, and how many texts it has."""
    quote = connection.ops.quote_name
    for model, names in translated_models("default"):
        table = model._meta.db_table
        for column in sorted({f"{name}_{code}" for name in names} & {*columns_of_table("default", table)}):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {quote(table)} WHERE {quote(column)} <> ''")  # noqa: S608
                yield table, column, cursor.fetchone()[0]


def texts_in(code: str) -> Iterator[dict[str, Any]]:
    """
    Yield each text in a language: of which row and field, its Serbian source, and the text; also those of drafts.

    What is not on the site is a draft. A text is outdated if its Serbian has changed since. They are read from the
    tables and not from the models, which may not have the columns any more.
    """
    for model, names in translated_models("default"):
        texts = texts_of_model(model, names, code)
        yield from texts_with_state(model, texts, code) if issubclass(model, RevisedModel) else texts


def texts_of_model(model: type[models.Model], names: list[str], code: str) -> Iterator[dict[str, Any]]:
    """Yield the texts of the rows of a model, without saying which are outdated."""
    quote, table = connection.ops.quote_name, model._meta.db_table
    there = [name for name in names if f"{name}_{code}" in columns_of_table("default", table)]
    columns = ["id", *(f"{name}_{language}" for name in there for language in (SERBIAN, code))]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(map(quote, columns))} FROM {quote(table)} ORDER BY id")  # noqa: S608
        rows = {values[0]: dict(zip(columns, values, strict=True)) for values in cursor.fetchall()}
    drafts = {*not_published(model)}
    for pk, row in rows.items():
        where = {"model": model._meta.label_lower, "id": pk}
        for name in there:
            if text := row[f"{name}_{code}"]:
                source = row[f"{name}_{SERBIAN}"] or ""
                yield {**where, "field": name, "source": source, "text": text, "draft": pk in drafts}
    if issubclass(model, RevisedModel):
        yield from texts_of_revised(model, names, code, rows)


def texts_with_state(
    model: type[RevisedModel], texts: Iterable[dict[str, Any]], code: str
) -> Iterator[dict[str, Any]]:
    """Yield texts, and of each whether it is outdated: nobody stands for it beside this Serbian."""
    key, fields = f"{model._meta.model_name}_id", content_fields(model)
    renamed = {f"{former}_{code}": f"{present}_{code}" for former, present in model.renamed_fields.items()}
    found = ConfirmedTranslation.objects.filter(**{f"{key}__isnull": False}, column__endswith=f"_{code}").order_by()
    confirmed = {
        (pk, renamed.get(column, column), *digests)
        for pk, column, *digests in found.values_list(key, "column", "source_digest", "translation_digest")
    }
    # Of a row without versions, nothing is on record yet.
    recorded = {*models.QuerySet(model).filter(head__isnull=False).values_list("pk", flat=True)}
    for each in texts:
        field = fields.get(f"{each['field']}_{SERBIAN}")  # none if it is of a line
        if field is None or each["id"] not in recorded:
            yield each | {"outdated": False}
            continue
        digests = (digest(field, each[name]) for name in ("source", "text"))
        yield each | {"outdated": (each["id"], f"{each['field']}_{code}", *digests) not in confirmed}


def not_published(model: type[models.Model]) -> Iterator[int]:
    """Yield the keys of the rows that nobody has published, or that are not on the site any more."""
    if issubclass(model, RevisedModel):
        yield from models.QuerySet(model).filter(is_published=False).values_list("pk", flat=True)


def texts_of_revised(
    model: type[RevisedModel], names: list[str], code: str, rows: dict[int, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """
    Yield the texts of the lines of each row, and those of its newest version that differ from what the row has.

    `rows` are the columns of the rows in this language, by key.
    """
    lines = [field.name for field in model._meta.fields if isinstance(field, LinesField)]
    found: models.QuerySet = models.QuerySet(model).order_by("pk")
    contents = found.values_list("pk", "is_published", "head__content", "live__content", *lines)
    for pk, is_published, head, live, *values in contents:
        where, own = {"model": model._meta.label_lower, "id": pk}, dict(zip(lines, values, strict=True))
        # Of a row that is not published, what its columns have was yielded as its draft.
        present = live or {**rows.get(pk, {}), **own}
        known = {(field, text) for field, _source, text in cells_of(present, lines, code)}
        for field, source, text in cells_of(own, lines, code):
            yield {**where, "field": field, "source": source, "text": text, "draft": not is_published}
        for field, source, text in cells_of(head or {}, lines, code):
            if (field, text) not in known:
                yield {**where, "field": field, "source": source, "text": text, "draft": True}
        for name in names:
            written = (head or {}).get(f"{name}_{code}")
            if written and written != present.get(f"{name}_{code}"):
                source = (head or {}).get(f"{name}_{SERBIAN}", "")
                yield {**where, "field": name, "source": source, "text": written, "draft": True}


def cells_of(content: dict[str, Any], lines: list[str], code: str) -> Iterator[tuple[str, str, str]]:
    """Yield each text of the lines of a content in a language: its field, its Serbian source, and the text."""
    for name in lines:
        for line in content.get(name) or ():
            for cell in (cell for cell in line if cell.endswith(f"_{code}")):
                source = line.get(f"{cell.removesuffix(code)}{SERBIAN}", "")
                yield f"{name}-{line['id']}-{cell.removesuffix(f'_{code}')}", source, line[cell]


def export_texts(code: str, file: Path) -> int:
    """
    Write all texts in a language into a new file, as JSON in UTF-8, and return how many there are.

    The file is on the disk, and was read again, when this returns. Raise NotPossible if it is there already.
    """
    texts = [*texts_in(code)]
    document = {
        "language": code,
        "name": switch_name(code),
        "exported_at": timezone.now().isoformat(timespec="seconds"),
        "texts": texts,
    }
    try:
        with file.open("x", encoding="utf-8") as target:
            json.dump(document, target, ensure_ascii=False, indent=2)
            target.write("\n")
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        raise NotPossible(f"The texts cannot be written into {file}: {error.strerror}.") from error
    if json.loads(file.read_text(encoding="utf-8"))["texts"] != texts:
        raise NotPossible(f"What was written into {file} is not what the database has.")
    return len(texts)


def drop_texts(code: str) -> list[str]:
    """Drop the columns of a language that the running settings say is dropped, and return their names."""
    return drop_columns("default", code)
