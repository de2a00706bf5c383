from django.core.management.base import BaseCommand

from networks.revisions.schedules import apply_due


class Command(BaseCommand):
    help = (
        "Carries out what was scheduled for a time that has come. The first request after that time does it too, so "
        "no timer is needed; this is for sites that nobody visits for hours."
    )

    def handle(self, **options):
        self.stdout.write(f"Schedules applied: {apply_due()}")
