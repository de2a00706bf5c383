"""The help texts of the city profile name another city than the first one."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("networks", "0039_operation"),
    ]

    operations = [
        migrations.AlterField(
            model_name="cityprofile",
            name="address",
            field=models.CharField(
                blank=True,
                help_text="Street and number, postal code and town.",
                max_length=200,
                verbose_name="postal address",
            ),
        ),
        migrations.AlterField(
            model_name="cityprofile",
            name="address_en",
            field=models.CharField(
                blank=True,
                help_text="Street and number, postal code and town.",
                max_length=200,
                null=True,
                verbose_name="postal address",
            ),
        ),
        migrations.AlterField(
            model_name="cityprofile",
            name="address_sr",
            field=models.CharField(
                blank=True,
                help_text="Street and number, postal code and town.",
                max_length=200,
                null=True,
                verbose_name="postal address",
            ),
        ),
        migrations.AlterField(
            model_name="cityprofile",
            name="city_name",
            field=models.CharField(
                help_text="As it stands at the top of every page: City of Belgrade.",
                max_length=100,
                verbose_name="name of the city",
            ),
        ),
        migrations.AlterField(
            model_name="cityprofile",
            name="city_name_en",
            field=models.CharField(
                help_text="As it stands at the top of every page: City of Belgrade.",
                max_length=100,
                null=True,
                verbose_name="name of the city",
            ),
        ),
        migrations.AlterField(
            model_name="cityprofile",
            name="city_name_sr",
            field=models.CharField(
                help_text="As it stands at the top of every page: City of Belgrade.",
                max_length=100,
                null=True,
                verbose_name="name of the city",
            ),
        ),
        migrations.AlterField(
            model_name="cityprofile",
            name="latitude",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="In degrees, such as 44.8125 for Belgrade. The map shows the city there.",
                max_digits=7,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(-90),
                    django.core.validators.MaxValueValidator(90),
                ],
                verbose_name="latitude",
            ),
        ),
        migrations.AlterField(
            model_name="cityprofile",
            name="longitude",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="In degrees, such as 20.4612 for Belgrade.",
                max_digits=7,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(-180),
                    django.core.validators.MaxValueValidator(180),
                ],
                verbose_name="longitude",
            ),
        ),
    ]
