"""Requests that no page of the site sends: look-ups, parameters, encodings, and forms that are sent twice."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from tests.hostile.finding import Finding
from tests.hostile.site import Session, Site

LIST = "/en/admin/networks/network/"
HOURS = quote(r"(\w+\s?)+==")  # what Python's engine takes hours for on a text of some length
TWICE = 8  # rounds


def attacks(site: Site, short: bool) -> Iterator[Finding]:
    editor = site.sign_in("editor")
    yield from look_ups(editor)
    yield from faults(site, editor)
    yield from forms_sent_twice(site, editor)
    yield from what_is_not_told(site)


def look_ups(editor: Session) -> Iterator[Finding]:
    began = time.monotonic()
    status = editor.get(f"{LIST}?search_text__regex={HOURS}", timeout=30)[0]
    seconds = time.monotonic() - began
    yield Finding(
        "A regular expression in the address of the admin's list, from a link on a foreign page",
        "hours",
        f"{status} after {seconds * 1000:.0f} ms",
        status == 400 and seconds < 2,
    )
    statuses = {
        editor.get(f"{LIST}?{name}=1")[0] for name in ("head__author__password__startswith", "pk", "x__regex")
    }
    yield Finding("Other look-ups that are no filter", "taken, or 500", f"{statuses}", statuses == {400})


def faults(site: Site, editor: Session) -> Iterator[Finding]:
    """What was answered with 500."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    statuses = {
        "form_token of a stranger": site.request("POST", f"{LIST}2/", b"form_token=x", form)[0],
        "x__regex=[": editor.get(f"{LIST}?x__regex=[")[0],
        "_selected_action=x": editor.post(LIST, {"action": "submit", "_selected_action": "x"})[0],
        "_saveasnew": editor.post(f"{LIST}1/change/", {"_saveasnew": "1"})[0],
    }
    for charset in ("hex", "base64", "rot13", "punycode", "undefined", "idna", "zlib"):
        headers = {"Content-Type": f"text/html; charset={charset}"}
        statuses[f"charset={charset}"] = max(
            site.request("GET", "/en/?q=a", None, headers)[0],
            site.request("POST", "/en/admin/login/", b"a=%ff", headers)[0],
        )
    worst = max(statuses, key=statuses.get)
    yield Finding(
        f"{len(statuses)} odd requests: the highest status",
        "500",
        f"{statuses[worst]} ({worst})",
        statuses[worst] < 500,
    )


def forms_sent_twice(site: Site, editor: Session) -> Iterator[Finding]:
    """The same form for a new network, sent twice at one moment."""

    made = []
    for number in range(TWICE):
        name = f"Twice{number}"
        values = editor.form(f"{LIST}add/") | {"name_sr": [name], "_save": ["Save"]}
        with ThreadPoolExecutor(2) as both:
            statuses = [each[0] for each in both.map(editor.post, [f"{LIST}add/"] * 2, [values] * 2)]
        page = editor.get(f"{LIST}?q={name}")[2]
        made.append((page.count(f">{name}<".encode()), statuses))
    more = sum(1 for found, _statuses in made if found != 1)
    yield Finding(
        f"A form for a new network that is sent twice at one moment: rounds of {TWICE} in which two came of it",
        f"{TWICE}",
        f"{more}; statuses {sorted({status for _found, both in made for status in both})}",
        not more,
    )


def what_is_not_told(site: Site) -> Iterator[Finding]:
    statuses = {
        "manifest of the static files": site.request("GET", "/static/staticfiles.json")[0],
        "health by another host": site.request("GET", "/health/ready/", None, {"Host": "10.0.0.1"})[0],
        "a page by another host": site.request("GET", "/en/", None, {"Host": "10.0.0.1"})[0],
    }
    yield Finding(
        "; ".join(statuses),
        "200; 400; 400",
        "; ".join(map(str, statuses.values())),
        list(statuses.values()) == [404, 200, 400],
    )
