"""Finding a network: the best match first, the found words marked, and choices none of which leads nowhere."""

from contextlib import suppress
from datetime import date
from itertools import product
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from networks.models import SEARCHED, TRANSLATED, Network, Theme
from networks.page_store.version import raise_version
from networks.page_store.watch import Watch
from networks.partial_dates import PartialDate
from networks.public import highlighting, word_index
from networks.public.highlighting import highlight
from networks.public.search import SearchForm, SearchQuery
from networks.public.suggestions import ways_on
from networks.public.word_index import Match, parse
from networks.reading import Reader, Text
from networks.serbian import fold, is_cyrillic, occurrences, to_latin
from tests.makers import make_network, make_theme
from tests.pages import PREFIXES, in_each_language, in_latin_and_in_ci_in_each_language, opened, parsed, text_of
from tests.search_queries import EXPECTED, FINDS_NOTHING
from tests.test_word_forms import spellings

pytestmark = pytest.mark.sql

SERBIAN_TEXT = st.text(alphabet="абвђжљњџшčćžšđdjnl aеAЉ\u0301\u00ad.,&<", max_size=40)


def names(tree):
    return [text_of(each) for each in tree.xpath("//h3/a")]


def slugs(tree):
    return [href.rstrip("/").rpartition("/")[2] for href in tree.xpath(".//h3/a/@href")]


def search_query(query_string):
    form = SearchForm(QueryDict(query_string))
    return form.search_query(), form.errors


# Where the words stand


@given(SERBIAN_TEXT, st.text(alphabet="abvdjzlnšc", min_size=1, max_size=4))
def test_a_word_is_marked_exactly_where_search_finds_it(text, word):
    word = fold(word)
    places = occurrences(text, Match(frozenset(), part=word, is_anywhere=True).pattern)
    assert bool(places) == (word != "" and word in fold(text)) or " " in fold(text)
    for (_, end), (start, _) in zip(places, places[1:], strict=False):
        assert end < start
    for start, end in places:
        assert fold(text[start:end]), "a mark round nothing"


@given(SERBIAN_TEXT, st.lists(st.text(alphabet="abvdjzlnšc&<", min_size=1, max_size=3), max_size=3))
def test_marking_changes_no_letter(text, words):
    matches = [Match(frozenset(), part=fold(word)) for word in words]
    html = str(highlight(Text(text), matches))
    assert html.replace("<mark>", "").replace("</mark>", "") == str(highlight(Text(text), []))


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("Град Ниш", "niš", ["Ниш"]),
        ("Nis\u030c, NIŠ", "ниш", ["Nis\u030c", "NIŠ"]),
        ("Љубљана", "lj", ["Љ", "љ"]),
        ("Ђорђе, Djordje", "đ", ["Ђ", "ђ", "Dj", "dj"]),
        ("Стална конференција", "xyz", []),
    ],
)
def test_the_found_words_are_marked_in_either_script(text, word, found):
    pattern = Match(frozenset(), part=fold(word), is_anywhere=True).pattern
    assert [text[start:end] for start, end in occurrences(text, pattern)] == found


# Best first


def test_each_translated_field_is_searched_the_most_telling_first():
    assert {f"{name}_{language}" for name in TRANSLATED for language in ("sr", "en")} < {*SEARCHED}
    assert [*SEARCHED.values()] == sorted(SEARCHED.values(), reverse=True)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"acronym_sr": "МИР"}, {"name_sr": "Мир у свету"}),
        ({"name_sr": "Мир у свету"}, {"former_names": "Мир у свету"}),
        ({"name_sr": "Мир у свету"}, {"summary_sr": "За мир у свету."}),
        ({"summary_sr": "За мир у свету."}, {"description_sr": "<p>За мир у свету.</p>"}),
        ({"name_sr": "Градови за мир"}, {"name_sr": "Мировна мрежа"}),
        ({"name_sr": "Мрежа мира"}, {"name_sr": "Мировна мрежа"}),
        ({"name_en": "Mir"}, {"name_sr": "Мир и други"}),
    ],
    ids=str,
)
def test_the_better_match_stands_first(db, client, better, worse):
    make_network(slug="worse", position=1, **worse)
    make_network(slug="better", position=2, **better)
    for prefix in PREFIXES.values():
        assert slugs(opened(client, f"{prefix}/?q=мир")) == ["better", "worse"]


