"""Runs the benchmark: see the package."""

import argparse
import signal
import sys
from pathlib import Path

from tests.benchmark import edits, pages, table
from tests.processes import ROOT
from tests.servers import Failure, find_wrk

LATEST = ROOT / "networks" / "docs" / "benchmark.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description="Measure how fast the site is.")
    parser.add_argument(
        "what", nargs="?", choices=["pages", "edits"], default="pages", help="what to measure (pages)"
    )
    parser.add_argument("--sizes", type=numbers, default=[11, 100, 1000, 10_000], help="11,100,1000,10000 networks")
    parser.add_argument("--rounds", type=number, default=5, help="in which each variant has its turn (5)")
    parser.add_argument("--seconds", type=number, default=4, help="that a turn lasts (4)")
    parser.add_argument("--connections", type=number, default=16, help="that wrk keeps open (16)")
    parser.add_argument("--output", type=Path, default=LATEST, help="the file that the table of the pages goes to")
    parser.add_argument("--minutes", type=float, default=10, help="of load with edits (10)")
    given = parser.parse_args()
    if min(given.sizes) < 11 or given.minutes < 0.25:
        parser.error("The site of Niš has 11 networks, and a quarter of a minute is the shortest load with edits.")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        find_wrk()
        if given.what == "edits":
            is_good = edits.measure(minutes=given.minutes, connections=given.connections)
            return 0 if is_good else 1
        how = {name: getattr(given, name) for name in ("rounds", "seconds", "connections")}
        given.output.write_text(table.document(pages.measure(given.sizes, **how), **how))
        print(f"Written to {given.output}")
        return 0
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def number(text: str) -> int:
    if int(text) < 1:
        raise ValueError
    return int(text)


def numbers(text: str) -> list[int]:
    return sorted(map(number, text.split(",")))


if __name__ == "__main__":
    sys.exit(main())
