"""Two versions side by side: the fields that differ, and in which words, as people read them."""

import pytest
from django.utils.safestring import SafeString
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from networks.models import Network, Page
from networks.revisions import comparison
from networks.revisions.comparison import MOST_PAIRS, Piece, Side, compare, compare_words, language_attribute
from networks.revisions.content import complete_content
from networks.rich_text import readable_text as readable
from networks.serbian import to_latin
from tests.makers import make_theme
from tests.pages import LANGUAGES

# In the table, words that only the older text has stand in [ ], those that only the newer one has in { }.
MARKS = {Side.BOTH: "{}", Side.BEFORE: "[{}]", Side.AFTER: "{{{}}}"}


def marked(pieces):
    return "".join(MARKS[piece.side].format(piece.text) for piece in pieces)


def side(pieces, without):
    return "".join(piece.text for piece in pieces if piece.side != without)


class TestWords:
    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            ("", "", ""),
            ("", "Ниш", "{Ниш}"),
            ("Ниш", "", "[Ниш]"),
            ("Ниш", "Ниш", "Ниш"),
            ("Ниш", "Беч", "[Ниш]{Беч}"),
            ("Град Ниш", "Град Беч", "Град [Ниш]{Беч}"),
            ("Град Ниш", "Стари град Ниш", "[Град]{Стари град} Ниш"),
            ("Cities care.", "Cities that care.", "Cities {that }care."),
            ("Cities that care.", "Cities care.", "Cities [that ]care."),
            ("one, two", "one; two", "one[,]{;} two"),
            ("one two", "one  two", "one { }two"),
            ("one\ntwo", "one\n\ntwo", "one\n{\n}two"),
            ("https://example.org/a", "https://example.org/b", "https://example.org/[a]{b}"),
            ("Niš", "Nis", "[Niš]{Nis}"),
            ("<b>one</b>", "<b>two</b>", "<b>[one]{two}</b>"),
        ],
    )
    def test_of_one_text_only_are_marked(self, before, after, expected):
        assert marked(compare_words(before, after)) == expected

    texts = st.one_of(
        st.text(max_size=80),
        st.lists(st.sampled_from([*"аб .,!?\n<&", "реч", "word", "  ", "š", "\u0301", "\r\n", "…"]), max_size=40).map(
            "".join
        ),
    )

    @pytest.mark.parametrize("most_pairs", [MOST_PAIRS, 0], ids=["words", "sentences"])
    def test_joined_give_either_text_back(self, most_pairs):
        @given(self.texts, self.texts)
        def check(before, after):
            pieces = compare_words(before, after)
            assert (side(pieces, Side.AFTER), side(pieces, Side.BEFORE)) == (before, after)
            assert all(piece.text for piece in pieces if piece.side != Side.BOTH)
            assert before != after or all(piece.side == Side.BOTH for piece in pieces)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(comparison, "MOST_PAIRS", most_pairs)
            check()

    def test_that_stayed_together_are_kept_where_a_single_one_was_moved(self):
        pieces = compare_words("one two three four", "two three four one")
        assert "two three four" in "".join(piece.text for piece in pieces if piece.side == Side.BOTH)

    def test_of_a_text_that_repeats_itself_are_compared_by_the_sentence(self):
        """Word by word, it would take minutes."""
        before = "а " * 3000 + "Ниш. Крај."
        after = "а " * 3000 + "Беч. Крај."
        assert compare_words(before, after) == [
            Piece(Side.BEFORE, "а " * 3000 + "Ниш."),
            Piece(Side.AFTER, "а " * 3000 + "Беч."),
            Piece(Side.BOTH, " Крај."),
        ]

    def test_of_a_long_text_of_different_words_are_compared_one_by_one(self):
        words = " ".join(f"реч{number}" for number in range(1000))
        pieces = compare_words(words, words.replace("реч400 ", "друга "))
        assert marked(piece for piece in pieces if piece.side != Side.BOTH) == "[реч400]{друга}"

    def test_spaces_do_not_count_as_words_that_repeat(self):
        """Nearly every second piece of any text is a space."""
        before = " ".join(f"реч{number}" for number in range(800))
        after = before.replace("реч7 ", "друга ")
        assert len(compare_words(before, after)) == 4


