"""
The public pages meet what the accessibility statement says of them.

Add a page of a new kind to PATHS. Each check of the statement is one test here; what it has checked is printed at the
end of the run.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command

from networks.languages import language_codes, language_prefix
from networks.models import Network
from networks.public.accessibility import APPEARANCES, AXE_WIDTHS, REFLOW_WIDTHS, TARGET_PIXELS, TEXT_PERCENT
from networks.revisions import storage
from tests.browser import make_network_with_everything

pytestmark = pytest.mark.browser

PATHS = [
    "/",
    "/?q=мир",
    "/?q=gradova&scope=european",
    "/?q=xyzzy",  # nothing is found
    "/?scope=wrong",  # an error beside its field
    "/?on=2006-06-01",
    "/timeline/",
    "/changes/",
    "/open-data/",
    "/networks/energy-cities/",
    "/networks/alda/",  # not written in English
    "/networks/everything/",  # with every field
    "/networks/long/",  # with the longest words
    "/pages/about/",
    "/pages/privacy/",
    "/pages/accessibility/",
    "/no-such-page/",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESKTOP, NARROWEST = 390, 1280, 320


@pytest.fixture
def evidence(record_property):
    """A function that notes what a test has checked on all pages."""

    def note(check, widths):
        screens = ", ".join(map(str, widths))
        record_property(
            "accessibility", f"{check}: {len(PATHS)} pages in {len(language_codes())} languages at {screens} px"
        )

    return note


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


def walk(page, addresses, script, *arguments):
    """Open each page and return what a script finds wrong there, by path; a page without fault is left out."""
    wrong = {}
    for path, address in addresses.items():
        page.goto(address)
        found = script(page, *arguments)
        if found:
            wrong[path] = found
    return wrong


def test_axe_finds_nothing(addresses, open_page, evidence):
    engines, rules, problems = set(), set(), {}

    def violations(page):
        options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
        response = Axe().run(page, options=options).response
        engines.add((response["testEngine"]["name"], response["testEngine"]["version"]))
        assert response["passes"], "axe has looked at nothing"
        rules.update(each["id"] for each in response["passes"])
        return [(each["id"], [node["target"] for node in each["nodes"]]) for each in response["violations"]]

    for scheme in APPEARANCES:
        for width in AXE_WIDTHS:
            for path, found in walk(open_page(width, scheme), addresses, violations).items():
                problems[scheme, width, path] = found
    assert problems == {}
    ((engine, version),) = engines
    evidence(f"{engine} {version}, {' and '.join(APPEARANCES)}, {len(rules)} rules passed, 0 violations", AXE_WIDTHS)


# What is wider than the screen, and text that is cut off by the box it stands in
OVERFLOW = """() => {
    const root = document.documentElement;
    const wide = root.scrollWidth > root.clientWidth ? [`page: ${root.scrollWidth} > ${root.clientWidth}`] : [];
    const cut = [...document.body.querySelectorAll("*")].filter((element) => {
        const style = getComputedStyle(element);
        const clips = (overflow) => ["hidden", "clip"].includes(overflow);
        return element.clientWidth > 1 && element.textContent.trim() && (
            (clips(style.overflowX) && element.scrollWidth > element.clientWidth + 1) ||
            (clips(style.overflowY) && element.scrollHeight > element.clientHeight + 1)
        );
    });
    return [...wide, ...cut.map((element) => `cut off: ${element.outerHTML.slice(0, 120)}`)];
}"""


def test_no_page_is_wider_than_the_screen(addresses, open_page, evidence):
    for width in REFLOW_WIDTHS:
        assert walk(open_page(width), addresses, lambda page: page.evaluate(OVERFLOW)) == {}, width
    evidence("reflow", REFLOW_WIDTHS)


def test_enlarged_text_is_whole(addresses, open_page, evidence):
    def enlarged(page):
        page.evaluate(f"document.documentElement.style.fontSize = '{TEXT_PERCENT}%'")
        return page.evaluate(OVERFLOW)

    widths = [NARROWEST, DESKTOP]
    for width in widths:
        assert walk(open_page(width), addresses, enlarged) == {}, width
    evidence(f"text at {TEXT_PERCENT}%", widths)


# WCAG 2.2, criterion 1.4.12. Not by a style element, which the policy of the pages would refuse.
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* {
        line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important;
    } p { margin-bottom: 2em !important; }`);
    document.adoptedStyleSheets = [sheet];
    return getComputedStyle(document.querySelector("h1")).letterSpacing;
}"""


