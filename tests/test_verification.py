"""Verified: one click, for many at once, what is due, and what stays a draft."""

import io
import zipfile
from datetime import date, timedelta

import lxml.etree
import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from networks.models import Change, Event, Network, PreviewLink, Schedule
from networks.revisions import drafts, publishing, schedules, storage
from networks.revisions.content import content_of
from networks.revisions.verification import content_is_due, is_due, verify
from tests.makers import make_network
from tests.pages import PREFIXES, count_queries, in_each_language, messages_of, opened, parsed, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

LIST = "/en/admin/networks/network/"
TODAY = date(2026, 5, 4)


@pytest.fixture(autouse=True)
def today(moving_clock):
    return moving_clock


def sign_in(role):
    client = Client()
    client.user = User.objects.create_user(role, is_staff=True, first_name=role.title())
    client.user.groups.add(Group.objects.get(name=role))
    client.force_login(client.user)
    return client


@pytest.fixture
def publisher():
    return sign_in("publishers")


@pytest.fixture
def editor():
    return sign_in("editors")


def published(**fields):
    row = drafts.save(Network(), {"name_sr": "Мрежа", "name_en": "Network", **fields}, author=None).row
    return publishing.publish(row, author=None)


def facts(content):
    return content["verified_on"], content["source"]


class TestVerify:
    def test_publishes_the_day_and_the_source_and_nothing_else(self, publisher):
        network = published(summary_en="Right", source="Old", internal_note="Ours")
        before = network.live.content
        verify(network, author=publisher.user, source="A letter")
        network.refresh_from_db()
        assert network.live.content == before | {"verified_on": "2026-05-04", "source": "A letter"}
        assert (network.verified_on, network.source, network.has_draft) == (TODAY, "A letter", False)
        assert network.live.author_name == network.events.first().author_name == "Publishers"
        change = Change.objects.filter(network=network, kind=Change.Kind.VERIFIED).get()
        assert change.values == {"verified_on": [None, "2026-05-04"]}

    def test_without_a_source_keeps_the_one_there_is(self):
        network = published(source="Old")
        assert verify(network, author=None).source == "Old"

    def test_leaves_drafts_on_top_each_by_its_author(self, publisher, editor):
        network = published()
        drafts.save(network, {"summary_en": "First"}, author=editor.user, comment="One")
        drafts.save(network, {"benefit_en": "Second"}, author=publisher.user)
        network = verify(network, author=publisher.user)
        network.refresh_from_db()
        assert (network.summary_en, network.verified_on) == ("", TODAY)
        second, first = network.head, network.head.parent
        assert first.parent == network.live
        assert [(each.author_name, each.comment) for each in (first, second)] == [
            ("Editors", "One"),
            ("Publishers", ""),
        ]
        assert (first.content["summary_en"], first.content["benefit_en"]) == ("First", "")
        assert (second.content["summary_en"], second.content["benefit_en"]) == ("First", "Second")
        assert facts(second.content) == ("2026-05-04", "")

    @pytest.mark.parametrize(
        ("draft", "expected"),
        [
            ({"verified_on": "2026-05-01"}, ("2026-05-01", "A letter")),
            ({"source": "Mine"}, ("2026-05-04", "Mine")),
            ({"verified_on": None, "source": "Mine"}, ("2026-05-04", "Mine")),
        ],
    )
    def test_day_and_source_of_the_draft_win_in_it(self, editor, draft, expected):
        network = published()
        drafts.save(network, {"summary_en": "Draft", **draft}, author=editor.user)
        network = verify(network, author=None, source="A letter")
        network.refresh_from_db()
        assert facts(network.live.content) == ("2026-05-04", "A letter")
        assert facts(network.head.content) == expected

    def test_draft_stays_submitted_scheduled_and_previewed(self, publisher, editor, today):
        network = published()
        scheduled = drafts.save(network, {"summary_en": "Draft"}, author=editor.user).revision
        network = drafts.submit(network, author=editor.user)
        at = today.now + timedelta(days=1)
        schedules.create(network, Schedule.Action.PUBLISH, at, author=publisher.user)
        link = PreviewLink.objects.create(revision=scheduled, expires_at=at)
        network = verify(network, author=publisher.user)
        network.refresh_from_db()
        link.refresh_from_db()
        assert (network.submitted_by, network.schedules.get().revision, link.revision) == (
            "Editors",
            network.head,
            network.head,
        )
        assert network.events.get(kind=Event.Kind.SUBMITTED).revision == network.head
        assert publishing.unreviewed_revisions(network, publisher.user) == []

    def test_schedule_of_an_earlier_draft_stays_with_it(self, publisher, editor, today):
        network = published()
        drafts.save(network, {"summary_en": "Scheduled"}, author=editor.user)
        network.refresh_from_db()
        schedules.create(network, Schedule.Action.PUBLISH, today.now + timedelta(days=1), author=publisher.user)
        drafts.save(network, {"summary_en": "Scheduled", "benefit_en": "Later"}, author=editor.user)
        verify(network, author=publisher.user)
        content = network.schedules.get().revision.content
        assert (content["summary_en"], content["benefit_en"]) == ("Scheduled", "")
        assert facts(content) == ("2026-05-04", "")

    def test_of_an_unpublished_network_is_a_draft(self, publisher):
        network = drafts.save(Network(), {"name_sr": "Мрежа"}, author=None).row
        network = verify(network, author=publisher.user)
        assert (network.is_published, network.verified_on) == (False, TODAY)
        assert facts(network.head.content) == ("2026-05-04", "")

    def test_twice_in_a_day_makes_one_revision(self):
        network = verify(published(), author=None)
        verify(network, author=None)
        assert network.revisions.count() == 2

    def test_of_a_network_that_was_loaded(self):
        network = verify(make_network(verified_on=date(2024, 1, 1)), author=None)
        assert network.verified_on == TODAY
        assert network.changes.filter(kind=Change.Kind.VERIFIED).exists()


