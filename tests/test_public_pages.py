"""The citizens' pages, walked as a whole: each address, in each of the three forms."""

import gzip
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import lxml.html
import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from networks.models import CityProfile, Network
from networks.partial_dates import PartialDate
from networks.serbian import fold, to_latin
from tests.contents import EVERYTHING, INTERNAL_NOTE, TAGS
from tests.makers import LINES, make_network, make_page, make_profile, make_theme
from tests.pages import count_queries

PREFIXES = {"sr": "", "sr-latn": "/sr-latn", "en": "/en"}
CYRILLIC = re.compile("[\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f]")

IN_ENGLISH = {"avec", "ecad", "energy-cities", "league-of-historical-cities", "naled", "sctm"}
ONLY_IN_SERBIAN = {"alda", "balcinet", "glocal-forum", "mayors-for-peace", "multiethnic-cities"}
ALL_ELEVEN = IN_ENGLISH | ONLY_IN_SERBIAN

# What no link leads to, and what it answers.
UNLINKED = {
    "/?q=gradova&scope=european": 200,
    "/?q=xyzzy": 200,
    "/changes/": 200,
    "/changes/?page=2": 404,
    "/?scope=wrong": 400,
    "/?q=mir&theme=nowhere": 400,
    "/open-data/": 200,
    "/nowhere/": 404,
    "/networks/nowhere/": 404,
    "/pages/nowhere/": 404,
}


SHOWN_OF_EVERYTHING = {
    "sr": """
        Мрежа са свим подацима|МСП|Зна се све.|Опис са нагласком.|ставка|Љубљана|Искуство.|Réseau de tous les faits
        |Стара мрежа (1988–2001)|Old Network (2001–2004)|1987.|мај 2007.|31. децембра 2019.|everything.example
        |everything.example/members/nis|Одлука о приступању|2.025,50 EUR|Састанак у Нишу|Канцеларија за сарадњу
        |networks@nis.example|+381 18 504 000|Допис мреже од 1.3.2020.|1. марта 2025.|Здравље
    """,
    "sr-latn": """
        Mreža sa svim podacima|MSP|Zna se sve.|Opis sa naglaskom.|stavka|Ljubljana|Iskustvo.|Réseau de tous les faits
        |Stara mreža (1988–2001)|Old Network (2001–2004)|1987.|maj 2007.|31. decembra 2019.|everything.example
        |everything.example/members/nis|Odluka o pristupanju|2.025,50 EUR|Sastanak u Nišu|Kancelarija za saradnju
        |networks@nis.example|+381 18 504 000|Dopis mreže od 1.3.2020.|1. marta 2025.|Zdravlje
    """,
    "en": """
        Network with every fact|NEF|All is known.|Description with stress.|item|Ljubljana|Experience.
        |Réseau de tous les faits|Stara mreža (1988–2001)|Old Network (2001–2004)|1987|May 2007|31 December 2019
        |everything.example|everything.example/members/nis|Decision to join|2,025.50 EUR|Meeting in Niš
        |Kancelarija za saradnju|networks@nis.example|+381 18 504 000|Dopis mreže od 1.3.2020.|1 March 2025|Health
    """,
}


@dataclass(frozen=True)
class Answer:
    """What a path answered; `tree` is its page."""

    path: str
    response: HttpResponse

    @property
    def status(self):
        return self.response.status_code

    @property
    def tree(self):
        return tree_of(self.response)


def tree_of(response):
    if not hasattr(response, "tree"):
        response.tree = lxml.html.document_fromstring(response.content.decode())
    return response.tree


def ask(path, client=None):
    return Answer(path, (client or Client()).get(path))


def words(element):
    return " ".join(element.text_content().split())


def language_of(path):
    return next((language for language in ("sr-latn", "en") if path.startswith(f"/{language}/")), "sr")


def internal_links(tree, *, with_choices=True):
    """
    Where the page leads on this site, its canonical address and its other languages included.

    The filters of the list lead on to any choice of filters there is, so they are followed from the whole list only.
    """
    links = tree.xpath("//*[self::a or self::link][@href]")
    hrefs = (
        link.get("href").removeprefix("http://testserver")
        for link in links
        if with_choices or link.get("rel") != "nofollow"
    )
    paths = (href.partition("#")[0] for href in hrefs if re.match("/(?!/)", href))
    # Data are no pages; each such address is called like a file.
    paths = {path for path in paths if "." not in path.rpartition("/")[2]}
    return {path for path in paths if not path.startswith(("/static/", "/media/"))}


def element_with_id(tree, identifier):
    return tree.get_element_by_id(identifier)


def slugs(tree):
    """The networks in the list, in the order of the page."""
    return [href.rstrip("/").rpartition("/")[2] for href in tree.xpath(".//h3/a/@href")]


def language_switch(tree):
    """The link to each other form that is offered, by its language tag."""
    return {link.get("hreflang"): link.get("href") for link in tree.xpath("//nav[@class='languages']//a")}


def alternates(tree):
    return {link.get("hreflang"): link.get("href") for link in tree.xpath("//link[@rel='alternate'][@hreflang]")}


# Worlds to walk through


def content_of_nis():
    call_command("loaddata", "nis", verbosity=0)


def nothing():
    """A site on its first day: no city, no network, no page."""


def extremes():
    """Rows with all there can be, with as little as there can be, and with parts missing."""
    make_profile(email="office@nis.example", phone="+381 18 504 000")
    health = make_theme(slug="health", name_sr="Здравље", name_en="Health")
    make_network(themes=[health, make_theme()], **EVERYTHING, **LINES)
    with_logo = make_network(slug="logo", joined=PartialDate(2003))
    Network.objects.filter(pk=with_logo.pk).update(logo="logos/logo.png", logo_width=640, logo_height=480)
    make_network(slug="only-a-name")
    make_network(slug="only-an-english-name-more", name_en="Named in English")
    make_network(slug="english-but-its-acronym", name_en="In English", summary_en="So is this.", acronym_sr="КСС")
    make_network(slug="english-summary-alone", summary_en="A summary.", summary_sr="Сажетак.")
    make_network(slug="three", name_sr="ЕКО")
    make_network(slug="two-hundred", name_sr="Удружење " * 22 + "Ђ", acronym_sr="ЉЊЏ" * 6)
    make_network(slug="ended", status="ended")
    make_network(slug="unknown", status="unknown")
    make_network(slug="quotes", name_sr="Мрежа „А&Б“ <i>\"'", summary_sr="<b>1 < 2</b> & 'тако'")
    make_network(slug="hidden", name_sr="Необјављена мрежа", is_published=False)
    make_page(slug="empty", body_sr="")
    make_page(slug="hidden", title_sr="Необјављена страница", is_published=False)


