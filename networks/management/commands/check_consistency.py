import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from networks.management.progress import Progress
from networks.operations.consistency import Finding, findings

REPAIRED = "repaired"


class Command(BaseCommand):
    help = (
        "Check whether rows, versions, search, schedules, old addresses and files agree. Ends with 1 if something "
        "does not. --repair mends what a program can, without losing what visitors see or staff have written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="Mend what can be mended.")
        parser.add_argument("--json", action="store_true", help="Write what was found as JSON.")

    def handle(self, *, verbosity: int, **options: Any) -> None:
        progress = Progress(self.stderr, is_shown=verbosity > 0 and not options["json"])
        found = [*findings(progress.report)]
        outcomes = [repair(each) if options["repair"] else "" for each in found]
        left = sum(outcome != REPAIRED for outcome in outcomes)
        if options["json"]:
            rows = [as_json(each, outcome) for each, outcome in zip(found, outcomes, strict=True)]
            self.stdout.write(json.dumps({"found": len(found), "left": left, "findings": rows}, ensure_ascii=False))
        else:
            for each, outcome in zip(found, outcomes, strict=True):
                self.stdout.write(in_words(each, outcome))
            self.stdout.write(f"Found: {len(found)}. Repaired: {len(found) - left}. Left: {left}.")
        if left:
            advice = (
                ""
                if options["repair"] or not any(each.repair for each in found)
                else " Make a backup, then --repair."
            )
            raise CommandError(f"Not everything agrees.{advice}", returncode=1)


def repair(finding: Finding) -> str:
    """Repair what can be. Return REPAIRED, or why it was not, or "" where people have to decide."""
    if finding.repair is None:
        return ""
    try:
        finding.repair()
    except ValidationError as error:
        return " ".join(error.messages)
    return REPAIRED


def as_json(finding: Finding, outcome: str) -> dict[str, Any]:
    names = ("code", "where", "url", "problem", "advice")
    given = {name: getattr(finding, name) for name in names}
    return {**given, "repairable": finding.repair is not None, "outcome": outcome}


def in_words(finding: Finding, outcome: str) -> str:
    lines = [f"{finding.where}: {finding.problem}."]
    if finding.url:
        lines.append(f"See {finding.url}")
    if outcome == REPAIRED:
        lines.append("Repaired.")
    elif outcome:
        lines.append(f"Not repaired: {outcome}")
    else:
        lines.append(f"--repair {finding.advice}." if finding.repair else finding.advice)
    return "\n    ".join(lines)
