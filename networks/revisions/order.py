"""
The order of networks, and of plain pages: which stands before which, for visitors and in the lists of the admin.

It belongs to the list and not to the content of a row, so moving a row makes no revision and outdates no translation,
and restoring a revision moves nothing.
"""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from networks.models import Event
from networks.revisions.content import Model, Row
from networks.revisions.storage import add_event, check_not_in_bin


@dataclass(frozen=True)
class Move:
    """
    A move that was made: the places before and after it, counted from 1.

    `former` is the primary key of the row after which it stood, None at the top, and `event` that of the event.
    """

    old: int
    new: int
    former: int | None
    event: int


def last_position(model: Model) -> int:
    """Return the position of the last row outside the bin, 0 if there is none. A new row comes after it."""
    return model._base_manager.filter(deleted_at=None).aggregate(last=Max("position"))["last"] or 0


def lock_order(model: Model) -> dict[int, int]:
    """Return the positions of the rows outside the bin by primary key, in their order, locked for the transaction."""
    rows = model._base_manager.filter(deleted_at=None)
    # In the order of their keys, as everybody locks several rows
    list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return dict(rows.order_by(*model._meta.ordering or ()).values_list("pk", "position"))


def move(
    row: Row, *, author: User | None, before: int | None = None, after: int | None = None, place: int | None = None
) -> Move | None:
    """
    Move a row directly before or after another one, given by its primary key, or to a place, counted from 1.

    Visitors see it at once. Of two people who move at the same time, each row comes to stand beside the one that they
    have chosen. Return None if the row stands there already. Raise ValidationError if one of the rows is in the bin.
    """
    with transaction.atomic():
        positions = lock_order(type(row))
        # Not by `storage.lock`, which makes the first revision of a row that was loaded
        row = type(row)._base_manager.get(pk=row.pk)
        check_not_in_bin(row)
        order = list(positions)
        old = order.index(row.pk)
        order.remove(row.pk)
        if place is not None:
            new = min(max(place - 1, 0), len(order))
        else:
            beside = before if after is None else after
            if beside == row.pk:
                return None
            if beside not in order:
                raise ValidationError(
                    _("What it was to stand beside is in the bin now. Look at the order, and move again.")
                )
            new = order.index(beside) + (after is not None)
        if new == old:
            return None
        former = order[old - 1] if old else None
        order.insert(new, row.pk)
        write_positions(row, {pk: place for place, pk in enumerate(order, start=1) if positions[pk] != place})
        event = add_event(row, Event.Kind.MOVED, author, explanation=f"{old + 1} → {new + 1}")
    return Move(old + 1, new + 1, former, event.pk)


def write_positions(moved: Row, positions: dict[int, int]) -> None:
    """Write new positions by primary key. That of the moved row raises the content version, if it is published."""
    model = type(moved)
    model._base_manager.bulk_update([model(pk=pk, position=each) for pk, each in positions.items()], ["position"])
    moved.position = positions.get(moved.pk, moved.position)
    # Not by `save`, which would set `changed_at`; the signals are the same.
    moved.save_base(using=router.db_for_write(model), update_fields=frozenset({"position"}))


def move_back(row: Row, made: Move, *, author: User | None) -> bool:
    """
    Undo a move: put the row after the one after which it stood before.

    If it was moved again since, change nothing and return False.
    """
    with transaction.atomic():
        positions = lock_order(type(row))
        if row.pk not in positions or row.events.filter(kind=Event.Kind.MOVED, pk__gt=made.event).exists():
            return False
        # Where that row is in the bin by now, to the place where it stood
        if made.former in positions:
            move(row, author=author, after=made.former)
        else:
            move(row, author=author, place=made.old)
    return True