class TestRichText:
    @pytest.mark.parametrize(
        ("html", "text"),
        [
            ("", ""),
            ("<p>Ниш</p>", "Ниш"),
            ("<p>One</p><p>Two</p>", "One\nTwo"),
            ("<p>One<br>Two</p>", "One\nTwo"),
            ("<p>One <strong>two</strong> <em>three</em></p>", "One two three"),
            ("<p>One</p><ul><li>two</li><li>three</li></ul><p>Four</p>", "One\n• two\n• three\nFour"),
            ("<ul><li><p>one</p></li><li><p>two</p></li></ul>", "• one\n• two"),
            ("<ol><li>one</li></ol>", "• one"),
            ('<p>See <a href="https://ni.rs">here</a>.</p>', "See here (https://ni.rs)."),
            ('<p><a href="https://ni.rs?a=1&amp;b=2">here</a></p>', "here (https://ni.rs?a=1&b=2)"),
            ('<p><a href="https://ni.rs">https://ni.rs</a></p>', "https://ni.rs"),
            ('<p><a href="https://ni.rs?a=1&amp;b=2">https://ni.rs?a=1&amp;b=2</a></p>', "https://ni.rs?a=1&b=2"),
            ('<p><a href="https://ni.rs"><strong>here</strong></a></p>', "here (https://ni.rs)"),
            ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
            ("<p>&lt;script&gt;</p>", "<script>"),
            ("<p>&amp;lt;</p>", "&lt;"),
        ],
    )
    def test_is_read_as_on_paper(self, html, text):
        assert readable(html) == text


