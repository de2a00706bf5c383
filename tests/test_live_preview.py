"""The page as one types: what stands in a form as citizens would read it, of which nothing is written."""

from unittest import mock

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from networks.models import Network, OpenForm, Page
from networks.page_store.watch import Watch
from networks.partial_dates import PartialDate
from networks.revisions import drafts
from tests.browser import make_network_with_everything
from tests.makers import make_account, make_network, make_page, make_theme
from tests.pages import (
    PREFIXES,
    count_queries,
    form_values,
    in_latin_and_in_ci_in_each_language,
    opened,
    parsed,
    text_of,
)
from tests.picture_files import drawing, saved

pytestmark = pytest.mark.django_db

TAGS = {"sr": "sr-Cyrl", "sr-latn": "sr-Latn", "en": "en"}


@pytest.fixture
def clerk():
    client = Client()
    client.force_login(User.objects.create_superuser("clerk"))
    return client


def form_address(row):
    return f"/admin/networks/{row._meta.model_name}/{row.pk}/change/"


def preview(client, address, typed=(), language="sr", prefix=""):
    """Return the response of the preview of a form in which the given fields stand; the others are as stored."""
    return client.post(
        prefix + address.replace("change/", "") + "live/", {**dict(typed), "live_language": TAGS[language]}
    )


def article(response):
    """What the page says, but for the record of changes, which tells of the publishing, and links to letters."""
    tree = parsed(response)
    letters = "//p[@class='report'] | //p[@class='notice']/a"
    for element in tree.xpath(f"//section[@aria-labelledby='record'] | {letters}"):
        element.drop_tree()
    return text_of(tree.find(".//main"))


def note(response):
    (found,) = parsed(response).xpath("//aside")
    return text_of(found)


def everything_stored():
    """All rows of all tables but for the session, and for when the form was opened."""
    models = [each for each in apps.get_models(include_auto_created=True) if each is not OpenForm]
    return {each: list(each._base_manager.order_by("pk").values_list()) for each in models}


NETWORK = {
    "name_sr": "Савез љубитеља",
    "name_en": "League",
    "summary_sr": "Нови сажетак & више.",
    "summary_en": "",
    "description_sr": "<p>Први <b>пасус</b>.</p><p onclick='x'>Други<script>alert(1)</script></p>",
    "benefit_en": "Two\r\nlines",
    "founded": "мај 1985",
    "joined": "3. мај 2005.",
    "fees-00000fee-amount": "1.500,50",
    "verified_on": "2026-02-03",
    "status": "ended",
    "website": "https://example.com/x/",
    "slug": "",
}
PAGE = {"title_sr": "О сајту", "title_en": "About", "body_sr": "<ul><li>Нишава</li></ul>", "slug": "o-sajtu"}


@pytest.mark.long
@in_latin_and_in_ci_in_each_language
@pytest.mark.parametrize("model", [Network, Page])
def test_form_is_shown_as_citizens_would_read_it_once_it_is_published(clerk, model, language):
    if model is Network:
        make_network_with_everything()
        typed = NETWORK | {"themes": [make_theme(name_sr="Култура").pk]}
    else:
        make_page()
        typed = PAGE
    row = model.objects.get()
    values = form_values(opened(clerk, form_address(row))) | typed
    before = everything_stored()
    shown = preview(clerk, form_address(row), values, language)
    assert everything_stored() == before
    assert clerk.post(form_address(row), values | {"_publish": "1"}).status_code == 302
    row.refresh_from_db()
    assert article(Client().get(PREFIXES[language] + row.get_absolute_url())) == article(shown)
    assert parsed(shown).xpath("/html/@lang") == [TAGS[language]]
    assert "<script>alert" not in shown.text
    headers = ("Content-Language", "X-Robots-Tag", "Referrer-Policy")
    assert [shown.headers[name] for name in headers] == [TAGS[language], "noindex", "no-referrer"]
    assert "no-store" in shown.headers["Cache-Control"]


@pytest.mark.sql
def test_new_network_is_shown_before_it_is_saved(clerk):
    theme = make_theme(name_sr="Култура")
    before = everything_stored()
    shown = preview(clerk, "/admin/networks/network/add/", {"name_sr": "Мрежа мира", "themes": [theme.pk]}, "sr-latn")
    assert [text_of(each) for each in parsed(shown).xpath("//h1")] == ["Mreža mira"]
    assert "Kultura" in article(shown)
    assert everything_stored() == before
    assert preview(clerk, "/admin/networks/page/add/", {}, "en").status_code == 200


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ({"joined": "око 1999"}, "приступање"),
        ({"name_sr": ""}, "назив (на српском)"),
        (
            {"website": "javascript:x", "fees": "lines", "fees-00000fee-year": "soon"},
            "интернет страница, годишње чланарине",
        ),
        ({"description_en": '<a href="javascript:x">x</a>'}, "опис (на енглеском)"),
        ({"status": "none", "slug": "није добро"}, "статус"),
        ({"logo": "wappen.png"}, "лого"),
    ],
)
def test_what_cannot_be_shown_is_shown_as_stored_and_named(clerk, typed, named):
    make_network_with_everything()
    row = Network.objects.get()
    as_stored = article(preview(clerk, form_address(row)))
    shown = preview(clerk, form_address(row), {"summary_sr": "Другачије.", **typed})
    assert article(shown) == as_stored.replace("Има све што мрежа може да има.", "Другачије.")
    assert named in note(shown)


def test_picture_that_was_just_chosen_is_named_and_one_that_is_removed_is_gone(clerk):
    row = make_network(logo=SimpleUploadedFile("logo.png", saved(drawing())))
    for typed, pictures, is_named in (
        ({}, 1, False),
        ({"logo": SimpleUploadedFile("other.png", saved(drawing()))}, 1, True),
        ({"logo-clear": "on"}, 0, False),
    ):
        shown = preview(clerk, form_address(row), typed)
        assert len(parsed(shown).xpath("//main//img")) == pictures
        assert ("лого" in note(shown)) == is_named


def test_text_of_a_colleague_is_not_shown_over_ones_own(clerk):
    """What was saved since the form was opened is merged when it is saved; the preview shows what one sees."""
    row = make_network(summary_sr="Старо.")
    drafts.save(row, {"summary_sr": "Колегино.", "seat_sr": "Ниш"}, author=None)
    assert "Моје." in article(preview(clerk, form_address(row), {"base": "1", "summary_sr": "Моје."}))


def test_form_is_read_in_the_language_of_the_desk_and_shown_in_another(clerk):
    row = make_network(joined=PartialDate(2007, 5, 3))
    shown = preview(clerk, form_address(row), {"joined": "4 June 2008"}, "sr", "/en")
    assert "4. јуна 2008." in article(shown)
    assert parsed(shown).xpath("//aside/@lang") == ["en"]


@pytest.mark.sql
@pytest.mark.parametrize("role", [pytest.param("editors", marks=pytest.mark.exhaustive), "administrators"])
def test_takes_no_more_queries_than_the_page_itself_and_the_form_at_most_fifteen(client, role):
    client.force_login(make_account(role))
    make_network_with_everything()
    row = Network.objects.get()
    row.themes.add(theme := make_theme())
    assert count_queries(client, form_address(row)) <= 15
    with mock.patch.object(Watch, "current_state"), CaptureQueriesContext(connection) as captured:
        preview(client, form_address(row), {"name_sr": "Ново", "themes": [theme.pk]})
    assert len(captured) <= count_queries(client, row.get_absolute_url())
