from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from networks.admin import second_factor
from networks.models import AuditEntry


class Command(BaseCommand):
    help = (
        "Remove the second factor of an account, whose owner has lost the phone and the recovery codes. Its sessions "
        "end; the next log-in needs the password alone, and asks for a new second factor where a role requires one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="The user name of the account.")

    def handle(self, *, username: str, **options: Any) -> None:
        account = User.objects.filter(username=username).first()
        if account is None:
            raise CommandError(f"There is no account “{username}”.")
        with transaction.atomic():
            was_on = second_factor.remove(account)
            if was_on:
                AuditEntry.objects.record(AuditEntry.Kind.SECOND_FACTOR_RESET, subject=account)
        if not was_on:
            raise CommandError(f"“{username}” has no second factor.")
        self.stdout.write(f"The second factor of “{username}” is removed.")
