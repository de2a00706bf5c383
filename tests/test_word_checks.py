"""What a clerk is warned of in the words of a text: all that is wrong in it, and nothing that is right."""

import json
import re
from datetime import date

import polib
import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from networks.models import CityProfile, Network, Page
from networks.revisions.visible_text import VisibleText
from networks.revisions.word_checks import Kind, check_words, checked_fields, mend
from networks.revisions.written_numbers import lost_numbers
from networks.rich_text import clean_rich_text
from networks.serbian import to_latin
from tests.processes import ROOT as CHECKOUT


def found(content, names=(), model=Network):
    """The kind of each warning, and the words that it marks."""
    return [(each.field, each.kind.value, each.words) for each in check_words(model, content, names)]


def in_field(name, text):
    return [(each.kind.value, each.words, each.replacement) for each in check_words(Network, {name: text})]


# Letters of the other alphabet. Latin ones are written here as \N{...} only where the eye needs it: each word of the
# first column has letters of both.
MIXED = [
    ("name_sr", "Мрежа грaдова", "latin-letter", "грaдова", "a", "Мрежа градова"),
    ("name_sr", "Mрежа градова", "latin-letter", "Mрежа", "M", "Мрежа градова"),
    ("summary_sr", "Ниш je члан мреже.", "latin-letter", "je", "j, e", "Ниш је члан мреже."),
    ("summary_sr", "Градови a не општине.", "latin-letter", "a", "a", "Градови а не општине."),
    ("summary_sr", "Мрежа Enеrgy Cities.", "cyrillic-letter", "Enеrgy", "е", "Мрежа Energy Cities."),
    ("summary_sr", "У ХХI веку.", "cyrillic-letter", "ХХI", "Х", "У XXI веку."),
    ("summary_sr", "Уз помоћ USAIDа.", "cyrillic-letter", "USAIDа", "а", "Уз помоћ USAID-а."),
    ("summary_sr", "Ово је cтрaнiца.", "latin-letter", "cтрaнiца", "c, a, i", None),
    ("summary_en", "A nеtwork of cities.", "cyrillic-letter", "nеtwork", "е", "A network of cities."),
    ("summary_en", "Cities in а network.", "cyrillic-letter", "а", "а", "Cities in a network."),
    ("name_en", "Сity Networks", "cyrillic-letter", "Сity", "С", "City Networks"),
    ("former_names", "Мрежа грaдова", "latin-letter", "грaдова", "a", "Мрежа градова"),
    ("former_names", "Energy Citiеs", "cyrillic-letter", "Citiеs", "е", "Energy Cities"),
    ("description_sr", "<p>За <em>г</em>рaд</p>", "latin-letter", "грaд", "a", "<p>За <em>г</em>рад</p>"),
]


@pytest.mark.parametrize(("field", "text", "kind", "words", "letters", "mended"), MIXED)
def test_letter_of_the_other_alphabet_is_found_and_mended(field, text, kind, words, letters, mended):
    (warning,) = check_words(Network, {field: text})
    assert (warning.kind, warning.words, warning.detail, warning.mended) == (kind, words, letters, mended)
    if mended:
        assert mend(Network, {field: text}, field, kind, words) == {field: mended}
        assert check_words(Network, {field: mended}) == []


OTHERS = [
    # Doubled words and spaces
    ("summary_sr", "Мрежа се се бави културом.", [("doubled-word", "се се", "се")]),
    ("summary_sr", "Се се се бави.", [("doubled-word", "Се се се", "Се")]),
    ("summary_en", "The the network.", [("doubled-word", "The the", "The")]),
    ("summary_sr", "Два  размака.", [("doubled-space", "  ", " ")]),
    ("description_sr", "<p>Два&nbsp; размака.</p>", [("doubled-space", "\u00a0 ", " ")]),
    # Capitals
    ("name_sr", "СТАЛНА КОНФЕРЕНЦИЈА ГРАДОВА", [("shouting", "СТАЛНА КОНФЕРЕНЦИЈА ГРАДОВА", None)]),
    ("name_en", "CITY NETWORKS", [("shouting", "CITY NETWORKS", None)]),
    ("summary_sr", "Мрежа за РАЗВОЈ И КУЛТУРУ градова.", [("shouting", "РАЗВОЈ И КУЛТУРУ", None)]),
    ("summary_sr", "ВАЖНО УПУТСТВО! Остало је мирно.", [("shouting", "ВАЖНО УПУТСТВО", None)]),
]


