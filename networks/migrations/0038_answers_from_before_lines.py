"""
Open answers of units are told by their time, and no longer by a digest: fields that were added since would change it.
"""

from django.db import migrations


def forget_digests(apps, schema_editor):
    answers = apps.get_model("networks", "UnitAnswer").objects.using(schema_editor.connection.alias)
    answers.filter(state="open").update(stated="")


class Migration(migrations.Migration):
    dependencies = [("networks", "0037_days_are_of_our_time")]

    operations = [migrations.RunPython(forget_digests, migrations.RunPython.noop)]
