"""The lines of a record in a real browser: with the keyboard, beside a colleague, and without scripts."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from networks.models import Network
from networks.revisions import drafts, publishing
from tests import pdf_files
from tests.browser import accessibility_problems, account, save_in_place

pytestmark = pytest.mark.browser

OLD, NEW = "00000fee", "5f0c9a3e"
FEES = [
    {"id": OLD, "year": 2025, "amount": "1500.00", "currency": "EUR"},
    {"id": NEW, "year": 2026, "amount": "1600.00", "currency": "EUR"},
]


@pytest.fixture
def network(live_server):
    author = account("milica")
    document = {"id": "00000dec", "kind": "decision", "title_sr": "Одлука о приступању"}
    content = {"name_sr": "Мрежа градова", "fees": FEES, "documents": [document]}
    return publishing.publish(drafts.save(Network(), content, author=author).row, author=author)


@pytest.fixture
def form(live_server, open_page, network):
    def open_one(width=1280, **options):
        page = open_page(width, expected=["net::ERR_"], **options)
        client = Client()
        client.force_login(account())
        session = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page.goto(f"{live_server.url}/en/admin/networks/network/{network.pk}/change/")
        return page

    return open_one


def newest(network):
    return Network.objects.select_related("head").get(pk=network.pk).head.content


def years(network):
    return [line["year"] for line in newest(network)["fees"]]


def line(page, identifier):
    return page.locator(f"[data-lines=fees] [data-line='{identifier}']")


def cell(page, name, identifier=NEW):
    return page.locator(f"[name='fees-{identifier}-{name}']")


def add_fee(page, year):
    page.locator("[data-lines=fees] [data-add-line]").press("Enter")
    for text in (year, "100", "RSD"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")


def test_lines_are_added_moved_and_removed_with_the_keyboard(form, network):
    page = form()
    add_fee(page, "2024")
    added = line(page, page.locator("[data-lines=fees] .line").last.get_attribute("data-line"))
    for _time in range(2):
        added.locator("[data-move='-1']").press("Enter")
    expect(added.locator("[data-move='-1']")).to_be_focused()
    expect(page.locator("[data-lines=fees] > .add-line [role=status]")).to_have_text("Now line 1 of 3")
    removal = line(page, OLD).locator(".line-remove input")
    removal.press("Space")
    expect(line(page, OLD).locator(".removed-note")).to_be_visible()
    assert accessibility_problems(page, preload=False) == []
    removal.press("Space")
    expect(line(page, OLD).locator(".removed-note")).to_be_hidden()
    save_in_place(page, lambda: page.keyboard.press("Control+s"))
    assert years(network) == [2024, 2025, 2026]
    removal.press("Space")
    save_in_place(page, lambda: page.keyboard.press("Control+s"))
    assert years(network) == [2024, 2026]
    expect(page.locator("[data-lines=fees] .line")).to_have_count(2)
    # What is wrong is said beside its cell, and there one goes on.
    cell(page, "amount").fill("much")
    page.keyboard.press("Control+s")
    expect(cell(page, "amount")).to_have_attribute("aria-invalid", "true")
    expect(cell(page, "amount")).to_be_focused()
    page.locator("#form-errors a").click()
    expect(cell(page, "amount")).to_be_focused()
    assert years(network) == [2024, 2026]


def test_lines_of_a_colleague_come_in_and_a_cell_that_both_have_changed_is_asked_about(form, network):
    page = form(320)
    add_fee(page, "2024")
    theirs = [FEES[0], FEES[1] | {"due": "2026-03-01"}, FEES[0] | {"id": "11111111", "year": 2023}]
    drafts.save(network, {"fees": theirs}, author=account("milica"))
    save_in_place(page, lambda: page.keyboard.press("Control+s"))
    assert sorted(years(network)) == [2023, 2024, 2025, 2026]
    expect(line(page, "11111111")).to_be_visible()
    expect(cell(page, "due")).to_have_value("01/03/2026")
    cell(page, "amount").fill("1700")
    cell(page, "year", OLD).fill("2022")
    fees = [each | ({"amount": "1800.00"} if each["id"] == NEW else {}) for each in newest(network)["fees"]]
    drafts.save(network, {"fees": [*fees, FEES[0] | {"id": "22222222", "year": 2021}]}, author=account("milica"))
    page.keyboard.press("Control+s")
    choice = page.locator("#conflict-fees")
    expect(choice).to_be_visible()
    assert accessibility_problems(page, preload=False) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    choice.locator("[value=theirs]").check()
    save_in_place(page, lambda: page.keyboard.press("Control+s"))
    assert sorted(years(network)) == [2021, 2022, 2023, 2024, 2026]
    assert {each["amount"] for each in newest(network)["fees"] if each["id"] == NEW} == {"1800.00"}
    expect(cell(page, "amount")).to_have_value("1,800.00")


def test_a_line_that_was_typed_and_not_saved_is_offered_again(form, network):
    page = form()
    add_fee(page, "2024")
    expect(page.locator("[data-unsaved-status]").first).to_contain_text("Kept in this browser")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.locator("[data-put]").click()
    expect(page.locator("[data-lines=fees] .line").last.locator("[name$=year]")).to_have_value("2024")
    save_in_place(page, lambda: page.keyboard.press("Control+s"))
    assert years(network) == [2025, 2026, 2024]


def test_without_scripts_there_is_an_empty_line_a_number_and_a_checkbox(form, network):
    page = form(java_script_enabled=False)
    extra = page.locator("[data-lines=fees] .line").last
    for name, text in (("year", "2024"), ("amount", "100"), ("currency", "RSD"), ("ORDER", "1")):
        extra.locator(f"[name$={name}]").fill(text)
    line(page, OLD).locator("[name$=REMOVE]").check()
    page.locator("[name=_save]").first.click()
    assert years(network) == [2024, 2026]
    expect(page.locator("[data-lines=fees] .line")).to_have_count(3)


def test_a_file_is_refused_beside_its_cell_and_another_one_is_taken(form, network):
    page = form(390)
    chosen = page.locator("[name='documents-00000dec-file_upload']")
    hostile = pdf_files.sound(catalog=b"/OpenAction<</S/JavaScript/JS(1)>>")
    for content in (hostile, pdf_files.sound(title="")):
        chosen.set_input_files({"name": "odluka.pdf", "mimeType": "application/pdf", "buffer": content})
        page.keyboard.press("Control+s")
        if content == hostile:
            expect(page.locator("[data-part='errors-documents-00000dec-file']")).to_contain_text("scripts")
            expect(chosen).to_have_attribute("aria-invalid", "true")
    present = page.locator(".present-file")
    expect(present.locator("a")).to_have_text("PDF, 1 kB, 1 page")
    expect(page.locator(".document .warnings li")).to_have_count(1)
    assert accessibility_problems(page, preload=False) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert newest(network)["documents"][0]["file"]["pages"] == 1
    # What is typed is saved in the background, and the file stays.
    page.locator("[name='documents-00000dec-number']").fill("06-123")
    save_in_place(page, lambda: page.keyboard.press("Control+s"))
    assert {*newest(network)["documents"][0]} >= {"file", "number"}
    present.locator("input").check()
    page.keyboard.press("Control+s")
    expect(present).to_have_count(0)
    assert "file" not in newest(network)["documents"][0]