@pytest.mark.parametrize(("field", "text", "warnings"), OTHERS)
def test_slip_is_found(field, text, warnings):
    assert in_field(field, text) == warnings


RIGHT = [
    ("summary_sr", "Чланице су НАТО, УНЕСКО, НАЛЕД, BALCINET и EUROCITIES. НАТО."),
    ("summary_sr", "Програм УНЕСКО BALCINET и USAID МЕГА."),
    ("summary_sr", "Енглески назив AVEC, па USAID-а, COVID-ом, Wi-Fi, XX век, витамин C и A4."),
    ("summary_sr", "Пишите на pеra@example.org или www.exаmple.org/Стрaна, односно https://ниш.срб/cтрана."),
    ("summary_sr", "Мрежу чине Energy Cities и Alliance de Villes; „je suis“ и „a“."),
    ("summary_sr", "Рекао је да да подршку. Када сам сам, једва једва. Баден Баден. Оно што што не важи."),
    ("summary_sr", "Ред по ред.\nРед по ред, по по-новом, један, један."),
    ("summary_en", "What they had had, and that that city, Baden Baden and Bora Bora."),
    ("summary_en", "The НАЛЕД of Ниш, i.e. the NALED of Niš."),
    ("former_names", "Nous nous\nHealthy Cities (1988–2001)\nЗдрави градови"),
    ("original_name", "ALLIANCE DE VILLES EUROPÉENNES"),
    ("description_sr", "<p>Први</p><p>први</p><ul><li>један</li><li>један</li></ul>"),
    ("description_sr", "<p>Нови<br>нови ред.</p>\n\n<p>И  </p>"),
    ("internal_note", "се се  МНОГО ВАЖНА БЕЛЕШКА ЗА СВЕ грaдова"),
]


@pytest.mark.parametrize(("field", "text"), RIGHT)
def test_what_is_right_is_not_warned_of(field, text):
    assert in_field(field, text) == []


SAME = [
    ("name", "Energy Cities", "Energy Cities", False),
    ("name", "Матица српска", "Matica srpska", False),
    ("name", "Мрежа градова", "Мрежа градова", True),
    ("acronym", "AVEC", "AVEC", False),
    ("acronym", "СКГО", "SKGO", False),
    ("seat", "Нови Сад", "Novi Sad", False),
    ("seat", "Ниш", "Ниш", True),
    ("summary", "Мрежа градова.", "Mreža gradova.", True),
    ("summary", "Мрежа градова.", "Мрежа градова.", True),
    ("summary", "НАЛЕД", "NALED", False),
    ("summary", "Energy Cities.", "Energy Cities.", False),
    ("summary", "Град Ниш", "Grad Niš", False),
    ("summary", "април", "April", False),
    ("description", "<p>Мрежа <strong>градова</strong>.</p>", "<p>Mreža gradova.</p>", True),
]


@pytest.mark.parametrize(("field", "serbian", "english", "is_found"), SAME)
def test_english_that_is_the_serbian_is_found_and_emptied(field, serbian, english, is_found):
    content = {f"{field}_sr": serbian, f"{field}_en": english}
    assert [each.kind for each in check_words(Network, content)] == [Kind.UNTRANSLATED] * is_found
    if is_found:
        assert mend(Network, content, f"{field}_en") == content | {f"{field}_en": ""}