def test_equal_matches_stand_in_the_order_of_the_city(db, client):
    for position, slug in enumerate(["c", "a", "b"]):
        make_network(slug=slug, position=position, name_sr="Мрежа за мир")
    assert slugs(opened(client, "/?q=mir")) == ["c", "a", "b"]


def test_a_former_membership_that_is_found_says_so(db, client):
    make_network(slug="old", name_sr="Мир", status="left")
    assert "Left" in text_of(opened(client, "/en/?q=mir").xpath("//p[@class='meta']")[0])


# Showing why


@in_each_language
def test_found_words_are_marked_in_what_the_list_shows(nis, client, language):
    tree = opened(client, f"{PREFIXES[language]}/?q=gradonačelnici mir")
    assert {text_of(each).casefold() for each in tree.xpath("//h3//mark")} <= {
        "градоначелници",
        "gradonačelnici",
        "мир",
        "mir",
    }
    assert len(tree.xpath("//h3//mark")) == 2
    assert opened(client, f"{PREFIXES[language]}/").xpath("//mark") == []


@pytest.mark.parametrize(
    ("fields", "query", "label"),
    [
        ({"description_sr": "<p>Прва реч.</p><p>Друга тајанствена реч.</p>"}, "тајанствена", "Description"),
        ({"former_names": "Стари савез (1988–2001)\nЈош старији"}, "stari", "Former names"),
        ({"original_name": "Réseau", "original_language": "fr"}, "reseau", "Original name"),
        ({"benefit_sr": "Искуство."}, "iskustvo", "What the city gains"),
    ],
    ids=["description", "former names", "original name", "benefit"],
)
def test_words_found_elsewhere_are_shown_in_an_excerpt(db, client, fields, query, label):
    make_network(**fields)
    for prefix in PREFIXES.values():
        (excerpt,) = opened(client, f"{prefix}/?q={query}").xpath("//p[@class='excerpt']")
        assert fold(text_of(excerpt.xpath(".//mark")[0])) == fold(query)
        if prefix == "/en":
            assert text_of(excerpt).startswith(f"{label}: ")


def test_words_of_another_language_are_marked_as_such(db, client):
    make_network(name_sr="Мрежа", name_en="Network", description_sr="<p>Истина</p>", description_en="<p>Truth</p>")
    (found,) = opened(client, "/en/?q=istina").xpath("//p[@class='excerpt']/span")
    assert (found.get("lang"), text_of(found)) == ("sr-Latn", "Istina")
    (found,) = opened(client, "/?q=truth").xpath("//p[@class='excerpt']/span")
    assert (found.get("lang"), text_of(found)) == ("en", "Truth")


def test_an_excerpt_of_a_long_text_is_short_and_whole_words(db, client):
    make_network(description_sr=f"<p>{'реч ' * 400}игла {'сено ' * 400}</p>")
    (found,) = opened(client, "/?q=igla").xpath("//p[@class='excerpt']/span")
    said = text_of(found)
    assert len(said) < 200
    assert set(said.split()) == {"…", "реч", "игла", "сено"}


# Choices


def test_or_within_a_group_and_across_groups(nis, client):
    def count(query):
        return len(slugs(opened(client, f"/{query}")))

    assert count("?scope=european") + count("?scope=balkan") == count("?scope=european&scope=balkan")
    assert count("?scope=european&scope=balkan&theme=culture") == 1
    assert count("?theme=culture&theme=peace") == 3
    assert count("?scope=global&theme=culture&theme=energy") == 1


