"""What only a real browser can tell: the pages as people see them, by eye, keyboard and assistive technology."""

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from networks.models import Network
from tests.browser import be_signed_in, make_network_with_everything, sign_in

pytestmark = pytest.mark.browser

PREFIXES = ("", "/sr-latn", "/en")
PUBLIC_PATHS = (
    "/",
    "/?q=gradova&scope=european",
    "/?q=xyzzy",
    "/?scope=wrong",
    "/networks/alda/",
    "/networks/energy-cities/",
    "/networks/everything/",
    "/pages/about/",
    "/timeline/",
    "/map/",
    "/changes/",
    "/open-data/",
    "/no-such-page/",
)


@pytest.fixture
def site(live_server):
    """The address of a live site with the content of Niš and one network that has every field."""
    call_command("loaddata", "nis", verbosity=0)
    make_network_with_everything()
    return live_server.url


def test_reader_finds_a_network_by_keyboard_alone(site, open_page):
    page = open_page()
    page.goto(f"{site}/sr-latn/")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("gradonacelnici")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sr-latn/?q=gradonacelnici*")
    expect(page.locator("main h3").first).to_have_text("Gradonačelnici za mir")
    page.locator("main h3 a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sr-latn/networks/mayors-for-peace/")
    page.locator(".languages a[lang=sr-Cyrl]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/networks/mayors-for-peace/")


def test_public_pages_ask_no_other_host_and_run_no_script(site, open_page):
    page = open_page()
    asked = []
    page.on("request", lambda request: asked.append((request.resource_type, request.url)))
    for path in PUBLIC_PATHS:
        page.goto(f"{site}/en{path}")
    assert {url for _type, url in asked if not url.startswith((site, "data:"))} == set()
    assert {kind for kind, _url in asked} <= {"document", "stylesheet", "image", "font", "other"}


@pytest.mark.parametrize("width", [390, 1280])
def test_the_list_comes_in_five_requests_and_nothing_moves(live_server, open_page, width):
    call_command("loaddata", "nis", verbosity=0)
    page = open_page(width)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/")
    page.wait_for_load_state("networkidle")
    assert len(asked) <= 5, asked  # the page, its style, its icon and two fonts
    assert page.evaluate("[...document.fonts].map((font) => font.status)") == ["loaded", "loaded"]
    width = "const pen = document.createElement('canvas').getContext('2d'); pen.font = '100px City'; "
    double, single = (page.evaluate(f"{{ {width} pen.measureText('{quote}').width }}") for quote in "“‘")
    assert double > 1.5 * single  # or else the next letter stands on the quotation mark
    shift = """new Promise((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((entry) => { sum += entry.value; }))
            .observe({ type: "layout-shift", buffered: true });
        setTimeout(() => resolve(sum), 300);
    })"""
    assert page.evaluate(shift) == 0


def printed(page, address):
    """The text of the document that the browser prints of a page, as it stands on paper."""
    page.goto(address)
    page.emulate_media(media="print")
    return page.evaluate("document.body.innerText")


def test_a_printed_page_has_no_navigation_and_its_addresses_written_out(site, open_page):
    page = open_page()
    for path in ("/en/", "/en/networks/everything/", "/en/timeline/"):
        text = printed(page, f"{site}{path}")
        assert f"{site}{path}" in text
        assert "Last changed" in text
        for gone in ("Latinica", "Open data", "Filter and sort", "Report a mistake", "Privacy"):
            assert gone not in text, (path, gone)
    page.goto(f"{site}/en/networks/everything/")
    page.emulate_media(media="print")
    contents = page.evaluate(
        """() => [...document.querySelectorAll("main [href^=http]")].map(
            (link) => getComputedStyle(link, "::after").content.includes(link.getAttribute("href")))"""
    )
    assert contents and all(contents)


def test_the_paper_is_as_long_as_its_text(site, open_page):
    """A browser that breaks pages badly prints many that are all but empty."""
    page = open_page()
    for path, most in {"/": 3, "/networks/energy-cities/": 2, "/timeline/": 3, "/map/": 2}.items():
        page.goto(f"{site}{path}")
        pages = page.pdf(format="A4").count(b"/Type /Page\n")
        assert 1 <= pages <= most, (path, pages)


def test_desk_breaks_no_policy_and_asks_no_other_host(site, open_page):
    prefix = "/sr-latn"
    page = open_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, site, prefix)
    paths = ["/admin/"]
    for name, row in (
        ("networks/network", Network.objects.get(slug="ecad").pk),
        ("networks/theme", 1),
        ("networks/page", 1),
        ("networks/cityprofile", 1),
        ("auth/user", 1),
    ):
        paths += [f"/admin/{name}/", f"/admin/{name}/add/", f"/admin/{name}/{row}/change/"]
    for path in paths:
        page.goto(f"{site}{prefix}{path}")
    page.wait_for_load_state("networkidle")
    assert {url for url in asked if not url.startswith((site, "data:"))} == set()


