"""
What every function that writes a network is made of: the locked row, its revisions, and the log of events.

Call these within a transaction that has locked the row with `lock`.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from networks.models import Event, Network, Revision, Schedule, free_slug
from networks.reading import translated_fields
from networks.revisions.content import complete_content, content_of, network_with, normalised_content
from networks.revisions.public_changes import tell

# Who does something: somebody, a plan in the name of who made it, or a command
Author = User | Schedule | None


def write(
    row: Network,
    content: Mapping,
    *,
    author: User | None,
    comment: str = "",
    restored_from: Revision | None = None,
) -> tuple[Network, Revision]:
    """Make a revision, which becomes the newest one, and return the row and it."""
    network = validated(row, content)
    revision = add_revision(row, content_of(network), restored_from=restored_from, comment=comment, **signed(author))
    if not row.is_published:
        save_row(network)
        row = network
    point(row, head=revision)
    return row, revision


def validated(row: Network, content: Mapping) -> Network:
    """Return the network with the content, whose slug is made where it is empty; raise ValidationError."""
    network = network_with(row, complete_content(content) | normalised_content(content))
    if not network.slug:
        network.slug = row.slug or free_slug(network, network.heading)
    network.full_clean(exclude=translated_fields(Network))
    return network


def save_row(network: Network) -> None:
    """Write the network and its themes as they stand in the instance."""
    prefetched = network._prefetched_objects_cache  # type: ignore[attr-defined]  # made by network_with
    themes = list(prefetched.pop("themes"))
    try:
        with transaction.atomic():
            network.save()
    except IntegrityError:
        # Somebody else has taken the address since it was validated, or what is hidden was never validated by the
        # rules of today. Of anything else, nobody at the desk can be told what to correct.
        network.validate_unique()
        network.validate_constraints()
        raise
    network.themes.set(themes)


def point(row: Network, **values: Any) -> None:
    """Write where a network stands, without touching its content or the time of its last change."""
    Network.objects.filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)


def lock(network: Network) -> Network:
    """Return the row anew, and let nobody else write it until the transaction ends."""
    row = Network.objects.select_for_update(no_key=True).get(pk=network.pk)
    if row.head_id is None:
        # What loaddata or a script has written past this door is a version too, from when somebody first works on it.
        loaded = add_revision(row, content_of(row), created_at=row.changed_at)
        row.changes.filter(revision=None).update(revision=loaded)
        if row.is_published:
            tell(row, loaded, happened_at=row.changed_at)
        point(row, head=loaded, live=loaded if row.is_published else None)
    return row


def newest(network: Network) -> Revision:
    """Return the version that somebody who opens the network goes on from."""
    if network.head is None:
        with transaction.atomic():
            row = lock(network)
        network.head, network.live = row.head, row.live
    return existing(network.head)


def seen(row: Network) -> Revision:
    """Return the version that citizens see of a network that is on the site."""
    return existing(row.live)


def existing(revision: Revision | None) -> Revision:
    if revision is None:
        raise ValueError("The network has no such version.")
    return revision


def add_revision(row: Network, content: Mapping, **details: Any) -> Revision:
    last = row.revisions.first()
    revision = Revision(
        network=row, number=last.number + 1 if last else 1, content=content, parent=row.head or last, **details
    )
    revision.clean_fields(exclude=["content"])
    revision.save()
    return revision


def signed(author: User | None) -> dict[str, Any]:
    return {"author": author, "author_name": name_of(author)}


def name_of(author: User | None) -> str:
    return (author.get_full_name() or author.get_username()) if author else ""


def record(row: Network, kind: Event.Kind, author: Author, revision: Revision | None = None, **details: Any) -> Event:
    if isinstance(author, Schedule):  # done at its time, in the name of who planned it
        details |= {"author": author.author, "author_name": author.author_name, "planned_for": author.at}
    else:
        details |= signed(author)
    return Event.objects.create(network=row, kind=kind, revision=revision, **details)


def refuse_in_bin(row: Network) -> None:
    if row.deleted_at is not None:
        raise ValidationError(_("This network is in the bin. Put it back first."))


def refuse_foreign(row: Network, revision: Revision | None) -> None:
    if revision is not None and revision.network_id != row.pk:
        raise ValueError(f"Version {revision} is of another network than {row.pk}.")
