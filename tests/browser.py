"""What all tests in a browser share. The fixtures are in conftest.py."""

import re
import shutil

from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import expect

from networks.models import Network

# The first draws the same pages without the windows around them, in two thirds of the time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
NO_CHROMIUM = "Chromium is not installed (Debian's package chromium-headless-shell or chromium)"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PASSWORD = "a long enough password"


CARET_IS_AT_END = """(editor) => {
  const caret = getSelection();
  if (!editor.contains(caret.focusNode)) return false;
  const rest = document.createRange();
  rest.selectNodeContents(editor);
  rest.setStart(caret.focusNode, caret.focusOffset);
  return rest.toString() === "";
}"""


# What is wider than the screen, and text that is cut off by the box it stands in. A list of choices opens, and an
# ellipsis says that a name is cut.
OVERFLOW = """() => {
    const root = document.documentElement;
    const reaches = (element) => element.getBoundingClientRect().right > root.clientWidth + 1;
    const wide = root.scrollWidth <= root.clientWidth ? [] : [
        `page: ${root.scrollWidth} > ${root.clientWidth}`,
        ...[...document.body.querySelectorAll("*")].filter(reaches).map((each) => each.outerHTML.slice(0, 120)),
    ];
    const cut = [...document.body.querySelectorAll(":not(select)")].filter((element) => {
        const style = getComputedStyle(element);
        const clips = (overflow) => ["hidden", "clip"].includes(overflow);
        return element.clientWidth > 1 && element.textContent.trim() && style.textOverflow !== "ellipsis" && (
            (clips(style.overflowX) && element.scrollWidth > element.clientWidth + 1) ||
            (clips(style.overflowY) && element.scrollHeight > element.clientHeight + 1)
        );
    });
    return [...wide, ...cut.map((element) => `cut off: ${element.outerHTML.slice(0, 120)}`)];
}"""


# Form fields and buttons, whose backgrounds all become the same. A field for a file has a button of its own.
BORDERLESS = """() => [...document.querySelectorAll(
        "input:not([type=hidden], [type=file]), select, textarea, button")]
    .filter((element) => element.getClientRects().length)
    .filter((element) => {
        const style = getComputedStyle(element);
        return style.appearance === "none" &&
            (style.borderBottomStyle === "none" || parseFloat(style.borderBottomWidth) < 1);
    })
    .map((element) => `no border: ${element.outerHTML.slice(0, 120)}`)"""


def account(username="admin"):
    return User.objects.filter(username=username).first() or User.objects.create_superuser(
        username, password=PASSWORD
    )


def sign_in(page, site, prefix="", username="admin"):
    account(username)
    enter_password(page, f"{site}{prefix}/admin/login/", username)


def enter_password(page, address, username="admin"):
    """Sign in at an address, as somebody whose account is in the site's database already."""
    page.goto(address)
    page.fill("#id_username", username)
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")


def type_in_field(page, field, text):
    """Type at the end of a field of a form, key by key, and return what was typed."""
    page.locator(f"#id_{field}").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)
    return text


def type_in_editor(page, field, text):
    """Type at the end of a field of rich text, key by key, and return what was typed."""
    editor = page.locator(f".fieldBox.field-{field} .ProseMirror")
    editor.focus()
    # The editor puts its caret to the beginning a moment after it has the focus; on a loaded machine, a long moment.
    for _time in range(20):
        page.wait_for_timeout(100)
        page.keyboard.press("Control+End")
        page.wait_for_timeout(50)
        if editor.evaluate(CARET_IS_AT_END):
            break
    page.keyboard.type(text)
    return text


def press(page, button):
    """Press a button of a form and wait for what comes of it: another page, or the form, saved in the background."""
    is_change = page.locator("#unsaved[data-is-change]").count() and page.locator(".prose-editor").count()
    if is_change and page.locator(button).get_attribute("data-stays") is not None:
        save_in_place(page, lambda: page.click(button))
    else:
        with page.expect_navigation():
            page.click(button)


def save_in_place(page, act):
    """Do what saves a form in the background, and wait until the page is up to date."""
    with page.expect_response(lambda response: response.request.method == "POST" and "/change/" in response.url):
        act()
    expect(page.locator("[data-unsaved-status]")).not_to_have_text(re.compile("…$"))


def value_of(page, field):
    return page.locator(f"#id_{field}").input_value()


def accessibility_problems(page, **options):
    """Return what axe finds. In the admin it must not preload style sheets: that inserts one, against the policy."""
    results = Axe().run(page, options=options)
    return [
        (violation["id"], [node["target"] for node in violation["nodes"]])
        for violation in results.response["violations"]
    ]


def make_network_with_everything():
    """Make a network that has every field, at /networks/everything/."""
    Network.objects.create(
        slug="everything",
        name_sr="Мрежа са свим подацима",
        name_en="A network with every fact",
        acronym_sr="МСП",
        acronym_en="ANEF",
        summary_sr="Има све што мрежа може да има.",
        summary_en="It has all that a network can have.",
        description_sr="<p>Први <strong>пасус</strong>.</p><ul><li>ставка</li></ul>",
        description_en='<p>First <em>paragraph</em> with a <a href="https://example.org/">link</a>.</p>',
        seat_sr="Ниш",
        seat_en="Niš",
        benefit_sr="Добија искуство.",
        benefit_en="It gains experience.",
        original_name="Réseau complet",
        original_language="fr",
        former_names="Стара мрежа (1990–1999)\nOld Network",
        scope="european",
        founded="1990",
        joined="2003-05-03",
        left="2020",
        status="left",
        website="https://example.org/",
        membership_page="https://example.org/members/nis",
        documents=[
            {
                "id": "00000dec",
                "kind": "decision",
                "title_sr": "Одлука о приступању",
                "title_en": "Decision to join",
                "number": "06-123/2003",
                "date": "2003-05-03",
                "language": "sr",
                "link": "https://example.org/decision.pdf",
            }
        ],
        roles=[
            {"id": "9d1c25a0", "role": "full", "since": "2003"},
            {"id": "77e0b3c4", "role": "body-chair", "body_sr": "Одбор", "body_en": "Board", "until": "2010-05"},
        ],
        periods=[{"id": "0b6a9e11", "joined": "1991", "left": "1999-12"}],
        fees=[
            {
                "id": "00000fee",
                "year": 2019,
                "amount": "1500.00",
                "currency": "EUR",
                "due": "2019-03-01",
                "paid_on": "2019-02-11",
                "budget_line": "4819-interno",
            }
        ],
        activities=[{"id": "c41f0d52", "kind": "meeting", "date": "2011", "title_sr": "Скуп", "title_en": "Meeting"}],
        responsible_unit="Служба за међународну сарадњу",
        contact_email="contact@example.org",
        contact_phone="+381 18 000 000",
        source="Архива града",
        verified_on="2026-01-15",
        is_published=True,
    )
