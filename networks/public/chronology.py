"""
Memberships in time: what is certain on a day, what is possible, and what nobody knows.

Dates may be known to the year only, or not at all. Nothing here takes the first of January for a date that
somebody gave.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from django.utils import timezone

from networks.models import Network


class Membership(Enum):
    """How a day stands to a membership that it may fall into."""

    MEMBER = "member"  # for certain
    PERHAPS = "perhaps"  # the dates are not known well enough to say
    UNDATED = "undated"  # nobody knows since when, and nothing says that it was over by then


@dataclass(frozen=True)
class Bounds:
    """
    What is known of a membership: the first and the last day on which it may have begun, and may have ended.

    The last day of a membership is still a day of it. `joined_by` is None where nobody knows when it began.
    """

    joined_from: date
    joined_by: date | None
    left_from: date
    left_by: date


def bounds_of(network, today: date) -> Bounds:
    """
    Return what the dates and the status of a network say together about the city's membership.

    Nobody leaves before joining. A member has joined by today, and leaves today at the earliest; who is said to
    have left was a member yesterday at the latest. Where a date says otherwise than the status, it is the date.
    `network` is a row, or the columns of one.
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


def membership_on(network, day: date, *, today: date | None = None) -> Membership | None:
    """
    Return how certain it is that the city was a member of the network on a day; None if it was not, for certain.

    A day is before the membership, or after it, for certain only where every date that is possible says so. What
    is to come is not certain. `today` is the day on which the status of the network is true.
    """
    bounds = bounds_of(network, today or timezone.localdate())
    if day < bounds.joined_from or day > bounds.left_by:
        return None
    if bounds.joined_by is None:
        return Membership.UNDATED
    return Membership.MEMBER if bounds.joined_by <= day <= bounds.left_from else Membership.PERHAPS