class TestForm:
    @pytest.mark.long
    def test_confirms_in_one_click(self, publisher):
        network = published()
        tree = opened(publisher, f"{LIST}{network.pk}/change/")
        (form,) = tree.xpath("//section[contains(@class, 'verification')]//form")
        response = publisher.post(
            form.get("action"), dict(form.form_values()) | {"source": " A letter "}, follow=True
        )
        assert messages_of(parsed(response)) == ["“Network” is confirmed as stated. Citizens see the day of today."]
        network.refresh_from_db()
        assert (network.verified_on, network.source) == (TODAY, "A letter")
        page = Client().get(f"/en/networks/{network.slug}/").text
        assert '<time datetime="2026-05-04">4 May 2026</time>' in page
        assert "Citizens read: confirmed on 4 May 2026." in text_of(parsed(response))

    def test_does_not_confirm_what_was_published_since(self, publisher):
        network = published()
        tree = opened(publisher, f"{LIST}{network.pk}/change/")
        (form,) = tree.xpath("//section[contains(@class, 'verification')]//form")
        drafts.save(network, {"summary_en": "New"}, author=None)
        publishing.publish(network, author=None)
        response = publisher.post(form.get("action"), dict(form.form_values()), follow=True)
        assert messages_of(parsed(response)) == ["Network: Somebody has saved a newer version meanwhile."]
        network.refresh_from_db()
        assert network.verified_on is None

    @pytest.mark.parametrize("source", ["x" * 501, "\0", "a\0b"])
    def test_hostile_source_changes_nothing(self, publisher, source):
        network = published()
        response = publisher.post(f"{LIST}{network.pk}/verify/", {"source": source}, follow=True)
        assert len(messages_of(parsed(response))) == 1
        network.refresh_from_db()
        assert network.verified_on is None

    @pytest.mark.parametrize("source", ["=1+1", "<script>", "’; DROP TABLE"])
    def test_source_is_text(self, publisher, source):
        network = published()
        publisher.post(f"{LIST}{network.pk}/verify/", {"source": source})
        network.refresh_from_db()
        assert network.source == source


