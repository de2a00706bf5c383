"""
The guide of the admin, followed by a new editor and a publisher, word by word, in each language.

With `--write-guide` its pictures are taken on the way.
"""

import io
import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils.translation import override
from PIL import Image
from playwright.sync_api import expect

from networks.admin.guide import HEIGHT, STEPS, WIDTH, picture_path
from networks.models import Network
from networks.reading import Reader
from tests.browser import PASSWORD
from tests.makers import make_account
from tests.pages import LANGUAGES, PREFIXES, in_each_language

pytestmark = pytest.mark.browser

(FOLDER,) = settings.STATICFILES_DIRS
PICTURES = [FOLDER / picture_path(language, step.name) for language in LANGUAGES for step in STEPS]
LARGEST, LARGEST_OF_ALL = 60_000, 1_030_000  # bytes

WRITTEN = "Мрежа градова који чувају своје наслеђе."


def size_of(path):
    with Image.open(path) as picture:
        return picture.size


def save(shot, path):
    """Save a screenshot as WebP, in the best quality with which all of them stay small."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(shot)) as picture:
        for quality in range(85, 20, -5):
            written = io.BytesIO()
            picture.convert("RGB").save(written, "WEBP", quality=quality, method=6)
            if len(written.getvalue()) <= LARGEST_OF_ALL // len(PICTURES):
                break
    path.write_bytes(written.getvalue())


@in_each_language
def test_guide_leads_from_the_log_in_to_the_first_published_change(live_server, open_page, pytestconfig, language):
    call_command("loaddata", "nis", verbosity=0)
    make_account("editors", username="ana", password=PASSWORD, first_name="Ана", last_name="Анић")
    make_account("publishers", username="jelena", password=PASSWORD, first_name="Јелена", last_name="Јелић")
    network = Network.objects.order_by("position").first()
    with override(language):
        words = {step.name: step.spoken() for step in STEPS}
        name = str(Reader().text(network, "name"))
    start, left = f"{live_server.url}{PREFIXES[language]}/admin/", [step.name for step in STEPS]
    page = open_page(width=WIDTH, device_scale_factor=2)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def look(step):
        """The step of the guide is reached: all that it names is at hand, and its picture shows it."""
        assert step == left.pop(0)
        path = FOLDER / picture_path(language, step)
        if pytestconfig.getoption("write_guide"):
            page.mouse.move(0, 0)
            save(page.screenshot(animations="disabled"), path)
        assert size_of(path) == (2 * WIDTH, 2 * HEIGHT)

    def sign_in(username):
        page.fill("#id_username", username)
        page.fill("#id_password", PASSWORD)
        page.get_by_role("button", name=words["sign-in"]["log_in"]).click()

    page.goto(start)
    look("sign-in")
    sign_in("ana")
    page.locator("#user-tools").get_by_role("link", name=words["second-factor"]["second_factor"]).click()
    expect(page.get_by_role("button", name=words["second-factor"]["turn_on"])).to_be_visible()
    look("second-factor")
    page.goto(start)
    expect(page.locator("a[href$='/guide/']")).to_have_count(2)  # in the menu, and for who is new
    look("home")
    page.locator("#menu").get_by_role("link", name=words["home"]["networks"]).click()
    page.locator("#searchbar").press_sequentially(name.rpartition(" ")[2])
    expect(page.locator("#result_list tbody tr")).not_to_have_count(Network.objects.count(), timeout=20_000)
    page.locator("#searchbar").evaluate("each => each.scrollIntoView()")
    look("list")
    page.locator("#result_list").get_by_role("link", name=name).first.click()
    expect(page.locator(".ProseMirror")).to_have_count(2)
    page.fill("#id_summary_sr", WRITTEN)
    page.locator("#id_summary_sr").evaluate("each => each.scrollIntoView({ block: 'center' })")
    expect(page.get_by_role("button", name=words["write"]["save"]).first).to_be_visible()
    look("write")
    page.get_by_role("button", name=words["submit"]["submit"]).first.click()
    expect(page.locator(".messagelist")).to_be_visible()
    look("submit")

    page.context.clear_cookies()
    page.goto(start)
    sign_in("jelena")
    changes = page.get_by_role("link", name=re.compile(rf"^{words['waiting']['changes']}"))
    changes.scroll_into_view_if_needed()
    look("waiting")
    changes.click()
    expect(page.get_by_role("button", name=words["publish"]["back"])).to_be_visible()
    page.locator("#changes").evaluate("each => each.scrollIntoView()")
    look("publish")
    page.get_by_role("button", name=re.compile(rf"^{words['publish']['publish']}")).first.click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert left == []
    page.goto(f"{live_server.url}{network.get_absolute_url()}")
    expect(page.get_by_text(WRITTEN)).to_be_visible()


def test_pictures_of_the_guide_are_there_and_small():
    kept = {path for path in (FOLDER / "networks" / "guide").rglob("*") if path.is_file()}
    assert kept == {*PICTURES}
    sizes = [path.stat().st_size for path in PICTURES]
    assert max(sizes) < LARGEST
    assert sum(sizes) < LARGEST_OF_ALL
