import json
from typing import Any

from django.core.checks import ERROR, WARNING, run_checks
from django.core.management.base import BaseCommand, CommandParser

from citynetworks import __version__
from networks.management.site_url import split_site_url
from networks.operations.probes import Finding, Status, examine, worst
from networks.operations.running_server import examine_server

EXIT_CODES = {Status.OK: 0, Status.WARNING: 1, Status.FAILED: 2}
SAID_BY_PROBES = ("networks.W001",)


class Command(BaseCommand):
    help = (
        "Say what is wrong with the site, why it matters and what to type: system checks, also those of `check "
        "--deploy`, the database, the disk, files, backups, and with --url what the running server sends. Exits "
        "with 0 if all is well, 1 if there are warnings, 2 if something has failed."
    )
    requires_system_checks = []  # it runs them itself, and goes on

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url",
            metavar="http://host:port",
            help="Where the server, or the proxy in front of it, is asked for pages, such as http://127.0.0.1:8000.",
        )
        parser.add_argument("--json", action="store_true", help="Write one JSON object.")

    def handle(self, *, url: str | None, verbosity: int, **options: Any) -> None:
        if url is not None:
            split_site_url(url)
        findings = examine(is_thorough=True)
        findings += failed_checks(is_database_there=findings[0].status is Status.OK)
        if url is not None:
            findings += examine_server(url.removesuffix("/"), findings)
        status = worst(findings)
        if options["json"]:
            report = {"status": status, "version": __version__, "findings": [each.as_dict() for each in findings]}
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            self.write(findings)
        if code := EXIT_CODES[status]:
            raise SystemExit(code)

    def write(self, findings: list[Finding]) -> None:
        style = {
            Status.OK: self.style.SUCCESS,
            Status.WARNING: self.style.WARNING,
            Status.FAILED: self.style.ERROR,
        }
        for finding in findings:
            self.stdout.write(f"{style[finding.status](f'{finding.status:8}')}{finding.name}: {finding.words}")
            if finding.why:
                self.stdout.write(f"        Why it matters: {finding.why}")
            if finding.remedy:
                self.stdout.write(f"        What to do: {finding.remedy}")
        counts = {each: sum(finding.status is each for finding in findings) for each in Status}
        self.stdout.write(
            f"City Networks {__version__}: {counts[Status.OK]} in order, warnings: {counts[Status.WARNING]}, "
            f"failed: {counts[Status.FAILED]}."
        )


def failed_checks(is_database_there: bool) -> list[Finding]:
    """Return a finding for each system check that found something, also of those for deployment."""
    messages = run_checks(include_deployment_checks=True, databases=["default"] if is_database_there else None)
    return [
        Finding(
            message.id or "check",
            Status.FAILED if message.level >= ERROR else Status.WARNING,
            message.msg,
            remedy=message.hint or "",
        )
        for message in messages
        if message.level >= WARNING and not message.is_silenced() and message.id not in SAID_BY_PROBES
    ]
