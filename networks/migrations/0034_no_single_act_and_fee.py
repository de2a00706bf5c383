"""The fields of the one deciding act and the one fee go: both are lines now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("networks", "0033_acts_and_fees_are_lines")]

    operations = [
        migrations.RemoveConstraint(model_name="network", name="network_fee_has_currency_and_year"),
        *(
            migrations.RemoveField(model_name="network", name=name)
            for name in ("deciding_act", "fee_amount", "fee_currency", "fee_year")
        ),
    ]