@pytest.mark.django_db
class TestFields:
    def only(self, before, after):
        (field,) = compare(Network, before, after)
        return field

    def test_that_are_the_same_are_left_out(self):
        content = {"name_sr": "Мрежа", "themes": ["peace"], "founded": "2003"}
        assert compare(Network, content, content) == []
        assert compare(Network, {}, complete_content(Network, {})) == []

    def test_come_in_the_order_of_the_form_with_their_labels(self):
        with override("en"):
            fields = compare(Network, {}, {"internal_note": "x", "name_en": "y", "founded": "2003"})
        assert [(field.name, field.label) for field in fields] == [
            ("name_en", "Name (in English)"),
            ("founded", "Founded"),
            ("internal_note", "Internal note"),
        ]

    @pytest.mark.parametrize(
        ("name", "value", "serbian", "english"),
        [
            ("founded", "2003", "2003.", "2003"),
            ("founded", "2003-05", "мај 2003.", "May 2003"),
            ("joined", "2003-05-03", "3. маја 2003.", "3 May 2003"),
            ("verified_on", "2024-02-29", "29. фебруара 2024.", "29 February 2024"),
            (
                "fees",
                [{"id": "5f0c9a3e", "year": 2026, "amount": "1500.00", "currency": "EUR", "due": "2026-03-01"}],
                "2026: 1.500,00 EUR, рок: 1. марта 2026.",
                "2026: 1,500.00 EUR, due: 1 March 2026",
            ),
            ("fees", [{"id": "5f0c9a3e", "year": "once", "amount": "much"}], "once: much", "once: much"),
            (
                "periods",
                [{"id": "0b6a9e11", "joined": "1999", "left": "2003-05"}, {"id": "0b6a9e12", "left": "2005"}],
                "приступање: 1999., иступање: мај 2003.\nиступање: 2005.",
                "joined: 1999, left: May 2003\nleft: 2005",
            ),
            ("roles", [{"id": "9d1c25a0", "role": "observer"}], "посматрач", "observer"),
            ("scope", "balkan", "балкански", "Balkan"),
            ("scope", "galactic", "galactic", "galactic"),
        ],
    )
    def test_are_in_the_words_of_the_reader(self, name, value, serbian, english):
        expected = {"sr": serbian, "sr-latn": to_latin(serbian), "en": english}
        for language in LANGUAGES:
            with override(language):
                assert (self.only({}, {name: value}).after, self.only({name: value}, {}).before) == (
                    expected[language],
                ) * 2

    def test_texts_are_as_they_were_written_whoever_reads(self):
        for language in LANGUAGES:
            with override(language):
                assert self.only({}, {"summary_sr": "Ниш\nи Wien"}).after == "Ниш\nи Wien"

    def test_themes_are_named_and_sorted_by_the_alphabet(self):
        make_theme(slug="culture", name_sr="Култура", name_en="Culture")
        make_theme(slug="air", name_sr="Ваздух", name_en="Air")
        names = {}
        for language in LANGUAGES:
            with override(language):
                names[language] = self.only({"themes": ["gone"]}, {"themes": ["culture", "air"]})
        assert {language: field.after for language, field in names.items()} == {
            "sr": "Ваздух, Култура",
            "sr-latn": "Kultura, Vazduh",
            "en": "Air, Culture",
        }
        assert {field.before for field in names.values()} == {"gone"}

    def test_pictures_are_two_addresses(self):
        logo = {"name": "logos/first.png", "width": 6, "height": 4}
        field = self.only({"logo": logo}, {"logo": logo | {"name": "logos/second.png"}})
        assert field.pictures == ("/media/logos/first.png", "/media/logos/second.png")
        assert self.only({"logo": logo}, {}).pictures == ("/media/logos/first.png", "")

    def test_rich_text_is_compared_by_its_words(self):
        field = self.only({"description_en": "<p>One</p>"}, {"description_en": "<p><em>Two</em></p>"})
        assert (field.before, field.after, field.html) == ("One", "Two", None)

    def test_rich_text_of_the_same_words_shows_its_marks(self):
        texts = "<p>One</p>", "<p><em>One</em></p>"
        field = self.only({"description_en": texts[0]}, {"description_en": texts[1]})
        assert field.html == texts
        assert all(isinstance(text, SafeString) for text in field.html)

    def test_fields_that_are_no_more_are_left_out(self):
        assert compare(Network, {"no_field": "one"}, {"no_field": "two"}) == []

    def test_fields_are_those_of_the_model(self):
        with override("en"):
            fields = compare(Page, {}, {"title_en": "Privacy", "name_en": "Network"})
        assert [(field.name, field.label, field.after) for field in fields] == (
            [("title_en", "Title (in English)", "Privacy")]
        )

    @pytest.mark.parametrize(
        ("name", "text", "expected"),
        [
            ("name_sr", "Мрежа", ' lang="sr-Cyrl"'),
            ("name_sr", "Mreža", ' lang="sr-Latn"'),
            ("name_sr", "Mreža и Беч", ' lang="sr-Cyrl"'),
            ("name_en", "Network", ' lang="en"'),
            ("source", "Писмо", ' lang="sr-Cyrl"'),
            ("source", "https://example.org", ""),
            ("original_name", "Réseau", ""),
        ],
    )
    def test_say_in_which_language_they_are(self, name, text, expected):
        assert language_attribute(name, text) == expected

    def test_themes_stand_in_the_order_of_letters_and_not_of_their_codes(self):
        """Of the letters of Cyrillic, ђ has the lowest code, and stands sixth."""
        make_theme(slug="culture", name_sr="Култура")
        make_theme(slug="pupils", name_sr="Ђачка размена")
        make_theme(slug="air", name_sr="Ваздух")
        with override("sr"):
            themes = self.only({}, {"themes": ["culture", "pupils", "air"]}).after
        assert themes == "Ваздух, Ђачка размена, Култура"


def test_texts_of_few_words_that_all_repeat_are_compared_by_the_sentence():
    """Few words, and yet so many pairs of equal ones that to compare them takes long."""
    before, after = ("а " * 900 + f"{city}. Крај." for city in ("Ниш", "Беч"))
    assert marked(compare_words(before, after)) == f"[{'а ' * 900}Ниш.]{{{'а ' * 900}Беч.}} Крај."
