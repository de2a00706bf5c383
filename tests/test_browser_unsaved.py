"""
Nothing typed is lost: what goes wrong while somebody writes, played in a real browser.

Each replay counts the characters that were typed and those that can be had again; a table at the end has them all.
"""

import os
import re
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from networks.models import SavedForm, SignInAttempts, Theme
from networks.partial_dates import PartialDate
from networks.revisions import drafts
from networks.revisions.content import content_of
from tests.browser import (
    CHROMIUM,
    FLAGS,
    PASSWORD,
    accessibility_problems,
    account,
    be_signed_in,
    sign_in,
    type_in_editor,
    type_in_field,
    value_of,
)
from tests.makers import make_network, make_page, make_theme
from tests.second_factor import give_second_factor, next_code, wrong_code

pytestmark = pytest.mark.browser

TEXT = "Ниш – град „Константина“ & <b>мрежа</b>  "
MORE = "Још једна реченица. "

KEPT = "[data-unsaved-status] >> nth=0"
DIALOG = "dialog[open]"
SAVE = "[name=_save] >> nth=0"


@pytest.fixture(scope="module")
def replays(request):
    """Note what each replay typed and got back; say so when the last one has ended."""
    rows = []

    def note(typed, recovered):
        """Each is a text or a list of texts."""
        typed, recovered = ([each] if isinstance(each, str) else list(each) for each in (typed, recovered))
        lost = sum(
            len(text) - len(os.path.commonprefix([text, found])) for text, found in zip(typed, recovered, strict=True)
        )
        name = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].removesuffix(" (call)").removeprefix("test_")
        rows.append((name.replace("_", " "), sum(map(len, typed)), lost))
        assert recovered == typed

    yield note
    report = [f"{typed:6} {lost:5}  {name}" for name, typed, lost in rows]
    typed, lost = sum(row[1] for row in rows), sum(row[2] for row in rows)
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
        print("", " typed  lost  replay", *report, sep="\n")
        print(f"{typed:6} {lost:5}  characters in {len(rows)} replays")


def change_address(row, prefix=""):
    return f"{prefix}/admin/networks/{row._meta.model_name}/{row.pk}/change/"


def open_form(page, site, row, prefix=""):
    page.goto(f"{site}{change_address(row, prefix)}")
    if not isinstance(row, Theme):
        expect(page.locator(".ProseMirror")).to_have_count(2)


def prose(page, field):
    return page.locator(f".fieldBox.field-{field} .ProseMirror p").last.inner_text()


# What the browser keeps of the forms, of everybody
DRAFTS = """async () => {
  const asked = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const database = await asked(indexedDB.open("unsaved"));
  const drafts = await asked(database.transaction("drafts").objectStore("drafts").getAll());
  database.close();
  return drafts;
}"""


def wait_for_drafts(page, is_expected):
    for _attempt in range(100):
        if is_expected(drafts := page.evaluate(DRAFTS)):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"The browser keeps {drafts}")


def expect_drafts(page, number):
    wait_for_drafts(page, lambda drafts: len(drafts) == number)


def wait_until_kept(page):
    expect(page.locator(KEPT)).to_have_text(re.compile(r", \d\d:\d\d$"))


def end_session():
    Session.objects.all().delete()


def sign_in_to_save(page, username="admin", password=PASSWORD):
    page.fill(f"{DIALOG} [name=username]", username)
    page.fill(f"{DIALOG} [name=password]", password)
    page.click(f"{DIALOG} .button >> nth=0")


def put_in(page):
    page.click("[data-put] >> nth=0")
    expect(page.locator("[data-put]")).to_have_count(0)


def saved_theme(theme):
    theme.refresh_from_db()
    return theme.name_en


@pytest.fixture
def theme(live_server):
    return make_theme(name_sr="Култура", name_en="")


@pytest.fixture
def desk(live_server, open_page, theme):
    """A page of somebody who is signed in, in English."""
    page = open_page(expected=["net::ERR_", "status of 503"])
    be_signed_in(page, live_server.url)
    return page


# The session


