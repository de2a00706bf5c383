"""The place of a seat: our list of towns and countries, how a reader is told of it, and how staff write it."""

import re
from decimal import Decimal

import pytest
from django.core.management import call_command

from networks.admin.network_form import PLACE, SEAT, NetworkForm
from networks.models import CityProfile, Network
from networks.models.gazetteer import COUNTRIES, TOWNS
from networks.reading import Reader
from tests.makers import make_account
from tests.pages import errors_by_field, fill_in, opened, page_after


@pytest.fixture
def nis(db):
    call_command("loaddata", "nis", verbosity=0)


# The list of towns and countries


def test_countries_and_towns_are_each_there_once():
    assert len(COUNTRIES) == 249  # of ISO 3166-1
    for names in zip(*COUNTRIES.values(), strict=True):
        assert len({*names}) == len(COUNTRIES)
    assert len({town.serbian for town in TOWNS}) == len({town.english for town in TOWNS}) == len(TOWNS)
    for town in TOWNS:
        assert town.country in COUNTRIES
        for degrees, most in ((town.latitude, 90), (town.longitude, 180)):
            assert re.fullmatch(r"-?[0-9]{1,3}\.[0-9]{4}", degrees) and abs(Decimal(degrees)) <= most


@pytest.mark.parametrize(
    ("seats", "country", "language", "place", "town"),
    [
        (("Стразбур", ""), "FR", "sr", "Стразбур, Француска", "Стразбур"),
        (("Стразбур", ""), "FR", "sr-latn", "Strazbur, Francuska", "Strazbur"),
        (("Стразбур", ""), "FR", "en", "Strasbourg, France", "Strasbourg"),  # as our list has it
        (("Коњиц", ""), "BA", "en", "Konjic, Bosna i Hercegovina", "Konjic"),  # which our list has not
        (("Штутгарт, Немачка", "Stuttgart, Germany"), "DE", "en", "Stuttgart, Germany", "Stuttgart"),
        (("Шведска", "Sweden"), "SE", "en", "Sweden", ""),
        (("", ""), "SE", "sr", "Шведска", ""),
        (("Луксембург", ""), "LU", "sr", "Луксембург", "Луксембург"),  # a town and a country
        (("Кјото", "Kyoto"), "", "en", "Kyoto", "Kyoto"),
        (("", ""), "", "en", "", ""),
    ],
)
def test_a_seat_is_told_with_its_country(seats, country, language, place, town):
    network = Network(name_sr="Мрежа", seat_sr=seats[0], seat_en=seats[1], seat_country=country)
    reading = Reader(language).network(network)
    assert (reading.place, reading.town) == (place, town)
    assert reading.place.is_fallback == (language == "en" and "Bosna" in place)


@pytest.mark.parametrize("words", ["Hiroshima", "Хирошима", "hirosima", "Japan", "Јапан"])
def test_search_finds_a_seat_by_its_town_and_country_in_each_language(nis, client, words):
    assert opened(client, f"/en/?q={words}").xpath("//h3/a[@href='/en/networks/mayors-for-peace/']")


# Writing it

ADD = "/en/admin/networks/network/add/"


@pytest.fixture
def editor(client, db):
    client.force_login(make_account("editors"))
    return client


def saved(client, **typed):
    """The newest content of a network of which this was typed into the form."""
    assert fill_in(client, ADD, {"name_sr": "Мрежа", **typed}).status_code == 302
    return Network.objects.get().head.content


@pytest.mark.parametrize("typed", [{"seat_sr": "Беч"}, {"seat_sr": "Beč"}, {"seat_en": "Vienna"}])
def test_a_town_of_the_list_brings_its_country_and_coordinates(editor, typed):
    content = saved(editor, **typed)
    assert content["seat_sr"] == typed.get("seat_sr", "Беч") and content["seat_en"] == "Vienna"
    place = content["seat_country"], content["seat_latitude"], content["seat_longitude"]
    assert place == ("AT", "48.2082", "16.3738")


