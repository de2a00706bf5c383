"""
What the code of each landed state has written goes on as it was: it is upgraded, and all of it is read.

The databases of tests/databases/landed are written by `python -m tests.databases` with the code of that time. Their
rows come in where the migrations have got to their state, so that all of them take one run from nothing to now.
"""

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import translation

from networks.models import Network, Page, PreviewLink
from networks.operations.consistency import findings
from networks.revisions import drafts, previews, publishing, storage
from networks.revisions.content import complete_content, content_of
from tests.contents import store_picture
from tests.databases.__main__ import write_story
from tests.migrating import LANDED, drop_all_tables, insert_rows, reset_sequences

pytestmark = [pytest.mark.migration, pytest.mark.sql, pytest.mark.usefixtures("migrated_again")]

STATES = sorted(path.stem for path in LANDED.glob("*.json"))
# What a page of the full network says, in each of the three forms
FORMS = {"": "Друга реченица.", "/sr-latn": "Druga rečenica.", "/en": "First sentence."}
FIRST = {"": "Прва реченица.", "/sr-latn": "Prva rečenica.", "/en": "First sentence."}

# The state of each row, and how many revisions it has
PUBLISHED, DRAFT, IN_BIN = "published", "draft", "in bin"
LOADED = {
    "full": (PUBLISHED, 1),
    "draft": (DRAFT, 1),
    "renamed": (PUBLISHED, 1),
    "left": (PUBLISHED, 1),
    "about": (PUBLISHED, 1),
    "sketch": (DRAFT, 1),
    "moved": (PUBLISHED, 1),
}
WRITTEN = LOADED | {
    "full": (PUBLISHED, 3),
    "draft": (DRAFT, 3),
    "deleted": (IN_BIN, 2),
    "renamed": (PUBLISHED, 2),
    "left": (PUBLISHED, 3),
    "hidden": (DRAFT, 1),
    "loaded": (PUBLISHED, 1),
}
WITH_PAGES = WRITTEN | {"about": (PUBLISHED, 2), "moved": (PUBLISHED, 2)}


@pytest.fixture
def upgraded():
    """All landed states in one database, upgraded to the present one. The first brings the profile of the city."""
    store_picture("mark.png", (60, 40))
    drop_all_tables()

    def take_in(action, migration=None, fake=False):
        state = migration.name[:4] if migration and migration.app_label == "networks" else ""
        if action == "apply_success" and state in STATES:
            insert_rows(LANDED / f"{state}.json", but_not={"networks_cityprofile"} if state != STATES[0] else ())

    executor = MigrationExecutor(connection, take_in)
    executor.migrate(executor.loader.graph.leaf_nodes())
    emit_post_migrate_signal(0, False, connection.alias)
    reset_sequences(apps)


def test_what_each_landed_state_has_written_is_read_after_an_upgrade(upgraded, subtests):
    assert [*findings()] == []
    clerk = Client()
    clerk.force_login(User.objects.create_superuser("clerk"))
    for number, state in enumerate(STATES):
        with subtests.test(state):
            assert_rows_are_as_written(state)
            if connection.vendor != "sqlite":
                continue  # What pages make of equal rows is seen once.
            # Most pages in one language, in turn: what there is to read depends on the rows.
            form = [*FORMS][number % len(FORMS)]
            assert_visitors_read(state, form)
            assert_staff_read_and_go_on(clerk, state, form)
    if connection.vendor == "sqlite":
        assert_all_is_listed(clerk)


def test_the_present_code_writes_a_state_too():
    """So that the command that keeps it for the next landing works then."""
    store_picture("mark.png", (60, 40))
    write_story("9999")
    assert_rows_are_as_written("9999")
    assert [*findings()] == []


def assert_all_is_listed(clerk):
    for form in FORMS:
        for path in ("/", "/timeline/", "/changes/", "/map/", "/open-data/", "/feed.atom"):
            assert Client().get(form + path).status_code == 200, (form, path)
    for path in ("/networks.json", "/networks.csv", "/networks.ttl", "/catalog.jsonld", "/sitemap.xml"):
        assert Client().get(path).status_code == 200, path
    for form in FORMS:
        for model in ("network", "page"):
            assert clerk.get(f"{form}/admin/networks/{model}/").status_code == 200
        assert clerk.get(f"{form}/admin/").status_code == 200