def test_session_ends_while_typing_and_one_signs_in_on_the_page(desk, live_server, replays):
    row = make_page(is_published=False, body_en="<p>Before.</p>")
    open_form(desk, live_server.url, row, "/en")
    typed = [type_in_field(desk, "title_en", "About Niš"), type_in_editor(desk, "body_en", " Typed.")]
    desk.check("[name=is_correction]")
    end_session()
    give_second_factor(account())
    desk.click(SAVE)

    expect(desk.get_by_role("dialog", name="Sign in to save")).to_be_visible()
    expect(desk.locator("dialog [name=password]")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator(DIALOG)).to_have_count(0)
    expect(desk.locator(KEPT)).to_contain_text("you are not signed in")
    typed[1] += type_in_editor(desk, "body_en", " And more.")

    desk.click(SAVE)
    sign_in_to_save(desk, password="wrong")
    expect(desk.get_by_role("alert")).to_contain_text("correct username and password")
    assert accessibility_problems(desk, preload=False) == []
    sign_in_to_save(desk)
    expect(desk.get_by_role("alert")).to_be_hidden()
    expect(desk.get_by_label("Code from the app")).to_be_focused()
    desk.mouse.move(0, 0)  # from the button, whose colour would change while it is checked
    desk.keyboard.type(wrong_code(account()))
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert")).to_contain_text("The code is not right")
    assert accessibility_problems(desk, preload=False) == []
    desk.keyboard.type(next_code(account()))  # the wrong one is selected
    desk.keyboard.press("Enter")
    expect(desk.locator(".messagelist .success")).to_be_visible()
    row.refresh_from_db()
    assert SavedForm.objects.count() == 1
    replays(typed, [row.title_en, row.body_en.removeprefix("<p>Before.").removesuffix("</p>")])
    expect_drafts(desk, 0)


def test_log_in_on_the_page_says_until_when_to_wait(desk, live_server, theme, replays):
    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", TEXT).strip()
    end_session()
    desk.click(SAVE)
    expect(desk.get_by_role("dialog", name="Sign in to save")).to_be_visible()
    for wrong in range(7):
        with desk.expect_response("**/admin/login/") as answered:
            sign_in_to_save(desk, password="wrong")
        assert answered.value.status == (200 if wrong < 6 else 429)
    expect(desk.get_by_role("alert")).to_contain_text("Try again at")
    SignInAttempts.objects.all().delete()  # the wait is over
    sign_in_to_save(desk)
    desk.wait_for_url("**/en/admin/networks/theme/")
    replays(typed, saved_theme(theme))


def test_log_in_in_another_tab_changes_the_secret(desk, live_server, theme, replays):
    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", TEXT).strip()
    other = desk.context.new_page()
    desk.context.clear_cookies(name="sessionid")
    sign_in(other, live_server.url, "/en")
    desk.click(SAVE)
    desk.wait_for_url("**/en/admin/networks/theme/")
    replays(typed, saved_theme(theme))


def test_somebody_else_signs_in_in_another_tab(desk, live_server, theme, replays):
    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", TEXT).strip()
    other = desk.context.new_page()
    desk.context.clear_cookies(name="sessionid")
    sign_in(other, live_server.url, "/en", "milica")
    desk.click(SAVE)
    expect(desk.get_by_role("dialog")).to_contain_text("This text was typed by admin, but milica is signed in now")
    sign_in_to_save(desk, "milica")
    expect(desk.get_by_role("alert")).to_contain_text("nobody else can save it")
    assert saved_theme(theme) == ""
    sign_in_to_save(desk)
    desk.wait_for_url("**/en/admin/networks/theme/")
    replays(typed, saved_theme(theme))


# The server


@pytest.mark.parametrize("how", ["offline", "error"])
def test_server_is_gone_while_saving_and_comes_back(desk, live_server, theme, replays, how):
    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", TEXT)
    if how == "offline":
        desk.context.set_offline(True)
    else:
        desk.route("**/admin/**", lambda route: route.fulfill(status=503, body="<h1>Down</h1>"))
    desk.click(SAVE)
    expect(desk.locator(KEPT)).to_contain_text("the server does not answer")
    typed += type_in_field(desk, "name_en", MORE)
    wait_until_kept(desk)
    desk.context.set_offline(False)
    desk.unroute_all()
    desk.click(SAVE)
    desk.wait_for_url("**/en/admin/networks/theme/")
    replays(typed.strip(), saved_theme(theme))
    expect_drafts(desk, 0)


