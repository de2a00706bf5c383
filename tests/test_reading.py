"""Which text a reader gets, in which language and script."""

import re
from datetime import UTC, date, datetime

import pytest
from django.conf.locale import LANG_INFO
from django.utils.safestring import SafeString
from django.utils.translation import override

from networks.languages import language_tag
from networks.models import CityProfile, Network, Page, Theme
from networks.partial_dates import PartialDate
from networks.reading import Reader, translated_fields
from tests.makers import make_network, make_theme

FORMS = ("sr", "sr-latn", "en")
CYRILLIC = re.compile("[\u0400-\u052f]")
SERBIAN_LATIN = ' lang="sr-Latn"'


def in_each_form(read):
    """What readers of Cyrillic, Latin and English get."""
    return tuple(read(Reader(form)) for form in FORMS)


def facts(text):
    return str(text), text.language, text.is_fallback, text.lang


# Whose reader


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("sr", "sr-Cyrl"),
        ("sr-latn", "sr-Latn"),
        ("sr-Latn", "sr-Latn"),
        ("sr-latn-rs", "sr-Latn-RS"),
        ("en", "en"),
        ("en-gb", "en-GB"),
        ("fr", "fr"),
        ("pt-br", "pt-BR"),
        ("zh-hant", "zh-Hant"),
    ],
)
def test_language_tags_are_those_of_bcp_47(code, tag):
    assert language_tag(code) == tag


@pytest.mark.parametrize(
    ("active", "language"), [("sr", "sr"), ("sr-latn", "sr-latn"), ("en", "en"), ("de", "sr"), (None, "sr")]
)
def test_the_reader_reads_the_active_language(active, language):
    with override(active):
        assert Reader().language == language
        assert Reader("en").language == "en"


# Texts


@pytest.mark.parametrize(
    ("serbian", "english", "expected"),
    [
        (
            "Њујорк",
            "New York",
            [("Њујорк", "sr", False, ""), ("Njujork", "sr-latn", False, ""), ("New York", "en", False, "")],
        ),
        (
            "Њујорк",
            "",
            [
                ("Њујорк", "sr", False, ""),
                ("Njujork", "sr-latn", False, ""),
                ("Njujork", "sr-latn", True, SERBIAN_LATIN),
            ],
        ),
        (
            "Њујорк",
            None,
            [
                ("Њујорк", "sr", False, ""),
                ("Njujork", "sr-latn", False, ""),
                ("Njujork", "sr-latn", True, SERBIAN_LATIN),
            ],
        ),
        (
            "Energy Cities",
            "",
            [
                ("Energy Cities", "sr", False, ""),
                ("Energy Cities", "sr-latn", False, ""),
                ("Energy Cities", "sr-latn", True, SERBIAN_LATIN),
            ],
        ),
    ],
    ids=["both", "no English", "never any English", "Latin in Serbian"],
)
def test_a_text_is_in_the_language_of_the_reader_or_marked_serbian(serbian, english, expected):
    network = Network(name_sr=serbian, name_en=english)
    assert [facts(Reader(form).text(network, "name")) for form in FORMS] == expected


@pytest.mark.parametrize(("serbian", "english"), [("", ""), (None, None), ("", None)])
def test_what_is_not_written_is_empty_and_no_fallback(serbian, english):
    network = Network(name_sr=serbian, name_en=english)
    for form in FORMS:
        text = Reader(form).text(network, "name")
        assert (str(text), text.is_fallback, text.lang) == ("", False, "")


def test_readers_of_serbian_never_get_english():
    network = Network(seat_sr="", seat_en="Strasbourg")
    assert in_each_form(lambda reader: reader.network(network).seat) == ("", "", "Strasbourg")


