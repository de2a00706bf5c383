"""
No migration loses what there is. That they run forward and back is seen in test_roles.py.

All of these have landed and are never changed again (tests/landed_migrations.txt), so that one database is enough for
them: what each landed state has written is upgraded on PostgreSQL too, in test_landed_states.py.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps as current_apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from networks.models import Event, Network, OldAddress, Page, Revision, Schedule
from networks.models import SavedForm as CurrentSavedForm
from networks.revisions import drafts, publishing, schedules, storage
from networks.revisions.content import complete_content, content_of, select_current_fields
from networks.revisions.translations import State, confirmed_translations, translation_states
from tests.contents import ACT_AND_FEE, EMPTY, FROZEN, IN_ROW, NO_LINES, store_picture
from tests.migrating import drop_all_tables, insert_rows, migrate_to, reset_sequences

pytestmark = [pytest.mark.migration, pytest.mark.usefixtures("migrated_again")]

# What earlier code has written, by the last migration that it had
DATABASES = Path(__file__).parent / "databases"

# When the networks were last changed, before there were revisions
CHANGED = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)


@pytest.mark.parametrize("has_networks", [False, True])
def test_old_addresses_get_a_table_of_their_own_and_go_back(has_networks):
    """The first city gets those of the site before it; what staff have added stays, in both directions."""
    expected = {("/added/", "https://www.ni.rs/"), ("/старо/?id=5", "/")}
    drop_all_tables()
    if has_networks:
        expected |= {("/mreze-gradova/", "/"), ("/international-cooperation/city-networks/", "/en/")}
        migrate_to("0002").get_model("networks", "Network").objects.create(name_sr="Мрежа", slug="x")
    apps = migrate_to("0019")
    Redirect, ContentType = apps.get_model("redirects", "Redirect"), apps.get_model("contenttypes", "ContentType")
    for old_path, new_path in [*expected, ("/gone/", "/"), ("/without a target/", "")]:
        Redirect.objects.get_or_create(site_id=1, old_path=old_path, defaults={"new_path": new_path})
    redirects, _created = ContentType.objects.get_or_create(app_label="redirects", model="redirect")
    ContentType.objects.get_or_create(app_label="networks", model="oldaddress")
    user = apps.get_model("auth", "User").objects.create(username="ana")
    Redirect.objects.filter(old_path="/gone/").delete()  # so that the keys have a gap
    row = Redirect.objects.create(site_id=1, old_path="/added later/", new_path="/")
    expected |= {("/added later/", "/")}
    keys = dict(Redirect.objects.exclude(new_path="").values_list("old_path", "pk"))
    SavedForm = apps.get_model("networks", "SavedForm")
    SavedForm.objects.create(token="t", user=user, content_type=redirects, object_id=row.pk)
    call_command("migrate", verbosity=0)
    assert set(OldAddress.objects.values_list("old_path", "new_path")) == expected
    saved = CurrentSavedForm.objects.get()
    assert saved.content_type.model_class() is OldAddress
    assert OldAddress.objects.get(pk=saved.object_id).old_path == "/added later/"
    assert dict(OldAddress.objects.values_list("old_path", "pk")) == keys
    OldAddress.objects.create(old_path="/after/", new_path="/")
    expected |= {("/after/", "/")}
    assert not {"django_site", "django_redirect"} & set(connection.introspection.table_names())
    Redirect = migrate_to("0019").get_model("redirects", "Redirect")
    assert set(Redirect.objects.values_list("old_path", "new_path")) == expected
    Redirect.objects.create(site_id=1, old_path="/again/", new_path="/")


def test_pages_get_revisions_and_what_there_is_stays():
    """Backwards, what belongs to pages goes; what visitors see stays, and all that is of networks."""
    drop_all_tables()
    old = migrate_to("0020")
    made = {"is_published": True, "name_sr": "Мрежа", "slug": "mreza"}
    network = old.get_model("networks", "Network").objects.create(**made)
    revision = old.get_model("networks", "Revision").objects.create(
        network=network, number=1, content=FROZEN | ACT_AND_FEE
    )
    network.head = network.live = revision
    network.save()
    old.get_model("networks", "Event").objects.create(network=network, revision=revision, kind="published")
    old.get_model("networks", "Schedule").objects.create(network=network, action="withdraw", at=CHANGED)
    user = old.get_model("auth", "User").objects.create(username="ana")
    old.get_model("networks", "OpenForm").objects.create(network=network, user=user)
    OldPage = old.get_model("networks", "Page")
    OldPage.objects.update_or_create(slug="o-sajtu", defaults={"title_sr": "О сајту", "is_published": True})
    OldPage.objects.create(slug="nacrt", title_sr="Нацрт", is_published=False)
    OldPage.objects.update(changed_at=CHANGED)
    kept = stored(old)

    call_command("migrate", verbosity=0)

    assert stored() == kept
    page, hidden = (Page.objects.get(slug=slug) for slug in ("o-sajtu", "nacrt"))
    assert (page.head, page.live, page.has_draft, hidden.has_draft) == (None, None, False, True)
    first = storage.newest_revision(page)
    assert (first.row, first.number, first.content, first.created_at) == (page, 1, content_of(page), CHANGED)
    drafts.save(page, first.content | {"title_sr": "Друкчије"}, author=None)
    schedules.create(page, "publish", timezone.now() + timedelta(days=1), author=None)
    publishing.delete(hidden, author=None)
    assert (stored()["page"], Page.objects.get(slug="o-sajtu").changed_at) == (kept["page"], CHANGED)

    assert stored(migrate_to("0020")) == kept


def stored(apps=current_apps):
    """Return what is stored of pages, and what belongs to networks."""
    names = {
        "page": ["pk", "slug", "title_sr", "is_published"],
        "network": ["pk", "slug", "head_id", "live_id"],
        "revision": ["pk", "network_id", "number", "content"],
        "event": ["pk", "network_id", "revision_id", "kind"],
        "schedule": ["pk", "network_id", "action", "at"],
        "openform": ["pk", "network_id", "user_id"],
    }
    rows = {}
    for name, columns in names.items():
        model = apps.get_model("networks", name)
        of_networks = model.objects.filter(network__isnull=False) if "network_id" in columns else model.objects.all()
        rows[name] = list(of_networks.order_by("pk").values(*columns))
    # Later migrations add that the translations are confirmed.
    rows["event"] = [event for event in rows["event"] if event["kind"] != "confirmed"]
    return rows


def test_translations_that_are_there_are_current_and_the_history_says_so():
    drop_all_tables()
    old = migrate_to("0021")
    OldNetwork, OldRevision = old.get_model("networks", "Network"), old.get_model("networks", "Revision")
    texts = [
        {"name_sr": "Мрежа"},
        {"name_sr": "Мрежа", "name_en": "Network"},
        {"name_sr": "Савез", "name_en": "Network"},
    ]
    network = OldNetwork.objects.create(**texts[1], slug="mreza", is_published=True)
    for number, content in enumerate(texts, 1):
        network.head = OldRevision.objects.create(network=network, number=number, content=content)
    network.live = OldRevision.objects.get(number=2)
    network.save()
    OldNetwork.objects.create(**texts[1], slug="loaded")

    call_command("migrate", verbosity=0)

    row, loaded = (Network.objects.get(slug=slug) for slug in ("mreza", "loaded"))
    storage.newest_revision(loaded)
    for each in (*row.revisions.all(), loaded.head):
        states = translation_states(Network, each.content, confirmed_translations(each.row))
        assert states == {"name_en": State.CURRENT if each.content.get("name_en") else State.MISSING}
    assert [(event.kind, event.fields, event.revision) for event in row.events.all()] == [
        ("confirmed", ["name_en"], row.head)
    ]
    assert not loaded.events.exists()
    drafts.save(row, {"name_sr": "Друго"}, author=None)
    assert Network.objects.get(slug="mreza").outdated_newest == ["name_en"]
    assert not migrate_to("0021").get_model("networks", "Event").objects.exists()


def test_database_from_before_translation_states_goes_on_as_it_was():
    """
    Made by the last code that had no drafts of pages and no states of translations, and kept as it was written.

    A network with a submitted and scheduled draft on top of what is published, a draft, one in the bin, one that was
    only loaded, and two pages.
    """
    drop_all_tables()
    old = migrate_to("0020")
    for name in ("Page", "Theme", "OldAddress", "CityProfile"):
        old.get_model("networks", name).objects.all().delete()
    insert_rows(DATABASES / "0020.json")
    reset_sequences(old)
    call_command("migrate", verbosity=0)

    states = {
        row.slug: translation_states(type(row), storage.newest_revision(row).content, confirmed_translations(row))
        for model in (Network, Page)
        for row in model.objects.all()
    }
    current, missing = State.CURRENT, State.MISSING
    assert states == {
        "avec": {"name_en": current, "summary_en": current, "description_en": current, "seat_en": missing},
        "nacrt": {"name_en": current, "acronym_en": missing},
        "obrisana": {"name_en": current},
        "ucitana": {"name_en": current},
        "o-sajtu": {"title_en": current, "body_en": missing},
        "skica": {"title_en": missing},
    }
    avec = Network.objects.get(slug="avec")
    confirmed = avec.events.first()
    assert (confirmed.kind, confirmed.fields, confirmed.author_name) == (
        "confirmed",
        ["description_en", "name_en", "summary_en"],
        "",
    )
    assert (avec.summary_sr, avec.head.content["summary_sr"]) == ("Прва реченица.", "Друга реченица.")
    assert (avec.submitted_by, avec.schedules.get().revision, avec.head.preview_links.count()) == (
        "Ана Анић",
        avec.head,
        1,
    )
    # What is written from now on is told apart.
    drafts.save(avec, {"summary_sr": "Трећа."}, author=None)
    drafts.restore(Network.objects.get(pk=avec.pk), avec.live, author=None)
    assert Network.objects.get(pk=avec.pk).outdated_newest == []
    drafts.save(avec, {"summary_sr": "Трећа."}, author=None)
    publishing.publish(Network.objects.get(pk=avec.pk), author=None)
    assert Network.objects.get(pk=avec.pk).outdated_published == ["summary_en"]


def act(text):
    return [{"id": "00000dec", "kind": "decision", "title_sr": text}] if text else []


def fee(year, amount, currency):
    return [{"id": "00000fee", "year": year, "amount": amount, "currency": currency}]


def lines_of(content):
    return content["documents"], content["fees"]


def test_acts_and_fees_become_lines_in_rows_and_in_all_that_was_written_and_go_back():
    """
    Made by the last code in which a network had one deciding act and one fee.

    A network with two published revisions and a submitted and scheduled draft, a draft whose act was taken away, one
    in the bin, and one that was only loaded.
    """
    call_command("flush", interactive=False, verbosity=0)
    old = migrate_to("0031")
    for name in ("Page", "Theme", "OldAddress", "CityProfile"):
        old.get_model("networks", name).objects.all().delete()
    insert_rows(DATABASES / "0031.json")
    reset_sequences(old)
    written = list(Revision.objects.order_by("pk").values_list("pk", "content"))
    call_command("migrate", verbosity=0)

    decision, corrected = act("Одлука 06-12/2007"), act("Одлука бр. 06-12/2007")
    in_rows = {
        "avec": (decision, fee(2025, "1600.00", "EUR")),
        "nacrt": ([], []),
        "obrisana": ([], fee(2020, "0.00", "RSD")),
        "ucitana": (act("Решење"), fee(2024, "20000.00", "RSD")),
    }
    in_history = {
        "avec": [(decision, fee(2025, "1500.00", "EUR")), in_rows["avec"], (corrected, fee(2026, "1700.50", "EUR"))],
        "nacrt": [(act("Закључак већа"), []), ([], [])],
        "obrisana": [in_rows["obrisana"]],
        "ucitana": [in_rows["ucitana"]],
    }

    def assert_is_there():
        networks = {network.slug: network for network in Network.objects.select_related("head", "live")}
        assert {slug: (row.documents, row.fees) for slug, row in networks.items()} == in_rows
        for slug, network in networks.items():
            storage.newest_revision(network)
            contents = [complete_content(Network, each.content) for each in network.revisions.order_by("number")]
            assert [lines_of(content) for content in contents] == in_history[slug]
            if network.live:  # what is published is not changed
                assert complete_content(Network, network.live.content) == content_of(network)

    assert_is_there()
    before = Revision.objects.filter(pk__lte=written[-1][0]).order_by("pk")
    assert list(before.values_list("pk", "content")) == written
    # Going back, each network has its act and its fee again, and what has more lines has them in its revisions.
    avec = Network.objects.get(slug="avec")
    lines = {"fees": [*avec.fees, {"id": "11111111", "year": 2026, "amount": "1.00", "currency": "EUR"}]}
    roles = {"roles": [{"id": "22222222", "role": "full"}]}
    ucitana = drafts.save(Network.objects.get(slug="ucitana"), lines | roles, author=None).row
    ucitana = publishing.publish(ucitana, author=None)
    partial = {"documents": [{"id": "33333333", "title_sr": "Статут"}], "fees": [{"id": "44444444", "year": 2027}]}
    draft = drafts.save(ucitana, {"summary_sr": "Нацрт"}, author=None).revision
    Revision.objects.filter(pk=draft.pk).update(content=draft.content | partial)
    OldNetwork = migrate_to("0031").get_model("networks", "Network")
    values = ("slug", "deciding_act", "fee_amount", "fee_currency", "fee_year")
    # So have the revisions that were written since, from which the next drafts are made.
    ucitana = OldNetwork.objects.select_related("live", "head").get(slug="ucitana")
    assert [[each.content[name] for name in values] for each in (ucitana.live, ucitana.head)] == [
        ["ucitana", "Решење", "1.00", "EUR", 2026],
        ["ucitana", "", None, "", None],
    ]
    assert {(row[0], row[1], str(row[2]), *row[3:]) for row in OldNetwork.objects.values_list(*values)} == {
        ("avec", "Одлука 06-12/2007", "1600.00", "EUR", 2025),
        ("nacrt", "", "None", "", None),
        ("obrisana", "", "0.00", "RSD", 2020),
        ("ucitana", "Решење", "1.00", "EUR", 2026),
    }
    call_command("migrate", verbosity=0)
    in_rows["ucitana"] = (act("Решење"), lines["fees"])
    in_history["ucitana"] += [in_rows["ucitana"], lines_of(partial)]
    assert_is_there()
    assert Network.objects.get(slug="ucitana").roles == roles["roles"]
    # What was scheduled is published with its lines.
    plan = avec.schedules.get()
    publishing.publish(Network.objects.get(slug="avec"), revision=plan.revision, author=None)
    assert lines_of(content_of(Network.objects.get(slug="avec"))) == in_history["avec"][2]


@pytest.fixture
def before_revisions():
    """The models as they were before there were revisions."""
    drop_all_tables()
    return migrate_to("0002")


def known(content):
    """A content without the fields that networks have got since."""
    newer = (
        "end_note_",
        "seat_country",
        "seat_latitude",
        "seat_longitude",
        "roles",
        "periods",
        "activities",
        "wikidata",
    )
    return {name: value for name, value in content.items() if not name.startswith(newer)}


def test_every_network_has_its_first_version_when_there_are_revisions(before_revisions, subtests):
    OldNetwork, OldTheme = (before_revisions.get_model("networks", name) for name in ("Network", "Theme"))
    store_picture("mark.png", (60, 40))
    themes = [OldTheme.objects.create(slug=slug, name_sr=slug) for slug in ("peace", "culture")]
    facts = {name: value for name, value in known(IN_ROW).items() if name not in ("themes", *NO_LINES)} | ACT_AND_FEE
    lost = {"logo": default_storage.save("logos/lost.png", ContentFile(b"")), "logo_width": 60, "logo_height": 40}
    default_storage.delete(lost["logo"])
    # Past save() and sanitising, as data of long ago may stand there
    unusual = {
        "summary_sr": " one\r\ntwo\rthree\n",
        "name_en": None,
        "description_en": None,
        "description_sr": "<p>one</p>\n",
        "internal_note": "\r\n",
        "logo": None,
        "fee_amount": 0,
        "fee_currency": "RSD",
        "fee_year": 2020,
        "founded": facts["founded"].fromisoformat("2003-10"),
    }
    networks = {
        "empty": {"name_sr": "Мрежа"},
        "full": facts,
        "unusual": {"name_sr": " Мрежа "} | unusual,
        "unpublished": facts | {"is_published": False},
        "nameless": {"name_sr": None, "is_published": False},
    }
    for slug, fields in networks.items():
        row = OldNetwork.objects.create(**{"is_published": True} | fields | {"slug": slug})
        row.themes.set(themes if "logo" in fields else [])
    # Past the model, which would look for the file
    OldNetwork.objects.filter(slug="empty").update(**lost)
    OldNetwork.objects.update(changed_at=CHANGED)
    kept = {row["slug"]: row for row in OldNetwork.objects.values()}

    call_command("migrate", verbosity=0)

    assert set(Network.objects.values_list("slug", flat=True)) == set(networks)
    for network in Network.objects.all():
        with subtests.test(network.slug):
            first = Revision.objects.get(network=network)
            # Fields that networks have got since then are unknown to it.
            assert complete_content(Network, first.content) == content_of(network)
            assert list(select_current_fields(Network, first.content)) == list(known(FROZEN))
            assert (first.number, first.parent, first.restored_from) == (1, None, None)
            assert (first.author, first.author_name, first.created_at) == (None, "", CHANGED)
            assert (network.head, network.live) == (first, first if network.is_published else None)
            assert (network.changed_at, network.has_draft) == (CHANGED, not network.is_published)
            assert (network.submitted_at, network.deleted_at) == (None, None)
            # The row itself is as it was.
            now = QuerySet(Network).filter(pk=network.pk).values().get()
            before = kept[network.slug]
            # Only the words to search are written anew, and no save would write them otherwise.
            assert now["search_text"] == network.make_search_text()
            before["search_text"] = now["search_text"]
            still = before.keys() - ACT_AND_FEE.keys()
            assert {name: str(now[name]) for name in still} == {name: str(before[name]) for name in still}
            # Whoever opens it goes on from there.
            assert (storage.newest_revision(network), network.revisions.count()) == (first, 1)
    revisions = Revision.objects.select_related("network")
    # They also have a position, which is no content any more.
    contents = {each.network.slug: select_current_fields(Network, each.content) for each in revisions}
    kept_logo = {"name": "logos/lost.png", "width": 60, "height": 40}
    assert contents["empty"] == known(EMPTY) | {"slug": "empty", "name_sr": "Мрежа", "logo": kept_logo}
    assert contents["full"] == known(FROZEN) | {"slug": "full"}
    assert contents["unusual"]["summary_sr"] == "one\ntwo\nthree"
    assert ({*Event.objects.values_list("kind", flat=True)}, Schedule.objects.count()) == ({"confirmed"}, 0)
