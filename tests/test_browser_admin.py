"""
The admin of the memberships in a real browser: two people at one network, and every page by eye, hand and keyboard.

Each replay counts the characters that were typed and those that can be had again; a table at the end has them all.
"""

import os
import re
import threading
import time
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect

from networks.models import Network, OpenForm, Page, Revision, SavedForm, Schedule
from networks.revisions import drafts, publishing, storage
from tests.browser import (
    accessibility_problems,
    be_signed_in,
    press,
    save_in_place,
    type_in_editor,
    type_in_field,
    value_of,
)
from tests.makers import make_page, make_theme

pytestmark = pytest.mark.browser

PREFIXES = ("", "/sr-latn", "/en")
TEXT = "Ниш – град „Константина“ & <b>мрежа</b>, since 1990."
OTHER = "Друга реченица, од колегинице: “Networks” 100 %."

SAVE, PUBLISH, SCHEDULE = (f"[name={name}] >> nth=0" for name in ("_save", "_publish", "_schedule"))


@pytest.fixture(scope="module")
def replays(request):
    """Note what each replay typed and got back; say so when the last one has ended."""
    rows = []

    def note(typed, recovered):
        lost = sum(
            len(text) - len(os.path.commonprefix([text, found])) for text, found in zip(typed, recovered, strict=True)
        )
        name = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].removesuffix(" (call)").removeprefix("test_")
        rows.append((name.replace("_", " "), sum(map(len, typed)), lost))
        assert list(recovered) == list(typed)

    yield note
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{'typed':>6} {'lost':>5}  replay")
        for name, typed, lost in rows:
            print(f"{typed:6} {lost:5}  {name}")
        print(
            f"{len(rows)} replays, {sum(row[1] for row in rows)} characters typed, {sum(row[2] for row in rows)} lost"
        )


@pytest.fixture
def author(live_server):
    return User.objects.create_superuser("author", first_name="Ана", last_name="Аутор")


@pytest.fixture
def network(author):
    """A network that citizens see, with a draft on top of it and every fact filled in."""
    theme = make_theme(slug="culture", name_sr="Култура", name_en="Culture")
    content = {
        "name_sr": "Мрежа градова",
        "name_en": "Network of cities",
        "acronym_sr": "МГ",
        "summary_sr": "Има све што мрежа може да има.",
        "summary_en": "It has all that a network can have.",
        "description_sr": "<p>Први <strong>пасус</strong>.</p><ul><li>ставка</li></ul>",
        "description_en": '<p>First with a <a href="https://example.org/">link</a>.</p>',
        "scope": "european",
        "founded": "1990",
        "joined": "2003-05-03",
        "website": "https://example.org/a/very/long/address/that/does/not/break/anywhere/at/all/on/a/narrow/screen",
        "themes": [theme.slug],
        "internal_note": "Реч" * 60,
    }
    made = drafts.save(Network(), content, author=author).row
    publishing.publish(made, author=author)
    content |= {"summary_en": "It has more than that.", "description_en": "<p>First with a word.</p>", "themes": []}
    return drafts.save(made, content, author=author, comment="Проверено.").row


@pytest.fixture
def desk(live_server, open_page, network):
    """Open a page of somebody who is signed in."""
    pages = []

    def open_one(username="author", **options):
        page = open_page(**options)
        pages.append(page)
        be_signed_in(page, live_server.url, username)
        return page

    yield open_one
    # A form that is left says so to the server, which must have noted it before the database is emptied.
    for page in pages:
        page.goto("about:blank")
        page.context.close()
    deadline = time.monotonic() + 5
    while any("process_request" in each.name for each in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.02)


def address(network, page="change", prefix="/en"):
    return f"{prefix}/admin/networks/network/{network.pk}/{page}/"


def open_form(page, live_server, network, scripts=True):
    page.goto(live_server.url + address(network))
    if scripts:
        expect(page.locator(".ProseMirror")).to_have_count(2)


def prose_in(html):
    """Return what was typed at the end of the English description."""
    return unescape(html.removeprefix("<p>First with a word.").removesuffix("</p>"))


def fresh(network):
    return Network.objects.select_related("head", "live").get(pk=network.pk)