def test_what_is_typed_about_a_seat_stays_and_any_other_town_can_be_typed(editor):
    content = saved(editor, seat_sr="Беч", seat_latitude="48,3", seat_longitude="16.400001°")
    assert (content["seat_latitude"], content["seat_longitude"]) == ("48.3000", "16.4000")
    network = Network.objects.get()
    typed = {"seat_sr": "Ушће", "seat_en": "", "seat_country": "", "seat_latitude": "", "seat_longitude": ""}
    assert fill_in(editor, f"/en/admin/networks/network/{network.pk}/change/", typed).status_code == 302
    network.refresh_from_db()
    assert {name: network.head.content[name] or "" for name in typed} == typed


def test_country_and_coordinates_from_the_list_follow_another_town(editor):
    saved(editor, seat_sr="Беч")
    network = Network.objects.get()
    typed = {"seat_sr": "Најроби"}
    assert fill_in(editor, f"/sr-latn/admin/networks/network/{network.pk}/change/", typed).status_code == 302
    network.refresh_from_db()
    content = network.head.content
    assert (content["seat_en"], content["seat_country"], content["seat_latitude"]) == ("Nairobi", "KE", "-1.2921")


STRASBOURG = ("Стразбур", "Strasbourg", "FR", "48.5734", "7.7521")


@pytest.mark.parametrize(
    ("before", "typed", "after"),
    [
        (STRASBOURG, {"seat_sr": "Шабац"}, ("Шабац", "", "", None, None)),
        (STRASBOURG, {"seat_sr": "Шабац", "seat_en": "Šabac"}, ("Шабац", "Šabac", "", None, None)),
        (STRASBOURG, {"seat_sr": "", "seat_en": ""}, ("", "", "", None, None)),
        (STRASBOURG, {"seat_sr": "Strazbur"}, ("Strazbur", *STRASBOURG[1:])),
        # Another name for the English, and other words than those of our list about the town
        (STRASBOURG, {"seat_en": "Council of Europe"}, ("Стразбур", "Council of Europe", *STRASBOURG[2:])),
        ((*STRASBOURG[:3], "48.6", "7.8"), {"seat_sr": "Шабац"}, ("Шабац", "Strasbourg", "FR", "48.6", "7.8")),
        # Typed by somebody, and not by our list
        (("", "", *STRASBOURG[2:]), {"seat_sr": "Кел"}, ("Кел", "", *STRASBOURG[2:])),
    ],
)
def test_a_seat_that_leaves_a_town_of_the_list_leaves_its_country_and_coordinates(before, typed, after):
    before = dict(zip((*SEAT, *PLACE), before, strict=True))
    content = before | typed
    content |= NetworkForm.filled_in(content, before)
    assert tuple(content.values()) == after


def test_country_and_coordinates_from_the_list_are_emptied_in_the_form(editor):
    saved(editor, seat_sr="Беч")
    network = Network.objects.get()
    assert (
        fill_in(editor, f"/en/admin/networks/network/{network.pk}/change/", {"seat_sr": "Шабац"}).status_code == 302
    )
    network.refresh_from_db()
    assert [network.head.content[name] or "" for name in (*SEAT, *PLACE)] == ["Шабац", "", "", "", ""]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"seat_latitude": "48"}, "seat_latitude"),
        ({"seat_latitude": "90.1", "seat_longitude": "16"}, "seat_latitude"),
        ({"seat_latitude": "48", "seat_longitude": "181"}, "seat_longitude"),
        ({"seat_latitude": "north", "seat_longitude": "16"}, "seat_latitude"),
        ({"seat_latitude": "1e99", "seat_longitude": "NaN"}, "seat_longitude"),
    ],
)
def test_half_a_place_and_one_off_the_earth_are_refused(editor, typed, field):
    page = page_after(editor, fill_in(editor, ADD, {"name_sr": "Мрежа", **typed}))
    assert field in errors_by_field(page)
    # What is saved without it has no half of a place.
    assert not Network.objects.exclude(seat_latitude=None, seat_longitude=None).exists()


def test_the_city_has_a_place_too(client, nis):
    client.force_login(make_account("administrators"))
    profile = CityProfile.objects.get()
    response = fill_in(client, "/en/admin/networks/cityprofile/1/change/", {"latitude": "43.4", "longitude": "21.9"})
    profile.refresh_from_db()
    assert response.status_code == 302 and profile.latitude == Decimal("43.4")
