"""
The columns that are computed from the newest content of a row, so that lists find, count and search it unread.

`gaps_newest` says what is missing in it, `words_newest` has its words, folded. They are written with each revision
that becomes the newest one; of a row without revisions, such as loaddata writes, when it is saved; and after
migrations, for all that they would change. What the code of an earlier release has written meanwhile is found by
`computed_from`, after migrations and when a server starts.
"""

import logging
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.apps import AppConfig
from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models import F, Q
from django.db.models.signals import post_migrate, pre_save
from django.utils import timezone

from networks.languages import stored_languages, translation_languages
from networks.models import Network, Page, RevisedModel
from networks.models.lines import LinesField
from networks.partial_dates import PartialDateField
from networks.revisions.content import Model, complete_content, content_fields
from networks.revisions.translations import sources_of
from networks.rich_text import RichTextField, plain_text
from networks.serbian import fold

logger = logging.getLogger(__name__)

# A network is written in a language when it has these texts in it.
MAIN_TEXTS = ("name", "summary", "description")

Gaps = dict[str, Any]


def gaps_of(model: Model, content: Mapping[str, Any]) -> Gaps:
    """
    Return what is missing in a content: of every model

    - missing: the columns of the translations that are not there, though their source is
    - is_begun: whether any text is translated
    - languages: those that are looked for

    and of networks

    - written: the languages in which it has MAIN_TEXTS
    - contact, title: whether it has no contact, and a document without a translated title
    - fee_years: the years of its fees while the city is a member, to see which year has none
    """
    languages, sources = translation_languages(), sources_of(model)
    gaps: Gaps = {
        "missing": [name for name, source in sources.items() if content.get(source) and not content.get(name)],
        "is_begun": any(content.get(name) for name in sources),
        "languages": languages,
    }
    if model is Network:
        is_member = content.get("status") == Network.Status.MEMBER
        years = {line.get("year") for line in content.get("fees") or () if is_member}
        gaps |= {
            "written": [
                each for each in stored_languages() if all(content.get(f"{text}_{each}") for text in MAIN_TEXTS)
            ],
            "contact": not (content.get("contact_email") or content.get("contact_phone")),
            "title": not all(
                line.get(f"title_{each}") for line in content.get("documents") or () for each in languages
            ),
            "fee_years": sorted(year for year in years if isinstance(year, int)),
        }
    return gaps


def lacks_fee(gaps: Gaps) -> bool:
    """Return whether the city is a member, had a fee in an earlier year, and has none of this year."""
    years, year = gaps.get("fee_years", ()), timezone.localdate().year
    return bool(years) and year not in years and min(years) < year


def lacks_title(gaps: Gaps) -> bool:
    """Return whether the title of a document lacks a translation."""
    return bool(gaps.get("title"))


# What may be missing in the record of a membership, by the code in the address of the list
RECORD_GAPS = {"fee": lacks_fee, "title": lacks_title}


@cache
def text_fields(model: Model) -> dict[str, models.Field]:
    """Return the fields with words that staff search for, by name; those for staff alone are among them."""
    fields = content_fields(model).items()
    return {name: field for name, field in fields if isinstance(field, LinesField) or has_words(field)}


def has_words(field: models.Field) -> bool:
    is_text = isinstance(field, models.CharField | models.TextField)
    return is_text and not (field.choices or isinstance(field, models.URLField | PartialDateField))


def words_of(model: Model, content: Mapping[str, Any]) -> str:
    """Return all words of a content as search compares them."""
    parts = []
    for name, field in text_fields(model).items():
        value: Any = content.get(name) or ""
        if isinstance(field, LinesField):
            columns = [column for column, each in field.columns.items() if has_words(each)]
            value = "\n".join(line[column] for line in value for column in columns if column in line)
        elif isinstance(field, RichTextField):
            value = plain_text(value)
        parts.append(value.replace("-", " ") if name == "slug" else value)
    if model is Network:
        place = {name: content.get(name) or "" for name in ("seat_country", "seat_sr", "seat_en")}
        parts += Network(**place).place_names()
    return fold("\n".join(parts))