def test_rich_text_keeps_its_marks_and_plain_text_is_escaped():
    network = Network(
        name_sr="Мрежа <b>„А&Б“</b>",
        description_sr='<p>Њен <a href="https://ниш.срб/њ">сајт</a>: <strong>ниш.срб</strong></p>',
    )
    assert in_each_form(lambda reader: reader.network(network).description.html) == (
        '<p>Њен <a href="https://ниш.срб/њ">сајт</a>: <strong>ниш.срб</strong></p>',
        '<p>Njen <a href="https://ниш.срб/њ">sajt</a>: <strong>ниш.срб</strong></p>',
        '<p>Njen <a href="https://ниш.срб/њ">sajt</a>: <strong>ниш.срб</strong></p>',
    )
    name = Reader("sr-latn").network(network).name
    assert name == "Mreža <b>„A&B“</b>"
    assert name.html == "Mreža &lt;b&gt;„A&amp;B“&lt;/b&gt;"
    assert isinstance(name.html, SafeString)
    assert not isinstance(name, SafeString)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (
            "Здрави градови (1988–2001)",
            [
                ("Здрави градови (1988–2001)", "sr", False, ""),
                ("Zdravi gradovi (1988–2001)", "sr-latn", False, ""),
                ("Zdravi gradovi (1988–2001)", "sr-latn", True, SERBIAN_LATIN),
            ],
        ),
        ("Healthy Cities (1988–2001)", [("Healthy Cities (1988–2001)", None, False, "")] * 3),
        ("https://www.alda-europe.eu/", [("https://www.alda-europe.eu/", None, False, "")] * 3),
        ("", [("", None, False, "")] * 3),
    ],
    ids=["Serbian", "other", "address", "empty"],
)
def test_a_text_stored_once_is_serbian_where_it_is_cyrillic(stored, expected):
    assert [facts(Reader(form).unmarked(stored)) for form in FORMS] == expected


def test_lines_of_former_names_are_read_one_by_one():
    network = Network(former_names="Здрави градови (1988)\r\n\r\n  Healthy Cities \n")
    names = Reader("en").network(network).former_names
    assert [facts(name) for name in names] == [
        ("Zdravi gradovi (1988)", "sr-latn", True, SERBIAN_LATIN),
        ("Healthy Cities", None, False, ""),
    ]


def test_only_what_is_translated_is_read_by_name():
    reading = Reader("en").network(Network(internal_note="Тајна", name_sr="Мрежа"))
    with pytest.raises(AttributeError):
        reading.internal_note  # noqa: B018
    with pytest.raises(AttributeError):
        reading.name_sr  # noqa: B018


# In which languages a page is offered


@pytest.mark.parametrize(
    ("row", "read", "in_english"),
    [
        (Network(name_sr="Мрежа"), "network", False),
        (Network(name_sr="Мрежа", name_en="Network"), "network", True),
        (Network(name_sr="Мрежа", description_en="<p>Text</p>"), "network", True),
        (Network(name_sr="Мрежа", summary_en="Text", acronym_en="NET", seat_en="Paris"), "network", False),
        (Page(title_sr="Наслов"), "page", False),
        (Page(title_sr="Наслов", title_en="Title"), "page", True),
        (Page(title_sr="Наслов", body_en="<p>Text</p>"), "page", True),
        (CityProfile(city_name_sr="Ниш"), "profile", False),
        (CityProfile(city_name_sr="Ниш", city_name_en="Niš"), "profile", True),
    ],
)
def test_a_page_is_offered_in_english_when_its_own_words_are(row, read, in_english):
    reading = getattr(Reader("sr"), read)(row)
    assert [reading.is_available_in(form) for form in FORMS] == [True, True, in_english]
    offered = in_each_form(lambda reader: getattr(reader, read)(row).is_available_in(reader.language))
    assert offered == (True, True, in_english)


def test_translated_fields_stand_in_the_order_of_the_model():
    assert translated_fields(Network) == ("name", "acronym", "summary", "description", "seat", "benefit", "end_note")
    assert translated_fields(CityProfile) == ("city_name", "site_title", "introduction", "address")


def test_a_site_without_title_has_one_in_each_language():
    titles = in_each_form(lambda reader: reader.profile(CityProfile()).site_title)
    assert all(titles)
    assert not CYRILLIC.search(titles[1] + titles[2])
    assert not any(title.lang for title in titles)


