"""
The parts of all functions that write a row: the locked row, its revisions, and its events.

Call these within a transaction that has locked the row with `lock`.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from networks.models import Event, RevisedModel, Revision, Schedule, free_slug
from networks.reading import translated_fields
from networks.revisions.content import Row, complete_content, content_of, normalise_content, related_fields, row_with
from networks.revisions.newest_columns import update_newest_columns
from networks.revisions.public_changes import record_loaded_row
from networks.revisions.translations import Reason, record, sources_of, update_outdated

# A user, a schedule in the name of the user who made it, or None for a command
Author = User | Schedule | None


def write_revision(
    row: Row,
    content: Mapping,
    *,
    author: User | None,
    comment: str = "",
    restored_from: Revision | None = None,
    normalised: Collection[str] = (),
) -> tuple[Row, Revision]:
    """Add a revision that becomes the newest one. Return the row, which has its content if it is a draft, and it."""
    written = clean_row(row, content, normalised=normalised)
    revision = add_revision(
        row, content_of(written), restored_from=restored_from, comment=comment, **author_fields(author)
    )
    if not row.is_published:
        save_row(written)
        row = written
    update_row(row, head=revision)
    return row, revision


def clean_row(row: Row, content: Mapping, *, normalised: Collection[str] = ()) -> Row:
    """
    Return the row with the content, and with a slug. Raise ValidationError.

    `normalised` names the fields that the caller has normalised already; all others are normalised here.
    """
    others = {name: value for name, value in content.items() if name not in normalised}
    model = type(row)
    written = row_with(row, complete_content(model, content) | normalise_content(model, others))
    if row.slug in model.fixed_slugs:
        written.slug = row.slug
    if not written.slug:
        written.slug = row.slug or free_slug(written, written.heading)
    # Nobody edits the revisions of a row, and to look for them takes a query each.
    written.full_clean(exclude={*translated_fields(model), "head", "live"})
    return written


def save_row(row: RevisedModel) -> None:
    """Save a row of `row_with`, and which rows it is related to."""
    prefetched = row._prefetched_objects_cache  # type: ignore[attr-defined]  # made by row_with
    related = {name: list(prefetched.pop(name)) for name in related_fields(type(row))}
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        # Somebody else has taken the slug since it was validated, or a field that no form shows breaks a newer rule.
        # For any other error there is nothing that staff could correct.
        row.validate_unique()
        row.validate_constraints()
        raise
    for name, rows in related.items():
        getattr(row, name).set(rows)


def update_row(row: RevisedModel, **values: Any) -> None:
    """Update fields that are not content, in the database and in the instance, without a new `changed_at`."""
    type(row).objects.filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)
    if "head" in values:
        update_outdated(row)
        update_newest_columns(row)


def lock(row: Row) -> Row:
    """Return the row as it is in the database, locked until the transaction ends."""
    rows = type(row).objects.select_for_update(no_key=True)
    row = rows.get(pk=row.pk)  # type: ignore[assignment]  # django-stubs takes it for one of the abstract model
    if row.head_id is None:
        # What loaddata or a script has written becomes a revision when somebody first works on it.
        loaded = add_revision(row, content_of(row), created_at=row.changed_at)
        record_loaded_row(row, loaded)
        record(row, loaded.content, sources_of(type(row)), Reason.LOADED, created_at=row.changed_at)
        update_row(row, head=loaded, live=loaded if row.is_published else None)
    return row


def newest_revision(row: RevisedModel) -> Revision:
    """Return the newest revision of a row, and make the first one where there is none."""
    if row.head is None:
        with transaction.atomic():
            locked = lock(row)
        row.head, row.live = locked.head, locked.live
    return require_revision(row.head)


def published_revision(row: RevisedModel) -> Revision:
    """Return the revision that visitors see of a published row."""
    return require_revision(row.live)


def require_revision(revision: Revision | None) -> Revision:
    if revision is None:
        raise ValueError("The row has no such revision.")
    return revision


def add_revision(row: RevisedModel, content: Mapping, **details: Any) -> Revision:
    last = row.revisions.first()
    number = last.number + 1 if last else 1
    revision = Revision(number=number, content=content, parent=row.head or last, **details)
    revision.row = row
    revision.clean_fields(exclude=["content"])
    revision.save()
    return revision


def author_fields(author: User | None) -> dict[str, Any]:
    return {"author": author, "author_name": display_name(author)}


def display_name(author: User | None) -> str:
    return (author.get_full_name() or author.get_username()) if author else ""


def add_event(
    row: RevisedModel, kind: Event.Kind, author: Author, revision: Revision | None = None, **details: Any
) -> Event:
    if isinstance(author, Schedule):
        details |= {"author": author.author, "author_name": author.author_name, "planned_for": author.at}
    else:
        details |= author_fields(author)
    return row.events.create(kind=kind, revision=revision, **details)


def check_not_in_bin(row: RevisedModel) -> None:
    if row.deleted_at is not None:
        raise ValidationError(_("This is in the bin. Put it back first."))


def check_own_revision(row: RevisedModel, revision: Revision | None) -> None:
    if revision is not None and getattr(revision, f"{row._meta.model_name}_id") != row.pk:
        raise ValueError(f"The revision {revision} is not one of {row._meta.model_name} {row.pk}.")
