"""
Whether the city was a member of a network on a day: certainly, perhaps, or not.

A partial date such as 2007 is a range of days, never the first of January; a missing date is unknown.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any

from django.utils import timezone

from networks.models import Network


class Membership(Enum):
    """Whether the city was a member on a day. (If it certainly was not, functions return None.)"""

    MEMBER = "member"  # certainly
    PERHAPS = "perhaps"  # the dates are not exact enough
    UNDATED = "undated"  # the beginning is unknown, and the membership had not certainly ended


@dataclass(frozen=True)
class Bounds:
    """
    The first and the last possible day of the beginning of a membership, and of its end (its last day).

    `joined_by` is None if the beginning is unknown.
    """

    joined_from: date
    joined_by: date | None
    left_from: date
    left_by: date


def bounds_of(network: Any, today: date) -> Bounds:
    """
    Return the bounds that follow from the dates and the status of a network.

    A city leaves after joining. A member has joined by today, and leaves today at the earliest; a former member left
    yesterday at the latest. Where date and status contradict each other, the date counts. `network` is a Network or a
    named tuple of its columns.
    """
    joined, left, founded, status = network.joined, network.left, network.founded, network.status
    left_from = left.earliest if left else date.min
    left_by = left.latest if left else date.max
    joined_by = joined.latest if joined else None
    if joined:
        joined_from = joined.earliest
    elif founded and founded.earliest <= left_by:
        joined_from = founded.earliest
    else:
        joined_from = date.min
    if status == Network.Status.MEMBER and joined_from <= today <= left_by:
        left_from = max(left_from, today)
        joined_by = joined_by and min(joined_by, today)
    yesterday = today - timedelta(days=1)
    if status in (Network.Status.LEFT, Network.Status.ENDED) and max(joined_from, left_from) <= yesterday:
        left_by = min(left_by, yesterday)
    return Bounds(joined_from, joined_by and min(joined_by, left_by), max(left_from, joined_from), left_by)


def membership_on(network: Any, day: date, *, today: date | None = None) -> Membership | None:
    """
    Return whether the city was a member of a network on a day; None if it certainly was not.

    It certainly was not only if the day is outside of the membership for all possible dates. The future is not
    certain. `today` is the day for which the status of the network holds.
    """
    bounds = bounds_of(network, today or timezone.localdate())
    if day < bounds.joined_from or day > bounds.left_by:
        return None
    if bounds.joined_by is None:
        return Membership.UNDATED
    return Membership.MEMBER if bounds.joined_by <= day <= bounds.left_from else Membership.PERHAPS