WORLDS = {"nis": content_of_nis, "nothing": nothing, "extremes": extremes}


@pytest.fixture(scope="session")
def worlds(django_db_setup, django_db_blocker):
    """Each world's answers, from following every link once, by language."""
    walked = {}
    for name, fill in WORLDS.items():
        with django_db_blocker.unblock(), transaction.atomic():
            fill()
            walked[name] = follow_every_link()
            transaction.set_rollback(True)
    return walked


def follow_every_link():
    client = Client()
    answers = {language: [] for language in PREFIXES}
    seen = set()
    waiting = [prefix + path for prefix, path in product(PREFIXES.values(), ["/", *UNLINKED])]
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = ask(path, client)
        answers[language_of(path)].append(answer)
        waiting += sorted(internal_links(answer.tree, with_choices="?" not in path))
    return answers


@pytest.fixture(params=product(WORLDS, PREFIXES), ids="-".join)
def walk(request, worlds):
    """All pages of one world in one language."""
    world, language = request.param
    return worlds[world][language]


@pytest.fixture(params=PREFIXES)
def language(request):
    return request.param


@pytest.fixture
def prefix(language):
    return PREFIXES[language]


@pytest.mark.exhaustive
def test_the_walk_reaches_every_page_of_nis(worlds, language, prefix):
    paths = {answer.path for answer in worlds["nis"][language]}
    assert paths >= {f"{prefix}/"}
    assert paths >= {f"{prefix}/networks/{slug}/" for slug in ALL_ELEVEN}
    assert paths >= {f"{prefix}/pages/{slug}/" for slug in ("about", "privacy")}


# What holds on every page. Each test names the pages where it does not.


def test_every_link_leads_to_a_page_and_bad_requests_are_told_so(walk):
    prefix = PREFIXES[language_of(walk[0].path)]
    expected = {prefix + path: status for path, status in UNLINKED.items()}
    assert {each.path: each.status for each in walk if each.status != expected.get(each.path, 200)} == {}


@pytest.mark.exhaustive
def test_the_html_checker_finds_no_fault(db, worlds, tmp_path):
    """By the Nu checker, which knows the standard of today: https://validator.github.io/validator/."""
    checker = os.environ.get("NU_HTML_CHECKER")
    if not checker or not shutil.which("java"):
        reason = "NU_HTML_CHECKER does not name the jar of the Nu HTML checker, or there is no Java"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    pages = [answer for world in worlds.values() for answers in world.values() for answer in answers]
    pages = [answer for answer in pages if "html" in answer.response.headers.get("Content-Type", "")]
    for number, answer in enumerate(pages):
        (tmp_path / f"{number}.html").write_bytes(answer.response.content)
    (tmp_path / "bad.html").write_text("<p>", encoding="utf-8")
    command = ["java", "-jar", checker, "--errors-only", "--format", "json", str(tmp_path)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    wrong = {}
    for message in json.loads(checked.stderr)["messages"]:
        wrong.setdefault(message["url"].rpartition("/")[2], []).append(message["message"])
    assert wrong.pop("bad.html"), "the checker has looked at nothing"
    assert {pages[int(name.partition(".")[0])].path: messages for name, messages in wrong.items()} == {}


def test_pages_name_their_language(walk):
    tag = TAGS[language_of(walk[0].path)]
    said = {
        each.path: (each.tree.get("lang"), each.response["Content-Language"])
        for each in walk
        if (each.tree.get("lang"), each.response["Content-Language"]) != (tag, tag)
    }
    assert said == {}


def test_pages_have_one_main_heading_and_skip_no_level(walk):
    for each in walk:
        levels = [int(heading.tag[1]) for heading in each.tree.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
        assert levels[0] == 1, each.path
        assert levels.count(1) == 1, each.path
        assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False)), each.path


def test_only_the_link_to_cyrillic_is_cyrillic_on_latin_pages(walk):
    if language_of(walk[0].path) == "sr":
        assert all(CYRILLIC.search(words(each.tree)) for each in walk)
        return
    found = {}
    for each in walk:
        for element in each.tree.iter():
            texts = [element.text, element.tail, *element.attrib.values()]
            if element.tag == "a" and element.get("hreflang") == "sr-Cyrl":
                texts.remove("Ћирилица")
            found.update({(each.path, text): element.tag for text in texts if text and CYRILLIC.search(text)})
    assert found == {}


def test_nothing_is_loaded_from_another_host(walk):
    query = "//script/@src | //img/@src | //img/@srcset | //source/@srcset | //iframe/@src | //form/@action"
    for each in walk:
        loaded = each.tree.xpath(f"{query} | //link[not(@rel='canonical' or @rel='alternate')]/@href")
        assert [url for url in loaded if not re.match("/(?!/)", url)] == [], each.path
        own = each.tree.xpath("//link[@rel='canonical' or @rel='alternate']/@href")
        assert [url for url in own if not url.startswith("http://testserver/")] == [], each.path


def test_what_pages_load_is_there(walk):
    files = {url for each in walk for url in each.tree.xpath("//link/@href | //script/@src") if "/static/" in url}
    assert files
    assert [url for url in files if not finders.find(url.removeprefix("/static/"))] == []


def test_pages_carry_no_style_or_script_of_their_own(walk):
    for each in walk:
        assert each.tree.xpath("//style | //@style | //script[not(@src or @type='application/ld+json')]") == [], (
            each.path
        )
        assert each.tree.xpath("//@*[starts-with(name(), 'on')]") == [], each.path


def test_pages_set_no_cookie_and_are_the_same_for_all(walk):
    for each in walk:
        assert not each.response.cookies, each.path
        assert "Set-Cookie" not in each.response.headers, each.path
        varied_by = {name.strip().lower() for name in each.response.headers.get("Vary", "").split(",")}
        assert varied_by <= {"accept-encoding"}, each.path


