"""
Pages have revisions, as networks have. A page gets its first one when somebody works on it.

Backwards, pages lose their history, drafts and schedules: they keep what visitors see, or else what was written last.
"""

import django.db.models.deletion
from django.db import migrations, models

# What belonged to networks only, and the names of the constraints: of all, and of one page
RELATED = {
    "revision": ("revision_of_one_row", "number", "page_revision_number_is_unique"),
    "event": ("event_of_one_row", None, None),
    "schedule": ("schedule_of_one_row", "action", "page_schedule_is_one_of_its_kind"),
    "openform": ("openform_of_one_row", "user", "open_form_of_page_once_for_each_user"),
}


def foreign_key(to):
    return models.ForeignKey(
        blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="%(class)ss", to=to
    )


def revision_of_page():
    return models.ForeignKey(
        blank=True,
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        related_name="+",
        to="networks.revision",
    )


def one_row():
    return models.Q(network__isnull=False, page__isnull=True) | models.Q(network__isnull=True, page__isnull=False)


def delete_what_belongs_to_pages(apps, schema_editor):
    for name in RELATED:
        rows = apps.get_model("networks", name).objects.using(schema_editor.connection.alias)
        rows.filter(page__isnull=False).delete()
    # PostgreSQL alters no table while it has not yet checked the foreign keys of the deleted rows.
    schema_editor.connection.check_constraints()


class Migration(migrations.Migration):
    dependencies = [("networks", "0020_own_old_addresses")]

    operations = [
        migrations.AddField("page", "head", revision_of_page()),
        migrations.AddField("page", "live", revision_of_page()),
        migrations.AddField(
            "page",
            "submitted_at",
            models.DateTimeField(blank=True, editable=False, null=True, verbose_name="submitted for publishing"),
        ),
        migrations.AddField(
            "page", "submitted_by", models.CharField(blank=True, default="", editable=False, max_length=301)
        ),
        migrations.AddField(
            "page",
            "deleted_at",
            models.DateTimeField(blank=True, editable=False, null=True, verbose_name="deleted"),
        ),
        migrations.AddField(
            "page", "deleted_by", models.CharField(blank=True, default="", editable=False, max_length=301)
        ),
        *(migrations.AddField(name, "page", foreign_key("networks.page")) for name in RELATED),
        *(migrations.AlterField(name, "network", foreign_key("networks.network")) for name in RELATED),
        *(
            migrations.AddConstraint(name, models.CheckConstraint(condition=one_row(), name=of_one_row))
            for name, (of_one_row, _field, _unique) in RELATED.items()
        ),
        *(
            migrations.AddConstraint(name, models.UniqueConstraint(fields=("page", field), name=unique))
            for name, (_of_one_row, field, unique) in RELATED.items()
            if field
        ),
        migrations.RunPython(migrations.RunPython.noop, delete_what_belongs_to_pages),
    ]
