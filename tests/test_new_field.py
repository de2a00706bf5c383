"""A maintainer adds a translated field to networks, in one place, to a site that has content."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.processes import ROOT

FIELD = """    motto = models.TextField(
        "motto", blank=True, help_text="What the network says of itself."
    )

    # Facts that need no translation
"""

# What the new field is to those who read, write and look for it
SCRIPT = """
import json, django
django.setup()
from django.contrib.auth.models import User
from django.test import Client
from networks.revisions import comparison, drafts, publishing
from networks.revisions.content import changed_fields
from networks.revisions.storage import newest_revision
from networks.models import Network

network = Network.objects.get(slug="alda")
first = newest_revision(network)
texts = {"motto_sr": "Заједно смо јачи", "motto_en": "Stronger together"}
saved = drafts.save(network, first.content | texts, author=None)
publishing.publish(network, author=None)
User.objects.create_superuser("admin", password="secret")
citizen, staff = Client(), Client()
staff.login(username="admin", password="secret")
seen = {}
for prefix, text in (("", "Заједно смо јачи"), ("/sr-latn", "Zajedno smo jači"), ("/en", "Stronger together")):
    seen[f"page {prefix}"] = text in citizen.get(f"{prefix}/networks/alda/").content.decode()
    found = citizen.get(f"{prefix}/?q={text.split()[0]}").content.decode()
    seen[f"search {prefix}"] = f"{prefix}/networks/alda/" in found and "Motto: " in found
    seen[f"data {prefix}"] = text in citizen.get("/networks.json").content.decode()
    explained = citizen.get(f"{prefix}/open-data/").content.decode()
    seen[f"explained {prefix}"] = "What the network says of itself." in explained
form = staff.get(f"/en/admin/networks/network/{network.pk}/change/").content.decode()
seen["form"] = 'name="motto_sr"' in form and 'name="motto_en"' in form
sheet = staff.post("/en/admin/networks/network/export/", {"version": "newest", "format": "csv"}).content.decode()
seen["spreadsheet"] = "motto_sr,motto_sr_latin,motto_en" in sheet
seen["changed"] = changed_fields(Network, first.content, saved.revision.content) == [*texts]
seen["old rows"] = all(each.search_text == each.make_search_text() for each in Network.objects.all())
print(json.dumps(seen))
"""


@pytest.mark.process
def test_a_new_translated_field_is_written_shown_searched_and_published_as_data(tmp_path):
    folder = tmp_path / "checkout"
    for name in ("citynetworks", "networks", "templates", "static", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(folder),
    }

    def run(*arguments):
        result = subprocess.run(  # noqa: S603
            [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    for command in (["migrate"], ["loaddata", "nis"]):
        run("-m", "django", *command, "--verbosity=0", "--skip-checks")

    models = folder / "networks" / "models" / "network.py"
    before = models.read_text()
    after = before.replace("    # Facts that need no translation\n", FIELD).replace(
        '"end_note": 1}', '"end_note": 1, "motto": 9}'
    )
    assert len(after) - len(before) == len(FIELD) - len("    # Facts that need no translation\n") + len(
        ', "motto": 9'
    )
    models.write_text(after)
    for command in (["makemigrations", "networks", "--name=motto"], ["migrate"]):
        run("-m", "django", *command, "--verbosity=0", "--skip-checks")
    seen = run("-c", SCRIPT)
    assert "false" not in seen and "page /en" in seen, seen
