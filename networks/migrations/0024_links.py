"""The record of the links to other sites."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("networks", "0023_present_translations_are_current"),
    ]

    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=2000, unique=True, verbose_name="web address")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ok", "works"),
                            ("moved", "moved permanently"),
                            ("refused", "refused to our program"),
                            ("gone", "page not found"),
                            ("client_error", "request not accepted"),
                            ("server_error", "error on the other site"),
                            ("loop", "redirected too often"),
                            ("no_answer", "no sensible answer"),
                            ("timeout", "no answer in time"),
                            ("no_connection", "no connection"),
                            ("no_host", "name of the site not found"),
                            ("expired", "certificate expired"),
                            ("certificate", "wrong certificate"),
                            ("issuer", "certificate that our program cannot verify"),
                            ("private", "not on the public internet"),
                            ("port", "unusual port, not checked"),
                            ("invalid", "not a valid web address"),
                        ],
                        max_length=20,
                    ),
                ),
                ("status_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("moved_to", models.CharField(blank=True, max_length=2000)),
                (
                    "checked_at",
                    models.DateTimeField(blank=True, db_index=True, null=True),
                ),
                ("failures", models.PositiveIntegerField(default=0)),
                ("failed_since", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "link",
                "verbose_name_plural": "links",
                "ordering": ["-failures", "url"],
                "default_permissions": ["view"],
            },
        ),
    ]
