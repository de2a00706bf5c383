"""What tells which translations are current, and more kinds of events: a draft is returned, recalled, remarked on."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("networks", "0021_pages_have_revisions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="fields",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="network",
            name="outdated_newest",
            field=models.JSONField(default=list, editable=False),
        ),
        migrations.AddField(
            model_name="network",
            name="outdated_published",
            field=models.JSONField(default=list, editable=False),
        ),
        migrations.AddField(
            model_name="page",
            name="outdated_newest",
            field=models.JSONField(default=list, editable=False),
        ),
        migrations.AddField(
            model_name="page",
            name="outdated_published",
            field=models.JSONField(default=list, editable=False),
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("published", "Published"),
                    ("withdrawn", "Taken off the site"),
                    ("discarded", "Draft discarded"),
                    ("submitted", "Submitted for publishing"),
                    ("recalled", "Submission taken back"),
                    ("returned", "Returned to its author"),
                    ("remarked", "Remark"),
                    ("scheduled", "Publishing scheduled"),
                    ("withdrawal_scheduled", "Taking off the site scheduled"),
                    ("cancelled", "Schedule cancelled"),
                    ("failed", "What was scheduled could not be done"),
                    ("deleted", "Moved to the bin"),
                    ("undeleted", "Put back from the bin"),
                    ("confirmed", "Translation confirmed"),
                    ("corrected", "Change of the Serbian marked as a correction"),
                    ("unconfirmed", "Confirmation of a translation taken back"),
                ],
                max_length=30,
            ),
        ),
        migrations.CreateModel(
            name="ConfirmedTranslation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("author_name", models.CharField(blank=True, max_length=301, verbose_name="author")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="time")),
                ("column", models.CharField(max_length=100)),
                ("source_digest", models.CharField(max_length=64)),
                ("translation_digest", models.CharField(max_length=64)),
                ("source", models.TextField(blank=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("written", "Written"),
                            ("loaded", "Loaded"),
                            ("confirmed", "Confirmed"),
                            ("correction", "Correction"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "network",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="%(class)ss",
                        to="networks.network",
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="%(class)ss",
                        to="networks.page",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("network__isnull", False), ("page__isnull", True)),
                            models.Q(("network__isnull", True), ("page__isnull", False)),
                            _connector="OR",
                        ),
                        name="confirmedtranslation_of_one_row",
                    ),
                    models.UniqueConstraint(
                        fields=("network", "column", "source_digest", "translation_digest"),
                        name="confirmed_translation_of_network_is_unique",
                    ),
                    models.UniqueConstraint(
                        fields=("page", "column", "source_digest", "translation_digest"),
                        name="confirmed_translation_of_page_is_unique",
                    ),
                ],
            },
        ),
    ]
