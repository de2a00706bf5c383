"""The timeline: what is drawn, against what is known, and the page that shows it."""

import re
from datetime import date, timedelta
from itertools import pairwise

import lxml.etree
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from networks.models import Network
from networks.partial_dates import PartialDate
from networks.public.chronology import Membership, membership_on
from networks.public.timeline import ROWS_ON_A_PAGE, Scale, drawing_of, last_year_of, scale_for
from tests.makers import make_network, make_profile
from tests.pages import CYRILLIC, PREFIXES, count_queries, in_each_language, opened, parsed, text_of, texts_of

TODAY = date(2026, 7, 1)
PERCENT = re.compile(r"[0-9]+(\.[0-9]+)?%")


def network(joined=None, left=None, founded=None, **fields):
    dates = {"joined": joined, "left": left, "founded": founded}
    return Network(**{name: text and PartialDate.fromisoformat(text) for name, text in dates.items()}, **fields)


def drawn(row, *others):
    """What stands in the row of a network: {kind: [(first day, last day)]}, and the kinds of its points."""
    drawing = drawing_of(row, scale_for([row, *others], TODAY), TODAY)
    stretches = {}
    for each in drawing.stretches:
        stretches.setdefault(each.kind, []).append((str(each.first), str(each.last)))
    return stretches, [each.kind for each in drawing.points]


@pytest.mark.parametrize(
    ("line", "year"),
    [
        ("Healthy Cities (1988–2001)", 2001),
        ("Здрави градови (1988–2001.)", 2001),
        ("Healthy Cities (until 1995)", 1995),
        ("Healthy Cities (EU) (1988-2001)", 2001),
        ("Healthy Cities (1988–2001) (WHO)", 2001),
        ("Healthy Cities (1988–)", None),
        ("Healthy Cities (1988 –)", None),
        ("Healthy Cities", None),
        ("Cities 2000", None),
        ("Cities 2000 (Agenda 21)", None),
        ("Healthy Cities (tel. 19882001)", None),
        ("Healthy Cities (1988–2001", None),
        ("", None),
    ],
)
def test_year_in_which_a_former_name_ended(line, year):
    assert last_year_of(line) == year


class TestScale:
    def test_there_is_none_without_dates(self):
        assert scale_for([], TODAY) is None
        assert scale_for([network(), network(former_names="Healthy Cities")], TODAY) is None

    @pytest.mark.parametrize(
        ("rows", "first_year"),
        [
            ([network("2003")], 2000),
            ([network("2000-01-01")], 2000),
            ([network("2003", founded="1990")], 1990),
            ([network("2003", founded="1903")], 1900),
            # More than a hundred years before any membership: a decade is left for the mark that says so.
            ([network("2003", founded="1902")], 1990),
            ([network("2003", founded="1066"), network("2005", founded="1950")], 1940),
            ([network("1066")], 1060),
            ([network(left="1988")], 1980),
            ([network(founded="1953")], 1950),
            ([network(founded="1066")], 2010),
            ([network("2003", former_names="Healthy Cities (1988–1997)")], 1990),
        ],
    )
    def test_begins_with_a_decade(self, rows, first_year):
        scale = scale_for(rows, TODAY)
        assert (scale.first, scale.last) == (date(first_year, 1, 1), date(2026, 12, 31))

    @pytest.mark.parametrize("year", [1000, 1066, 1500, 1800, 1900, 1950, 1970, 1990, 2010, 2020])
    def test_writes_out_as_many_years_as_have_room(self, year):
        ticks = Scale(date(year, 1, 1), date(2026, 12, 31)).ticks
        figures = [tick.year for tick in ticks if tick.year]
        assert 1 <= len(figures) <= 6
        assert len(ticks) <= 21
        assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)
        assert len({later - earlier for earlier, later in pairwise(figures)}) <= 1
        assert all(PERCENT.fullmatch(tick.x) for tick in ticks)


