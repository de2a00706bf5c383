"""The record of a membership, line by line: documents, roles, earlier periods, fees and activities."""

from django.db import migrations, models


def lines(verbose_name, help_text):
    return models.JSONField(blank=True, default=list, verbose_name=verbose_name, help_text=help_text)


FIELDS = {
    "documents": (
        "documents",
        "The decision to join, the agreement, the statute, reports: what the membership rests on.",
    ),
    "roles": (
        "kind of membership and roles",
        "As what the city belongs to the network, and in which of its bodies it has a seat.",
    ),
    "periods": (
        "earlier periods of membership",
        "If the city had left and joined again: from when to when it was a member before.",
    ),
    "fees": (
        "annual fees",
        "What the city pays for each year. The day of payment and the budget line are never public.",
    ),
    "activities": ("activities", "What was done in the network: a meeting, a project, a visit, an award."),
}


class Migration(migrations.Migration):
    dependencies = [("networks", "0031_revoked_password_links")]

    operations = [
        migrations.AddField(model_name="network", name=name, field=lines(*texts)) for name, texts in FIELDS.items()
    ]
