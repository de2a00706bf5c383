"""A session ends when the admin was not used for a time, whatever an open page asks meanwhile; typed text is kept."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from tests.makers import make_network, make_page, make_theme
from tests.unsaved_forms import PASSWORD, form_of, log_in, sent

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LIMIT = 8 * HOUR


@pytest.fixture
def clerk(db):
    return User.objects.create_superuser("clerk", password=PASSWORD)


@pytest.fixture
def desk(client, moving_clock, clerk):
    """The browser of somebody who has just signed in."""
    assert client.post("/admin/login/", {"username": "clerk", "password": PASSWORD}).status_code == 302
    return client


def is_signed_in(client):
    return client.get("/admin/session/").json()["user"] is not None


def test_ends_after_a_time_without_use(desk, moving_clock):
    moving_clock.now += LIMIT - MINUTE
    assert is_signed_in(desk)
    moving_clock.now += 2 * MINUTE
    assert not is_signed_in(desk)
    assert desk.get("/admin/")["Location"] == "/admin/login/?next=/admin/"


@pytest.mark.parametrize("page", ["/admin/", "/en/admin/networks/network/", "/admin/password_change/"])
def test_goes_on_while_the_desk_is_used(desk, moving_clock, page):
    for _day in range(4):
        moving_clock.now += LIMIT - MINUTE
        response = desk.get(page)
        assert response.status_code == 200
        assert response.cookies["sessionid"]["max-age"] == LIMIT.total_seconds()
    moving_clock.now += LIMIT + MINUTE
    assert desk.get(page).status_code == 302


@pytest.mark.long
@pytest.mark.parametrize("make", [make_network, make_page])
def test_is_not_kept_alive_by_what_an_open_form_asks(desk, moving_clock, make):
    row = make()
    form = f"/admin/networks/{row._meta.model_name}/{row.pk}"
    assert desk.get(f"{form}/change/").status_code == 200
    for _part in range(15):
        assert desk.post(f"{form}/open/").status_code == 200
        assert is_signed_in(desk)
        moving_clock.now += LIMIT / 15
    assert desk.post(f"{form}/open/").status_code == 302
    assert not is_signed_in(desk)


@pytest.mark.long
def test_is_written_only_when_a_tenth_of_its_time_has_gone(desk, moving_clock):
    writes = []
    for _request in range(24):
        moving_clock.now += LIMIT / 120
        writes.append("sessionid" in desk.get("/admin/").cookies)
    assert writes.count(True) == 1
    assert not any(writes[:12])


def test_of_before_this_release_is_renewed_at_its_next_use(desk, moving_clock):
    session = desk.session
    del session["renewed_at"]
    session.save()
    moving_clock.now += LIMIT - MINUTE
    assert "sessionid" in desk.get("/admin/").cookies
    assert "sessionid" not in desk.get("/admin/").cookies


def test_is_as_long_as_the_setting_says(client, moving_clock, clerk, settings):
    settings.SESSION_COOKIE_AGE = 60
    client.force_login(clerk)
    moving_clock.now += timedelta(seconds=59)
    assert client.get("/admin/").status_code == 200
    moving_clock.now += timedelta(seconds=61)
    assert client.get("/admin/").status_code == 302


@pytest.mark.sql
@pytest.mark.parametrize("page", ["/", "/en/", "/networks.json", "/admin/session/", "/admin/", "/admin/login/"])
def test_is_of_nobody_who_is_not_signed_in(client, db, page):
    assert "sessionid" not in client.get(page).cookies
    assert not Session.objects.exists()


def test_that_has_ended_while_somebody_typed_loses_no_text(desk, moving_clock):
    theme = make_theme()
    address = f"/en/admin/networks/theme/{theme.pk}/change/"
    values = sent(form_of(desk.get(address)), name_en="Peace")
    moving_clock.now += LIMIT + MINUTE
    asked = desk.post(address, values)
    assert asked.status_code == 403
    assert log_in(desk, asked)["Location"] == address
    assert form_of(desk.get(address))["name_en"] == ["Peace"]
    theme.refresh_from_db()
    assert theme.name_en is None