def test_no_page_says_none(walk):
    for each in walk:
        said = each.tree.xpath("//text() | //@*")
        assert [text for text in said if re.search(r"(?<!If-)\bNone\b", text)] == [], each.path


NEVER_EMPTY = (
    *("title", "h1", "h2", "h3", "h4", "h5", "h6", "p", "address", "nav", "ul", "ol", "li", "dl", "dt", "dd"),
    *("a", "span", "strong", "em", "label", "button", "option"),
)


def test_no_element_is_empty(walk):
    for each in walk:
        empty = [
            lxml.html.tostring(element).decode()
            for element in each.tree.iter(*NEVER_EMPTY)
            if not element.text_content().strip() and not element.xpath(".//img | .//svg")
        ]
        assert empty == [], each.path


def test_every_label_has_its_fact(walk):
    for each in walk:
        for term in each.tree.iter("dt"):
            following = term.getnext()
            assert following is not None, (each.path, words(term))
            assert following.tag == "dd", (each.path, words(term))


def test_ids_are_unique_and_references_to_them_lead_somewhere(walk):
    attributes = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
    query = " | ".join(f"//@{name}" for name in attributes)
    for each in walk:
        ids = Counter(each.tree.xpath("//@id"))
        assert [name for name, count in ids.items() if count > 1] == [], each.path
        fragments = [href.removeprefix("#") for href in each.tree.xpath("//a/@href") if href.startswith("#")]
        assert {*fragments, *" ".join(each.tree.xpath(query)).split()} <= {*ids}, each.path


def test_the_first_link_skips_to_the_content(walk):
    for each in walk:
        first = each.tree.xpath("//body//*[self::a or self::button or self::input]")[0]
        target = element_with_id(each.tree, first.get("href").removeprefix("#"))
        assert target.tag == "main", each.path
        assert target.xpath(".//h1"), each.path


def test_every_control_has_a_label(walk):
    for each in walk:
        for control in each.tree.xpath("//input[not(@type='hidden')] | //select | //textarea"):
            label = each.tree.xpath("//label[@for=$name]", name=control.get("id"))
            assert [bool(words(element)) for element in label] == [True], each.path


def test_landmarks_of_one_kind_have_names_that_differ(walk):
    for each in walk:
        names = [element.get("aria-label") for element in each.tree.iter("nav")]
        assert all(names), each.path
        assert len(set(names)) == len(names), each.path
        assert len(each.tree.xpath("//main")) == 1, each.path


def test_images_tell_their_size_and_what_they_show(walk):
    for each in walk:
        for image in each.tree.iter("img"):
            assert {"alt", "width", "height"} <= {*image.attrib}, each.path


def test_titles_differ_from_page_to_page(walk):
    lists = {"/", "/sr-latn/", "/en/"}
    titles = Counter(
        words(next(each.tree.iter("title")))
        for each in walk
        if each.status == 200 and urlsplit(each.path).path not in lists
    )
    assert [title for title, count in titles.items() if count > 1] == []


def test_pages_of_what_is_missing_are_not_for_search_engines(walk):
    robots = "//meta[@name='robots']/@content"
    assert [each.path for each in walk if (each.tree.xpath(robots) == ["noindex"]) != (each.status == 404)] == []


def test_the_current_form_is_marked_and_is_no_link(walk):
    tag = TAGS[language_of(walk[0].path)]
    for each in walk:
        current = each.tree.xpath("//nav[@class='languages']//*[@aria-current]")
        assert [element.get("lang") for element in current] == [tag], each.path
        assert tag not in language_switch(each.tree), each.path


def test_forms_stand_in_their_order_with_their_own_names(walk):
    for each in walk:
        forms = each.tree.xpath("//nav[@class='languages']//li/*")
        names = [(form.get("lang"), (form.text or "").strip()) for form in forms]
        assert names == [("sr-Cyrl", "Ћирилица"), ("sr-Latn", "Latinica"), ("en", "English")], each.path


def test_a_page_speaks_of_the_same_networks_in_each_form(worlds):
    for world in worlds.values():
        listed = [slugs(answers[0].tree) for answers in world.values()]
        assert listed[0] == listed[1] == listed[2]


def test_visitors_with_cookies_and_preferences_get_the_same_page(nis, client, language, prefix):
    client.cookies["django_language"] = "en" if language == "sr" else "sr"
    headers = {"accept-language": "sr-latn" if language == "en" else "en"}
    for path in ("/", "/networks/avec/", "/pages/about/"):
        assert client.get(prefix + path, headers=headers).content == Client().get(prefix + path).content


def test_a_request_for_the_head_alone_is_answered(nis, client, prefix):
    for path in ("/", "/networks/avec/", "/pages/about/"):
        response = client.head(prefix + path)
        assert (response.status_code, response.content) == (200, b"")


# Languages


def page_of(worlds, path, world="nis"):
    return next(each.tree for each in worlds[world][language_of(path)] if each.path == path)


def test_every_form_lists_all_eleven_in_the_order_of_the_city(worlds, prefix):
    assert slugs(page_of(worlds, f"{prefix}/")) == [
        "avec",
        "alda",
        "balcinet",
        "ecad",
        "energy-cities",
        "glocal-forum",
        "league-of-historical-cities",
        "mayors-for-peace",
        "multiethnic-cities",
        "naled",
        "sctm",
    ]


def test_the_english_list_shows_six_in_english_and_five_in_marked_serbian_latin(worlds):
    entries = {
        link.get("href").split("/")[-2]: (link.get("lang"), bool(entry.xpath(".//*[@class='notice']")))
        for entry in page_of(worlds, "/en/").xpath("//section//li")
        for link in entry.xpath(".//h3/a")
    }
    assert {slug for slug, marks in entries.items() if marks == (None, False)} == IN_ENGLISH
    assert {slug for slug, marks in entries.items() if marks == ("sr-Latn", True)} == ONLY_IN_SERBIAN