def newest(network):
    return fresh(network).head.content


def history(network, field):
    return [each.content[field] for each in Revision.objects.filter(network=network).order_by("number")]


def choose(page, field, whose):
    page.check(f"[name=choice_{field}][value={whose}]")


# Two people at one network


def test_two_people_in_different_fields_are_both_saved(desk, live_server, network, replays):
    mine, theirs = desk(), desk("milica")
    for page in (mine, theirs):
        open_form(page, live_server, network)
    typed = [
        type_in_field(mine, "benefit_en", TEXT),
        type_in_field(theirs, "seat_en", OTHER),
        type_in_editor(mine, "description_en", TEXT),
    ]
    press(theirs, SAVE)
    press(mine, SAVE)
    expect(mine.locator(".messagelist")).to_contain_text("milica")
    content = newest(network)
    replays(typed, [content["benefit_en"], content["seat_en"], prose_in(content["description_en"])])
    assert (value_of(mine, "benefit_en"), value_of(mine, "seat_en")) == (TEXT, OTHER)


@pytest.mark.parametrize("whose", ["mine", "theirs"])
def test_two_people_in_the_same_field_lose_nothing(desk, live_server, network, replays, whose):
    mine, theirs = desk(), desk("milica")
    for page in (mine, theirs):
        open_form(page, live_server, network)
    typed = [
        type_in_field(mine, "benefit_en", TEXT),
        type_in_field(theirs, "benefit_en", OTHER),
        type_in_field(mine, "seat_en", TEXT),
    ]
    press(theirs, SAVE)
    press(mine, SAVE)
    expect(mine.locator(".conflicts")).to_be_visible()
    # Theirs is saved, and mine is on the page.
    assert newest(network)["benefit_en"] == OTHER
    assert value_of(mine, "benefit_en") == TEXT
    assert TEXT in mine.locator("#conflict-benefit_en").inner_text()
    assert OTHER in mine.locator("#conflict-benefit_en").inner_text()

    choose(mine, "benefit_en", whose)
    press(mine, SAVE)
    content = newest(network)
    assert content["benefit_en"] == (TEXT if whose == "mine" else OTHER)
    # Who takes theirs lets go of their own.
    found = [
        TEXT if whose == "theirs" else content["benefit_en"],
        history(network, "benefit_en")[2],
        content["seat_en"],
    ]
    replays(typed, found)


def test_two_people_in_the_same_rich_text_lose_nothing(desk, live_server, network, replays):
    mine, theirs = desk(), desk("milica")
    for page in (mine, theirs):
        open_form(page, live_server, network)
    typed = [type_in_editor(mine, "description_en", " Mine."), type_in_editor(theirs, "description_en", " Theirs.")]
    press(theirs, SAVE)
    press(mine, SAVE)
    expect(mine.locator(".conflicts")).to_be_visible()
    expect(mine.locator(".fieldBox.field-description_en .ProseMirror")).to_have_text("First with a word. Mine.")
    assert newest(network)["description_en"] == "<p>First with a word. Theirs.</p>"
    choose(mine, "description_en", "mine")
    press(mine, SAVE)
    texts = history(network, "description_en")
    replays(typed, [prose_in(texts[3]), prose_in(texts[2])])


def test_third_save_meanwhile_asks_anew_and_loses_nothing(desk, live_server, network, author, replays):
    mine, theirs = desk(), desk("milica")
    for page in (mine, theirs):
        open_form(page, live_server, network)
    typed = [type_in_field(mine, "benefit_en", TEXT), type_in_field(theirs, "benefit_en", OTHER)]
    press(theirs, SAVE)
    press(mine, SAVE)
    typed.append(type_in_field(theirs, "benefit_en", " More."))
    press(theirs, SAVE)
    choose(mine, "benefit_en", "mine")
    press(mine, SAVE)
    expect(mine.locator(".conflicts")).to_be_visible()
    assert newest(network)["benefit_en"] == OTHER + " More."
    assert value_of(mine, "benefit_en") == TEXT
    choose(mine, "benefit_en", "mine")
    press(mine, SAVE)
    *_others, first, second, third = history(network, "benefit_en")
    replays(typed, [third, first, second.removeprefix(OTHER)])


