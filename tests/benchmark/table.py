"""What the benchmark found, as Markdown: the machine, a table for each size, and whether the goals hold."""

import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.benchmark.pages import SLOW, VARIANTS, VERY_SLOW, Results, Row
from tests.processes import ROOT
from tests.servers import WORKERS, find_wrk

WHAT_IS_WHAT = """\
All are served by the same server with the same settings, and asked by wrk on the same machine, over connections
that stay open, with `Accept-Encoding: br`. In each round every row has its turn, in another order. The numbers
are medians over the rounds; a ratio is the median of the ratios within each round. A wrong answer would have
ended the benchmark.

- **bare callable**: a WSGI function that returns the very bytes and headers of our warm list, or of our `304`,
  and does nothing else: the most that the server can do. `of bare` compares with it.
- **our list, our search**: the site as it is run; the first page of the list, and a search that finds
  something.
- **Django’s per-site cache**: our Django application without its page store, within Django’s cache middleware.
- **rendered each time, made each time**: our Django application without its page store or any cache.
- **plain Django**: a small project of its own that shows the same list, with modeltranslation and Django’s
  usual middleware. It does less than ours: no structured data, no description for shared links, no other orders
  of the list, no Serbian Latin.

The processor time is that of the server’s processes for each request; of what takes longer than {slow} s, that
of requests one after the other. What takes longer than {very_slow} s has its turn in one round only, for as
long as it needs. The memory is that of all processes of a server after all rounds, where what they share counts
once; rows of the same server have the same. The size is that of the body."""

RENDERING = """\
One rendering in a process of its own, with no server and no load, after some to warm up: the median of up to
10, and of three such processes in turn with those of the others. In milliseconds of processor time; and the
queries of one."""


def document(results: Results, *, rounds: int, seconds: int, connections: int) -> str:
    """Return the whole page."""
    command = shlex.join(["python", "-m", "tests.benchmark", *sys.argv[1:]])
    parts = [
        "# Benchmark",
        f"Written by `{command}` on {datetime.now(UTC):%d %B %Y, %H:%M} UTC.",
        "\n".join(f"- **{name}:** {value}" for name, value in surroundings().items())
        + f"\n- **Load:** {rounds} rounds of {seconds} s for each row, {connections} connections; "
        f"{WORKERS} workers",
        "## Goals",
        goals(results),
        "## Requests",
        WHAT_IS_WHAT.format(slow=SLOW, very_slow=VERY_SLOW),
        *(f"### {size:,} networks\n\n{requests_table(rows)}" for size, rows in results.rows.items()),
        "## Rendering",
        RENDERING,
        rendering_table(results),
    ]
    return "\n\n".join(parts) + "\n"


def surroundings() -> dict[str, str]:
    """Return what was measured, and on which machine."""
    processor = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    # wrk says its version only together with how it is used, and ends with 1.
    wrk = subprocess.run([find_wrk(), "-v"], capture_output=True, text=True).stdout  # noqa: S603
    return {
        "Commit": commit(),
        "Machine": f"{processor[1] if processor else platform.machine()}, {os.cpu_count()} processors, "
        f"{int(memory[1]) / 1024**2:.0f} GB of memory, Linux {platform.release()}",
        "Software": f"Python {platform.python_version()}, Django {version('django')}, granian {version('granian')}, "
        f"wrk {wrk.split()[1] if len(wrk.split()) > 1 else ''}, SQLite",
    }


def commit() -> str:
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty= with changes"],  # noqa: S607
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "not known"
    return found.stdout.strip()


def requests_table(rows: dict[str, Row]) -> str:
    lines = [
        (
            variant.title,
            number(rows[variant.key].rate),
            share(rows[variant.key].times(rows[variant.bare])),
            f"{rows[variant.key].p50:,.2f}",
            f"{rows[variant.key].p99:,.2f}",
            number(rows[variant.key].microseconds),
            f"{rows[variant.key].memory:.0f}",
            f"{rows[variant.key].kilobytes:,.1f}",
        )
        for variant in VARIANTS
    ]
    return table(
        ("", "requests/s", "of bare", "p50 ms", "p99 ms", "processor µs", "memory MB", "size KB"),
        lines,
    )