@pytest.mark.long
@pytest.mark.parametrize(
    "query",
    ["", "?q=mreža", "?scope=european", "?scope=european&theme=energy", "?q=grad&scope=global", "?on=2006-01-01"],
)
def test_every_choice_shows_as_many_as_it_says(nis, client, query):
    make_network(slug="left", status="left", left=PartialDate(2005), scope="global")
    tree = opened(client, f"/en/{query}")
    choices = tree.xpath("//dl//a[small]")
    assert choices
    for choice in choices:
        parts = dict(parse_qsl(urlsplit(choice.get("href")).query))
        shown = slugs(opened(client, choice.get("href")))
        assert shown, choice.get("href")
        if len(parse_qsl(urlsplit(choice.get("href")).query)) == len(parts):
            others = [each for each in tree.xpath("//dl//ul") if choice in each.iter()]
            chosen_there = others[0].xpath(".//a[@aria-current]")
            if not chosen_there:
                assert len(shown) == int(choice.xpath("small")[0].text)


def test_a_chosen_filter_can_be_taken_away(nis, client):
    (chosen,) = opened(client, "/en/?scope=balkan").xpath("//dl//a[small][@aria-current]")
    assert chosen.get("href") == "/en/"
    assert "selected; remove" in text_of(chosen)


def test_a_search_keeps_the_filters(nis, client):
    form = opened(client, "/en/?scope=balkan&scope=global&sort=name&on=2010-01-01").xpath("//form")[0]
    assert dict(form.form_values()) == {"q": "", "scope": "global", "sort": "name", "on": "2010-01-01"} or sorted(
        form.form_values()
    ) == [("on", "2010-01-01"), ("q", ""), ("scope", "balkan"), ("scope", "global"), ("sort", "name")]


@given(
    st.lists(st.sampled_from(["global", "european", "balkan", "national"])),
    st.lists(st.sampled_from(["culture", "peace"])),
    st.lists(st.sampled_from(["member", "left", "ended", "unknown"])),
    st.text(alphabet="abšđ &=?", max_size=8).map(str.strip),
    st.sampled_from(["", "name", "joined"]),
    st.sampled_from([None, date(2007, 5, 1)]),
)
def test_an_address_says_all_that_was_asked_and_always_alike(scope, theme, status, q, sort, on):
    order = list(Network.Scope.values), ["culture", "peace"], list(Network.Status.values)
    groups = [
        tuple(code for code in known if code in given)
        for known, given in zip(order, (scope, theme, status), strict=True)
    ]
    query = SearchQuery(q=q, scope=groups[0], theme=groups[1], status=groups[2], sort=sort, on=on)
    read, errors = search_query(query.query_string().removeprefix("?"))
    assert not errors
    assert read == query
    shuffled = "&".join(reversed(query.query_string().removeprefix("?").split("&")))
    assert search_query(shuffled)[0] == query
    assert query.toggle("scope", "balkan").toggle("scope", "balkan") == query


# Order


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("sr", ["Абак", "Велики", "Ђердап", "Жабљак", "Љиг"]),
        ("sr-latn", ["Abak", "Đerdap", "Ljig", "Veliki", "Žabljak"]),
    ],
)
def test_names_are_sorted_by_the_alphabet_on_show(db, client, language, expected):
    for name in ("Љиг", "Ђердап", "Велики", "Жабљак", "Абак"):
        make_network(name_sr=name)
    assert names(opened(client, f"{PREFIXES[language]}/?sort=name")) == expected


def test_the_first_year_is_that_of_the_earliest_membership_also_of_one_that_ended(db, client):
    make_network(joined=PartialDate(2007, 5), periods=[{"id": "1", "joined": "1971-03", "left": "1975"}])
    make_network(joined=PartialDate(1990))
    for path in ("/en/", "/en/?q=мрежа"):
        (year,) = opened(client, path).xpath("//dl[@class='figures']//a[span='By year']/b")
        assert text_of(year) == "1971", path