# Dates and numbers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ("", "", "")),
        (PartialDate(2003), ("2003.", "2003.", "2003")),
        (PartialDate(2007, 5), ("мај 2007.", "maj 2007.", "May 2007")),
        (PartialDate(2007, 5, 3), ("3. маја 2007.", "3. maja 2007.", "3 May 2007")),
        (date(202, 11, 1), ("1. новембра 202.", "1. novembra 202.", "1 November 202")),  # a slip that was stored
        (date(2026, 11, 1), ("1. новембра 2026.", "1. novembra 2026.", "1 November 2026")),
        # Half an hour before midnight in Greenwich, it is the next year in Niš.
        (datetime(2025, 12, 31, 23, 30, tzinfo=UTC), ("1. јануара 2026.", "1. januara 2026.", "1 January 2026")),
    ],
    ids=["none", "year", "month", "day", "slip", "date", "moment"],
)
def test_dates_are_in_words_and_no_more_exact_than_known(value, expected):
    assert in_each_form(lambda reader: reader.date(value)) == expected


# Names of networks


@pytest.mark.parametrize(
    ("original_name", "code", "expected"),
    [
        ("", "", [("", None, False, "")] * 3),
        ("Villes Unies", "fr", [("Villes Unies", "fr", True, ' lang="fr"')] * 3),
        ("Cidades Unidas", "pt-BR", [("Cidades Unidas", "pt-BR", True, ' lang="pt-BR"')] * 3),
        # As on the page already
        ("Уједињени градови", "sr", [("", None, False, "")] * 2),
        # English, which only readers of Serbian do not see yet
        ("United Cities", "en", [("United Cities", "en", True, ' lang="en"')] * 2 + [("", None, False, "")]),
        (
            "Обединети градови",
            "mk",
            [
                ("Обединети градови", "mk", True, ' lang="mk"'),
                ("Obedineti gradovi", "mk-latn", True, ' lang="mk-Latn"'),
            ],
        ),
        (
            "Савез градова",
            "sr",
            [
                ("Савез градова", "sr", False, ""),
                ("Savez gradova", "sr-latn", False, ""),
                ("Savez gradova", "sr-latn", True, SERBIAN_LATIN),
            ],
        ),
    ],
    ids=["none", "French", "Brazilian", "same in Serbian", "same in English", "Macedonian", "Serbian"],
)
def test_the_original_name_is_marked_and_not_repeated(original_name, code, expected):
    network = Network(
        name_sr="Уједињени градови", name_en="United Cities", original_name=original_name, original_language=code
    )
    for form, told in zip(FORMS, expected, strict=False):
        assert facts(Reader(form).network(network).original_name) == told, form


@pytest.mark.parametrize(
    ("code", "english"),
    [
        ("fr", "French"),
        ("mk", "Macedonian"),
        ("pt-BR", "Brazilian Portuguese"),
        ("sr-Latn", "Serbian Latin"),
        ("xx", "xx"),
    ],
)
@pytest.mark.parametrize("active", FORMS)
def test_the_language_of_the_original_name_is_named_for_the_reader(active, code, english):
    """Whichever language happens to be active."""
    network = Network(original_language=code)
    with override(active):
        assert str(Reader("en").network(network).original_language) == english


def test_no_language_has_a_cyrillic_name_for_readers_of_latin():
    names = {}
    for code in LANG_INFO:
        with override("sr-latn"):
            names[code] = str(Reader("sr-latn").network(Network(original_language=code)).original_language)
    assert {code: name for code, name in names.items() if CYRILLIC.search(name)} == {}


@pytest.mark.parametrize("label", ["scope", "status"])
def test_labels_are_in_the_language_of_the_reader_whatever_is_active(label):
    choices = {"scope": Network.Scope, "status": Network.Status}[label]
    for value, form in ((value, form) for value in choices.values for form in FORMS):
        told = set()
        for active in FORMS:
            with override(active):
                told.add(getattr(Reader(form).network(Network(**{label: value})), label))
        assert len(told) == 1
        assert form == "sr" or not CYRILLIC.search(*told)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name_sr": "Конференција", "acronym_sr": "СКГО", "acronym_en": "SCTM"}, ("СКГО", "SKGO", "SCTM")),
        ({"name_sr": "Конференција", "name_en": "Conference", "acronym_sr": "СКГО"}, ("СКГО", "SKGO", "SKGO")),
        ({"name_sr": "Лига градова", "name_en": "Cities in League"}, ("Л", "L", "C")),
        ({"name_sr": "Градоначелници за мир"}, ("Г", "G", "G")),
        ({"name_sr": "Љубав Његош Џез"}, ("Љ", "Lj", "Lj")),
        ({"name_sr": "„Нова“ (светска) мрежа"}, ("Н", "N", "N")),
        ({"name_sr": "европски градови"}, ("Е", "E", "E")),
        ({"name_sr": "100 градова"}, ("1", "1", "1")),
        ({"name_sr": "–"}, ("–", "–", "–")),
        ({"name_sr": ""}, ("", "", "")),
    ],
    ids=lambda value: value.get("name_en") or "" if isinstance(value, dict) else value[1],
)
def test_the_mark_is_the_acronym_or_one_initial_which_nobody_takes_for_an_acronym(fields, expected):
    assert in_each_form(lambda reader: reader.network(Network(**fields)).mark) == expected


