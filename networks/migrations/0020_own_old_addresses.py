"""
Old addresses get a table of their own. Until now they stood in that of Django's redirects, which goes, as that of
Django's sites does, which only the redirects needed. Without loss in both directions.
"""

from django.conf import settings
from django.core.management.color import no_style
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


def go_on_counting(schema_editor, model):
    """Let the next row have a key of its own, after rows were written with theirs."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def copy_from_redirects(apps, schema_editor):
    database = schema_editor.connection.alias
    old_addresses = apps.get_model("networks", "OldAddress").objects.using(database)
    saved_forms = apps.get_model("networks", "SavedForm").objects.using(database)
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(database)
    former = content_types.filter(app_label="redirects", model="redirect").first()
    present = content_types.filter(app_label="networks", model="oldaddress").first()
    # The site had one row of sites only, and a row without a target led nowhere.
    rows = apps.get_model("redirects", "Redirect").objects.using(database).filter(site_id=settings.SITE_ID)
    # With their keys, by which the history, open forms and unsaved texts know them
    old_addresses.bulk_create(
        old_addresses.model(pk=row.pk, old_path=row.old_path, new_path=row.new_path)
        for row in rows.exclude(new_path="")
    )
    go_on_counting(schema_editor, old_addresses.model)
    if former and present:
        # A form that was open during the upgrade is still saved once.
        saved_forms.filter(content_type=former).update(content_type=present)
    content_types.filter(app_label__in=["redirects", "sites"]).delete()


def copy_to_redirects(apps, schema_editor):
    database = schema_editor.connection.alias
    site, _created = (
        apps.get_model("sites", "Site")
        .objects.using(database)
        .get_or_create(pk=settings.SITE_ID, defaults={"domain": "localhost", "name": "localhost"})
    )
    Redirect = apps.get_model("redirects", "Redirect")
    Redirect.objects.using(database).bulk_create(
        Redirect(pk=row.pk, site=site, old_path=row.old_path, new_path=row.new_path)
        for row in apps.get_model("networks", "OldAddress").objects.using(database)
    )
    go_on_counting(schema_editor, Redirect)


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
