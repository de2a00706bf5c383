"""
What the accessibility statement claims, and the tests that it claims it by.

The record `networks/accessibility.json` is written by `pytest tests/test_browser_accessibility.py
--record-accessibility`. Every other run compares it with what was checked, and fails where it claims more.
"""

import functools
import json
from datetime import date

from networks.public.accessibility import RECORD

CLAIMS = {}  # the name of each claim: the name of the test that it is made by
run = {"is_recording": False}
noted = {}  # what the tests of this run have checked, by the name of the claim


def start(recording):
    """Begin a run of the tests, which is to write a new record or to be compared with the one that there is."""
    noted.clear()
    run["is_recording"] = recording


def claims(name):
    """Have a test make a claim of the statement. It returns what it has checked, by the words of the record."""

    def decorate(test):
        CLAIMS[name] = f"{test.__module__.rpartition('.')[2]}.{test.__name__}"

        @functools.wraps(test)
        def wrapper(*args, **kwargs):
            checked = {"test": CLAIMS[name], **test(*args, **kwargs)}
            noted[name] = checked
            if not run["is_recording"]:
                too_much = overstated(read_record()["checks"].get(name, {}), checked)
                assert too_much == {}, f"the statement claims more than was checked for {name}"

        return wrapper

    return decorate


def overstated(claimed, checked):
    """Return what is claimed but was not checked, or was found otherwise."""
    too_much = {}
    for name, value in claimed.items():
        found = checked.get(name)
        if isinstance(value, list):
            rest = [each for each in value if each not in (found or [])]
            if rest:
                too_much[name] = rest
        elif value != found:
            too_much[name] = value
    return too_much


def read_record():
    return json.loads(RECORD.read_text(encoding="utf-8"))


def write_record():
    """Write what this run has checked. The known gaps, which people write, stay as they are."""
    assert noted.keys() == CLAIMS.keys(), "record with all tests of the file at once"
    record = {**read_record(), "checked_on": date.today().isoformat(), "checks": noted}
    RECORD.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