class Relay:
    """Stands between browsers and the live server, at a port of its own, and can be gone as a server is gone."""

    def __init__(self, server_url):
        self.server = ("127.0.0.1", urlsplit(server_url).port)
        self.port = 0
        self.start()

    @property
    def url(self):
        return f"http://localhost:{self.port}"

    def start(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.sockets = [self.listener]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                ends = self.listener.accept()[0], socket.create_connection(self.server)
                self.sockets.extend(ends)
                for source, target in (ends, ends[::-1]):
                    threading.Thread(target=self.pump, args=(source, target), daemon=True).start()

    def pump(self, source, target):
        with suppress(OSError):
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)

    def stop(self):
        for each in self.sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def test_server_is_stopped_and_started_again(live_server, open_page, theme, replays):
    page = open_page(expected=["net::ERR_"])
    server = Relay(live_server.url)
    be_signed_in(page, server.url)
    open_form(page, server.url, theme, "/en")
    typed = type_in_field(page, "name_en", TEXT)
    server.stop()
    page.click(SAVE)
    expect(page.locator(KEPT)).to_contain_text("the server does not answer")
    typed += type_in_field(page, "name_en", MORE)
    server.start()
    page.click(SAVE)
    page.wait_for_url("**/en/admin/networks/theme/")
    replays(typed.strip(), saved_theme(theme))
    page.goto("about:blank")
    server.stop()


def test_server_goes_between_the_question_and_the_form(desk, live_server, theme, replays):
    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", TEXT)

    def break_off(route):
        if route.request.method == "POST":
            route.abort("connectionreset")
        else:
            route.continue_()

    desk.route("**/change/", break_off)
    with desk.expect_event("requestfailed"):
        desk.click(SAVE)
    desk.unroute_all()
    assert saved_theme(theme) == ""
    open_form(desk, live_server.url, theme, "/en")
    put_in(desk)
    replays(typed, value_of(desk, "name_en"))


def test_answer_to_a_save_is_lost_and_the_text_is_not_offered_again(desk, live_server, theme, replays):
    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", TEXT).strip()

    def lose_the_answer(route):
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
            route.abort("connectionreset")
        else:
            route.continue_()

    desk.route("**/change/", lose_the_answer)
    with desk.expect_event("requestfailed"):
        desk.click(SAVE)
    desk.unroute_all()
    replays(typed, saved_theme(theme))
    desk.goto(f"{live_server.url}/en/admin/")
    expect_drafts(desk, 0)


def test_button_pressed_twice_saves_once(desk, live_server, replays):
    desk.goto(f"{live_server.url}/en/admin/networks/theme/add/")
    typed = type_in_field(desk, "name_sr", TEXT).strip()
    desk.locator(SAVE).dblclick()
    desk.wait_for_url("**/en/admin/networks/theme/")
    replays([typed], Theme.objects.exclude(name_sr="Култура").values_list("name_sr", flat=True))


@pytest.mark.parametrize("button", ["_continue", "_addanother"])
def test_pressed_button_is_sent_and_the_draft_is_gone(desk, live_server, theme, button):
    open_form(desk, live_server.url, theme, "/en")
    type_in_field(desk, "name_en", TEXT)
    desk.click(f"[name={button}] >> nth=0")
    expect(desk.locator(".messagelist .success")).to_be_visible()
    expect(desk).to_have_url(re.compile("/change/$" if button == "_continue" else "/add/$"))
    expect_drafts(desk, 0)
    expect(desk.locator("[data-put]")).to_have_count(0)


# The browser


def processes_with(folder):
    for each in Path("/proc").iterdir():
        try:
            if each.name.isdigit() and str(folder).encode() in (each / "cmdline").read_bytes():
                yield int(each.name)
        except OSError:  # it has ended meanwhile
            continue


