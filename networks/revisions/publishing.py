"""
Publish, unpublish, delete and undelete rows, undo that, and record the public changes.

The row is what visitors see; a revision is what somebody wrote. Each function runs in one transaction
that locks the row.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from networks.languages import stored_languages
from networks.models import Event, PreviewLink, RevisedModel, Revision, Schedule
from networks.models.lines import LinesField
from networks.reading import translated_fields
from networks.revisions.content import (
    Content,
    Model,
    Row,
    changed_fields,
    complete_content,
    content_fields,
    public_content,
    row_with,
    savable_content,
)
from networks.revisions.line_merge import merge_lines
from networks.revisions.previews import revoke_links
from networks.revisions.public_changes import record_publishing, record_unpublishing
from networks.revisions.storage import (
    Author,
    add_event,
    add_revision,
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
from networks.revisions.translations import update_outdated


def publish(row: Row, *, author: Author, revision: Revision | None = None) -> Row:
    """Publish a revision, by default the newest one. Raise ValidationError."""
    with transaction.atomic():
        row = lock(row)
        check_not_in_bin(row)
        check_own_revision(row, revision)
        revision = revision or newest_revision(row)
        if row.is_published and row.live_id == revision.pk:
            return row
        before = row.live
        row.is_published, row.live = True, revision
        if revision == row.head:
            row.submitted_at, row.submitted_by = None, ""
        changed_at = row.changed_at
        row = clean_row(row, revision.content)
        save_row(row)
        if before and not changed_fields(
            type(row), *(public_content(type(row), each.content) for each in (before, revision))
        ):
            update_row(row, changed_at=changed_at)  # nothing public has changed
        # A schedule for this revision or an older one must not replace it later.
        row.schedules.filter(action=Schedule.Action.PUBLISH, revision__number__lte=revision.number).delete()
        add_event(row, Event.Kind.PUBLISHED, author, revision)
        record_publishing(row, revision, before)
        update_outdated(row)
    return row


def last_published(row: RevisedModel) -> Revision | None:
    """Return the published revision, or of an unpublished row the one that visitors have seen last."""
    if row.live:
        return row.live
    kinds = [Event.Kind.PUBLISHED, Event.Kind.WITHDRAWN]
    events = row.events.filter(kind__in=kinds, revision__isnull=False).select_related("revision")
    last = events.order_by("-pk").first()
    return last.revision if last else None


def unpublished_revisions(row: RevisedModel) -> list[Revision]:
    """Return the revisions that led from the one that was last published to the newest one, the oldest first."""
    base = last_published(row)
    newer = {each.pk: each for each in row.revisions.filter(number__gt=base.number if base else 0)}
    found, pk = [], row.head_id
    while pk in newer:
        found.append(newer[pk])
        pk = newer[pk].parent_id
    for each in found:
        if each.parent_id in newer:
            each.parent = newer[each.parent_id]
        elif base and each.parent_id == base.pk:
            each.parent = base
    return found[::-1]


def unreviewed_revisions(row: RevisedModel, user: User) -> list[Revision]:
    """Return the revisions of other people since one was last submitted, scheduled or published."""
    submitted = row.events.filter(kind=Event.Kind.SUBMITTED).order_by("-pk").first() if row.submitted_at else None
    scheduled = row.schedules.filter(action=Schedule.Action.PUBLISH).first()
    # Of an unpublished row, the revision that was last published
    published = None if row.live else row.events.filter(kind=Event.Kind.PUBLISHED).order_by("-pk").first()
    revisions = [each.revision for each in (submitted, scheduled, published) if each]
    passed = max((revision.number for revision in revisions if revision), default=0)
    model = type(row)
    differing = {*changed_fields(model, row.live.content if row.live else {}, newest_revision(row).content)}
    return [
        each
        for each in unpublished_revisions(row)
        if each.number > passed
        # A revision without an author was loaded or imported, so nobody is still working on it.
        and each.author_name
        and each.author_id != user.pk
        and (each.parent is None or differing & {*changed_fields(model, each.parent.content, each.content)})
    ]


def own_changes(row: RevisedModel, user: User) -> tuple[Content, list[str]]:
    """
    Return the published content with the unpublished changes of one user, and the fields left out.

    A field is left out where the user changed what a colleague had written, with lines as it is with merging them.
    """
    model = type(row)
    own, left_out = savable_content(model, published_revision(row).content), []
    for revision in unpublished_revisions(row):
        if revision.author_id != user.pk or revision.parent is None:
            continue
        before, after = (savable_content(model, each.content) for each in (revision.parent, revision))
        for name in changed_fields(model, before, after):
            if name in left_out:
                continue
            if before[name] == own[name]:
                own[name] = after[name]
            elif isinstance(content_fields(model)[name], LinesField):
                merged = merge_lines(before[name], own[name], after[name])
                if merged.conflicts:
                    left_out.append(name)
                else:
                    own[name] = merged.lines
            elif after[name] != own[name]:
                left_out.append(name)
    return own, left_out


def publish_own_changes(row: Row, *, author: User, head: Revision) -> Row:
    """
    Publish the author's changes without those of others, which become a draft on top of it.

    `head` is the newest revision that the author has seen. Raise ValidationError.
    """
    with transaction.atomic():
        row = lock_as_seen(row, head)
        if not row.is_published:
            raise ValidationError(_("This is not on the site."))
        own, _left_out = own_changes(row, author)
        if not changed_fields(type(row), published_revision(row).content, own):
            raise ValidationError(_("There are no changes of your own to publish."))
        return publish_part(row, own, author=author)


def changed_languages(row: RevisedModel) -> list[str]:
    """Return the languages in which the newest revision has other texts than what visitors see, or have seen last."""
    base = last_published(row)
    changed = {*changed_fields(type(row), base.content if base else {}, newest_revision(row).content)}
    return [language for language in stored_languages() if not changed.isdisjoint(columns_in(type(row), language))]


def columns_in(model: Model, language: str) -> list[str]:
    """Return the columns of the translated fields of a model in a language."""
    return [f"{field}_{language}" for field in translated_fields(model)]


def one_language(row: RevisedModel, language: str) -> Content:
    """Return the published content with the newest texts in one language, and the newest facts."""
    model = type(row)
    content = savable_content(model, newest_revision(row).content)
    base = last_published(row)
    published = complete_content(model, base.content if base else {})
    others = {each for each in settings.MODELTRANSLATION_LANGUAGES if each != language}
    waiting = {column for other in others for column in columns_in(model, other)}
    return content | {column: published[column] for column in waiting}


def publish_language(row: Row, language: str, *, author: User, head: Revision) -> Row:
    """
    Publish the newest texts in one language, and the newest facts. The texts in others become a draft on top of it.

    `head` is the newest revision that the author has seen. Raise ValidationError.
    """
    with transaction.atomic():
        row = lock_as_seen(row, head)
        if language not in changed_languages(row):
            raise ValidationError(_("There are no changes in this language to publish."))
        return publish_part(row, one_language(row, language), author=author)


def lock_as_seen(row: Row, head: Revision) -> Row:
    """Lock a row that is not in the bin. Raise ValidationError if `head` is not its newest revision."""
    row = lock(row)
    check_not_in_bin(row)
    if row.head_id != head.pk:
        raise ValidationError(_("Somebody has saved a newer version meanwhile."))
    return row


def publish_part(
    row: Row,
    part: Content,
    *,
    author: User | None,
    decided: Collection[str] = (),
    completed: Callable[[Content], Content] = lambda content: content,
) -> Row:
    """
    Publish a content, such as a part of what the newest revision has changed. The rest becomes a draft on top of it.

    The draft has a revision for each of the present ones, with what is left of it, by the same author. It is
    submitted, scheduled and previewed as before. `decided` names fields that the draft has as they are published.
    `completed` gives the content of each former revision with what it lacks only because its author could not see it.
    """
    model, head = type(row), newest_revision(row)
    waiting = {*changed_fields(model, part, completed(complete_content(model, head.content)))}.difference(decided)
    drafts = unpublished_revisions(row)
    submitted = {"submitted_at": row.submitted_at, "submitted_by": row.submitted_by}
    schedule = row.schedules.filter(action=Schedule.Action.PUBLISH, revision__in=drafts).first()
    replaced: dict[int, Revision] = {}
    if base := last_published(row):
        update_row(row, head=base)
    _row, published = write_revision(row, part, author=author)
    row = publish(row, author=author, revision=published)
    content = complete_content(model, published.content)
    for draft in drafts:
        before, after = (
            completed(complete_content(model, each.content if each else {})) for each in (draft.parent, draft)
        )
        changed = changed_fields(model, before, after)
        written = content | {name: after[name] for name in changed if name in waiting}
        if changed_fields(model, content, written):
            written_by = {"author": draft.author, "author_name": draft.author_name, "comment": draft.comment}
            update_row(row, head=add_revision(row, written, **written_by))
            content = written
        replaced[draft.pk] = newest_revision(row)
    if row.has_draft:
        update_row(row, **submitted)
        for draft in drafts:
            PreviewLink.objects.filter(revision=draft).update(revision=replaced[draft.pk])
        # What was said about the draft goes with it.
        said = [Event.Kind.REMARKED, Event.Kind.RETURNED]
        row.events.filter(kind__in=said, revision__in=drafts).update(revision=row.head)
        for event in row.events.filter(kind=Event.Kind.SUBMITTED, revision__in=drafts):
            # Or somebody would seem to have changed the draft since it was submitted.
            row.events.filter(pk=event.pk).update(revision=replaced[event.revision_id])
        if schedule and replaced[schedule.revision_id] != published:
            row.schedules.create(
                action=schedule.action,
                at=schedule.at,
                revision=replaced[schedule.revision_id],
                author=schedule.author,
                author_name=schedule.author_name,
            )
    return row


def unpublish(row: Row, *, author: Author, with_end_note: bool = False) -> Row:
    """Unpublish the row. Its revisions stay. `with_end_note` is that of `public_changes.withdrawal_change`."""
    with transaction.atomic():
        row = lock(row)
        if not row.is_published:
            return row
        live = published_revision(row)
        row = unpublish_row(row, with_end_note=with_end_note)
        revoke_links(row.revisions.filter(pk=live.pk))
        row.schedules.filter(action=Schedule.Action.WITHDRAW).delete()
        add_event(row, Event.Kind.WITHDRAWN, author, live)
    return row


def unpublish_row(row: Row, *, with_end_note: bool = False) -> Row:
    """Unpublish the row, which from now on has the content of its newest revision."""
    if row.is_published:
        record_unpublishing(row, published_revision(row), with_end_note=with_end_note)
    row.is_published, row.live = False, None
    written = row_with(row, newest_revision(row).content)
    if type(row).objects.filter(slug=written.slug).exclude(pk=row.pk).exists():
        # The slug of the draft was free when it was written. When it is next saved, staff read that it is taken.
        written.slug = row.slug
    save_row(written)
    update_outdated(written)
    return written


def delete(row: Row, *, author: User | None) -> Row:
    """Unpublish the row and put it into the bin."""
    with transaction.atomic():
        row = lock(row)
        if row.deleted_at is not None:
            return row
        row = unpublish_row(row)
        row.schedules.all().delete()
        revoke_links(row.revisions.all())
        update_row(
            row, deleted_at=timezone.now(), deleted_by=display_name(author), submitted_at=None, submitted_by=""
        )
        add_event(row, Event.Kind.DELETED, author, row.head)
    return row


def undelete(row: Row, *, author: User | None) -> Row:
    """Put the row back from the bin, as a draft."""
    with transaction.atomic():
        row = lock(row)
        if row.deleted_at is None:
            return row
        update_row(row, deleted_at=None, deleted_by="")
        add_event(row, Event.Kind.UNDELETED, author, row.head)
    return row


def undo_state(row: RevisedModel) -> dict[str, Any]:
    """Return what `undo` needs to know of a row before it is published, unpublished or deleted."""
    links = PreviewLink.objects.filter(revision__in=row.revisions.all(), is_kept=False, revoked_at=None)
    state = {
        "live": row.live_id if row.is_published else None,
        "head": row.head_id,
        "submitted_at": row.submitted_at and row.submitted_at.isoformat(),
        "submitted_by": row.submitted_by,
        "links": list(links.values_list("pk", flat=True)),
        "plans": [
            {
                "action": schedule.action,
                "at": schedule.at.isoformat(),
                "revision_id": schedule.revision_id,
                "author_id": schedule.author_id,
                "author_name": schedule.author_name,
            }
            for schedule in row.schedules.all()
        ],
    }
    return {name: value for name, value in state.items() if value}  # the session holds many of these


def last_event_id(row: RevisedModel) -> int:
    """Return the primary key of the last event of a row, or 0."""
    return row.events.aggregate(last=models.Max("pk"))["last"] or 0


# Events that neither change what was undone, nor are undone with it
HARMLESS_TO_UNDO = [
    Event.Kind.SUBMITTED,
    Event.Kind.REMARKED,
    Event.Kind.CONFIRMED,
    Event.Kind.CORRECTED,
    Event.Kind.UNCONFIRMED,
    Event.Kind.MOVED,
]


def is_changed_since(row: RevisedModel, event: int) -> bool:
    """Return whether a row has a later event than `event`, a primary key, that undoing it would undo too."""
    return row.events.filter(pk__gt=event).exclude(kind__in=HARMLESS_TO_UNDO).exists()


def undo(row: RevisedModel, before: Mapping, event: int, *, author: User | None) -> bool:
    """
    Undo an event: publish, unpublish, undelete, submit and schedule the row as it was in the state before it.

    Revisions since then stay, as a draft. If the row has a later event than `event`, which is a primary key,
    nothing is changed and False is returned. Raise ValidationError.
    """
    with transaction.atomic():
        row = lock(row)
        if is_changed_since(row, event):
            return False
        submitted = {"submitted_at": row.submitted_at, "submitted_by": row.submitted_by}
        row = undelete(row, author=author)
        if "live" in before and (live := row.revisions.filter(pk=before["live"]).first()):
            row = publish(row, author=author, revision=live)
        else:
            row = unpublish(row, author=author)
        if "submitted_at" in before and row.head_id == before.get("head"):
            submitted = {
                "submitted_at": datetime.fromisoformat(before["submitted_at"]),
                "submitted_by": before["submitted_by"],
            }
        update_row(row, **(submitted if row.has_draft else {"submitted_at": None, "submitted_by": ""}))
        bring_back_links_and_schedules(row, before)
    return True


def bring_back_links_and_schedules(row: RevisedModel, before: Mapping) -> None:
    """Let the preview links and the schedules of a state that is undone work again, as far as they are not over."""
    now = timezone.now()
    links = PreviewLink.objects.filter(pk__in=before.get("links", ()), revision__in=row.revisions.all())
    links.filter(expires_at__gt=now).update(revoked_at=None)
    for schedule in before.get("plans", ()):
        at = datetime.fromisoformat(schedule["at"])
        if at > now and not row.schedules.filter(action=schedule["action"]).exists():
            row.schedules.create(**{**schedule, "at": at})
