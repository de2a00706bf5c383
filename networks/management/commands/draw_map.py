"""
Draw the outlines of the map of seats anew: networks/public/outlines.py.

The data are Natural Earth's, which are in the public domain, as the npm package world-atlas has them in TopoJSON:
`npm pack world-atlas`, and the folder that this unpacks to is the argument.
"""

import json
from collections import defaultdict
from heapq import heapify, heappop, heappush
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from networks.public import projections
from networks.public.projections import EUROPE_FRAME, WORLD_FRAME, Frame, Point

ANTARCTICA = "010"
# Natural Earth draws who governs a territory. ISO 3166-1, by which the site names countries, lists these territories
# with the countries on the right; no border is drawn between them.
PARTS = {"Kosovo": "688", "N. Cyprus": "196", "Somaliland": "706"}
CRIMEA = (32, 44, 37, 46.3)  # west, south, east, north: a polygon within these degrees belongs to Ukraine
RUSSIA, UKRAINE = "643", "804"

# A point is left out if the triangle with its neighbours is smaller than this, in squares of the drawing's units.
# Islands with a smaller area than ISLAND are left out too.
EUROPE_DETAIL, WORLD_DETAIL = 15.0, 20.0
ISLAND = 25.0
MARGIN = 12  # beyond the frame, so that no cut shows

Line = list[Point]


class Topology:
    """The countries of a TopoJSON file: for each, its polygons as lists of rings, each ring a list of arc numbers."""

    def __init__(self, path: Path):
        data = json.loads(path.read_text())
        (dx, dy), (x0, y0) = data["transform"]["scale"], data["transform"]["translate"]
        self.arcs: list[list[Point]] = []  # of (latitude, longitude)
        for arc in data["arcs"]:
            x = y = 0
            points = []
            for step_x, step_y in arc:
                x, y = x + step_x, y + step_y
                points.append((y * dy + y0, x * dx + x0))
            self.arcs.append(points)
        self.countries: dict[str, list[list[list[int]]]] = defaultdict(list)
        for geometry in data["objects"]["countries"]["geometries"]:
            code = geometry.get("id") or PARTS.get(geometry["properties"]["name"], geometry["properties"]["name"])
            if code == ANTARCTICA or not geometry.get("arcs"):
                continue
            polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
            for polygon in polygons:
                self.countries[UKRAINE if code == RUSSIA and self.is_crimea(polygon) else code].append(polygon)

    def is_crimea(self, polygon: list[list[int]]) -> bool:
        west, south, east, north = CRIMEA
        points = [point for arc in polygon[0] for point in self.arcs[arc if arc >= 0 else ~arc]]
        return all(south < latitude < north and west < longitude < east for latitude, longitude in points)

    def arcs_by_countries(self) -> dict[int, list[str]]:
        users: dict[int, list[str]] = defaultdict(list)
        for code, polygons in self.countries.items():
            for arc in (arc for polygon in polygons for ring in polygon for arc in ring):
                users[arc if arc >= 0 else ~arc].append(code)
        return users


def ring_of(arcs: list[Line], ring: list[int]) -> Line:
    """Return the points of a ring without the last, which is the first again."""
    points: Line = []
    for arc in ring:
        points += (arcs[arc] if arc >= 0 else arcs[~arc][::-1])[:-1]
    return points


def coasts(used: dict[int, list[str]], topology: Topology) -> list[list[int]]:
    """Return the rings of the land: those arcs that one country has, joined end to end."""
    follows: dict[Point, list[int]] = defaultdict(list)
    for polygons in topology.countries.values():
        for arc in (arc for polygon in polygons for ring in polygon for arc in ring):
            if len(used[arc if arc >= 0 else ~arc]) == 1:
                follows[ends(topology, arc)[0]].append(arc)
    rings = []
    while follows:
        start = next(iter(follows))
        ring, here = [], start
        while here in follows:
            arc = follows[here].pop()
            if not follows[here]:
                del follows[here]
            ring.append(arc)
            here = ends(topology, arc)[1]
            if here == start:
                break
        rings.append(ring)
    return rings


def ends(topology: Topology, arc: int) -> tuple[Point, Point]:
    points = topology.arcs[arc if arc >= 0 else ~arc]
    return (points[0], points[-1]) if arc >= 0 else (points[-1], points[0])


