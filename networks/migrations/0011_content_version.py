"""The version of all that citizens see. Its row is made when the migrations are through: see content_version.migrated."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0010_search_by_field")]

    operations = [
        migrations.CreateModel(
            name="ContentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="content_version_is_one_row")
                ],
            },
        ),
    ]
