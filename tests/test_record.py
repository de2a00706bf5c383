"""The record of a membership as readers get it: documents, roles, earlier periods, fees and activities."""

from datetime import date

import pytest
from django.utils.html import strip_tags

from networks.partial_dates import PartialDate
from networks.reading import Reader
from tests.makers import LINES, make_network, make_network_with_lines
from tests.pages import CYRILLIC, PREFIXES, in_each_language, opened, text_of

pytestmark = pytest.mark.django_db


def reading(language, **fields):
    return Reader(language).network(make_network_with_lines(**fields))


# What a reader gets


@in_each_language
def test_texts_are_in_the_language_of_the_reader_or_in_serbian_and_say_so(language):
    join, statute = reading(language).documents
    said = {
        "sr": ("одлука", "Одлука о приступању", "Статут мреже"),
        "sr-latn": ("odluka", "Odluka o pristupanju", "Statut mreže"),
        "en": ("decision", "Decision to join", "Statut mreže"),
    }
    assert (join.kind, join.title, statute.title) == said[language]
    assert join.title.lang == ""
    assert statute.title.lang == (' lang="sr-Latn"' if language == "en" else "")
    assert join.number == ("06-123/2007-И" if language == "sr" else "06-123/2007-I")
    assert (join.other_language, statute.other_language) == {
        "sr": ("", "француски"),
        "sr-latn": ("", "francuski"),
        "en": ("Serbian", "French"),
    }[language]


def test_lines_come_with_the_latest_first_and_those_of_today_before_all():
    network = reading("en")
    assert [(role.role, strip_tags(role.dates)) for role in network.roles] == [
        ("full member", "2010 – today"),
        ("chair of a body", ""),
        ("associate member", "May 2007 – 2010"),
    ]
    assert [strip_tags(period.dates) for period in network.periods] == [
        "1999 – June 2003",
        "not known since when – 1995",
    ]
    assert [fee.year for fee in network.fees] == [str(year) for year in range(2025, 2018, -1)]
    assert [(fee.amount, fee.currency, fee.due) for fee in network.fees[:1]] == [("2,025.50", "EUR", "31 March 2025")]
    assert [activity.title for activity in network.activities] == [
        "Nagrada za obnovu tvrđave",
        "Meeting in Niš",
        "Bez datuma",
    ]


@pytest.mark.parametrize("fields", [{"status": "left"}, {"status": "unknown"}, {"left": PartialDate(2020)}])
def test_no_role_lasts_longer_than_the_membership_is_known_to(fields):
    network = reading("en", **fields)
    assert [strip_tags(role.dates) for role in network.roles if role.dates] == [
        "2010 – not known until when",
        "May 2007 – 2010",
    ]
    assert not any(role.is_current for role in network.roles)


@pytest.mark.parametrize(
    ("since", "until", "dates", "is_current"),
    [
        ("2999-05", "", "May 2999 –", False),  # has not begun
        ("2998", "2999", "2998 – 2999", False),
        ("", "2999", "not known since when – 2999", True),
        ("2010", "2999", "2010 – 2999", True),
    ],
)
def test_a_role_is_held_today_if_it_has_begun_and_not_ended(since, until, dates, is_current):
    line = {"id": "1", "role": "full", "since": since, "until": until}
    (role,) = reading("en", roles=[{name: value for name, value in line.items() if value}]).roles
    assert (strip_tags(role.dates), role.is_current) == (dates, is_current)


def test_private_columns_cannot_be_read():
    fee = reading("en").fees[0]
    assert fee.values["due"] == date(2025, 3, 31)
    for name in ("paid_on", "budget_line"):
        assert name not in fee.line
        assert name not in fee.values
        with pytest.raises(AttributeError):
            getattr(fee, name)


# The page


