"""A maintainer adds Hungarian to a site that has content, staff translate a network into it, and it is retired."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.processes import ROOT

# What staff write and citizens read when Hungarian is there
IN_HUNGARIAN = r"""
import csv, io, json, re
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from lxml import html
from networks.models import Network, Revision
from networks.reading import Reader
from networks.revisions import drafts, publishing
from tests.pages import fill_in, form_values, opened, parsed, text_of

call_command("makemigrations", check=True, dry_run=True, verbosity=0)
call_command("loaddata", "nis", verbosity=0)
staff, citizen = Client(), Client()
staff.force_login(User.objects.create_superuser("admin", password="secret"))
alda = Network.objects.get(slug="alda")
address = f"/hu/admin/networks/network/{alda.pk}/"

# The form has the languages beside each other, and a draft in Hungarian changes nothing that citizens read.
form = opened(staff, f"{address}change/")
(row,) = form.xpath("//*[@name='summary_sr']/ancestor::*[contains(@class, 'form-multiline')]")
assert row.xpath(".//textarea/@lang") == ["sr-Cyrl", "en", "hu"]
assert opened(staff, f"{address}change/").xpath("//*[@name='name_hu']")
typed = {
    "name_hu": "Helyi Demokrácia Ügynökségek Szövetsége",
    "summary_hu": "Európai hálózat, amely a helyi demokráciát erősíti.",
    "description_hu": "<p>A szövetség székhelye Strasbourgban van.</p>",
}
assert fill_in(staff, f"{address}change/", {**typed, "summary_sr": "Нови сажетак."}).status_code == 302
page = citizen.get("/hu/networks/alda/")
assert "Szövetsége" not in page.content.decode()
waiting = text_of(opened(staff, "/en/admin/"))
assert "networks are not all translated" in waiting and "Hungarian" in waiting, waiting

# One language is published, and the Serbian stays a draft.
assert fill_in(staff, f"{address}review/", {"language": "hu"}, button="decide").status_code == 302
alda.refresh_from_db()
assert alda.name_hu == typed["name_hu"] and alda.summary_sr != "Нови сажетак." and alda.has_draft
assert alda.head.content["summary_sr"] == "Нови сажетак."

# A document has its title in Hungarian, too.
document = {"id": "0000abcd", "kind": "statute", "title_sr": "Правила", "title_hu": "Alapszabály"}
drafts.save(alda, {**alda.head.content, "documents": [document]}, author=None)
alda = publishing.publish(alda, author=None)

# Citizens read it, with what they need around it.
page = parsed(citizen.get("/hu/networks/alda/"))
assert "Alapszabály" in text_of(page) and "Pravila" not in text_of(page)
assert page.get("lang") == "hu" and typed["description_hu"][3:-4] in text_of(page)
assert [link.get("hreflang") for link in page.xpath("//link[@hreflang]")] == ["sr-Cyrl", "sr-Latn", "hu", "x-default"]
assert "Magyar" in text_of(page.xpath("//nav[.//*[@lang='hu' or @hreflang='hu' or text()='Magyar']]")[0])
for url, prefix in (("/networks/avec/", "/hu"), ("/networks/avec/", "/en")):
    assert "Association of European Cities of Culture" in text_of(parsed(citizen.get(prefix + url)))
avec = parsed(citizen.get("/hu/networks/avec/"))
assert avec.xpath("//h1/@lang") == ["en"] and "not yet available in this language" in text_of(avec)

# No page in Hungarian fails or has a letter of Cyrillic, but for the link to it, or Serbian where there is English.
serbian = {
    Reader("sr-latn").text(row, name)
    for row in Network.objects.published()
    for name in ("name", "summary")
    if getattr(row, f"{name}_en") or getattr(row, f"{name}_hu")
} - {""}
serbian -= {text for row in Network.objects.published() for text in (row.name_en, row.summary_en)}
seen, waiting = set(), ["/hu/", "/hu/?q=demokracianak", "/hu/?q=strasbourg", "/hu/?sort=name", "/hu/changes/"]
while waiting:
    url = waiting.pop()
    seen.add(url)
    response = citizen.get(url)
    assert response.status_code == 200, url
    tree = parsed(response)
    for link in tree.xpath("//a[@lang='sr-Cyrl' or @hreflang='sr-Cyrl'] | //script"):
        link.drop_tree()
    text = text_of(tree)
    assert not re.search("[\u0400-\u04ff]{2}", text), (url, re.findall("[\u0400-\u04ff]{2,}", text))
    assert not [each for each in serbian if each in text], (url, [each for each in serbian if each in text])
    for each in tree.xpath("//a/@href"):
        path = each.partition("#")[0]
        if path.startswith("/hu/") and "?" not in path and "/admin" not in path and path not in {*seen, *waiting}:
            if "." not in path.rpartition("/")[2]:
                waiting.append(path)
