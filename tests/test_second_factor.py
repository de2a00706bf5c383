"""The second factor: who is asked for a code, whose code it must be, how often it works, and what it ends."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from networks.admin import second_factor
from networks.admin.sign_in import FREE_FAILURES
from networks.models import AuditEntry, RequiredSecondFactor, SignInAttempts, TemporaryPassword
from tests.makers import make_theme
from tests.pages import (
    CYRILLIC,
    PREFIXES,
    count_queries,
    in_latin_and_in_ci_in_each_language,
    messages_of,
    opened,
    parsed,
    text_of,
)
from tests.second_factor import code_of, give_second_factor, next_code, second_step, wrong_code
from tests.unsaved_forms import PASSWORD, form_of, log_in, sent

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

PAGE = "/en/admin/second-factor/"
KEY = "0123456789abcdef" * 2


@pytest.fixture
def clerk(db):
    return User.objects.create_superuser("clerk", password=PASSWORD)


@pytest.fixture
def recovery_codes(clerk):
    return give_second_factor(clerk)


def enter_password(client, password=PASSWORD, prefix="/en", username="clerk", **more):
    return client.post(f"{prefix}/admin/login/", {"username": username, "password": password, **more})


def is_signed_in(client):
    return client.get("/admin/session/").json()["user"] is not None


def sign_in_with_code(client, account):
    response = second_step(client, enter_password(client, username=account.username), code=next_code(account))
    assert response.status_code == 302
    return client


def error_of(response):
    (note,) = parsed(response).find_class("errornote")
    return text_of(note)


def enrol(client, **typed):
    """Scan the picture of the page, and enter the code."""
    tree = opened(client, PAGE)
    key = signing.loads(tree.xpath("//input[@name='signed_key']/@value")[0], salt=second_factor.SALT)[1]
    values = dict(tree.xpath("//main//form")[0].form_values()) | {"code": code_of(key)} | typed
    return client.post(PAGE, values)


# Turn it on


class TestEnrolment:
    @pytest.mark.long
    @in_latin_and_in_ci_in_each_language
    def test_shows_a_key_and_then_ten_recovery_codes_once(self, client, clerk, language):
        client.force_login(clerk)
        other = Client()
        other.force_login(clerk)
        before = client.session.session_key
        address = f"{PREFIXES[language]}/admin/second-factor/"
        tree = opened(client, address)
        assert bool(CYRILLIC.search(text_of(tree.find(".//main")))) == (language == "sr")
        assert tree.xpath("//div[@class='qr'][@aria-label]/svg") and not tree.xpath("//*[@style]")
        written = tree.get_element_by_id("key").text.replace(" ", "")
        (signed,) = tree.xpath("//input[@name='signed_key']/@value")
        key = second_factor.key_of(clerk, signed)
        assert f"secret={written}" in tree.xpath("//a[starts-with(@href, 'otpauth:')]/@href")[0]

        wrong = parsed(client.post(address, {"signed_key": signed, "code": "12345"}))
        assert wrong.get_element_by_id("key").text.replace(" ", "") == written
        assert wrong.find_class("errorlist")
        assert not TOTPDevice.objects.exists()

        done = parsed(client.post(address, {"signed_key": signed, "code": f" {code_of(key)[:3]} {code_of(key)[3:]}"}))
        codes = [each.text for each in done.get_element_by_id("recovery-codes").iter("code")]
        assert len({*codes}) == 10
        assert all(re.fullmatch(r"[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}", code) for code in codes)
        assert not StaticToken.objects.filter(token__in=[code.replace("-", "") for code in codes]).exists()
        assert codes[0] in done.xpath("//a[@download]/@href")[0]
        assert (is_signed_in(client), is_signed_in(other)) == (True, False)
        assert client.session.session_key != before
        assert codes[0] not in client.get(address).content.decode()

    @pytest.mark.long
    def test_takes_no_key_of_somebody_else_nor_an_old_one(self, client, clerk, monkeypatch):
        client.force_login(clerk)
        other = User.objects.create_superuser("other")
        enrol(client, signed_key=second_factor.signed_key(other, KEY), code="123456")
        signed = second_factor.signed_key(clerk, KEY)
        monkeypatch.setattr(second_factor, "LONGEST_SCAN", timedelta(seconds=-1))
        response = client.post(PAGE, {"signed_key": signed, "code": code_of(KEY)})
        assert messages_of(parsed(response)) == ["This picture was too old. Scan the new one."]
        assert not TOTPDevice.objects.exists()

    def test_that_was_sent_twice_makes_one(self, clerk, recovery_codes):
        with pytest.raises(ValidationError) as raised:
            give_second_factor(clerk)
        assert raised.value.code == "already_on"
        assert TOTPDevice.objects.count() == 1


# Sign in


class TestLogIn:
    def test_without_a_second_factor_asks_for_a_password_alone(self, client, clerk):
        assert enter_password(client)["Location"] == "/en/admin/"

    @in_latin_and_in_ci_in_each_language
    def test_asks_for_a_code_after_the_password(self, client, clerk, recovery_codes, language):
        prefix = PREFIXES[language]
        asked = enter_password(client, prefix=prefix, next=f"{prefix}/admin/guide/")
        (code,) = parsed(asked).xpath("//input[@name='code']")
        assert (code.get("autocomplete"), code.get("inputmode")) == ("one-time-code", "numeric")
        assert not parsed(asked).find_class("errornote")
        assert bool(CYRILLIC.search(text_of(parsed(asked).find(".//main")))) == (language == "sr")
        assert not is_signed_in(client)
        answer = second_step(client, asked, code=next_code(clerk))
        assert answer["Location"] == f"{prefix}/admin/guide/"
        assert is_signed_in(client)

    def test_with_a_wrong_password_says_nothing_of_codes(self, client, clerk, recovery_codes):
        answer = enter_password(client, "wrong")
        assert "correct username and password" in error_of(answer)
        assert not parsed(answer).xpath("//input[@name='code']")

    @pytest.mark.parametrize(
        "typed", ["wrong", "of others", "replayed", "old recovery", "recovery of others", "empty"]
    )
    def test_takes_no_code_but_a_right_one(self, client, clerk, recovery_codes, typed):
        other = User.objects.create_superuser("other")
        codes_of_other = give_second_factor(other)
        sign_in_with_code(Client(), clerk)
        used = code_of(TOTPDevice.objects.get(user=clerk).key)
        second_step(browser := Client(), enter_password(browser), recovery_code=recovery_codes[0])
        assert is_signed_in(browser)
        values = {
            "wrong": {"code": wrong_code(clerk)},
            "of others": {"code": next_code(other)},
            "replayed": {"code": used},
            "old recovery": {"recovery_code": recovery_codes[0]},
            "recovery of others": {"recovery_code": codes_of_other[0]},
            "empty": {},
        }[typed]
        answer = second_step(client, enter_password(client), **values)
        assert answer.status_code == 200
        assert error_of(answer)
        assert not is_signed_in(client)
        # The page can be filled in again.
        assert second_step(client, answer, code=next_code(clerk)).status_code == 302

    def test_takes_a_recovery_code_however_it_is_written_and_says_how_many_are_left(
        self, client, clerk, recovery_codes
    ):
        second_step(client, enter_password(client), recovery_code=f" {recovery_codes[3].upper().replace('-', ' ')} ")
        assert "9 recovery codes" in text_of(opened(client, PAGE))
        assert AuditEntry.objects.get(kind="recovery_code_used").details == {"left": 9}

    @pytest.mark.parametrize("change", ["forged", "too old", "new password", "inactive", "removed"])
    def test_takes_no_second_step_without_the_first_one(self, client, clerk, recovery_codes, change, monkeypatch):
        asked, code = enter_password(client), next_code(clerk)
        match change:
            case "too old":
                monkeypatch.setattr(second_factor, "LONGEST_STEP", timedelta(seconds=-1))
            case "new password":
                clerk.set_password("another one, as long")
                clerk.save()
            case "inactive":
                User.objects.update(is_active=False)
            case "removed":
                second_factor.remove(clerk)
        typed = {"code": code} | ({"sign_in_token": signing.dumps([clerk.pk, ""])} if change == "forged" else {})
        answer = second_step(client, asked, **typed)
        assert "Begin it again" in error_of(answer)
        assert parsed(answer).xpath("//input[@name='password']")
        assert not is_signed_in(client)

    @pytest.mark.long
    def test_has_wrong_codes_wait_with_wrong_passwords(self, client, clerk, recovery_codes):
        """A right password in between gives no new tries, and a recovery code none either."""
        free = FREE_FAILURES["account and address"]
        asked = enter_password(client)
        for number in range(free + 1):
            kind = "recovery_code" if number % 2 else "code"
            assert second_step(client, asked, **{kind: wrong_code(clerk)}).status_code == 200
            asked = enter_password(client) if number < free else asked
        for answer in (second_step(client, asked, code=next_code(clerk)), enter_password(client)):
            assert (answer.status_code, answer["Retry-After"]) == (429, "30")
            assert "A wrong password or code was entered too often." in answer.content.decode()
        assert not is_signed_in(client)
        kinds = AuditEntry.objects.values_list("kind", "details__wrong")
        assert [*kinds].count(("sign_in_failed", "code")) == free + 1
        assert AuditEntry.objects.filter(kind="locked_out", account=clerk).count() == 1
        SignInAttempts.objects.all().delete()
        assert second_step(client, asked, code=next_code(clerk)).status_code == 302

    def test_carries_the_text_of_a_form_through_both_steps(self, client, clerk, recovery_codes):
        sign_in_with_code(client, clerk)
        theme = make_theme()
        address = f"/en/admin/networks/theme/{theme.pk}/change/"
        values = sent(form_of(client.get(address)), name_en="Peace")
        client.cookies.clear()
        asked = log_in(client, client.post(address, values))
        again = second_step(client, asked, code=wrong_code(clerk))
        assert second_step(client, again, code=next_code(clerk))["Location"] == address
        assert form_of(client.get(address))["name_en"] == ["Peace"]

    def test_saves_no_text_of_somebody_else(self, client, clerk, recovery_codes):
        asked = enter_password(client)
        other = User.objects.create_superuser("other")
        answer = second_step(client, asked, code=next_code(clerk), form_user=other.pk, form_user_name="other")
        assert "nobody else can save it" in error_of(answer)
        assert not is_signed_in(client)

    def test_with_a_temporary_password_asks_for_the_code_first(self, client, clerk, recovery_codes):
        TemporaryPassword.objects.create(user=clerk)
        sign_in_with_code(client, clerk)
        assert client.get("/en/admin/")["Location"] == "/en/admin/password_change/"

    def test_by_a_link_to_choose_the_password_asks_for_the_code_too(self, client, clerk, recovery_codes, rf):
        from networks.admin.password_links import password_link

        page = client.get(password_link(rf.get("/"), clerk), follow=True)
        new = {"new_password1": "another one, as long", "new_password2": "another one, as long"}
        client.post(page.request["PATH_INFO"], new)
        assert not is_signed_in(client)
        assert parsed(enter_password(client, "another one, as long")).xpath("//input[@name='code']")

    def test_costs_the_pages_no_query(self, clerk):
        plain, bound = Client(), Client()
        plain.force_login(clerk)
        address = "/en/admin/auth/group/"
        before = count_queries(plain, address)
        give_second_factor(clerk)
        sign_in_with_code(bound, clerk)
        assert count_queries(bound, address) == before


# Once it is on


class TestOwnPage:
    @pytest.mark.parametrize("proof", ["code", "recovery_code"])
    def test_makes_new_recovery_codes_and_the_old_ones_stop(self, client, clerk, recovery_codes, proof):
        sign_in_with_code(client, clerk)
        typed = {"new_codes": "1", proof: recovery_codes[0] if proof == "recovery_code" else next_code(clerk)}
        tree = parsed(client.post(PAGE, typed))
        new = [each.text for each in tree.get_element_by_id("recovery-codes").iter("code")]
        assert not {*new} & {*recovery_codes}
        assert second_step(Client(), enter_password(Client()), recovery_code=recovery_codes[1]).status_code == 200
        assert second_step(Client(), enter_password(Client()), recovery_code=new[1]).status_code == 302

    def test_turns_it_off_and_ends_other_sessions(self, client, clerk, recovery_codes):
        other = sign_in_with_code(Client(), clerk)
        sign_in_with_code(client, clerk)
        assert error_of(client.post(PAGE, {"switch_off": "1", "code": wrong_code(clerk)}))
        assert is_signed_in(other)
        client.post(PAGE, {"switch_off": "1", "code": next_code(clerk)})
        assert (is_signed_in(client), is_signed_in(other)) == (True, False)
        assert enter_password(Client()).status_code == 302
        assert not StaticToken.objects.exists()

    def test_goes_on_after_a_change_of_the_password_on_either_page(self, client, clerk, recovery_codes):
        sign_in_with_code(client, clerk)
        new = {"new_password1": "another one, as long", "new_password2": "another one, as long"}
        assert client.post("/en/admin/password_change/", {"old_password": PASSWORD, **new}).status_code == 302
        assert is_signed_in(client)
        new = {"password1": PASSWORD, "password2": PASSWORD, "set-password": "1", "usable_password": "true"}
        assert client.post(f"/en/admin/auth/user/{clerk.pk}/password/", new).status_code == 302
        assert is_signed_in(client)


# Where a role requires it


@pytest.fixture
def editor(db):
    account = User.objects.create_user("clerk", password=PASSWORD, is_staff=True)
    account.groups.add(Group.objects.get(name="publishers"))
    return account


def require_of(role):
    RequiredSecondFactor.objects.create(group=Group.objects.get(name=role))


class TestRequired:
    @pytest.mark.long
    def test_is_turned_on_before_anything_else_and_loses_no_text(self, client, editor):
        theme = make_theme()
        address = f"/en/admin/networks/theme/{theme.pk}/change/"
        require_of("publishers")
        assert enter_password(client, next="/en/admin/guide/")["Location"] == "/en/admin/guide/"
        for each in ("/en/admin/guide/", "/en/admin/", address):
            assert client.get(each)["Location"] == PAGE
        typed = {"name_sr": "Моје", "name_en": "Mine", "form_token": "x"}
        assert client.post(address, typed)["Location"] == PAGE
        assert "Your role requires a second factor" in text_of(opened(client, PAGE))
        done = parsed(enrol(client))
        assert done.xpath("//a[contains(@class, 'default')]/@href") == [address]
        assert form_of(client.get(address))["name_en"] == ["Mine"]

    def test_is_not_required_any_more(self, client, editor):
        require_of("publishers")
        enter_password(client)
        RequiredSecondFactor.objects.all().delete()
        assert client.get("/en/admin/").status_code == 200

    @pytest.mark.long
    def test_is_told_to_who_is_signed_in_and_stays_on(self, client, editor):
        client.force_login(editor)
        assert "from your next log-in" not in text_of(opened(client, "/en/admin/"))
        require_of("publishers")
        assert "from your next log-in" in text_of(opened(client, "/en/admin/"))
        enrol(client)
        assert "from your next log-in" not in text_of(opened(client, "/en/admin/"))
        client.post(PAGE, {"switch_off": "1", "code": next_code(editor)})
        assert TOTPDevice.objects.exists()

    @pytest.mark.long
    def test_is_moved_to_another_phone_before_anything_else(self, client, editor):
        codes = give_second_factor(editor)
        sign_in_with_code(client, editor)
        require_of("publishers")
        before = TOTPDevice.objects.get().key
        client.post(PAGE, {"replace": "1", "recovery_code": codes[0]})
        assert client.get("/en/admin/")["Location"] == PAGE
        enrol(client)
        assert client.get("/en/admin/").status_code == 200
        assert TOTPDevice.objects.get().key != before

    @pytest.mark.parametrize(
        ("role", "is_superuser", "expected"),
        [("editors", False, False), ("publishers", False, True), ("editors", True, True)],
    )
    def test_is_of_the_role_and_of_those_who_may_do_everything(self, editor, role, is_superuser, expected):
        require_of(role)
        editor.is_superuser = is_superuser
        assert second_factor.is_required(editor) == expected

    def test_is_decided_by_administrators(self, client, editor):
        boss = User.objects.create_user("boss", is_staff=True)
        boss.groups.add(Group.objects.get(name="administrators"))
        client.force_login(boss)
        address = "/en/admin/auth/group/second-factor/"
        group = Group.objects.get(name="publishers")
        for roles in ([group.pk], [group.pk], []):
            assert client.post(address, {"roles": roles}).status_code == 302
            assert [*RequiredSecondFactor.objects.values_list("group", flat=True)] == roles
            listed = [text_of(each) for each in opened(client, address).xpath("//main//ul/li/a")]
            assert listed == (["clerk"] if roles else [])
        told = AuditEntry.objects.filter(kind="second_factor_required", account=boss)
        assert [entry.details for entry in told] == [{"roles": []}, {"roles": ["publishers"]}]


# A lost phone


class TestLostPhone:
    def test_is_helped_by_an_administrator_and_all_sessions_end(self, client, clerk, recovery_codes):
        boss = User.objects.create_superuser("boss")
        owner = sign_in_with_code(Client(), clerk)
        client.force_login(boss)
        address = f"/en/admin/auth/user/{clerk.pk}/second-factor/"
        assert "10 recovery codes" in text_of(opened(client, address))
        client.post(address)
        assert not is_signed_in(owner)
        assert enter_password(Client()).status_code == 302
        entry = AuditEntry.objects.get(kind="second_factor_reset")
        assert (entry.account, entry.subject) == (boss, clerk)
        history = text_of(opened(client, f"/en/admin/auth/user/{clerk.pk}/history/"))
        assert "Removed the second factor." in history

    def test_is_not_ones_own_affair_nor_that_of_lesser_administrators(self, client, clerk, recovery_codes):
        sign_in_with_code(client, clerk)
        address = f"/en/admin/auth/user/{clerk.pk}/second-factor/"
        assert client.post(address)["Location"] == PAGE
        boss = User.objects.create_user("boss", is_staff=True)
        boss.groups.add(Group.objects.get(name="administrators"))
        client.force_login(boss)
        assert client.post(address).status_code == 403
        assert TOTPDevice.objects.exists()

    def test_is_helped_by_a_command(self, clerk, recovery_codes, capsys):
        call_command("reset_second_factor", "clerk")
        assert not TOTPDevice.objects.exists()
        assert AuditEntry.objects.get(kind="second_factor_reset").subject == clerk
        for name in ("clerk", "nobody"):
            with pytest.raises(CommandError):
                call_command("reset_second_factor", name)


def test_no_page_of_the_admin_shows_the_devices(client, clerk, recovery_codes):
    sign_in_with_code(client, clerk)
    for app in ("otp_totp/totpdevice", "otp_static/staticdevice"):
        assert client.get(f"/en/admin/{app}/").status_code == 404
    assert "TOTP" not in client.get("/en/admin/auth/group/add/").content.decode()