class TestAction:
    def run(self, client, networks, **extra):
        chosen = [each.pk for each in networks]
        tree = parsed(client.post(LIST, {"action": "verify", "_selected_action": chosen, "index": 0}))
        names = [text_of(each) for each in tree.xpath("//ul[@class='chosen']/li")]
        (form,) = tree.xpath("//div[@id='content-main']//form")
        return names, parsed(client.post(LIST, dict(form.form_values()), follow=True))

    def undo(self, client, tree):
        (form,) = tree.find_class("undo")
        return messages_of(parsed(client.post(form.get("action"), dict(form.form_values()), follow=True)))

    @pytest.mark.long
    def test_asks_confirms_and_is_undone(self, publisher, editor):
        on_site = published(name_en="On site", verified_on="2024-01-01", source="Old")
        drafts.save(on_site, {"summary_en": "Draft"}, author=editor.user)
        draft = drafts.save(Network(), {"name_sr": "Нацрт", "name_en": "Draft"}, author=None).row
        names, tree = self.run(publisher, [on_site, draft])
        assert sorted(names) == ["Draft", "On site"]
        assert messages_of(tree) == ["2 networks confirmed."]
        on_site.refresh_from_db()
        assert (on_site.verified_on, on_site.source, on_site.head.content["summary_en"]) == (TODAY, "Old", "Draft")
        assert self.undo(publisher, tree) == ["Undone: 2 entries are as they were before."]
        for row, day in ((on_site, date(2024, 1, 1)), (draft, None)):
            row.refresh_from_db()
            assert row.verified_on == day
        assert facts(on_site.head.content) == ("2024-01-01", "Old")
        assert on_site.head.content["summary_en"] == "Draft"

    @pytest.mark.long
    def test_undoing_leaves_what_was_done_since(self, publisher):
        changed, edited, left = published(name_en="Changed"), published(name_en="Edited"), published(name_en="Left")
        _names, tree = self.run(publisher, [changed, edited, left])
        verify(changed, author=None, source="Another")
        drafts.save(edited, {"summary_en": "Since"}, author=None)
        first, second = self.undo(publisher, tree)
        assert first == "Somebody has changed these since, so they are left as they are: Changed."
        assert second == "Undone: 2 entries are as they were before."
        for row in (changed, edited, left):
            row.refresh_from_db()
        assert (changed.verified_on, edited.verified_on, left.verified_on) == (TODAY, None, None)
        assert edited.head.content["summary_en"] == "Since"


# Verified so many days ago, on the fourth of May; None for never
DUE = [
    ({}, True),
    ({"verified_on": 366}, True),
    ({"verified_on": 365}, True),
    ({"verified_on": 364}, False),
    ({"verified_on": 0}, False),
    ({"status": "unknown"}, True),
    ({"status": "left"}, False),
    ({"status": "ended"}, False),
    ({"status": "left", "verified_on": 900}, False),
    ({"is_published": False}, False),
]


@pytest.mark.parametrize(("fields", "expected"), DUE)
def test_membership_that_lasts_is_due_after_a_year(fields, expected):
    if "verified_on" in fields:
        fields = fields | {"verified_on": TODAY - timedelta(days=fields["verified_on"])}
    network = make_network(**fields)
    assert Network.objects.filter(is_due()).exists() == expected
    assert (network.is_published and content_is_due(content_of(network))) == expected


def test_period_is_a_setting(settings):
    settings.VERIFICATION_DAYS = 30
    make_network(verified_on=TODAY - timedelta(days=31))
    make_network(verified_on=TODAY - timedelta(days=29))
    assert Network.objects.filter(is_due()).count() == 1


def due_tables(tree):
    return [
        (text_of(section.find("h2")), [text_of(name) for name in section.xpath(".//tbody//th")])
        for section in tree.xpath("//div[@id='content-main']/section")
    ]