def test_by_year_of_joining_the_unknown_come_last(db, client):
    for slug, joined in {
        "c": None,
        "b": PartialDate(2007, 5),
        "a": PartialDate(2007),
        "d": PartialDate(1999),
    }.items():
        make_network(slug=slug, joined=joined)
    assert slugs(opened(client, "/?sort=joined")) == ["d", "a", "b", "c"]


def test_a_sorted_search_is_sorted_and_not_ranked(nis, client):
    found = names(opened(client, "/?q=градова&sort=name"))
    assert found == sorted(found, key=Reader("sr").sort_key)
    assert len(found) > 2


# As of a day


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("1999-12-31", {}),
        ("2003-06-01", {"Memberships on this day": ["glocal"], "Perhaps memberships on this day": ["energy"]}),
        ("2004-01-01", {"Memberships on this day": ["glocal", "energy"]}),
        ("2010-07-01", {"Memberships on this day": ["energy"], "Perhaps memberships on this day": ["glocal"]}),
        ("2011-01-01", {"Memberships on this day": ["energy"]}),
    ],
)
def test_the_list_as_of_a_day(db, client, day, expected):
    make_network(slug="glocal", position=1, joined=PartialDate(2002), left=PartialDate(2010), status="left")
    make_network(slug="energy", position=2, joined=PartialDate(2003))
    tree = opened(client, f"/en/?on={day}")
    assert {
        text_of(section.xpath("./h2")[0]): slugs(section) for section in tree.xpath("//section[@class='index']")
    } == expected


def test_a_membership_of_unknown_beginning_is_listed_apart(nis, client):
    tree = opened(client, "/en/?on=2005-01-01")
    headings = [text_of(each) for each in tree.xpath("//h2")]
    assert headings == ["Memberships on this day", "Not known since when"]


@pytest.mark.parametrize(
    ("day", "count"),
    [
        ("1899-01-01", "0 networks on 1 January 1899 · Not known since when: 2"),
        ("2003-06-01", "1 network on 1 June 2003 · Perhaps memberships on this day: 1 · Not known since when: 2"),
        ("2010-06-01", "2 networks on 1 June 2010 · Not known since when: 2"),
        ("", "4 networks"),
    ],
)
def test_on_a_day_only_what_is_known_is_counted_and_the_rest_is_named_apart(db, client, day, count):
    make_network(joined=PartialDate(2002))
    make_network(joined=PartialDate(2003))
    make_network()
    make_network()
    tree = opened(client, f"/en/?on={day}" if day else "/en/")
    assert text_of(tree.xpath("//p[@class='count']")[0]) == count


@pytest.mark.parametrize(
    "day", ["2007-02-30", "1.5.2007.", "May", "2999-01-01", "2007-05-01\0", "0000-00-00", "0999-01-01"]
)
def test_a_bad_day_is_told_beside_its_field(nis, client, day):
    for prefix in PREFIXES.values():
        response = client.get(f"{prefix}/", {"on": day})
        assert response.status_code == 400
        tree = parsed(response)
        assert tree.xpath("//*[@aria-invalid]/@aria-describedby") == ["on-error"]
        assert text_of(tree.get_element_by_id("on-error"))
        assert tree.xpath("//details/@open")


@pytest.mark.parametrize(
    "query", ["?status=gone", "?sort=size", "?scope=european&scope=mars", "?theme=a&theme=peace"]
)
def test_what_cannot_be_asked_is_told(nis, client, query):
    for prefix in PREFIXES.values():
        response = client.get(f"{prefix}/{query}")
        assert response.status_code == 400
        assert len(parsed(response).xpath("//p[@class='error']")) == 1


# Long lists


