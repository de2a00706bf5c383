"""What `manage.py check_consistency` finds, and repairs without losing what visitors see or staff have written."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone

from networks.models import ConfirmedTranslation, ContentVersion, Network, OldAddress, Page, Revision, Schedule
from networks.revisions import drafts, publishing, schedules
from networks.revisions.content import complete_content, content_of
from tests.contents import store_picture
from tests.makers import LINES, make_profile, make_theme

pytestmark = pytest.mark.django_db


def check(*options):
    """The findings of the command, and with which code it ends."""
    output = StringIO()
    try:
        call_command("check_consistency", *options, "--json", stdout=output)
    except CommandError as error:
        return json.loads(output.getvalue())["findings"], error.returncode
    return json.loads(output.getvalue())["findings"], 0


def codes(findings):
    return [each["code"] for each in findings]


@pytest.fixture
def network():
    """A published network with a draft on top of it that is submitted and scheduled."""
    theme = make_theme(slug="peace")
    written = {
        **LINES,
        "slug": "avec",
        "name_sr": "Мрежа",
        "name_en": "Network",
        "summary_sr": "Прва.",
        "themes": [theme.slug],
        "logo": store_picture("mark.png", (60, 40)),
    }
    row = publishing.publish(drafts.save(Network(), written, author=None).row, author=None)
    row = drafts.submit(drafts.save(row, {"seat_sr": "Рим"}, author=None).row, author=None)
    schedules.create(row, "publish", timezone.now() + timedelta(days=9), author=None)
    return row


@pytest.fixture
def page():
    return drafts.save(Page(), {"slug": "about", "title_sr": "О сајту", "body_sr": "<p>Прва.</p>"}, author=None).row


def stored(row):
    return type(row).objects.select_related("head", "live").get(pk=row.pk)


def test_what_the_site_has_written_agrees(network, page):
    make_profile()
    publishing.delete(publishing.publish(page, author=None), author=None)
    network.themes.get().delete()
    OldAddress.objects.create(old_path="/a/", new_path="/networks/avec/?a=b")
    OldAddress.objects.create(old_path="/b/", new_path="https://example.org/")
    fair = drafts.save(Page(), {"slug": "fair", "title_sr": "Сајам"}, author=None).row
    for days, action in ((1, "publish"), (2, "withdraw")):
        schedules.create(fair, action, timezone.now() + timedelta(days=days), author=None)
    assert check() == ([], 0)


def test_what_was_loaded_agrees(nis):
    assert check() == ([], 0)


# Each changes the network or the page behind the back of the site, and gives what is found.


def row_was_written(network, page):
    Network.objects.filter(pk=network.pk).update(summary_sr="Друга.", search_text="друга")
    return ["row_apart", "search_text"]


def draft_was_written(network, page):
    Page.objects.filter(pk=page.pk).update(body_sr="<p>Друга.</p>")
    return ["row_apart"]


def themes_were_changed(network, page):
    network.themes.set([make_theme(slug="culture")])
    return ["row_apart"]


def published_version_is_lost(network, page):
    Network.objects.filter(pk=network.pk).update(live=None)
    return ["version_missing"]


def newest_version_is_lost(network, page):
    Network.objects.filter(pk=network.pk).update(head=None)
    return ["version_missing"]


def version_of_another_row(network, page):
    Network.objects.filter(pk=network.pk).update(head=page.head)
    return ["version_missing"]


def published_version_without_being_published(network, page):
    Page.objects.filter(pk=page.pk).update(live=page.head)
    return ["version_missing"]


def words_of_search(network, page):
    Network.objects.filter(pk=network.pk).update(search_text="")
    return ["search_text"]


def newest_columns_of_an_older_version(network, page):
    Network.objects.filter(pk=network.pk).update(words_newest="prva", computed_from=network.live_id)
    Page.objects.filter(pk=page.pk).update(gaps_newest={}, words_newest="", computed_from=None)
    return ["newest_columns", "newest_columns"]


def outdated_translations(network, page):
    Network.objects.filter(pk=network.pk).update(outdated_newest=["name_en"])
    return ["outdated"]


def double(*titles):
    return [{"id": "aaaaaaaa", "kind": "meeting", "title_sr": title} for title in titles]


def double_lines(network, page):
    doubled = double("Прво", "Друго")
    Network.objects.filter(pk=network.pk).update(activities=doubled)
    for revision in network.revisions.all():
        Revision.objects.filter(pk=revision.pk).update(content=revision.content | {"activities": doubled})
    return ["row_apart", "newest_columns"]


def double_lines_in_a_draft(network, page):
    doubled = double("Прво", "Друго")
    Revision.objects.filter(pk=network.head_id).update(content=network.head.content | {"activities": doubled})
    return ["double_lines", "newest_columns"]


def schedule_of_what_is_published(network, page):
    Schedule.objects.update(revision=network.live)
    return ["schedule"]


def schedule_to_take_off_what_is_not_there(network, page):
    page.schedules.create(action="withdraw", at=timezone.now() + timedelta(days=1))
    return ["schedule"]


def schedule_of_another_row(network, page):
    Schedule.objects.update(revision=page.head)
    return ["schedule"]


def translation_of_no_field(network, page):
    ConfirmedTranslation.objects.create(network=network, column="motto_en", source_digest="a", translation_digest="b")
    return ["confirmed_translation"]


def former_slug_of_a_present_page(network, page):
    network.former_slugs.create(slug="avec")
    return ["former_slug"]


def content_version_is_lost(network, page):
    ContentVersion.objects.all().delete()
    connection.run_on_commit.clear()  # as in another transaction than that which has raised it
    return ["content_version"]


DAMAGE = [
    row_was_written,
    draft_was_written,
    themes_were_changed,
    published_version_is_lost,
    newest_version_is_lost,
    version_of_another_row,
    published_version_without_being_published,
    words_of_search,
    newest_columns_of_an_older_version,
    outdated_translations,
    double_lines,
    double_lines_in_a_draft,
    schedule_of_what_is_published,
    schedule_to_take_off_what_is_not_there,
    schedule_of_another_row,
    translation_of_no_field,
    former_slug_of_a_present_page,
    content_version_is_lost,
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_and_repaired_once(damage, network, page):
    expected = damage(network, page)
    rows = [stored(each) for each in (network, page)]
    seen = [content_of(each) for each in rows]
    published = [each.is_published for each in rows]

    found, code = check()
    assert (codes(found), code) == (expected, 1)
    assert {each["repairable"] for each in found} == {True}
    repaired, code = check("--repair")
    assert (codes(repaired), code) == (expected, 0)
    assert check() == ([], 0)

    rows = [stored(each) for each in rows]
    assert [each.is_published for each in rows] == published
    # Nobody sees anything else, and all that staff have written is there.
    if damage is not double_lines:
        assert [content_of(each) for each in rows] == seen
    for row in rows:
        assert complete_content(type(row), (row.live or row.head).content) == content_of(row)
    assert rows[0].head.content["seat_sr"] == "Рим"
    assert "Рим" not in rows[0].seat_sr


def test_what_citizens_see_becomes_a_version_below_the_draft(network, page):
    """As when the code of an earlier release has saved a network on the schema of today."""
    row_was_written(network, page)
    check("--repair")
    row = stored(network)
    assert (row.live.content["summary_sr"], row.live.author_name) == ("Друга.", "")
    assert row.live.comment
    assert (row.head.content["summary_sr"], row.head.content["seat_sr"]) == ("Друга.", "Рим")
    assert row.submitted_at
    assert row.schedules.get().revision == row.head
    assert row.changes.first().fields == ["summary_sr"]
    assert "Друга." in Client().get("/networks/avec/").content.decode()


def test_people_decide_where_a_program_cannot(network, page):
    default_storage.delete("logos/mark.png")
    file = {"name": f"documents/{'0' * 40}.pdf", "size": 5, "pages": 1, "sha256": "ab" * 32, "warnings": []}
    default_storage.save(file["name"], ContentFile(b"%PDF-1"))
    with_file = {"documents": [{"id": "0d0c0001", "kind": "decision", "title_sr": "Одлука", "file": file}]}
    drafts.save(network, with_file, author=None)
    OldAddress.objects.create(old_path="/a/", new_path="/networks/gone/")
    OldAddress.objects.create(old_path="/c/", new_path="/d/")
    OldAddress.objects.create(old_path="/d/", new_path="/c/")
    Page.objects.filter(pk=page.pk).update(is_published=True, deleted_at=timezone.now())
    addresses = {each.old_path: f"/admin/networks/oldaddress/{each.pk}/change/" for each in OldAddress.objects.all()}
    for options in ((), ("--repair",)):
        found, code = check(*options)
        assert code == 1
        assert {each["repairable"] for each in found} == {False}
        assert [(each["code"], each["where"], each["url"]) for each in found] == [
            ("published_in_bin", f"page {page.pk}, about", f"/admin/networks/page/{page.pk}/change/"),
            *(("old_address", path, url) for path, url in sorted(addresses.items())),
            ("file_missing", f"network {network.pk}, version 3", f"/admin/networks/network/{network.pk}/history/"),
            ("file_missing", f"network {network.pk}, avec", f"/admin/networks/network/{network.pk}/change/"),
        ]


def test_row_that_cannot_be_a_version_is_named(network, page):
    Network.objects.filter(pk=network.pk).update(contact_email="nobody")
    output = StringIO()
    with pytest.raises(CommandError, match="Not everything agrees"):
        call_command("check_consistency", "--repair", stdout=output)
    assert f"network {network.pk}, avec: what visitors see is in no version: contact_email." in output.getvalue()
    assert "Not repaired: " in output.getvalue()
    assert (stored(network).live, stored(network).head) == (network.live, network.head)


def test_reference_to_nothing_is_found(monkeypatch):
    def check_constraints():
        raise IntegrityError("The row in table 'networks_event' has an invalid foreign key.")

    monkeypatch.setattr(connection, "check_constraints", check_constraints)
    [finding], code = check()
    assert (finding["code"], finding["problem"], code) == (
        "reference",
        "The row in table 'networks_event' has an invalid foreign key.",
        1,
    )
