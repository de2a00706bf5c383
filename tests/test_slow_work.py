"""What takes time is done before the transaction of a save begins, so that nobody else waits for it to write."""

from io import BytesIO

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from PIL import Image

from networks import pictures, rich_text
from networks.models import Network
from tests.makers import make_network, make_page
from tests.pages import form_values, opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def watched(monkeypatch):
    """Where pictures are decoded and new texts sanitised: whether a transaction was open."""
    seen = []

    def watch(module, name):
        work = getattr(module, name)

        def watching(argument):
            seen.append((name, connection.in_atomic_block))
            return work(argument)

        monkeypatch.setattr(module, name, watching)

    watch(pictures, "rewritten")
    watch(rich_text, "sanitised")
    rich_text.remembered.cache_clear()
    return seen


def staff(group):
    account = User.objects.create_user(group, is_staff=True)
    account.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(account)
    return client


def logo():
    file = BytesIO()
    Image.new("RGB", (60, 40), "red").save(file, "PNG")
    file.seek(0)
    file.name = "logo.png"
    return file


def fill_in(client, path, **typed):
    values = form_values(opened(client, path))
    rich_text.remembered.cache_clear()
    return client.post(path, values | typed | {"_save": "1"})


@pytest.mark.parametrize("kind", ["new network", "network", "page"])
def test_nothing_is_decoded_or_cleaned_within_the_transaction(watched, kind):
    client = staff("publishers")
    text = "<p>one</p>\r\n<b><i>" * 5 + "two\r\n"
    if kind == "page":
        typed, path = {"body_sr": text}, f"/en/admin/networks/page/{make_page().pk}/change/"
    else:
        typed = {"description_sr": text, "description_en": text, "logo": logo()}
        path = "/en/admin/networks/network/add/"
        if kind == "network":
            path = f"/en/admin/networks/network/{make_network().pk}/change/"
        else:
            typed["name_sr"] = "Нова мрежа"
    watched.clear()
    response = fill_in(client, path, **typed)
    assert response.status_code == 302, response.content.decode()
    assert {name for name, _is_open in watched} == ({"sanitised"} if kind == "page" else {"sanitised", "rewritten"})
    assert [each for each in watched if each[1]] == []
    assert kind == "page" or Network.objects.get().head.content["logo"]


def test_picture_is_decoded_once_however_often_its_form_is_validated(watched):
    client = staff("publishers")
    make_network(slug="taken")
    path = f"/en/admin/networks/network/{make_network().pk}/change/"
    fill_in(client, path, logo=logo(), slug="taken")
    assert [name for name, _is_open in watched if name == "rewritten"] == ["rewritten"]


@pytest.mark.parametrize("who", ["nobody", "stranger", "reader"])
def test_who_may_not_save_has_nothing_decoded_or_cleaned(watched, who):
    network = make_network()
    client = Client()
    if who != "nobody":
        account = User.objects.create_user("x", is_staff=who == "reader")
        client.force_login(account)
    watched.clear()
    for path in (f"/en/admin/networks/network/{network.pk}/change/", "/en/admin/networks/network/add/"):
        client.post(path, {"description_sr": "<p>one</p><p>two", "logo": logo(), "_save": "1"})
    assert watched == []