def rendering_table(results: Results) -> str:
    titles = {
        "ours": "our list",
        "plain": "plain Django, all on one page",
        "plain_paged": "plain Django, pages of 100",
    }
    lines = [
        (
            title,
            *(f"{each[key]['milliseconds']:,.1f} ({each[key]['queries']})" for each in results.renderings.values()),
        )
        for key, title in titles.items()
    ]
    return table(("", *(f"{size:,} networks" for size in results.renderings)), lines)


def table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ("---", *["---:"] * (len(heads) - 1))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *lines))


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"


def share(value: float) -> str:
    return f"{value:.3f}" if value >= 0.1 else f"1/{1 / value:,.0f}"


# Goals


def goals(results: Results) -> str:
    """Return a line for each goal: what was found, for each size, and whether it holds for all of them."""

    def rates(key: str, other: str) -> dict[int, float]:
        return {size: rows[key].times(rows[other]) for size, rows in results.rows.items()}

    def rendering(*sizes: int) -> dict[int, float]:
        found = results.renderings
        ours = {size: found[size]["ours"]["milliseconds"] for size in sizes if size in found}
        return {size: value / found[size]["plain"]["milliseconds"] for size, value in ours.items()}

    waits = {size: rows["warm"].p99 / rows["bare"].p99 for size, rows in results.rows.items()}
    queries = {size: float(each["ours"]["queries"]) for size, each in results.renderings.items()}
    lines = [
        goal("the warm list, of the bare callable’s requests", rates("warm", "bare"), at_least(0.7)),
        goal("the `304`, of the bare callable’s requests for the whole page", rates("warm_304", "bare"), at_least(1)),
        goal("the `304`, of our own requests for the whole page", rates("warm_304", "warm"), at_least(1)),
        goal("p99 of the warm list, of the bare callable’s", waits, at_most(2)),
        steady(results),
        goal("one rendering, of plain Django’s with 11 networks", rendering(11), at_most(1)),
        goal("one rendering, of plain Django’s with 1,000 networks", rendering(1000), at_most(0.25)),
        goal("queries of one rendering", queries, (lambda value: value == min(queries.values()), "the same for all")),
    ]
    return table(("", "goal", "found", "holds"), lines)


Rule = tuple[Callable[[float], bool], str]


def at_least(limit: float) -> Rule:
    return lambda value: value >= limit, f"at least {limit}"


def at_most(limit: float) -> Rule:
    return lambda value: value <= limit, f"at most {limit}"


def goal(title: str, found: dict[int, float], rule: Rule) -> tuple[str, ...]:
    holds, words = rule
    return title, words, in_words(found), verdict(all(map(holds, found.values())) if found else None)


def steady(results: Results) -> tuple[str, ...]:
    """Compare the warm lists of all sizes, and beside them the callable that sends the same bytes."""
    title, words = "the warm list’s requests, slowest size of the fastest", "at least 0.8"
    if len(results.rows) < 2:
        return title, words, "not measured", verdict(None)
    ours, bare = (
        min(rates) / max(rates)
        for rates in ([rows[key].rate for rows in results.rows.values()] for key in ("warm", "bare"))
    )
    return (
        title,
        words,
        f"{ours:.2f} (the bare callable, which sends the same bytes: {bare:.2f})",
        verdict(ours >= 0.8),
    )


def in_words(found: dict[int, float]) -> str:
    return ", ".join(f"{value:.2f} with {size:,}" for size, value in found.items()) or "not measured"


def verdict(holds: bool | None) -> str:
    return {True: "yes", False: "**no**", None: "–"}[holds]
