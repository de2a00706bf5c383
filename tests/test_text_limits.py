"""Text that is longer than its field: it is kept as it was pasted, counted, and refused with a sentence."""

import pytest
from django import forms
from django.contrib.auth.models import User
from playwright.sync_api import expect

from networks.models import CityProfile, Network, OldAddress, Page, Theme
from tests.browser import accessibility_problems, be_signed_in, press, value_of
from tests.makers import make_network, make_profile
from tests.pages import errors_by_field, form_values, opened, parsed

LIMITS = {
    Network: {
        "name_sr": 200,
        "acronym_en": 20,
        "summary_sr": 300,
        "description_en": 8000,
        "slug": 80,
    }
    | {"website": 500, "contact_email": 254, "former_names": 2000, "internal_note": 4000, "comment": 300},
    Theme: {"name_sr": 100, "name_en": 100, "slug": 50},
    Page: {"title_sr": 120, "body_en": 40_000, "slug": 80},
    CityProfile: {"city_name_en": 100, "introduction_sr": 600},
    OldAddress: {"old_path": 200, "new_path": 200},
}


@pytest.fixture
def clerk(client, db):
    client.force_login(User.objects.create_superuser("clerk"))
    return client


def address_of(model):
    return f"/en/admin/networks/{model._meta.model_name}/{'1/change' if model is CityProfile else 'add'}/"


@pytest.mark.parametrize("model", LIMITS)
def test_no_browser_is_told_to_cut_a_text_and_each_knows_how_long_it_may_be(clerk, model):
    make_profile(pk=1)
    tree = opened(clerk, address_of(model))
    (form,) = tree.xpath("//div[@id='content-main']//form")
    assert form.xpath(".//@maxlength") == []
    limits = {each.get("name"): int(each.get("data-limit")) for each in form.xpath(".//*[@data-limit]")}
    assert limits | LIMITS[model] == limits
    texts = form.xpath(".//textarea | .//input[@type='text' or @type='url' or @type='email']")
    unlimited = {each.get("name").rpartition("-")[2] for each in texts if each.get("name") not in limits}
    dates = {"joined", "left", "founded", "verified_on", "date", "since", "until", "due", "paid_on"}
    degrees = {"latitude", "longitude", "seat_latitude", "seat_longitude"}
    assert unlimited <= dates | degrees | {"amount", "year"}


@pytest.mark.parametrize("model", LIMITS)
def test_what_is_too_long_is_refused_and_kept(clerk, model):
    make_profile(pk=1)
    address = address_of(model)
    values = form_values(opened(clerk, address))
    typed = {name: [f"{'д' * limit}x"] for name, limit in LIMITS[model].items()}
    tree = parsed(clerk.post(address, values | typed))
    assert {name: form_values(tree)[name] for name in typed} == typed
    errors = " ".join(errors_by_field(tree)).split()
    assert [name for name in typed if name not in errors] == []


@pytest.mark.browser
def test_a_pasted_text_is_kept_counted_and_refused(live_server, open_page):
    page = open_page()
    be_signed_in(page, live_server.url)
    network = make_network(is_published=False)
    page.goto(f"{live_server.url}/en/admin/networks/network/{network.pk}/change/")
    expect(page.locator(".ProseMirror")).to_have_count(2)
    assert set(page.locator(".text-limit").all_inner_texts()) == {""}  # an empty form counts nothing
    pasted = {"name_en": "Network " * 40, "acronym_en": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "summary_en": "line\n" * 70}
    for field, text in pasted.items():
        page.focus(f"#id_{field}")
        page.keyboard.insert_text(text)
    note = "#id_{}_limit".format
    # A line break is sent as two characters.
    for field, said in {"name_en": "319 of 200", "acronym_en": "26 of 20", "summary_en": "418 of 300"}.items():
        assert value_of(page, field) == pasted[field]
        expect(page.locator(note(field))).to_have_text(
            f"{said} characters. This is too long. Nothing was cut: shorten it before you save."
        )
        assert note(field)[1:] in page.locator(f"#id_{field}").get_attribute("aria-describedby")
    assert accessibility_problems(page, preload=False) == []
    press(page, "[name=_save]")
    for field, text in pasted.items():
        assert value_of(page, field) == text
    expect(page.locator(".errorlist", has_text="it has 418")).to_have_count(1)
    expect(page.locator(note("summary_en"))).to_contain_text("418 of 300 characters")

    page.fill("#id_acronym_en", "SCTM")
    page.fill("#id_summary_en", "line\n" * 49)
    expect(page.locator(note("acronym_en"))).to_have_text("")
    expect(page.locator(note("summary_en"))).to_have_text("292 of 300 characters.")
    page.fill("#id_name_en", "Network")
    press(page, "[name=_save]")
    network.refresh_from_db()
    assert network.summary_en == ("line\n" * 49).strip()


TEXTS = ["", "ж", "жѐ\u0300", "a\nb\r\nc\rd", "  space around \n", "𝔠𝔦𝔱𝔶 🏙️", "x" * 300]


@pytest.mark.browser
def test_the_browser_counts_as_the_server_does(live_server, open_page):
    page = open_page()
    page.goto(f"{live_server.url}/en/admin/login/")
    load = """async (texts) => {
      const { lengthOf, tell } = await import("/static/networks/text_limits.js");
      return [texts.map(lengthOf), [[74, 100], [75, 100], [100, 100], [101, 100], [3, 3], [4, 3]].map(
        (each) => Object.values(tell(...each)))];
    }"""
    lengths, told = page.evaluate(load, TEXTS)
    sent = ["\r\n".join(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")) for text in TEXTS]
    assert lengths == [len(forms.CharField(required=False).clean(each)) for each in sent]
    assert told == [[False, False], [True, False], [True, False], [True, True], [False, False], [True, True]]
