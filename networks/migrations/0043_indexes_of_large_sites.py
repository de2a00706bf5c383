"""Indexes for thousands of networks: their order, what they lack, in which state they are, and events by their kind."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("networks", "0042_newest_columns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            "network", models.Index(fields=["deleted_at", "position", "slug"], name="network_in_order")
        ),
        migrations.AddIndex(
            "network",
            models.Index(
                fields=[
                    *("deleted_at", "is_published", "submitted_at", "head", "live", "status", "verified_on"),
                    "outdated_newest",
                ],
                name="network_by_state",
            ),
        ),
        migrations.AddIndex("network", models.Index(fields=["deleted_at", "gaps_newest"], name="network_by_gaps")),
        migrations.AddIndex("event", models.Index(fields=["kind", "created_at"], name="event_by_kind_and_time")),
    ]