def area(points: Line) -> float:
    """Return twice the signed area of a ring, or of the ring that a line and its chord make."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise([*points, points[0]]))


def simplify(line: Line, detail: float) -> Line:
    """Return a line without the points that matter least (Visvalingam and Whyatt), with both its ends."""
    previous = [*range(-1, len(line) - 1)]
    following = [*range(1, len(line) + 1)]
    gone = [False] * len(line)

    def size(at: int) -> float:
        return abs(area([line[previous[at]], line[at], line[following[at]]])) / 2

    heap = [(size(at), at) for at in range(1, len(line) - 1)]
    sizes = {at: each for each, at in heap}
    heapify(heap)
    while heap:
        each, at = heappop(heap)
        if each >= detail:
            break
        if gone[at] or sizes[at] != each:
            continue
        gone[at] = True
        before, after = previous[at], following[at]
        following[before], previous[after] = after, before
        for neighbour in (before, after):
            if 0 < neighbour < len(line) - 1:
                sizes[neighbour] = max(size(neighbour), each)
                heappush(heap, (sizes[neighbour], neighbour))
    return [point for at, point in enumerate(line) if not gone[at]]


def clip(ring: Line, frame: Frame) -> Line:
    """Return the part of a ring within the frame and its margin (Sutherland and Hodgman)."""
    for axis, edge, sign in (
        (0, -MARGIN, 1),
        (0, frame.width + MARGIN, -1),
        (1, -MARGIN, 1),
        (1, frame.height + MARGIN, -1),
    ):
        kept: Line = []
        for start, end in pairwise([*ring[-1:], *ring]):
            inside = [(point[axis] - edge) * sign >= 0 for point in (start, end)]
            if inside[0] != inside[1]:
                share = (edge - start[axis]) / (end[axis] - start[axis])
                kept.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
            if inside[1]:
                kept.append(end)
        ring = kept
    return ring


def is_near(point: Point, frame: Frame) -> bool:
    return -MARGIN <= point[0] <= frame.width + MARGIN and -MARGIN <= point[1] <= frame.height + MARGIN


def path(lines: list[Line], *, closed: bool) -> str:
    """Return lines as the data of an SVG path, in whole units and in steps from point to point."""
    pieces, x, y = [], 0, 0
    for line in lines:
        steps = []
        for point in line:
            step = round(point[0]) - x, round(point[1]) - y
            x, y = x + step[0], y + step[1]
            if step != (0, 0) or not steps:
                steps.append(step)
        if closed:
            x, y = x - sum(step[0] for step in steps[1:]), y - sum(step[1] for step in steps[1:])
        # A minus sign parts two numbers as well as a space.
        written = " ".join(str(number) for step in steps for number in step).replace(" -", "-")
        pieces.append(f"m{written}{'z' if closed else ''}")
    return "".join(pieces)


def draw(topology: Topology, frame: Frame, detail: float) -> tuple[str, str]:
    """Return the paths of the land and of the borders."""
    used = topology.arcs_by_countries()
    lines = [simplify([frame.point(*point) for point in points], detail) for points in topology.arcs]
    rings = (clip(ring_of(lines, ring), frame) for ring in coasts(used, topology))
    land = [ring for ring in rings if len(ring) > 2 and abs(area(ring)) / 2 > ISLAND]
    borders = [
        line
        for number, line in enumerate(lines)
        if len({*used[number]}) == 2 and any(is_near(point, frame) for point in line)
    ]
    return path(land, closed=True), path(borders, closed=False)


class Command(BaseCommand):
    help = "Draw the outlines of the map of seats anew, from the unpacked npm package world-atlas."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder with countries-50m.json and countries-110m.json")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            europe = draw(Topology(folder / "countries-50m.json"), EUROPE_FRAME, EUROPE_DETAIL)
            world = draw(Topology(folder / "countries-110m.json"), WORLD_FRAME, WORLD_DETAIL)
        except OSError as error:
            raise CommandError(f"The folder is not that of the package world-atlas: {error}") from error
        lines = [
            '"""Outlines of the maps, by manage.py draw_map from Natural Earth, which is in the public domain."""',
            "",
        ]
        for name, value in (("EUROPE", europe[0]), ("EUROPE_BORDERS", europe[1]), ("WORLD", world[0])):
            pieces = [value[at : at + 110] for at in range(0, len(value), 110)]
            lines += [f"{name} = (", *(f'    "{piece}"' for piece in pieces), ")", ""]
        Path(projections.__file__).with_name("outlines.py").write_text("\n".join(lines))
