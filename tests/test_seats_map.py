"""The map of seats: what it draws, and what it says in words."""

import gzip
import re
from decimal import Decimal
from math import cos, pi, radians

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from networks.models import Network
from networks.models.gazetteer import find_town
from networks.public.projections import EARTH, EUROPE_FRAME, WORLD_FRAME, project_europe, project_world
from tests.makers import make_network, make_profile
from tests.pages import count_queries, in_each_language, opened, text_of

NIS = Decimal("43.3209"), Decimal("21.8958")


@pytest.fixture
def nis(db):
    call_command("loaddata", "nis", verbosity=0)


def make_seat(name, **fields):
    """A network with its seat in a town of our list."""
    town = find_town(name)
    seat = {"seat_sr": town.serbian, "seat_en": town.english, "seat_country": town.country}
    return make_network(**seat, seat_latitude=town.latitude, seat_longitude=town.longitude, **fields)


def said(tree):
    """What the page says in words: {(country, town): [network]}."""
    return {
        (text_of(section.find("h2")), text_of(group.find("dt"))): [text_of(each) for each in group.findall("dd")]
        for section in tree.xpath("//article/section")
        for group in section.xpath("dl/div")
    }


def drawn(tree):
    """What each map shows: {map: [town with a link]}."""
    return {
        text_of(figure.find("figcaption")): [text_of(each) for each in figure.xpath(".//a/text")]
        for figure in tree.xpath("//figure")
    }


def test_the_words_say_all_that_the_drawing_shows(nis, client):
    tree = opened(client, "/en/map/")
    assert said(tree) == {
        ("France", "Strasbourg"): ["Asocijacija agencija lokalne demokratije"],
        ("Japan", "Hiroshima"): ["Gradonačelnici za mir"],
        ("Japan", "Kyoto"): ["League of Historical Cities"],
        ("Serbia", "Belgrade"): [
            "National Alliance for Local Economic Development",
            "Standing Conference of Towns and Municipalities",
        ],
        ("Serbia", "Novi Sad"): ["Asocijacija multietničkih gradova jugoistočne Evrope"],
        ("Sweden", "town not known"): ["European Cities Against Drugs"],
    }
    assert drawn(tree) == {
        "Europe": ["Belgrade", "Novi Sad", "Strasbourg"],
        "The world": ["Hiroshima", "Kyoto"],
    }
    (strasbourg,) = tree.xpath("//figure//a[text='Strasbourg']")
    assert strasbourg.get("href") == "/en/networks/alda/"
    (belgrade,) = tree.xpath("//figure//a[text='Belgrade']")  # of two networks, so it leads to both in the list
    (group,) = tree.xpath(f"//*[@id='{belgrade.get('href')[1:]}']")
    assert text_of(group.find("dt")) == "Belgrade"
    assert text_of(belgrade.find("title")) == "Belgrade: NALED, SCTM"
    assert tree.xpath("//text[@class='city-name']/text()") == ["City of Niš"]
    unknown = [text_of(each) for each in tree.xpath("//section[@aria-labelledby='not-known']//li")]
    assert len(unknown) == 4 and "Energy Cities" in unknown


@in_each_language
def test_places_are_named_in_the_script_of_the_reader(nis, client, language):
    tree = opened(client, {"sr": "/map/", "sr-latn": "/sr-latn/map/", "en": "/en/map/"}[language])
    named = {"sr": "Француска Стразбур", "sr-latn": "Francuska Strazbur", "en": "France Strasbourg"}[language]
    assert named in " ".join(" ".join(place) for place in said(tree))
    assert not tree.xpath("//*[@style]")


def test_the_page_is_light_and_takes_few_queries(nis, client):
    html = client.get("/map/").content.decode()
    figures = "".join(re.findall(r"<figure.*?</figure>", html, re.DOTALL))
    assert len(gzip.compress(figures.encode(), 9)) <= 6_000
    with open(finders.find("networks/map.css"), "rb") as style:
        assert len(gzip.compress(style.read(), 9)) <= 1_000
    assert count_queries(client, "/en/map/") <= 4


