"""Links by which the owner of an account chooses its password can be revoked."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("networks", "0030_saved_views"),
    ]

    operations = [
        migrations.CreateModel(
            name="RevokedPasswordLinks",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("times", models.PositiveIntegerField(default=0)),
            ],
            options={"default_permissions": ()},
        ),
    ]
