"""The public record of what citizens have newly seen of the memberships."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0004_first_revisions")]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("added", "Added to the site"),
                            ("renamed", "New name"),
                            ("joined", "Joined the network"),
                            ("left", "Left the network"),
                            ("ended", "Network ended"),
                            ("verified", "Verified on"),
                            ("corrected", "Changed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("happened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("fields", models.JSONField(blank=True, default=list)),
                ("values", models.JSONField(blank=True, default=dict)),
                (
                    "network",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="networks.network"
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="networks.revision",
                    ),
                ),
            ],
            options={
                "ordering": ["-happened_at", "pk"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["-happened_at", "id"], name="change_newest_first")],
            },
        ),
    ]