@pytest.mark.parametrize(
    ("seats", "city", "maps"),
    [
        ([], NIS, {}),
        (["Беч"], NIS, {"Europe": ["Vienna"]}),
        (["Беч", "Беч"], None, {"Europe": ["Vienna"]}),  # all in one town
        (["Беч", "Кјото"], None, {"Europe": ["Vienna"], "The world": ["Kyoto"]}),
        (["Кјото"], NIS, {"Europe": [], "The world": ["Kyoto"]}),
        (["Кјото"], None, {"The world": ["Kyoto"]}),
        (["Кјото"], (Decimal("-37.8136"), Decimal("144.9631")), {"The world": ["Kyoto"]}),
    ],
)
def test_europe_and_the_world_are_drawn_where_something_is_there(db, client, seats, city, maps):
    make_profile(**dict(zip(("latitude", "longitude"), city or (None, None), strict=True)))
    for name in seats:
        make_seat(name)
    tree = opened(client, "/en/map/")
    assert drawn(tree) == maps
    assert bool(tree.xpath("//*[@class='city-mark']")) == bool(maps and city)


def test_a_town_of_former_memberships_alone_is_marked_as_such(db, client):
    make_seat("Беч", name_sr="Прва", status=Network.Status.LEFT)
    make_seat("Праг", name_sr="Друга", status=Network.Status.LEFT)
    make_seat("Праг", name_sr="Трећа")
    tree = opened(client, "/sr-latn/map/")
    former = "//figure//a[circle[contains(@class, 'former-mark')]]/text/text()"
    assert tree.xpath(former) == ["Beč"]
    assert [text_of(each) for each in tree.xpath("//dd") if each.xpath("*[@class='former-seat']")] == [
        f"{name} (ranije članstvo)" for name in ("Prva", "Druga")
    ]


def test_labels_of_many_seats_cover_neither_each_other_nor_a_mark(db, client):
    make_profile(latitude=NIS[0], longitude=NIS[1])
    for name in ("Београд", "Нови Сад", "Софија", "Скопље", "Солун", "Сарајево", "Букурешт", "Истанбул"):
        make_seat(name)
    tree = opened(client, "/map/")
    boxes = []
    for text in tree.xpath("//figure//text"):
        width = 20 * len(text.text)
        left = int(text.get("x")) - (width if text.get("text-anchor") == "end" else 0)
        boxes.append((left, int(text.get("y")) - 36, left + width, int(text.get("y"))))
    assert len(boxes) == 9
    for circle in tree.xpath("//figure//circle"):
        x, y = int(circle.get("cx")), int(circle.get("cy"))
        boxes.append((x - 10, y - 10, x + 10, y + 10))
    for number, (left, top, right, bottom) in enumerate(boxes[:9]):
        for other in boxes[number + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


@pytest.mark.parametrize("project", [project_europe, project_world])
@pytest.mark.parametrize(("latitude", "longitude"), [(40, 20), (60, 20), (60, -20), (35, 30)])
def test_maps_show_areas_in_their_true_proportion(project, latitude, longitude):
    step = 0.01  # degrees
    x, y = project(latitude, longitude)
    east, north = project(latitude, longitude + step), project(latitude + step, longitude)
    area = (east[0] - x) * (north[1] - y) - (east[1] - y) * (north[0] - x)
    side = 2 * pi * EARTH / 360 * step  # of a degree from south to north, in kilometres
    assert area == pytest.approx(side * side * cos(radians(latitude)), rel=1e-3)


def test_each_map_shows_what_is_within_its_frame():
    nis = tuple(map(float, NIS))
    assert EUROPE_FRAME.shows(*nis) and WORLD_FRAME.shows(*nis)
    for far in ((35.0, 135.8), (-52, -170), (-33.9, 18.4)):
        assert WORLD_FRAME.shows(*far) and not EUROPE_FRAME.shows(*far)
