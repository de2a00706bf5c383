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
            rows.filter(pk=row.pk).update(**{field: content.get(field, []) for field in LINES})


def fields_of(documents, fees):
    """Return the first decision and the fee of the last year as the fields that a network had."""
    acts = [line.get("title_sr", "") for line in documents if line.get("kind") == "decision"]
    whole = [line for line in fees if {"year", "amount", "currency"} <= line.keys()]
    fee = max(whole, key=lambda line: line["year"], default={})
    return {
        "deciding_act": acts[0] if acts else "",
        "fee_amount": fee.get("amount"),
        "fee_currency": fee.get("currency", ""),
        "fee_year": fee.get("year"),
    }


def write_fields(apps, schema_editor):
    """
    Write the fields back. The lines are dropped with their columns, and kept in the revisions.

    Of these, the ones that were written since get the fields too: what the newest lacks is lost in the next draft.
    """
    database = schema_editor.connection.alias
    rows = apps.get_model("networks", "Network").objects.using(database)
    for row in rows.exclude(documents=[], fees=[]).iterator(chunk_size=200):
        rows.filter(pk=row.pk).update(**fields_of(row.documents, row.fees))
    revisions = apps.get_model("networks", "Revision").objects.using(database)
    since = revisions.filter(content__has_key="documents").exclude(content__has_key="deciding_act")
    for revision in since.iterator(chunk_size=200):
        fields = fields_of(revision.content["documents"], revision.content.get("fees", []))
        revisions.filter(pk=revision.pk).update(content=revision.content | fields)


class Migration(migrations.Migration):
    dependencies = [("networks", "0032_lines")]

    operations = [migrations.RunPython(write_lines, write_fields)]
