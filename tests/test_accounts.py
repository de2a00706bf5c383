"""Accounts: who may enter the admin, passwords that somebody else has chosen, and the labels of their form."""

from datetime import datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.test import Client
from django.utils.translation import gettext, override

from networks.models import SignInAttempts, TemporaryPassword
from tests.makers import make_theme
from tests.pages import LANGUAGES, PREFIXES, in_latin_and_in_ci_in_each_language, messages_of, opened, parsed, text_of

pytestmark = pytest.mark.sql

GIVEN, OWN = "chosen by the administrator", "known to Milica alone"


@pytest.fixture
def boss(client, db):
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def browser_of_milica(db):
    User.objects.create_superuser("milica", password=OWN)
    return Client()


def set_password(boss, password=GIVEN, account="milica"):
    address = f"/admin/auth/user/{User.objects.get(username=account).pk}/password/"
    typed = {"password1": password, "password2": password, "set-password": "1", "usable_password": "true"}
    assert boss.post(address, typed).status_code == 302


def sign_in(browser, password, account="milica", **more):
    return browser.post("/en/admin/login/", {"username": account, "password": password, **more})


def change_password(browser, old, new):
    typed = {"old_password": old, "new_password1": new, "new_password2": new}
    return browser.post("/en/admin/password_change/", typed)


class TestAccountWithoutStaffStatus:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_is_told_so_when_the_password_is_right(self, client, db, language):
        User.objects.create_user("reader", password=OWN)
        address = f"{PREFIXES[language]}/admin/login/"
        response = client.post(address, {"username": "reader", "password": OWN})
        (error,) = response.context["form"].non_field_errors().as_data()
        assert error.code == "not_staff"
        assert not SignInAttempts.objects.filter(failures__gt=0).exists()
        assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize("account", ["reader", "former", "nobody"])
    def test_is_told_nothing_when_it_is_wrong(self, client, db, account):
        User.objects.create_user("reader", password=OWN)
        User.objects.create_user("former", password=OWN, is_active=False)
        response = client.post("/en/admin/login/", {"username": account, "password": "guessed"})
        (error,) = response.context["form"].non_field_errors().as_data()
        assert error.code == "invalid_login"
        assert SignInAttempts.objects.filter(failures=1).count() == 3


class TestPasswordThatSomebodyElseHasChosen:
    def test_is_changed_before_anything_else_is_done(self, boss, browser_of_milica):
        set_password(boss)
        response = sign_in(browser_of_milica, GIVEN, next="/en/admin/networks/theme/")
        assert response["Location"] == "/en/admin/networks/theme/"
        for address in ("/en/admin/networks/theme/", "/admin/", "/sr-latn/admin/networks/network/add/"):
            response = browser_of_milica.get(address)
            assert response["Location"].endswith("/admin/password_change/"), address
        assert "somebody else" in text_of(opened(browser_of_milica, "/en/admin/password_change/"))

        refused = change_password(browser_of_milica, GIVEN, GIVEN)
        assert "new_password1" in refused.context["form"].errors
        response = change_password(browser_of_milica, GIVEN, OWN)
        assert response["Location"] == "/en/admin/networks/theme/"
        assert browser_of_milica.get("/en/admin/networks/theme/").status_code == 200
        assert not TemporaryPassword.objects.exists()

        browser_of_milica.post("/en/admin/logout/")
        assert sign_in(browser_of_milica, OWN)["Location"] == "/en/admin/"
        assert browser_of_milica.get("/en/admin/").status_code == 200

    def test_is_that_of_a_new_account_too(self, boss):
        typed = {"username": "milica", "password1": GIVEN, "password2": GIVEN, "usable_password": "true"}
        assert boss.post("/admin/auth/user/add/", typed).status_code == 302
        User.objects.update(is_staff=True)
        browser = Client()
        sign_in(browser, GIVEN)
        assert browser.get("/en/admin/")["Location"] == "/en/admin/password_change/"

    def test_lets_its_owner_sign_out(self, boss, browser_of_milica):
        set_password(boss)
        sign_in(browser_of_milica, GIVEN)
        assert browser_of_milica.post("/en/admin/logout/").status_code == 200
        assert "_auth_user_id" not in browser_of_milica.session

    def test_loses_no_text_that_is_sent_meanwhile(self, boss, browser_of_milica):
        theme = make_theme()
        address = f"/en/admin/networks/theme/{theme.pk}/change/"
        set_password(boss)
        sign_in(browser_of_milica, GIVEN)
        typed = {"name_sr": "Моје", "name_en": "Mine", "form_token": "x"}
        assert browser_of_milica.post(address, typed)["Location"] == "/en/admin/password_change/"
        response = change_password(browser_of_milica, GIVEN, OWN)
        assert response["Location"] == address
        page = parsed(browser_of_milica.get(address))
        assert page.get_element_by_id("id_name_sr").value == "Моје"

    def test_is_not_ones_own(self, boss, browser_of_milica):
        sign_in(browser_of_milica, OWN)
        set_password(browser_of_milica, "another of her own")
        assert browser_of_milica.get("/en/admin/").status_code == 200
        browser_of_milica.post("/en/admin/logout/")
        sign_in(browser_of_milica, "another of her own")
        assert browser_of_milica.get("/en/admin/").status_code == 200

    def test_goes_with_its_account(self, boss, browser_of_milica):
        set_password(boss)
        milica = User.objects.get(username="milica")
        assert boss.post(f"/admin/auth/user/{milica.pk}/delete/", {"post": "yes"}).status_code == 302
        assert not TemporaryPassword.objects.exists()


