import contextlib
import time
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from networks import rich_text
from networks.models import Network, Page
from networks.public import word_index
from networks.revisions import drafts
from networks.revisions.comparison import compare_words
from networks.rich_text import (
    ADDRESS_SCHEMES,
    LONGEST_TEXT,
    TAGS,
    clean_rich_text,
    plain_text,
    readable_text,
    validate_links,
)
from networks.serbian import fold, html_to_latin
from tests.makers import make_network, make_page

MARKUP = """
    <p> </p> <br> <ul> </ul> <ol> <li> </li> <b> </b> <em> <strong> </strong> <div> </div> <h2> </h2>
    <table><tr><td> </td></tr></table> <script> </script> <style> </style> <!-- --> <![CDATA[ ]]> <svg> </svg> <math>
    <template> <iframe> <textarea> <a/href=" "> </a> javascript: https://www.ni.rs mailto:a@ni.rs &lt; &amp; &nbsp;
    <img/src=x/onerror=alert(1)> &#x6a; < > & " ' Ниш Niš
"""
SNIPPETS = [*MARKUP.split(), " ", "\n", "\n\n", "\r\n\r\n", "\0"]
typed_texts = st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=5), max_size=12).map("".join)


class Outline(HTMLParser):
    """What a browser would make of the HTML: its tags, its attributes, and the elements each text stands in."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.texts, self.open = set(), [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if data.strip():
            self.texts.append((tuple(self.open), data))

    def handle_comment(self, data):
        self.tags.add("!--")

    def handle_decl(self, decl):
        self.tags.add("!")


class TestCleanRichText:
    @pytest.mark.parametrize(
        "html",
        [
            "<p>Ниш је члан <strong>мреже</strong> од <em>2007</em>.</p>",
            "<p>Први ред<br>други ред</p><p>Други пасус</p>",
            "<ul><li>култура</li><li>наслеђе</li></ul>",
            "<ol><li><p>прво</p></li><li><p>друго</p></li></ol>",
            "<ul><li>једно<ul><li>у њему</li></ul></li></ul>",
            '<p><a href="https://www.ni.rs/?a=1&amp;b=2">Град Ниш</a></p>',
            '<p><a href="mailto:grad@ni.rs">пошта</a>, <a href="tel:+38118504000">телефон</a></p>',
            '<p><a href="/networks/avec/">мрежа на овом сајту</a></p>',
            "<p>Већи &gt; мањи &amp; једнаки, а&nbsp;ово је размак</p>",
        ],
    )
    def test_leaves_honest_html_as_it_is(self, html):
        assert clean_rich_text(html) == html

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("<script>alert(1)</script><p>текст</p>", "<p>текст</p>"),
            ("<SCRIPT SRC=//evil.example/x.js></SCRIPT><p>текст</p>", "<p>текст</p>"),
            ("<style>p { color: red }</style><p>текст</p>", "<p>текст</p>"),
            ('<p onclick="alert(1)" style="color:red" class="x" id="y">текст</p>', "<p>текст</p>"),
            ("<p>текст<img src=x onerror=alert(1)></p>", "<p>текст</p>"),
            ("<p>текст</p><iframe src='https://evil.example'></iframe>", "<p>текст</p>"),
            ("<p>текст</p><form action=/x><input name=y></form>", "<p>текст</p>"),
            ("<p>те<!-- <b>не</b> -->кст</p>", "<p>текст</p>"),
            ("<p>те\0кст</p>", "<p>текст</p>"),
            ('<p><a href="javascript:alert(1)">текст</a></p>', "<p>текст</p>"),
            ('<p><a href=" jAvA\tscript&colon;alert(1)">текст</a></p>', "<p>текст</p>"),
            ('<p><a href="&#106;avascript:alert(1)">текст</a></p>', "<p>текст</p>"),
            ('<p><a href="data:text/html,x">текст</a></p>', "<p>текст</p>"),
            ('<p><a href="vbscript:x">текст</a></p>', "<p>текст</p>"),
            ('<p><a href="https://x.rs" target="_blank" rel="opener">текст</a></p>', '<p><a href="https://x.rs">текст</a></p>'),
            ('<svg><style><a title="</style><img src=x onerror=alert(1)>">', '<p>"&gt;</p>'),
            ("&lt;script&gt;alert(1)&lt;/script&gt;", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ],
    )  # fmt: skip
    def test_drops_what_is_hostile_and_keeps_the_text(self, typed, kept):
        assert clean_rich_text(typed) == kept

    @pytest.mark.parametrize(
        "typed", ['<p lang="EN-US">текст</p>', '<p title="x">текст</p>', '<p dir="ltr" data-x="1">текст</p>']
    )
    def test_keeps_no_attribute_but_the_address_of_a_link(self, typed):
        assert clean_rich_text(typed) == "<p>текст</p>"

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("<p><b>Ниш</b> и <i>Сарајево</i></p>", "<p><strong>Ниш</strong> и <em>Сарајево</em></p>"),
            ("<p><B>Ниш</B></p>", "<p><strong>Ниш</strong></p>"),
            ('<p><b style="mso-bidi-font-weight:normal">Ниш</b></p>', "<p><strong>Ниш</strong></p>"),
            ("<p>Први<br/>други</p>", "<p>Први<br>други</p>"),
            ("<div><p>Ниш</p></div>", "<p>Ниш</p>"),
            ("<b><p>Ниш</p><p>Сарајево</p></b>", "<p><strong>Ниш</strong></p><p><strong>Сарајево</strong></p>"),
            ("<p><b>Ниш <i>и</b> Сарајево</i></p>", "<p><strong>Ниш <em>и</em></strong><em> Сарајево</em></p>"),
            ("<p>Ниш<p>Сарајево", "<p>Ниш</p><p>Сарајево</p>"),
            ("<ul><li>Ниш<li>Сарајево</ul>", "<ul><li>Ниш</li><li>Сарајево</li></ul>"),
        ],
    )
    def test_understands_other_spellings_of_the_same_marks(self, typed, kept):
        assert clean_rich_text(typed) == kept

    def test_keeps_paragraphs_bold_and_lists_of_a_word_processor(self):
        pasted = (
            '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset=utf-8>'
            "<style><!-- p.MsoNormal {margin:0cm; mso-style-unhide:no} --></style></head><body lang=SR>"
            "<!--StartFragment--><p class=MsoNormal style='margin:0'><b><span style='font-size:12.0pt'>Ниш</span></b>"
            " је члан од 2007.<o:p></o:p></p>\n<ul type=disc><li class=MsoNormal>култура</li>"
            "<li class=MsoNormal><i>наслеђе</i></li></ul>\n<p class=MsoNormal>Крај.<o:p>&nbsp;</o:p></p>"
            "<!--EndFragment--></body></html>"
        )
        assert clean_rich_text(pasted).replace("\n", "").replace("&nbsp;", "") == (
            "<p><strong>Ниш</strong> је члан од 2007.</p>"
            "<ul><li>култура</li><li><em>наслеђе</em></li></ul><p>Крај.</p>"
        )

    @pytest.mark.parametrize(
        "typed",
        [
            "<div>култура</div><div>наслеђе</div>",
            "<h2>култура</h2><p>наслеђе</p>",
            "<table><tr><td>култура</td><td>наслеђе</td></tr></table>",
        ],
    )
    def test_does_not_run_words_of_different_blocks_together(self, typed):
        texts = [text.split() for _open, text in Outline(clean_rich_text(typed)).texts]
        assert sum(texts, []) == ["култура", "наслеђе"]

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("Град Ниш", "<p>Град Ниш</p>"),
            ("Први пасус\n\nДруги пасус", "<p>Први пасус</p><p>Други пасус</p>"),
            ("Први пасус\r\n\r\n \r\nДруги пасус\r\n", "<p>Први пасус</p><p>Други пасус</p>"),
            ("2 < 3 & 3 > 2", "<p>2 &lt; 3 &amp; 3 &gt; 2</p>"),
            ("<strong>Први</strong>\n\n<em>други</em>", "<p><strong>Први</strong></p><p><em>други</em></p>"),
        ],
    )
    def test_makes_paragraphs_of_plain_text(self, typed, kept):
        assert clean_rich_text(typed) == kept

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            " \r\n\t",
            "<p></p>",
            "<p><br></p>",
            "<p> </p>\n<p>&nbsp;</p>",
            "<p>\xa0</p>",
            "<br><br/>",
            "<!-- nothing -->",
            "<script>alert(1)</script>",
            "<p><strong></strong></p>",
            "<ul><li><p></p></li></ul>",
            '<p><a href="https://www.ni.rs"></a></p>',
        ],
    )
    def test_returns_nothing_where_no_text_is_left(self, typed):
        assert clean_rich_text(typed) == ""

    @given(typed_texts)
    @example("<p>а</p>б")
    @example('<a href="java\nscript:alert(1)">а</a>')
    def test_lets_only_its_own_tags_and_addresses_through(self, typed):
        outline = Outline(clean_rich_text(typed))
        assert outline.tags <= TAGS
        for name, value in outline.attributes:
            assert name == "href"
            assert urlsplit("".join(value.split())).scheme.lower() in ADDRESS_SCHEMES | {""}

    @given(typed_texts)
    @example("Уводна реч<p>и пасус</p>")
    @example("<h2>Наслов</h2><p>и пасус</p>")
    @example("<strong>а\n\nб</strong>")
    def test_changes_nothing_the_second_time(self, typed):
        once = clean_rich_text(typed)
        assert clean_rich_text(once) == once

    @given(typed_texts)
    @example("<p>а</p>б")
    @example("<li>а</li>")
    def test_leaves_every_text_in_a_paragraph_or_a_list(self, typed):
        for elements, text in Outline(clean_rich_text(typed)).texts:
            assert elements[:1] in [("p",), ("ul",), ("ol",)], text
            assert "p" not in elements[:-1] or elements[-1] in {"strong", "em", "a"}, elements


# What takes a careless program long when there is much of it: marks in marks, tags and comments that never end,
# blocks that marks reach over, and what parsers of HTML have rules of their own for.
SLOW_MARKUP = """
    <b><i> </b></i> <b>x<i>y</b>z</i> <b><p> <b>x</p> <p><b><i>x</p> <em></em> <em>&nbsp; <a/href="/x"> <a><b> <a><p>
    <a/href="https://ni.rs">x</a> <a/title=" <a/title=' <a/=">' <a/ < </ <<p>p> > " ' = & &# &#9 &#xf &nbsp; &amp
    <!-- <!--x> --> <! <? <![CDATA[ ]]> <p> <p>x </p> <ul><li> <ul> <li> </ul> <ul><p> <p><br></p> <div> <x> <table>
    <table><tr><td>x <td> <svg> <svg><desc><b> <math><mtext><b> <template> <select><option> <script> </script> <style>
    <textarea> <title> <button> <nobr> ш