@pytest.mark.parametrize(("width", "columns"), [(1280, 2), (390, 1)])
def test_serbian_and_english_stand_side_by_side_or_one_under_the_other(site, open_page, width, columns):
    page = open_page(width)
    be_signed_in(page, site)
    page.goto(f"{site}/admin/networks/network/{Network.objects.get(slug='ecad').pk}/change/")
    page.wait_for_selector(".ProseMirror")
    for field in ("name", "acronym", "summary", "description", "benefit", "seat"):
        serbian, english = (
            page.locator(f".fieldBox.field-{field}_{language}").bounding_box() for language in ("sr", "en")
        )
        assert (serbian["y"] == english["y"]) == (columns == 2), field
        assert (serbian["x"] < english["x"]) == (columns == 2), field
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_typed_in_the_editor_is_on_the_page(site, open_page):
    page = open_page()
    be_signed_in(page, site)
    page.goto(f"{site}/admin/networks/network/{Network.objects.get(slug='alda').pk}/change/")
    editor = page.locator(".fieldBox.field-description_en .ProseMirror")
    editor.click()
    page.keyboard.type("A ")
    page.keyboard.press("Control+b")
    page.keyboard.type("bold")
    page.keyboard.press("Control+b")
    page.keyboard.type(" word.")
    page.fill("#id_name_en", "Association of Local Democracy Agencies")
    page.click("[name=_publish] >> nth=0")
    page.wait_for_url("**/admin/networks/network/")
    page.goto(f"{site}/en/networks/alda/")
    assert page.locator(".prose").inner_html() == "<p>A <strong>bold</strong> word.</p>"


def test_desk_works_without_javascript(site, open_page):
    page = open_page(java_script_enabled=False)
    be_signed_in(page, site)
    page.goto(f"{site}/admin/networks/network/{Network.objects.get(slug='alda').pk}/change/")
    page.fill("[name=description_en]", "First.\n\nSecond.")
    page.fill("#id_name_en", "Association of Local Democracy Agencies")
    page.click("[name=_publish] >> nth=0")
    page.wait_for_url("**/admin/networks/network/")
    page.goto(f"{site}/en/networks/alda/")
    assert page.locator(".prose p").all_inner_texts() == ["First.", "Second."]


def test_theme_added_beside_the_form_appears_ticked_and_nothing_typed_is_lost(site, open_page):
    page = open_page()
    be_signed_in(page, site)
    page.goto(f"{site}/admin/networks/network/{Network.objects.get(slug='alda').pk}/change/")
    page.fill("#id_name_en", "Association of Local Democracy Agencies")
    with page.expect_popup() as opened:
        page.click("#add_id_themes")
    popup = opened.value
    popup.fill("#id_name_sr", "Саобраћај")
    with popup.expect_event("close"):
        popup.click("[name=_save]")
    expect(page.get_by_label("Саобраћај")).to_be_checked()
    page.click("[name=_publish] >> nth=0")
    page.wait_for_url("**/admin/networks/network/")
    network = Network.objects.get(slug="alda")
    assert network.name_en == "Association of Local Democracy Agencies"
    assert set(network.themes.values_list("slug", flat=True)) == {"democracy", "saobracaj"}


@pytest.mark.parametrize(
    ("prefix", "titles", "dialog", "name"),
    [
        ("", ["набрајање", "подебљано"], ["Веза", "Интернет адреса", "Прихвати", "Одустани"], "Опис (на српском)"),
        (
            "/sr-latn",
            ["nabrajanje", "podebljano"],
            ["Veza", "Internet adresa", "Prihvati", "Odustani"],
            "Opis (na srpskom)",
        ),
        ("/en", ["unordered list", "bold"], ["Edit Link", "URL", "Update", "Cancel"], "Description (in Serbian)"),
    ],
)
def test_editor_speaks_the_language_of_the_desk(site, open_page, prefix, titles, dialog, name):
    page = open_page()
    be_signed_in(page, site)
    page.goto(f"{site}{prefix}/admin/networks/network/{Network.objects.get(slug='ecad').pk}/change/")
    box = page.get_by_role("textbox", name=name)
    assert box.get_attribute("lang") == "sr-Cyrl"
    editor = page.locator(".fieldBox.field-description_sr .prose-editor")
    for title in titles:
        assert editor.get_by_role("button", name=title, exact=True).first.is_visible()
    box.click()
    page.keyboard.press("Control+a")
    editor.locator("[data-name=link]").click()
    words = page.locator("dialog").inner_text()
    assert [word for word in dialog if word not in words] == []


def test_link_that_leads_nowhere_is_refused_beside_its_text(site, open_page):
    page = open_page()
    be_signed_in(page, site)
    page.goto(f"{site}/en/admin/networks/network/{Network.objects.get(slug='ecad').pk}/change/")
    page.locator(".fieldBox.field-description_en .ProseMirror").click()
    page.keyboard.press("Control+a")
    page.locator(".fieldBox.field-description_en [data-name=link]").click()
    page.locator("dialog input").first.fill("javascript:alert(1)")
    page.get_by_role("button", name="Update").click()
    page.click("[name=_publish] >> nth=0")
    page.wait_for_selector(".errornote")
    assert "A link has no address" in page.locator(".field-description_en .errorlist").first.inner_text()
    assert "javascript" not in Network.objects.get(slug="ecad").description_en
