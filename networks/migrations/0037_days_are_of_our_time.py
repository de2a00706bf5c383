"""The day on which a network was verified is in 1900 or later. Those that are stored are left as they are."""

from datetime import date

from django.core.validators import MinValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0036_wikidata")]

    operations = [
        migrations.AlterField(
            model_name="network",
            name="verified_on",
            field=models.DateField(
                verbose_name="verified on",
                help_text="The day on which somebody last confirmed these facts with the network.",
                null=True,
                blank=True,
                validators=[MinValueValidator(date(1900, 1, 1), "Enter a day in 1900 or later.")],
            ),
        )
    ]