def test_text_with_wide_spacing_is_whole(addresses, open_page, evidence):
    def spaced(page):
        assert float(page.evaluate(SPACING).removesuffix("px")) > 0
        return page.evaluate(OVERFLOW)

    widths = [NARROWEST, DESKTOP]
    for width in widths:
        assert walk(open_page(width), addresses, spaced) == {}, width
    evidence("text spacing", widths)


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


def test_targets_are_large_enough(addresses, open_page, evidence):
    widths = [PHONE, DESKTOP]
    for width in widths:
        found = walk(open_page(width), addresses, lambda page: page.evaluate(SMALL_TARGETS, TARGET_PIXELS))
        assert found == {}, width
    evidence(f"targets of {TARGET_PIXELS} px", widths)


# What the Tab key is to reach, in the order of the page; of a group of radio buttons, one.
INTERACTIVE = """() => {
    const groups = new Set();
    window.interactive = [...document.querySelectorAll(
        "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
    )].filter((element) => {
        if (element.disabled || !element.checkVisibility({visibilityProperty: true})) return false;
        if (element.type !== "radio") return true;
        return !groups.has(element.name) && groups.add(element.name);
    });
    return window.interactive.length;
}"""
FOCUSED = """() => {
    const element = document.activeElement;
    let number = window.interactive.indexOf(element);
    if (element.type === "radio") {
        number = window.interactive.findIndex((each) => each.type === "radio" && each.name === element.name);
    }
    const style = getComputedStyle(element);
    const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const box = element.getClientRects()[0];
    const onTop = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const isSeen = onTop !== null && (element.contains(onTop) || onTop.closest("label")?.control === element);
    // A field for a date has a stop for each of its parts.
    return {number, isOutlined, isSeen, isDate: element.type === "date", html: element.outerHTML.slice(0, 120)};
}"""


def keyboard_faults(page):
    """Go through a page by the Tab key; return what is not reached in its turn, or not seen when it is."""
    count = page.evaluate(INTERACTIVE)
    assert count > 3
    faults = []
    for number in range(count):
        for _part in range(5):
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED)
            if not (focused["isDate"] and focused["number"] == number - 1):
                break
        if focused["number"] != number:
            return [*faults, f"number {number} is not reached in its turn, but {focused['html']}"]
        if not focused["isOutlined"]:
            faults.append(f"no outline: {focused['html']}")
        if not focused["isSeen"]:
            faults.append(f"covered: {focused['html']}")
    page.keyboard.press("Tab")
    if page.evaluate("window.interactive.indexOf(document.activeElement)") == count - 1:
        faults.append("the keyboard does not get out")
    return faults


def test_everything_is_reached_by_keyboard_and_seen_when_it_is(addresses, open_page, evidence):
    widths = [PHONE, DESKTOP]
    for width in widths:
        assert walk(open_page(width), addresses, keyboard_faults) == {}, width
    evidence("keyboard", widths)


# Form fields and buttons, whose backgrounds all become the same
BORDERLESS = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button")]
    .filter((element) => element.getClientRects().length)
    .filter((element) => {
        const style = getComputedStyle(element);
        return style.appearance === "none" &&
            (style.borderBottomStyle === "none" || parseFloat(style.borderBottomWidth) < 1);
    })
    .map((element) => `no border: ${element.outerHTML.slice(0, 120)}`)"""


def test_forced_colours_leave_borders_and_focus(addresses, open_page, evidence):
    page = open_page(DESKTOP, forced_colors="active")
    page.goto(next(iter(addresses.values())))
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert walk(page, addresses, lambda page: page.evaluate(BORDERLESS) + keyboard_faults(page)) == {}
    evidence("forced colours", [DESKTOP])


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
