"""The order of networks in a browser: dragged, and by the keyboard, without the page being loaded anew."""

import pytest
from playwright.sync_api import expect

from networks.models import Network
from tests.browser import accessibility_problems, be_signed_in
from tests.makers import make_network

pytestmark = pytest.mark.browser


def in_order():
    return "".join(Network.objects.values_list("slug", flat=True))


def test_networks_are_dragged_and_moved_by_the_keyboard(open_page, live_server):
    rows = {slug: make_network(slug=slug, position=number, name_en=slug) for number, slug in enumerate("abcd")}
    page = open_page(expected=["net::ERR_FAILED"])
    be_signed_in(page, live_server.url)
    page.goto(f"{live_server.url}/en/admin/networks/network/order/")
    row = {slug: page.locator(f"[data-row='{each.pk}']") for slug, each in rows.items()}
    loaded = page.evaluate("performance.timeOrigin")

    def drag(slug, target):
        start, end = row[slug].locator(".grip").bounding_box(), row[target].bounding_box()
        page.mouse.move(start["x"] + 5, start["y"] + 5)
        page.mouse.down()
        page.mouse.move(start["x"] + 5, end["y"] + end["height"] - 2, steps=4)

    def moved(text, order):
        expect(page.locator("#moved")).to_contain_text(text)
        assert in_order() == order

    drag("a", "c")
    page.mouse.up()
    moved("“a” is moved from place 1 to place 3", "bcad")
    # The drag is given up; nothing is moved.
    drag("b", "d")
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".order li >> nth=0")).to_have_attribute("data-row", str(rows["b"].pk))
    assert in_order() == "bcad"
    # The focus stays with the row, so that it goes on step by step.
    row["d"].get_by_role("button", name="Up: d").focus()
    page.keyboard.press("Enter")
    moved("from place 4 to place 3", "bcda")
    page.keyboard.press("Enter")
    moved("from place 3 to place 2", "bdca")
    row["a"].get_by_role("textbox").fill("1")
    page.keyboard.press("Enter")
    moved("from place 4 to place 1", "abdc")
    row["c"].get_by_role("button", name="To the top: c").click()
    moved("“c” is moved from place 4 to place 1", "cabd")
    expect(row["c"].get_by_role("link")).to_be_focused()
    row["c"].get_by_role("textbox").fill("x")
    page.keyboard.press("Enter")
    expect(page.locator("#moved")).to_be_visible()
    assert page.evaluate("performance.timeOrigin") == loaded
    assert accessibility_problems(page, preload=False) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".messagelist")).to_contain_text("Undone")
    assert in_order() == "abdc"
    # Nothing is moved where the server does not answer.
    page.route("**/order/", lambda route: route.abort())
    drag("a", "d")
    page.mouse.up()
    expect(page.locator("#moved")).to_contain_text("Not moved")
    expect(page.locator(".order li >> nth=0")).to_have_attribute("data-row", str(rows["a"].pk))


HOLD = """() => {
  const ask = window.fetch;
  window.held = [];
  window.fetch = (...asked) => new Promise((resolve) => held.push(() => resolve(ask(...asked))));
}"""


def test_what_is_done_while_a_move_is_under_way_is_not_lost(open_page, live_server):
    rows = {slug: make_network(slug=slug, position=number, name_en=slug) for number, slug in enumerate("abcd")}
    page = open_page()
    be_signed_in(page, live_server.url)
    page.goto(f"{live_server.url}/en/admin/networks/network/order/")
    row = {slug: page.locator(f"[data-row='{each.pk}']") for slug, each in rows.items()}
    page.evaluate(HOLD)

    def answer(text):
        page.wait_for_function("held.length")
        page.evaluate("held.shift()()")
        expect(page.locator("#moved")).to_contain_text(text)

    row["d"].get_by_role("button", name="Up: d").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    number = row["b"].get_by_role("textbox")
    number.fill("")
    page.keyboard.type("1")
    row["a"].locator(".grip").hover()
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#moved")).to_have_text("One moment: the last move is still under way.")
    answer("from place 4 to place 3")
    expect(number).to_be_focused()
    expect(number).to_have_value("1")
    answer("from place 3 to place 2")
    expect(number).to_be_focused()
    expect(number).to_have_value("1")
    assert in_order() == "adbc"
    page.keyboard.press("Tab")
    answer("“b” is moved from place 3 to place 1")
    assert in_order() == "badc"
    assert page.evaluate("held.length") == 0