assert len(seen) > 20, seen

# Search finds it in any form and without marks, from its own pages and from others.
for url in ("/hu/?q=demokracianak", "/hu/?q=DEMOKRÁCIÁT", "/en/?q=ügynökség", "/?q=szövetség"):
    assert "/networks/alda/" in citizen.get(url).content.decode(), url
assert "<mark>" in citizen.get("/hu/?q=demokracianak").content.decode()

# Machines get it beside the others.
table = csv.DictReader(io.StringIO(citizen.get("/networks.csv").content.decode()))
assert {row["slug"]: row["name_hu"] for row in table}["alda"] == typed["name_hu"]
networks = json.loads(citizen.get("/networks.json").content)["networks"]
assert next(each for each in networks if each["slug"] == "alda")["name"]["hu"] == typed["name_hu"]
assert "/hu/networks/alda/" in citizen.get("/sitemap.xml").content.decode()
assert typed["name_hu"] in citizen.get("/hu/feed.atom").content.decode()
assert "hu" in citizen.get("/catalog.ttl").content.decode()
sheet = staff.post("/en/admin/networks/network/export/", {"version": "newest", "format": "csv"}).content.decode()
assert "name_sr,name_sr_latin,name_en,name_hu" in sheet
assert Reader("hu").date(alda.verified_on or alda.head.created_at).startswith("20")
for url in ("", "networks/network/", "networks/page/", "networks/theme/", "networks/network/?english=missing"):
    assert staff.get(f"/hu/admin/{url}").status_code == 200, url
for url in ("history/", "review/", "end/"):
    assert staff.get(f"{address}{url}").status_code == 200, url
print(json.dumps({"revision": Revision.objects.get(network=alda, number=alda.live.number).number}))
"""

LATER_FIELD = """    motto = models.TextField("motto", blank=True)

    # Facts that need no translation
"""
LATER_MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("networks", "{last}")]
    operations = [
        migrations.AddField("network", "motto", models.TextField("motto", blank=True, default=""), False),
        migrations.AddField("network", "motto_sr", models.TextField("motto", blank=True, null=True)),
        migrations.AddField("network", "motto_en", models.TextField("motto", blank=True, null=True)),
        migrations.AlterField("network", "name_en", models.CharField(max_length=210, null=True)),
        migrations.AlterField(
            "network",
            "name_en",
            models.CharField(
                help_text="The full name in this language, such as: Standing Conference of Towns and Municipalities.",
                max_length=200,
                null=True,
                verbose_name="name",
            ),
        ),
    ]
"""

# A later version of the product adds a translated field and changes another. Then the language is retired.
UPGRADED = r"""
import json, sys
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from networks.models import Network
from networks.revisions import drafts

call_command("migrate", verbosity=0)
call_command("makemigrations", check=True, dry_run=True)
alda = Network.objects.get(slug="alda")
assert alda.name_hu and alda.motto_hu is None
drafts.save(alda, {**alda.head.content, "motto_hu": "Együtt erősebbek"}, author=None)
call_command("language", "retire", "hu", yes=True, export=Path(sys.argv[1]), environment=Path(sys.argv[2]))
texts = json.load(open(sys.argv[1], encoding="utf-8"))["texts"]
found = {(each["field"], each.get("draft", False)): each["text"] for each in texts if each["id"] == alda.pk}
assert found["documents-0000abcd-title", False] == "Alapszabály"
assert found["name", False] == alda.name_hu and found["motto", True] == "Együtt erősebbek", found
"""

RETIRED = r"""
import sys
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from networks.models import Network
from networks.public import word_index
from tests.pages import fill_in, opened

call_command("check", databases=["default"], verbosity=0)
call_command("makemigrations", check=True, dry_run=True, verbosity=0)
staff, citizen = Client(), Client()
staff.force_login(User.objects.get(username="admin"))
for url in ("/", "/networks/alda/?a=1", "/feed.atom"):
    for response in (citizen.get(f"/hu{url}"), citizen.get(f"/HU{url}")):
        assert (response.status_code, response.headers["Location"]) == (301, url), (url, response.headers)
assert "Magyar" not in citizen.get("/").content.decode()
call_command("migrate", verbosity=0)
for word, slugs in (("ügynökségek", []), ("alapszabály", []), ("ALDA", ["alda"])):
    assert [each.facts.slug for each in word_index.find(word).entries][:1] == slugs, word
assert "name_hu" not in citizen.get("/networks.csv").content.decode()
alda = Network.objects.get(slug="alda")
address = f"/en/admin/networks/network/{alda.pk}/"
assert not opened(staff, f"{address}change/").xpath("//*[@name='name_hu']")
name = alda.name_hu
assert name and fill_in(staff, f"{address}change/", {"summary_en": "A summary."}).status_code == 302
alda.refresh_from_db()
assert alda.head.content["documents"][0]["title_hu"] == "Alapszabály"
assert alda.head.content["name_hu"] == name and alda.head.content["summary_en"] == "A summary."
assert staff.get(f"{address}history/").status_code == 200
"""