def test_text_typed_after_the_answer_was_lost_does_not_undo_a_colleagues(desk, live_server, network, replays):
    """The first save arrived and took over what a colleague had written, but its answer never came."""
    mine, theirs = desk(expected=["net::ERR_"]), desk("milica")
    for page in (mine, theirs):
        open_form(page, live_server, network)
    typed = [type_in_field(theirs, "seat_en", OTHER), type_in_field(mine, "benefit_en", TEXT)]
    press(theirs, SAVE)

    lost = []

    def lose(route):
        if route.request.method == "POST":
            lost.append(route.fetch(max_redirects=0).status)
            route.abort("aborted")
        else:
            route.continue_()

    mine.route(re.compile("/change/$"), lose)
    mine.click(SAVE)
    for _attempt in range(300):
        if lost:
            break
        mine.wait_for_timeout(50)
    assert lost == [302]
    mine.unroute_all(behavior="wait")
    assert (newest(network)["benefit_en"], newest(network)["seat_en"]) == (TEXT, OTHER)
    typed[1] += type_in_field(mine, "benefit_en", " More.")
    press(mine, SAVE)
    replays(typed, [newest(network)["seat_en"], newest(network)["benefit_en"]])


# One person


def test_double_click_on_save_makes_one_version(desk, live_server, network, replays):
    page = desk()
    open_form(page, live_server, network)
    typed = [type_in_field(page, "benefit_en", TEXT)]
    before = SavedForm.objects.count()
    save_in_place(page, lambda: page.dblclick(SAVE))
    page.wait_for_load_state("networkidle")
    assert fresh(network).head.number == 3
    assert SavedForm.objects.count() == before + 1
    replays(typed, [newest(network)["benefit_en"]])


@pytest.mark.parametrize("scripts", [True, False])
def test_going_back_to_a_new_network_and_saving_again_makes_one(desk, live_server, replays, scripts):
    page = desk(java_script_enabled=scripts)
    page.goto(f"{live_server.url}/en/admin/networks/network/add/")
    page.fill("#id_name_sr", "Нова мрежа")
    page.fill("#id_summary_en", TEXT)
    press(page, SAVE)
    made = Network.objects.order_by("-pk").first()
    page.go_back()
    page.wait_for_load_state("networkidle")
    press(page, SAVE)
    assert Network.objects.count() == 2
    replays([TEXT], [newest(made)["summary_en"]])


@pytest.mark.parametrize("scripts", [True, False])
def test_going_back_and_saving_again_puts_no_old_text_over_a_colleagues(
    desk, live_server, network, author, replays, scripts
):
    page = desk(java_script_enabled=scripts)
    open_form(page, live_server, network, scripts)
    page.fill("#id_benefit_en", TEXT)
    press(page, SAVE)
    row = fresh(network)
    drafts.save(row, row.head.content | {"benefit_en": OTHER}, author=author)
    if scripts:
        page.goto(f"{live_server.url}/en/admin/")  # the form was saved where it stands
    page.go_back()
    page.wait_for_load_state("networkidle")
    press(page, SAVE)
    assert newest(network)["benefit_en"] == OTHER
    replays([TEXT, OTHER], history(network, "benefit_en")[2:4])


def test_enter_in_a_text_field_saves_a_draft_and_publishes_nothing(desk, live_server, network, replays):
    page = desk()
    open_form(page, live_server, network)
    typed = [type_in_field(page, "seat_en", TEXT)]
    save_in_place(page, lambda: page.keyboard.press("Enter"))
    row = fresh(network)
    assert (row.head.number, row.live.number, row.seat_en) == (3, 1, "")
    assert not Schedule.objects.exists()
    replays(typed, [newest(network)["seat_en"]])


