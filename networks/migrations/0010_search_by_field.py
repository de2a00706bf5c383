"""The words that search looks in, with a line for each field, so that a match tells which field it is in."""

from django.db import migrations

from networks.rich_text import clean_rich_text, plain_text
from networks.serbian import fold

# As networks.models kept them when this was written. They may differ by now; each save writes them anew.
SEARCHED = (
    *("name_sr", "name_en", "acronym_sr", "acronym_en"),
    *("original_name", "former_names", "slug"),
    *("summary_sr", "summary_en", "seat_sr", "seat_en", "benefit_sr", "benefit_en"),
    *("description_sr", "description_en"),
)


def words_to_search(network):
    return "\n".join(fold(text_to_search(name, getattr(network, name) or "")) for name in SEARCHED)


def text_to_search(name, text):
    if name == "slug":
        return text.replace("-", " ")
    return plain_text(clean_rich_text(text)) if text and name.startswith("description") else text


def write_words_anew(apps, schema_editor):
    networks = apps.get_model("networks", "Network").objects.using(schema_editor.connection.alias)
    for network in networks.iterator(chunk_size=200):
        # Not save(), which would change the time of the last change.
        networks.filter(pk=network.pk).update(search_text=words_to_search(network))


class Migration(migrations.Migration):
    dependencies = [("networks", "0009_accessibility_page")]

    operations = [migrations.RunPython(write_words_anew, migrations.RunPython.noop)]
