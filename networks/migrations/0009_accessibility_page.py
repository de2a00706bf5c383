"""The accessibility statement on sites that have plain pages and lack it: a draft, which staff publish."""

from django.db import migrations

SLUG = "accessibility"
TEXTS = {
    "title_sr": "Изјава о приступачности",
    "title_en": "Accessibility statement",
    "body_sr": (
        "<p>Ова изјава односи се на јавне странице овог сајта. Оне раде без скрипти, могу да се користе само "
        "тастатуром и да се увећају, а боје прате светли или тамни приказ вашег уређаја. Део сајта у коме "
        "раде запослени није обухваћен.</p>"
    ),
    "body_en": (
        "<p>This statement is about the public pages of this site. They work without scripts, can be used "
        "with the keyboard alone and enlarged, and their colours follow the light or dark appearance of your "
        "device. The part of the site in which staff work is not covered.</p>"
    ),
}


def make_page(apps, schema_editor):
    pages = apps.get_model("networks", "Page").objects.using(schema_editor.connection.alias)
    last = pages.order_by("position").last()
    # An empty site gets its pages otherwise. A page that once stood at the address is the statement, renamed.
    if last is None or pages.filter(slug=SLUG).exists() or pages.filter(former_slugs__slug=SLUG).exists():
        return
    pages.create(slug=SLUG, title=TEXTS["title_sr"], position=last.position + 10, is_published=False, **TEXTS)


class Migration(migrations.Migration):
    dependencies = [("networks", "0008_old_address_roles")]

    operations = [migrations.RunPython(make_page, migrations.RunPython.noop)]