NUMBERS = [
    # The same number, written as each language does
    ("Више од 1.500,50 евра.", "More than 1,500.50 euros.", []),
    ("1.000 градова", "1,000 cities", []),
    ("1 000 градова", "a thousand cities", []),
    ("10\u00a0000 људи", "10,000 people", []),
    ("3,5 милиона", "3.5 million", []),
    ("5.000.000 људи", "5 million people", []),
    ("2 хиљаде", "2,000", []),
    ("50 % и 20%", "50 per cent, twenty percent", []),
    ("14. конференција 3. маја 2007. године", "14th Conference, 3 May 2007", []),
    ("Дана 3. 5. 2007.", "On 3 May 2007", []),
    ("03.05.2007.", "May 3, 2007", []),
    ("21. век и 19. век", "the twenty-first and the XIX century", []),
    ("1990–1995.", "1990–95", []),
    ("1990/91.", "1990/1991", []),
    ("1990-их година", "in the 1990s", []),
    ("од 8.30 до 20 часова", "from 8:30 a.m. to 8 p.m.", []),
    ("140 градова", "a hundred and forty cities", []),
    ("12.000–15.000 људи, 1 до 2 милиона", "12–15 thousand people, 1,000,000 to 2 million", []),
    ("12–15 хиљада", "12,000 to 15,000", []),
    ("1/3 и 3/4 чланица", "A third and three quarters of the members", []),
    ("14 градова, 2 земље", "fourteen cities of both countries", []),
    ("Телефон 018/504-000", "Telephone +381 18 504 000", []),
    ("Четрнаест градова из XX века", "Cities of long ago", []),  # only digits are sought
    ("3. и 5. део", "Parts III and V of IC, MIIL and CD", []),
    ("https://a.rs/2007 и a2007@b.rs", "See there", []),
    # Numbers that are missing, or wrong
    ("Основана 1987. године.", "Founded in 1978.", ["1987"]),
    ("Више од 1.500 градова.", "More than 1.5 thousand cities.", []),
    ("Више од 1.500 градова.", "More than 1,600 cities.", ["1.500"]),
    ("14. конференција 2007.", "The conference of 2007", ["14"]),
    ("3,5 милиона", "35 million", ["3,5"]),
    ("2007, па опет 2007.", "Never", ["2007", "2007"]),
]


@pytest.mark.parametrize(("serbian", "english", "lost"), NUMBERS)
def test_number_that_the_english_lacks_is_found(serbian, english, lost):
    warnings = check_words(Network, {"summary_sr": serbian, "summary_en": english})
    words = [each.words for each in warnings if each.kind == Kind.LOST_NUMBER]
    assert words == list(dict.fromkeys(lost))
    if "://" not in serbian:
        assert [each.text for each in lost_numbers(serbian, english)] == lost


DATES = st.dates(date(1000, 1, 1), date(2999, 12, 31))
MONTHS = "јануара фебруара марта априла маја јуна јула августа септембра октобра новембра децембра"
IN_SERBIAN = [
    lambda number: f"{number:,}".replace(",", "."),
    lambda number: f"{number:,}".replace(",", "\u00a0"),
    str,
]
IN_ENGLISH = [lambda number: f"{number:,}", str]


@given(st.integers(0, 10**9), st.integers(1000, 10**9), st.sampled_from(IN_SERBIAN), st.sampled_from(IN_ENGLISH))
def test_number_is_the_same_in_the_ways_of_both_languages_and_another_is_not(number, other, serbian, english):
    assert lost_numbers(f"Има {serbian(number)}.", f"It has {english(number)}.") == []
    if number >= 1000 and number != other:
        assert len(lost_numbers(f"Има {serbian(number)}.", f"It has {english(other)}.")) == 1


@given(DATES, st.integers(0, 2), st.integers(0, 3))
def test_date_is_the_same_in_the_ways_of_both_languages(day, serbian, english):
    month = MONTHS.split()[day.month - 1]
    in_serbian = [
        f"{day.day}. {month} {day.year}. године",
        f"{day:%d.%m.}{day.year}.",
        f"{day.day}. {day.month}. {day.year}.",
    ]
    in_english = [
        f"{day.day} {day:%B} {day.year}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day.day} {day:%b}. {day.year}",
        f"{day.year}-{day:%m-%d}",
    ]
    assert lost_numbers(in_serbian[serbian], in_english[english]) == []


