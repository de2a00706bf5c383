"""Indexes that only count with thousands of networks: their order, what they lack, and events by their kind."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("networks", "0042_newest_columns"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex("network", models.Index(fields=["position", "slug"], name="network_in_order")),
        migrations.AddIndex("network", models.Index(fields=["deleted_at", "gaps_newest"], name="network_by_gaps")),
        migrations.AddIndex("event", models.Index(fields=["kind", "created_at"], name="event_by_kind_and_time")),
    ]
