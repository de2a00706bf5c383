"""The list of networks and the start page of the admin in a browser: on a screen, on a phone, by keyboard."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import expect

from networks.models import Network
from networks.revisions import drafts
from tests.browser import accessibility_problems, account
from tests.makers import make_network

pytestmark = pytest.mark.browser

LIST, HOME = "/admin/networks/network/", "/admin/"
ROWS = "#result_list tbody tr"

OVERFLOW = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def page(live_server, open_page):
    """A page of a publisher, on a site with something in each state."""
    client, user = Client(), account()
    client.force_login(user)
    make_network(name_sr="Мрежа градова мира", name_en="Cities for Peace")
    other = make_network(name_sr="Савез општина", acronym_sr="САО", status="left")
    drafts.submit(drafts.save(other, {"seat_sr": "Беч"}, author=user).row, author=user)
    drafts.save(Network(), {"name_sr": "Нова"}, author=User.objects.get())
    page = open_page()
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    return page


def test_list_is_filtered_while_one_types_and_keeps_its_url(page, live_server):
    page.goto(f"{live_server.url}/en{LIST}?state=draft")
    expect(page.locator(ROWS)).to_have_count(2)
    page.locator("#searchbar").press_sequentially("savez")
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page).to_have_url(f"{live_server.url}/en{LIST}?q=savez&state=draft")
    expect(page.locator("#searchbar")).to_be_focused()
    page.set_viewport_size({"width": 960, "height": 800})
    assert page.locator("#search-count").bounding_box()["height"] < 40  # in one line
    expect(page.locator("#languages a").first).to_have_attribute("href", f"{LIST}?q=savez&state=draft")
    # What was replaced works: the bar, and the page that asks before it acts.
    expect(page.locator(".actions")).to_be_hidden()
    page.check(".action-select")
    expect(page.locator(".actions .action-counter")).to_have_text("1 of 1 selected")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("ul.chosen li")).to_have_text("Savez opština")
    page.goto(f"{live_server.url}/en{LIST}?state=draft&q=xyzzy")
    page.get_by_role("link", name="Remove the filter: state").click()
    expect(page).to_have_url(f"{live_server.url}/en{LIST}?q=xyzzy")


def test_screens_fit_and_please_axe(page, live_server):
    for width, scheme in ((1280, "light"), (390, "dark"), (320, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        for path in (HOME, LIST, f"{LIST}?status__exact=left&english=missing"):
            page.goto(f"{live_server.url}/sr-latn{path}")
            assert not page.evaluate(OVERFLOW), (path, width)
            if width != 320:
                assert accessibility_problems(page, preload=False) == [], (path, width)


def test_menu_opens_on_a_phone_and_a_row_is_a_card(page, live_server):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{live_server.url}/en{HOME}")
    expect(page.locator("#menu")).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Networks of cities").click()
    page.locator(f"{ROWS} .row-menu summary").first.press("Enter")
    page.get_by_role("link", name="History of changes").first.click()
    expect(page.locator("h1")).to_have_text("History of changes")