def test_number_that_stands_in_another_english_text_is_not_lost_unless_a_wrong_one_stands_in_its_place():
    content = {"summary_sr": "Основана 1987.", "summary_en": "A league.", "description_en": "<p>Since 1987.</p>"}
    assert found(content) == []
    assert found(content | {"summary_en": "Since 1978."}) == [("summary_en", "lost-number", "1987")]


LINKS = [
    ('<p><a href="https://a.rs/sr/">Овде</a></p>', '<p><a href="https://www.a.rs/en/">Here</a></p>', []),
    ('<p><a href="https://a.rs/">Овде</a></p>', '<p><a href="https://b.org/">Here</a></p>', []),
    ('<p><a href="/pages/about/">Овде</a></p>', '<p><a href="/en/pages/about/">Here</a></p>', []),
    ('<p><a href="https://a.rs/">Овде</a></p>', "<p>See www.a.rs/en.</p>", []),
    ("<p>Пишите на pera@a.rs.</p>", '<p><a href="mailto:Pera@a.rs">Write</a></p>', []),
    ('<p><a href="https://a.rs/">Овде</a></p>', "<p>Here</p>", [("https://a.rs/", "Овде")]),
    ("<p>Сајт je a.rs/x.</p>".replace("je", "је"), "<p>Here</p>", [("a.rs/x", "a.rs/x.")]),
    (
        '<p><a href="https://a.rs/">А</a> <a href="https://b.rs/">Б</a> <a href="https://b.rs/2">В</a></p>',
        '<p><a href="https://a.rs/">A</a></p>',
        [("https://b.rs/", "Б")],
    ),
]


@pytest.mark.parametrize(("serbian", "english", "lost"), LINKS)
def test_link_that_the_english_lacks_is_found(serbian, english, lost):
    warnings = check_words(Network, {"description_sr": serbian, "description_en": english})
    assert [(each.detail, each.words) for each in warnings if each.kind == Kind.LOST_LINK] == lost
    assert {each.kind for each in warnings} <= {Kind.LOST_LINK}


def test_name_of_another_network_is_found_however_it_is_written():
    content = {"name_sr": "Мрежа градова", "name_en": "City Network"}
    assert found(content, ["Mreža  Gradova", "Друга мрежа"]) == [("name_sr", "same-name", "Мрежа градова")]
    assert found(content, ["CITY NETWORK"]) == [("name_en", "same-name", "City Network")]
    assert found(content, ["City Networks", ""]) == []


def test_warning_shows_its_place_among_the_words_beside_it():
    long = "Прва реченица о градовима. " * 5
    (warning,) = check_words(
        Network, {"description_sr": f"<p>{long}Мрежа <em>грaдова</em> се бави. {long}</p><p>Крај.</p>"}
    )
    assert (warning.before, warning.marked) == ("… Прва реченица о градовима. Мрежа ", "грaдова")
    assert warning.after.startswith(" се бави. Прва") and warning.after.endswith(" …")
    (whole,) = check_words(Network, {"summary_sr": long, "summary_en": to_latin(long)})
    assert len(whole.marked) <= 82 and whole.before == whole.after == ""


# Mending


MENDS = [
    ("<p>Ниш се <strong>се</strong> бави.</p>", None),  # a mark would be left empty
    ("<p>Ниш <strong>се се</strong> бави.</p>", "<p>Ниш <strong>се</strong> бави.</p>"),
    ('<p>А  <a href="https://a.rs/cтрана  x">и и</a> б</p>', '<p>А <a href="https://a.rs/cтрана  x">и</a> б</p>'),
    ("<p>R&amp;D  и &lt;грaд&gt;</p>", "<p>R&amp;D и &lt;град&gt;</p>"),
]


