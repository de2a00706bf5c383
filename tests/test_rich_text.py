from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from networks.models import Network
from networks.rich_text import ADDRESS_SCHEMES, TAGS, clean_rich_text, validate_links
from tests.makers import make_network, make_page

thoroughly = settings(max_examples=300)

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
            ('<svg><style><a title="</style><img src=x onerror=alert(1)>">', ""),
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
    @thoroughly
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
    @thoroughly
    def test_changes_nothing_the_second_time(self, typed):
        once = clean_rich_text(typed)
        assert clean_rich_text(once) == once

    @given(typed_texts)
    @example("<p>а</p>б")
    @example("<li>а</li>")
    @thoroughly
    def test_leaves_every_text_in_a_paragraph_or_a_list(self, typed):
        for elements, text in Outline(clean_rich_text(typed)).texts:
            assert elements[:1] in [("p",), ("ul",), ("ol",)], text
            assert "p" not in elements[:-1] or elements[-1] in {"strong", "em", "a"}, elements


@pytest.mark.django_db
class TestRichTextField:
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
        assert Network.objects.search("Niš").exists()
        assert not Network.objects.search("zlonamerno").exists()
        assert not Network.objects.search("MsoNormal").exists()


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