def test_a_long_list_has_pages(db, client):
    networks = [Network(slug=f"n{number}", name_sr=f"Мрежа {number}", is_published=True) for number in range(250)]
    Network.objects.bulk_create(networks)
    seen = []
    for number in (1, 2, 3):
        tree = opened(client, "/en/" if number == 1 else f"/en/?page={number}")
        seen += slugs(tree)
        (current,) = tree.xpath("//nav[@class='pager']//a[@aria-current='page']")
        assert text_of(current) == str(number)
        assert "250" in text_of(tree.xpath("//*[@role='status']")[0])
        links = {text_of(each): each.get("href") for each in tree.xpath("//nav[@class='pager']//a")}
        assert links == {"1": "/en/", "2": "/en/?page=2", "3": "/en/?page=3"}
        canonical = "http://testserver" + links[str(number)]
        assert tree.xpath("//link[@rel='canonical']/@href") == [canonical]
        assert canonical in tree.xpath("//link[@rel='alternate'][@hreflang='en']/@href")
    assert len(seen) == len({*seen}) == 250


@pytest.mark.parametrize(("query", "page"), [*product(["", "?q=mreža&"], ["0", "2", "-1", "x", "1e3", "9" * 50, ""])])
def test_a_page_that_there_is_not_is_not_found(nis, client, query, page):
    assert client.get(f"/{query or '?'}page={page}").status_code == 404


def test_pages_of_a_search_keep_the_search(db, client):
    Network.objects.bulk_create(
        [Network(slug=f"n{number}", name_sr="Мир", search_text="mir", is_published=True) for number in range(101)]
    )
    (link,) = opened(client, "/?q=mir").xpath("//nav[@class='pager']//a[text()='2']")
    assert link.get("href") == "/?q=mir&page=2"
    assert len(slugs(opened(client, link.get("href")))) == 1


# Whatever is asked


@pytest.mark.long
@given(
    st.dictionaries(
        st.sampled_from(["q", "scope", "theme", "status", "sort", "on", "page"]),
        st.one_of(st.text(max_size=12), st.sampled_from(["european", "peace", "member", "name", "2007-05-01", "1"])),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_is_answered(db, client, asked):
    assert client.get("/en/", asked).status_code in (200, 400, 404)


def test_a_theme_of_no_published_network_can_be_search_query(db, client):
    make_network()
    make_theme(slug="peace", name_sr="Мир", name_en="Peace")
    tree = opened(client, "/en/?theme=peace")
    (chosen,) = tree.xpath("//dl//a[small][@aria-current]")
    assert text_of(chosen).startswith("Peace 0")
    assert "No results" in text_of(tree.xpath("//main")[0])


def test_a_search_for_many_words_reads_each_text_once(db, client, monkeypatch):
    """Folding all texts of a page for each word took seconds, which is an attack in a hundred letters."""
    for _ in range(3):
        make_network(description_sr=f"<p>{'градови сарађују развијају ' * 200}</p>")
    folded = []
    monkeypatch.setattr(
        highlighting, "occurrences", lambda text, pattern: folded.append(len(text)) or occurrences(text, pattern)
    )
    opened(client, "/?q=grad adov dovi sara arađ rađu đuju razv azvi zvij vija jaju grad grad grad")
    assert 0 < sum(folded) < 3 * 5 * len("градови сарађују развијају " * 200)


def test_a_word_is_sought_once_however_often_it_is_typed():
    assert [term.words for term in parse("Ниш niš NIŠ грађани")] == [("nis",), ("gradani",)]


def test_rows_that_were_written_before_a_field_came_are_searched_field_by_field_again(db, client):
    for slug, fields in {"worse": {"description_sr": "<p>Мир.</p>"}, "better": {"acronym_sr": "МИР"}}.items():
        network = make_network(slug=slug, **fields)
        lines = network.search_text.split("\n")
        # As if the fields that count most were new
        Network.objects.filter(pk=network.pk).update(search_text="\n".join(lines[4:] + ["mir"]))
    call_command("migrate", verbosity=0)
    assert slugs(opened(client, "/?q=mir")) == ["better", "worse"]
    assert {each.search_text for each in Network.objects.all()} == {
        each.make_search_text() for each in Network.objects.all()
    }


# Words that are alike


def first_hits(spellings_of):
    """The queries that do not find first what they should, and how many queries there are."""
    queries = [(each, slugs) for query, slugs in EXPECTED for each in dict.fromkeys(spellings_of(query))]
    found = [(query, next(iter(word_index.find(query).entries), None), slugs) for query, slugs in queries]
    wrong = [query for query, first, slugs in found if first is None or first.facts.slug not in slugs]
    return wrong, len(queries)


@pytest.mark.long
def test_the_first_hit_is_the_right_one(nis):
    wrong, count = first_hits(lambda query: [query])
    assert count > 300
    assert len(wrong) <= 0.05 * count, wrong


def test_a_network_in_which_the_city_is_not_is_not_found(nis):
    queries = [each for query in FINDS_NOTHING for each in spellings(query)]
    assert [query for query in queries if word_index.find(query).entries] == []


@pytest.mark.exhaustive
def test_the_first_hit_is_the_right_one_in_each_script(nis):
    wrong, count = first_hits(spellings)
    assert len(wrong) <= 0.05 * count, wrong


@in_latin_and_in_ci_in_each_language
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("култура", {"avec", "league-of-historical-cities"}),
        ("prevencija", {"ecad"}),
        ("economic development", {"naled"}),
        ("балканска", {"balcinet", "multiethnic-cities"}),
        ("Hiroshima", {"mayors-for-peace"}),
        ("Strasbourg", {"alda"}),
    ],
)
def test_themes_scopes_and_foreign_names_are_searched(nis, client, language, query, expected):
    assert {*slugs(opened(client, f"{PREFIXES[language]}/?q={query}"))} == expected


