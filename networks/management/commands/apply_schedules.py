from typing import Any

from django.core.management.base import BaseCommand

from networks.revisions.schedules import apply_due


class Command(BaseCommand):
    help = (
        "Apply the schedules that are due. The first request after their time does the same, so no timer is needed; "
        "this is for sites without visitors for hours."
    )

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"Schedules applied: {apply_due()}")
