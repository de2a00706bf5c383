"""
Whether the city was a member of a network on a day: certainly, perhaps, or not.

A partial date such as 2007 is a range of days, never the first of January; a missing date is unknown.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any

from django.utils import timezone

from networks.models import Network
from networks.partial_dates import PartialDate


class Membership(Enum):
    """
    Whether the city was a member on a day, the more certain first. (If it certainly was not, functions return None.)
    """

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


@dataclass(frozen=True)
class Period:
    """A time of membership, in the terms of `bounds_of`. `founded` is a date before which it cannot have begun."""

    joined: PartialDate | None
    left: PartialDate | None
    founded: PartialDate | None
    status: str


def periods_of(network: Any) -> Iterator[Period]:
    """
    Yield the times in which the city was a member of a network: that of its own dates, and the earlier ones.

    If it is not known since when the city is a member, then since the last earlier period at the earliest.
    """
    ends = []
    for line in network.periods:
        joined, left = (date_of(line.get(name)) for name in ("joined", "left"))
        if left:
            ends.append(left)
            yield Period(joined, left, network.founded, Network.Status.LEFT)
    known = [each for each in (*ends, network.founded) if each]
    begun = max(known, key=lambda each: each.earliest, default=None)
    yield Period(network.joined, network.left, begun, network.status)


def date_of(text: Any) -> PartialDate | None:
    """Return the partial date of a column of a line; None for what is none."""
    with suppress(ValueError, TypeError):
        return PartialDate.fromisoformat(text)
    return None


def first_membership(networks: Iterable[Any]) -> PartialDate | None:
    """Return the earliest known date of the beginning of a membership; None if there is none."""
    begun = (period.joined for network in networks for period in periods_of(network) if period.joined)
    return min(begun, key=lambda date: (date.earliest, date.latest), default=None)


def membership_on(network: Any, day: date, *, today: date | None = None) -> Membership | None:
    """
    Return whether the city was a member of a network on a day; None if it certainly was not.

    It certainly was not only if the day is outside of each period of membership for all possible dates. The future
    is not certain. `today` is the day for which the status of the network holds. `network` is a Network or a named
    tuple of its columns.
    """
    today = today or timezone.localdate()
    found = {membership_in(period, day, today) for period in periods_of(network)}
    return next((each for each in Membership if each in found), None)


def membership_in(period: Period, day: date, today: date) -> Membership | None:
    bounds = bounds_of(period, today)
    if day < bounds.joined_from or day > bounds.left_by:
        return None
    if bounds.joined_by is None:
        return Membership.UNDATED
    return Membership.MEMBER if bounds.joined_by <= day <= bounds.left_from else Membership.PERHAPS
