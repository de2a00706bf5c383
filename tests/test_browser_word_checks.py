"""The mend of a word in a real browser: beside what somebody has typed and not saved yet."""

import pytest
from playwright.sync_api import expect

from networks.models import Network
from networks.revisions import drafts, storage
from tests.browser import accessibility_problems, be_signed_in, save_in_place, type_in_editor, type_in_field

pytestmark = pytest.mark.browser

CONTENT = {
    "name_sr": "Мрежа градова",
    "summary_sr": "Мрежа јe основана 2003. године.",
    "description_sr": "<p>Бави се се <strong>културом</strong>.</p>",
    "description_en": "<p>It is concerned with culture.</p>",
}


@pytest.fixture
def network(transactional_db):
    return drafts.save(Network(), CONTENT, author=None).row


def test_one_click_mends_and_saves_what_is_typed(live_server, open_page, network):
    page = open_page()
    be_signed_in(page, live_server.url)
    page.goto(f"{live_server.url}/en/admin/networks/network/{network.pk}/change/")
    expect(page.locator(".ProseMirror")).to_have_count(2)
    warning = page.locator("#id_summary_sr_helptext .warnings")
    expect(warning.locator("mark")).to_have_text("јe")
    assert accessibility_problems(page, preload=False) == []
    type_in_field(page, "seat_sr", "Ниш")
    type_in_editor(page, "description_en", " And more.")
    save_in_place(page, lambda: warning.get_by_role("button").click())
    expect(page.locator("#id_summary_sr")).to_be_focused()
    expect(page.locator(".messagelist")).to_contain_text("mended")
    expect(warning).to_have_count(0)
    expect(page.locator("#id_summary_sr")).to_have_value("Мрежа је основана 2003. године.")
    expect(page.locator(".unsaved-offer")).to_have_count(0)
    type_in_editor(page, "description_sr", " И")
    save_in_place(page, lambda: page.locator("#id_description_sr_helptext .warnings").get_by_role("button").click())
    expect(page.locator(".field-description_sr .ProseMirror")).to_have_text("Бави се културом. И")
    content = storage.newest_revision(Network.objects.get()).content
    assert content["description_sr"] == "<p>Бави се <strong>културом</strong>. И</p>"
    assert (content["seat_sr"], content["description_en"]) == (
        "Ниш",
        "<p>It is concerned with culture. And more.</p>",
    )
