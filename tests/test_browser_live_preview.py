"""The page as one types, in a browser: beside the form, in three forms of language, scrolled to what is written."""

import pytest
from playwright.sync_api import expect

from networks.models import Network, Revision
from tests.browser import (
    accessibility_problems,
    be_signed_in,
    make_network_with_everything,
    type_in_editor,
    type_in_field,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def form(live_server):
    make_network_with_everything()
    network = Network.objects.get()
    return f"/admin/networks/network/{network.pk}/change/"


def preview_of(page):
    return page.frame_locator("#live-preview iframe")


def is_in_view(locator):
    return locator.evaluate(
        "(each) => each.getBoundingClientRect().top >= 0 && each.getBoundingClientRect().bottom <= innerHeight"
    )


def test_page_follows_what_is_typed_in_three_forms_of_language(open_page, live_server, form):
    page = open_page(width=1440)
    be_signed_in(page, live_server.url)
    page.goto(f"{live_server.url}/en{form}")
    expect(page.locator(".ProseMirror")).to_have_count(2)
    count = Revision.objects.count()
    button = page.locator("[name=_preview] >> nth=0")
    button.focus()
    page.keyboard.press("Enter")
    shown = preview_of(page)
    expect(shown.locator("h1")).to_have_text("A network with every fact")
    expect(page.locator("#live-preview [role=status]")).to_contain_text("not saved")
    # What is written in Serbian is shown in Serbian, in the script that was chosen.
    page.locator("#live-preview").get_by_label("Latinica").check()
    type_in_field(page, "summary_sr", " Љубав.")
    expect(shown.locator(".lead")).to_have_text("Ima sve što mreža može da ima. Ljubav.")
    page.locator("#live-preview").get_by_label("Ћирилица").check()
    expect(shown.locator(".lead")).to_have_text("Има све што мрежа може да има. Љубав.")
    type_in_editor(page, "description_en", " And more.")
    expect(shown.locator(".prose p")).to_have_text("First paragraph with a link. And more.")
    assert is_in_view(shown.locator(".prose p"))
    # The frame is scrolled to the field, and nothing else is.
    type_in_field(page, "source", " и записник")
    expect(shown.locator("[data-fields=source] dd")).to_have_text("Arhiva grada i zapisnik")
    assert is_in_view(shown.locator("[data-fields=source]")) and is_in_view(page.locator("#id_source"))
    page.fill("#id_joined", "sometime")
    expect(page.locator("#live-preview [role=status]")).to_contain_text("joined")
    assert accessibility_problems(page, preload=False, iframes=False) == []
    assert Revision.objects.count() == count
    # It is remembered, and closed by the keyboard.
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(preview_of(page).locator("h1")).to_be_attached()
    page.locator("#live-preview input >> nth=0").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#live-preview")).to_be_hidden()
    expect(button).to_be_focused()


def test_without_scripts_the_page_opens_in_another_tab(open_page, live_server, form):
    page = open_page(java_script_enabled=False)
    be_signed_in(page, live_server.url)
    page.goto(live_server.url + form)
    page.fill("#id_summary_sr", "Љубав.")
    with page.expect_popup() as opened:
        page.click("[name=_preview] >> nth=0")
    expect(opened.value.locator(".lead")).to_have_text("Љубав.")
    expect(page.locator("#live-preview")).to_be_hidden()
    assert page.input_value("#id_summary_sr") == "Љубав."


def test_goes_on_by_itself_when_the_server_answers_again(open_page, live_server, form):
    # The clock is installed in the frame too, which runs no scripts.
    page = open_page(width=1440, expected=["net::ERR_FAILED", "Blocked script execution"])
    be_signed_in(page, live_server.url)
    page.goto(f"{live_server.url}/en{form}")
    page.locator("[name=_preview] >> nth=0").click()
    expect(preview_of(page).locator("h1")).to_be_attached()
    page.clock.install()
    status = page.locator("#live-preview [role=status]")
    asked = f"**{page.get_attribute('#live-preview', 'data-url')}"
    for event, text in ((None, "Later."), ("online", "At once.")):
        page.route(asked, lambda route: route.abort())
        page.fill("#id_summary_en", text)
        page.clock.run_for(300)
        expect(status).to_contain_text("stopped")
        page.unroute(asked)
        if event:
            page.evaluate(f"dispatchEvent(new Event('{event}'))")
        page.clock.run_for(100 if event else 6000)
        expect(preview_of(page).locator(".lead")).to_have_text(text)
        expect(status).not_to_contain_text("stopped")
