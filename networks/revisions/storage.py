"""
The parts of all functions that write a network: the locked row, its revisions, and its events.

Call these within a transaction that has locked the row with `lock`.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from networks.models import Event, Network, Revision, Schedule, free_slug
from networks.reading import translated_fields
from networks.revisions.content import complete_content, content_of, network_with, normalise_content
from networks.revisions.public_changes import record_public_changes

# A user, a schedule in the name of the user who made it, or None for a command
Author = User | Schedule | None


def write_revision(
    row: Network,
    content: Mapping,
    *,
    author: User | None,
    comment: str = "",
    restored_from: Revision | None = None,
    normalised: Collection[str] = (),
) -> tuple[Network, Revision]:
    """Add a revision that becomes the newest one. Return the row, which has its content if it is a draft, and it."""
    network = clean_network(row, content, normalised=normalised)
    revision = add_revision(
        row, content_of(network), restored_from=restored_from, comment=comment, **author_fields(author)
    )
    if not row.is_published:
        save_row(network)
        row = network
    update_row(row, head=revision)
    return row, revision


def clean_network(row: Network, content: Mapping, *, normalised: Collection[str] = ()) -> Network:
    """
    Return the network with the content, and with a slug. Raise ValidationError.

    `normalised` names the fields that the caller has normalised already; all others are normalised here.
    """
    others = {name: value for name, value in content.items() if name not in normalised}
    network = network_with(row, complete_content(content) | normalise_content(others))
    if not network.slug:
        network.slug = row.slug or free_slug(network, network.heading)
    network.full_clean(exclude=translated_fields(Network))
    return network


def save_row(network: Network) -> None:
    """Save a network of `network_with`, and its themes."""
    prefetched = network._prefetched_objects_cache  # type: ignore[attr-defined]  # made by network_with
    themes = list(prefetched.pop("themes"))
    try:
        with transaction.atomic():
            network.save()
    except IntegrityError:
        # Somebody else has taken the slug since it was validated, or a field that no form shows breaks a newer rule.
        # For any other error there is nothing that staff could correct.
        network.validate_unique()
        network.validate_constraints()
        raise
    network.themes.set(themes)


def update_row(row: Network, **values: Any) -> None:
    """Update fields that are not content, in the database and in the instance, without a new `changed_at`."""
    Network.objects.filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)


def lock(network: Network) -> Network:
    """Return the network as it is in the database, locked until the transaction ends."""
    row = Network.objects.select_for_update(no_key=True).get(pk=network.pk)
    if row.head_id is None:
        # What loaddata or a script has written becomes a revision when somebody first works on it.
        loaded = add_revision(row, content_of(row), created_at=row.changed_at)
        row.changes.filter(revision=None).update(revision=loaded)
        if row.is_published:
            record_public_changes(row, loaded, happened_at=row.changed_at)
        update_row(row, head=loaded, live=loaded if row.is_published else None)
    return row


def newest_revision(network: Network) -> Revision:
    """Return the newest revision of a network, and make the first one where there is none."""
    if network.head is None:
        with transaction.atomic():
            row = lock(network)
        network.head, network.live = row.head, row.live
    return require_revision(network.head)


def published_revision(row: Network) -> Revision:
    """Return the revision that visitors see of a published network."""
    return require_revision(row.live)


def require_revision(revision: Revision | None) -> Revision:
    if revision is None:
        raise ValueError("The network has no such revision.")
    return revision


def add_revision(row: Network, content: Mapping, **details: Any) -> Revision:
    last = row.revisions.first()
    revision = Revision(
        network=row, number=last.number + 1 if last else 1, content=content, parent=row.head or last, **details
    )
    revision.clean_fields(exclude=["content"])
    revision.save()
    return revision


def author_fields(author: User | None) -> dict[str, Any]:
    return {"author": author, "author_name": display_name(author)}


def display_name(author: User | None) -> str:
    return (author.get_full_name() or author.get_username()) if author else ""


def add_event(
    row: Network, kind: Event.Kind, author: Author, revision: Revision | None = None, **details: Any
) -> Event:
    if isinstance(author, Schedule):
        details |= {"author": author.author, "author_name": author.author_name, "planned_for": author.at}
    else:
        details |= author_fields(author)
    return Event.objects.create(network=row, kind=kind, revision=revision, **details)


def check_not_in_bin(row: Network) -> None:
    if row.deleted_at is not None:
        raise ValidationError(_("This network is in the bin. Put it back first."))


def check_own_revision(row: Network, revision: Revision | None) -> None:
    if revision is not None and revision.network_id != row.pk:
        raise ValueError(f"Version {revision} is of another network than {row.pk}.")
