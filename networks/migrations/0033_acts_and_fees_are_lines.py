"""The deciding act of a network becomes a document, and its fee one of its fees."""

from django.db import migrations
from django.db.models import Q

from networks.models.lines import act_lines, fee_lines

LINES = ("documents", "roles", "periods", "fees", "activities")


def write_lines(apps, schema_editor):
    rows = apps.get_model("networks", "Network").objects.using(schema_editor.connection.alias)
    with_fields = ~Q(deciding_act="") | Q(fee_amount__isnull=False)
    for row in rows.filter(with_fields).iterator(chunk_size=200):
        amount = None if row.fee_amount is None else f"{row.fee_amount:.2f}"
        # Not save(), which would set `changed_at`
        rows.filter(pk=row.pk).update(
            documents=act_lines(row.deciding_act), fees=fee_lines(amount, row.fee_currency, row.fee_year)
        )
    # Migrated back and forth: a revision has all the lines, of which the row had one document and one fee.
    for is_published, name in ((True, "live"), (False, "head")):
        known = rows.filter(**{"is_published": is_published, f"{name}__content__has_key": "documents"})
        for row in known.select_related(name):
            content = getattr(row, name).content
            rows.filter(pk=row.pk).update(**{field: content[field] for field in LINES})


def write_fields(apps, schema_editor):
    """Write the first decision and the fee of the last year back. The lines are dropped with their columns."""
    rows = apps.get_model("networks", "Network").objects.using(schema_editor.connection.alias)
    for row in rows.exclude(documents=[], fees=[]).iterator(chunk_size=200):
        acts = [line["title_sr"] for line in row.documents if line["kind"] == "decision"]
        values = {"deciding_act": acts[0] if acts else ""}
        if row.fees:
            fee = max(row.fees, key=lambda line: line["year"])
            values |= {f"fee_{name}": fee[name] for name in ("amount", "currency", "year")}
        rows.filter(pk=row.pk).update(**values)


class Migration(migrations.Migration):
    dependencies = [("networks", "0032_lines")]

    operations = [migrations.RunPython(write_lines, write_fields)]