@pytest.mark.parametrize(("html", "mended"), MENDS)
def test_mend_of_rich_text_changes_text_alone(html, mended):
    assert clean_rich_text(html) == html
    content = mend(Network, {"description_sr": html}, "description_sr")
    assert content == (mended and {"description_sr": mended})


def test_mend_of_one_kind_for_some_words_leaves_the_others():
    content = {"summary_sr": "се се, грaд и грaд и мрежa  ту"}
    assert mend(Network, content, "summary_sr", "latin-letter", "грaд") == {
        "summary_sr": "се се, град и град и мрежa  ту"
    }
    assert mend(Network, content, "summary_sr") == {"summary_sr": "се, град и град и мрежа ту"}
    assert mend(Network, content, "summary_sr", "latin-letter", "друго") is None
    assert mend(Network, content, "summary_en") is None


# Real content, and properties


CYRILLIC_WORDS = """
    мрежа градова Ниш је члан од године који се бави културом и наслеђем у Европи а седиште му Стразбур Њујорк
    љубав џеп ђак ћерка шума жеља чланство општине Београд сарадња
"""
LATIN_WORDS = "Energy Cities AVEC USAID НАТО НАЛЕД BALCINET УНЕСКО-а COVID-ом EUROCITIES NATO"
ADDRESSES = [
    "pera.peric@example.org", "https://ниш.срб/страна?a=1", "www.naled.rs", "energy-cities.eu/a", "пера@ниш.срб",
]  # fmt: skip
NUMERALS = ["1.000", "2007.", "3,5", "50 %", "XXI", "14."]
PIECES = st.sampled_from([*CYRILLIC_WORDS.split(), *LATIN_WORDS.split(), *ADDRESSES, *NUMERALS])
LONG_WORDS = st.sampled_from([each for each in CYRILLIC_WORDS.split() if len(each) > 3])
CONJUNCTIONS = st.sampled_from([" ", ", ", " – ", ". ", " (", ") ", "„", "“ "])


@st.composite
def serbian_texts(draw):
    """Correct Serbian, with Latin names, acronyms, addresses and numbers among the words."""
    pieces, last = [], ""
    for piece in draw(st.lists(PIECES, max_size=25)):
        if piece != last:
            separator = draw(CONJUNCTIONS) if last not in ADDRESSES and piece not in ADDRESSES else " "
            pieces += [separator if last else "", piece]
        last = piece
    return "".join(pieces)


@given(serbian_texts(), st.sampled_from(["summary_sr", "name_sr", "former_names", "source"]))
def test_correct_serbian_gives_no_warning(text, field):
    text = re.sub("  +", " ", text)
    assert found({field: text}) == []
    assert found({"description_sr": f"<p>{text}</p>"}) == []


@given(serbian_texts())
def test_correct_serbian_in_latin_gives_no_warning_in_an_english_field(text):
    assert found({"summary_en": to_latin(re.sub("  +", " ", text))}) == []


LOOKS_LIKE = str.maketrans("аеојрсхАВЕНЈКМОРСТХ", "aeojpcxABEHJKMOPCTX")


@st.composite
def spoiled(draw):
    """A correct text, and the same with slips in it."""
    words = draw(st.lists(LONG_WORDS, min_size=3, max_size=12))
    words = [word for index, word in enumerate(words) if not index or words[index - 1] != word]
    slips = []
    for word in words:
        match draw(st.integers(0, 5)):
            case 1:
                letter = draw(st.integers(0, len(word) - 1))
                slips.append(word[:letter] + word[letter].translate(LOOKS_LIKE) + word[letter + 1 :])
            case 2 if word.islower():
                slips += [word, word]
            case 3:
                slips.append(f"<em>{word}</em>")
            case 4:
                slips.append(f"{word} ")
            case _:
                slips.append(word)
    text = "<p>" + " ".join(slips).strip() + ", pеra@example.org</p>"
    return "<p>" + " ".join(words) + ", pеra@example.org</p>", text


