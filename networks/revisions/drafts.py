"""
Save, submit, discard and restore drafts. Citizens see none of it until it is published.

A draft is a revision that is newer than the published one. A save names the revision that it started from, and what
others have saved since is merged. Each function runs in one transaction that locks the row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from networks.models import Event, Network, Revision, Schedule
from networks.revisions.content import (
    changed_fields,
    content_of,
    current_content,
    known_content,
    merge,
    normalised_content,
)
from networks.revisions.previews import end_links
from networks.revisions.saved_forms import remember_form
from networks.revisions.schedules import cancel
from networks.revisions.storage import (
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
    signed,
    validated,
    write,
)

# How often an address is made anew that somebody else takes at the same moment
ATTEMPTS = 20


class Conflict(Exception):
    """Two people have changed the same fields to different values. Nothing was saved."""

    def __init__(self, fields: list[str]):
        super().__init__(", ".join(fields))
        self.fields = fields


@dataclass(frozen=True)
class Saved:
    """What a save came to. `taken` names the fields that a colleague had changed meanwhile."""

    network: Network
    revision: Revision
    taken: list[str] = field(default_factory=list)
    is_new: bool = True


def save(
    network: Network | None,
    content: Mapping,
    *,
    author: User | None,
    base: Revision | None = None,
    comment: str = "",
    token: str = "",
    said: Mapping | None = None,
) -> Saved:
    """
    Write a version of a network, or the first version of a new one. Citizens see it when it is published.

    `base` is the revision that the author began with; without it, the newest one. What others have written since is
    taken over. Where nothing differs from the newest version, none is made. `token` is that of the form that was
    saved, `said` what stood in it before it was merged with what others wrote.

    Raises Conflict, or ValidationError with the messages by field.
    """
    content = normalised_content(content)
    with transaction.atomic():
        if network is None:
            saved = Saved(*create(content, author=author, comment=comment))
        else:
            row = lock(network)
            refuse_in_bin(row)
            refuse_foreign(row, base)
            head = current_content(newest(row).content)
            first = current_content((base or newest(row)).content)
            if not content.get("slug"):
                content["slug"] = head["slug"]
            merged = merge(first, head, current_content(first | content))
            if merged.conflicts:
                raise Conflict(merged.conflicts)
            if changed_fields(head, merged.content):
                row, revision = write(row, merged.content, author=author, comment=comment)
                saved = Saved(row, revision, merged.taken)
            else:
                saved = Saved(row, newest(row), merged.taken, is_new=False)
        if token and author:
            content = saved.revision.content if said is None else said
            remember_form(token, author, saved.network, revision=saved.revision, content=content)
    return saved


def create(content: Mapping, *, author: User | None, comment: str) -> tuple[Network, Revision]:
    row = Network()
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            network = validated(row, content)
            save_row(network)
            break
        except ValidationError as error:
            # Somebody has taken the address that was made here, before it was validated or after; there are others.
            if content.get("slug") or "slug" not in error.message_dict or not attempts_left:
                raise
    revision = add_revision(network, content_of(network), comment=comment, **signed(author))
    point(network, head=revision)
    return network, revision


def discard(network: Network, *, author: User | None) -> Network:
    """Go back to what citizens see. The discarded versions stay in the history."""
    with transaction.atomic():
        row = lock(network)
        if not row.is_published:
            raise ValidationError(_("There is nothing published to go back to."))
        if row.head_id == row.live_id:
            return row
        discarded = row.head
        end_links(row.revisions.filter(number__gt=seen(row).number))
        point(row, head=row.live, submitted_at=None, submitted_by="")
        for plan in row.schedules.filter(action=Schedule.Action.PUBLISH):
            cancel(plan, author=author)
        record(row, Event.Kind.DISCARDED, author, discarded)
    return row


def submit(network: Network, *, author: User | None) -> Network:
    """Put the newest version before the publishers."""
    with transaction.atomic():
        row = lock(network)
        refuse_in_bin(row)
        if not row.has_draft:
            raise ValidationError(_("There is no draft to publish."))
        point(row, submitted_at=timezone.now(), submitted_by=name_of(author))
        record(row, Event.Kind.SUBMITTED, author, row.head)
    return row


def restore(network: Network, revision: Revision, *, author: User | None) -> Saved:
    """
    Make an old version the newest one, as a draft. Raises ValidationError where it is not valid any more.

    Fields that the old version does not know stay as they are.
    """
    with transaction.atomic():
        row = lock(network)
        refuse_in_bin(row)
        refuse_foreign(row, revision)
        head = current_content(newest(row).content)
        content = current_content(head | known_content(revision.content))
        if not changed_fields(head, content):
            return Saved(row, newest(row), is_new=False)
        return Saved(*write(row, content, author=author, restored_from=revision))
