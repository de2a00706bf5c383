from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0012_sign_in_attempts")]

    operations = [
        migrations.AddField(
            model_name="previewlink",
            name="is_kept",
            field=models.BooleanField(default=False),
        ),
    ]
