"""The position is not typed any more but moved, and a move is an event. The tables stay as they are."""

import django.core.validators
from django.db import migrations, models

KINDS = [
    ("published", "Published"),
    ("withdrawn", "Taken off the site"),
    ("discarded", "Draft discarded"),
    ("submitted", "Submitted for publishing"),
    ("recalled", "Submission taken back"),
    ("returned", "Returned to its author"),
    ("remarked", "Remark"),
    ("scheduled", "Publishing scheduled"),
    ("withdrawal_scheduled", "Taking off the site scheduled"),
    ("cancelled", "Schedule cancelled"),
    ("failed", "What was scheduled could not be done"),
    ("deleted", "Moved to the bin"),
    ("undeleted", "Put back from the bin"),
    ("confirmed", "Translation confirmed"),
    ("corrected", "Change of the Serbian marked as a correction"),
    ("unconfirmed", "Confirmation of a translation taken back"),
    ("moved", "Moved in the order"),
]


class Migration(migrations.Migration):
    dependencies = [("networks", "0025_unit_answers")]

    operations = [
        migrations.AlterField(model_name="event", name="kind", field=models.CharField(choices=KINDS, max_length=30)),
        *(
            migrations.AlterField(
                model_name=name,
                name="position",
                field=models.PositiveIntegerField(
                    default=0,
                    validators=[django.core.validators.MaxValueValidator(1_000_000)],
                    verbose_name="position",
                ),
            )
            for name in ("network", "page")
        ),
    ]
