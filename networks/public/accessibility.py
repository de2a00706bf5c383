"""
The generated part of the accessibility statement: what is claimed, how it is tested, and the known problems.

tests/test_browser_accessibility.py tests the public pages against the values here, and prints what it has tested.
Change STATEMENT_DATE with every change of what the statement says. Staff write the text above this part in the admin.
"""

from datetime import date

from django.conf import settings
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from networks.reading import Reader

STATEMENT_DATE = date(2026, 11, 28)

STANDARD = "WCAG 2.2 AA"
APPEARANCES = {"light": _("light"), "dark": _("dark")}  # by the value of prefers-color-scheme
# Widths of the screen in CSS pixels
AXE_WIDTHS = [390, 1280]
REFLOW_WIDTHS = [320, 390, 768, 1280, 1920]
TEXT_PERCENT = 200
TARGET_PIXELS = 24

CHECKS = (
    _(
        "With the Tab key alone, everything that can be used is reached in the order in which it is read, and it is "
        "visible where one is."
    ),
    _("On screens {widths} pixels wide, nothing has to be scrolled sideways or is cut off."),
    _("With the text at {percent}% of its size, nothing is cut off or has to be scrolled sideways."),
    _("With wider spacing of lines, words and letters, nothing is cut off."),
    _(
        "Links, buttons and fields are at least {pixels} pixels wide and high, or stand that far apart; links within "
        "a sentence are not counted."
    ),
    _("In high contrast, fields and buttons keep their borders, and it is visible where one is."),
)

KNOWN_PROBLEMS = (
    _(
        "The site has not yet been tried by people who use screen readers and other assistive technology. It is "
        "planned that they try it."
    ),
    _(
        "Some texts are not written in English. On English pages they stand in Serbian, in the Latin script, and are "
        "marked as such. It is planned to translate them."
    ),
    _(
        "How accessible the pages and documents on other sites are, to which this site links, has not been checked. "
        "The city has no influence on them."
    ),
)


def statement(reader: Reader) -> dict:
    """Return the template of the generated part, and its variables in the active language."""
    widths = get_text_list([str(width) for width in REFLOW_WIDTHS], gettext("and"))
    return {
        "template": "networks/includes/accessibility.html",
        "date": reader.date(STATEMENT_DATE),
        "standard": STANDARD,
        "known_problems": KNOWN_PROBLEMS,
        "checks": [str(check).format(widths=widths, percent=TEXT_PERCENT, pixels=TARGET_PIXELS) for check in CHECKS],
        "languages": [capfirst(name) for _code, name in settings.LANGUAGES],
        "appearances": [capfirst(name) for name in APPEARANCES.values()],
        "widths": list(AXE_WIDTHS),
    }
