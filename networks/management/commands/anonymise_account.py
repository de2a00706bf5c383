from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from networks.operations.anonymisation import Anonymisation

# What the tables hold, in words
TABLES = {
    "Revision": "versions",
    "ConfirmedTranslation": "records of translations",
    "Event": "events of the history",
    "Schedule": "schedules",
    "PreviewLink": "links for preview",
    "ConfirmationLink": "links for units",
    "UnitAnswer": "answers of units",
    "AuditEntry": "entries of the audit log",
    "LogEntry": "entries of the admin's log",
    "Session": "sessions, with text that was not saved",
    "Network": "networks (submitted or deleted by)",
    "Page": "pages (submitted or deleted by)",
}


class Command(BaseCommand):
    help = (
        "Take the name and the e-mail address of a colleague who has left off the account, and off all that it wrote "
        "and did. Without --yes it only says what it would do, and what it may not change. It cannot be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "names",
            nargs="+",
            metavar="NAME",
            help="The user name of an account that is not active; of a deleted one the user name and the full name.",
        )
        parser.add_argument(
            "--as", dest="replacement", default="", help="What is written instead; by default former-NUMBER."
        )
        parser.add_argument("--yes", action="store_true", help="Do it.")

    def handle(self, *, names: list[str], replacement: str, yes: bool, **options: Any) -> None:
        accounts = list(User.objects.filter(username__in=names))
        if len(accounts) > 1:
            raise CommandError("These are several accounts. Anonymise one at a time.")
        account = accounts[0] if accounts else None
        if account is not None and account.is_active:
            raise CommandError(
                f"“{account.username}” can still sign in. Take “active” off the account in the admin first."
            )
        task = Anonymisation.of(account, names, replacement.strip()[:100])
        counts = task.carry_out() if yes else task.counts()
        if account is None and not counts:
            raise CommandError(f"There is no account of this name, and nothing that one did: {', '.join(names)}")
        self.stdout.write(
            f"{'Replaced' if yes else 'Would replace'} by “{task.replacement}”: {', '.join(sorted(task.names))}"
        )
        if account is not None:
            done = "Emptied" if yes else "Would empty"
            self.stdout.write(f"  {done} account {account.pk}: names, e-mail, password, roles, second factor.")
        self.write_counts(counts)
        self.stdout.write("What it may not change:")
        if shared := task.shared_names:
            self.stdout.write(
                f"  Another account has this name too, so it stays where it stands alone: {', '.join(shared)}"
            )
        if mentions := task.mentions():
            self.stdout.write(
                "  The name stands in texts that somebody wrote. They are the record of what was published;"
            )
            self.stdout.write("  what citizens read now is changed in the admin:")
            self.write_counts(mentions)
        self.stdout.write("  The public record of changes names nobody.")
        self.stdout.write(f"  Times and IP addresses in the audit log are deleted after {settings.AUDIT_DAYS} days.")
        self.stdout.write(
            "  Backups and the logs of the server keep the name until they are deleted; after a backup was"
        )
        self.stdout.write("  restored, give this command again.")
        if not yes:
            self.stdout.write("Nothing was changed. To do it, add --yes.")

    def write_counts(self, counts: dict[str, int]) -> None:
        for name, count in counts.items():
            self.stdout.write(f"  {count:6} {TABLES[name]}")