def test_browser_is_killed_while_typing(playwright, live_server, theme, replays, tmp_path):
    def start():
        context = playwright.chromium.launch_persistent_context(tmp_path, executable_path=CHROMIUM, args=FLAGS)
        context.set_default_timeout(15_000)
        page = context.pages[0]
        be_signed_in(page, live_server.url)
        return context, page

    row = make_page(is_published=False, body_en="<p>Before.</p>")
    context, page = start()
    open_form(page, live_server.url, row, "/en")
    typed = [
        type_in_field(page, "title_en", "About Niš"),
        type_in_editor(page, "body_en", " Typed when it was killed"),
    ]
    # A loaded machine takes its time to hear of the last key; from then on it is the browser's to keep it.
    wait_for_drafts(page, lambda drafts: "when it was killed" in str(drafts))
    for process in processes_with(tmp_path):
        os.kill(process, signal.SIGKILL)
    while list(processes_with(tmp_path)):
        time.sleep(0.05)

    context, page = start()
    open_form(page, live_server.url, row, "/en")
    assert value_of(page, "title_en") == ""
    put_in(page)
    replays(typed, [value_of(page, "title_en"), prose(page, "body_en").removeprefix("Before.")])
    context.close()


# Types a text at a moment after the end of a write, counted in microtasks. Rich text is read by a MutationObserver,
# which calls back between two of them.
TYPE_WHILE_A_WRITE_ENDS = """async (moment) => {
  const field = document.getElementById("id_title_en");
  const type = (text) => { field.value = text; field.dispatchEvent(new Event("input", { bubbles: true })); };
  const put = IDBObjectStore.prototype.put;
  const hasEnded = new Promise((resolve) => {
    IDBObjectStore.prototype.put = function (draft) {
      IDBObjectStore.prototype.put = put;
      const { transaction } = this;
      const listen = (act) => transaction.addEventListener("complete", async () => {
        act();
        for (let passed = 0; passed < moment; passed += 1) await null;
        type(`typed at moment ${moment}`);
        resolve();
      });
      Object.defineProperty(transaction, "oncomplete", { set: listen });
      return put.call(this, draft);
    };
  });
  type(`before moment ${moment}`);
  await hasEnded;
}"""


def test_last_key_is_kept_whenever_it_is_pressed(desk, live_server):
    open_form(desk, live_server.url, make_page(is_published=False), "/en")
    for moment in range(12):
        desk.evaluate(TYPE_WHILE_A_WRITE_ENDS, moment)
        wait_for_drafts(desk, lambda drafts, moment=moment: f"typed at moment {moment}" in str(drafts))


def test_tab_is_closed_and_every_control_comes_back(desk, live_server, replays):
    themes = [make_theme(name_en=f"Theme {number}") for number in range(3)]
    row = make_network(themes=themes[:1], is_published=False)
    open_form(desk, live_server.url, row, "/en")
    texts = {"name_en": TEXT, "summary_en": f"{TEXT}\n{MORE}", "joined": "2003", "verified_on": "2026-01-15"}
    for field, text in texts.items():
        type_in_field(desk, field, text)
    written = type_in_editor(desk, "description_en", "A ")
    desk.keyboard.press("Control+b")
    desk.keyboard.type("bold  ")
    desk.select_option("[name=scope]", "balkan")
    desk.uncheck(f"[name=themes][value='{themes[0].pk}']")
    desk.check(f"[name=themes][value='{themes[2].pk}']")
    wait_until_kept(desk)
    html = value_of(desk, "description_en")
    assert html == "<p>A <strong>bold  </strong></p>"
    desk.close()

    page = desk.context.new_page()
    open_form(page, live_server.url, row, "/en")
    offer = page.locator(".unsaved-offer")
    expect(offer).to_contain_text("Unsaved text found")
    for label in ("Name (in English)", "Description (in English)", "Scope", "Themes", "Joined", "Verified on"):
        expect(offer).to_contain_text(label)
    expect(offer).not_to_contain_text("Serbian")
    assert page.input_value("[name=name_en]") == ""
    put_in(page)
    found = [
        *(value_of(page, field) for field in texts),
        page.locator(".fieldBox.field-description_en .ProseMirror").text_content(),
    ]
    assert value_of(page, "description_en") == html
    assert value_of(page, "scope") == "balkan"
    assert [box.get_attribute("value") for box in page.locator("[name=themes]:checked").all()] == [str(themes[2].pk)]
    replays([*texts.values(), f"{written}bold  "], found)