@pytest.mark.parametrize("slug", sorted(ONLY_IN_SERBIAN))
def test_a_network_only_in_serbian_is_shown_in_latin_with_a_notice(worlds, slug):
    english, latin = (page_of(worlds, f"{prefix}/networks/{slug}/") for prefix in ("/en", "/sr-latn"))
    for query in ("//h1", "//*[@class='lead']", "//*[@class='prose']"):
        (shown,), (original,) = english.xpath(query), latin.xpath(query)
        assert shown.get("lang") == "sr-Latn"
        assert words(shown) == words(original)
    assert english.xpath("//meta[@name='description']/@lang") == ["sr-Latn"]
    assert len(english.xpath("//*[@class='notice']")) == 1


@pytest.mark.parametrize("slug", sorted(ONLY_IN_SERBIAN))
def test_a_network_only_in_serbian_is_not_offered_in_english(worlds, slug):
    path = f"/networks/{slug}/"
    for prefix in ("", "/sr-latn"):
        tree = page_of(worlds, prefix + path)
        assert "en" not in language_switch(tree)
        assert alternates(tree).keys() == {"sr-Cyrl", "sr-Latn", "x-default"}
    english = page_of(worlds, f"/en{path}")
    assert language_switch(english) == {"sr-Cyrl": path, "sr-Latn": f"/sr-latn{path}"}
    assert alternates(english) == {}
    assert english.xpath("//link[@rel='canonical']/@href") == [f"http://testserver{path}"]


def test_nobody_names_an_english_page_that_is_not_in_english(worlds):
    named = {
        urlsplit(url).path
        for answers in worlds["nis"].values()
        for each in answers
        for url in each.tree.xpath("//link[@rel='canonical' or @rel='alternate']/@href")
    }
    assert not named & {f"/en/networks/{slug}/" for slug in ONLY_IN_SERBIAN}
    assert named >= {f"/en/networks/{slug}/" for slug in IN_ENGLISH}


@pytest.mark.parametrize(
    "path", ["/", "/pages/about/", "/pages/privacy/", *(f"/networks/{slug}/" for slug in sorted(IN_ENGLISH))]
)
def test_pages_in_all_forms_name_each_other_and_themselves(worlds, path):
    site = "http://testserver"
    expected = {
        "sr-Cyrl": site + path,
        "sr-Latn": f"{site}/sr-latn{path}",
        "en": f"{site}/en{path}",
        "x-default": site + path,
    }
    for prefix in PREFIXES.values():
        tree = page_of(worlds, prefix + path)
        assert alternates(tree) == expected
        assert tree.xpath("//link[@rel='canonical']/@href") == [site + prefix + path]
        assert tree.xpath("//*[@class='notice']") == [] or path == "/"


def test_the_canonical_address_of_a_filtered_list_is_the_whole_list(worlds, prefix):
    tree = page_of(worlds, f"{prefix}/?q=gradova&scope=european")
    assert tree.xpath("//link[@rel='canonical']/@href") == [f"http://testserver{prefix}/"]


@pytest.mark.parametrize("slug", ["only-an-english-name-more", "english-but-its-acronym", "everything"])
def test_nothing_is_called_untranslated_where_all_that_was_written_is_in_english(worlds, slug):
    tree = page_of(worlds, f"/en/networks/{slug}/", world="extremes")
    assert tree.xpath("//*[@class='notice']") == []
    entries = page_of(worlds, "/en/", world="extremes").xpath("//section//li")
    (entry,) = (entry for entry in entries if entry.xpath(f".//h3/a[contains(@href, '{slug}')]"))
    assert entry.xpath(".//*[@class='notice']") == []


def test_the_breadcrumb_is_marked_with_the_language_of_its_own_words(worlds):
    tree = page_of(worlds, "/en/networks/english-but-its-acronym/", world="extremes")
    (here,) = tree.xpath("//nav[@class='breadcrumb']//*[@aria-current]")
    assert (words(here), here.get("lang")) == ("KSS", "sr-Latn")


@pytest.mark.parametrize(
    ("language_code", "original_name"),
    [
        ("sr", "Савез градова Србије"),
        ("mk", "Заедница на единиците на локалната самоуправа"),
        ("bg", "Национално сдружение на общините в Република България"),
        ("ru", "Союз городов: ещё ближе, подъём"),
    ],
    ids=["sr", "mk", "bg", "ru"],
)
def test_an_original_name_in_cyrillic_is_latin_on_the_latin_page(db, client, language_code, original_name):
    make_network(slug="it", original_name=original_name, original_language=language_code)
    shown = {
        prefix: tree_of(client.get(f"{prefix}/networks/it/")).xpath("//dl/div[contains(dt, '(')]/dd")
        for prefix in ("", "/sr-latn")
    }
    assert [words(element) for element in shown[""]] == [original_name]
    assert [bool(CYRILLIC.search(words(element))) for element in shown["/sr-latn"]] == [False]


# Search and filters


def ask_each_form(client, **query):
    """Yield the prefix, the answer and the tree of the list, asked the same in each form."""
    for prefix in PREFIXES.values():
        response = client.get(f"{prefix}/?{urlencode(query)}")
        yield prefix, response, tree_of(response)


def found(client, **query):
    """The networks that are found with a query, by the prefix of the form."""
    return {prefix: set(slugs(tree)) for prefix, response, tree in ask_each_form(client, **query)}


def in_each_form(slugs):
    return dict.fromkeys(PREFIXES.values(), slugs)


def readable(value):
    """The name of a test's parameter, where pytest would write escapes or nothing at all."""
    # A set has no order, and another one in each process.
    value = sorted(value) if isinstance(value, set) else value
    return urlencode(value if isinstance(value, dict) else {"": value})[:30]


def chosen(tree, name):
    """What stands in a field of the form."""
    return "".join(tree.xpath(f"//input[@name='{name}']/@value"))


