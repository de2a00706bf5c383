"""
The screens of plain pages, which are those of networks: tests/test_drafts.py says what each of them does.

Here a page goes through all of them, and what only pages have is tried.
"""

import pytest
from django.test import Client

from networks.models import Network, Page
from networks.revisions import drafts, publishing, storage
from tests.makers import make_account, make_network, make_page
from tests.pages import (
    PREFIXES,
    fill_in,
    form_values,
    in_latin_and_in_ci_under_each_prefix,
    messages_of,
    opened,
    parsed,
    text_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

LIST = "/en/admin/networks/page/"


def sign_in(role, **fields):
    client = Client()
    client.user = make_account(role, **fields)
    client.force_login(client.user)
    return client


@pytest.fixture
def ana():
    return sign_in("editors", first_name="Ана", last_name="Анић")


@pytest.fixture
def milan():
    return sign_in("publishers", first_name="Милан", last_name="Милић")


def make_published(**fields):
    return publishing.publish(make_page(**fields), author=None)


@pytest.fixture
def page():
    return publishing.publish(
        make_page(
            slug="about", title_sr="О сајту", title_en="About", body_sr="<p>Прво.</p>", body_en="<p>First.</p>"
        ),
        author=None,
    )


@pytest.fixture
def statement():
    return publishing.publish(
        make_page(slug=Page.ACCESSIBILITY, title_sr="Изјава", title_en="Statement"), author=None
    )


def form_address(page, name="change", prefix="/en"):
    return f"{prefix}/admin/networks/page/{page.pk}/{name}/"


def seen(path="/en/pages/about/"):
    response = Client().get(path)
    return text_of(parsed(response).xpath("//main")[0]) if response.status_code == 200 else response.status_code


def told(response, client):
    return messages_of(opened(client, response["Location"]))


@pytest.mark.long
@in_latin_and_in_ci_under_each_prefix
def test_page_goes_from_a_draft_to_the_site_and_to_the_bin_and_back(ana, milan, page, prefix):
    at_first, public = seen(), f"{prefix}/pages/about/"
    link_place = form_address(page, "links", prefix)
    # An editor writes, looks and submits; citizens see what they saw.
    form = form_address(page, prefix=prefix)
    assert fill_in(ana, form, {"body_en": "<p>Second.</p>"}, "_save").status_code == 302
    preview = ana.get(form_address(page, "preview", prefix), follow=True)
    assert ("Second." in preview.text) == (prefix == "/en")
    assert ana.post(link_place, {"days": "7"}).status_code == 302
    (link,) = opened(ana, link_place).xpath("//table//input[@readonly]/@value")
    assert Client().get(link).status_code == 200
    assert ana.post(form_address(page, "submit", prefix)).status_code == 302
    assert seen() == at_first
    # A publisher finds it on the start page and reads what differs.
    review = form_address(page, "review", prefix)
    assert review in opened(milan, f"{prefix}/admin/").xpath("//*[@class='worklist']//a/@href")
    (_serbian, comparison) = opened(milan, review).find_class("comparison")
    assert [text_of(each) for each in comparison.xpath(".//del | .//ins")] == ["First", "Second"]
    assert milan.post(review, {"all": "1"}).status_code == 302
    assert "Second." in seen()
    # It is scheduled to leave the site, and that is cancelled.
    schedule = form_address(page, "schedule", prefix)
    typed = {"action": "withdraw", "at_0": "2999-01-01", "at_1": "12:00"}
    assert milan.post(schedule, typed).status_code == 302
    (cancel,) = opened(milan, schedule).xpath("//ul[@class='plans']//form/@action")
    assert milan.post(cancel).status_code == 302
    # The first version is restored and published, the page leaves the site, and goes to the bin and back.
    assert milan.post(form_address(page, "restore/1", prefix)).status_code == 302
    assert "Second." in seen()
    assert fill_in(milan, form, button="_publish").status_code == 302
    assert seen() == at_first
    assert milan.post(form_address(page, "withdraw", prefix)).status_code == 302
    assert Client().get(public).status_code == 404
    assert milan.post(form_address(page, "delete", prefix), {"post": "yes"}).status_code == 302
    (undelete,) = opened(milan, f"{prefix}/admin/networks/page/bin/").xpath("//a[contains(@href, 'undelete')]/@href")
    assert milan.post(undelete).status_code == 302
    assert fill_in(milan, form, button="_publish").status_code == 302
    assert seen() == at_first
    rows = opened(milan, form_address(page, "history", prefix)).xpath("//table[@class='versions']/tbody/tr")
    assert len(rows) == page.revisions.count() + page.events.count()
    kinds = {*page.events.values_list("kind", flat=True)}
    assert kinds == {
        "submitted",
        "published",
        "withdrawal_scheduled",
        "cancelled",
        "withdrawn",
        "deleted",
        "undeleted",
    }


@pytest.mark.long
def test_two_people_at_a_page_are_merged_field_by_field(ana, milan, page):
    first, second = (form_values(opened(client, form_address(page))) for client in (ana, milan))
    ana.post(form_address(page), first | {"title_en": "Theirs", "body_en": "<p>Theirs.</p>", "_save": "1"})
    response = milan.post(form_address(page), second | {"title_sr": "Моје", "_save": "1"})
    assert "taken over: title (in English), text (in English)." in told(response, milan)[0]
    head = storage.newest_revision(Page.objects.get()).content
    assert (head["title_sr"], head["title_en"], head["body_en"]) == ("Моје", "Theirs", "<p>Theirs.</p>")
    response = milan.post(form_address(page), second | {"title_en": "Mine", "_save": "1"})
    (conflict,) = parsed(response).find_class("conflict")
    assert (response.status_code, conflict.get("id")) == (200, "conflict-title_en")
    assert seen() != 404
    assert Page.objects.get().title_en == "About"


def test_open_form_names_who_else_has_it_open(ana, milan, page):
    opened(ana, form_address(page))
    notice = opened(milan, form_address(page)).get_element_by_id("colleagues")
    assert text_of(notice).startswith("Others have this form open now: Ana Anić.")
    assert "Ana Anić" in milan.post(form_address(page, "open")).json()["colleagues"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=drugi naslov", ["draft"]),
        ("q=ДРУГИ tekst", ["draft"]),
        ("q=prvi", ["plain"]),
        ("q=first", []),
        ("english=missing", ["draft"]),
        ("english=complete", ["plain"]),
        ("state=draft", ["draft"]),
        ("state=published", ["draft", "plain"]),
        ("state=unpublished", []),
    ],
)
def test_list_shows_and_finds_the_newest_version(ana, query, found):
    for slug in ("draft", "plain"):
        texts = {
            "title_sr": "Први",
            "title_en": "First" if slug == "draft" else "Plain",
            "body_sr": "",
            "body_en": "",
        }
        page = publishing.publish(make_page(slug=slug, **texts), author=None)
        if slug == "draft":
            typed = {"title_sr": "Други наслов", "title_en": "", "body_sr": "<p>Други <em>текст</em></p>"}
            drafts.save(page, typed, author=ana.user)
    rows = opened(ana, f"{LIST}?{query}").xpath("//table[@id='result_list']/tbody/tr")
    names = {"draft": "Drugi naslov", "plain": "Plain"}
    shown = {text_of(row.find_class("field-displayed_title")[0]): row for row in rows}
    assert set(shown) == {names[each] for each in found}
    if "draft" in found:
        assert text_of(shown[names["draft"]].find_class("field-state")[0]) == "On the siteDraft: Ana Anić"


