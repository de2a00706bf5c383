"""Two people at the form of a theme, a page or the city profile: neither silently takes the place of the other."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS

from networks.models import CityProfile, Page, Theme
from networks.rich_text import plain_text
from tests.makers import make_page, make_profile, make_theme
from tests.pages import errors_by_field, form_values, parsed, text_of

pytestmark = pytest.mark.sql

CASES = {
    "theme": (make_theme, Theme, "name_sr", "name_en"),
    "page": (make_page, Page, "title_sr", "body_sr"),
    "cityprofile": (make_profile, CityProfile, "city_name_sr", "introduction_sr"),
}


@pytest.fixture(params=CASES)
def case(request, db, client):
    make, model, field, other_field = CASES[request.param]
    client.force_login(User.objects.create_superuser("clerk"))
    row = make()
    return client, row, f"/admin/networks/{request.param}/{row.pk}/change/", field, other_field


@pytest.fixture
def clerk(client, db):
    client.force_login(User.objects.create_superuser("clerk"))
    return client


def opened(client, address):
    return form_values(parsed(client.get(address)))


def fields_with_errors(response):
    return {*response.context["adminform"].form.errors} - {NON_FIELD_ERRORS}


def test_second_save_says_what_is_saved_now_and_takes_its_place_only_when_sent_once_more(case):
    client, row, address, field, _other = case
    first, second = opened(client, address), opened(client, address)
    assert client.post(address, first | {field: "Њихово"}).status_code == 302
    refused = client.post(address, second | {field: "Моје"})
    assert refused.status_code == 200
    row.refresh_from_db()
    assert getattr(row, field) == "Њихово"
    tree = parsed(refused)
    assert "Њихово" in errors_by_field(tree)[field]
    again = form_values(tree)
    assert again[field] == ["Моје"]
    assert client.post(address, again).status_code == 302
    row.refresh_from_db()
    assert getattr(row, field) == "Моје"


def test_only_what_was_changed_in_the_form_is_written_and_the_rest_is_named(case):
    client, row, address, field, other = case
    first, second = opened(client, address), opened(client, address)
    assert client.post(address, first | {other: "<p>Њихово</p>"}).status_code == 302
    client.get("/admin/")  # where the first is told
    response = client.post(address, second | {field: "Моје"}, follow=True)
    told = [str(message) for message in response.context["messages"]]
    assert any("taken over" in text or "преузето" in text for text in told)
    row.refresh_from_db()
    assert (getattr(row, field), plain_text(getattr(row, other))) == ("Моје", "Њихово")
    changed = LogEntry.objects.order_by("-pk").first().change_message
    assert field in changed
    assert other not in changed


# What a page held at first, what the colleague made of it, and what is typed into a form that was opened before
AT_FIRST = {"title_sr": "Страница", "title_en": "Page", "body_sr": "<p>Прво</p>", "body_en": "<p>First</p>"}
THEIRS = {"title_sr": "Њихово", "title_en": "Theirs", "body_sr": "<p>Њихово</p>", "body_en": "<p>Theirs</p>"}
MINE = {"title_sr": "Моје", "title_en": "Mine", "body_sr": "<p>Моје</p>", "body_en": "<p>Mine</p>"}
CHANGES = [(), ("title_sr",), ("body_en",), ("title_sr", "body_en")]


@pytest.mark.parametrize("mine", CHANGES)
def test_each_field_of_a_page_is_as_whoever_changed_it_left_it(clerk, mine):
    """Whether or not somebody is warned of a conflict and saves once more."""
    page = make_page(**AT_FIRST, is_published=False)
    address = f"/en/admin/networks/page/{page.pk}/change/"
    for theirs in CHANGES:
        Page.objects.filter(pk=page.pk).update(**AT_FIRST, position=1)
        form = opened(clerk, address)
        for_them = opened(clerk, address) | {name: THEIRS[name] for name in theirs} | {"position": "7"}
        assert clerk.post(address, for_them).status_code == 302
        response = clerk.post(address, form | {name: MINE[name] for name in mine})
        if {*mine} & {*theirs}:
            assert response.status_code == 200
            assert fields_with_errors(response) == {*mine} & {*theirs}
            assert Page.objects.filter(pk=page.pk).values(*AT_FIRST).get() == AT_FIRST | {
                name: THEIRS[name] for name in theirs
            }
            response = clerk.post(address, form_values(parsed(response)))
        assert response.status_code == 302
        expected = AT_FIRST | {name: THEIRS[name] for name in theirs} | {name: MINE[name] for name in mine}
        assert Page.objects.filter(pk=page.pk).values(*AT_FIRST, "position").get() == expected | {"position": 7}


def test_what_was_taken_over_is_named_with_a_conflict_too(clerk):
    page = make_page(**AT_FIRST)
    address = f"/en/admin/networks/page/{page.pk}/change/"
    first, second = opened(clerk, address), opened(clerk, address)
    clerk.post(address, first | {"title_en": "Theirs", "body_sr": "<p>Њихово</p>"})
    clerk.get("/admin/")
    tree = parsed(clerk.post(address, second | {"title_en": "Mine"}))
    assert "Meanwhile changed by somebody else and taken over: Text (in Serbian)." in text_of(tree)
    assert plain_text(form_values(tree)["body_sr"][0]) == "Њихово"


def test_list_as_the_editor_writes_it_is_no_change(clerk):
    page = make_page(body_sr="<ul><li>Ниш<ol><li>Београд</li></ol></li></ul>")
    address = f"/admin/networks/page/{page.pk}/change/"
    form = opened(clerk, address)
    Page.objects.filter(pk=page.pk).update(body_sr="<p>Њихово</p>")
    as_edited = "<ul><li><p>Ниш</p><ol><li><p>Београд</p></li></ol></li></ul>"
    assert clerk.post(address, form | {"title_sr": "Моје", "body_sr": as_edited}).status_code == 302
    page.refresh_from_db()
    assert (page.title_sr, page.body_sr) == ("Моје", "<p>Њихово</p>")


@pytest.mark.parametrize("theirs", [True, False])
def test_page_that_a_colleague_published_or_withdrew_stays_so(clerk, theirs):
    page = make_page(**AT_FIRST, is_published=not theirs)
    address = f"/en/admin/networks/page/{page.pk}/change/"
    form = opened(clerk, address)
    Page.objects.filter(pk=page.pk).update(is_published=theirs, title_sr="Њихово")
    tree = parsed(clerk.post(address, form | {"title_sr": "Моје"}))
    assert ("is_published" in form_values(tree)) == theirs
    assert clerk.post(address, form_values(tree)).status_code == 302
    page.refresh_from_db()
    assert (page.title_sr, page.is_published) == ("Моје", theirs)


@pytest.mark.parametrize(
    "began_with", ["x", "[" * 9000, "title_sr", ":", "title_sr:" * 3, "0" * 20], ids=lambda text: text[:12]
)
def test_form_that_does_not_know_what_it_began_with_writes_over_nothing_unseen(clerk, began_with):
    page = make_page(**AT_FIRST)
    address = f"/en/admin/networks/page/{page.pk}/change/"
    typed = opened(clerk, address) | {"title_sr": "Моје", "began_with": began_with}
    response = clerk.post(address, typed)
    assert response.status_code == 200
    assert fields_with_errors(response) == {"title_sr"}
    assert clerk.post(address, form_values(parsed(response))).status_code == 302
    page.refresh_from_db()
    assert page.title_sr == "Моје"


def test_saved_without_a_change_nobody_is_in_the_way(case):
    client, row, address, field, _other = case
    first, second = opened(client, address), opened(client, address)
    assert client.post(address, first).status_code == 302
    assert client.post(address, second | {field: "Моје"}).status_code == 302


def test_same_text_twice_is_no_conflict(case):
    client, row, address, field, _other = case
    first, second = opened(client, address), opened(client, address)
    assert client.post(address, first | {field: "Исто"}).status_code == 302
    assert client.post(address, second | {field: "Исто"}).status_code == 302
