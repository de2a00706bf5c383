"""The seat of a network has a country and coordinates, and the city has coordinates."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models


def degrees(most, verbose_name, help_text):
    return models.DecimalField(
        verbose_name=verbose_name,
        help_text=help_text,
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(-most), MaxValueValidator(most)],
    )


def coordinates_are_whole(model, latitude, longitude):
    return models.CheckConstraint(
        name=f"{model}_coordinates_are_whole",
        condition=models.Q(**{f"{latitude}__isnull": True, f"{longitude}__isnull": True})
        | models.Q(
            **{f"{latitude}__isnull": False, f"{latitude}__gte": -90, f"{latitude}__lte": 90},
            **{f"{longitude}__isnull": False, f"{longitude}__gte": -180, f"{longitude}__lte": 180},
        ),
        violation_error_message="A place needs its latitude and its longitude. Fill in both, or none.",
    )


class Migration(migrations.Migration):
    dependencies = [("networks", "0034_no_single_act_and_fee")]

    operations = [
        migrations.AddField(
            model_name="network",
            name="seat_country",
            field=models.CharField(
                verbose_name="country of the seat",
                help_text="The country in which the network has its seat, such as France.",
                max_length=2,
                blank=True,
                default="",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="network",
            name="seat_latitude",
            field=degrees(
                90, "latitude of the seat", "In degrees, such as 48.5734 for Strasbourg; negative in the south."
            ),
        ),
        migrations.AddField(
            model_name="network",
            name="seat_longitude",
            field=degrees(
                180, "longitude of the seat", "In degrees, such as 7.7521 for Strasbourg; negative in the west."
            ),
        ),
        migrations.AddField(
            model_name="cityprofile",
            name="latitude",
            field=degrees(90, "latitude", "In degrees, such as 43.3209 for Niš. The map shows the city there."),
        ),
        migrations.AddField(
            model_name="cityprofile",
            name="longitude",
            field=degrees(180, "longitude", "In degrees, such as 21.8958 for Niš."),
        ),
        migrations.AddConstraint("network", coordinates_are_whole("network", "seat_latitude", "seat_longitude")),
        migrations.AddConstraint("cityprofile", coordinates_are_whole("city_profile", "latitude", "longitude")),
    ]
