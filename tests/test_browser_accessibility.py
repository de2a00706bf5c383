"""
The public pages meet what the accessibility statement says of them.

Add a page of a new kind to PATHS. Each check of the statement is one test here; what it has checked is printed at the
end of the run.
"""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.core.management import call_command

from networks.languages import language_codes, language_prefix
from networks.models import Network
from networks.public.accessibility import AXE_WIDTHS, REFLOW_WIDTHS, TARGET_PIXELS, TEXT_PERCENT
from networks.revisions import storage
from tests.browser import BORDERLESS, OVERFLOW, accessibility_problems, make_network_with_everything

pytestmark = pytest.mark.browser

PATHS = [
    "/",
    "/?q=мир",
    "/?q=gradova&scope=european",
    "/?q=xyzzy",  # nothing is found
    "/?scope=wrong",  # an error beside its field
    "/?on=2006-06-01",
    "/timeline/",
    "/map/",
    "/changes/",
    "/open-data/",
    "/networks/energy-cities/",
    "/networks/everything/",  # with every field
    "/networks/alda/",  # not written in English, which it is asked in about what is asked in one language
    "/networks/long/",  # with the longest words
    "/pages/about/",
    "/pages/privacy/",
    "/pages/accessibility/",
    "/no-such-page/",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESKTOP, NARROWEST = 390, 1280, 320


@pytest.fixture
def addresses(live_server):
    """Every address of the walk on a live site, by how it is called in messages."""
    call_command("loaddata", "nis", verbosity=0)
    make_network_with_everything()
    Network.objects.create(slug="long", name_sr="Ж" * 200, summary_sr="Ш" * 300, seat_sr="Ћ" * 120, is_published=True)
    for network in Network.objects.all():
        storage.newest_revision(network)  # and so on record
    paths = [f"{language_prefix(code)}{path.removeprefix('/')}" for path in PATHS for code in language_codes()]
    return {path: f"{live_server.url}{path}" for path in paths}


def enlarged_overflow(page):
    page.evaluate(f"document.documentElement.style.fontSize = '{TEXT_PERCENT}%'")
    found = page.evaluate(OVERFLOW)
    page.evaluate("document.documentElement.style.fontSize = ''")
    return found


# WCAG 2.2, criterion 1.4.12. Not by a style element, which the policy of the pages would refuse.
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* {
        line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important;
    } p { margin-bottom: 2em !important; }`);
    document.adoptedStyleSheets = [sheet];
    return getComputedStyle(document.querySelector("h1")).letterSpacing;
}"""


def spaced_overflow(page):
    assert float(page.evaluate(SPACING).removesuffix("px")) > 0
    found = page.evaluate(OVERFLOW)
    page.evaluate("document.adoptedStyleSheets = []")
    return found


# WCAG 2.2, criterion 2.5.8: what is smaller has a circle of that size to itself, but for links within a sentence.
SMALL_TARGETS = """(size) => {
    const targets = "a[href], button, input:not([type=hidden]), select, textarea, summary";
    const boxes = [...document.querySelectorAll(targets)]
        .filter((element) => element.getClientRects().length && getComputedStyle(element).visibility === "visible")
        .filter((element) => element.className !== "skip")  // which is there only while it has the focus
        .map((element) => ({element, box: element.getBoundingClientRect()}));
    const isInSentence = (element) => {
        if (getComputedStyle(element).display !== "inline") return false;
        const block = element.parentElement.closest("p, li, dd, dt, td, h1, h2, h3, h4");
        return block !== null && block.textContent.trim().length > element.textContent.trim().length;
    };
    const middle = ({box}) => [box.x + box.width / 2, box.y + box.height / 2];
    const isSmall = ({box}) => box.width < size || box.height < size;
    const distanceToBox = ([x, y], box) => Math.hypot(
        Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
    const crowds = (one, other) => {
        const [x, y] = middle(one), [otherX, otherY] = middle(other);
        return distanceToBox([x, y], other.box) < size / 2 ||
            (isSmall(other) && Math.hypot(x - otherX, y - otherY) < size);
    };
    return boxes
        .filter((one) => isSmall(one) && !isInSentence(one.element))
        .filter((one) => boxes.some((other) => other !== one && crowds(one, other)))
        .map(({element, box}) =>
            `${element.outerHTML.slice(0, 120)}: ${box.width.toFixed(1)} x ${box.height.toFixed(1)}`);
}"""


# What the Tab key is to reach, in the order of the page; of a group of radio buttons, one. What is reached is noted
# when the key comes up again, because the page has not scrolled there before.
INTERACTIVE = """() => {
    const groups = new Set();
    const interactive = [...document.querySelectorAll(
        "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
    )].filter((element) => {
        if (element.disabled || !element.checkVisibility({visibilityProperty: true})) return false;
        if (element.type !== "radio") return true;
        return !groups.has(element.name) && groups.add(element.name);
    });
    window.reached = [];
    document.addEventListener("keyup", () => {
        const element = document.activeElement;
        let number = interactive.indexOf(element);
        if (element.type === "radio") {
            number = interactive.findIndex((each) => each.type === "radio" && each.name === element.name);
        }
        const style = getComputedStyle(element);
        const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        const box = element.getClientRects()[0];
        const onTop = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        const isSeen = onTop !== null && (element.contains(onTop) || onTop.closest("label")?.control === element);
        // A field for a date has a stop for each of its parts.
        const isNextPart = element.type === "date" && window.reached.at(-1)?.number === number;
        if (!isNextPart) window.reached.push({number, isOutlined, isSeen, html: element.outerHTML.slice(0, 120)});
    }, true);
    return {count: interactive.length, dates: interactive.filter((each) => each.type === "date").length};
}"""


def keyboard_faults(page):
    """Go through a page by the Tab key; return what is not reached in its turn, or not seen when it is."""
    count, dates = page.evaluate(INTERACTIVE).values()
    assert count > 3
    for _stop in range(count + 4 * dates + 1):
        page.keyboard.press("Tab")
    faults, reached = [], page.evaluate("window.reached")
    for number, stop in enumerate(reached[:count]):
        if stop["number"] != number:
            return [*faults, f"number {number} is not reached in its turn, but {stop['html']}"]
        if not stop["isOutlined"]:
            faults.append(f"no outline: {stop['html']}")
        if not stop["isSeen"]:
            faults.append(f"covered: {stop['html']}")
    if len(reached) < count:
        faults.append(f"number {len(reached)} is not reached at all")
    elif reached[-1]["number"] == count - 1 and len(reached) > count:
        faults.append("the keyboard does not get out")
    return faults


COLOURS = ["color-contrast", "link-in-text-block"]


def axe_violations(page):
    """Check all rules but those about colours, over which axe takes as long as over all others."""
    rules = {name: {"enabled": False} for name in COLOURS}
    return accessibility_problems(page, runOnly={"type": "tag", "values": TAGS}, rules=rules)


def wrong_colours(page):
    # Colours that are on their way from one scheme to the other are not looked at.
    page.evaluate("document.getAnimations().forEach((each) => each.finish())")
    return accessibility_problems(page, runOnly={"type": "rule", "values": COLOURS})


def wrong_colours_in_dark(page):
    page.emulate_media(color_scheme="dark")
    found = wrong_colours(page)
    page.emulate_media(color_scheme="light")
    return found


def keyboard_faults_from_the_top(page):
    page.reload()  # the keyboard goes on from where it was
    return keyboard_faults(page)


# By its name, the widths at which each page is checked, and what returns the faults of the page that is open
CHECKS = {
    "axe": (AXE_WIDTHS, axe_violations),
    "colours": (AXE_WIDTHS, wrong_colours),
    "colours in dark": (AXE_WIDTHS, wrong_colours_in_dark),
    "reflow": (REFLOW_WIDTHS, lambda page: page.evaluate(OVERFLOW)),
    f"text at {TEXT_PERCENT}%": ([NARROWEST, DESKTOP], enlarged_overflow),
    "text spacing": ([NARROWEST, DESKTOP], spaced_overflow),
    f"targets of {TARGET_PIXELS} px": ([PHONE, DESKTOP], lambda page: page.evaluate(SMALL_TARGETS, TARGET_PIXELS)),
    "keyboard": ([PHONE, DESKTOP], keyboard_faults_from_the_top),
}


# What a translation cannot change is asked of each page in one language, and of the next page in the next.
IN_ONE_LANGUAGE = {"colours", "colours in dark", "keyboard"}


def is_in_one_language(name, width):
    # Of axe's rules, the language is the same at each width, and the widest is asked in all.
    return name in IN_ONE_LANGUAGE or (name == "axe" and width < max(AXE_WIDTHS))


def checks_at(width):
    return {name: check for name, (widths, check) in CHECKS.items() if width in widths}


def walk(page, addresses, checks_by_width):
    """
    Open each page, give it one width after the other, and return what the checks find wrong there.

    By path, width and the name of the check. No page is opened anew for a width: none has a script, so that a page
    that was made wider is as one that was opened so.
    """
    wrong = {}
    languages = len(language_codes())
    for number, (path, address) in enumerate(addresses.items()):
        page.goto(address)
        is_turn = number % languages == number // languages % languages
        for width, checks in checks_by_width.items():
            page.set_viewport_size({"width": width, "height": 900})
            for name, check in checks.items():
                if (is_turn or not is_in_one_language(name, width)) and (found := check(page)):
                    wrong[path, width, name] = found
    return wrong


def describe(checks, width):
    """Say what was checked, on how many pages."""
    pages = f"{len(PATHS)} pages in {len(language_codes())} languages"
    once = [name for name in checks if is_in_one_language(name, width)]
    each = ", ".join(name for name in checks if name not in once)
    return f"{pages}: {each}" + (f"; each page in one language: {', '.join(once)}" if once else "")


def test_every_page_in_every_language_at_every_width(addresses, open_page, record_property):
    page = open_page()
    checks_by_width = {width: checks_at(width) for width in REFLOW_WIDTHS}
    assert walk(page, addresses, checks_by_width) == {}
    page.evaluate(AXE_SCRIPT)  # whatever the last page was asked
    record_property("accessibility", f"axe {page.evaluate('axe.version')}")
    for width, checks in checks_by_width.items():
        record_property("accessibility", f"{width} px, {describe(checks, width)}")


def test_forced_colours_leave_borders_and_focus(addresses, open_page, record_property):
    page = open_page(DESKTOP, forced_colors="active")
    page.goto(next(iter(addresses.values())))
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    checks = {"borders": lambda page: page.evaluate(BORDERLESS), "keyboard": keyboard_faults}
    assert walk(page, addresses, {DESKTOP: checks}) == {}
    record_property("accessibility", f"{DESKTOP} px, forced colours, {describe(checks, DESKTOP)}")


# That the checks above find what they look for

PAGE = (
    "<!DOCTYPE html><style>:focus-visible { outline: 2px solid } .small { display: block; font: 8px serif }</style>"
)
SOUND = "<p>Words with <a href=a>a link</a>.</p><button>A button of its own</button>"
FAULTS = {
    "wide": (OVERFLOW, "<div style='width: 2000px'>x</div>"),
    "cut off at the side": (OVERFLOW, "<p style='width: 9px; overflow: hidden; white-space: nowrap'>many words</p>"),
    "cut off below": (OVERFLOW, "<p style='width: 50px; height: 20px; overflow: clip'>many words stand here</p>"),
    "small": (SMALL_TARGETS, "<div><a class=small href=a>a</a><a class=small href=b>b</a></div>"),
    "side by side": (SMALL_TARGETS, "<button style='width: 9px'></button><button style='width: 9px'></button>"),
    "no border": (BORDERLESS, "<button style='border: 0; appearance: none'>x</button>"),
}
LINKS = "<a href=a>a</a> <a href=b>b</a> <a href=c>c</a> "
KEYBOARD_FAULTS = {
    "no outline": LINKS + "<a href=d style='outline: 0'>d</a>",
    "covered": LINKS + "<a href=d>d</a><div style='position: fixed; inset: 0; background: #fff'></div>",
    "not reached": LINKS + "<a href=d tabindex=-1>d</a>",
    "in its turn": "<a href=a>a</a> <a href=b tabindex=2>b</a> <a href=c tabindex=1>c</a> <a href=d>d</a>",
    "get out": LINKS + "<button onkeydown='if (event.key === `Tab`) event.preventDefault()'>d</button>",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_check_finds(open_page, fault):
    script, html = FAULTS[fault]
    page = open_page()
    page.set_content(PAGE + html)
    assert page.evaluate(script, 24) != []
    page.set_content(PAGE + SOUND)
    assert page.evaluate(script, 24) == []


@pytest.mark.parametrize("fault", KEYBOARD_FAULTS)
def test_check_of_the_keyboard_finds(open_page, fault):
    page = open_page()
    page.set_content(PAGE + KEYBOARD_FAULTS[fault])
    assert fault in " ".join(keyboard_faults(page))
    page.set_content(f"{PAGE}{LINKS}<a href=d>d</a>")
    assert keyboard_faults(page) == []
