"""Merge what two people have made of the same lines: line by line, and in a line column by column."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from networks.models.lines import Line, new_identifier


@dataclass(frozen=True)
class MergedLines:
    """
    Lines with the changes of both.

    `conflicts` are the identifiers of lines in which both have changed a column differently, or that one has changed
    and the other removed.
    """

    lines: list[Line]
    conflicts: list[str] = field(default_factory=list)


def merge_lines(
    base: Sequence[Line], theirs: Sequence[Line], mine: Sequence[Line], *, mine_wins: bool = True
) -> MergedLines:
    """
    Merge two lists of lines that both began with `base`.

    A line that one has added stays; one that one has removed and the other not touched goes. Of a line that both have
    changed, each column has the value of whom has changed it. In a conflict, my value stays or theirs; a line that
    one has changed and the other removed stays in any case, since a removed line is not in sight of who decides.
    """
    old, new, own = ({line["id"]: line for line in lines} for lines in (base, theirs, mine))
    merged: dict[str, Line] = {}
    conflicts = []
    for identifier in {**new, **own}:
        before, their, my = (lines.get(identifier) for lines in (old, new, own))
        if their is None or my is None:
            present = their or my or {}
            if before is None:  # added by one
                merged[identifier] = present
            elif present != before:  # changed by one, removed by the other
                merged[identifier] = present
                conflicts.append(identifier)
            continue
        merged[identifier], is_conflict = merge_line(before or {}, their, my, mine_wins=mine_wins)
        if is_conflict:
            conflicts.append(identifier)
    order = merge_order([*old], [*new], [*own], merged.keys())
    return MergedLines([merged[identifier] for identifier in order], conflicts)


def merge_line(before: Line, theirs: Line, mine: Line, *, mine_wins: bool) -> tuple[Line, bool]:
    """Return the line with the columns that either has changed, and whether both have changed one differently."""
    line: Line = {}
    is_conflict = False
    for name in dict.fromkeys((*theirs, *mine)):
        was, their, my = before.get(name), theirs.get(name), mine.get(name)
        value = their if my == was else my
        if their not in (was, my) and my != was:
            is_conflict = True
            value = my if mine_wins else their
        if value is not None:
            line[name] = value
    return line, is_conflict


def merge_order(base: list[str], theirs: list[str], mine: list[str], wanted: Collection[str]) -> list[str]:
    """
    Return the wanted identifiers in the order of whoever has moved lines; in mine if both have.

    Lines that are not in that order come after the one that they follow in the other.
    """
    has_moved = [each for each in mine if each in base] != [each for each in base if each in mine]
    order, other = (mine, theirs) if has_moved else (theirs, mine)
    result = [each for each in order if each in wanted]
    for place, identifier in enumerate(other):
        if identifier in wanted and identifier not in result:
            before = next((each for each in reversed(other[:place]) if each in result), None)
            result.insert(result.index(before) + 1 if before else 0, identifier)
    return result


def keep_both(base: Sequence[Line], theirs: Sequence[Line], mine: Sequence[Line]) -> list[Line]:
    """Return the merged lines in which a line that both have changed differently stands twice, theirs before mine."""
    merged = merge_lines(base, theirs, mine, mine_wins=False)
    with_mine = {line["id"]: line for line in merge_lines(base, theirs, mine).lines}
    lines = []
    for line in merged.lines:
        lines.append(line)
        own = with_mine[line["id"]]
        if own != line:
            lines.append({**own, "id": new_identifier()})
    return lines
