from django.db import migrations


class Migration(migrations.Migration):
    """What it changed is in 0001 already. Databases remember it by its name."""

    dependencies = [("sites", "0001_initial")]