@in_each_language
def test_the_page_shows_all_lines_and_nothing_private(client, language):
    make_network_with_lines(slug="it")
    page = opened(client, f"{PREFIXES[language]}/networks/it/")
    text = text_of(page)
    expected = {
        "sr": ["бр. 06-123/2007-И", "Пуноправни члан", "2010. – данас", "Председавајући тела: Надзорни одбор"],
        "sr-latn": ["br. 06-123/2007-I", "Punopravni član", "2010. – danas", "Predsedavajući tela: Nadzorni odbor"],
        "en": ["No. 06-123/2007-I", "Full member", "2010 – today", "Chair of a body: Supervisory Board"],
    }[language]
    assert [words for words in expected if words not in text] == []
    if language == "sr-latn":
        assert not CYRILLIC.search(text_of(page.xpath("//main")[0]))
    assert "X-424" not in text
    assert "2025-12-24" not in client.get(f"{PREFIXES[language]}/networks/it/").content.decode()
    assert page.xpath("//a/@href")
    for link in ("https://www.nis.example/odluka", "https://www.network.example/award"):
        assert page.xpath("//article//a[@href=$link]", link=link)
    # Five years in sight, the earlier ones behind a press
    lists = page.xpath("//section[@aria-labelledby='fees']//dl")
    assert [(len(each.xpath("./div")), bool(each.xpath("ancestor::details"))) for each in lists] == [
        (5, False),
        (2, True),
    ]


@pytest.mark.parametrize("name", [None, *LINES])
def test_of_what_is_empty_there_is_no_heading(client, name):
    make_network(slug="it", **({name: LINES[name]} if name else {}))
    page = opened(client, "/en/networks/it/")
    assert [heading for heading in page.xpath("//h2/@id") if heading in LINES] == ([name] if name else [])


# Where else they count


def test_an_earlier_period_is_membership_on_its_days(client):
    make_network_with_lines(slug="it")
    assert opened(client, "/en/?on=2001-05-01").xpath("//a[@href='/en/networks/it/']")
    assert not opened(client, "/en/?on=2005-05-01").xpath("//a[@href='/en/networks/it/']")


@in_each_language
def test_the_timeline_tells_of_periods_and_roles(client, language):
    make_network_with_lines()
    facts = text_of(opened(client, f"{PREFIXES[language]}/timeline/").xpath("//p[@class='timeline-facts']")[0])
    expected = {
        "sr": [
            "Раније члан: 1999. – јун 2003.",
            "Председавајући тела, Надзорни одбор",
            "Пуноправни члан: 2010. – данас",
        ],
        "sr-latn": ["Ranije član: 1999. – jun 2003.", "Predsedavajući tela, Nadzorni odbor"],
        "en": [
            "Earlier a member: 1999 – June 2003",
            "Chair of a body, Supervisory Board",
            "Full member: 2010 – today",
        ],
    }[language]
    assert [words for words in expected if words not in facts] == []


ODD_LINES = {
    "documents": [
        {"id": "1 <", "kind": "poem", "file": "odd"},
        {"id": "2", "title_sr": "Без врсте", "language": "??"},
    ],
    "roles": [{"id": "3", "role": "patron", "since": "soon"}, {"id": "4", "body_sr": "Одбор", "until": "31.2.2007"}],
    "periods": [{"id": "5", "left": "x"}, {"id": "6", "joined": "1999"}],
    "fees": [{"id": "7", "year": "soon", "amount": "a lot", "currency": "?"}, {"id": "8", "amount": "2"}],
    "activities": [{"id": "9", "kind": "party", "date": "31.2.2007"}],
}


def test_lines_that_no_form_would_take_break_nothing(client):
    """A script has written them, or an older version of the site."""
    make_network(slug="it", **ODD_LINES)
    files = [f"/{name}.csv" for name in LINES]
    pages = ["/networks/it/", "/en/networks/it/", "/timeline/", "/?on=2001-05-01"]
    for path in [*pages, *files, "/networks.json", "/networks.csv", "/networks.ttl", "/catalog.ttl"]:
        assert client.get(path).status_code == 200, path
