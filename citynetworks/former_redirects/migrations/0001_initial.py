from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sites", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Redirect",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("site", models.ForeignKey("sites.Site", on_delete=models.CASCADE)),
                ("old_path", models.CharField(max_length=200, db_index=True)),
                ("new_path", models.CharField(max_length=200, blank=True)),
            ],
            options={"db_table": "django_redirect", "unique_together": {("site", "old_path")}},
        )
    ]
