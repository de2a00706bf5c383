"""
Old addresses get a table of their own. Until now they stood in that of Django's redirects, which goes, as that of
Django's sites does, which only the redirects needed. Without loss in both directions.
"""

from django.conf import settings
from django.db import migrations, models


class InApp(migrations.operations.base.Operation):
    """Carry out an operation on the models of another app, which has no migrations of ours."""

    def __init__(self, app_label, operation):
        self.app_label = app_label
        self.operation = operation

    def state_forwards(self, app_label, state):
        self.operation.state_forwards(self.app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        self.operation.database_forwards(self.app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        self.operation.database_backwards(self.app_label, schema_editor, from_state, to_state)

    def describe(self):
        return f"{self.operation.describe()} of {self.app_label}"


def copy_from_redirects(apps, schema_editor):
    database = schema_editor.connection.alias
    old_addresses = apps.get_model("networks", "OldAddress").objects.using(database)
    saved_forms = apps.get_model("networks", "SavedForm").objects.using(database)
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(database)
    former = content_types.filter(app_label="redirects", model="redirect").first()
    present = content_types.filter(app_label="networks", model="oldaddress").first()
    # A row without a target led nowhere.
    for row in apps.get_model("redirects", "Redirect").objects.using(database).exclude(new_path="").order_by("pk"):
        copied = old_addresses.create(old_path=row.old_path, new_path=row.new_path)
        if former and present:
            # A form that was open during the upgrade is still saved once.
            saved = saved_forms.filter(content_type=former, object_id=row.pk)
            saved.update(content_type=present, object_id=copied.pk)
    content_types.filter(app_label__in=["redirects", "sites"]).delete()


def copy_to_redirects(apps, schema_editor):
    database = schema_editor.connection.alias
    site, _created = (
        apps.get_model("sites", "Site")
        .objects.using(database)
        .get_or_create(pk=settings.SITE_ID, defaults={"domain": "localhost", "name": "localhost"})
    )
    Redirect = apps.get_model("redirects", "Redirect")
    rows = apps.get_model("networks", "OldAddress").objects.using(database).order_by("pk")
    Redirect.objects.using(database).bulk_create(
        Redirect(site=site, old_path=row.old_path, new_path=row.new_path) for row in rows
    )


class Migration(migrations.Migration):
    dependencies = [
        ("networks", "0019_labels_of_decision_fee_and_licence"),
        ("redirects", "0002_alter_redirect_new_path_help_text"),
        ("sites", "0002_alter_domain_unique"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.DeleteModel(name="OldAddress"),  # it had no table
        migrations.CreateModel(
            name="OldAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old_path", models.CharField(max_length=200, unique=True, verbose_name="old address")),
                ("new_path", models.CharField(max_length=200, verbose_name="leads to")),
            ],
            options={
                "verbose_name": "old address",
                "verbose_name_plural": "old addresses",
                "ordering": ["old_path"],
            },
        ),
        migrations.RunPython(copy_from_redirects, copy_to_redirects),
        InApp("redirects", migrations.DeleteModel(name="Redirect")),
        InApp("sites", migrations.DeleteModel(name="Site")),
    ]
