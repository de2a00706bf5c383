from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Derive the Serbian Latin catalogues of the interface from the Cyrillic ones, and compile all. "
        "Run it after 'makemessages -l sr --no-location --no-obsolete' and the translation of what is new."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from networks.management.catalogues import write_catalogues
        except ImportError as error:
            raise CommandError("This command needs polib. Install the project with its 'test' extra.") from error
        write_catalogues()
        self.stdout.write("Derived and compiled the Serbian catalogues.")
