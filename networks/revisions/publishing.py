"""
Publish, unpublish, delete and undelete networks, and undo it. What is new to citizens goes on the public record.

The row of a network is what citizens see; a revision is what somebody wrote. Each function runs in one transaction
that locks the row.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from networks.models import Event, Network, PreviewLink, Revision, Schedule
from networks.revisions.content import Content, changed_fields, complete_content, current_content, network_with
from networks.revisions.previews import end_links
from networks.revisions.public_changes import put_on_record, tell, withdrawal
from networks.revisions.storage import (
    Author,
    add_revision,
    lock,
    name_of,
    newest,
    point,
    record,
    refuse_foreign,
    refuse_in_bin,
    save_row,
    seen,
    validated,
    write,
)

# What citizens never see
NOT_PUBLIC = {"internal_note"}


def publish(network: Network, *, author: Author, revision: Revision | None = None) -> Network:
    """Make a version, or else the newest one, what citizens see. Raises ValidationError."""
    with transaction.atomic():
        row = lock(network)
        refuse_in_bin(row)
        refuse_foreign(row, revision)
        revision = revision or newest(row)
        if row.is_published and row.live_id == revision.pk:
            return row
        before = row.live
        row.is_published, row.live = True, revision
        if revision == row.head:
            row.submitted_at, row.submitted_by = None, ""
        network = validated(row, revision.content)
        changed_at = row.changed_at
        save_row(network)
        if before and not {*changed_fields(before.content, revision.content)} - NOT_PUBLIC:
            point(network, changed_at=changed_at)  # for citizens nothing has changed
        # What was planned for this version or an older one must not come back over it.
        network.schedules.filter(action=Schedule.Action.PUBLISH, revision__number__lte=revision.number).delete()
        record(network, Event.Kind.PUBLISHED, author, revision)
        tell(network, revision, before)
    return network


def unpublished(row: Network) -> list[Revision]:
    """Return the versions that led from what citizens see to the newest one, the oldest first."""
    newer = {each.pk: each for each in row.revisions.filter(number__gt=row.live.number if row.live else 0)}
    found, pk = [], row.head_id
    while pk in newer:
        found.append(newer[pk])
        pk = newer[pk].parent_id
    for each in found:
        if each.parent_id in newer:
            each.parent = newer[each.parent_id]
        elif each.parent_id == row.live_id:
            each.parent = row.live
    return found[::-1]


def unfinished(row: Network, user: User) -> list[Revision]:
    """Return the versions that others have written since somebody submitted or planned one, or citizens saw one."""
    submitted = row.events.filter(kind=Event.Kind.SUBMITTED).order_by("-pk").first() if row.submitted_at else None
    plan = row.schedules.filter(action=Schedule.Action.PUBLISH).first()
    # Of a network that is off the site, citizens have seen what was published last.
    seen = None if row.live else row.events.filter(kind=Event.Kind.PUBLISHED).order_by("-pk").first()
    passed = max((each.revision.number for each in (submitted, plan, seen) if each and each.revision), default=0)
    differing = {*changed_fields(row.live.content if row.live else {}, newest(row).content)}
    return [
        each
        for each in unpublished(row)
        if each.number > passed
        # What no person wrote was loaded or imported, and nobody is still at it.
        and each.author_name
        and each.author_id != user.pk
        and (each.parent is None or differing & {*changed_fields(each.parent.content, each.content)})
    ]


def own_changes(row: Network, user: User) -> tuple[Content, list[str]]:
    """
    Return what citizens see with only the changes that somebody has made to it since, and the fields left out.

    Those are left out in which the person went on from what a colleague had written.
    """
    own, left_out = current_content(seen(row).content), []
    for revision in unpublished(row):
        if revision.author_id != user.pk or revision.parent is None:
            continue
        before, after = current_content(revision.parent.content), current_content(revision.content)
        for name in changed_fields(before, after):
            if name not in left_out and before[name] == own[name]:
                own[name] = after[name]
            elif after[name] != own[name] and name not in left_out:
                left_out.append(name)
    return own, left_out


def publish_own(network: Network, *, author: User, head: Revision) -> Network:
    """
    Publish what the author has changed, without what others have: theirs becomes a draft on top of it, version by
    version. `head` is the version that the author has seen. Raises ValidationError.
    """
    with transaction.atomic():
        row = lock(network)
        refuse_in_bin(row)
        if row.head_id != head.pk:
            raise ValidationError(_("Somebody has saved a newer version meanwhile."))
        if not row.is_published:
            raise ValidationError(_("The network is not on the site."))
        drafts, submitted = unpublished(row), {"submitted_at": row.submitted_at, "submitted_by": row.submitted_by}
        own, _left_out = own_changes(row, author)
        if not changed_fields(seen(row).content, own):
            raise ValidationError(_("There are no changes of your own to publish."))
        plan = row.schedules.filter(action=Schedule.Action.PUBLISH, revision=head).first()
        point(row, head=row.live)
        _row, mine = write(row, own, author=author)
        row = publish(row, author=author, revision=mine)
        content = complete_content(mine.content)
        for draft in drafts:
            after = complete_content(draft.content)
            changed = changed_fields(draft.parent.content if draft.parent else {}, after)
            written = content | {name: after[name] for name in changed}
            if changed_fields(content, written):
                written_by = {"author": draft.author, "author_name": draft.author_name, "comment": draft.comment}
                point(row, head=add_revision(row, written, **written_by))
                content = written
        if row.has_draft:
            point(row, **submitted)
            PreviewLink.objects.filter(revision=head).update(revision=row.head)
            if plan:
                Schedule.objects.create(
                    network=row,
                    action=plan.action,
                    at=plan.at,
                    revision=row.head,
                    author=plan.author,
                    author_name=plan.author_name,
                )
    return row


def withdraw(network: Network, *, author: Author) -> Network:
    """Take the network off the site. All that is written stays."""
    with transaction.atomic():
        row = lock(network)
        if not row.is_published:
            return row
        live = seen(row)
        network = hide(row)
        end_links(network.revisions.filter(pk=live.pk))
        network.schedules.filter(action=Schedule.Action.WITHDRAW).delete()
        record(network, Event.Kind.WITHDRAWN, author, live)
    return network


def hide(row: Network) -> Network:
    """Take the row off the site. From now on it holds its newest version."""
    if row.is_published:
        live = seen(row)
        put_on_record(row, live, [withdrawal(current_content(live.content))])
    row.is_published, row.live = False, None
    network = network_with(row, newest(row).content)
    if Network.objects.filter(slug=network.slug).exclude(pk=row.pk).exists():
        # The address that the draft asks for was free when it was written. The draft says so when it is next saved.
        network.slug = row.slug
    save_row(network)
    return network


def delete(network: Network, *, author: User | None) -> Network:
    """Take the network off the site and put it into the bin."""
    with transaction.atomic():
        row = lock(network)
        if row.deleted_at is not None:
            return row
        network = hide(row)
        network.schedules.all().delete()
        end_links(network.revisions.all())
        point(network, deleted_at=timezone.now(), deleted_by=name_of(author), submitted_at=None, submitted_by="")
        record(network, Event.Kind.DELETED, author, network.head)
    return network


def undelete(network: Network, *, author: User | None) -> Network:
    """Put the network back from the bin, as a draft."""
    with transaction.atomic():
        row = lock(network)
        if row.deleted_at is None:
            return row
        point(row, deleted_at=None, deleted_by="")
        record(row, Event.Kind.UNDELETED, author, row.head)
    return row


def standing(row: Network) -> dict[str, Any]:
    """Return what `undo` needs to know of a network before it is published, withdrawn or deleted."""
    links = PreviewLink.objects.filter(revision__network=row, is_kept=False, revoked_at=None)
    found = {
        "live": row.live_id if row.is_published else None,
        "head": row.head_id,
        "submitted_at": row.submitted_at and row.submitted_at.isoformat(),
        "submitted_by": row.submitted_by,
        "links": list(links.values_list("pk", flat=True)),
        "plans": [
            {
                "action": plan.action,
                "at": plan.at.isoformat(),
                "revision_id": plan.revision_id,
                "author_id": plan.author_id,
                "author_name": plan.author_name,
            }
            for plan in row.schedules.all()
        ],
    }
    return {name: value for name, value in found.items() if value}  # it is kept in a session, for many at once


def last_event(row: Network) -> int:
    """Return the number of the last thing that was done with a network."""
    return row.events.aggregate(last=models.Max("pk"))["last"] or 0


def undo(network: Network, before: Mapping, event: int, *, author: User | None) -> bool:
    """
    Let a network stand again as it did before an event: on the site or not, in the bin or not, submitted, planned.

    What was written since stays, as a draft. Where something was done with the network since, nothing is changed,
    and the result is False. Raises ValidationError.
    """
    with transaction.atomic():
        row = lock(network)
        if row.events.filter(pk__gt=event).exclude(kind=Event.Kind.SUBMITTED).exists():
            return False
        submitted = {"submitted_at": row.submitted_at, "submitted_by": row.submitted_by}
        row = undelete(row, author=author)
        if "live" in before and (live := row.revisions.filter(pk=before["live"]).first()):
            row = publish(row, author=author, revision=live)
        else:
            row = withdraw(row, author=author)
        if "submitted_at" in before and row.head_id == before.get("head"):
            submitted = {
                "submitted_at": datetime.fromisoformat(before["submitted_at"]),
                "submitted_by": before["submitted_by"],
            }
        point(row, **(submitted if row.has_draft else {"submitted_at": None, "submitted_by": ""}))
        PreviewLink.objects.filter(pk__in=before.get("links", ()), revision__network=row).update(revoked_at=None)
        for plan in before.get("plans", ()):
            at = datetime.fromisoformat(plan["at"])
            if at > timezone.now() and not row.schedules.filter(action=plan["action"]).exists():
                Schedule.objects.create(network=row, **{**plan, "at": at})
    return True
