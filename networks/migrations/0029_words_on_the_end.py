"""A network has words on the end of its membership, and the public record knows that one goes on after all."""

import django.core.validators
from django.db import migrations, models

KINDS = [
    ("added", "Added to the site"),
    ("renamed", "New name"),
    ("joined", "Joined the network"),
    ("left", "Left the network"),
    ("ended", "Network ended"),
    ("continued", "The membership goes on"),
    ("verified", "Verified on"),
    ("corrected", "Changed"),
    ("withdrawn", "Taken off the site"),
]


def end_note(**options):
    return models.TextField(
        blank=True,
        help_text=(
            "Words for citizens beside the date on which the membership ended, such as the decision: By Decision "
            "No. 06-31/2026 of the city council."
        ),
        validators=[django.core.validators.MaxLengthValidator(600)],
        verbose_name="on the end of the membership",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [("networks", "0028_undoing_is_an_event")]

    operations = [
        migrations.AddField(model_name="network", name="end_note", field=end_note()),
        migrations.AddField(model_name="network", name="end_note_en", field=end_note(null=True)),
        migrations.AddField(model_name="network", name="end_note_sr", field=end_note(null=True)),
        migrations.AlterField(model_name="change", name="kind", field=models.CharField(choices=KINDS, max_length=20)),
    ]
