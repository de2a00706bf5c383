"""What the public record of changes knows of: networks that were taken off the site."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("networks", "0016_schedules_that_failed"),
    ]

    operations = [
        migrations.AlterField(
            model_name="change",
            name="kind",
            field=models.CharField(
                choices=[
                    ("added", "Added to the site"),
                    ("renamed", "New name"),
                    ("joined", "Joined the network"),
                    ("left", "Left the network"),
                    ("ended", "Network ended"),
                    ("verified", "Verified on"),
                    ("corrected", "Changed"),
                    ("withdrawn", "Taken off the site"),
                ],
                max_length=20,
            ),
        ),
    ]
