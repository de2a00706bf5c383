"""
The map: where the networks have their seats, as a drawing and in words.

The words say all that the drawing shows: each town, by its country, with its networks. Europe is drawn if the city or
a seat is there, and the world if one is not; both are drawings without a script, and without a tile of anybody else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from networks.languages import columns_of
from networks.models import Network
from networks.public import outlines
from networks.public.page_context import PageContext, render_page
from networks.public.projections import EUROPE_FRAME, WORLD_FRAME, Frame, Point
from networks.reading import NetworkReading, ProfileReading, Reader, Text
from networks.serbian import fold

FIELDS = (
    *("slug", *columns_of("name"), *columns_of("acronym"), *columns_of("seat")),
    *("seat_country", "seat_latitude", "seat_longitude", "status", "changed_at"),
)

# In units of the drawing, which is 1,000 wide, so that all fits on the narrowest screen too: the letters of a label,
# their mean width, the distance between the middles of labels one above the other, and of a label from its mark
LETTER, LETTER_WIDTH, LINE, GAP = 36, 20, 62, 20
MOST_LABELS = 40  # of a map; the other marks have none


@dataclass
class Place:
    """A town with the networks that have their seat there. Without a name, where only the country is known."""

    name: Text
    country: str
    networks: list[NetworkReading] = field(default_factory=list)
    degrees: tuple[float, float] | None = None
    anchor: str = ""

    @property
    def is_former(self) -> bool:
        return all(network.is_former for network in self.networks)

    @property
    def mark_class(self) -> str:
        return "seat former-mark" if self.is_former else "seat"

    @property
    def url(self) -> str:
        """The page of the only network; of several, where the list names them."""
        return self.networks[0].url if len(self.networks) == 1 else f"#{self.anchor}"

    @property
    def label(self) -> Text:
        """The town, or the country where coordinates without a town are known."""
        return self.name or Text(self.networks[0].seat_country)

    @property
    def title(self) -> str:
        return f"{self.label}: {', '.join(network.short_name for network in self.networks)}"


@dataclass
class Country:
    """A country with its places; the code and the name are empty for places whose country is not stated."""

    code: str
    name: str
    places: list[Place]


def places_of(networks: Iterable[NetworkReading]) -> list[Place]:
    """Return the places of networks whose town or country is known, each once; those without a town come last."""
    places: dict[tuple[str, str], Place] = {}
    for network in networks:
        code, town = network.row.seat_country, network.town
        if not (code or town):
            continue
        place = places.setdefault((code, fold(town)), Place(town, code))
        place.networks.append(network)
        if place.degrees is None and network.row.seat_latitude is not None:
            place.degrees = float(network.row.seat_latitude), float(network.row.seat_longitude)
    ordered = sorted(
        places.values(), key=lambda place: (not place.name, place.networks[0].reader.sort_key(place.name))
    )
    for number, place in enumerate(ordered, 1):
        place.anchor = f"place-{number}"
    return ordered


def countries_of(places: Iterable[Place], reader: Reader) -> list[Country]:
    """Return the countries of places by the alphabet of the reader; places without one come last."""
    countries: dict[str, Country] = {}
    for place in places:
        name = place.networks[0].seat_country
        countries.setdefault(place.country, Country(place.country, name, [])).places.append(place)
    return sorted(countries.values(), key=lambda each: (not each.code, reader.sort_key(each.name)))


# The drawing


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def contains(self, point: Point) -> bool:
        return self.left < point[0] < self.right and self.top < point[1] < self.bottom


@dataclass(frozen=True)
class Label:
    """Where the name of a mark stands: its anchor, and the end of a line that leads to it where it is far away."""

    x: int
    y: int
    anchor: str
    line_x: int
    line_y: int
    is_far: bool


class Mark:
    """The mark of a place, or of the city, which has no networks: where it is, and where its label stands."""

    def __init__(self, place: Place | None, name: Text, point: Point):
        self.place = place
        self.is_link = place is not None
        self.name = name
        self.x, self.y = round(point[0]), round(point[1])
        self.label: Label | None = None

    @property
    def box(self) -> Box:
        return Box(self.x - 14, self.y - 14, self.x + 14, self.y + 14)

    def candidates(self) -> Iterable[tuple[Label, Box]]:
        """Return where the label may stand, the best first: beside the mark, and then farther up and down."""
        width = len(self.name) * LETTER_WIDTH
        for shift in (0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5):
            for away, side in product((60, 140) if shift else (GAP,), (1, -1)):
                x, y = self.x + side * away, self.y + shift * LINE
                left = x if side > 0 else x - width
                label = Label(x, y + LETTER // 3, "start" if side > 0 else "end", x - side * 6, y, shift != 0)
                yield label, Box(left, y - LINE / 2 + 2, left + width, y + LINE / 2 - 2)

    def line_to(self, label: Label) -> list[Point]:
        """Return points of the line from the mark to its label; none where there is no line."""
        if not label.is_far:
            return []
        step_x, step_y = (label.line_x - self.x) / 8, (label.line_y - self.y) / 8
        return [(self.x + number * step_x, self.y + number * step_y) for number in range(1, 9)]


@dataclass(frozen=True)
class BaseMap:
    """What is the same on a map whatever its marks: the paths are the data of SVG paths."""

    name: str
    caption: Promise
    frame: Frame
    land: str
    borders: str


EUROPE = BaseMap("europe", _("Europe"), EUROPE_FRAME, outlines.EUROPE, outlines.EUROPE_BORDERS)
WORLD = BaseMap("world", _("The world"), WORLD_FRAME, outlines.WORLD, "")


class Drawing:
    """A map with its marks, and a label for each of `labelled`, in their order, where there is room for it."""

    def __init__(self, base: BaseMap, marks: Sequence[Mark], labelled: Sequence[Mark]):
        self.base = base
        self.frame = base.frame
        self.marks = marks
        self.set_labels(labelled[:MOST_LABELS])

    def set_labels(self, labelled: Iterable[Mark]) -> None:
        """Give each mark the first label that lies on no mark and no other label; best where no lines cross them."""
        marks = [mark.box for mark in self.marks]
        labels: list[Box] = []
        lines: list[Point] = []  # some points of each
        for mark in labelled:
            others = [box for box in marks if box != mark.box]
            free = [
                (label, box)
                for label, box in mark.candidates()
                if box.left >= 0 and box.right <= self.frame.width
                if box.top >= 0 and box.bottom <= self.frame.height
                if not any(box.meets(other) for other in (*marks, *labels))
            ]
            clear = (
                (label, box)
                for label, box in free
                if not any(other.contains(point) for other in (*others, *labels) for point in mark.line_to(label))
                if not any(box.contains(point) for point in lines)
            )
            if best := next(clear, None) or next(iter(free), None):
                mark.label, box = best
                labels.append(box)
                lines += mark.line_to(mark.label)


def drawings_of(places: Iterable[Place], profile: ProfileReading) -> list[Drawing]:
    """Return the maps of the places whose coordinates are known: Europe, the world, both, or none."""
    located = [(place, place.label, place.degrees) for place in places if place.degrees]
    if not located:
        return []
    if profile.row.latitude is not None:
        # First, so that the label of the city has the best place, and its mark lies below that of a seat in it.
        located.insert(0, (None, profile.city_name, (float(profile.row.latitude), float(profile.row.longitude))))

    def marks(frame: Frame) -> list[Mark]:
        return [Mark(place, name, frame.point(*degrees)) for place, name, degrees in located if frame.shows(*degrees)]

    european, everywhere = marks(EUROPE_FRAME), marks(WORLD_FRAME)
    if not european:
        return [Drawing(WORLD, everywhere, everywhere)]
    drawings = [Drawing(EUROPE, european, european)]
    if len(european) < len(located):
        drawn = {id(mark.place) for mark in european}
        elsewhere = [mark for mark in everywhere if id(mark.place) not in drawn]
        for mark in everywhere:
            mark.is_link = mark in elsewhere  # the others are links on the map of Europe
        drawings.append(Drawing(WORLD, everywhere, elsewhere))
    return drawings


@require_safe
def seats_map(request: HttpRequest) -> HttpResponse:
    reader = Reader()
    networks = [reader.network(row) for row in Network.objects.published().only(*FIELDS)]
    networks.sort(key=lambda network: reader.sort_key(network.name))
    changed_at = max((network.changed_at for network in networks), default=None)
    page_context = PageContext(request, changed_at=changed_at)
    places = places_of(networks)
    placed = {network.slug for place in places for network in place.networks}
    context = {
        "share_title": _("Map"),
        "share_description": _("Where the networks of cities have their seats."),
        "countries": countries_of(places, reader),
        "elsewhere": [network for network in networks if network.slug not in placed],
        "drawings": drawings_of(places, page_context.profile),
        "has_former": any(place.is_former for place in places if place.degrees),
        "has_fallback": any(network.name.is_fallback for network in networks),
    }
    return render_page(page_context, "networks/map.html", context)
