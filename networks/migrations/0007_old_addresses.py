"""
The table of old addresses. A site with networks is the first city's, and gets those of the site before it.

Another city has others; `loaddata nis` brings them to a new site of the first one.
"""

from django.conf import settings
from django.db import migrations

# The list, in Serbian and in English. The script of the first was chosen by a parameter, which is dealt with before.
OLD_ADDRESSES = {"/mreze-gradova/": "/", "/international-cooperation/city-networks/": "/en/"}


def make_old_addresses(apps, schema_editor):
    database = schema_editor.connection.alias
    Site = apps.get_model("sites", "Site")
    Redirect = apps.get_model("redirects", "Redirect")
    # Django makes the row only after all migrations. Its name is never shown: see networks/one_site.py
    site, _created = Site.objects.using(database).get_or_create(
        pk=settings.SITE_ID, defaults={"domain": "localhost", "name": "localhost"}
    )
    if not apps.get_model("networks", "Network").objects.using(database).exists():
        return
    for old_path, new_path in OLD_ADDRESSES.items():
        Redirect.objects.using(database).get_or_create(site=site, old_path=old_path, defaults={"new_path": new_path})


class Migration(migrations.Migration):
    dependencies = [
        ("networks", "0006_first_changes"),
        ("redirects", "0002_alter_redirect_new_path_help_text"),
        ("sites", "0002_alter_domain_unique"),
    ]

    operations = [
        migrations.CreateModel(
            name="OldAddress",
            fields=[],
            options={
                "verbose_name": "old address",
                "verbose_name_plural": "old addresses",
                "ordering": ["old_path"],
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("redirects.redirect",),
        ),
        migrations.RunPython(make_old_addresses, migrations.RunPython.noop),
    ]
