"""Of which networks the forms are that were saved before it was written beside them: those of their versions."""

from django.db import migrations, models


def name_networks(apps, schema_editor):
    saved = apps.get_model("networks", "SavedForm").objects.using(schema_editor.connection.alias)
    types = apps.get_model("contenttypes", "ContentType").objects.using(schema_editor.connection.alias)
    revisions = apps.get_model("networks", "Revision").objects.using(schema_editor.connection.alias)
    of_networks = saved.filter(revision__isnull=False)
    if of_networks.exists():
        network, _made = types.get_or_create(app_label="networks", model="network")
        revision = revisions.filter(pk=models.OuterRef("revision_id"))
        of_networks.update(content_type=network, object_id=models.Subquery(revision.values("network_id")[:1]))


class Migration(migrations.Migration):
    dependencies = [("networks", "0014_saved_forms_know_what_was_saved")]

    operations = [migrations.RunPython(name_networks, migrations.RunPython.noop, elidable=True)]
