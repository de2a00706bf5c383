"""
Which translations are missing, which are current, and of which the source has changed.

A translation is current if somebody has written or confirmed it for the very source text that stands beside it. Each
such pair of texts is a ConfirmedTranslation, known by the digests of both. So the state of a content follows from its
words alone, however they came together: by a save, a merge, a restore, or because one language was published.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from networks.languages import SERBIAN, translation_languages
from networks.models import ConfirmedTranslation, RevisedModel
from networks.reading import translated_fields
from networks.revisions.content import Model, complete_content, content_fields, renamed_columns
from networks.rich_text import RichTextField, readable_text

Reason = ConfirmedTranslation.Reason

# A column, and the digests of its source and of its text
Pair = tuple[str, str, str]


class State(models.TextChoices):
    MISSING = "missing", _("missing")
    CURRENT = "current", _("current")
    OUTDATED = "outdated", _("the Serbian has changed since")


@cache
def sources_of(model: Model, *, retired: bool = False) -> dict[str, str]:
    """
    Return the columns of a model that are translations, each with the column of its source, in their order.

    Those of retired languages are left out unless they are asked for.
    """
    stored = [each for each in settings.MODELTRANSLATION_LANGUAGES if each != SERBIAN]
    languages = stored if retired else translation_languages()
    return {f"{field}_{each}": f"{field}_{SERBIAN}" for field in translated_fields(model) for each in languages}


def digest(field: models.Field, text: str) -> str:
    """
    Return the digest of a stored text as people read it: emphasis and space do not count, the addresses of links do.

    The digests are in the database, so another way of reading needs a migration.
    """
    words = readable_text(text) if isinstance(field, RichTextField) else text
    return sha256(" ".join(unicodedata.normalize("NFC", words).split()).encode()).hexdigest()


def pairs_of(model: Model, content: Mapping) -> dict[str, Pair]:
    """Return the pair of each translation that is there, by its column."""
    fields, content = content_fields(model), complete_content(model, content)
    return {
        column: (column, digest(fields[source], content[source]), digest(fields[column], content[column]))
        for column, source in sources_of(model).items()
        if content[column]
    }


def translation_states(model: Model, content: Mapping, confirmed: Iterable[Pair]) -> dict[str, State]:
    """Return the state of each translation of a content by its column, but for those of a field that is empty."""
    content, confirmed = complete_content(model, content), set(confirmed)
    pairs = pairs_of(model, content)
    states = {}
    for column, source in sources_of(model).items():
        if column in pairs:
            states[column] = State.CURRENT if pairs[column] in confirmed else State.OUTDATED
        elif content[source]:
            states[column] = State.MISSING
    return states


def confirmed_translations(row: RevisedModel) -> dict[Pair, ConfirmedTranslation]:
    """Return what was written or confirmed of a row, the newest first. Its source texts are left out."""
    renamed = renamed_columns(type(row))
    return {
        (renamed.get(each.column, each.column), each.source_digest, each.translation_digest): each
        for each in row.confirmedtranslations.defer("source")
    }


def outdated(row: RevisedModel, content: Mapping, confirmed: Iterable[Pair]) -> list[str]:
    """Return the columns of the translations whose source has changed."""
    states = translation_states(type(row), content, confirmed)
    return [column for column, state in states.items() if state == State.OUTDATED]


def update_outdated(row: RevisedModel) -> None:
    """Store which translations of the newest and of the published content are outdated, so that lists find them."""
    confirmed = confirmed_translations(row)
    newest, published = (
        outdated(row, revision.content, confirmed) if revision else [] for revision in (row.head, row.live)
    )
    if (newest, published) != (row.outdated_newest, row.outdated_published):
        row.outdated_newest, row.outdated_published = newest, published
        type(row).objects.filter(pk=row.pk).update(outdated_newest=newest, outdated_published=published)


def record(
    row: RevisedModel,
    content: Mapping,
    columns: Iterable[str],
    reason: ConfirmedTranslation.Reason,
    *,
    author: User | None = None,
    author_name: str = "",
    created_at: datetime | None = None,
) -> None:
    """Record that somebody stands for some translations of a content, beside their sources in it."""
    model = type(row)
    content, pairs = complete_content(model, content), pairs_of(model, content)
    sources = sources_of(model)
    details: dict[str, Any] = {
        str(row._meta.model_name): row,
        "reason": reason,
        "author": author,
        "author_name": author_name,
        "created_at": created_at or timezone.now(),
    }
    ConfirmedTranslation.objects.bulk_create(
        [
            ConfirmedTranslation(
                column=column,
                source_digest=pairs[column][1],
                translation_digest=pairs[column][2],
                source=content[sources[column]],
                **details,
            )
            for column in columns
            if column in pairs
        ],
        ignore_conflicts=True,
    )


def record_written(
    row: RevisedModel, before: Mapping, after: Mapping, seen: Mapping, *, author: User | None, author_name: str
) -> None:
    """
    Record the translations that a revision has changed.

    `before` and `after` are the contents of its parent and of itself. `seen` is what its author had in view: a source
    that was merged in from a colleague was not.
    """
    model = type(row)
    seen, earlier = complete_content(model, seen), pairs_of(model, before)
    written = [
        column
        for column, (_column, _source, text) in pairs_of(model, after).items()
        if column not in earlier or earlier[column][2] != text
    ]
    sources = sources_of(model)
    in_view = {**after, **{sources[column]: seen[sources[column]] for column in written}}
    record(row, in_view, written, Reason.WRITTEN, author=author, author_name=author_name)


def corrected(model: Model, before: Mapping, after: Mapping, seen: Mapping, confirmed: Iterable[Pair]) -> list[str]:
    """
    Return the current translations of which a save has changed nothing but the source.

    They stay current if its author says that the change is only a correction. What a colleague has changed in the
    meantime, the author has not seen, and so cannot have meant.
    """
    states = translation_states(model, before, confirmed)
    earlier, later, in_view = (pairs_of(model, each) for each in (before, after, seen))
    return [
        column
        for column, pair in later.items()
        if states.get(column) == State.CURRENT
        and pair == in_view.get(column)
        and pair[1] != earlier[column][1]
        and pair[2] == earlier[column][2]
    ]


def former_sources(row: RevisedModel, content: Mapping, columns: Iterable[str]) -> dict[str, str]:
    """Return, by its column, the source text that each translation was last written or confirmed for."""
    model, columns = type(row), set(columns)
    pairs, renamed = pairs_of(model, content), renamed_columns(model)
    sources: dict[str, str] = {}
    for each in row.confirmedtranslations.all():
        column = renamed.get(each.column, each.column)
        if column in columns and each.translation_digest == pairs[column][2]:
            sources.setdefault(column, each.source)
    return sources