# The accessibility statement, to which the site itself links


def test_statement_keeps_its_address_in_the_form(milan, statement):
    tree = opened(milan, form_address(statement))
    assert "slug" not in form_values(tree)
    typed = form_values(tree) | {"slug": "elsewhere", "title_en": "Our statement", "_publish": "1"}
    assert milan.post(form_address(statement), typed).status_code == 302
    page = Page.objects.get()
    assert (page.slug, page.title_en) == (Page.ACCESSIBILITY, "Our statement")


def test_statement_keeps_its_address_when_a_version_with_another_one_is_restored(milan):
    page = make_published(slug="old", title_en="Statement")
    typed = storage.newest_revision(page).content | {"slug": Page.ACCESSIBILITY, "title_en": "Ours"}
    drafts.save(page, typed, author=milan.user)
    publishing.publish(page, author=milan.user)
    assert milan.post(form_address(page, "restore/1")).status_code == 302
    assert fill_in(milan, form_address(page), button="_publish").status_code == 302
    page = Page.objects.get()
    assert (page.slug, page.title_en) == (Page.ACCESSIBILITY, "Statement")
    assert Client().get("/en/pages/accessibility/").status_code == 200


def test_page_that_became_the_statement_while_its_form_was_open_is_saved(ana, milan, page):
    values = form_values(opened(ana, form_address(page)))
    drafts.save(page, storage.newest_revision(page).content | {"slug": Page.ACCESSIBILITY}, author=milan.user)
    publishing.publish(page, author=milan.user)
    response = ana.post(form_address(page), values | {"title_en": "Mine", "_save": "1"})
    assert "taken over: address." in told(response, ana)[0]
    content = storage.newest_revision(Page.objects.get()).content
    assert (content["slug"], content["title_en"]) == (Page.ACCESSIBILITY, "Mine")


@pytest.mark.parametrize("name", ["withdraw", "delete"])
def test_statement_leaves_the_site_only_by_a_publisher_who_was_asked(ana, milan, statement, name):
    path = "/en/pages/accessibility/"
    assert ana.post(form_address(statement, name), {"post": "yes"}).status_code == 403
    assert milan.get(form_address(statement, name)).status_code == 200
    assert Client().get(path).status_code == 200
    assert milan.post(form_address(statement, name), {"post": "yes"}).status_code == 302
    assert Client().get(path).status_code == 404


# What visitors see is what a revision says


@pytest.mark.long
@pytest.mark.parametrize("model", [Network, Page])
def test_each_way_to_publish_leaves_the_row_as_its_revision_says(milan, model):
    make = {Network: make_network, Page: make_page}[model]
    row = make(is_published=False)
    base = f"/en/admin/networks/{model._meta.model_name}/"

    def check():
        now = model.objects.get(pk=row.pk)
        expected = now.live if now.is_published else now.head
        assert storage.content_of(now) == expected.content
        return now

    chosen = {"_selected_action": [row.pk], "post": "yes", "unsubmitted": "on"}
    for action, is_published in (
        ("publish", True),
        ("withdraw", False),
        ("publish", True),
        ("delete_selected", False),
    ):
        milan.post(base, chosen | {"action": action})
        assert check().is_published == is_published
        fill_in(milan, f"{base}{row.pk}/change/", {"slug": "changed"}) if action != "delete_selected" else None
        check()


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in PREFIXES if name != "en"])
def test_page_is_not_called_a_network(milan, ana, page, name):
    """Of the words for a page, in either script."""
    drafts.save(page, storage.newest_revision(page).content | {"title_en": "Draft"}, author=ana.user)
    for place in ("change", "history", "compare", "schedule", "links", "withdraw", "discard", "submit", "delete"):
        words = text_of(opened(milan, form_address(page, place, PREFIXES[name])).get_element_by_id("content"))
        assert "мреж" not in words.lower() and "mrež" not in words.lower(), place
