"""Views of a list: a filter under a name, for oneself or for all colleagues, at a URL that is the filter itself."""

from urllib.parse import parse_qsl

import pytest
from django.test import Client
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from networks.admin.saved_views import MOST_VIEWS
from networks.models import SavedView
from tests.makers import make_account, make_network, make_theme
from tests.pages import (
    CYRILLIC,
    PREFIXES,
    count_queries,
    in_latin_and_in_ci_in_each_language,
    messages_of,
    opened,
    parsed,
    text_of,
    texts_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

LIST = "/en/admin/networks/network/"
VIEWS = f"{LIST}views/"


def sign_in(role, username):
    client = Client()
    client.user = make_account(role, username=username, first_name=username.title())
    client.force_login(client.user)
    return client


@pytest.fixture
def milan():
    """A publisher"""
    return sign_in("publishers", "milan")


@pytest.fixture
def ana():
    """An editor"""
    return sign_in("editors", "ana")


def save(client, url, name, **more):
    """Save what a list shows under a name, as its form does; return the page that follows."""
    (form,) = opened(client, url).xpath("//details[@id='save-view']/form")
    return parsed(client.post(form.get("action"), dict(form.form_values()) | {"name": name} | more, follow=True))


def shown(client, url=LIST):
    """The views above a list: {name: URL}, and the one that it shows."""
    links = opened(client, url).xpath("//nav[@id='views']//a[not(contains(@href, 'views/'))]")
    current = [text_of(each) for each in links if each.get("aria-current")]
    return {text_of(each): each.get("href") for each in links}, current


@pytest.mark.long
def test_a_view_is_saved_opened_shared_renamed_and_deleted(milan, ana):
    make_network(name_en="Left", status="left"), make_network(name_en="Member")
    tree = save(milan, f"{LIST}?status__exact=left&q=network&p=0&o=1", "Former", is_shared="on")
    assert messages_of(tree) == ["The view “Former” is saved."]
    url = f"{LIST}?o=1&q=network&status__exact=left"
    # In another order, and with other parameters, it is the same view.
    assert shown(milan, f"{LIST}?q=network&status__exact=left&o=1&all=") == ({"Former": url}, ["Former"])
    assert shown(ana) == ({"Former": url}, [])
    assert len(opened(ana, url).xpath("//table[@id='result_list']/tbody/tr")) == 1
    view = SavedView.objects.get()
    assert not opened(ana, VIEWS).xpath("//form[.//input[@name='view']]")
    milan.post(VIEWS, {"view": view.pk, "name": "No more"})
    assert shown(ana) == ({}, [])  # not shared any more
    assert shown(milan)[0] == {"No more": url}
    tree = parsed(milan.post(VIEWS, {"view": view.pk, "delete": "1"}, follow=True))
    assert messages_of(tree) == ["The view “No more” is deleted. This is what it has shown: you can save it again."]
    assert tree.xpath("//details[@id='save-view']//input[@name='query']/@value") == [url.partition("?")[2]]
    assert not SavedView.objects.exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Former", "You have a view of this name already. Choose another name."),
        ("former", "You have a view of this name already. Choose another name."),
        (" ", "This field is required."),
        ("x" * 61, "Ensure this value has at most 60 characters (it has 61)."),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_all_that_was_chosen(milan, name, expected):
    save(milan, f"{LIST}?status__exact=left", "Former")
    tree = save(milan, f"{LIST}?scope__exact=balkan", name, is_shared="on")
    assert [text_of(each) for each in tree.find_class("errorlist")] == [expected]
    form = next(form for form in tree.forms if "query" in form.fields)
    assert dict(form.form_values()) | {"query": "scope__exact=balkan", "is_shared": "on", "name": name} == dict(
        form.form_values()
    )
    milan.post(VIEWS, dict(form.form_values()) | {"name": "Balkan"})
    assert {view.name: view.is_shared for view in SavedView.objects.all()} == {"Former": False, "Balkan": True}


@pytest.mark.long
def test_more_views_than_a_list_can_show_are_refused(milan, ana):
    for user in (milan.user, ana.user):
        SavedView.objects.bulk_create(
            SavedView(user=user, model="network", name=f"{user} {number}") for number in range(MOST_VIEWS)
        )
    assert "You have 50 views. Delete one first." in text_of(save(milan, f"{LIST}?state=draft", "One more"))
    SavedView.objects.filter(user=milan.user).first().delete()
    save(milan, f"{LIST}?state=draft", "One more")
    assert SavedView.objects.filter(user=milan.user, name="One more").exists()


def test_nobody_changes_or_shares_what_is_not_for_them(milan, ana):
    save(ana, f"{LIST}?status__exact=left", "Ana’s", is_shared="on")
    view = SavedView.objects.get()
    assert not view.is_shared  # who does not publish does not share
    for client, expected in ((milan, 404), (ana, 302)):
        assert client.post(VIEWS, {"view": view.pk, "name": "Other"}).status_code == expected
    assert ana.post("/en/admin/networks/page/views/", {"view": view.pk, "delete": "1"}).status_code == 404
    SavedView.objects.update(is_shared=True, user=milan.user)
    assert ana.post(VIEWS, {"view": view.pk, "delete": "1"}).status_code == 403
    other = sign_in("administrators", "vesna")
    assert "Shown to all by: Milan" in text_of(opened(other, VIEWS))
    assert other.post(VIEWS, {"view": view.pk, "delete": "1"}).status_code == 302
    save(ana, f"{LIST}?status__exact=left", "Ana’s")
    ana.user.delete()
    assert not SavedView.objects.exists()


@in_latin_and_in_ci_in_each_language
def test_the_views_stand_in_the_script_of_the_reader(milan, language):
    saved = milan.post(
        f"{PREFIXES[language]}/admin/networks/page/views/", {"name": "Нацрти", "query": "state=draft"}, follow=True
    )
    (message,) = messages_of(parsed(saved))
    assert ("Nacrti" if language != "sr" else "Нацрти") in message
    for page in ("", "views/"):
        tree = opened(milan, f"{PREFIXES[language]}/admin/networks/page/{page}")
        assert ("Nacrti" if language != "sr" else "Нацрти") in text_of(tree)
        assert tree.xpath("//a[@href='?state=draft' or contains(@href, '/page/?state=draft')]")
        if language == "sr-latn":
            assert not CYRILLIC.search(" ".join(texts_of(tree.get_element_by_id("content"))))


@pytest.mark.long
def test_the_list_takes_one_query_for_all_views(milan):
    make_theme(), make_network()
    few = [count_queries(milan, page) for page in (LIST, VIEWS)]
    SavedView.objects.bulk_create(
        SavedView(user=milan.user, model="network", name=f"View {number}", query="state=draft") for number in range(9)
    )
    assert [count_queries(milan, page) for page in (LIST, VIEWS)] == few
    assert few[0] <= 12


parameters = st.sampled_from(
    [
        "q",
        "o",
        "p",
        "e",
        "state",
        "english",
        "themes__id__exact",
        "themes__isnull",
        "status__exact",
        "_facets",
        "x__y",
    ]
)
values = st.one_of(
    st.text(max_size=30), st.sampled_from(["draft", "1", "9" * 5000, "-1.2", "\0", "left", "a" * 2000])
)


@pytest.mark.exhaustive
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(query=st.one_of(st.text(), st.lists(st.tuples(parameters, values), max_size=5)))
def test_whatever_is_saved_opens_a_list(milan, query):
    """And a view has nothing but known parameters, each once, so that two URLs of one filter are one view."""
    SavedView.objects.all().delete()
    make_theme()
    posted = query if isinstance(query, str) else urlencode(query)
    response = milan.post(VIEWS, {"name": "Any", "query": posted})
    assert response.status_code == 302
    view = SavedView.objects.get()
    names = [name for name, _value in parse_qsl(view.query)]
    assert names == sorted({*names}) and not {"p", "e", "_facets", "x__y"} & {*names}
    assert milan.get(response.url, follow=True).status_code == 200
    SavedView.objects.update(
        query=posted[:1000].replace("\0", "")
    )  # as an earlier release, or a hand, may have left it
    urls = opened(milan, LIST).xpath("//nav[@id='views']//a/@href")
    assert milan.get(urls[0], follow=True).status_code == 200
