"""Numbers beside the names of things in the admin: Serbian has three forms, Django knows two."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.utils import translation

from networks.models import AuditEntry, CityProfile, Link, Network, Page, Theme
from networks.redirects import OldAddress
from networks.serbian import to_latin
from networks.templatetags.admin_tags import counted
from tests.makers import make_network
from tests.pages import PREFIXES, opened, text_of

# How many: 1, 2, 5, 11, 21, 22 and 112 of each
FORMS = {
    Network: ("мрежа", "мреже", "мрежа"),
    Theme: ("област", "области", "области"),
    Page: ("страница", "странице", "страница"),
    OldAddress: ("стара адреса", "старе адресе", "старих адреса"),
    Link: ("веза", "везе", "веза"),
    AuditEntry: ("запис", "записа", "записа"),
    User: ("корисник", "корисника", "корисника"),
    Group: ("улога", "улоге", "улога"),
}
FORM_OF_NUMBER = {1: 0, 2: 1, 5: 2, 11: 2, 21: 0, 22: 1, 112: 2, 0: 2}


def test_every_list_of_the_desk_can_be_counted():
    # The city profile is one row, and has no list.
    assert {*admin.site._registry} - {CityProfile} == {*FORMS}


@pytest.mark.parametrize("model", FORMS)
@pytest.mark.parametrize(("number", "form"), FORM_OF_NUMBER.items())
def test_a_number_takes_its_own_form_of_the_name(model, number, form):
    expected = f"{number} {FORMS[model][form]}"
    with translation.override("sr"):
        assert counted(number, model) == expected
    with translation.override("sr-latn"):
        assert counted(number, model) == to_latin(expected)


def test_a_model_that_is_not_known_is_counted_as_django_does():
    with translation.override("en"):
        assert [counted(number, CityProfile) for number in (1, 2)] == ["1 city profile", "2 city profile"]


@pytest.mark.parametrize(("language", "count"), [("sr", "11 мрежа"), ("sr-latn", "11 mreža"), ("en", "11 networks")])
def test_stand_below_a_list(db, client, language, count):
    for number in range(11):
        make_network(name_sr=f"Мрежа {number}", slug=f"n-{number}")
    client.force_login(User.objects.create_superuser("clerk"))
    page = opened(client, f"{PREFIXES[language]}/admin/networks/network/")
    assert [" ".join(text_of(each).split()) for each in page.find_class("paginator")] == [count]


@pytest.mark.parametrize(("language", "button"), [("sr", "Додај мрежу"), ("en", "Add a network")])
def test_a_network_is_called_by_its_name_above_its_form(db, client, language, button):
    network = make_network(name_sr="Мрежа", name_en="Network")
    client.force_login(User.objects.create_superuser("clerk"))
    base = f"{PREFIXES[language]}/admin/networks/network/"
    names = {"sr": "Мрежа", "en": "Network"}
    assert [text_of(each) for each in opened(client, base).find_class("addlink")[-1:]] == [button]
    assert [text_of(each) for each in opened(client, f"{base}{network.pk}/change/").xpath("//h1")] == [
        names[language]
    ]
    page = opened(client, f"{base}{network.pk}/delete/")
    (button,) = page.xpath("//div[@id='content-main']//form//button")
    assert text_of(button) == {"sr": "Обриши", "en": "Delete"}[language]
