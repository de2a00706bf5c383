"""
Translations that stand beside their source in any revision count as current, because nobody has said otherwise.

The history of each row that has one says so. Rows that nobody has worked on yet, and plain pages, get their pairs with
their first revision.
"""

import unicodedata
from hashlib import sha256

from django.conf import settings
from django.db import migrations

from networks.rich_text import readable_text

# The translated fields at this point, and whether they are rich text
FIELDS = {
    "network": {
        "name": False,
        "acronym": False,
        "summary": False,
        "description": True,
        "seat": False,
        "benefit": False,
    },
    "page": {"title": False, "body": True},
}
EXPLANATION = "При надоградњи сајта: сваки превод који је стајао поред свог изворника рачуна се као важећи."


def digest(text, is_rich):
    words = readable_text(text) if is_rich else text
    return sha256(" ".join(unicodedata.normalize("NFC", words).split()).encode()).hexdigest()


def confirm(apps, schema_editor):
    Confirmed = apps.get_model("networks", "ConfirmedTranslation")
    Event, Revision = apps.get_model("networks", "Event"), apps.get_model("networks", "Revision")
    languages = [each for each in settings.MODELTRANSLATION_LANGUAGES if each != "sr"]
    for model, fields in FIELDS.items():
        for row in apps.get_model("networks", model).objects.exclude(head=None).iterator(chunk_size=100):
            contents = Revision.objects.filter(**{model: row}).order_by("-number").values_list("content", flat=True)
            pairs = {}
            for content in contents.iterator(chunk_size=100):
                for field, is_rich in fields.items():
                    source = content.get(f"{field}_sr") or ""
                    for column in (f"{field}_{language}" for language in languages):
                        if text := content.get(column):
                            pairs[column, digest(source, is_rich), digest(text, is_rich)] = source
            Confirmed.objects.bulk_create(
                Confirmed(
                    **{model: row},
                    column=column,
                    source_digest=source_digest,
                    translation_digest=translation_digest,
                    source=source,
                    reason="loaded",
                )
                for (column, source_digest, translation_digest), source in reversed(pairs.items())
            )
            present = [
                column for column in sorted({column for column, *_digests in pairs}) if row.head.content.get(column)
            ]
            if present:
                Event.objects.create(
                    **{model: row},
                    kind="confirmed",
                    revision=row.head,
                    fields=present,
                    explanation=EXPLANATION,
                )


def forget(apps, schema_editor):
    new = ["confirmed", "corrected", "unconfirmed", "recalled", "returned", "remarked"]
    apps.get_model("networks", "Event").objects.filter(kind__in=new).delete()
    apps.get_model("networks", "ConfirmedTranslation").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("networks", "0022_translations_are_confirmed")]

    operations = [migrations.RunPython(confirm, forget)]
