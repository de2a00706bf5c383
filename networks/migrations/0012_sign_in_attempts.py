"""The wrong passwords that were entered lately, and the addresses where accounts have signed in: see sign_in.py."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0011_content_version")]

    operations = [
        migrations.CreateModel(
            name="SignInAttempts",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64, unique=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("last_failed_at", models.DateTimeField(null=True)),
                ("signed_in_at", models.DateTimeField(null=True)),
            ],
            options={"default_permissions": ()},
        ),
    ]