def test_leaving_warns_of_unsaved_text_only(desk, live_server, theme, replays):
    warnings = []

    def answer(dialog):
        warnings.append(dialog.type)
        dialog.accept()

    desk.on("dialog", answer)
    for row in (theme, make_page(body_en="<p>Text</p>"), make_network(description_sr="<ul><li><p>а</p></li></ul>")):
        open_form(desk, live_server.url, row, "/en")
        desk.locator("[name=slug], [name=name_en]").first.click()
        desk.goto(f"{live_server.url}/en/admin/")
    expect_drafts(desk, 0)
    assert warnings == []

    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", TEXT)
    for _letter in typed:
        desk.keyboard.press("Backspace")
    desk.goto(f"{live_server.url}/en/admin/")
    expect_drafts(desk, 0)
    assert warnings == []

    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", TEXT)
    desk.goto(f"{live_server.url}/en/admin/")
    assert warnings == ["beforeunload"]
    open_form(desk, live_server.url, theme, "/en")
    put_in(desk)
    replays(typed, value_of(desk, "name_en"))
    desk.click(SAVE)
    desk.wait_for_url("**/en/admin/networks/theme/")
    assert warnings == ["beforeunload"]


def test_form_sent_back_with_an_error_is_kept_too(desk, live_server, theme, replays):
    open_form(desk, live_server.url, theme, "/en")
    desk.fill("[name=name_sr]", "")
    typed = type_in_field(desk, "name_en", TEXT)
    desk.click(SAVE)
    desk.wait_for_selector(".errornote")
    typed += type_in_field(desk, "name_en", MORE)
    wait_until_kept(desk)
    desk.close()
    page = desk.context.new_page()
    open_form(page, live_server.url, theme, "/en")
    put_in(page)
    replays(typed, value_of(page, "name_en"))


# What was found


def test_text_of_two_openings_is_kept_apart_until_somebody_chooses(desk, live_server, theme, replays):
    open_form(desk, live_server.url, theme, "/en")
    first = type_in_field(desk, "name_en", "First")
    wait_until_kept(desk)
    desk.goto(f"{live_server.url}/en/admin/")
    open_form(desk, live_server.url, theme, "/en")
    expect(desk.locator("[data-put]")).to_have_count(1)
    second = type_in_field(desk, "name_en", "Second")
    wait_until_kept(desk)

    desk.click("[data-discard]")
    expect(desk.locator("[data-undo]")).to_be_focused()
    desk.keyboard.press("Enter")
    desk.click("[data-put]")
    expect(desk.locator("[name=name_en]")).to_have_value(first)
    expect(desk.locator(".unsaved-offer")).to_have_count(2)
    expect_drafts(desk, 2)
    desk.click("[data-put]")
    expect(desk.locator("[name=name_en]")).to_have_value(second)
    desk.click(SAVE)
    desk.wait_for_url("**/en/admin/networks/theme/")

    open_form(desk, live_server.url, theme, "/en")
    put_in(desk)
    replays([first, second], [value_of(desk, "name_en"), saved_theme(theme)])
    desk.locator("[name=name_en]").fill("")
    desk.keyboard.type(second)
    expect(desk.locator(KEPT)).to_be_empty()
    expect_drafts(desk, 0)


def test_text_that_a_colleague_has_saved_meanwhile_stays(desk, live_server, theme, replays):
    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", "Mine")
    wait_until_kept(desk)
    Theme.objects.filter(pk=theme.pk).update(name_sr="Колегиница")
    open_form(desk, live_server.url, theme, "/en")
    put_in(desk)
    assert value_of(desk, "name_sr") == "Колегиница"
    replays(typed, value_of(desk, "name_en"))


def test_text_goes_back_with_the_version_that_it_began_with(desk, live_server, replays):
    """So that what a colleague has saved meanwhile is brought together with it, and not written over."""
    row = make_network(is_published=False)
    open_form(desk, live_server.url, row, "/en")
    typed = type_in_field(desk, "summary_en", "Mine")
    wait_until_kept(desk)
    theirs = content_of(row) | {"name_en": "Theirs"}
    drafts.save(row, theirs, author=account("milica"))
    open_form(desk, live_server.url, row, "/en")
    put_in(desk)
    desk.click(SAVE)
    expect(desk.locator(".messagelist")).to_contain_text("milica")
    row.refresh_from_db()
    assert row.name_en == "Theirs"
    replays(typed, row.summary_en)