@pytest.mark.parametrize("of_page", [False, True], ids=["network", "page"])
def test_emptied_address_beside_a_mistake_is_answered_with_the_form(desk, live_server, network, replays, of_page):
    page = desk()
    if of_page:
        page.goto(f"{live_server.url}/en/admin/networks/page/{make_page().pk}/change/")
    else:
        open_form(page, live_server, network)
    field = "title_en" if of_page else "benefit_en"
    typed = [type_in_field(page, field, TEXT)]
    page.fill("#id_slug", "")
    page.fill("#id_title_sr" if of_page else "#id_name_sr", "")
    press(page, SAVE)
    replays(typed, [value_of(page, field) if page.locator(".errornote").count() else "an error of the server"])


# The form with what went wrong

# Where accessibility is looked at too, the colours that are preferred
SCREENS = ((320, None), (390, "dark"), (1280, "light"))


def states(page, site, prefix, network):
    """Open the form of a network as it is, with mistakes and with a conflict, and give the name of each state."""

    def open_form():
        page.goto(f"{site}{prefix}/admin/networks/network/{network.pk}/change/")
        page.wait_for_selector(".ProseMirror >> nth=1")

    open_form()
    yield "form"
    page.fill("#id_contact_email", "nobody")
    page.fill("#id_name_sr", "")
    page.fill("#id_website", "nowhere")
    press(page, SAVE)
    page.wait_for_selector(".errornote")
    yield "form with mistakes"
    open_form()
    for field, text in (("benefit_en", "Theirs."), ("description_en", "<p>Theirs.</p>")):
        row = fresh(network)
        drafts.save(row, row.head.content | {field: f"{text} {timezone.now()}"}, author=None)
    page.fill("#id_benefit_en", "Mine.")
    type_in_editor(page, "description_en", "Mine.")
    press(page, SAVE)
    page.wait_for_selector(".conflicts")
    yield "form with a conflict"


@pytest.fixture
def statement(author):
    """A published plain page with a draft, whose address is fixed."""
    page = make_page(slug=Page.ACCESSIBILITY, title_en="Statement", body_en="<p>First.</p>")
    publishing.publish(page, author=author)
    return drafts.save(page, {"body_en": "<p>Second.</p>"}, author=author).row


@pytest.mark.parametrize("prefix", PREFIXES)
def test_form_is_accessible_and_fits_the_screen_whatever_went_wrong(desk, live_server, network, prefix):
    page = desk()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    problems = {}
    for name in states(page, live_server.url, prefix, network):
        for width, scheme in SCREENS:
            page.set_viewport_size({"width": width, "height": 900})
            # The colours are the same in each language.
            if scheme == "light" or (scheme and prefix == "/en"):
                page.emulate_media(color_scheme=scheme)
                # Of the colours that are on their way from the one scheme to the other, nothing is to be said.
                page.evaluate("document.getAnimations().forEach((each) => each.finish())")
                options = {"preload": False, "resultTypes": ["violations"]}
                if scheme == "dark":
                    options["runOnly"] = ["color-contrast", "link-in-text-block"]
                for problem in accessibility_problems(page, **options):
                    problems[name, width, scheme] = [*problems.get((name, width, scheme), []), problem]
            if (actual := page.evaluate("document.documentElement.scrollWidth")) > width:
                problems[name, width] = [actual, *wide_elements(page)]
    assert problems == {}
    assert {url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))} == set()