@pytest.mark.long
@pytest.mark.parametrize(
    ("expected", "spellings"),
    [
        ({"mayors-for-peace", "ecad"}, ["градоначелници", "gradonacelnici", "Gradonačelnici", "GRADONAČELNICI"]),
        ({"mayors-for-peace", "ecad"}, ["ГРАДОНАЧЕЛНИЦИ", "gradonac\u030celnici", "грaдoнaчeлници"]),
        ({"mayors-for-peace"}, ["Њујорк", "Njujork", "NJUJORK", "njujork"]),
        ({"sctm"}, ["SKGO", "СКГО", "SCTM", "skgo", "sctm"]),
        ({"sctm"}, ["stalna konferencija", "Конференција стална", "  стална   конференција "]),
        ({"sctm"}, ["Towns Standing", "standing towns", "towns стална"]),
        ({"naled"}, ["Вашингтон", "Vašington", "vasington"]),
        (set(), ["xyzzy", "градоначелници xyzzy"]),
    ],
    ids=["mayors", "mayors oddly spelt", "New York", "acronyms", "words", "English words", "Washington", "nothing"],
)
def test_all_spellings_find_the_same_in_each_form(nis, client, expected, spellings):
    assert {spelling: found(client, q=spelling) for spelling in spellings} == dict.fromkeys(
        spellings, in_each_form(expected)
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"scope": "national"}, {"naled", "sctm"}),
        ({"theme": "culture"}, {"avec", "league-of-historical-cities"}),
        ({"scope": "global", "theme": "culture"}, {"league-of-historical-cities"}),
        ({"scope": "global", "theme": "culture", "q": "кјото"}, {"league-of-historical-cities"}),
        ({"scope": "national", "theme": "culture"}, set()),
        ({"scope": "national", "q": "gradonačelnici"}, set()),
        ({"scope": "", "theme": "", "q": " "}, ALL_ELEVEN),
    ],
    ids=readable,
)
def test_filters_narrow_the_list_together(nis, client, query, expected):
    assert found(client, **query) == in_each_form(expected)


@pytest.mark.parametrize(
    "query",
    [
        {"scope": "national"},
        {"theme": "culture"},
        {"scope": "global", "theme": "peace", "q": "mir"},
        {"scope": "national", "q": "gradonačelnici"},
        {"theme": "culture", "q": "xyzzy"},
    ],
    ids=readable,
)
def test_the_form_shows_what_was_asked_and_offers_a_way_back(nis, client, query):
    for prefix, _response, tree in ask_each_form(client, **query):
        shown = {name: chosen(tree, name) for name in ("q", "scope", "theme")}
        assert {name: value for name, value in shown.items() if value} == query, prefix
        assert tree.xpath("//a[@class='reset']/@href") == [f"{prefix}/"]


def test_the_whole_list_needs_no_way_back(nis, client):
    for _prefix, _response, tree in ask_each_form(client):
        assert tree.xpath("//a[@class='reset']") == []


@pytest.mark.parametrize(
    "query",
    [{"q": "Ниш & мир"}, {"q": "gradonačelnici", "scope": "global", "theme": "peace"}, {"theme": "culture"}],
    ids=readable,
)
def test_the_language_switch_keeps_what_was_asked(nis, client, query):
    for _prefix, _response, tree in ask_each_form(client, **query):
        switch = language_switch(tree)
        assert len(switch) == 2
        for url in switch.values():
            assert parse_qs(urlsplit(url).query) == {name: [value] for name, value in query.items()}
            assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    ("query", "number"), [({}, 11), ({"scope": "national"}, 2), ({"q": "SKGO"}, 1)], ids=["all", "two", "one"]
)
def test_the_number_of_results_is_told(nis, client, query, number):
    for _prefix, _response, tree in ask_each_form(client, **query):
        (said,) = tree.xpath("//*[@role='status']")
        assert re.search(r"\d+", words(said))[0] == str(number)


def test_no_result_is_explained_with_a_way_out(nis, client):
    for prefix, _response, tree in ask_each_form(client, q="xyzzy"):
        (explanation,) = tree.xpath("//main//div[@class='empty']")
        assert len(words(explanation)) > 40
        assert explanation.xpath("./p/a/@href") == [f"{prefix}/"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("q", "мир" * 50),
        ("q", "a" * 10_000),
        ("q", "mi\0r"),
        ("scope", "mars"),
        ("scope", "european\0"),
        ("scope", "<b>"),
        ("theme", "nowhere"),
        ("theme", "not a slug!"),
        ("theme", "culture\0"),
        ("theme", "a" * 60),
    ],
    ids=readable,
)
def test_a_bad_request_is_told_beside_its_field_and_keeps_the_rest(nis, client, field, value):
    others = {"q": "gradova", "scope": "european", "theme": "culture"}
    del others[field]
    for prefix, response, tree in ask_each_form(client, **others, **{field: value}):
        assert response.status_code == 400
        assert tree.xpath("//*[@class='error']/@id") == [f"{field}-error"]
        assert tree.xpath("//*[@aria-invalid='true']/@name") == (["q"] if field == "q" else [])
        message = words(element_with_id(tree, f"{field}-error"))
        assert len(message) > 10
        assert not prefix or not CYRILLIC.search(message)
        assert {name: chosen(tree, name) for name in others} == others
        assert tree.xpath("//a[@class='reset']/@href") == [f"{prefix}/"]


@pytest.mark.parametrize("typed", ["мир" * 50, "a" * 10_000], ids=["words", "word"])
def test_a_search_that_is_too_long_is_still_there(nis, client, typed):
    for _prefix, _response, tree in ask_each_form(client, q=typed):
        assert chosen(tree, "q") == typed


def test_every_bad_field_has_its_own_error(nis, client):
    for _prefix, response, tree in ask_each_form(client, q="a" * 101, scope="mars", theme="nowhere"):
        assert response.status_code == 400
        assert tree.xpath("//*[@class='error']/@id") == ["q-error", "scope-error", "theme-error"]


def test_a_null_byte_is_not_sent_back(nis, client):
    """HTML has no such character, and each browser reads it in its own way."""
    for query in ({"q": "mi\0r"}, {"scope": "european\0"}, {"theme": "culture\0"}):
        for prefix, response, _tree in ask_each_form(client, **query):
            assert response.status_code == 400
            assert b"\0" not in response.content, (prefix, query)