def test_text_is_never_mixed(desk, live_server, theme, replays):
    other_theme = make_theme(name_sr="Спорт")
    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", TEXT)
    wait_until_kept(desk)

    for address in (change_address(other_theme, "/en"), "/en/admin/networks/theme/add/"):
        desk.goto(f"{live_server.url}{address}")
        desk.wait_for_timeout(200)
        expect(desk.locator(".unsaved-offer")).to_have_count(0)
    be_signed_in(desk, live_server.url, "milica")
    open_form(desk, live_server.url, theme, "/en")
    desk.wait_for_timeout(200)
    expect(desk.locator(".unsaved-offer")).to_have_count(0)
    type_in_field(desk, "name_en", "Milica")
    wait_until_kept(desk)
    desk.click("#logout-form button")
    desk.click(f"{DIALOG} [value=leave]")
    expect(desk.locator("#logout-form")).to_have_count(0)
    expect_drafts(desk, 1)  # a colleague’s

    be_signed_in(desk, live_server.url)
    open_form(desk, live_server.url, theme, "/en")
    put_in(desk)
    replays(typed, value_of(desk, "name_en"))


def test_log_out_asks_and_then_leaves_nothing(desk, live_server, theme, replays):
    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", TEXT)
    wait_until_kept(desk)
    desk.goto(f"{live_server.url}/en/admin/")
    desk.click("#logout-form button")
    dialog = desk.get_by_role("dialog", name="Unsaved text will be lost")
    expect(dialog).to_contain_text("Kultura")
    assert accessibility_problems(desk, preload=False) == []
    dialog.get_by_role("button", name="Stay logged in").click()
    expect(dialog).to_have_count(0)
    open_form(desk, live_server.url, theme, "/en")
    put_in(desk)
    replays(typed, value_of(desk, "name_en"))

    desk.on("dialog", lambda warning: pytest.fail("was asked twice"))
    desk.click("#logout-form button")
    dialog.get_by_role("button", name="Delete the text and log out").click()
    expect(desk.locator("#logout-form")).to_have_count(0)
    expect_drafts(desk, 0)


@pytest.mark.parametrize(("prefix", "width", "scheme"), [("", 1280, "light"), ("/sr-latn", 390, "dark")])
def test_what_is_said_fits_and_can_be_reached_by_everybody(live_server, open_page, theme, width, scheme, prefix):
    page = open_page(width, scheme)
    be_signed_in(page, live_server.url)
    for text in ("First", "Second"):
        open_form(page, live_server.url, theme, prefix)
        type_in_field(page, "name_en", text)
        wait_until_kept(page)
    open_form(page, live_server.url, theme, prefix)
    expect(page.locator("[data-put]")).to_have_count(2)
    page.click("[data-discard] >> nth=0")
    page.click("[data-put]")
    expect(page.locator(".unsaved-offer")).to_have_count(2)
    assert accessibility_problems(page, preload=False) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    end_session()
    page.click(SAVE)
    expect(page.locator(DIALOG)).to_be_visible()
    assert accessibility_problems(page, preload=False) == []
    box = page.locator(DIALOG).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("prefix", ["", "/sr-latn"])
def test_text_is_offered_in_every_language_of_the_desk(desk, live_server, replays, prefix):
    """Whatever is typed in one language can be saved in another, also what each language writes in its own way."""
    fee = {"id": "00000fee", "year": 2026, "amount": "1500.50", "currency": "RSD"}
    row = make_network(is_published=False, verified_on="2026-01-15", joined=PartialDate(2007, 5), fees=[fee])
    open_form(desk, live_server.url, row, "/en")
    amount = "fees-00000fee-amount"
    typed = {"summary_en": TEXT.strip(), "verified_on": "28/02/2026", "joined": "May 2008", amount: "2,500.75"}
    for field, text in typed.items():
        desk.fill(f"#id_{field}", "")
        type_in_field(desk, field, text)
    wait_until_kept(desk)
    theirs = content_of(row) | {"seat_en": "Theirs"}
    drafts.save(row, theirs, author=account("milica"))
    desk.close()

    page = desk.context.new_page()
    open_form(page, live_server.url, row, prefix)
    put_in(page)
    replays(typed.values(), [value_of(page, field) for field in typed])
    page.click(SAVE)
    expect(page.locator(".messagelist .warning")).to_be_visible()  # what the colleague wrote is taken over
    row.refresh_from_db()
    assert (row.summary_en, row.seat_en) == (typed["summary_en"], "Theirs")
    assert row.fees == [fee | {"amount": "2500.75"}]
    assert (row.verified_on.isoformat(), row.joined.isoformat()) == ("2026-02-28", "2008-05")
    expect_drafts(page, 0)