class TestDrawing:
    def test_known_to_the_day(self):
        assert drawn(network("2003-05-03", "2005-02-10", "1990-03-01", status="left")) == (
            {"life": [("1990-03-01", "2003-05-02")], "member": [("2003-05-03", "2005-02-10")]},
            ["founded"],
        )

    def test_known_to_the_year(self):
        assert drawn(network("2003", "2005", "1990", status="left"))[0] == {
            "founding": [("1990-01-01", "1990-12-31")],
            "life": [("1990-12-31", "2002-12-31")],
            "perhaps": [("2003-01-01", "2003-12-30"), ("2005-01-02", "2005-12-31")],
            "member": [("2003-12-31", "2005-01-01")],
        }

    def test_member_until_today(self):
        assert drawn(network("2003-05-03"))[0] == {"member": [("2003-05-03", "2026-07-01")]}
        assert drawn(network("2003-05-03", "2026-12-31"))[0] == {"member": [("2003-05-03", "2026-07-01")]}
        assert drawn(network("2026"))[0] == {
            "perhaps": [("2026-01-01", "2026-06-30")],
            "member": [("2026-07-01", "2026-07-01")],
        }

    @pytest.mark.parametrize("status", ["left", "ended"])
    def test_nobody_knows_until_when(self, status):
        assert drawn(network("2003-05", status=status))[0] == {"perhaps": [("2003-05-01", "2026-06-30")]}

    def test_nobody_knows_whether_still(self):
        assert drawn(network("2003", status="unknown"))[0] == {"perhaps": [("2003-01-01", "2026-07-01")]}

    def test_joined_and_left_in_the_same_year(self):
        assert drawn(network("2003", "2003", status="left"))[0] == {"perhaps": [("2003-01-01", "2003-12-31")]}
        assert drawn(network("2003-05-03", "2003-05-03", status="left"))[0] == {
            "member": [("2003-05-03", "2003-05-03")]
        }

    @pytest.mark.parametrize("fields", [{}, {"left": "2005"}, {"left": "2005-03-04"}])
    @pytest.mark.parametrize("status", ["member", "left", "unknown"])
    def test_of_a_membership_since_nobody_knows_when_nothing_is_drawn(self, fields, status):
        assert drawn(network(**fields, status=status), network("2003")) == ({}, [])

    def test_the_network_itself_is_drawn_nevertheless(self):
        row, other = network(founded="1990-03-01"), network("2003")
        assert drawn(row, other) == ({"life": [("1990-03-01", "2026-07-01")]}, ["founded"])

    def test_earlier_periods_and_roles(self):
        row = network("2007-05-03", founded="1980-01-01", status="member")
        row.periods = [{"id": "1", "joined": "1999", "left": "2003-06-30"}, {"id": "2", "left": "1990"}]
        row.roles = [
            {"id": "3", "role": "associate", "since": "2007-05-03", "until": "2010"},
            {"id": "4", "role": "full", "since": "2011-02"},
            {"id": "5", "role": "body-chair", "since": "2012", "until": "2012"},
            {"id": "6", "role": "observer"},
        ]
        assert drawn(row) == (
            {
                "life": [("1980-01-01", "2007-05-02")],
                "perhaps": [("1999-01-01", "1999-12-30")],
                "member": [("1999-12-31", "2003-06-30"), ("2007-05-03", "2026-07-01")],
                "role": [("2007-05-03", "2010-01-01"), ("2011-02-28", "2026-07-01"), ("2012-01-01", "2012-12-31")],
            },
            ["founded"],
        )
        assert scale_for([row], TODAY).first == date(1980, 1, 1)
        for row.status, row.left in (("left", None), ("unknown", None), ("member", PartialDate(2020))):
            assert len(drawn(row)[0]["role"]) == 2  # not known until when the other was held

    def test_renamed(self):
        names = "Healthy Cities (1988–1997)\nCities\nWHO Cities (1997–2001)\nHealthy (2031)"
        drawing = drawing_of(network("2003", former_names=names), Scale(date(1990, 1, 1), date(2026, 12, 31)), TODAY)
        (first, second) = [each.at for each in drawing.points if each.kind == "renamed"]
        assert (round(first), round(second)) == (20, 31)  # 7.5 and 11.5 of 37 years

    def test_what_was_before_the_scale_is_marked_and_not_drawn(self):
        row = network("2003-05-03", founded="1066", former_names="Healthy Cities (1088)")
        drawing = drawing_of(row, scale_for([row], TODAY), TODAY)
        assert drawing.begins_earlier
        assert not drawing.points
        assert [each.start for each in drawing.lines] == [0]
        assert drawing.kinds == {"life", "member", "earlier"}


