"""Texts of word processors, pasted into a rich text: lists stay lists, and what is lost is said."""

import re

import pytest
from playwright.sync_api import expect

from networks.models import Page
from tests.browser import be_signed_in
from tests.makers import make_page

pytestmark = pytest.mark.browser

PASTE = """(editor, { html, text }) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/html", html);
  clipboardData.setData("text/plain", text);
  editor.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
SPACES = "&nbsp;" * 8


def word(level, sign, text, font="Symbol"):
    """An item of a list as Word writes it."""
    return (
        f"<p class=MsoListParagraphCxSpMiddle style='margin-left:{36 * level}.0pt;text-indent:-18.0pt;"
        f"mso-list:l0 level{level} lfo1'><![if !supportLists]><span style='font-family:{font};mso-fareast-font-"
        f"family:{font}'><span style='mso-list:Ignore'>{sign}<span style='font:7.0pt \"Times New Roman\"'>"
        f"{SPACES} </span></span></span><![endif]><span lang=SR-CYRL-RS>{text}<o:p></o:p></span></p>\r\n"
    )


def document(body):
    return (
        "<html xmlns:o='urn:schemas-microsoft-com:office:office'><head><meta charset=utf-8>"
        "<style>p.MsoNormal {margin:0cm}</style></head><body lang=EN-US><!--StartFragment-->\r\n"
        f"{body}<!--EndFragment--></body></html>"
    )


PLAIN = "<p class=MsoNormal>{}<o:p></o:p></p>\r\n"

LISTS = {
    "bullets": (
        PLAIN.format("Пре") + word(1, "·", "Прва") + word(1, "·", "Друга") + PLAIN.format("После"),
        "<p>Пре</p><ul><li><p>Прва</p></li><li><p>Друга</p></li></ul><p>После</p>",
    ),
    "levels": (
        word(1, "·", "Прва") + word(2, "o", "У њој", "Courier") + word(3, "§", "Дубље") + word(1, "·", "Друга"),
        "<ul><li><p>Прва</p><ul><li><p>У њој</p><ul><li><p>Дубље</p></li></ul></li></ul></li>"
        "<li><p>Друга</p></li></ul>",
    ),
    "numbers": (
        word(1, "1.", "Прва") + word(2, "a)", "У њој") + word(1, "2.", "Друга"),
        "<ol><li><p>Прва</p><ol><li><p>У њој</p></li></ol></li><li><p>Друга</p></li></ol>",
    ),
    "one kind after another": (
        word(1, "·", "Знак") + word(1, "1.", "Број"),
        "<ul><li><p>Знак</p></li></ul><ol><li><p>Број</p></li></ol>",
    ),
    "from the deeper level": (
        word(2, "o", "Прва") + word(1, "·", "Друга"),
        "<ul><li><p>Прва</p></li></ul><ul><li><p>Друга</p></li></ul>",
    ),
    "emphasis": (
        word(1, "·", "Прва <b>важна</b> ствар"),
        "<ul><li><p>Прва <strong>важна</strong> ствар</p></li></ul>",
    ),
    "signs without their styles": (
        "<p>·&nbsp;&nbsp; Прва</p><p><span>o</span><span>&nbsp;&nbsp; </span>У њој</p><p>· Друга</p><p>После</p>",
        "<ul><li><p>Прва</p><ul><li><p>У њој</p></li></ul></li><li><p>Друга</p></li></ul><p>После</p>",
    ),
    "another list": (
        "<ul><li>Прва</li><li>Друга</li></ul>",
        "<ul><li><p>Прва</p></li><li><p>Друга</p></li></ul>",
    ),
    "no list": (
        "<p>o mreži gradova</p><p>1. мај</p><p>– Ниш</p><p>Ниш · Софија</p>",
        "<p>o mreži gradova</p><p>1. мај</p><p>– Ниш</p><p>Ниш · Софија</p>",
    ),
}  # fmt: skip

NOTE = (
    "<p class=MsoNormal>Текст<a style='mso-footnote-id:ftn1' href='#_ftn1' name='_ftnref1' title=''>"
    "<span class=MsoFootnoteReference>[1]</span></a></p>"
)
LOST = {
    "nothing": (PLAIN.format("Ниш"), [], "<p>Ниш</p>"),
    "a table": ("<table><tr><td>Град</td><td>Година</td></tr></table>", ["table"], "<p>Град</p><p>Година</p>"),
    "headings": ("<h1>Наслов</h1><p>Текст</p>", ["headings"], "<p>Наслов</p><p>Текст</p>"),
    "footnotes": (NOTE, ["footnotes"], "<p>Текст[1]</p>"),
    "pictures": ("<p>Грб <img src='file:///C:/clip_image001.png'></p>", ["pictures"], "<p>Грб</p>"),
    "all": (
        f"<h2>Наслов</h2>{NOTE}<table><tr><td>Град</td></tr></table>",
        ["table", "headings", "footnotes"],
        "<p>Наслов</p><p>Текст[1]</p><p>Град</p>",
    ),
}
SENTENCES = {
    "table": "The table was pasted as paragraphs, one for each cell.",
    "headings": "The headings were pasted as plain paragraphs.",
    "footnotes": "The footnotes were pasted as plain text, without their links.",
    "pictures": "The pictures were left out.",
}


@pytest.fixture
def form(live_server, open_page):
    page = open_page()
    be_signed_in(page, live_server.url)
    row = make_page(is_published=False, body_en="")
    page.goto(f"{live_server.url}/en/admin/networks/page/{row.pk}/change/")
    expect(page.locator(".prose-editor[data-mended]")).to_have_count(2)
    return page


def paste(page, html, text=""):
    editor = page.locator(".fieldBox.field-body_en .ProseMirror")
    editor.focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    editor.evaluate(PASTE, {"html": html, "text": text})
    # The editor says of each numbered list that its numbers are decimal, and ends with an empty paragraph.
    return re.sub(r'(<p></p>)+$|(?<=<ol) data-type="decimal"', "", page.locator("#id_body_en").input_value())


def test_a_list_of_a_word_processor_stays_a_list(form):
    found = {name: paste(form, document(html)) for name, (html, _expected) in LISTS.items()}
    assert found == {name: expected for name, (_html, expected) in LISTS.items()}
    form.click("[name=_save] >> nth=0")
    form.wait_for_selector(".messagelist .success")
    assert Page.objects.get().body_en == LISTS["no list"][1]


def test_what_a_rich_text_cannot_hold_is_said(form):
    note = form.locator(".fieldBox.field-body_en .pasted")
    for name, (html, lost, expected) in LOST.items():
        assert paste(form, document(html)) == expected, name
        expect(note).to_have_text(" ".join(SENTENCES[each] for each in lost))
        expect(note).to_have_attribute("role", "status")


def test_what_is_copied_from_the_editor_itself_comes_back_as_it_was(form):
    html = '<p data-pm-slice="1 1 []">Ниш <strong>·</strong> Софија</p>'
    assert paste(form, html) == "<p>Ниш <strong>·</strong> Софија</p>"