def test_the_responsible_unit_is_searched_and_shown(db, client):
    make_network(responsible_unit="Канцеларија за међународну сарадњу")
    for prefix, shown in {"": "Канцеларија", "/sr-latn": "Kancelarija", "/en": "Kancelarija"}.items():
        (excerpt,) = opened(client, f"{prefix}/?q=kancelarije").xpath("//p[@class='excerpt']")
        assert text_of(excerpt.xpath(".//mark")[0]) == shown


DOCUMENTS = [
    {"id": "1", "kind": "statute", "title_sr": "Статут", "title_en": "Bylaws", "number": "И-77/2007"},
    {"id": "2", "kind": "report", "title_sr": "Правилник о раду"},
]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("bylaws", {"": "Bylaws", "/sr-latn": "Bylaws", "/en": "Bylaws"}),
        ("статут", {"": "Статут", "/sr-latn": "Statut", "/en": "Statut"}),
        ("И-77", {"": "И-77/2007", "/sr-latn": "I-77/2007", "/en": "I-77/2007"}),
        ("pravilnk", {"": "Правилник о раду", "/sr-latn": "Pravilnik o radu", "/en": "Pravilnik o radu"}),  # misspelt
    ],
)
def test_titles_and_numbers_of_documents_are_searched_and_shown(db, client, query, shown):
    make_network(documents=DOCUMENTS)
    for prefix, text in shown.items():
        excerpts = opened(client, f"{prefix}/?q={query}").xpath("//p[@class='excerpt']")
        assert text_of(excerpts[0]).endswith(text), prefix
        assert excerpts[0].xpath(".//mark")