@pytest.mark.parametrize(
    ("status", "is_former"), [("member", False), ("unknown", False), ("left", True), ("ended", True)]
)
def test_what_was_left_or_has_ended_is_former(status, is_former):
    assert Reader().network(Network(status=status)).is_former == is_former


# Order


@pytest.mark.django_db
def test_themes_stand_in_the_order_of_the_alphabet_on_show():
    names = {"Цивилна заштита": "Civil protection", "Џез": "Jazz", "Енергија": "Energy", "Љубав": "Love", "Лов": ""}
    network = make_network(
        themes=[make_theme(name_sr=serbian, name_en=english) for serbian, english in names.items()]
    )
    assert in_each_form(lambda reader: [theme.name for theme in reader.network(network).themes]) == (
        ["Енергија", "Лов", "Љубав", "Цивилна заштита", "Џез"],
        ["Civilna zaštita", "Džez", "Energija", "Lov", "Ljubav"],
        ["Civil protection", "Energy", "Jazz", "Lov", "Love"],
    )


def test_rows_are_called_by_their_name_in_the_active_language():
    rows = [Network(name_sr="Њ", name_en="N"), Theme(name_sr="Њ", name_en="N"), Page(title_sr="Њ", title_en="N")]
    for form, name in zip(FORMS, ["Њ", "Nj", "N"], strict=True):
        with override(form):
            assert [str(row) for row in rows] == [name] * 3


def test_latin_is_sorted_by_the_cyrillic_that_it_was_made_from():
    """In конјунктура, н and ј are two letters. Latin by itself would be read with the letter nj, which follows n."""
    reader = Reader("sr-latn")
    names = [reader.serbian(name) for name in ("Конзервација", "Конјунктура")]
    assert sorted(names, key=reader.sort_key) == ["Konjunktura", "Konzervacija"]


def test_an_original_name_in_serbian_is_marked_by_the_script_it_is_written_in():
    network = Network(name_sr="Савез", original_name="Savez gradova", original_language="sr")
    read = in_each_form(lambda reader: facts(reader.network(network).original_name))
    told = "Savez gradova", "sr-latn"
    assert read == ((*told, True, SERBIAN_LATIN), (*told, False, ""), (*told, True, SERBIAN_LATIN))


def test_an_acronym_of_six_letters_is_the_mark_and_a_longer_one_is_not():
    networks = [Network(name_sr="Савез градова", acronym_sr=acronym) for acronym in ("ЕВРОГР", "ЕВРОГРА")]
    readings = [Reader("sr").network(network) for network in networks]
    assert [(reading.mark, reading.mark_is_acronym) for reading in readings] == [("ЕВРОГР", True), ("С", False)]


@pytest.mark.parametrize(("field", "is_said"), [("summary", True), ("benefit", True), ("seat", False)])
def test_prose_in_another_language_is_said_so_whatever_field_it_stands_in(field, is_said):
    network = Network(name_sr="Мрежа", name_en="Network", **{f"{field}_sr": "Ниш"})
    assert in_each_form(lambda reader: reader.network(network).has_fallback) == (False, False, is_said)


def test_links_in_rich_text_lead_to_the_same_address_in_each_script():
    page = Page(body_sr='<p><a href="/вести/">Вести</a></p>')
    assert Reader("sr-latn").text(page, "body") == '<p><a href="/вести/">Vesti</a></p>'
