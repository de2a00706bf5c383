"""A form of the admin is saved where it stands: its head, its columns, and what goes wrong, in a real browser."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from networks.models import Network
from networks.revisions import drafts, publishing
from tests.browser import (
    PASSWORD,
    accessibility_problems,
    account,
    be_signed_in,
    save_in_place,
    type_in_editor,
    type_in_field,
    value_of,
)

pytestmark = pytest.mark.browser

STATUS = "[data-unsaved-status]"
SAVED = re.compile(r"^Saved at \d\d:\d\d$")
THEIRS = "<p>Theirs.</p><ul><li>One</li><li>Two</li></ul>"  # the editor would write each item in another way
KEPT = re.compile(r"^Kept in this browser, \d\d:\d\d$")


@pytest.fixture
def network(live_server):
    """A network that citizens see, with a draft, without a seat."""
    author = account("author")
    content = {"name_sr": "Мрежа градова", "name_en": "Network of cities", "summary_sr": "Сажетак."}
    content |= {"summary_en": "A summary.", "description_en": "<p>First.</p>"}
    row = drafts.save(Network(), content, author=author).row
    publishing.publish(row, author=author)
    return drafts.save(row, content | {"summary_sr": "Нов сажетак."}, author=author).row


@pytest.fixture
def form(live_server, open_page, network):
    """Open the form of the network, in English, as somebody who is signed in."""

    def open_one(width=1280, query="", **options):
        page = open_page(width, expected=["net::ERR_", "status of 5"], **options)
        be_signed_in(page, live_server.url)
        page.goto(f"{live_server.url}/en/admin/networks/network/{network.pk}/change/{query}")
        if options.get("java_script_enabled", True):
            expect(page.locator(".ProseMirror")).to_have_count(2)
        return page

    return open_one


def newest(network):
    return Network.objects.select_related("head").get(pk=network.pk).head.content


def place_of(page, field):
    """How far from the top of the screen a field stands."""
    return round(page.locator(f"#id_{field}").bounding_box()["y"])


def press_save(page):
    save_in_place(page, lambda: page.keyboard.press("Control+s"))


def test_saves_where_one_stands_and_what_is_typed_meanwhile_stays(form, network):
    page = form()
    page.evaluate("window.isSamePage = true")
    typed = type_in_field(page, "benefit_en", "One, ")
    place = place_of(page, "benefit_en")

    def type_more(route):
        nonlocal typed
        page.keyboard.type("two")
        typed += "two"
        route.continue_()

    page.route("**/change/", type_more, times=1)
    press_save(page)
    expect(page.locator(STATUS)).to_have_text(KEPT)
    assert newest(network)["benefit_en"] == "One,"
    assert value_of(page, "benefit_en") == typed == "One, two"
    assert place_of(page, "benefit_en") == place
    expect(page.locator("#id_benefit_en")).to_be_focused()
    page.keyboard.type(".")  # at the caret
    # The key has another letter on a Serbian keyboard.
    saved = "new KeyboardEvent('keydown', {key: 'с', code: 'KeyS', ctrlKey: true, bubbles: true, cancelable: true})"
    save_in_place(page, lambda: page.evaluate(f"document.activeElement.dispatchEvent({saved})"))
    expect(page.locator(STATUS)).to_have_text(SAVED)
    assert newest(network)["benefit_en"] == "One, two."
    assert page.locator(".badges").inner_text().split("\n") == ["On the site", "Draft"]

    # A rich text can still be undone, past what was saved.
    type_in_editor(page, "description_en", " Second.")
    press_save(page)
    assert newest(network)["description_en"] == "<p>First. Second.</p>"
    page.keyboard.press("Control+z")
    expect(page.locator(".field-description_en .ProseMirror")).to_have_text("First.")
    page.keyboard.press("Control+Shift+z")

    page.fill("#id_name_sr", "")
    page.fill("#id_website", "nowhere")
    type_in_field(page, "comment", "Checked.")
    press_save(page)
    expect(page.locator(STATUS)).to_have_text("Not saved yet")
    expect(page.locator(".error-count")).to_have_text("2 errors")
    expect(page.locator("#id_name_sr")).to_be_focused()
    expect(page.locator(".sections >> visible=true")).to_contain_text(re.compile(r"Texts\s+1 error\s+Membersh"))
    assert "This field is required" in page.locator("#id_name_sr_error").inner_text()
    assert page.locator("#id_name_sr").get_attribute("aria-describedby").split()[:2] == [
        "id_name_sr_helptext",
        "id_name_sr_error",
    ]
    page.locator("#form-errors").get_by_role("link", name="Website").click()
    expect(page.locator("#id_website")).to_be_focused()
    page.fill("#id_website", "")
    page.fill("#id_name_sr", "Друго име")
    press_save(page)
    expect(page.locator(STATUS)).to_have_text(SAVED)
    expect(page.locator("h1")).to_have_text("Network of cities")
    expect(page.locator(".error-count a, #form-errors, [aria-invalid]")).to_have_count(0)
    assert newest(network)["name_sr"] == "Друго име"
    assert value_of(page, "comment") == ""  # the remark belonged to the version that was saved
    expect(page.locator(".field-name_en .translation")).to_contain_text("The Serbian has changed")
    assert page.evaluate("window.isSamePage")

    # What is pressed meanwhile is done afterwards. Somebody else has written too, so it asks before it publishes.
    def publish(route):
        page.evaluate("document.querySelector('[name=_publish]').click()")
        route.continue_()

    type_in_field(page, "benefit_en", " Four.")
    page.route("**/change/", publish, times=1)
    page.keyboard.press("Control+s")
    page.wait_for_url("**/review/")
    assert newest(network)["benefit_en"] == "One, two. Four."


def answer_with(status):
    return lambda route: route.fulfill(status=status, body="<h1>No</h1>")


def test_what_goes_wrong_is_said_and_nothing_is_lost(form, network):
    page = form()
    typed = type_in_field(page, "benefit_en", "Typed.")
    page.context.set_offline(True)
    page.keyboard.press("Control+s")
    expect(page.locator(STATUS)).to_contain_text("Not saved: the server does not answer")
    expect(page.locator(STATUS)).to_have_class(re.compile("unsaved-error"))
    page.context.set_offline(False)
    for status, said in ((500, "the server does not answer"), (413, "the server does not accept it")):
        page.route("**/change/", answer_with(status), times=1)
        typed += type_in_field(page, "benefit_en", " More.")
        press_save(page)
        expect(page.locator(STATUS)).to_contain_text(said)
    assert value_of(page, "benefit_en") == typed

    def end_session(route):
        Session.objects.all().delete()
        route.continue_()

    # Between the question whether the server is there and the form
    page.route("**/change/", end_session, times=1)
    page.keyboard.press("Control+s")
    dialog = page.get_by_role("dialog", name="Sign in to save")
    dialog.locator("[name=username]").fill("admin")
    dialog.locator("[name=password]").fill(PASSWORD)
    save_in_place(page, lambda: dialog.get_by_role("button", name="Sign in and save").click())
    expect(page.locator(STATUS)).to_have_text(SAVED)
    assert newest(network)["benefit_en"] == value_of(page, "benefit_en") == typed


def test_whoever_goes_on_writing_keeps_the_focus_though_it_is_refused(form, network):
    page = form()
    page.fill("#id_name_sr", "")
    typed = type_in_field(page, "benefit_en", "One, ")

    def type_more(route):
        page.keyboard.type("two")
        route.continue_()

    page.route("**/change/", type_more, times=1)
    press_save(page)
    expect(page.locator(".error-count")).to_have_text("1 error")
    page.keyboard.type(" and three")
    assert value_of(page, "benefit_en") == f"{typed}two and three"
    assert value_of(page, "name_sr") == ""


def test_another_button_works_after_the_answer_to_the_first_was_lost(form, network):
    page = form()

    def lose_answer(route):
        route.fetch()
        route.abort()

    type_in_field(page, "benefit_en", "Typed.")
    page.route("**/change/", lose_answer, times=1)
    page.keyboard.press("Control+s")
    expect(page.locator(STATUS)).to_contain_text("the server does not answer")
    assert newest(network)["benefit_en"] == "Typed."
    page.locator("[name=_publish]").click()
    page.wait_for_url("**/review/")  # the author of the first draft is asked about
    expect(page.locator("ins", has_text="Typed.").first).to_be_visible()


def test_one_language_stays_chosen_when_what_was_outdated_is_still_right(form, network):
    page = form()
    page.get_by_role("radio", name="Српски").check()
    expect(page.locator("#id_summary_en")).to_be_visible()
    save_in_place(page, lambda: page.get_by_role("button", name="Still right").click())
    expect(page.locator(".field-summary_en .translation")).not_to_contain_text("The Serbian has changed")
    expect(page.get_by_role("radio", name="Српски")).to_be_checked()
    expect(page.locator("#id_name_en")).to_be_hidden()


def test_what_a_colleague_has_saved_comes_into_the_form_and_is_never_written_over(form, network):
    page = form()
    page.evaluate("window.isSamePage = true")
    milica = account("milica")
    drafts.save(network, newest(network) | {"seat_en": "Theirs", "description_en": THEIRS}, author=milica)
    type_in_field(page, "benefit_en", "Mine.")
    press_save(page)
    expect(page.locator(STATUS)).to_have_text(SAVED)
    expect(page.locator(".messagelist .warning")).to_contain_text("milica")
    expect(page.locator(".messagelist .warning")).to_be_in_viewport()
    assert value_of(page, "seat_en") == "Theirs"
    expect(page.locator(".field-description_en .ProseMirror")).to_have_text("Theirs.OneTwo")
    type_in_field(page, "benefit_en", " More.")
    press_save(page)
    content = newest(network)
    assert [content[name] for name in ("benefit_en", "seat_en", "description_en")] == [
        "Mine. More.",
        "Theirs",
        THEIRS,
    ]
    assert page.evaluate("window.isSamePage")

    # In the field of a conflict, and in one in which somebody is typing while theirs arrives
    drafts.save(network, newest(network) | {"benefit_en": "Theirs."}, author=milica)
    type_in_field(page, "benefit_en", " Again.")
    press_save(page)
    expect(page.locator("#conflicts-heading")).to_be_focused()
    page.check("[name=choice_benefit_en][value=theirs]")
    press_save(page)
    expect(page.locator(".conflicts")).to_have_count(0)
    assert value_of(page, "benefit_en") == newest(network)["benefit_en"] == "Theirs."

    drafts.save(network, newest(network) | {"seat_en": "Changed"}, author=milica)
    type_in_field(page, "summary_en", " Mine.")
    page.locator("#id_seat_en").focus()

    def type_in_seat(route):
        page.keyboard.type("Mine ")
        route.continue_()

    page.route("**/change/", type_in_seat, times=1)
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    page.click("[data-put]")
    assert value_of(page, "seat_en").count("Mine") == 1
    press_save(page)
    assert newest(network)["seat_en"] == "Changed"
    expect(page.locator("#conflict-seat_en")).to_contain_text("Mine")
    assert newest(network)["summary_en"] == "A summary. Mine."


@pytest.mark.parametrize("width", [1280, 390])
def test_head_columns_and_index_lead_through_the_form(form, network, live_server, width):
    page = form(width, "?_changelist_filters=state%3Ddraft")
    head = page.locator(".form-head")
    assert page.locator("h1").all_inner_texts() == ["Network of cities"]
    # Where a phone has the site's own head too, the first field is one short scroll away.
    expect(page.locator("#id_name_sr")).to_be_in_viewport(ratio=1)
    assert head.bounding_box()["height"] <= (56 if width == 1280 else 96)

    # The head stays, and covers nothing that has the focus.
    page.locator("#id_comment").focus()
    page.locator("#id_acronym_sr").focus()
    assert head.bounding_box()["y"] == 0 or page.evaluate("scrollY") == 0
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    if width == 390:
        page.locator(".index summary").press("Enter")
    page.locator(".sections >> visible=true").get_by_role("link", name="In the city administration").press("Enter")
    heading = page.get_by_role("heading", name="In the city administration")
    expect(heading).to_be_in_viewport()
    assert heading.bounding_box()["y"] >= head.bounding_box()["height"]
    assert head.bounding_box()["y"] == 0

    # Each field says its language, to the eye by its column or by itself.
    name = page.get_by_role("textbox", name="Name (in Serbian)")
    expect(name).to_have_count(1)
    columns = page.locator(".column-headings >> visible=true").all_inner_texts()
    # Above the texts, and above the words on the end of the membership
    assert columns == (["Српски\nEnglish"] * 2 if width == 1280 else [])
    shown = page.locator("label[for=id_name_sr] .language").bounding_box()["width"] > 2
    assert shown == (width == 390)

    # One language at a time: Tab stays in it, but for what has become outdated.
    page.get_by_role("radio", name="Српски").check()
    expect(page.locator("#id_name_en")).to_be_hidden()
    expect(page.locator("#id_summary_en")).to_be_visible()  # its source was changed
    name.focus()
    page.keyboard.press("Tab")
    expect(page.locator("#id_acronym_sr")).to_be_focused()
    page.reload()
    expect(page.locator("#id_name_en")).to_be_hidden()
    # What is hidden is sent, and shown again when it becomes outdated.
    page.fill("#id_name_sr", "Друго име")
    press_save(page)
    assert newest(network)["name_en"] == "Network of cities"
    expect(page.locator("#id_name_en")).to_be_visible()
    page.get_by_role("radio", name="All").check()
    expect(page.locator("#id_acronym_en")).to_be_visible()

    # Descriptions have room.
    for language in ("sr", "en"):
        assert page.locator(f".field-description_{language} .ProseMirror").bounding_box()["height"] >= 200
    expect(page.locator("#id_description_en_limit")).to_contain_text("Words: 1.")
    type_in_editor(page, "description_en", " Second one")
    expect(page.locator("#id_description_en_limit")).to_contain_text("Words: 3.")
    press_save(page)

    # A menu opens and closes by keyboard, and the way back leads to the list as it was.
    more = head.locator(".more summary")
    more.press("Enter")
    expect(head.get_by_role("link", name="History of changes")).to_be_visible()
    assert accessibility_problems(page, preload=False) == []
    page.keyboard.press("Escape")
    expect(head.get_by_role("link", name="History of changes")).to_be_hidden()
    expect(more).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    page.click(".form-head .back")
    expect(page).to_have_url(f"{live_server.url}/en/admin/networks/network/?state=draft")


def test_who_writes_in_another_field_before_the_page_has_loaded_goes_on_there(form):
    page = form(query="#id_name_en")
    expect(page.locator("#id_name_en")).to_be_focused()
    page.locator("#id_summary_en").focus()
    page.evaluate("dispatchEvent(new Event('load'))")
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 100))")
    expect(page.locator("#id_summary_en")).to_be_focused()
    # A form with a file is sent by the browser itself, which leads to the field of the URL once more.
    page.locator("[name=logo]").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"})
    page.locator("[name=_save]").first.click()
    expect(page.locator("[name=logo]")).to_be_focused()


def test_form_is_whole_without_javascript(form, network):
    page = form(390, java_script_enabled=False)
    expect(page.locator("#language-switch")).to_be_hidden()
    page.fill("#id_name_en", "Changed")
    page.fill("#id_name_sr", "")
    page.click("[name=_save]")
    expect(page.locator(".error-count")).to_have_text("1 error")
    page.locator("#form-errors").get_by_role("link", name="Name (in Serbian)").click()
    page.fill("#id_name_sr", "Име")
    page.click(".with-choices summary")
    expect(page.get_by_role("button", name="Schedule…")).to_be_visible()
    page.click("[name=_save]")
    assert (newest(network)["name_en"], newest(network)["name_sr"]) == ("Changed", "Име")
