"""
A week of a clerk in a real browser: everything that staff do often, with the clicks that it takes.

A table at the end has the figures. What is being typed is interrupted, and counted again afterwards.
"""

import contextlib

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import expect

from networks.models import Event, Network
from networks.revisions import drafts, publishing, storage
from tests.browser import PASSWORD, type_in_field, value_of
from tests.makers import make_account

pytestmark = pytest.mark.browser

UNIT = "Канцеларија за локални економски развој"
KEPT = "[data-unsaved-status] >> nth=0"


class Clerk:
    """Somebody at a screen, whose clicks, typed characters and lost characters are counted for each task."""

    def __init__(self, page, start):
        self.page, self.start = page, start
        self.report = []

    @contextlib.contextmanager
    def task(self, name, most, path="networks/network/"):
        """Begin a task on a page of the admin. It may take `most` clicks."""
        self.page.goto(f"{self.start}{path}")
        self.clicks = self.typed = self.lost = 0
        yield
        self.report.append(f"{self.clicks:6} {self.typed:6} {self.lost:5}  {name}")
        assert (self.clicks <= most, self.lost) == (True, 0), self.report[-1]

    def click(self, target):
        self.clicks += 1
        (self.page.locator(target) if isinstance(target, str) else target).first.click()

    def press(self, name, **options):
        self.click(self.page.get_by_role("button", name=name, exact=True, **options))

    def follow(self, name, **options):
        self.click(self.page.get_by_role("link", name=name, **options))

    def menu(self, row, choice):
        """Choose from the menu of a row in the list."""
        place = self.page.locator("#result_list tr", has_text=row)
        self.click(place.locator(".row-menu summary"))
        self.click(place.get_by_role("link", name=choice, exact=True))

    def type(self, field, text):
        """Type into a field and be interrupted: the browser leaves the page and comes back."""
        type_in_field(self.page, field, text)
        written = value_of(self.page, field)
        expect(self.page.locator(KEPT)).not_to_be_empty()
        address = self.page.url
        self.page.goto("about:blank")
        self.page.goto(address)
        self.page.locator(".unsaved-offer [data-put]").click()
        self.typed += len(text)
        found = value_of(self.page, field)
        self.lost += 0 if found == written else len(text)

    def done(self, message):
        expect(self.page.locator(".messagelist .success", has_text=message).first).to_be_visible()


@pytest.fixture
def clerk(live_server, open_page, request):
    call_command("loaddata", "nis", verbosity=0)
    for network in Network.objects.order_by("position")[:4]:
        publishing.publish(drafts.save(network, {"responsible_unit": UNIT}, author=None).row, author=None)
    client, account = Client(), make_account("publishers", username="jelena", first_name="Јелена", password=PASSWORD)
    client.force_login(account)
    page = open_page()
    # A question of the browser before a page with unsaved text is left
    page.on("dialog", lambda dialog: dialog.accept())
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    clerk = Clerk(page, f"{live_server.url}/en/admin/")
    yield clerk
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
        print("", "clicks  typed  lost  task of the week", *clerk.report, sep="\n")


def submit(name, value):
    """Let a colleague submit a change of the network with an English name."""
    author = make_account("editors", username=f"ana{Event.objects.count()}", first_name="Ана")
    network = Network.objects.get(name_en=name)
    drafts.submit(drafts.save(network, {"seat_en": value}, author=author).row, author=author)
    return network


def test_week_of_a_clerk_takes_few_clicks_and_loses_nothing(clerk, tmp_path):
    page = clerk.page

    with clerk.task("verify four networks of one unit", 3):
        page.locator("#searchbar").press_sequentially("kancelarija")
        expect(page.locator("#result_list tbody tr")).to_have_count(4)
        clerk.click("#action-toggle")
        clerk.press("Confirm")
        clerk.press("Confirm")
        clerk.done("4 networks confirmed")
    assert Network.objects.exclude(verified_on=None).count() == 4

    last = Network.objects.order_by("position").last()
    with clerk.task("move one to the top", 2):
        clerk.follow("Order")
        clerk.click(page.get_by_role("button", name="To the top").last)
        expect(page.locator("[role=status]", has_text="1")).not_to_have_count(0)
        expect(page.locator(".order li").first).to_contain_text(str(last.name_en or last.name_sr)[:4])
    assert Network.objects.order_by("position").first() == last

    with clerk.task("a contact for all eleven", 5):
        clerk.click("#action-toggle")
        clerk.press("Change fields")
        page.locator("#id_contact_email").fill("saradnja@example.org")
        clerk.press("Change fields")
        clerk.done("11 networks changed")
    assert {storage.newest_revision(each).content["contact_email"] for each in Network.objects.all()} == {
        "saradnja@example.org"
    }

    with clerk.task("find and translate the first network without English", 2, ""):
        clerk.click("[aria-labelledby=needs] .quiet a")
        expect(page.locator("#id_name_en")).to_be_focused()
        clerk.type("summary_en", "An association of agencies for local democracy.")
        clerk.press("Publish")
        clerk.done("published")
    assert Network.objects.filter(summary_en__startswith="An association of agencies").exists()

    published = submit("Energy Cities", "Brussels")
    with clerk.task("publish a submission after reading it", 2, ""):
        clerk.follow("See the changes: Energy Cities")
        expect(page.locator("[aria-labelledby=changes-seat_en] ins")).to_have_text("Brussels")
        clerk.click("button[name=all]")
        clerk.done("published")
    published.refresh_from_db()
    assert published.seat_en == "Brussels"

    submit("Energy Cities", "Berlin")
    with clerk.task("return one with a remark", 2, ""):
        clerk.follow("See the changes: Energy Cities")
        clerk.type("remark", "Седиште је у Бриселу: види статут, члан 2.")
        clerk.press("Return to the author")
        clerk.done("returned")
    assert Event.objects.filter(kind=Event.Kind.RETURNED, explanation__contains="члан 2").exists()

    with clerk.task("end a membership", 3):
        clerk.menu("ECAD", "End this membership")
        page.locator("#id_left").fill("2026")
        clerk.type("end_note_sr", "Одлуком Скупштине града број 06-31/2026.")
        clerk.press("End this membership")
        clerk.done("has ended")
    ended = Network.objects.get(acronym_en="ECAD")
    assert (ended.status, str(ended.left), ended.end_note_sr[:7]) == ("left", "2026", "Одлуком")

    file = tmp_path / "networks.xlsx"
    with clerk.task("export for the council", 2):
        clerk.follow("Export")
        with page.expect_download() as download:
            clerk.press("Export")
        download.value.save_as(file)

    workbook = openpyxl.load_workbook(file)
    sheet = workbook.active
    keys = [cell.value for cell in sheet[2]]
    sheet.cell(3, keys.index("seat_en") + 1).value = "Skopje"
    workbook.save(file)
    with clerk.task("import it back", 3):
        clerk.follow("Import")
        page.locator("[type=file]").set_input_files(file)
        clerk.press("See what it would change")
        expect(page.locator("#content")).to_contain_text("Skopje")
        clerk.click("#content form [type=submit].default")
        expect(page.locator("#content")).to_contain_text("1 draft")

    with clerk.task("undo a mistake", 4):
        clerk.menu("Energy Cities", "Take off the site")
        clerk.press("Take off the site")
        clerk.done("off the site")
        clerk.press("Undo")
        clerk.done("as it was before")
    published.refresh_from_db()
    assert published.is_published
