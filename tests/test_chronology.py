"""Who was a member on a day: by hand, and against every pair of exact dates that is possible."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from networks.models import Network
from networks.partial_dates import PartialDate
from networks.public.chronology import Membership, membership_on

TODAY = date(2006, 9, 15)
MEMBER, PERHAPS, UNDATED = Membership


def network(joined=None, left=None, status="member", founded=None):
    dates = {"joined": joined, "left": left, "founded": founded}
    return Network(status=status, **{name: text and PartialDate.fromisoformat(text) for name, text in dates.items()})


@pytest.mark.parametrize(
    ("row", "day", "expected"),
    [
        # Known to the day
        (network("2003-05-03"), "2003-05-02", None),
        (network("2003-05-03"), "2003-05-03", MEMBER),
        (network("2003-05-03"), "2006-09-15", MEMBER),
        # What is to come is certain only where a date says so.
        (network("2003-05-03"), "2006-09-16", PERHAPS),
        (network("2003-05-03", "2006-12-31"), "2006-12-31", MEMBER),
        # Known to the year or the month
        (network("2003"), "2002-12-31", None),
        (network("2003"), "2003-01-01", PERHAPS),
        (network("2003"), "2003-12-30", PERHAPS),
        (network("2003"), "2003-12-31", MEMBER),
        (network("2003-05"), "2003-04-30", None),
        (network("2003-05"), "2003-05-01", PERHAPS),
        (network("2003-05"), "2003-05-31", MEMBER),
        # A member today has joined by today.
        (network("2006"), "2006-09-14", PERHAPS),
        (network("2006"), "2006-09-15", MEMBER),
        # Left: the last day is still one of membership.
        (network("2003", "2005-02-10", "left"), "2005-02-10", MEMBER),
        (network("2003", "2005-02-10", "left"), "2005-02-11", None),
        (network("2003", "2005-02", "left"), "2005-02-01", MEMBER),
        (network("2003", "2005-02", "left"), "2005-02-02", PERHAPS),
        (network("2003", "2005-02", "left"), "2005-02-28", PERHAPS),
        (network("2003", "2005-02", "left"), "2005-03-01", None),
        (network("2003", "2005", "ended"), "2004-07-01", MEMBER),
        (network("2003", "2005", "ended"), "2005-07-01", PERHAPS),
        (network("2003", "2005", "ended"), "2006-01-01", None),
        # Left this year, known to the year: not a member today, for the status says so.
        (network("2003", "2006", "left"), "2006-09-14", PERHAPS),
        (network("2003", "2006", "left"), "2006-09-15", None),
        # It is over, and nobody knows since when.
        (network("2003-05-03", status="left"), "2003-05-02", None),
        (network("2003-05-03", status="left"), "2003-05-03", MEMBER),
        (network("2003-05-03", status="left"), "2003-05-04", PERHAPS),
        (network("2003-05-03", status="ended"), "2006-09-14", PERHAPS),
        (network("2003-05-03", status="ended"), "2006-09-15", None),
        # Nobody knows whether it is over.
        (network("2003", status="unknown"), "2002-12-31", None),
        (network("2003", status="unknown"), "2005-01-01", PERHAPS),
        (network("2003", status="unknown"), "2006-09-15", PERHAPS),
        (network("2003", "2005", "unknown"), "2004-07-01", MEMBER),
        (network("2003", "2005", "unknown"), "2006-01-01", None),
        # Joined and left in the same year
        (network("2003", "2003", "left"), "2003-06-01", PERHAPS),
        (network("2003-05-03", "2003", "left"), "2003-05-03", MEMBER),
        (network("2003", "2003-05-03", "left"), "2003-05-03", MEMBER),
        (network("2003-05-03", "2003-05-03", "left"), "2003-05-03", MEMBER),
        # Nobody knows since when.
        (network(), "1066-01-01", UNDATED),
        (network(), "2006-09-15", UNDATED),
        (network(status="unknown"), "2003-01-01", UNDATED),
        (network(status="left"), "2003-01-01", UNDATED),
        (network(status="left"), "2006-09-15", None),
        (network(None, "2005", "left"), "2003-01-01", UNDATED),
        (network(None, "2005", "left"), "2005-12-31", UNDATED),
        (network(None, "2005", "left"), "2006-01-01", None),
        # There was no network to be a member of.
        (network(founded="1990"), "1989-12-31", None),
        (network(founded="1990"), "1990-01-01", UNDATED),
        (network(None, "1985", "left", founded="1990"), "1980-01-01", UNDATED),
        # The city may belong to what a network was before it was founded by its present name.
        (network("1985-01-01", founded="1990"), "1986-01-01", MEMBER),
    ],
)
def test_membership_on_a_day(row, day, expected):
    assert membership_on(row, date.fromisoformat(day), today=TODAY) is expected


EARLIER = [{"id": "1", "joined": "1990-05-03", "left": "1995-02"}, {"id": "2", "left": "1985"}]


@pytest.mark.parametrize(
    ("row", "day", "expected"),
    [
        # In an earlier period, between two, and in the one of today
        (network("2003-05-03"), "1990-05-02", None),
        (network("2003-05-03"), "1990-05-03", MEMBER),
        (network("2003-05-03"), "1995-02-02", PERHAPS),
        (network("2003-05-03"), "1995-03-01", None),
        (network("2003-05-03"), "2003-05-03", MEMBER),
        (network("2003", "2005", "left"), "2004-07-01", MEMBER),
        # Nobody knows since when: of the earlier period, or of the one of today, which began after the earlier ones.
        (network("2003-05-03"), "1980-01-01", UNDATED),
        (network("2003-05-03"), "1986-01-01", None),
        (network(), "1986-01-01", None),
        (network(), "1994-01-01", MEMBER),
        (network(), "1996-01-01", UNDATED),
        # What was founded later says nothing of when the membership in what there was before began.
        (network(founded="1998"), "1994-01-01", MEMBER),
        (network(founded="1998"), "1997-12-31", None),
    ],
)
def test_earlier_periods_are_membership_too(row, day, expected):
    row.periods = EARLIER
    assert membership_on(row, date.fromisoformat(day), today=TODAY) is expected


@pytest.mark.parametrize("line", [{}, {"left": "soon"}, {"left": None, "joined": "1990"}, {"left": 1990}])
def test_line_without_an_end_is_no_period(line):
    row = network("2003-05-03")
    row.periods = [{"id": "1", **line}]
    assert membership_on(row, date(1990, 6, 1), today=TODAY) is None


def test_today_is_the_day_in_the_city(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda: date(2003, 12, 31))
    row = network("2003-12-31")
    assert membership_on(row, date(2003, 12, 31)) is MEMBER
    assert membership_on(row, date(2004, 1, 1)) is PERHAPS


FIRST, LAST = date(2005, 1, 1), date(2006, 12, 31)
EVERY_DAY = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]


@st.composite
def dates(draw):
    day = draw(st.dates(FIRST, LAST))
    precision = draw(st.integers(1, 3))
    return PartialDate(*(day.year, day.month, day.day)[:precision])


def days_of(value):
    return EVERY_DAY if value is None else [day for day in EVERY_DAY if value.earliest <= day <= value.latest]


def worlds(row, today):
    """Each first and last day of the membership that nothing known speaks against."""
    possible = [
        (first, last)
        for first in days_of(row.joined)
        if row.joined or not row.founded or first >= row.founded.earliest
        for last in days_of(row.left)
        if first <= last
    ]
    if row.status == "member":
        return [each for each in possible if each[0] <= today <= each[1]] or possible
    if row.status in ("left", "ended"):
        return [each for each in possible if each[1] < today] or possible
    return possible


# Far enough from the edges of the days looked at, beyond which the brute force sees nothing.
INSIDE = st.dates(FIRST + timedelta(days=1), LAST - timedelta(days=1))
STATUSES = st.sampled_from(list(Network.Status))


@pytest.mark.exhaustive
@settings(max_examples=settings().max_examples // 8)  # each looks at every pair of days
@given(st.none() | dates(), st.none() | dates(), STATUSES, st.none() | dates(), INSIDE, INSIDE)
@example(PartialDate(2006), PartialDate(2006), "member", None, date(2006, 6, 1), date(2006, 6, 1))
@example(PartialDate(2006), PartialDate(2006), "left", None, date(2006, 6, 1), date(2006, 6, 1))
@example(PartialDate(2005, 6, 1), None, "left", None, date(2005, 6, 1), date(2005, 6, 1))
def test_agrees_with_every_pair_of_exact_dates(joined, left, status, founded, day, today):
    # What the database takes: as exactly as both are known, nobody leaves before joining.
    assume(joined is None or left is None or joined <= left or str(joined).startswith(str(left)))
    assume(joined is None or joined.earliest <= today)
    # What was founded after the membership had ended says nothing of when it began.
    if founded and left and founded.earliest > left.latest:
        founded = None
    row = Network(joined=joined, left=left, status=status, founded=founded)
    answers = {first <= day <= last for first, last in worlds(row, today)}
    if answers == {False}:
        expected = None
    elif joined is None:
        expected = UNDATED
    else:
        expected = MEMBER if answers == {True} else PERHAPS
    assert membership_on(row, day, today=today) is expected


@given(dates(), STATUSES, INSIDE)
def test_a_better_known_date_takes_back_nothing(joined, status, day):
    """What is certain of a date known to the year stays so when the day becomes known."""
    vague = membership_on(Network(joined=joined, status=status), day, today=LAST)
    exact = joined.latest
    better = PartialDate(exact.year, exact.month, exact.day)
    if vague is not PERHAPS:
        assert membership_on(Network(joined=better, status=status), day, today=LAST) is vague