@given(spoiled())
def test_mending_brings_back_the_correct_text_with_its_markup_and_does_it_once(texts):
    correct, text = texts
    content, steps = {"description_sr": text}, 0
    while (mended := mend(Network, content, "description_sr")) is not None:
        content, steps = mended, steps + 1
        assert steps < 10
    result = content["description_sr"]
    assert check_words(Network, content) == []
    assert re.sub("</?em>", "", result) == correct
    assert result.count("<em>") == text.count("<em>") and clean_rich_text(result) == result


@given(spoiled())
def test_one_mend_changes_one_place_and_removes_its_warning(texts):
    _correct, text = texts
    warnings = check_words(Network, {"description_sr": text})
    for warning in warnings:
        before, after = warning.visible.text, VisibleText(warning.mended, is_rich=True).text
        assert after == before[: warning.start] + warning.replacement + before[warning.end :]
        left = found({"description_sr": warning.mended})
        assert len(left) == len(warnings) - 1


@given(st.text(max_size=200), st.text(max_size=200), st.booleans())
def test_no_text_whatever_is_an_error(serbian, english, is_rich):
    field = "description" if is_rich else "summary"
    clean = clean_rich_text if is_rich else str
    content = {f"{field}_sr": clean(serbian), f"{field}_en": clean(english), "source": serbian}
    for warning in check_words(Network, content):
        assert warning.visible.text[warning.start : warning.end] == warning.words
        assert {"\n"}.isdisjoint(warning.before + warning.after)
        if (mended := warning.mended) is not None:
            assert mended == clean(mended)


FIXTURE = json.loads((CHECKOUT / "networks" / "fixtures" / "nis.json").read_text())


def test_real_content_gives_no_warning():
    """
    All that the site is delivered with, which is the content of the demo too: networks, pages, the city's profile.

    The Serbian summary of the League of Historical Cities names 1987, which its English summary does not: it stands
    in the English description.
    """
    checked = 0
    for row in FIXTURE:
        model, fields = apps.get_model(row["model"]), row["fields"]
        if model in (Network, Page, CityProfile):
            others = [each["fields"] for each in FIXTURE if each["model"] == row["model"] and each is not row]
            names = [each.get(f"name_{language}", "") for each in others for language in ("sr", "en")]
            assert found(fields, names, model) == [], fields.get("slug")
            checked += 1
    assert checked == 15


@pytest.mark.long
def test_words_of_the_interface_give_no_warning():
    """Each message beside its Serbian translation: all else that somebody has written here in both languages."""
    catalogue = polib.pofile(str(CHECKOUT / "networks" / "locale" / "sr" / "LC_MESSAGES" / "django.po"))
    pairs = [(entry.msgid, entry.msgstr) for entry in catalogue if entry.msgstr]
    pairs += [(each.msgid_plural, text) for each in catalogue for text in each.msgstr_plural.values()]
    kinds = {*Kind} - {Kind.LOST_LINK}  # an example may be for one language only
    warnings = [
        warning
        for english, serbian in pairs
        for warning in check_words(Network, {"summary_sr": serbian, "summary_en": english})
        if warning.kind in kinds
    ]
    assert len(pairs) > 500
    assert [(each.kind, each.marked) for each in warnings] == []


def test_words_are_checked_in_all_public_texts_and_in_nothing_else():
    names = [each.name for each in checked_fields(Network)]
    texts = ["name", "acronym", "summary", "description", "seat", "benefit", "end_note"]
    assert names[:14] == [f"{each}_{language}" for each in texts for language in ("sr", "en")]
    assert {"former_names", "original_name", "responsible_unit", "source"} <= {*names}
    assert not {"slug", "website", "contact_email", "scope", "internal_note", "search_text", "name"} & {*names}
    assert [each.name for each in checked_fields(Page)] == ["title_sr", "title_en", "body_sr", "body_en"]
