"""The first version of every network that there is, so that its history begins with what stands on the site."""

from django.db import migrations

# As networks.revisions kept content when revisions began. It may differ by now; this does not.
TEXTS = [
    "slug",
    "name_sr",
    "name_en",
    "acronym_sr",
    "acronym_en",
    "summary_sr",
    "summary_en",
    "description_sr",
    "description_en",
    "seat_sr",
    "seat_en",
    "benefit_sr",
    "benefit_en",
    "original_name",
    "original_language",
    "former_names",
    "scope",
    "status",
    "website",
    "membership_page",
    "deciding_act",
    "fee_currency",
    "responsible_unit",
    "contact_email",
    "contact_phone",
    "source",
    "internal_note",
]
DATES = ("founded", "joined", "left", "verified_on")


def content_of(network):
    return {
        **{name: lines(getattr(network, name)) for name in TEXTS},
        **{name: value and value.isoformat() for name in DATES for value in [getattr(network, name)]},
        "position": network.position,
        "fee_amount": None if network.fee_amount is None else f"{network.fee_amount:.2f}",
        "fee_year": network.fee_year,
        "logo": {"name": network.logo.name, "width": network.logo_width, "height": network.logo_height}
        if network.logo
        else None,
        "themes": sorted(theme.slug for theme in network.themes.all()),
    }


def lines(text):
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def make_first_revisions(apps, schema_editor):
    database = schema_editor.connection.alias
    Network = apps.get_model("networks", "Network")
    Revision = apps.get_model("networks", "Revision")
    networks = Network.objects.using(database)
    for network in networks.filter(head=None).prefetch_related("themes").iterator(chunk_size=200):
        first = Revision.objects.using(database).create(
            network=network, number=1, content=content_of(network), created_at=network.changed_at
        )
        # Not save(), which would change the time of the last change.
        networks.filter(pk=network.pk).update(head=first, live=first if network.is_published else None)


class Migration(migrations.Migration):
    dependencies = [("networks", "0003_revisions")]

    operations = [migrations.RunPython(make_first_revisions, migrations.RunPython.noop)]