class TestLinkToChooseThePassword:
    @pytest.fixture
    def milica(self, db):
        return User.objects.create_user("milica", is_staff=True)

    def make_link(self, boss, account, prefix="/en"):
        response = boss.post(f"{prefix}/admin/auth/user/{account.pk}/password-link/")
        return parsed(response).get_element_by_id("password-link").text

    def choose(self, link, first=OWN, second=OWN):
        """Open a link, follow it to its form, and post that."""
        browser = Client()
        page = browser.get(link, follow=True)
        if page.status_code != 200:
            return browser, page
        values = {"new_password1": first, "new_password2": second}
        return browser, browser.post(page.request["PATH_INFO"], values)

    @in_latin_and_in_ci_in_each_language
    def test_is_handed_over_and_works_once(self, boss, milica, language):
        link = self.make_link(boss, milica, PREFIXES[language])
        assert link.startswith(f"http://testserver{PREFIXES[language]}/admin/")
        browser, response = self.choose(link)
        assert response["Location"] == f"{PREFIXES[language]}/admin/login/"
        assert browser.post("/en/admin/login/", {"username": "milica", "password": OWN})["Location"] == "/en/admin/"
        assert browser.get("/en/admin/").status_code == 200  # the password is nobody else's, and need not be changed
        assert self.choose(link, "another one of hers", "another one of hers")[1].status_code == 410
        assert [entry.object_repr for entry in LogEntry.objects.all()] == ["milica"]

    def test_takes_the_place_of_a_password_that_somebody_else_has_chosen(self, boss, milica):
        set_password(boss)
        link = self.make_link(boss, User.objects.get(username="milica"))
        assert TemporaryPassword.objects.exists()
        self.choose(link)
        assert not TemporaryPassword.objects.exists()

    @pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
    def test_works_for_nobody_who_may_not_sign_in(self, boss, milica, change):
        link = self.make_link(boss, milica)
        User.objects.filter(pk=milica.pk).update(**change)
        assert self.choose(link)[1].status_code == 410
        response = boss.post(f"/en/admin/auth/user/{milica.pk}/password-link/")
        assert "password-link" not in {each.get("id") for each in parsed(response).iter()}

    def test_stops_when_its_owner_has_signed_in(self, boss, milica):
        link = self.make_link(boss, milica)
        Client().force_login(milica)
        assert self.choose(link)[1].status_code == 410

    @pytest.mark.long
    def test_is_revoked_with_all_others_of_the_account(self, boss, milica):
        links, other = (
            [self.make_link(boss, milica) for _ in range(2)],
            User.objects.create_user("ana", is_staff=True),
        )
        of_other, address = self.make_link(boss, other), f"/en/admin/auth/user/{milica.pk}/password-link/"
        assert messages_of(parsed(boss.post(address, {"revoke": "1"}, follow=True))) == [
            "The links made so far lead nowhere now."
        ]
        assert {self.choose(link)[1].status_code for link in links} == {410}
        assert self.choose(self.make_link(boss, milica))[1].status_code == 302
        assert self.choose(of_other)[1].status_code == 302

    @in_latin_and_in_ci_in_each_language
    def test_is_told_in_the_history_in_the_language_of_its_reader(self, boss, milica, language):
        self.make_link(boss, milica, PREFIXES["en" if language == "sr" else "sr"])
        history = opened(boss, f"{PREFIXES[language]}/admin/auth/user/{milica.pk}/history/")
        with override(language):
            expected = gettext("Made a link to choose the password.")
        assert expected in text_of(history.get_element_by_id("change-history"))

    def test_stops_after_three_days(self, boss, milica, monkeypatch):
        link = self.make_link(boss, milica)
        later = datetime.now() + timedelta(days=3, minutes=1)
        monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: later)
        assert self.choose(link)[1].status_code == 410

    @pytest.mark.parametrize(("first", "second"), [("123", "123"), (OWN, "something else")])
    def test_refuses_a_password_that_is_weak_or_mistyped(self, boss, milica, first, second):
        _browser, response = self.choose(self.make_link(boss, milica), first, second)
        assert response.context["form"].errors
        milica.refresh_from_db()
        assert not milica.has_usable_password()

    def test_to_an_account_of_everything_is_made_by_its_equals_alone(self, client, db, milica):
        everything = User.objects.create_superuser("everything")
        milica.groups.add(Group.objects.get(name="administrators"))
        client.force_login(milica)
        for request in (client.get, client.post):
            assert request(f"/en/admin/auth/user/{everything.pk}/password-link/").status_code == 403

    @pytest.mark.parametrize("wrong", ["MQ/set-password", "x/y-z", "%00/1-2", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5/a-b"])
    def test_that_was_guessed_does_not_work(self, client, db, wrong):
        assert client.get(f"/en/admin/auth/user/choose-password/{wrong}/").status_code == 410


@pytest.mark.parametrize("is_superuser", [True, False])
def test_each_input_of_an_account_has_a_label(client, db, is_superuser):
    account = User.objects.create_user("milica", password=OWN)
    User.objects.filter(pk=account.pk).update(last_login=account.date_joined)
    boss = User.objects.create_user("boss", is_staff=True, is_superuser=is_superuser)
    if not is_superuser:
        boss.groups.add(*boss.groups.model.objects.filter(name="administrators"))
    client.force_login(boss)
    for page in ("add", f"{account.pk}/change", f"{boss.pk}/change", f"{account.pk}/password-link"):
        tree = opened(client, f"/en/admin/auth/user/{page}/")
        for control in tree.xpath("//main//input[not(@type='hidden' or @type='submit')] | //main//select"):
            labels = tree.xpath("//label[@for=$id]", id=control.get("id", "")) or control.xpath("ancestor::label")
            assert labels or control.get("aria-label"), control.get("name")