"""
SLOW_MARKUP = [*SLOW_MARKUP.split(), "<em> ", "<a ", '<a title="', "ш ", "x\n\n", "\n", " ", "\0"]

slow_texts = st.lists(st.sampled_from(SLOW_MARKUP), min_size=1, max_size=4).map("".join)


def of_length(length, markup):
    return (markup * (length // len(markup) + 1))[:length]


# Many of something that is each time another one, or one that is long
LONG_TEXTS = {
    "marks that each differ": lambda length: "".join(f"<b x{n}><p>" for n in range(length // 12)),
    "attributes": lambda length: f"<a {' '.join(f'x{n}=1' for n in range(length // 8))}>x</a>",
    "a long link over many paragraphs": lambda length: f'<a href="/{"x" * (length // 2)}">' + "<p>x" * (length // 8),
    "nested and closed": lambda length: "<em>" * (length // 9) + "x" + "</em>" * (length // 9),
    "lists nested and closed": lambda length: "<ul><li>" * (length // 18) + "x" + "</li></ul>" * (length // 18),
    "blocks, then marks": lambda length: "<div>" * (length // 10) + "<b>" * (length // 6),
    "marks, then ends of blocks": lambda length: "<b>" * (length // 8) + "x</div>" * (length // 14),
    "one number": lambda length: f"<a href='&#{'9' * (length - 20)}'>x",
    "a long address without a scheme": lambda length: f"<a href='{'a.' * (length // 2 - 10)}!'>x",
    "a long mailbox": lambda length: f"<a href='{'a' * (length // 2)}@{'a.' * (length // 4 - 10)}!'>x",
    "one word": lambda length: "<p>" + "ш" * (length - 3),
    "one space": lambda length: "<p><em>" + " " * (length - 8) + "x",
}


def refuse_links(html):
    with contextlib.suppress(ValidationError):
        validate_links(html)


WALKS = {
    "clean_rich_text": rich_text.sanitise,
    "validate_links": refuse_links,
    "plain_text": plain_text,
    "readable_text": readable_text,
    "html_to_latin": html_to_latin,
    "fold": fold,
    "compare_words": lambda html: compare_words(html, html[::-1]),
}


@pytest.mark.exhaustive
class TestTime:
    """Whatever is sent, the time grows as the text does: eight times the text takes nowhere near 64 times as long."""

    def assert_linear(self, walk, text_of_length):
        def seconds(length):
            started = time.thread_time()  # what others do on the machine at the time is not counted
            walk(text_of_length(length))
            return time.thread_time() - started

        # A fraction of a second may be spent on anything; but 61 s were spent on the first of these texts.
        for _attempt in range(3):
            short, long = seconds(5000), seconds(LONGEST_TEXT)
            if long < max(24 * short, 0.25):
                return
        pytest.fail(f"5,000 characters took {short:.3f} s, 40,000 took {long:.3f} s: {text_of_length(60)!r}…")

    @pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
    def test_grows_with_the_length_of_hostile_text(self, walk):
        for markup in SLOW_MARKUP:
            self.assert_linear(walk, lambda length, markup=markup: of_length(length, markup))
        for text_of_length in LONG_TEXTS.values():
            self.assert_linear(walk, text_of_length)

    @pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
    def test_grows_with_the_length_of_any_mixture(self, walk):
        @settings(max_examples=settings().max_examples // 4)  # each goes over 40,000 characters
        @given(slow_texts, slow_texts)
        def check(first, second):
            self.assert_linear(walk, lambda length: of_length(length // 2, first) + of_length(length // 2, second))

        check()

    def test_of_a_comparison_in_which_every_second_word_is_new_grows_with_the_length(self):
        def compare(text):
            words = text.split()
            compare_words(text, " ".join(f"{word} +{word}" for word in words[: len(words) // 2]))

        self.assert_linear(compare, lambda length: " ".join(str(number) for number in range(length // 6)))

    def test_is_not_spent_on_what_is_too_long(self):
        started = time.thread_time()
        validate_links('<a href="x">x' * 200_000)
        assert time.thread_time() - started < 0.1


# In a tag or a script that does not end, there are no words.
MARKUP_THAT_ENDS = """
    <b> </b> <i> </i> <a/href="/x"> </a> <p> </p> <ul> </ul> <ol> <li> </li> <br> <table> <tr> <td> </td> </table>
    <svg> </svg> <math> <template> <select> <textarea> <!--x--> <p/style='x>y'> <style>p{}</style> &nbsp; &
