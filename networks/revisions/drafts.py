"""
Save, submit, discard and restore drafts. Visitors see none of it until it is published.

A draft is a revision that is newer than the published one. A save names the revision that it started from, and what
others have saved since then is merged. Each function runs in one transaction that locks the row.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from networks.models import Event, RevisedModel, Revision, Schedule
from networks.models.public_page import LARGEST_POSITION
from networks.revisions.content import (
    Merge,
    Row,
    changed_fields,
    content_of,
    merge,
    normalise_content,
    restored_content,
    savable_content,
    with_retired_cells,
)
from networks.revisions.order import last_position
from networks.revisions.previews import revoke_links
from networks.revisions.publishing import bring_back_links_and_schedules, delete, is_changed_since, undo
from networks.revisions.saved_forms import remember_form
from networks.revisions.schedules import cancel
from networks.revisions.storage import (
    add_event,
    add_revision,
    author_fields,
    check_not_in_bin,
    check_own_revision,
    clean_row,
    display_name,
    lock,
    newest_revision,
    published_revision,
    save_row,
    update_row,
    write_revision,
)
from networks.revisions.translations import (
    Reason,
    State,
    confirmed_translations,
    corrected,
    outdated,
    pairs_of,
    record,
    record_written,
    translation_states,
    update_outdated,
)

# For what reasons a translation may have been confirmed without being written
TAKEN_BACK = {Reason.CONFIRMED, Reason.CORRECTION}

# How often a new slug is made when somebody else takes it at the same moment
ATTEMPTS = 20


class Conflict(Exception):
    """Two people have changed the same fields to different values. Nothing was saved."""

    def __init__(self, fields: list[str]):
        super().__init__(", ".join(fields))
        self.fields = fields


@dataclass(frozen=True)
class SaveResult:
    """The result of a save. `taken` names the fields that were taken over from a colleague."""

    row: RevisedModel
    revision: Revision
    taken: list[str] = field(default_factory=list)
    is_new: bool = True


def save(
    row: RevisedModel,
    content: Mapping,
    *,
    author: User | None,
    base: Revision | None = None,
    comment: str = "",
    token: str = "",
    form_content: Mapping | None = None,
    is_correction: bool = False,
    mended: Mapping | None = None,
) -> SaveResult:
    """
    Save a draft of a row. Of an unsaved instance, such as `Network()`, a new row is made.

    `base` is the revision that the author began with, by default the newest one. What others have saved since then is
    merged. A revision is only added if the content differs from that of the newest one. `token` is that of the form,
    `form_content` its content before the merge, by default the saved content. `is_correction` says that the Serbian
    was changed in a way that needs no other translation. `mended` has fields that a program has mended after that, a
    moved link for example: a translation is as current with the mend as it was without it.

    Raise Conflict, or ValidationError with the messages by field.
    """
    model = type(row)
    content, mended = normalise_content(model, content), normalise_content(model, mended or {})
    with transaction.atomic():
        if row.pk is None:
            saved = SaveResult(*create_row(row, content | mended, author=author, comment=comment))
        else:
            row = lock(row)
            check_not_in_bin(row)
            check_own_revision(row, base)
            head = savable_content(model, newest_revision(row).content)
            if not content.get("slug"):
                content["slug"] = head["slug"]
            if base is None or base.pk == row.head_id:  # nobody has saved since, or the form has merged that already
                first, content = head, with_retired_cells(model, head, content)
                merged = Merge(savable_content(model, head | content))
            else:
                first = savable_content(model, base.content)
                content = with_retired_cells(model, first, content)
                merged = merge(model, first, head, savable_content(model, first | content))
            conflicts = merged.conflicts + [name for name in mended if head[name] not in (first[name], mended[name])]
            if conflicts:
                raise Conflict(conflicts)
            if changed_fields(model, head, merged.content | mended):
                seen = first | content if form_content is None else form_content
                record_written(row, head, merged.content, seen, **author_fields(author))
                kept = []
                if is_correction:
                    kept = corrected(model, head, merged.content, seen, confirmed_translations(row))
                    record(row, merged.content, kept, Reason.CORRECTION, **author_fields(author))
                if mended:
                    states = translation_states(model, merged.content, confirmed_translations(row))
                    current = [column for column, state in states.items() if state == State.CURRENT]
                    record(row, merged.content | mended, current, Reason.WRITTEN, **author_fields(author))
                own = (content.keys() - {*merged.taken}) | mended.keys()
                row, revision = write_revision(
                    row, merged.content | mended, author=author, comment=comment, normalised=own
                )
                if kept:
                    add_event(row, Event.Kind.CORRECTED, author, revision, fields=kept)
                saved = SaveResult(row, revision, merged.taken)
            else:
                saved = SaveResult(row, newest_revision(row), merged.taken, is_new=False)
        if token and author:
            content = saved.revision.content if form_content is None else form_content
            remember_form(token, author, saved.row, revision=saved.revision, content=content)
    return saved


def create_row(row: Row, content: Mapping, *, author: User | None, comment: str) -> tuple[Row, Revision]:
    row.position = min(last_position(type(row)) + 1, LARGEST_POSITION)
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            written = clean_row(row, content, normalised=content.keys())
            save_row(written)
            break
        except ValidationError as error:
            # Somebody has taken the slug that was made here, before it was validated or after. Make another one.
            if content.get("slug") or "slug" not in error.message_dict or not attempts_left:
                raise
    revision = add_revision(written, content_of(written), comment=comment, **author_fields(author))
    record_written(written, {}, revision.content, revision.content, **author_fields(author))
    update_row(written, head=revision)
    return written, revision


def discard(row: Row, *, author: User | None) -> Row:
    """Go back to the published revision. The discarded ones stay in the history."""
    with transaction.atomic():
        row = lock(row)
        if not row.is_published:
            raise ValidationError(_("There is nothing published to go back to."))
        if row.head_id == row.live_id:
            return row
        discarded = row.head
        revoke_links(row.revisions.filter(number__gt=published_revision(row).number))
        update_row(row, head=row.live, submitted_at=None, submitted_by="")
        for schedule in row.schedules.filter(action=Schedule.Action.PUBLISH):
            cancel(schedule, author=author)
        add_event(row, Event.Kind.DISCARDED, author, discarded)
    return row


def undo_discard(row: RevisedModel, before: Mapping, event: int, *, author: User | None) -> bool:
    """
    Bring back the draft that was discarded, as it was in the state before that: written by the same people, submitted
    and scheduled if it was, with its preview links.

    If the row has a later event than `event`, or a newer draft, nothing is changed and False is returned.
    """
    with transaction.atomic():
        row = lock(row)
        discarded = row.revisions.filter(pk=before.get("head")).first()
        if (
            discarded is None
            or is_changed_since(row, event)
            or row.deleted_at is not None
            or row.head_id != row.live_id
        ):
            return False
        bring_back(row, discarded, before, author=author)
    return True


def bring_back(row: RevisedModel, revision: Revision, before: Mapping, *, author: User | None) -> None:
    """
    Make a revision of a locked row the newest one again: written by the same people, submitted and scheduled as in
    the state `before`, with its preview links. Raise ValidationError.
    """
    at = before.get("submitted_at")
    submitted = {
        "submitted_at": at and datetime.fromisoformat(at),
        "submitted_by": before["submitted_by"] if at else "",
    }
    update_row(row, head=revision, **submitted)
    if not row.is_published:
        save_row(clean_row(row, revision.content))
    bring_back_links_and_schedules(row, before)
    add_event(row, Event.Kind.BROUGHT_BACK, author, revision)


def undo_save(row: RevisedModel, before: Mapping, event: int, *, head: int | None, author: User | None) -> bool:
    """
    Go back to the draft, or to what was published, in the state before a save that made the revision `head`.

    A row that the save has made, which has no newest revision in the state before, goes to the bin. If the row has a
    later event than `event`, or a newer revision, or was submitted since, nothing is changed and False is returned.
    """
    with transaction.atomic():
        row = lock(row)
        former = row.revisions.filter(pk=before.get("head")).first()
        if is_changed_since(row, event) or row.head_id != head or (former is None and "head" in before):
            return False
        if row.submitted_at and row.events.filter(pk__gt=event, kind=Event.Kind.SUBMITTED).exists():
            return False
        if former is None:
            delete(row, author=author)
            return True
        if row.is_published and row.live_id != before.get("live"):
            undo(row, before, event, author=author)
            row = lock(row)
        if former.pk == row.live_id:
            discard(row, author=author)
        else:
            bring_back(row, former, before, author=author)
    return True


def submit(row: Row, *, author: User | None) -> Row:
    """Submit the newest revision for publishing."""
    with transaction.atomic():
        row = lock(row)
        check_not_in_bin(row)
        if not row.has_draft:
            raise ValidationError(_("There is no draft to publish."))
        update_row(row, submitted_at=timezone.now(), submitted_by=display_name(author))
        add_event(row, Event.Kind.SUBMITTED, author, row.head)
    return row


def recall(row: Row, *, author: User | None) -> Row:
    """Take back that the draft was submitted for publishing."""
    with transaction.atomic():
        row = lock(row)
        check_submitted(row)
        update_row(row, submitted_at=None, submitted_by="")
        add_event(row, Event.Kind.RECALLED, author, row.head)
    return row


def return_to_author(row: Row, remark: str, *, author: User | None) -> Row:
    """Return a submitted draft to its author, with a remark that says what is to be done."""
    with transaction.atomic():
        row = lock(row)
        check_submitted(row)
        update_row(row, submitted_at=None, submitted_by="")
        add_event(row, Event.Kind.RETURNED, author, row.head, explanation=remark)
    return row


def undo_return(row: RevisedModel, before: Mapping, event: int, *, author: User | None) -> bool:
    """
    Put a draft that was returned before those who publish again, as it was submitted in the state before that, and by
    whom.

    If the row has a later event than `event`, or a newer revision, nothing is changed and False is returned.
    """
    with transaction.atomic():
        row = lock(row)
        if is_changed_since(row, event) or row.submitted_at is not None or row.head_id != before.get("head"):
            return False
        submitted = row.events.filter(kind=Event.Kind.SUBMITTED).order_by("-pk").first()
        update_row(
            row, submitted_at=datetime.fromisoformat(before["submitted_at"]), submitted_by=before["submitted_by"]
        )
        add_event(row, Event.Kind.BROUGHT_BACK, author, row.head)
        row.events.create(
            kind=Event.Kind.SUBMITTED,
            revision=submitted.revision if submitted else row.head,
            author=submitted.author if submitted else None,
            author_name=before["submitted_by"],
        )
    return True


def check_submitted(row: RevisedModel) -> None:
    check_not_in_bin(row)
    if row.submitted_at is None:
        raise ValidationError(_("The draft is not submitted for publishing any more."))


def add_remark(row: Row, remark: str, *, author: User | None) -> Row:
    """Add a remark on the newest revision."""
    with transaction.atomic():
        row = lock(row)
        check_not_in_bin(row)
        add_event(row, Event.Kind.REMARKED, author, row.head, explanation=remark)
    return row


def restore(row: RevisedModel, revision: Revision, *, author: User | None) -> SaveResult:
    """
    Save the content of an old revision as a draft. Raise ValidationError if it is not valid any more.

    Fields that the old revision does not have stay as they are.
    """
    with transaction.atomic():
        row = lock(row)
        check_not_in_bin(row)
        check_own_revision(row, revision)
        model = type(row)
        head = savable_content(model, newest_revision(row).content)
        content = savable_content(model, restored_content(model, head, revision.content))
        if not changed_fields(model, head, content):
            return SaveResult(row, newest_revision(row), is_new=False)
        return SaveResult(*write_revision(row, content, author=author, restored_from=revision))


def confirm_translations(
    row: RevisedModel, columns: Collection[str], *, author: User | None, seen: Mapping | None = None
) -> list[str]:
    """
    Confirm that outdated translations of the newest revision are still right. Return the columns that were confirmed.

    `seen` is the content that the author had in view, by default that of the newest revision. What a colleague has
    changed since is not confirmed.
    """
    with transaction.atomic():
        row = lock(row)
        check_not_in_bin(row)
        model, newest = type(row), newest_revision(row).content
        pairs, in_view = pairs_of(model, newest), pairs_of(model, newest if seen is None else seen)
        confirmed = [
            column
            for column in outdated(row, newest, confirmed_translations(row))
            if column in columns and pairs[column] == in_view.get(column)
        ]
        if confirmed:
            record(row, newest, confirmed, Reason.CONFIRMED, **author_fields(author))
            add_event(row, Event.Kind.CONFIRMED, author, row.head, fields=confirmed)
            update_outdated(row)
    return confirmed


def unconfirm_translations(row: RevisedModel, columns: Collection[str], *, author: User | None) -> list[str]:
    """
    Take back that translations of the newest revision were confirmed, or the change of their source a correction.

    Return the columns of which that was so. They are outdated again.
    """
    with transaction.atomic():
        row = lock(row)
        check_not_in_bin(row)
        confirmed, pairs = confirmed_translations(row), pairs_of(type(row), newest_revision(row).content)
        withdrawn = {
            column: confirmed[pair].pk
            for column, pair in pairs.items()
            if column in columns and pair in confirmed and confirmed[pair].reason in TAKEN_BACK
        }
        if withdrawn:
            row.confirmedtranslations.filter(pk__in=withdrawn.values()).delete()
            add_event(row, Event.Kind.UNCONFIRMED, author, row.head, fields=list(withdrawn))
            update_outdated(row)
    return list(withdrawn)
