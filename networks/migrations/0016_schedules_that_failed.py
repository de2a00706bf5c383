"""How often a schedule has failed for a reason that nobody could foresee, and when it is tried again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0015_networks_of_saved_forms")]

    operations = [
        migrations.AddField("schedule", "failures", models.PositiveIntegerField(default=0)),
        migrations.AddField("schedule", "retry_at", models.DateTimeField(blank=True, null=True)),
    ]
