"""
Columns that say of the newest content of each row what is missing in it, and what its words are.

`networks.revisions.newest_columns` fills them after the migrations, as it does whenever the models have got other
fields. They have defaults in the database, so that the code of before can go on writing meanwhile.
"""

from django.db import migrations, models

EMPTY = models.Value({}, output_field=models.JSONField())


class Migration(migrations.Migration):
    dependencies = [("networks", "0041_second_factor_and_audit")]

    operations = [
        operation
        for model in ("network", "page")
        for operation in (
            migrations.AddField(
                model, "gaps_newest", models.JSONField(db_default=EMPTY, default=dict, editable=False)
            ),
            migrations.AddField(
                model, "words_newest", models.TextField(blank=True, db_default="", default="", editable=False)
            ),
        )
    ]