DROPPED = r"""
import sys
from pathlib import Path
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from networks.models import Network

call_command("check", databases=["default"], verbosity=0)
call_command("language", "retire", "hu", drop=True, yes=True, export=Path(sys.argv[1]))
with connection.cursor() as cursor:
    cursor.execute("SELECT * FROM networks_network WHERE 1 = 0")
    assert not [column for column, *_type in cursor.description if column.endswith("_hu")]
call_command("migrate", verbosity=0)
call_command("makemigrations", check=True, dry_run=True, verbosity=0)
staff, citizen = Client(), Client()
staff.force_login(User.objects.get(username="admin"))
assert citizen.get("/hu/networks/alda/").headers["Location"] == "/networks/alda/"
alda = Network.objects.get(slug="alda")
for revision in alda.revisions.all():
    assert staff.get(f"/en/admin/networks/network/{alda.pk}/history/{revision.number}/").status_code in (200, 302)
assert staff.get(f"/en/admin/networks/network/{alda.pk}/history/").status_code == 200
"""


@pytest.mark.process
def test_hungarian_is_added_read_upgraded_retired_and_dropped(tmp_path, database_template):
    folder, environment_file = tmp_path / "checkout", tmp_path / "environment"
    for name in ("citynetworks", "networks", "templates", "static", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("guide"))
    environment_file.write_text("# The site\nDJANGO_LANGUAGES=sr,en\nOTHER=x\n")
    with database_template.copy() as database:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")} | {
            "DATABASE_URL": database.url,
            "DJANGO_SETTINGS_MODULE": "citynetworks.settings",
            "DJANGO_DEBUG": "on",
            "DJANGO_ALLOWED_HOSTS": "testserver",
            "LOCALE_ROOT": str(tmp_path / "locale"),
            "MEDIA_ROOT": str(tmp_path / "media"),
            "STATIC_ROOT": str(tmp_path / "static"),
            "PYTHONPATH": str(folder),
        }

        def run(*arguments, languages, fails=False):
            result = subprocess.run(  # noqa: S603
                [sys.executable, *map(str, arguments)],
                cwd=folder,
                env=environment | {"DJANGO_LANGUAGES": languages},
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert bool(result.returncode) == fails, result.stdout + result.stderr
            return result.stdout + result.stderr

        command = ("-m", "django", "language")
        done = run(*command, "add", "hu", "--yes", "--environment", environment_file, languages="sr,en")
        assert "7. Setting: DJANGO_LANGUAGES=sr,en,hu" in done and "Restart the site" in done
        assert environment_file.read_text() == "# The site\nOTHER=x\nDJANGO_LANGUAGES=sr,en,hu\n"
        assert 'msgid "Networks"\nmsgstr ""' in (tmp_path / "locale/hu/LC_MESSAGES/django.po").read_text()
        seen = json.loads(run("-c", IN_HUNGARIAN, languages="sr,en,hu").splitlines()[-1])
        assert seen["revision"] > 1

        models = folder / "networks" / "models" / "network.py"
        text = models.read_text().replace("    # Facts that need no translation\n", LATER_FIELD)
        models.write_text(text.replace('"end_note": 1}', '"end_note": 1, "motto": 9}'))
        migrations = folder / "networks" / "migrations"
        last = max(path.stem for path in migrations.glob("0*.py"))
        (migrations / "9999_motto.py").write_text(LATER_MIGRATION.format(last=last))
        run("-c", UPGRADED, tmp_path / "retired.json", environment_file, languages="sr,en,hu")
        assert "DJANGO_LANGUAGES=sr,en,hu:retired\n" in environment_file.read_text()
        run("-c", RETIRED, languages="sr,en,hu:retired")
        refused = run("-m", "django", "migrate", languages="sr,en", fails=True)
        assert "Texts of a language that was removed still stand in the column name_hu" in refused
        run("-c", DROPPED, tmp_path / "dropped.json", languages="sr,en,hu:dropped")
        assert json.loads((tmp_path / "dropped.json").read_text())["texts"]