def newest_columns(row: RevisedModel) -> dict[str, Any]:
    """Return the computed columns of a row."""
    model = type(row)
    if row.head is None:
        content: Mapping[str, Any] = {
            name: getattr(row, name) for name, field in content_fields(model).items() if not field.many_to_many
        }
    else:
        content = complete_content(model, row.head.content)
    return {
        "gaps_newest": gaps_of(model, content),
        "words_newest": words_of(model, content),
        "computed_from": row.head_id,
    }


def are_newest_columns_current(row: RevisedModel) -> bool:
    """Return whether the computed columns of a row are those of its newest content."""
    return all(getattr(row, name) == value for name, value in newest_columns(row).items())


def update_newest_columns(row: RevisedModel) -> None:
    """Store the computed columns of a row whose newest revision is another one now."""
    columns = newest_columns(row)
    if any(getattr(row, name) != value for name, value in columns.items()):
        # Unless somebody else has written a newer revision, and its columns, meanwhile
        type(row)._base_manager.using(row._state.db).filter(pk=row.pk, head=row.head_id).update(**columns)
        for name, value in columns.items():
            setattr(row, name, value)


def stale_rows(rows: Any) -> Any:
    """Return those of a query set whose columns were left behind by older code, or are of other languages."""
    languages = translation_languages()
    # Of {}, which the database itself puts into rows that older code adds, a comparison is neither true nor false.
    other_languages = Q(gaps_newest__languages__isnull=True) | ~Q(gaps_newest__languages=languages)
    return rows.filter(other_languages | Q(head__isnull=False) & ~Q(computed_from=F("head")))


def update_stale(using: str = DEFAULT_DB_ALIAS) -> int:
    """Compute the columns anew of the rows where they are stale, and return of how many."""
    count = 0
    for model in (Network, Page):
        rows = stale_rows(model._base_manager.using(using))
        # Row by row: beside an open query SQLite refuses to write what another process has just written.
        for pk in [*rows.values_list("pk", flat=True)]:
            for row in rows.select_related("head").filter(pk=pk):
                update_newest_columns(row)
                count += 1
    return count


def update_stale_in_background() -> threading.Thread:
    """
    Call `update_stale` in a thread of its own: when a server starts, after the last one of an earlier release.

    Failures are logged, and leave the columns as they are.
    """

    def update() -> None:
        try:
            update_stale()
        except Exception:
            logger.exception("What lists search and count could not be brought up to date")
        finally:
            connection.close()

    thread = threading.Thread(target=update, name="update-newest-columns", daemon=True)
    thread.start()
    return thread


def write_newest_columns(instance: RevisedModel, **kwargs: Any) -> None:
    """Compute the columns of a row without revisions before it is saved."""
    if instance.head_id is None:
        for name, value in newest_columns(instance).items():
            setattr(instance, name, value)


def update_all(
    using: str, sender: AppConfig, apps: Apps = present_apps, plan: list[Any] | None = None, **kwargs: Any
) -> None:
    """
    Compute the columns of all rows anew after migrations, in which models may have got other fields; where there were
    none to apply, those that are stale.
    """
    if sender.name != Network._meta.app_label:
        return
    for model in (Network, Page):
        needed = {field.column for field in model._meta.concrete_fields}
        try:
            there = {field.column for field in apps.get_model(model._meta.label)._meta.concrete_fields}
        except LookupError:
            continue
        if not needed <= there:  # migrated back to before there were all of them
            continue
        rows: Any = model._base_manager.using(using).select_related("head")
        if plan == []:
            rows = stale_rows(rows)
        for row in rows.iterator(chunk_size=200):
            update_newest_columns(row)


def connect_signals() -> None:
    """Called when the app is ready."""
    for model in (Network, Page):
        pre_save.connect(write_newest_columns, sender=model)
    post_migrate.connect(update_all)
