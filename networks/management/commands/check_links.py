from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from networks.links.record import NothingReached, check_links, due_links, update_links
from networks.management.operation_words import in_words
from networks.management.progress import Progress
from networks.models import Link


class Command(BaseCommand):
    help = (
        "Check whether the links in published texts and facts still work. The admin lists those that do not. What is "
        "checked is saved at once, so a run that was stopped is continued by the next one. Meant for a daily timer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--hours",
            type=int,
            default=20,
            help="Leave out links that were checked within so many hours; by default 20, less than a day.",
        )
        parser.add_argument("--all", action="store_true", help="Check all links, whenever they were checked last.")

    def handle(self, *, hours: int, verbosity: int, **options: Any) -> None:
        with in_words("What was checked is saved; the next run checks the other links."):
            self.check_links(hours, verbosity, **options)

    def check_links(self, hours: int, verbosity: int, **options: Any) -> None:
        update_links()
        progress = Progress(self.stderr, is_shown=verbosity > 0)
        try:
            count = check_links(due_links(timedelta(hours=0 if options["all"] else hours)), progress.report)
        except NothingReached as error:
            raise CommandError(
                "No other site could be reached, so no failure was recorded. Can this machine resolve the names of "
                "other hosts, and connect to their ports 80 and 443?"
            ) from error
        self.stdout.write(
            f"Links checked: {count} of {Link.objects.count()}. "
            f"Dead: {Link.objects.dead().count()}. Moved: {Link.objects.moved().count()}."
        )
