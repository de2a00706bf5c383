"""Pictures are decoded and texts cleaned before the transaction that saves them, and only for who may save them."""

import threading

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from networks import pictures, rich_text
from networks.models import CityProfile, Network, Page
from tests.makers import make_network, make_page, make_profile
from tests.pages import LANGUAGES, PREFIXES
from tests.picture_files import drawing, saved

BROKEN = b"\x89PNG\r\n\x1a\n and no more"


@pytest.fixture
def slow_work(monkeypatch):
    """What was done slowly: each time what it was, and whether in a transaction, in which nobody else can write."""
    done = []

    def noted(name, function):
        def noting(content):
            done.append((name, connection.in_atomic_block))
            return function(content)

        return noting

    monkeypatch.setattr(pictures, "reencode", noted("picture", pictures.reencode))
    monkeypatch.setattr(rich_text, "sanitise", noted("text", rich_text.sanitise))
    rich_text.sanitise_cached.cache_clear()
    return done


def account(role):
    if role == "superuser":
        return User.objects.create_superuser("clerk")
    user = User.objects.create_user("clerk", is_staff=role != "citizen")
    if role in ("editors", "publishers", "administrators"):
        user.groups.add(Group.objects.get(name=role))
    return user


def logo(content=None):
    return SimpleUploadedFile("logo.png", content or saved(drawing(corner=(1, 2, 3))))


def forms():
    """The forms that take pictures or rich text: their addresses, and what is typed into them."""
    texts = {"description_sr": " <b>Ниш</b>\r\nи <i>Сарајево\n ", "description_en": "<div>Niš\xa0&amp; <p>Sarajevo"}
    network = {"name_sr": "Мрежа", "status": "member", **texts}
    page = {"title_sr": "О сајту", "body_sr": "<b>Ниш</b>\r\n\r\nи <i>Сарајево"}
    profile = {"city_name_sr": "Град Ниш", "site_title_sr": "Мреже градова"}
    drafted, live = make_network(is_published=False), make_network()
    make_profile()
    return {
        "new network": ("networks/network/add/", network | {"logo": logo()}),
        "draft": (f"networks/network/{drafted.pk}/change/", network | {"base": "1", "logo": logo()}),
        "published": (
            f"networks/network/{live.pk}/change/",
            network | {"base": "1", "_publish": "1", "logo": logo()},
        ),
        "page": (f"networks/page/{make_page().pk}/change/", page | {"base": "1", "_publish": "1"}),
        "city profile": ("networks/cityprofile/1/change/", profile | {"coat_of_arms": logo()}),
    }


@pytest.mark.django_db(transaction=True)
class TestTransaction:
    @pytest.mark.long
    @pytest.mark.parametrize("name", ["new network", "draft", "published", "page", "city profile"])
    def test_holds_no_slow_work(self, client, slow_work, name):
        client.force_login(account("superuser"))
        address, typed = forms()[name]
        client.get(f"/admin/{address}")  # makes the first version, of what a test has written itself
        slow_work.clear()
        response = client.post(f"/admin/{address}", typed)
        assert response.status_code == 302, response.context["adminform"].form.errors
        assert not [what for what, in_transaction in slow_work if in_transaction]
        assert [what for what, _in in slow_work].count("picture") == any(
            "logo" in key or "arms" in key for key in typed
        )
        assert ("text", False) in slow_work or name == "city profile"
        if name == "draft":
            network = Network.objects.get(pk=address.split("/")[2])
            assert network.description_sr == "<p><strong>Ниш</strong>\nи <em>Сарајево</em></p>"
            assert network.description_en == "<p>Niš&nbsp;&amp; </p><p>Sarajevo</p>"
            assert network.logo_width == 60

    @pytest.mark.long
    @pytest.mark.parametrize("name", ["new network", "draft", "page"])
    def test_holds_none_where_the_form_is_shown_again(self, client, slow_work, name):
        client.force_login(account("superuser"))
        address, typed = forms()[name]
        client.get(f"/admin/{address}")
        slow_work.clear()
        wrong = {"logo": logo(BROKEN), "title_sr": "", "description_en": '<a href="javascript:x">Niš</a>'}
        response = client.post(f"/admin/{address}", typed | {key: wrong[key] for key in typed.keys() & wrong})
        assert response.status_code == 200
        assert not [what for what, in_transaction in slow_work if in_transaction]
        errors = response.context["adminform"].form.errors
        if name != "page":
            assert errors["logo"] == [str(pictures.MESSAGES["damaged"])]


@pytest.mark.django_db
class TestWhoMayNotSave:
    @pytest.mark.parametrize(
        ("role", "names"),
        [
            (None, ["new network", "draft", "published", "page", "city profile"]),
            ("citizen", ["new network", "draft", "published", "page", "city profile"]),
            ("nobody", ["new network", "draft", "published", "page", "city profile"]),
            ("editors", ["city profile"]),
            ("publishers", ["city profile"]),
        ],
    )
    @pytest.mark.sql
    def test_gets_nothing_decoded_or_cleaned(self, client, slow_work, role, names):
        if role:
            client.force_login(account(role))
        for name, (address, typed) in forms().items():
            if name in names:
                slow_work.clear()
                response = client.post(f"/admin/{address}", typed | {"form_token": "x"})
                assert response.status_code in (200, 302, 403)
                assert slow_work == []
        assert not Page.objects.filter(title_sr="О сајту")
        assert not Network.objects.filter(name_sr="Мрежа")
        assert not CityProfile.objects.get().coat_of_arms

    def test_includes_who_sends_no_token_against_forgery(self, client, slow_work):
        client.handler.enforce_csrf_checks = True
        client.force_login(account("superuser"))
        for address, typed in forms().values():
            slow_work.clear()
            assert client.post(f"/admin/{address}", typed).status_code == 403
            assert slow_work == []


@pytest.mark.django_db
class TestOnePictureAtATime:
    @pytest.mark.long
    def test_is_decoded_and_who_waits_too_long_loses_nothing(self, client, monkeypatch):
        monkeypatch.setattr(pictures, "LONGEST_WAIT", 0.05)
        client.force_login(account("superuser"))
        network = make_network()
        typed = {"name_sr": "Ново име", "status": "member", "base": "1"}
        address = f"/admin/networks/network/{network.pk}/change/"
        with pictures.decoding:
            for language in LANGUAGES:
                response = client.post(PREFIXES[language] + address, typed | {"logo": logo()})
                form = response.context["adminform"].form
                assert list(form.errors) == ["logo"]
                assert form["name_sr"].value() == "Ново име"
        assert client.post(address, typed | {"logo": logo()}).status_code == 302

    @pytest.mark.long
    def test_at_most_is_decoded_in_several_threads(self, monkeypatch):
        at_once, most = [], []
        decode = pictures.small_png

        def counted(content):
            at_once.append(1)
            most.append(len(at_once))
            try:
                return decode(content)
            finally:
                at_once.pop()

        monkeypatch.setattr(pictures, "small_png", counted)
        content = saved(drawing(size=(1500, 1500)))
        threads = [threading.Thread(target=lambda: pictures.reencode_picture(logo(content))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert most == [1] * 6
