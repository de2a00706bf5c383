"""Pages as whoever reads them meets them: what they say, what their forms hold, and how those are filled in."""

import re
from unittest import mock

import lxml.html
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from networks.page_store.watch import Watch

PREFIXES = {"sr": "", "sr-latn": "/sr-latn", "en": "/en"}
LANGUAGES = list(PREFIXES)
CYRILLIC = re.compile(r"[\u0400-\u052f]")

in_each_language = pytest.mark.parametrize("language", LANGUAGES)
# For walks over many pages: Serbian Latin, where most can go wrong, among the fast tests, and the others in CI
in_latin_and_in_ci_in_each_language, in_latin_and_in_ci_under_each_prefix = (
    pytest.mark.parametrize(
        name,
        [pytest.param(each, marks=() if "sr-latn" in each else pytest.mark.exhaustive) for each in values],
    )
    for name, values in (("language", LANGUAGES), ("prefix", PREFIXES.values()))
)


def parsed(response):
    # What a browser shows for a null byte, at which the parser would stop.
    return lxml.html.fromstring(response.content.decode().replace("\0", "\ufffd"))


def opened(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return parsed(response)


def count_queries(client, address):
    """How many queries a page takes, but for those by which each process polls the database once a second."""
    with mock.patch.object(Watch, "current_state"):
        assert client.get(address).status_code == 200
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
    return len(captured)


def text_of(element):
    return " ".join(element.text_content().split())


def texts_of(tree):
    """All that a page says, but for the link to Cyrillic and what stands in form fields to be edited."""
    for element in tree.xpath("//*[@lang='sr-Cyrl'][not(self::html)] | //script"):
        element.clear()
    for element in tree.xpath("//textarea"):
        element.text = ""
    for element in tree.xpath("//input[@type='text'][@value]"):
        del element.attrib["value"]
    spoken = "title", "alt", "placeholder", "aria-label", "value", "label"
    return [*tree.itertext(), *(each for name in spoken for each in tree.xpath(f"//@{name}"))]


def messages_of(tree):
    return [text_of(each) for each in tree.xpath("//ul[@class='messagelist']/li")]


def form_values(tree):
    """What the form of the page would send if somebody pressed the button now: {name: [value]}."""
    (form,) = tree.xpath("//div[@id='content-main']//form[not(@class='undo')]")
    for field in form.xpath(".//input[not(@value)][not(@type) or @type='text' or @type='hidden' or @type='email']"):
        field.set("value", "")  # what a browser sends of a field in which nothing stands
    copied = {*form.xpath(".//template//@name")}  # scripts make copies of these
    values = {}
    for name, value in form.form_values():
        if name in copied:
            continue
        # A browser leaves out the line break with which Django begins every textarea.
        values.setdefault(name, []).append(value.removeprefix("\n"))
    return values


def errors_by_field(tree):
    """Each list of errors, by the inputs that stand in the innermost box that has any: {name: text}."""
    errors = {}
    for each in tree.find_class("errorlist"):
        boxes = (box.xpath(".//*[@name][not(self::button)]") for box in each.iterancestors())
        names = {control.get("name") for control in next(filter(None, boxes))}
        errors[" ".join(sorted(names))] = text_of(each)
    return errors


def page_after(client, response):
    """Return the page that a browser shows after an answer: that to which it leads, if it does."""
    return opened(client, response["Location"]) if response.status_code == 302 else parsed(response)


def fill_in(client, address, typed=(), button="_save"):
    """Open a form, type something into it and press the button; give back the answer."""
    return client.post(address, form_values(opened(client, address)) | dict(typed) | {button: "1"})
