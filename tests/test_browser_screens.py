"""Every screen of the admin in a browser: at all widths, in all colours, in one of the languages each, with axe."""

import pytest
from django.test import Client

from tests.browser import BORDERLESS, OVERFLOW, accessibility_problems
from tests.world import ADDRESSES, LANGUAGES, REQUESTS, Asked

pytestmark = pytest.mark.browser

# The width of 1280 pixels at 400 and at 200 %, a phone, a tablet, a large screen; and a notebook, for all the rest
WIDTHS = (320, 640, 390, 820, 1920, 1280)


# With the font of their icons, whose names are wider than they are
EDITORS_ARE_THERE = """() => {
    const isEditor = ({ dataset }) => Object.keys(dataset).some((name) => name.startsWith("djangoProse"));
    const fields = [...document.querySelectorAll("textarea")].filter(isEditor);
    return document.fonts.status === "loaded" && fields.every((field) => field.closest(".prose-editor"));
}"""
COLOURS_HAVE_CHANGED = "document.getAnimations().forEach((each) => each.finish())"


@pytest.fixture
def administrator(live_server, world):
    client = Client(HTTP_HOST=live_server.url.partition("://")[2])
    client.force_login(world.accounts["super"])
    return client


def screens(world, client):
    """Return the addresses of all HTML pages of the admin, each in one of the languages, by their names."""
    found = {}
    languages = [*LANGUAGES]
    for name in sorted(ADDRESSES["sr"]):
        for case in ["GET", *(case for case in REQUESTS.get(name, {}) if case.startswith("GET "))]:
            asked = REQUESTS.get(name, {}).get(case, Asked())
            language = languages[len(found) % len(languages)]
            address = world.address(ADDRESSES[language][name], asked.arguments)
            if "admin/" not in address or asked.prepare:
                continue
            response = client.get(address, asked.data)
            if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
                found[name, case] = response.wsgi_request.get_full_path()
    return found


def test_every_screen_of_the_admin_fits_and_pleases_axe(world, administrator, live_server, open_page):
    addresses = {("log-in", "GET"): "/admin/login/", **screens(world, administrator)}
    page = open_page()
    session = administrator.cookies["sessionid"].value
    faults = {}
    for name, address in addresses.items():
        page.emulate_media(color_scheme="light", forced_colors="none")
        page.goto(f"{live_server.url}{address}")
        page.wait_for_function(EDITORS_ARE_THERE)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if found := page.evaluate(OVERFLOW):
                faults[name, width] = found
        if found := accessibility_problems(page, preload=False):
            faults[name, "axe"] = found
        page.emulate_media(forced_colors="active")
        page.evaluate(COLOURS_HAVE_CHANGED)
        if found := page.evaluate(BORDERLESS):
            faults[name, "forced colours"] = found
        page.emulate_media(color_scheme="dark", forced_colors="none")
        page.evaluate(COLOURS_HAVE_CHANGED)
        colours = {"runOnly": ["color-contrast", "link-in-text-block"]}
        if found := accessibility_problems(page, preload=False, **colours):
            faults[name, "dark"] = found
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    assert faults == {}