"""


class TestHostileMarkup:
    """What is done against it costs no word, and does not make a text grow without end."""

    words = st.sampled_from(["Ниш", "Сарајево", "Wien"])
    markup = st.sampled_from([*MARKUP_THAT_ENDS.split(), "\n", "\n\n", "< ", "<b><i>" * 40, "<ul><li>" * 40])
    texts = st.lists(words.map(lambda word: f" {word} ") | markup, max_size=30)

    @given(texts)
    def test_loses_no_word(self, parts):
        expected = [word for part in parts for word in part.split() if part[:1] == " "]
        read = plain_text(clean_rich_text("".join(parts)))
        assert [word for word in read.split() if word.isalpha()] == expected

    @given(texts)
    def test_is_clean_after_one_cleaning(self, parts):
        once = clean_rich_text("".join(parts))
        assert clean_rich_text(once) == once

    @pytest.mark.parametrize("text_of_length", LONG_TEXTS.values(), ids=LONG_TEXTS)
    def test_does_not_grow_much_and_is_clean_after_one_cleaning(self, text_of_length):
        once = clean_rich_text(text_of_length(LONGEST_TEXT))
        assert len(once) < 5 * LONGEST_TEXT
        assert clean_rich_text(once) == once

    @pytest.mark.parametrize(
        "typed", ["Ниш <b и Сарајево", 'Ниш <a title="и Сарајево</a>', "Ниш <!-- и Сарајево", "Ниш </и Сарајево"]
    )
    def test_that_never_ends_is_text(self, typed):
        assert plain_text(clean_rich_text(typed)) == typed

    def test_loses_the_marks_that_are_too_deep_and_keeps_the_others(self):
        typed = f"<p>{'<b><i>' * 20}Ниш{'</i></b>' * 20} и <b>Сарајево</b></p>"
        kept = f"<p>{'<strong><em>' * 15}Ниш{'</em></strong>' * 15} и <strong>Сарајево</strong></p>"
        assert clean_rich_text(typed) == kept

    def test_of_lists_that_are_too_deep_leaves_their_items(self):
        clean = clean_rich_text("".join(f"<ul><li>{number}" for number in range(100)))
        assert plain_text(clean).split() == [str(number) for number in range(100)]
        assert clean.count("<ul>") == 15


@pytest.mark.django_db
class TestRichTextField:
    @pytest.mark.long
    @pytest.mark.parametrize("language", ["sr", "sr-latn", "en"])
    def test_refuses_what_is_too_long_before_it_is_cleaned(self, client, monkeypatch, language):
        client.force_login(User.objects.create_superuser("clerk"))
        monkeypatch.setattr(rich_text, "sanitise", lambda html: pytest.fail("cleaned"))
        network, page = make_network(slug="avec"), Page.objects.create(slug="about", title_sr="О сајту")
        too_long = "а" * (LONGEST_TEXT + 1)
        prefix = "" if language == "sr" else f"/{language}"
        message = {
            "sr": "Унесите највише",
            "sr-latn": "Unesite najviše",
            "en": "Ensure this value has at most",
        }[language]
        for address, typed in (
            (f"/admin/networks/network/{network.pk}/change/", {"name_sr": "Мрежа", "description_sr": too_long}),
            (f"/admin/networks/page/{page.pk}/change/", {"title_sr": "О сајту", "body_sr": too_long}),
        ):
            response = client.post(prefix + address, {"status": "member", "base": "1", **typed})
            (errors,) = response.context["adminform"].form.errors.values()
            (error,) = errors
            assert error.startswith(message), error

        with pytest.raises(ValidationError) as caught:
            drafts.save(network, {"description_sr": too_long}, author=None)
        assert list(caught.value.message_dict) == ["description_sr"]

    @pytest.mark.sql
    def test_sanitises_whoever_writes(self):
        hostile, harmless = "<p onclick=x>Ниш</p><script>alert(1)</script>", "<p>Ниш</p>"
        network = make_network(description_sr=hostile, description_en=hostile)
        page = make_page(body_sr=hostile)
        network.refresh_from_db()
        page.refresh_from_db()
        assert (network.description_sr, network.description_en, page.body_sr) == (harmless,) * 3
        Network.objects.update(description_sr=hostile)
        network.refresh_from_db()
        assert network.description_sr == harmless

    def test_search_does_not_find_what_was_dropped(self):
        make_network(description_sr="<style>p.MsoNormal{}</style><script>zlonamerno()</script><p>Ниш</p>")
        assert word_index.find("Niš").entries
        assert not word_index.find("zlonamerno").entries
        assert not word_index.find("MsoNormal").entries


class TestLinks:
    @pytest.mark.parametrize(
        "html",
        [
            '<p><a href="">текст</a></p>',
            "<p><a>текст</a></p>",
            '<p><a title="x">текст</a></p>',
            '<a href=" JavaScript:alert(1)">текст</a>',
            "<a href='data:text/html,x'>текст</a>",
            "<a href=vbscript:x>текст</a>",
            '<a href="&#106;avascript:alert(1)">текст</a>',
        ],
    )
    def test_that_lead_nowhere_are_refused_and_never_stored(self, html):
        with pytest.raises(ValidationError):
            validate_links(html)
        assert clean_rich_text(html) == "<p>текст</p>"

    @pytest.mark.parametrize(
        "html",
        [
            "текст без везе",
            '<p><a href="https://ниш.срб/">текст</a></p>',
            '<p><a title="x" href="mailto:grad@ni.rs">текст</a></p>',
            '<p><a href="/pages/about/">текст</a></p>',
            "<abbr>текст</abbr>",
        ],
    )
    def test_that_lead_somewhere_are_accepted(self, html):
        validate_links(html)

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("www.example.org", "https://www.example.org"),
            (" www.example.org ", "https://www.example.org"),
            ("example.org/a/b.html?c=d#e", "https://example.org/a/b.html?c=d#e"),
            ("example.org:8080/a", "https://example.org:8080/a"),
            ("ниш.срб", "https://ниш.срб"),
            ("xn--e1ai3c.xn--90a3ac", "https://xn--e1ai3c.xn--90a3ac"),
            ("grad@ni.rs", "mailto:grad@ni.rs"),
            ("http://example.org", "http://example.org"),
            ("//example.org/a", "//example.org/a"),
            ("/pages/about/", "/pages/about/"),
            ("#below", "#below"),
            ("tel:+38118504000", "tel:+38118504000"),
        ],
    )
    def test_whose_addresses_lack_a_scheme_get_one(self, typed, kept):
        html = f'<p><a href="{typed}">текст</a></p>'
        validate_links(html)
        assert clean_rich_text(html) == f'<p><a href="{kept}">текст</a></p>'
        assert clean_rich_text(clean_rich_text(html)) == clean_rich_text(html)

    @pytest.mark.parametrize("typed", ["pages/about/", "../about/", "о нама", "www", "localhost/a", "https//ni.rs"])
    def test_that_would_lead_to_a_page_below_the_one_they_stand_on_are_refused(self, typed):
        with pytest.raises(ValidationError):
            validate_links(f'<p><a href="{typed}">текст</a></p>')