@pytest.mark.parametrize(
    ("query", "marks"),
    [
        ("култури", {"културе", "култури", "култура"}),
        ("kulutra", {"културе", "култури", "култура"}),
        ("градовима културе", {"градова", "културе", "култури", "култура"}),
        ("European city", {"european", "cities"}),
    ],
)
def test_inflected_and_misspelt_words_are_marked(nis, client, query, marks):
    tree = opened(client, f"{'/en' if query.isascii() and ' ' in query else ''}/?q={query}")
    entry = tree.xpath("//li[.//a[contains(@href, '/avec/')]]")[0]
    assert {text_of(each).casefold() for each in entry.xpath(".//mark")} == marks


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("gradonacelnki", {"": "градоначелник", "/sr-latn": "gradonačelnik", "/en": "gradonačelnik"}),
        ("nuklaernog oruzja", {"": "нуклеарног", "/sr-latn": "nuklearnog", "/en": "nuklearnog"}),
        ("kultrua", {"": "култура", "/sr-latn": "kultura", "/en": "kultura"}),
        ("ХИРШИМА", {"": "Хирошима", "/sr-latn": "Hirošima", "/en": "Hirošima"}),
    ],
)
def test_what_was_meant_is_offered_in_the_script_of_the_page(nis, client, query, meant):
    for prefix in PREFIXES.values():
        tree = opened(client, f"{prefix}/?q={query}")
        (link,) = tree.xpath("//p[@class='meant']/a")
        assert text_of(link).partition(" ")[0] == meant[prefix]
        corrected = opened(client, link.get("href"))
        assert slugs(corrected)[:1] == slugs(tree)[:1] != []
        assert corrected.xpath("//p[@class='meant']") == []


@pytest.mark.parametrize("query", ["култура", "kult", "mrir", "Hiroshima", "«gradva kulture»"])
def test_nothing_else_is_offered_where_no_mistake_is_forgiven(nis, client, query):
    assert opened(client, f"/?q={query}").xpath("//p[@class='meant']") == []


def test_a_mistake_is_forgiven_only_where_nothing_else_is_found(db):
    right, near = make_network(name_sr="Градска мрежа"), make_network(name_sr="Градске цене")
    make_network(name_sr="Градина")
    assert [entry.facts.id for entry in word_index.find("цене").entries] == [near.pk]
    assert [entry.facts.id for entry in word_index.find("мрзежа").entries] == [right.pk]
    assert word_index.find("мрж").entries == []
    assert word_index.find("мржа").entries == []  # of four letters


@pytest.mark.parametrize("quotes", ['""', "„“", "„”", "“”", "«»", "»«", "””"])
def test_a_phrase_in_quotes_is_a_phrase(db, quotes):
    first, last = quotes
    whole = make_network(slug="first", name_sr="Савез градова културе", summary_sr="Друго")
    make_network(name_sr="Градови", summary_sr="За културу, без градова културе и градова. Културе има.")
    apart = make_network(name_sr="Градова", acronym_sr="Културе")
    assert apart.pk not in {entry.facts.id for entry in word_index.find(f"{first}gradova kulture{last}").entries}
    assert word_index.find(f"{first}gradova kulture{last}").entries[0].facts.id == whole.pk
    assert {entry.facts.id for entry in word_index.find(f"{first}gradova kulture").entries} >= {apart.pk}
    assert [entry.facts.id for entry in word_index.find(f"{first}gradova kulture{last} savez").entries] == [whole.pk]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("„Градови за мир“ Ниш", [("gradovi", "za", "mir"), ("nis",)]),
        ('мир "градови', [("mir",), ("gradovi",)]),
        ("«мир»", [("mir",)]),
        ('„“ "" \'', []),
        ("energy-cities", [("energy",), ("cities",)]),
        ("nis\u030c н\u00adи\u00adш", [("nis",)]),
    ],
)
def test_how_a_query_is_read(query, words):
    assert [term.words for term in parse(query)] == words


# Where nothing is found


@in_latin_and_in_ci_in_each_language
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=културни водовод", {"културни"}),
        ("q=историјат", {"историјских"}),
        ("q=градоначелништво", {"градоначелници"}),
        ("q=Стразбур Кјото", {"Стразбур", "Кјото"}),
        ("q=„градови културе“", {"градови културе"}),
        ("q=%25", set()),
    ],
    ids=["a word nowhere", "a word like others", "another", "words apart", "no phrase", "no word"],
)
def test_links_lead_on_to_as_many_networks_as_they_say(nis, client, language, query, expected):
    tree = opened(client, f"{PREFIXES[language]}/?{query}")
    assert slugs(tree) == []
    links = tree.xpath("//div[@class='empty']//li/a")
    assert len(links) >= 9  # the themes
    said = {text_of(link.xpath("span")[0]) for link in links}
    if language != "sr":
        assert not any(map(is_cyrillic, said))
        expected = {*map(to_latin, expected)}
    assert not expected or said & expected
    for link in links[:2] + links[-1:]:
        assert len(slugs(opened(client, link.get("href")))) == int(link.xpath("small")[0].text)


