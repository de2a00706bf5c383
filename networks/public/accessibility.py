"""
The accessibility statement: what the tests of the public pages have checked, in words.

`networks/accessibility.json` is the record of the last check. The tests in a browser write it, and fail where it
claims more than they check. The known gaps in it are written by people. Staff write the words around it on the desk.
"""

import json
from datetime import date
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from networks.languages import ENGLISH, language_tag
from networks.reading import Reader, Text

RECORD = Path(__file__).resolve().parent.parent / "accessibility.json"

# What a check of the record means. The first, by axe, stands by itself, with its facts.
CHECKS = {
    "keyboard": _(
        "With the Tab key alone, everything that can be used is reached in the order in which it is read, and it is "
        "visible where one is."
    ),
    "reflow": _("On screens {widths} pixels wide, nothing has to be scrolled sideways or is cut off."),
    "large_text": _("With the text at {percent}% of its size, nothing is cut off or has to be scrolled sideways."),
    "text_spacing": _("With wider spacing of lines, words and letters, nothing is cut off."),
    "target_size": _(
        "Links, buttons and fields are at least {pixels} pixels wide and high, or stand that far apart; links within "
        "a sentence are not counted."
    ),
    "forced_colours": _("In high contrast, fields and buttons keep their borders, and it is visible where one is."),
}
SCHEMES = {"light": _("light"), "dark": _("dark")}


@cache
def record() -> dict:
    return json.loads(RECORD.read_text(encoding="utf-8"))


def statement(reader: Reader) -> dict:
    """Return the context of the part that is generated. Of what the record does not know, nothing is said."""
    known = record()
    checks = known.get("checks", {})
    gaps = [gap_in_words(gap, reader) for gap in known.get("known_gaps", [])]
    automatic = checks.get("axe")
    return {
        "template": "networks/includes/accessibility.html",
        "checked_on": reader.date(date.fromisoformat(known["checked_on"])) if "checked_on" in known else "",
        "automatic": automatic and automatic_in_words(automatic),
        "is_partial": bool(gaps or (automatic and automatic["violations"])),
        "checks": [in_words(name, checks[name]) for name in CHECKS if name in checks],
        "gaps": gaps,
    }


def automatic_in_words(facts: dict) -> dict:
    names = {language_tag(code): name for code, name in settings.LANGUAGES}
    return {
        "standard": facts["standard"],
        "tool": f"{facts['engine']} {facts['version']} ({facts['browser']})",
        "page_count": len(facts["paths"]),
        "forms": [capfirst(names[tag]) for tag in facts["forms"] if tag in names],
        "schemes": [capfirst(SCHEMES[scheme]) for scheme in facts["schemes"]],
        "widths": facts["widths"],
        "violations": [f"{rule}: {count}" for rule, count in sorted(facts["violations"].items())],
    }


def in_words(name: str, facts: dict) -> str:
    widths = get_text_list([str(width) for width in facts["widths"]], gettext("and"))
    return CHECKS[name].format(**{**facts, "widths": widths})


def gap_in_words(gap: dict, reader: Reader) -> dict[str, Text]:
    return {"gap": written(gap, "", reader), "plan": written(gap, "plan_", reader)}


def written(gap: dict, which: str, reader: Reader) -> Text:
    """Return a text of the record in the reader's language, or else in Serbian."""
    if reader.language == ENGLISH and gap.get(f"{which}en"):
        return Text(gap[f"{which}en"], language=ENGLISH, asked=ENGLISH)
    return reader.serbian(gap.get(f"{which}sr", ""))
