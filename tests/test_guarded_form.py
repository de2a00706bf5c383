"""Two people at the form of a theme, a page or the city profile: neither silently takes the place of the other."""

import pytest
from django.contrib.auth.models import User

from networks.models import CityProfile, Page, Theme
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


def opened(client, address):
    return form_values(parsed(client.get(address)))


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


def test_other_fields_that_a_colleague_changed_are_shown_too(case):
    client, row, address, field, other = case
    first, second = opened(client, address), opened(client, address)
    assert client.post(address, first | {other: "<p>Њихово</p>"}).status_code == 302
    refused = client.post(address, second | {field: "Моје"})
    assert refused.status_code == 200
    assert "Њихово" in text_of(parsed(refused))


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
