"""The number of a network in Wikidata, which nobody has looked up yet."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0035_seats_and_the_city_have_a_place")]

    operations = [
        migrations.AddField(
            model_name="network",
            name="wikidata",
            field=models.CharField(
                blank=True,
                help_text=(
                    "The Q and the number of the network at wikidata.org, such as Q1322476, once it is looked up."
                ),
                max_length=20,
                validators=[
                    django.core.validators.RegexValidator(
                        r"^Q[1-9][0-9]{0,18}\Z", "Enter the number of an item in Wikidata, such as Q1322476."
                    )
                ],
                verbose_name="number in Wikidata",
            ),
        )
    ]