@pytest.mark.long
@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' OR 1=1 --",
        "{{ 7|add:7 }} {% now 'Y' %}",
        "&lt;b&gt; &amp;",
        "%",
        "_",
        "\\",
        "a\\_b%",
    ],
)
def test_what_is_typed_stays_plain_text(nis, client, typed):
    for prefix, response, tree in ask_each_form(client, q=typed):
        harmless = tree_of(client.get(f"{prefix}/?q=xyzzy"))
        assert response.status_code == 200
        assert slugs(tree) == []
        assert chosen(tree, "q") == typed
        for each in (tree, harmless):  # without the similar searches, which differ
            for part in each.xpath("//div[@class='empty']/*[self::h3 or self::ul]"):
                part.drop_tree()
        assert Counter(element.tag for element in tree.iter()) == Counter(element.tag for element in harmless.iter())


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("100%", {"percent"}),
        ("доња_црта", {"underscore"}),
        ("d'artanjan", {"quote"}),
        ("%", set()),
        ("_", set()),
        ("\\", set()),
        ("'", set()),
    ],
)
def test_signs_are_no_words_and_mean_nothing_to_a_database(db, client, typed, expected):
    make_network(slug="percent", name_sr="Сто посто 100%")
    make_network(slug="underscore", name_sr="Доња_црта")
    make_network(slug="backslash", name_sr="Коса \\ црта")
    make_network(slug="quote", name_sr="Д'Артањан")
    assert found(client, q=typed) == in_each_form(expected)