@st.composite
def partial_dates(draw):
    day = draw(st.dates(date(1000, 1, 1), date(2040, 12, 31)) | st.dates(date(1980, 1, 1), date(2030, 12, 31)))
    return PartialDate(*(day.year, day.month, day.day)[: draw(st.integers(1, 3))])


@st.composite
def networks(draw):
    """Any that the database takes: what was typed may also be to come, or against the status."""
    joined, left, founded = (draw(st.none() | partial_dates()) for _each in range(3))
    if joined and left and not (joined <= left or str(joined).startswith(str(left))):
        joined, left = left, joined
    names = "\n".join(f"Мрежа ({year})" for year in draw(st.lists(st.integers(1000, 2040), max_size=3)))
    status = draw(st.sampled_from(list(Network.Status)))
    return Network(joined=joined, left=left, founded=founded, status=status, former_names=names)


TODAYS = st.dates(date(2001, 1, 1), date(2026, 12, 31))


@given(st.lists(networks(), min_size=1, max_size=4), TODAYS)
@example([Network(joined=PartialDate(2003), left=PartialDate(2003), status="left")], date(2026, 1, 1))
def test_everything_stands_on_the_scale_and_in_order(rows, today):
    scale = scale_for(rows, today)
    for drawing in [drawing_of(row, scale, today) for row in rows if scale]:
        for each in drawing.stretches:
            assert 0 <= each.start <= each.end <= 100
            assert all(PERCENT.fullmatch(value) for value in (each.x, each.x2, each.width))
            assert round(float(each.x[:-1]) + float(each.width[:-1]), 2) <= 100
            assert each.first <= each.last <= today
        for each in drawing.points:
            assert 0 <= each.at <= 100 and PERCENT.fullmatch(each.x)
        bars = drawing.bars
        assert all(one.last < other.first and one.end <= other.start for one, other in pairwise(bars))


@given(networks(), TODAYS, st.data())
@example(Network(joined=PartialDate(2003), left=PartialDate(2003), status="left"), date(2026, 1, 1), None)
def test_a_day_is_drawn_as_surely_as_it_is_known(row, today, data):
    scale = scale_for([row], today)
    if scale is None:
        return
    bars = drawing_of(row, scale, today).bars
    days = {day for each in bars for day in (each.first, each.last, each.first - ONE_DAY, each.last + ONE_DAY)}
    days |= {data.draw(st.dates(scale.first, today))} if data else set()
    for day in days:
        if scale.first <= day <= today:
            kinds = {each.kind for each in bars if each.first <= day <= each.last}
            assert kinds in DRAWN_AS[membership_on(row, day, today=today)], day


ONE_DAY = timedelta(days=1)
DRAWN_AS = {
    Membership.MEMBER: [{"member"}],
    Membership.PERHAPS: [{"perhaps"}],
    Membership.UNDATED: [set()],
    None: [set()],
}


@given(networks(), networks(), TODAYS)
def test_what_was_earlier_stands_further_to_the_left(one, other, today):
    scale = scale_for([one, other], today)
    if scale and one.joined and other.joined and one.joined.latest < other.joined.earliest <= today:
        first, second = (drawing_of(row, scale, today).bars for row in (one, other))
        assert first[0].start <= second[0].start


# The page


def rows_of(tree):
    return {text_of(item.xpath(".//h3")[0]): item for item in tree.xpath("//ol[@class='annals']/li")}


def facts(item):
    return text_of(item.find_class("timeline-facts")[0]).replace("\xa0", " ")


