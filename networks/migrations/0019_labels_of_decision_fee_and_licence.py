"""What three fields are called in English: decision to join, annual fee, data licence. No column changes."""

from django.core.validators import MinValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0018_temporary_passwords")]

    operations = [
        migrations.AlterField(
            model_name="cityprofile",
            name="licence_name",
            field=models.CharField(
                blank=True, help_text="For example: CC BY 4.0.", max_length=100, verbose_name="data licence"
            ),
        ),
        migrations.AlterField(
            model_name="network",
            name="deciding_act",
            field=models.CharField(
                blank=True,
                help_text=(
                    "The decision to join, as it stands in the official gazette: "
                    "Decision No. 06-12/2007 of 3 May 2007."
                ),
                max_length=300,
                verbose_name="decision to join",
            ),
        ),
        migrations.AlterField(
            model_name="network",
            name="fee_amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                help_text="The amount alone, such as 1500; the currency and the year stand beside it.",
                max_digits=12,
                null=True,
                validators=[MinValueValidator(0)],
                verbose_name="annual fee",
            ),
        ),
    ]
