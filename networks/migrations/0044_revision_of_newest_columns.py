"""
The revision that the columns of the newest content are computed from.

Code from before those columns may write revisions until the site is restarted. It leaves this column as it is, and so
`networks.revisions.newest_columns` finds what has to be computed anew.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0043_indexes_of_large_sites")]

    operations = [
        migrations.AddField(model, "computed_from", models.BigIntegerField(blank=True, editable=False, null=True))
        for model in ("network", "page")
    ]