@pytest.mark.long
@given(st.text(max_size=110), st.sampled_from(["q", "scope", "theme"]), st.sampled_from([*PREFIXES.values()]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_answered(db, client, typed, field, prefix):
    response = client.get(f"{prefix}/", {field: typed, "pismo": "?"})
    assert response.status_code in (200, 400)
    assert len(tree_of(response).xpath("//h1")) == 1


# What is published


def test_what_is_not_published_is_named_nowhere(worlds):
    for answers in worlds["extremes"].values():
        for each in answers:
            assert not re.search("Необјављен|Neobjavljen", each.response.content.decode()), each.path
            assert not [link for link in internal_links(each.tree) if link.endswith("/hidden/")], each.path


def test_what_is_not_published_has_no_page_and_is_not_found(db, client):
    theme = make_theme(slug="secret", name_sr="Тајна")
    make_network(slug="hidden", name_sr="Скривена", scope="balkan", themes=[theme], is_published=False)
    make_page(slug="hidden", is_published=False)
    for prefix in PREFIXES.values():
        assert client.get(f"{prefix}/networks/hidden/").status_code == 404
        assert client.get(f"{prefix}/pages/hidden/").status_code == 404
    for query in ({"q": "скривена"}, {"scope": "balkan"}, {"theme": "secret"}):
        assert found(client, **query) == in_each_form(set())
    for _prefix, _response, tree in ask_each_form(client):
        assert not {"secret", "balkan"} & {*tree.xpath("//option/@value")}


def test_former_and_unknown_memberships_stand_under_their_own_headings(db, client):
    for position, status in enumerate(["left", "unknown", "member", "ended"]):
        make_network(slug=status, status=status, position=position)
    for _prefix, _response, tree in ask_each_form(client):
        sections = tree.xpath("//section")
        assert [slugs(section) for section in sections] == [["member"], ["unknown"], ["left", "ended"]]
        headings = [section.xpath(".//h2")[0] for section in sections]
        assert [section.get("aria-labelledby") for section in sections] == [each.get("id") for each in headings]
        assert len({words(heading) for heading in headings}) == 3


@pytest.mark.parametrize("status", Network.Status.values)
def test_the_page_of_a_former_membership_says_so(db, client, status):
    make_network(slug="it", status=status)
    for prefix in PREFIXES.values():
        tree = tree_of(client.get(f"{prefix}/networks/it/"))
        # And of one of which nobody knows whether it lasts, that.
        assert bool(tree.xpath("//*[@class='former']")) == (status != "member")


# How much there is to say


def test_every_public_fact_is_on_the_page(worlds, language, prefix):
    page = page_of(worlds, f"{prefix}/networks/everything/", world="extremes")
    shown = words(page.xpath("//main")[0])
    expected = [" ".join(text.split()) for text in SHOWN_OF_EVERYTHING[language].split("|")]
    assert [text for text in expected if text not in shown] == []
    assert {str(href) for href in page.xpath("//main//a/@href")} >= {
        EVERYTHING["website"],
        EVERYTHING["membership_page"],
        "mailto:networks@nis.example",
        "tel:+38118504000",
        f"{prefix}/?scope=european",
        f"{prefix}/?theme=health",
    }


@pytest.mark.long
def test_the_internal_note_is_on_no_page_and_is_not_searched(worlds, db, client):
    note = fold(INTERNAL_NOTE)
    for answers in worlds["extremes"].values():
        assert [each.path for each in answers if note in fold(each.response.content.decode())] == []
    make_network(**EVERYTHING)
    assert [path for path in ("/sitemap.xml", "/robots.txt") if note in fold(client.get(path).content.decode())] == []
    for typed in (INTERNAL_NOTE, to_latin(INTERNAL_NOTE), "поверљива"):
        assert found(client, q=typed) == in_each_form(set())


def test_a_network_with_only_a_name_has_only_its_status_as_a_fact(worlds, prefix):
    main = page_of(worlds, f"{prefix}/networks/only-a-name/", world="extremes").xpath("//main")[0]
    (facts,) = main.xpath(".//section[@aria-labelledby='facts']")
    assert len(facts.xpath(".//dt")) == len(facts.xpath(".//dd")) == 1
    (trust,) = main.xpath(".//section[@aria-labelledby='trust']")
    assert len(trust.xpath(".//dt")) == len(trust.xpath(".//dd")) == 2  # last changed, and not verified yet


def test_a_site_without_anything_says_so(worlds, prefix):
    tree = page_of(worlds, f"{prefix}/", world="nothing")
    assert words(tree.xpath("//h1")[0])
    (explanation,) = tree.xpath("//main//div[@class='empty']")
    assert len(words(explanation)) > 20
    assert not explanation.xpath(".//a")


@pytest.mark.parametrize("name", ["ЕКО", ("Удружење " * 30)[:199] + "Ђ"], ids=["short", "long"])
def test_names_of_any_length_are_shown_whole(db, client, language, prefix, name):
    make_network(slug="it", name_sr=name)
    shown = name if language == "sr" else to_latin(name)
    for path in ("/", "/networks/it/"):
        assert shown in words(tree_of(client.get(prefix + path)).xpath("//main")[0])


# What it costs


@pytest.mark.parametrize(
    "query", ["", "?q=mreža", "?scope=global&theme=peace", "?q=SKGO&theme=peace", "?q=xyzzy&theme=peace"]
)
def test_the_list_takes_at_most_four_queries(nis, client, query):
    queries = {prefix: count_queries(client, f"{prefix}/{query}") for prefix in PREFIXES.values()}
    assert max(queries.values()) <= 4, queries


@pytest.mark.long
def test_the_queries_of_the_list_do_not_grow_with_the_rows(db, client, prefix):
    make_profile()
    themes = [make_theme() for _ in range(3)]
    queries = {}
    for number in (1, 11, 60):
        while Network.objects.count() < number:
            make_network(themes=themes, scope="global")
        queries[number] = count_queries(client, f"{prefix}/")
        assert len(slugs(tree_of(client.get(f"{prefix}/")))) == number
    assert len(set(queries.values())) == 1, queries


def test_the_queries_of_a_network_do_not_grow_with_the_rows(db, client, prefix):
    make_profile()
    make_network(slug="few", themes=[make_theme()])
    queries = count_queries(client, f"{prefix}/networks/few/")
    make_network(**EVERYTHING, themes=[make_theme() for _ in range(9)])
    for _ in range(10):
        make_network()
    assert count_queries(client, f"{prefix}/networks/everything/") == queries <= 6


def test_the_first_view_of_the_list_is_light(nis, client, prefix):
    response = client.get(f"{prefix}/", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    # Django pads the header with up to a hundred random bytes, against BREACH.
    page = len(gzip.compress(gzip.decompress(response.content), 6)) + 100
    style = len(gzip.compress(Path(finders.find("networks/site.css")).read_bytes(), 9))
    assert (page <= 10_000, style <= 5_000) == (True, True), (page, style)
    fonts = tree_of(client.get(f"{prefix}/")).xpath("//link[@rel='preload'][@as='font']/@href")
    sizes = [Path(finders.find(url.removeprefix("/static/"))).stat().st_size for url in fonts]
    assert len(sizes) == 2 and sum(sizes) <= 40_000


# When something goes wrong


@pytest.mark.parametrize("path", ["/", "/networks/avec/", "/?q=mir", "/pages/about/"])
def test_a_failure_is_explained_in_the_language_of_the_address(client, monkeypatch, language, prefix, path):
    """Without the database, which this test does not open: the schedules, asked for before each page, wait for it."""

    def no_database(*args, **kwargs):
        raise DatabaseError

    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", no_database)
    monkeypatch.setattr("networks.public.views.Reader", fail)
    monkeypatch.setattr("networks.public.views.detail", fail)
    client.raise_request_exception = False
    assert_explains_failure(client.get(prefix + path), language, prefix)


@pytest.mark.parametrize("path", ["/", "/networks/avec/", "/nowhere/"])
def test_a_database_that_does_not_answer_is_no_bare_failure(client, monkeypatch, language, prefix, path):
    def fail(*args, **kwargs):
        raise DatabaseError

    monkeypatch.setattr("django.db.models.sql.compiler.SQLCompiler.execute_sql", fail)
    client.raise_request_exception = False
    assert_explains_failure(client.get(prefix + path), language, prefix)


def assert_explains_failure(response, language, prefix):
    tree = tree_of(response)
    assert response.status_code == 500
    assert response["Content-Language"] == tree.get("lang") == TAGS[language]
    assert len(tree.xpath("//h1")) == 1
    assert len(words(tree.xpath("//main")[0])) > 40
    assert tree.xpath("//main//a/@href") == [f"{prefix}/"]
    assert {link.get("hreflang"): link.get("href") for link in tree.xpath("//nav//a")} == {
        TAGS[code]: f"{start}/" for code, start in PREFIXES.items() if code != language
    }
    assert tree.xpath("//meta[@name='robots']/@content") == ["noindex"]
    if language != "sr":
        assert not CYRILLIC.search(words(tree).replace("Ћирилица", ""))


@pytest.mark.parametrize("https", [True, False])
@pytest.mark.parametrize("visited_before", ["/", "/en/"])
def test_an_unknown_host_is_refused_in_the_language_of_the_address(
    db, client, settings, language, prefix, visited_before, https
):
    client.get(visited_before)
    settings.SECURE_SSL_REDIRECT = https
    response = client.get(f"{prefix}/", headers={"host": "evil.example"})
    assert response.status_code == 400
    tree = tree_of(response)
    assert tree.get("lang") == TAGS[language]
    assert bool(CYRILLIC.search(words(tree.xpath("//h1")[0]))) == (language == "sr")
    assert ("not understood" in words(tree.xpath("//h1")[0])) == (language == "en")
    assert "evil.example" not in response.content.decode()


@pytest.mark.parametrize("field", ["name", "summary", "description", "benefit"])
def test_each_text_that_lacks_its_english_is_called_so(db, client, field):
    texts = {name: f"{name} in English" for name in ("name", "summary", "description", "benefit") if name != field}
    serbian = {f"{name}_sr": "Текст" for name in (*texts, field)}
    network = make_network(**serbian, **{f"{name}_en": text for name, text in texts.items()})
    tree = tree_of(client.get(f"/en/networks/{network.slug}/"))
    assert len(tree.xpath("//*[@class='notice']")) == 1
    assert "Tekst" in words(tree.xpath("//main//*[@lang='sr-Latn']")[0])


def test_a_licence_with_a_serbian_name_is_in_the_script_of_the_page(db, client):
    make_profile(licence_name="Јавно добро")
    assert "Javno dobro" in words(tree_of(client.get("/sr-latn/")).xpath("//footer")[0])
    (name,) = tree_of(client.get("/en/")).xpath("//footer//*[@lang='sr-Latn'][contains(., 'Javno')]")
    assert words(name) == "Javno dobro"


def test_a_theme_that_no_network_has_any_more_finds_nothing_and_is_no_error(db, client, prefix):
    make_network()
    make_theme(slug="peace", name_sr="Мир")
    response = client.get(f"{prefix}/?theme=peace")
    assert response.status_code == 200
    tree = tree_of(response)
    assert chosen(tree, "theme") == "peace"
    assert tree.xpath("//h3") == []


def test_a_site_without_profile_and_one_with_only_a_title_have_a_title(db, client, prefix):
    assert not CityProfile.objects.exists()
    without = words(tree_of(client.get(f"{prefix}/")).xpath("//h1")[0])
    make_profile(city_name_sr="", site_title_sr="Наслов сајта")
    assert without
    assert words(tree_of(client.get(f"{prefix}/")).xpath("//h1")[0]) in ("Наслов сајта", "Naslov sajta")


@pytest.mark.parametrize(
    ("written", "dialled"),
    [("+381 18 504 000", "+38118504000"), ("+381 (0)18 504-411", "+38118504411"), ("018 504 411", "018504411")],
)
def test_a_telephone_number_can_be_dialled(db, client, written, dialled):
    make_profile(phone=written)
    assert tree_of(client.get("/")).xpath("//footer//a[starts-with(@href, 'tel:')]/@href") == [f"tel:{dialled}"]


def test_a_mistake_is_reported_by_a_letter_that_knows_what_it_is_about(db, client):
    make_profile(email="grad@nis.example")
    make_network(slug="a", name_sr="Мрежа & град", name_en="Network & city", contact_email="mreze+1@nis.example")
    (link,) = tree_of(client.get("/en/networks/a/")).xpath("//p[@class='report']/a/@href")
    letter = urlsplit(link)
    said = parse_qs(letter.query)
    assert (letter.scheme, letter.path) == ("mailto", "mreze+1@nis.example")
    assert said["subject"] == ["Mistake: Network & city"]
    assert said["body"][0].startswith("Page: http://testserver/en/networks/a/\r\nNetwork: Network & city\r\n")
    (link,) = tree_of(client.get("/en/timeline/")).xpath("//p[@class='report']/a/@href")
    assert link.startswith("mailto:grad@nis.example?")


def test_whoever_finds_a_mistake_is_sent_to_the_city_where_there_is_no_letter(db, client):
    make_profile(website="https://www.nis.example/")
    make_network(slug="a")
    assert tree_of(client.get("/networks/a/")).xpath("//p[@class='report']/a/@href") == ["https://www.nis.example/"]


def test_a_redirect_is_asked_for_anew_after_a_while(db, client):
    network = make_network(slug="old-name")
    network.slug = "new-name"
    network.save()
    response = client.get("/networks/old-name/")
    assert (response.status_code, response["Location"]) == (301, "/networks/new-name/")
    assert response["Cache-Control"] == "public, max-age=3600"


@pytest.mark.long
def test_serbian_texts_with_names_in_other_alphabets_leave_no_cyrillic_on_latin_pages(db, client):
    names = "Ѓорче, Куќа, Ѕвезда, Съюз, ЮГА, ёлка, Київ, Ґданськ, Гўра"
    texts = dict.fromkeys(("name_sr", "summary_sr", "benefit_sr", "seat_sr", "source"), names)
    html = f'<p>{names} <a href="https://example.org/">{names}</a></p>'
    make_network(slug="it", acronym_sr="ЃЌ", former_names=names, description_sr=html, **texts)
    make_network(slug="drawn", name_sr=names)
    make_page(slug="page", title_sr=names, body_sr=html)
    make_profile(city_name_sr=names, introduction_sr=names)
    network = Network.objects.get(slug="it")
    network.changes.create(kind="renamed", values={"name_sr": [names, "Мрежа"], "name_en": [names, "Куќа"]})
    paths = "/", "/networks/it/", "/networks/drawn/", "/pages/page/", "/timeline/", "/map/", "/feed.atom", "/changes/"
    for path in (prefix + path for prefix in ("/sr-latn", "/en") for path in paths):
        content = client.get(path).content.decode()
        assert CYRILLIC.findall(content.replace("Ћирилица", "")) == [], path


@pytest.mark.parametrize(
    ("status", "label"),
    [
        ("member", "Left"),  # in a time to come
        ("left", "Left"),
        ("unknown", "Left"),
        ("ended", "End of the network"),
    ],
)
def test_the_city_did_not_leave_a_network_that_has_ended(db, client, status, label):
    make_network(slug="it", status=status, joined=PartialDate(2003), left=PartialDate(2012, 3), acronym_sr="ЕКО")
    entry, page = (words(tree_of(client.get(path)).xpath("//main")[0]) for path in ("/en/", "/en/networks/it/"))
    assert f"{label} March 2012" in page  # among the facts
    for said in (entry, page):
        assert f"{label}: March 2012" in said
        assert ("Left" in said) == (label == "Left")


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("?scope=european", "European – City Networks – City of Niš"),
        (
            "?q=mir&scope=global&scope=european&theme=peace",
            "mir, Global, European, Peace – City Networks – City of Niš",
        ),
        ("?on=2005-06-01", "1 June 2005 – City Networks – City of Niš"),
        ("", "City Networks – City of Niš"),
    ],
)
def test_the_title_of_a_list_says_what_was_asked_for(nis, client, query, title):
    assert tree_of(client.get(f"/en/{query}")).findtext(".//title") == title


def test_a_heading_is_read_before_its_years_and_each_year_has_a_label_that_is_seen(db, client):
    make_network(slug="it", joined=PartialDate(2003), left=PartialDate(2012), status="left")
    for path, heading in (("/en/", "h3"), ("/en/networks/it/", "h1")):
        main = tree_of(client.get(path)).xpath("//main")[0]
        assert main.xpath(f".//*[@class='when'][preceding::{heading}]//p/span/text()") == ["Joined", "Left"], path


@pytest.mark.parametrize(
    ("size", "shown"), [((640, 320), ("136", "68")), ((100, 500), ("18", "88")), ((40, 20), ("40", "20"))]
)
def test_the_page_says_in_which_size_a_logo_is_shown(db, client, size, shown):
    network = make_network(slug="it")
    values = dict(zip(("logo_width", "logo_height"), size, strict=True))
    Network.objects.filter(pk=network.pk).update(logo="logos/it.png", **values)
    (logo,) = tree_of(client.get("/networks/it/")).xpath("//main//img")
    assert (logo.get("width"), logo.get("height")) == shown