def rows_of(state):
    """Return the networks and pages of a state, by their slugs without it."""
    return {
        row.slug.removesuffix(f"-{state}"): row
        for model in (Network, Page)
        for row in model.objects.filter(slug__endswith=f"-{state}").select_related("head", "live")
    }


def state_of(row):
    return IN_BIN if row.deleted_at else PUBLISHED if row.is_published else DRAFT


def assert_rows_are_as_written(state):
    rows = rows_of(state)
    for row in rows.values():
        storage.newest_revision(row)
        if row.is_published:
            assert complete_content(type(row), row.live.content) == content_of(row)
    expected = LOADED if state == "0002" else WRITTEN if state < "0021" else WITH_PAGES
    assert {slug: (state_of(row), row.revisions.count()) for slug, row in rows.items()} == expected
    full = rows["full"]
    assert str(full.joined) == "2007-05"
    assert [str(each.logo) for each in rows.values() if getattr(each, "logo", "")] == ["logos/mark.png"]
    assert (full.documents[0]["kind"], full.documents[0]["title_sr"][:6]) == ("decision", "Одлука")
    assert {each["currency"] for each in full.fees} == {"EUR"}
    assert [each.slug for each in full.themes.all()] == [f"peace-{state}"]
    if state > "0002":
        assert (full.submitted_by, full.head.author_name) == ("Ана Анић", "Ана Анић")
        assert [(each.revision, each.author.username) for each in full.schedules.all()] == [
            (full.head, f"milan-{state}")
        ]
        written = [complete_content(Network, each.content) for each in full.revisions.order_by("number")]
        assert [each["summary_sr"] for each in written] == ["Прва реченица.", "Друга реченица.", "Нацрт који чека."]
        assert [each["joined"] for each in written] == ["2007-05", "2007-05", "2007-05-03"]
        assert [bool(each["documents"] and each["fees"]) for each in written] == [True] * 3


def assert_visitors_read(state, form):
    visitor = Client()
    for each, sentence in (FIRST if state == "0002" else FORMS).items():
        assert sentence in visitor.get(f"{each}/networks/full-{state}/").content.decode()
    for path in ("networks/left", "networks/renamed", "pages/about"):
        assert visitor.get(f"{form}/{path}-{state}/").status_code == 200
    redirects = {
        f"{form}/networks/former-{state}/": f"{form}/networks/renamed-{state}/",
        f"{form}/pages/was-{state}/": f"{form}/pages/moved-{state}/",
    }
    if state >= "0007":
        redirects[f"/stara-{state}/"] = f"/networks/full-{state}/"
    for path, target in redirects.items():
        assert visitor.get(path).headers["Location"] == target
    for link in PreviewLink.objects.filter(revision__network__slug=f"full-{state}"):
        with translation.override("sr"):
            assert "Нацрт који чека." in visitor.get(previews.link_url(link)).content.decode()


def assert_staff_read_and_go_on(clerk, state, form):
    rows = rows_of(state)
    newest = "Прва реченица." if state == "0002" else "Нацрт који чека."
    for slug, names in {"full": ("change", "history", "compare", "schedule"), "about": ("change", "history")}.items():
        for name in names:
            path = f"{form}/admin/networks/{rows[slug]._meta.model_name}/{rows[slug].pk}/{name}/"
            page = clerk.get(path)
            assert page.status_code == 200, path
            assert (slug, name) != ("full", "change") or newest in page.content.decode()
    # What waits is published, what is in the bin comes back, and what was taken off the site is written on.
    full = publishing.publish(rows["full"], author=None)
    assert full.summary_sr == newest
    if state > "0002":
        assert publishing.undelete(rows["deleted"], author=None).head.content["seat_sr"] == "Рим"
    draft = drafts.save(rows["draft"], {"summary_sr": "Даље."}, author=None).row
    assert publishing.publish(draft, author=None).summary_sr == "Даље."