def wide_elements(page):
    return page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 5).map((each) => `${each.tagName}.${each.className}`)"""
    )


# By keyboard, on a telephone and without scripts


def tab_to(page, selector, key="Tab"):
    for _attempt in range(200):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
    pytest.fail(f"{selector} cannot be reached by {key}")


def follow(page, selector):
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_keyboard_alone_is_enough(desk, live_server, network, replays):
    page = desk()
    page.goto(f"{live_server.url}/en/admin/")
    follow(page, "#menu a[href$='/networks/network/']")
    follow(page, f"a[href*='/{network.pk}/change/']")
    expect(page.locator(".ProseMirror")).to_have_count(2)
    tab_to(page, "#id_benefit_en")
    page.keyboard.type(TEXT)
    save_in_place(page, lambda: page.keyboard.press("Control+s"))
    assert newest(network)["benefit_en"] == TEXT
    tab_to(page, "[name=_preview]")
    page.keyboard.press("Enter")
    expect(page.frame_locator("#live-preview iframe").locator("main")).to_contain_text(TEXT)
    follow(page, "[name=_publish]")
    expect(page.locator(".messagelist")).to_contain_text("published")
    assert fresh(network).benefit_en == TEXT
    replays([TEXT], [fresh(network).benefit_en])


@pytest.mark.parametrize(("width", "scripts"), [(1280, False), (390, True)])
def test_everything_can_be_done(desk, live_server, network, author, replays, width, scripts):
    """Save a draft, meet a conflict, choose, publish, schedule, cancel, restore, link, revoke, discard, delete."""
    page = desk(width=width, java_script_enabled=scripts)
    open_form(page, live_server, network, scripts)
    page.fill("#id_benefit_en", TEXT)
    press(page, SAVE)
    expect(page.locator(".messagelist")).to_contain_text("draft")
    assert fresh(network).benefit_en == ""

    row = fresh(network)
    drafts.save(row, row.head.content | {"benefit_en": OTHER, "seat_en": OTHER}, author=author)
    page.fill("#id_benefit_en", TEXT + " Mine.")
    press(page, SAVE)
    assert value_of(page, "benefit_en") == TEXT + " Mine."
    assert newest(network)["benefit_en"] == OTHER
    choose(page, "benefit_en", "mine")
    press(page, SAVE)
    content = newest(network)
    replays([TEXT, OTHER, TEXT + " Mine."], [*history(network, "benefit_en")[2:4], content["benefit_en"]])
    assert content["seat_en"] == OTHER

    press(page, PUBLISH)
    assert fresh(network).benefit_en == TEXT + " Mine."

    open_form(page, live_server, network, scripts)
    page.fill("#id_benefit_en", "Later.")
    page.click(".with-choices summary")
    press(page, SCHEDULE)
    page.fill("[name=at_0]", "2035-05-04")
    page.fill("[name=at_1]", "08:00")
    press(page, ".submit-row button")
    assert Schedule.objects.get().revision.content["benefit_en"] == "Later."
    page.goto(live_server.url + address(network, "schedule"))
    press(page, ".plans button")
    assert not Schedule.objects.exists()

    page.goto(live_server.url + address(network, "history"))
    press(page, "a[href$='/restore/1/']")
    press(page, "#content-main .default")
    assert newest(network)["benefit_en"] == ""
    page.goto(live_server.url + address(network, "discard"))
    press(page, "#content-main .default")
    assert newest(network)["benefit_en"] == TEXT + " Mine."

    page.goto(live_server.url + address(network, "links"))
    press(page, "#content-main .default")
    press(page, "td .button")
    assert not fresh(network).head.preview_links.filter(revoked_at=None).exists()

    page.goto(live_server.url + address(network, "withdraw"))
    press(page, "#content-main .default")
    assert not fresh(network).is_published
    page.goto(live_server.url + address(network, "delete"))
    press(page, "#content [type=submit]")
    assert fresh(network).deleted_at
    page.goto(live_server.url + "/en/admin/networks/network/bin/")
    press(page, "a[href$='/undelete/']")
    press(page, "#content-main .default")
    assert fresh(network).deleted_at is None
    assert newest(network)["benefit_en"] == TEXT + " Mine."


def test_two_people_write_a_plain_page_and_publish_it(desk, live_server, statement):
    place = f"{live_server.url}/en/admin/networks/page/{statement.pk}"
    page = desk()
    page.goto(f"{place}/change/")
    expect(page.locator(".ProseMirror")).to_have_count(2)
    OpenForm.objects.create(row=statement, user=User.objects.create_user("milan", first_name="Милан"))
    with page.expect_response(f"{place}/open/"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#colleagues")).to_contain_text("Others have this form open now: Milan")
    row = Page.objects.get()
    drafts.save(row, storage.newest_revision(row).content | {"title_en": "Theirs"}, author=None)
    type_in_editor(page, "body_en", "Mine.")
    press(page, SAVE)
    content = storage.newest_revision(Page.objects.get()).content
    assert (content["title_en"], Page.objects.get().title_en) == ("Theirs", "Statement")
    assert "Mine." in content["body_en"]
    press(page, PUBLISH)
    assert Page.objects.get().title_en == "Theirs"
