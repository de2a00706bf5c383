import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("networks", "0038_answers_from_before_lines"),
    ]

    operations = [
        migrations.CreateModel(
            name="Operation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("finished_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("succeeded", models.BooleanField(default=True)),
                ("details", models.JSONField(default=dict)),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["kind", "-finished_at"], name="operation_newest_of_kind")],
            },
        ),
    ]