class TestDue:
    def test_is_grouped_by_unit_in_alphabetical_order_without_a_unit_last(self, editor):
        for name, unit in (("Д", "Ђ служба"), ("Б", ""), ("А", "Ђ служба"), ("В", "Аб служба")):
            make_network(name_sr=name, responsible_unit=unit)
        make_network(verified_on=TODAY)
        tree = opened(editor, "/sr-latn/admin/networks/network/due/")
        headings = [heading for heading, _names in due_tables(tree)]
        assert headings[:2] == ["Ab služba (1)", "Đ služba (2)"]
        assert [names for _heading, names in due_tables(tree)] == [["V"], ["A", "D"], ["B"]]
        assert tree.xpath("//div[@id='content-main']//form") == []

    def test_confirms_from_the_list(self, publisher):
        network = published()
        tree = opened(publisher, f"{LIST}due/")
        (form,) = tree.xpath("//div[@id='content-main']//form")
        response = publisher.post(form.get("action"), dict(form.form_values()), follow=True)
        assert "Nothing is due." in text_of(parsed(response))
        network.refresh_from_db()
        assert network.verified_on == TODAY

    @in_each_language
    def test_is_a_spreadsheet_whose_cells_are_inert(self, editor, language):
        unit = "=HYPERLINK('http://example.org')"
        make_network(name_sr="=1+1", responsible_unit=unit, contact_email="a@example.org", joined="2003")
        make_network(name_sr="Мрежа", verified_on=date(2024, 3, 1), contact_phone="+381 18 504")
        response = editor.get(f"{PREFIXES[language]}/admin/networks/network/due.xlsx")
        assert response.headers["Content-Disposition"] == 'attachment; filename="due-2026-05-04.xlsx"'
        rows, raw = sheet_rows(response.content)
        assert len(rows) == 3
        assert rows[1][:2] == [unit, "=1+1"]
        assert rows[2][1] == {"sr": "Мрежа"}.get(language, "Mreža")
        assert rows[2][2] == 45352  # the first of March 2024, as spreadsheets count days
        assert "<f>" not in raw
        assert "hyperlink" not in raw

    def test_empty_spreadsheet_has_its_head(self, editor):
        rows, _raw = sheet_rows(editor.get("/en/admin/networks/network/due.xlsx").content)
        assert rows == [
            ["Responsible unit", "Network", "Verified on", "Status", "Joined", "E-mail", "Telephone"],
        ]

    @pytest.mark.parametrize(("query", "expected"), [("due", {"Due"}), ("verified", {"Verified", "Former left"})])
    def test_filters_the_list(self, editor, query, expected):
        published(name_en="Due")
        published(name_en="Verified", verified_on="2026-05-01")
        published(name_en="Former", verified_on="2020-05-01", status="left")
        published(name_en="Never and former", status="left")
        drafts.save(Network(), {"name_sr": "Нацрт", "verified_on": "2026-05-01"}, author=None)
        tree = opened(editor, f"{LIST}?verification={query}")
        assert {text_of(each) for each in tree.xpath("//th[contains(@class, 'field-displayed_name')]")} == expected

    def test_takes_as_many_queries_for_many_as_for_few(self, publisher):
        published()
        few = count_queries(publisher, f"{LIST}due/")
        for number in range(20):
            make_network(responsible_unit=f"Unit {number % 3}")
        assert count_queries(publisher, f"{LIST}due/") == few

    def test_number_is_on_the_start_page(self, editor):
        make_network()
        make_network()
        assert "2 memberships are due to be confirmed" in text_of(opened(editor, "/en/admin/"))


def sheet_rows(content):
    """Return the values of the first sheet of an XLSX file, row by row, and its XML."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        raw = file.read("xl/worksheets/sheet1.xml").decode()
        strings = []
        if "xl/sharedStrings.xml" in file.namelist():
            shared = lxml.etree.fromstring(file.read("xl/sharedStrings.xml"))
            strings = ["".join(each.itertext()) for each in shared.xpath("//*[local-name()='si']")]
    rows = [
        [
            strings[int(value)] if cell.get("t") == "s" else float(value)
            for cell in row
            for value in cell.xpath("string(*[local-name()='v'])").split()
        ]
        for row in lxml.etree.fromstring(raw.encode()).xpath("//*[local-name()='row']")
    ]
    return rows, raw


def test_newest_revision_is_what_the_form_verifies_of_a_draft(publisher):
    network = drafts.save(Network(), {"name_sr": "Мрежа"}, author=None).row
    publisher.post(f"{LIST}{network.pk}/verify/", {"shown": storage.newest_revision(network).pk})
    network.refresh_from_db()
    assert network.verified_on == TODAY
