"""The page on which a draft is read and decided on, in a browser: in two clicks, and no remark is lost on the way."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from networks.models import Event, Network
from networks.revisions import drafts, publishing
from tests.browser import PASSWORD, enter_password
from tests.makers import make_account

pytestmark = pytest.mark.browser

REMARK = "Година – „2007“ није она из одлуке."


@pytest.fixture
def submitted(live_server):
    author = make_account("editors", first_name="Ана", last_name="Анић")
    networks = [
        publishing.publish(drafts.save(Network(), {"name_sr": name}, author=author).row, author=author)
        for name in ("Мрежа", "Савез")
    ]
    for network in networks:
        drafts.submit(drafts.save(network, {"summary_sr": "Реченица."}, author=author).row, author=author)
    return networks


def test_two_submissions_are_published_and_returned_in_five_clicks_though_interrupted(
    live_server, open_page, submitted
):
    make_account("publishers", username="milan", password=PASSWORD)
    page = open_page()
    enter_password(page, f"{live_server.url}/sr-latn/admin/login/", "milan")
    page.locator(".acts a").first.click()
    expect(page.locator("[aria-labelledby=changes-summary_sr] ins")).to_have_text("Реченица.")
    page.locator("button[name=all]").click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert Network.objects.get(pk=submitted[0].pk).summary_sr == "Реченица."
    page.locator(".following a").click()
    page.locator("#id_remark").press_sequentially(REMARK)
    expect(page.locator("[data-unsaved-status]")).not_to_be_empty()
    # The computer is switched off; then the session ends.
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    page.locator(".unsaved-offer [data-put]").click()
    Session.objects.all().delete()
    page.locator("button[name=return]").click()
    page.locator("dialog [name=password]").fill(PASSWORD)
    page.locator("dialog button").first.click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert Event.objects.get(kind=Event.Kind.RETURNED).explanation == REMARK
    expect(page.locator("#id_remark")).to_have_value("")
    expect(page.locator(".unsaved-offer")).to_have_count(0)
