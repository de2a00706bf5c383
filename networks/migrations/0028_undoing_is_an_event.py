"""That a version is the newest one again, because something was undone, is an event."""

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
    ("brought_back", "Undone: this version is the newest one again"),
]


class Migration(migrations.Migration):
    dependencies = [("networks", "0027_spreadsheet_files")]

    operations = [
        migrations.AlterField(model_name="event", name="kind", field=models.CharField(choices=KINDS, max_length=30)),
    ]