def test_filters_that_leave_nothing_can_be_left_out(nis, client):
    (link,) = opened(client, "/en/?q=peace&scope=national").xpath("//div[@class='empty']/p[small]/a")
    assert link.get("href") == "/en/?q=peace"
    assert len(slugs(opened(client, link.get("href")))) == int(link.xpath("../small")[0].text)


@pytest.mark.parametrize("prefix", PREFIXES.values())
def test_a_query_is_corrected_in_one_script(nis, client, prefix):
    (link,) = opened(client, f"{prefix}/?q=здрави гарадови").xpath("//p[@class='meant']/a")
    assert text_of(link) == ("здрави градови" if not prefix else "zdravi gradovi")


def test_a_network_that_is_taken_off_while_one_searches_breaks_nothing(nis):
    reader, query = Reader("en"), SearchQuery(q="историјат")
    found = word_index.find(query.q)
    Network.objects.update(is_published=False)
    assert "istorijskih" in {each.label for each in ways_on(query, found, reader).others}


# The index of each process


def contents(index):
    """What an index holds, with networks by their primary keys."""

    def keys(numbers):
        return sorted(index.entries[number].facts.id for number in numbers)

    return (
        [(entry.facts, sorted(entry.themes), entry.telling, entry.rest) for entry in index.entries.values()],
        {word: {place: keys(numbers) for place, numbers in having.items()} for word, having in index.places.items()},
        index.known,
        {language: {**stems} for language, stems in index.stems.items()},
        {**index.sounds},
        index.vocabulary,
        {key: (theme.slug, theme.name_sr, theme.name_en) for key, theme in index.themes.items()},
    )


@pytest.mark.long
def test_an_index_that_follows_changes_is_as_one_made_anew(nis):
    followed = word_index.WordIndex()
    peace, culture = Theme.objects.get(slug="peace"), Theme.objects.get(slug="culture")

    def change(slug, **values):
        network = Network.objects.get(slug=slug)
        for name, value in values.items():
            setattr(network, name, value)
        network.save()

    for step in (
        lambda: None,
        lambda: change("alda", name_sr="Сасвим другачије име", position=1000),
        lambda: change("sctm", is_published=False),
        lambda: make_network(slug="newest", name_sr="Хипопотами", themes=[peace, culture]),
        lambda: Network.objects.get(slug="avec").themes.set([peace]),
        lambda: Theme.objects.filter(pk=peace.pk).update(name_sr="Спокој"),
        lambda: culture.delete(),
        lambda: change("naled", scope="global", responsible_unit="Кабинет"),
        lambda: Network.objects.filter(slug__in=["newest", "ecad"]).delete(),
        lambda: change("sctm", is_published=True),
        lambda: Network.objects.all().delete(),
    ):
        step()
        raise_version()
        followed.refresh()
        anew = word_index.WordIndex()
        anew.refresh()
        assert contents(followed) == contents(anew)


def test_what_was_not_committed_is_not_kept(db, client):
    make_network(slug="first", name_sr="Први")
    with suppress(ZeroDivisionError), transaction.atomic():
        make_network(name_sr="Други")
        assert len(word_index.find("drugi").entries) == 1
        raise ZeroDivisionError
    assert word_index.find("drugi").entries == []
    assert len(word_index.find("prvi").entries) == 1


def test_the_first_search_after_a_change_takes_few_queries_more(nis, client):
    with mock.patch.object(Watch, "current_state"), CaptureQueriesContext(connection) as captured:
        client.get("/?q=mir")
    assert len(captured) <= 7