def test_tells_in_words_what_it_draws(db, client):
    make_network(
        name_sr="Здрави",
        name_en="Healthy",
        founded=PartialDate(1990),
        joined=PartialDate(2003, 5, 3),
        former_names="Healthy Cities (1990–1999)",
    )
    make_network(name_sr="Бивши", name_en="Former", joined=PartialDate(2001), status="left")
    make_network(
        name_sr="Угашени", name_en="Ended", joined=PartialDate(2002), left=PartialDate(2009, 2), status="ended"
    )
    make_network(name_sr="Незнани", name_en="Unsure", status="unknown")
    rows = rows_of(opened(client, "/en/timeline/"))
    assert {name: facts(item) for name, item in rows.items()} == {
        "Former": "Joined: 2001 · No longer a member; it is not known until when the city was one",
        "Ended": "Joined: 2002 · The membership ended with the network: February 2009",
        "Healthy": ("Founded: 1990 · Former name: Healthy Cities (1990–1999) · Joined: 3 May 2003 · Member today"),
        "Unsure": "It is not known whether the city is still a member",
    }
    # Nothing is drawn of what nothing is known of.
    assert [name for name, item in rows.items() if not item.xpath(".//svg")] == ["Unsure"]


def test_the_date_that_is_to_come_is_said_to_be(db, client):
    make_network(joined=PartialDate(2003), left=PartialDate(2999, 12, 31))
    (item,) = rows_of(opened(client, "/en/timeline/")).values()
    assert facts(item).endswith("Member today · The membership will end: 31 December 2999")


@in_each_language
def test_each_form_says_so_in_its_own_script(nis, client, language):
    make_network(name_sr="Љубав", former_names="Њива (1988–1990)", joined=PartialDate(2003), status="left")
    tree = opened(client, f"{PREFIXES[language]}/timeline/")
    assert not tree.xpath("//@style")
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for picture in tree.xpath("//ol//svg"):
        # The facts beside it say the same in words, once.
        assert picture.get("aria-hidden") == "true" and picture.get("focusable") == "false"
    for value in tree.xpath("//ol//svg//@x | //ol//svg//@x1 | //ol//svg//@x2 | //ol//svg//@cx | //rect/@width"):
        assert PERCENT.fullmatch(value) or value.isdigit(), value
    if language != "sr":
        assert not CYRILLIC.search(" ".join(texts_of(tree)))


def test_a_name_in_another_language_is_marked(db, client):
    make_network(name_sr="Мрежа", joined=PartialDate(2003))
    tree = opened(client, "/en/timeline/")
    assert tree.xpath("//h3/a/@lang") == ["sr-Latn"]
    assert "Some names are not yet available in English." in text_of(tree)
    assert not opened(client, "/sr-latn/timeline/").xpath("//h3/a/@lang")


def test_stands_by_the_year_of_joining_and_then_by_the_alphabet(db, client):
    make_network(name_sr="Џеп", joined=PartialDate(2003))
    make_network(name_sr="Њива", joined=PartialDate(2003, 12))
    make_network(name_sr="Аист", joined=PartialDate(2004))
    make_network(name_sr="Нада", joined=PartialDate(2003, 1, 1))
    make_network(name_sr="Бреза")
    make_network(name_sr="Авала", founded=PartialDate(1950))
    make_network(name_sr="Скривена", joined=PartialDate(2003), is_published=False)
    tree = opened(client, "/timeline/")
    names = {
        section.get("aria-labelledby"): [text_of(each) for each in section.xpath(".//h3")]
        for section in tree.xpath("//main//section")
    }
    assert names == {"dated": ["Нада", "Њива", "Џеп", "Аист"], "undated": ["Авала", "Бреза"]}
    tree = opened(client, "/sr-latn/timeline/")
    assert [text_of(each) for each in tree.xpath("//section[@aria-labelledby='dated']//h3")] == [
        "Džep",
        "Nada",
        "Njiva",
        "Aist",
    ]


def test_explains_only_the_signs_it_uses(db, client):
    make_network(joined=PartialDate(2003, 5, 3))
    assert [text_of(each) for each in opened(client, "/en/timeline/").xpath("//main/article/ul/li")] == ["member"]


