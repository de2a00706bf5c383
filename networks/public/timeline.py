"""
The timeline: each membership as a row of facts, and as a bar on a common scale.

Bars follow `networks.public.chronology`: they are solid only where the membership is certain.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from networks.languages import columns_of
from networks.models import Network
from networks.partial_dates import PartialDate
from networks.public.chronology import Bounds, bounds_of, date_of, periods_of
from networks.public.page_context import PageContext, render_page
from networks.public.paging import page_links, page_query, requested_page
from networks.reading import NetworkReading, Reader, SpanReading, lasts

ROWS_ON_A_PAGE = 200
# Years before the earliest membership in which the founding of a network is still on the scale
MAX_PREHISTORY = 100
# The number of years that fit beside each other on the narrowest screen
MAX_FIGURES = 6

FIELDS = (
    *("slug", *columns_of("name"), "former_names", "founded", "joined", "left", "status", "changed_at"),
    *("roles", "periods"),
)

BRACKETS = re.compile(r"\(([^()]*)\)")
YEAR = re.compile(r"(?<![0-9])[1-9][0-9]{3}(?![0-9])")


def last_year_of(former_name: str) -> int | None:
    """
    Return the year in which a former name ended: the last one in brackets.

    Return None if there is none, or if the end is open as in "Healthy Cities (1988–)".
    """
    for words in reversed(BRACKETS.findall(former_name)):
        if years := list(YEAR.finditer(words)):
            rest = words[years[-1].end() :].strip(" .")
            return None if rest in {"-", "–", "—"} else int(years[-1].group())
    return None


@dataclass(frozen=True)
class Scale:
    """The scale of all rows, in per cent: 0 is the beginning of the first day, 100 the end of the last."""

    first: date
    last: date

    def percent(self, ordinal: float) -> float:
        """Return the position of a day, given as date.toordinal(); days outside of the scale are at its edge."""
        days = self.last.toordinal() + 1 - self.first.toordinal()
        return round(min(max((ordinal - self.first.toordinal()) / days, 0), 1) * 100, 2)

    @cached_property
    def ticks(self) -> list["Tick"]:
        """The lines of the decades, or of longer steps if there are many; some of them with the year."""
        years = self.last.year - self.first.year
        step = next((step for step in (10, 20, 50, 100, 200) if years / step < MAX_FIGURES), 500)
        lines = step if years > 200 else 10
        first = -(-self.first.year // lines) * lines
        origin = first if step <= 20 else 0
        return [
            Tick(self.percent(date(year, 1, 1).toordinal()), year if (year - origin) % step == 0 else None)
            for year in range(first, self.last.year + 1, lines)
        ]

    @property
    def has_room_for_today(self) -> bool:
        """Whether the scale ends this year and no other figure is near its end."""
        return self.last.year <= timezone.localdate().year and all(tick.at < 84 for tick in self.ticks if tick.year)


def attribute(percent: float) -> str:
    """Return a percentage for an SVG attribute, with a decimal point in every language: 35.2%."""
    return f"{percent:g}%"


@dataclass(frozen=True)
class Tick:
    """A line of the scale, and its year if it is shown."""

    at: float
    year: int | None

    @property
    def x(self) -> str:
        return attribute(self.at)

    @property
    def figure(self) -> str:
        return str(self.year or "")

    @property
    def anchor(self) -> str:
        return "start" if self.at < 4 else "end" if self.at > 96 else "middle"


@dataclass(frozen=True)
class Stretch:
    """
    A part of a row from the day `first` to the day `last`, drawn from `start` to `end` per cent.

    Its kind is "member" or "perhaps" for the membership, "role" for a role in it, "life" or "founding" for the
    network before it.
    """

    kind: str
    first: date
    last: date
    start: float
    end: float

    @property
    def x(self) -> str:
        return attribute(self.start)

    @property
    def x2(self) -> str:
        return attribute(self.end)

    @property
    def width(self) -> str:
        return attribute(round(self.end - self.start, 2))


@dataclass(frozen=True)
class Point:
    """
    An event, in the middle of its possible days. Its kind is "founded" or "renamed".
    """

    kind: str
    at: float

    @property
    def x(self) -> str:
        return attribute(self.at)


@dataclass(frozen=True)
class Drawing:
    """What is drawn in a row; `begins_earlier` if the network is older than the scale."""

    stretches: tuple[Stretch, ...] = ()
    points: tuple[Point, ...] = ()
    begins_earlier: bool = False

    @property
    def lines(self) -> list[Stretch]:
        return [each for each in self.stretches if each.kind in ("life", "founding")]

    @property
    def bars(self) -> list[Stretch]:
        return [each for each in self.stretches if each.kind in ("member", "perhaps", "role")]

    @property
    def marks(self) -> list[Stretch | Point]:
        """All of them, in the order in which one is drawn over the other."""
        return [*self.lines, *self.bars, *self.points]

    @property
    def kinds(self) -> set[str]:
        """The kinds that the legend explains."""
        kinds = {each.kind for each in (*self.stretches, *self.points)}
        return kinds | ({"earlier"} if self.begins_earlier else set())

    def __bool__(self) -> bool:
        return bool(self.stretches or self.points or self.begins_earlier)


POINTS = {"founded", "renamed"}

# What each kind of mark means, in the order of the legend
LEGEND = {
    "member": _("member"),
    "perhaps": _("perhaps a member: the date is not known exactly"),
    "role": _("had this kind of membership or role"),
    "founded": _("the network was founded"),
    "renamed": _("the network was renamed"),
    "life": _("the network existed"),
    "founding": _("perhaps it existed"),
    "earlier": _("founded before this scale begins"),
}


def legend_of(kinds: Collection[str]) -> list[tuple[str, list[Stretch | Point], Promise]]:
    """Return (kind, what is drawn, what it means) for each kind that is on the page."""
    return [
        (kind, [Point(kind, 50) if kind in POINTS else Stretch(kind, date.min, date.max, 0, 100)], words)
        for kind, words in LEGEND.items()
        if kind in kinds
    ]


def renamings_of(network: Any) -> list[date]:
    """Return the first days of the years in which a network was renamed."""
    years = {last_year_of(line) for line in network.former_names.splitlines()}
    return [date(year, 1, 1) for year in sorted(years - {None})]


def scale_for(networks: Iterable[Any], today: date) -> Scale | None:
    """
    Return the scale of the networks, to the end of this year; None if none has a date.

    It begins with the decade of the earliest date. Dates long before any membership do not count: their rows show a
    mark for "earlier" instead.
    """
    memberships, events = [], []
    for network in networks:
        for period in periods_of(network):
            memberships += [each.earliest for each in (period.joined, period.left) if each]
        events += [network.founded.earliest] if network.founded else []
        events += renamings_of(network)
    if not memberships and not events:
        return None
    earliest = min([*memberships, today])
    recent = [day for day in events if earliest.year - day.year <= MAX_PREHISTORY]
    first = min([*recent, earliest]).year // 10 * 10
    if len(recent) < len(events):
        first -= 10  # room for that mark
    return Scale(date(first, 1, 1), date(today.year, 12, 31))


def membership_marks(bounds: Bounds, today: date) -> Iterator[tuple[str, date, date]]:
    """
    Yield kind, first and last day of what is drawn of a period of membership.

    Of one without a beginning nothing is: a chart would show an end or a day that is none. The facts say so.
    """
    one_day = timedelta(days=1)
    over_by = min(bounds.left_by, today)
    if bounds.joined_by is None:
        return
    if bounds.joined_by <= min(bounds.left_from, today):
        yield "perhaps", bounds.joined_from, bounds.joined_by - one_day
        yield "member", bounds.joined_by, bounds.left_from
        if bounds.left_from < over_by:
            yield "perhaps", bounds.left_from + one_day, over_by
    else:
        yield "perhaps", bounds.joined_from, over_by


def role_stretches(network: Any, today: date) -> Iterator[tuple[date, date]]:
    """Yield the first and last day on which each dated role was certainly held, or perhaps, if that is all."""
    for line in network.roles:
        since, until = date_of(line.get("since")), date_of(line.get("until"))
        if since and (until or lasts(network, since, until, today)):
            last = until.earliest if until else today
            yield (since.latest, last) if since.latest <= last else (since.earliest, until.latest if until else today)


def drawing_of(network: Any, scale: Scale, today: date) -> Drawing:
    """Return the stretches and points of a network, none of them after today."""
    stretches = []

    def draw(kind: str, first: date, last: date) -> None:
        last = min(last, today)
        if first <= last and last >= scale.first:
            start, end = scale.percent(first.toordinal()), scale.percent(last.toordinal() + 1)
            stretches.append(Stretch(kind, first, last, start, end))

    points = []
    one_day = timedelta(days=1)
    *earlier, own = periods_of(network)
    for period in (*earlier, own):
        for kind, first, last in membership_marks(bounds_of(period, today), today):
            draw(kind, first, last)
    for first, last in role_stretches(network, today):
        draw("role", first, last)
    bounds = bounds_of(own, today)
    is_member = own.status == Network.Status.MEMBER and bounds.left_by >= today
    if bounds.joined_by is not None:
        existed_until = bounds.joined_from - one_day
    else:
        existed_until = today if is_member else bounds.left_from if network.left else None

    founded = network.founded
    if founded:
        # The network existed before the city joined, or else until the last known day.
        existed_until = existed_until or founded.latest
        if founded.precision != "day":
            draw("founding", founded.earliest, min(founded.latest, existed_until))
        draw("life", founded.latest, existed_until)
        points.append(("founded", founded.earliest, founded.latest))
    for day in renamings_of(network):
        points.append(("renamed", day, date(day.year, 12, 31)))

    def middle(first: date, last: date) -> float:
        return scale.percent((first.toordinal() + min(last, today).toordinal() + 1) / 2)

    return Drawing(
        tuple(stretches),
        tuple(
            Point(kind, middle(first, last)) for kind, first, last in points if last >= scale.first and first <= today
        ),
        begins_earlier=founded is not None and founded.latest < scale.first,
    )


@dataclass(frozen=True)
class Fact:
    """A label with a date, with a text, or alone."""

    label: str | Promise
    date: PartialDate | None = None
    words: str | Promise = ""


def facts_of(network: NetworkReading, today: date) -> list[Fact]:
    """Return all facts of a row in chronological order, those that are drawn and those that cannot be."""
    row, status = network.row, network.row.Status(network.row.status)
    facts = [Fact(_("Founded"), row.founded)] if row.founded else []
    facts += [Fact(_("Former name"), words=name) for name in network.former_names]
    facts += [Fact(_("Earlier a member"), words=period.dates) for period in reversed(network.periods)]
    if row.joined:  # the heading of the others says that it is not known
        facts.append(Fact(_("Joined"), row.joined))
    if status == status.MEMBER and not (row.left and row.left.latest < today):
        facts.append(Fact(_("Member today")))
    if row.left:
        if row.left.earliest > today:
            facts.append(Fact(_("The membership will end"), row.left))
        elif status == status.ENDED:
            facts.append(Fact(_("The membership ended with the network"), row.left))
        else:
            facts.append(Fact(_("Left"), row.left))
    elif status == status.LEFT:
        facts.append(Fact(_("No longer a member; it is not known until when the city was one")))
    elif status == status.ENDED:
        facts.append(Fact(_("The network has ended; it is not known when")))
    elif status == status.UNKNOWN:
        facts.append(Fact(_("It is not known whether the city is still a member")))
    facts += [Fact(role_label(role), words=role.dates) for role in reversed(network.roles)]
    return facts


def role_label(role: SpanReading) -> str:
    label = capfirst(role.role)
    return format_html("{}, <span{}>{}</span>", label, role.body.lang, role.body) if role.body else label


class Row:
    """A row of the timeline."""

    def __init__(self, network: NetworkReading, scale: Scale | None, today: date):
        self.network = network
        self.facts = [
            (fact.label, fact.date, network.reader.date(fact.date) or fact.words, getattr(fact.words, "lang", ""))
            for fact in facts_of(network, today)
        ]
        self.drawing = drawing_of(network.row, scale, today) if scale else Drawing()


@require_safe
def timeline(request: HttpRequest) -> HttpResponse:
    reader, today = Reader(), timezone.localdate()
    networks = [reader.network(row) for row in Network.objects.published().only(*FIELDS)]
    networks.sort(key=lambda network: reader.sort_key(network.name))
    dated = sorted((each for each in networks if each.row.joined), key=lambda each: each.row.joined.year)
    in_order = [*dated, *(each for each in networks if not each.row.joined)]
    page = requested_page(request, in_order, ROWS_ON_A_PAGE)
    # Of all networks, so that all pages have the same scale.
    scale = scale_for([network.row for network in networks], today)
    rows = [Row(each, scale, today) for each in page]
    context = {
        "share_title": _("Timeline"),
        "share_description": _("Which networks of cities the city belongs to or has belonged to, and when."),
        "sections": [
            section
            for section in (
                ("dated", _("By the year of joining"), [row for row in rows if row.network.row.joined]),
                ("undated", _("Not known since when"), [row for row in rows if not row.network.row.joined]),
            )
            if section[2]
        ],
        "scale": scale if any(row.drawing for row in rows) else None,
        "legend": legend_of(set().union(*(row.drawing.kinds for row in rows))),
        "has_fallback": any(row.network.name.is_fallback for row in rows),
        "page": page,
        "pager": page_links(page),
    }
    changed_at = max((network.changed_at for network in networks), default=None)
    page_context = PageContext(request, query=page_query(page.number), changed_at=changed_at)
    return render_page(page_context, "networks/timeline.html", context)