def test_text_that_was_kept_by_the_path_alone_is_offered_there(desk, live_server, theme, replays):
    """As browsers have kept it until the admin knew its forms in every language."""
    open_form(desk, live_server.url, theme, "/en")
    typed = type_in_field(desk, "name_en", TEXT)
    wait_until_kept(desk)
    desk.goto(f"{live_server.url}/en/admin/")
    desk.evaluate(
        """async () => {
          const { draftsOf, store } = await import("/static/networks/drafts.js");
          const { user } = document.getElementById("unsaved-script").dataset;
          for (const { form, ...draft } of await draftsOf(user)) await store(draft);
        }"""
    )
    open_form(desk, live_server.url, theme, "/en")
    put_in(desk)
    replays(typed, value_of(desk, "name_en"))


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_that_nothing_is_saved_is_said_where_it_is_seen(live_server, open_page, theme, prefix):
    page = open_page(expected=["net::ERR_"])
    be_signed_in(page, live_server.url)
    open_form(page, live_server.url, make_network(), prefix)
    page.context.set_offline(True)
    shown = """(element) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    }"""
    for width, height in [(1280, 800), (800, 500), (390, 700), (320, 500)]:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("document.activeElement.blur()")
        type_in_field(page, "comment", "Typed at the end of the form")
        page.keyboard.press("Enter")
        said = page.locator(".unsaved-error >> visible=true")
        expect(said.first).to_be_in_viewport(ratio=1)
        # The page may still scroll to the field that has the focus. Its policy lets no function of ours wait in it.
        tries = (page.wait_for_timeout(100) or said.element_handles() for _try in range(50))
        assert any(page.evaluate(shown, each) for elements in tries for each in elements)
        # It covers nothing that has the focus.
        box, focused = said.first.bounding_box(), page.locator("#id_comment").bounding_box()
        assert focused["y"] + focused["height"] <= box["y"] or box["y"] + box["height"] <= focused["y"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert accessibility_problems(page, preload=False) == []


# Without JavaScript


@pytest.fixture
def plain_desk(live_server, open_page, theme):
    page = open_page(java_script_enabled=False)
    be_signed_in(page, live_server.url)
    return page


def test_session_ends_without_javascript(plain_desk, live_server, theme, replays):
    themes = [make_theme(), make_theme()]
    row = make_network(is_published=False)
    plain_desk.goto(f"{live_server.url}{change_address(row, '/en')}")
    typed = {"name_en": TEXT, "description_en": f"First.\n\n{TEXT}", "website": "nowhere"}
    for field, text in typed.items():
        type_in_field(plain_desk, field, text)
    for each in themes:
        plain_desk.check(f"[name=themes][value='{each.pk}']")
    end_session()
    plain_desk.click(SAVE)
    expect(plain_desk.get_by_role("heading", name="Sign in again")).to_be_visible()
    for password in ("wrong", PASSWORD):
        plain_desk.fill("#id_username", "admin")
        plain_desk.fill("#id_password", password)
        plain_desk.click("[type=submit]")
    expect(plain_desk).to_have_url(re.compile(f"{change_address(row, '/en')}$"))
    replays(typed.values(), [value_of(plain_desk, field) for field in typed])
    assert plain_desk.locator("[name=themes]:checked").count() == 2
    expect(plain_desk.locator(".unsaved-offer")).to_contain_text("This is not saved yet")


def test_log_in_in_another_tab_without_javascript(plain_desk, live_server, theme, replays):
    plain_desk.goto(f"{live_server.url}{change_address(theme, '/en')}")
    typed = type_in_field(plain_desk, "name_en", TEXT).strip()
    plain_desk.context.clear_cookies(name="sessionid")
    sign_in(plain_desk.context.new_page(), live_server.url, "/en")
    plain_desk.click(SAVE)
    assert saved_theme(theme) == ""
    plain_desk.get_by_role("button", name="Continue").click()
    plain_desk.wait_for_url("**/en/admin/networks/theme/")
    replays(typed, saved_theme(theme))