@pytest.mark.parametrize("address", ["/timeline/", "/sr-latn/timeline/", "/en/timeline/"])
def test_empty_site(db, client, address):
    tree = opened(client, address)
    assert not tree.xpath("//main//svg") and not tree.xpath("//main//section")


def test_a_single_network_without_any_date(db, client):
    make_network()
    tree = opened(client, "/timeline/")
    assert len(rows_of(tree)) == 1
    assert not tree.xpath("//main//svg") and not tree.xpath("//main/article/ul")


def test_a_name_of_two_hundred_letters(db, client):
    make_network(name_sr="Ш" * 200, joined=PartialDate(2003))
    assert list(rows_of(opened(client, "/timeline/"))) == ["Ш" * 200]


@pytest.mark.long
def test_pages(db, client):
    make_profile()
    Network.objects.bulk_create(
        Network(slug=f"n{number}", name_sr=f"Мрежа {number:04}", joined=PartialDate(2003), is_published=True)
        for number in range(2 * ROWS_ON_A_PAGE + 1)
    )
    # The scale stays the same from page to page.
    make_network(name_sr="Стара", joined=PartialDate(1971))
    scales, seen = set(), []
    for address in ("/en/timeline/", "/en/timeline/?page=2", "/en/timeline/?page=3"):
        tree = opened(client, address)
        seen += rows_of(tree)
        scales.add(tuple(tree.xpath("//text/text()")))
        assert tree.xpath("//link[@rel='canonical']/@href") == [f"http://testserver{address}"]
        assert f"http://testserver{address.removeprefix('/en')}" in tree.xpath("//link[@hreflang='sr-Cyrl']/@href")
        assert len(tree.xpath("//*[@id='timeline-hatch']")) == 1
    assert len(seen) == len(set(seen)) == 2 * ROWS_ON_A_PAGE + 2
    assert len(scales) == 1
    second = opened(client, "/en/timeline/?page=2")
    assert second.xpath("//nav[@class='pager']//@href") == [
        "/en/timeline/",
        "/en/timeline/?page=2",
        "/en/timeline/?page=3",
    ]
    assert second.xpath("//nav[@class='languages']//a[@hreflang='sr-Latn']/@href") == ["/sr-latn/timeline/?page=2"]


@pytest.mark.parametrize("page", ["0", "2", "-1", "01", "1.0", "x", "", "9" * 30, "%00", "１"])
def test_a_page_that_is_none_is_missing(db, client, page):
    make_network()
    assert client.get(f"/timeline/?page={page}").status_code == 404


def test_the_first_page_has_a_number_too(db, client):
    tree = opened(client, "/timeline/?page=1")
    assert tree.xpath("//link[@rel='canonical']/@href") == ["http://testserver/timeline/"]


def test_queries_do_not_grow(nis, client):
    few = count_queries(client, "/timeline/")
    for number in range(30):
        make_network(joined=PartialDate(2003), former_names=f"Име {number} (1990–1995)")
    assert count_queries(client, "/timeline/") == few <= 4


@pytest.mark.exhaustive
def test_two_thousand_networks(db, client):
    Network.objects.bulk_create(
        Network(
            slug=f"n{number}", name_sr=f"Мрежа {number}", joined=PartialDate(1980 + number % 40), is_published=True
        )
        for number in range(2000)
    )
    assert len(rows_of(opened(client, "/timeline/?page=10"))) == ROWS_ON_A_PAGE
    assert client.get("/timeline/?page=11").status_code == 404


def test_only_reading(db, client):
    assert client.post("/timeline/").status_code == 405
    assert client.head("/timeline/").status_code == 200


def test_is_well_formed(nis, client):
    """The drawings are closed as XML is, whatever the parser of a browser would forgive."""
    make_network(founded=PartialDate(1066), joined=PartialDate(1999), former_names="Име (1960–1998)", status="left")
    html = client.get("/timeline/").content.decode()
    for picture in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        lxml.etree.fromstring(picture)
    assert parsed(client.get("/timeline/")).xpath("//h1/text()")
