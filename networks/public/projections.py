"""
The two maps: how a place on the Earth becomes a point of the drawing.

Europe is in Lambert's azimuthal equal-area projection with the centre that the European Union uses (EPSG:3035), the
world in the Equal Earth projection. Both take the Earth for a sphere, which is off by less than the width of a line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

EARTH = 6371.0  # kilometres

Point = tuple[float, float]


def project_europe(latitude: float, longitude: float) -> Point:
    """Return kilometres east and north of 52° N 10° E."""
    centre, phi, distance = radians(52), radians(latitude), radians(longitude - 10)
    nearness = sin(centre) * sin(phi) + cos(centre) * cos(phi) * cos(distance)
    if 1 + nearness < 1e-9:  # the opposite point of the Earth, which the edge of the map is all around
        return 2 * EARTH, 0.0
    scale = EARTH * sqrt(2 / (1 + nearness))
    return (
        scale * cos(phi) * sin(distance),
        scale * (cos(centre) * sin(phi) - sin(centre) * cos(phi) * cos(distance)),
    )


def project_world(latitude: float, longitude: float) -> Point:
    """Return kilometres east and north of 0° N 11.6° E: the edge runs between Asia and America."""
    theta = asin(sqrt(3) / 2 * sin(radians(latitude)))
    distance = radians((longitude - 11.6 + 180) % 360 - 180)
    a, b, c, d = 1.340264, -0.081106, 0.000893, 0.003796
    square = theta * theta
    sixth = square * square * square
    slope = a + 3 * b * square + sixth * (7 * c + 9 * d * square)
    return (
        EARTH * 2 * sqrt(3) * distance * cos(theta) / (3 * slope),
        EARTH * theta * (a + b * square + sixth * (c + d * square)),
    )


@dataclass(frozen=True)
class Frame:
    """A map: a projection, and the part of it that is drawn, in kilometres; `width` is that of the drawing."""

    project: Callable[[float, float], Point]
    west: float
    east: float
    south: float
    north: float
    width: int = 1000

    @property
    def height(self) -> int:
        return round((self.north - self.south) * self.scale)

    @property
    def scale(self) -> float:
        return self.width / (self.east - self.west)

    def point(self, latitude: float, longitude: float) -> Point:
        """Return the point of a place, from the upper left corner."""
        x, y = self.project(latitude, longitude)
        return (x - self.west) * self.scale, (self.north - y) * self.scale

    def shows(self, latitude: float, longitude: float) -> bool:
        x, y = self.point(latitude, longitude)
        return 0 <= x <= self.width and 0 <= y <= self.height


EUROPE_FRAME = Frame(project_europe, west=-1950, east=2350, south=-1980, north=2060)
WORLD_FRAME = Frame(project_world, west=-13400, east=15300, south=-6600, north=8150)
