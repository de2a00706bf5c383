"""Guessing passwords is slow, and signing in is not: who has to wait, until when, and who never does."""

import logging
import re
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st

from citynetworks.client_ip import client_ip, ip_block
from networks.admin import sign_in
from networks.admin.sign_in import FREE_FAILURES, LONGEST_WAIT, TryLater, attempt, turn, wait
from networks.models import SignInAttempts
from tests import processes
from tests.pages import CYRILLIC, PREFIXES, errors_by_field, in_each_language, parsed, text_of

pytestmark = pytest.mark.sql

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
PASSWORD = "a long enough password"
LOOKED_AT = FREE_FAILURES["account and address"] + 1
NOON = datetime(2026, 5, 4, 10, 0, 0, tzinfo=UTC)  # in Niš
DAY = timedelta(days=1)


@pytest.fixture
def clock(moving_clock):
    moving_clock.now = NOON
    return moving_clock


@pytest.fixture
def clerk(db):
    return User.objects.create_superuser("clerk", password=PASSWORD)


@pytest.fixture
def checked(monkeypatch):
    """The passwords that were hashed."""
    passwords = []
    encode = MD5PasswordHasher.encode

    def noted(hasher, password, salt):
        passwords.append(password)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", noted)
    return passwords


def log_in(password=PASSWORD, username="clerk", address=HERE, prefix="", **headers):
    """Sign in from an address with a browser that knows nothing yet."""
    typed = {"username": username, "password": password}
    return Client(REMOTE_ADDR=address).post(f"{prefix}/admin/login/", typed, **headers)


@pytest.mark.parametrize("address", ["", "/admin/nowhere/"])
def test_log_in_that_leads_nowhere_leads_to_the_start_page_with_a_new_csrf_token(clerk, address):
    client = Client(HTTP_COOKIE="csrftoken=" + "x" * 32)
    typed = {"username": "clerk", "password": PASSWORD, "next": address}
    response = client.post("/admin/login/", typed)
    assert (response.status_code, response.url) == (302, "/admin/")
    assert response.cookies["csrftoken"].value not in ("", "x" * 32)


def status(*arguments, **options):
    return log_in(*arguments, **options).status_code


def guess(times=LOOKED_AT, **options):
    return [status("wrong", **options) for _time in range(times)]


def sign_in_once(**options):
    assert status(**options) == 302


def errornote(response):
    (note,) = parsed(response).find_class("errornote")
    return text_of(note)


# How long one waits


@pytest.mark.parametrize("free", FREE_FAILURES.values())
@pytest.mark.parametrize(
    ("further", "seconds"), [(0, 0), (1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 900), (7, 900), (10**6, 900)]
)
def test_each_failure_that_is_not_free_doubles_the_wait(free, further, seconds):
    assert wait(free + further, free) == timedelta(seconds=seconds)


@given(failures=st.integers(0, 10**9), free=st.integers(0, 100))
def test_wait_never_shrinks_with_failures_nor_grows_with_what_is_free(failures, free):
    assert timedelta() <= wait(failures, free) <= wait(failures + 1, free) <= LONGEST_WAIT
    assert wait(failures, free + 1) <= wait(failures, free)


def test_whoever_waits_is_not_forgotten_meanwhile():
    assert LONGEST_WAIT < sign_in.FORGOTTEN_AFTER


# Whose failures they are


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.7, 192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.7,192.0.2.1 ", "192.0.2.1"),
        ("127.0.0.1", "192.0.2.1, nonsense", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1,", "127.0.0.1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
        ("::1", "::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", None, "192.0.2.1"),
        ("", None, ""),  # a socket of Unix
        ("", "192.0.2.1", "192.0.2.1"),
        ("nonsense", "nonsense", "nonsense"),
    ],
)
def test_address_of_a_client_behind_a_proxy(settings, peer, forwarded, expected):
    environ = {"REMOTE_ADDR": peer} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})
    settings.BEHIND_PROXY = True
    assert client_ip(environ) == expected
    settings.BEHIND_PROXY = False
    assert client_ip(environ) == client_ip({"REMOTE_ADDR": peer})


@given(written=st.text())
def test_what_a_client_writes_itself_is_no_address_of_it(written):
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": f"{written}, {HERE}"}
    with override_settings(BEHIND_PROXY=True):
        assert client_ip(environ) == HERE
    environ = {"REMOTE_ADDR": HERE, "HTTP_X_FORWARDED_FOR": written}
    assert client_ip(environ) == HERE


def test_missing_address_is_none():
    assert client_ip({}) == ""


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_ipv6_network_counts_as_one_client(address, block):
    assert ip_block(address) == block


# Who has to wait


@pytest.mark.django_db
class TestGuesser:
    @in_each_language
    def test_is_told_until_when_and_nothing_is_looked_at(self, clerk, clock, checked, language):
        clock.now = NOON + timedelta(seconds=20)
        assert guess() == [200] * LOOKED_AT
        checked.clear()
        for password in ("wrong", PASSWORD):
            response = log_in(password, prefix=PREFIXES[language])
            assert (response.status_code, response["Retry-After"]) == (429, "30")
            assert "no-store" in response["Cache-Control"]
            # 12:00:50, and so the first whole minute in which one may
            assert "12:01" in errornote(response)
            assert bool(CYRILLIC.search(errornote(response))) == (language == "sr")
            assert "sessionid" not in response.cookies
        assert checked == []

    @pytest.mark.long
    @pytest.mark.parametrize("second", [0, 1, 29, 30, 31, 59])
    def test_may_try_again_at_the_time_that_was_told(self, clerk, clock, second):
        clock.now = NOON + timedelta(seconds=second)
        guess()
        told = re.search(r"(\d\d):(\d\d)", errornote(log_in()))
        clock.now += timedelta(seconds=29)
        assert status() == 429
        clock.now = NOON + timedelta(minutes=int(told[2]))
        assert status() == 302

    @pytest.mark.long
    def test_waits_longer_each_time(self, clerk, clock):
        guess()
        for seconds in (30, 60, 120, 240, 480, 900, 900):
            clock.now += timedelta(seconds=seconds - 1)
            assert guess(2) == [429, 429]
            clock.now += timedelta(seconds=1)
            assert guess(2) == [200, 429]

    @pytest.mark.long
    def test_is_forgotten_after_an_hour(self, clerk, clock):
        for _hour in range(3):
            assert guess(LOOKED_AT + 1) == [200] * LOOKED_AT + [429]
            clock.now += sign_in.FORGOTTEN_AFTER + timedelta(seconds=1)
        guess(1, address=ELSEWHERE, username="somebody")
        assert SignInAttempts.objects.count() == 3  # what was just counted

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("name", "other"),
        [("clerk", "CLERK"), ("clerk", " Clerk\t"), ("clerk", "ＣＬＥＲＫ"), ("x" * 150, "x" * 5000), ("ß", "SS")],
    )
    def test_gains_nothing_by_spelling_the_name_otherwise(self, db, name, other):
        guess(LOOKED_AT - 1, username=name)
        assert guess(2, username=other) == [200, 429]
        assert guess(1, username=name) == [429]

    def test_gains_nothing_by_another_address_of_the_same_network(self, clerk):
        tried = [guess(1, address=f"2001:db8::{number:x}") for number in range(LOOKED_AT + 1)]
        assert tried == [[200]] * LOOKED_AT + [[429]]
        assert status(address="2001:db8:0:1::1") == 302

    @pytest.mark.parametrize("is_behind_proxy", [False, True])
    def test_gains_nothing_by_a_forged_header(self, clerk, settings, is_behind_proxy):
        settings.BEHIND_PROXY = is_behind_proxy
        written_by_proxy = f", {HERE}" if is_behind_proxy else ""
        tried = [
            guess(1, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}{written_by_proxy}") for number in range(LOOKED_AT + 1)
        ]
        assert tried == [[200]] * LOOKED_AT + [[429]]

    @pytest.mark.long
    def test_learns_nothing_of_which_accounts_there_are(self, clerk, clock):
        """The right password of an account that is not active is answered like a wrong one, and counts."""
        User.objects.create_user("reader", password=PASSWORD)
        User.objects.create_user("former", password=PASSWORD, is_staff=True, is_active=False)
        answers = {
            name: [
                (response.status_code, errornote(response))
                for response in (log_in(password, name, address) for _time in range(LOOKED_AT + 2))
            ]
            for name, password, address in (
                ("clerk", "wrong", "192.0.2.1"),
                ("nobody", "wrong", "192.0.2.2"),
                ("reader", "wrong", "192.0.2.3"),
                ("former", PASSWORD, "192.0.2.4"),
            )
        }
        assert answers["clerk"] == answers["nobody"] == answers["reader"] == answers["former"]
        assert [status for status, _text in answers["clerk"]] == [200] * LOOKED_AT + [429, 429]

    @pytest.mark.long
    def test_of_one_account_from_everywhere_has_to_wait_at_each_new_address(self, clerk):
        tried = [guess(1, address=f"203.0.113.{number}") for number in range(FREE_FAILURES["account"] + 2)]
        assert tried == [[200]] * (FREE_FAILURES["account"] + 1) + [[429]]
        assert status(address=ELSEWHERE) == 429

    @pytest.mark.long
    def test_of_all_accounts_from_one_address_has_to_wait(self, clerk):
        tried = [guess(1, username=f"nobody {number}") for number in range(FREE_FAILURES["address"] + 2)]
        assert tried == [[200]] * (FREE_FAILURES["address"] + 1) + [[429]]
        assert (status(), status(address=ELSEWHERE)) == (429, 302)

    @pytest.mark.long
    def test_is_not_counted_for_what_was_not_looked_at(self, clerk):
        for typed in ({"username": "clerk"}, {"password": "wrong"}, {"username": " ", "password": "wrong"}, {}):
            for _time in range(LOOKED_AT + 1):
                assert Client(REMOTE_ADDR=HERE).post("/admin/login/", typed).status_code == 200
        assert not SignInAttempts.objects.exists()

    @pytest.mark.long
    def test_of_the_old_password_has_to_wait_too(self, clerk, checked):
        client = Client(REMOTE_ADDR=HERE)
        client.force_login(clerk)
        new = {"new_password1": "another password, as long", "new_password2": "another password, as long"}

        def change(old_password):
            return client.post("/en/admin/password_change/", {"old_password": old_password, **new})

        assert [change("wrong").status_code for _time in range(LOOKED_AT)] == [200] * LOOKED_AT
        checked.clear()
        refused = change(PASSWORD)
        assert (refused.status_code, refused["Retry-After"]) == (429, "30")
        assert "Try again at" in errors_by_field(parsed(refused))["old_password"]
        assert checked == []
        assert client.get("/en/admin/password_change/").status_code == 200
        SignInAttempts.objects.all().delete()
        assert change(PASSWORD).status_code == 302
        clerk.refresh_from_db()
        assert clerk.check_password(new["new_password1"])


# Who never does


@pytest.mark.django_db
class TestColleague:
    def test_elsewhere_signs_in_while_somebody_guesses(self, clerk):
        guess(LOOKED_AT + 1)
        assert status(address=ELSEWHERE) == 302

    @pytest.mark.long
    def test_at_the_usual_place_is_not_kept_out_by_strangers(self, clerk, clock):
        sign_in_once()
        clock.now += 89 * DAY
        for number in range(FREE_FAILURES["account"] + 5):
            guess(1, address=f"203.0.113.{number}")
        assert (status(), status(address=ELSEWHERE)) == (302, 429)

    @pytest.mark.long
    def test_at_a_place_of_long_ago_counts_as_a_stranger(self, clerk, clock):
        sign_in_once()
        clock.now += 91 * DAY
        for number in range(FREE_FAILURES["account"] + 5):
            guess(1, address=f"203.0.113.{number}")
        assert status() == 429

    @pytest.mark.long
    def test_in_the_same_house_is_not_kept_out_by_whoever_cannot_type(self, clerk):
        User.objects.create_superuser("colleague", password=PASSWORD)
        sign_in_once(username="colleague")
        guess(LOOKED_AT + 1)
        assert (status(), status(username="colleague")) == (429, 302)
        for number in range(FREE_FAILURES["address"] + 5):
            guess(1, username=f"visitor {number}")
        assert status(username="colleague") == 302

    @pytest.mark.long
    def test_who_has_signed_in_has_all_free_tries_again(self, clerk, clock):
        for _day in range(3):
            assert guess(LOOKED_AT - 1) == [200] * (LOOKED_AT - 1)
            sign_in_once()

    @pytest.mark.long
    def test_who_signs_in_gives_a_guesser_no_free_tries(self, clerk):
        for number in range(FREE_FAILURES["account"] + 1):
            guess(1, address=f"203.0.113.{number}")
            if number < FREE_FAILURES["account"]:
                sign_in_once()
        assert status(address=ELSEWHERE) == 429

    def test_whose_text_another_one_wants_to_save_is_not_counted(self, clerk):
        User.objects.create_superuser("colleague", password=PASSWORD)
        typed = {"username": "colleague", "password": PASSWORD, "form_user": clerk.pk}
        for _time in range(LOOKED_AT + 1):
            assert Client(REMOTE_ADDR=HERE).post("/admin/login/", typed).status_code == 200
        assert not SignInAttempts.objects.exists()


# What is kept of it


@pytest.mark.django_db
class TestLog:
    @pytest.mark.parametrize("name", ["clerk", "Мира", "x\n2026-05-04 12:00:00 INFO all is well", "\u202e" * 100])
    def test_names_account_and_address_in_one_short_line_and_never_the_password(self, clerk, caplog, name):
        caplog.set_level(logging.WARNING, "networks.admin.sign_in")
        log_in("guessed password", username=name)
        (line,) = [record for record in caplog.records if record.name == "networks.admin.sign_in"]
        text = line.getMessage()
        assert (line.levelname, HERE in text) == ("WARNING", True)
        assert repr(name)[:100] in text
        assert len(text) < 250
        assert text.isprintable()
        assert "guessed password" not in caplog.text

    def test_has_who_was_refused_too(self, clerk, caplog):
        guess()
        caplog.clear()
        caplog.set_level(logging.WARNING, "networks.admin.sign_in")
        log_in()
        (line,) = [record.getMessage() for record in caplog.records if record.name == "networks.admin.sign_in"]
        assert (HERE in line, "'clerk'" in line, "429" in line) == (True, True, True)
        assert PASSWORD not in caplog.text

    def test_has_nothing_of_a_log_in_that_succeeds(self, clerk, caplog):
        caplog.set_level(logging.INFO, "networks.admin.sign_in")
        sign_in_once()
        assert caplog.text == ""


@pytest.mark.django_db
def test_database_keeps_no_name_and_no_address(clerk):
    guess(2)
    sign_in_once()
    for row in SignInAttempts.objects.values_list("key", flat=True):
        assert re.fullmatch("[0-9a-f]{64}", row)


@pytest.mark.django_db
@pytest.mark.parametrize("broken", ["waiting_until", "count_failure", "note_success"])
def test_without_the_database_nobody_signs_in(clerk, monkeypatch, broken):
    def fail(*_arguments):
        raise OperationalError

    monkeypatch.setattr(sign_in, broken, fail)
    client = Client(raise_request_exception=False)
    password = "wrong" if broken == "count_failure" else PASSWORD
    response = client.post("/admin/login/", {"username": "clerk", "password": password})
    assert response.status_code == 503
    assert "sessionid" not in client.cookies


# Hashing keeps nobody waiting


def test_one_password_is_checked_at_a_time_and_one_more_may_wait(monkeypatch):
    monkeypatch.setattr(sign_in, "MAX_WAIT_FOR_TURN", 30)
    inside, let_go, order = threading.Event(), threading.Event(), []

    def first():
        with turn():
            inside.set()
            let_go.wait(30)
            order.append("first")

    def second():
        with turn():
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(30)
    threads[1].start()
    while sign_in.queue._value:  # until the second one waits
        threading.Event().wait(0.01)
    with pytest.raises(TryLater) as refused, turn():  # at once
        pass
    assert (refused.value.status, order) == (503, [])
    let_go.set()
    for thread in threads:
        thread.join(30)
    assert order == ["first", "second"]
    with turn():
        pass


def test_whoever_has_waited_too_long_is_told_to_try_again(monkeypatch):
    monkeypatch.setattr(sign_in, "MAX_WAIT_FOR_TURN", 0.01)
    with sign_in.checking, pytest.raises(TryLater) as refused, turn():
        pass
    assert refused.value.status == 503
    with turn():  # it has given its place back
        pass


def test_place_is_given_back_whatever_happens():
    for _time in range(3):
        with pytest.raises(ZeroDivisionError), turn():
            raise ZeroDivisionError


@pytest.mark.django_db
@in_each_language
def test_too_many_at_once_are_told_to_try_again(clerk, checked, language):
    checked.clear()
    with ExitStack() as others:
        others.enter_context(sign_in.queue)
        others.enter_context(sign_in.queue)
        response = log_in(prefix=PREFIXES[language])
    assert (response.status_code, response["Retry-After"]) == (503, "3")
    assert bool(CYRILLIC.search(errornote(response))) == (language == "sr")
    assert checked == []
    assert status() == 302


@pytest.mark.django_db
def test_who_has_failed_while_another_one_waited_for_his_turn_counts(clerk, monkeypatch, checked):
    """All guesses that come at one moment find no failures yet; those that get their turn later do."""
    checked.clear()
    monkeypatch.setattr(sign_in, "acquired", lambda *_arguments, **_options: meanwhile())

    class meanwhile:
        def __enter__(self):
            keys = sign_in.counter_keys("clerk", HERE)
            for _time in range(LOOKED_AT):
                sign_in.count_failure(keys)

        def __exit__(self, *_error):
            pass

    assert status() == 429
    assert checked == []


# Several processes

HERE_TOO = "tests.test_sign_in:"


def fail(times, addresses):
    """Enter wrong passwords: a task for workers."""
    for number in range(times):
        for address in addresses:
            sign_in.count_failure(sign_in.counter_keys(f"account {number % 2}", address))


def counts():
    return sorted(SignInAttempts.objects.values_list("failures", flat=True))


@pytest.mark.process
def test_failures_of_several_processes_at_the_same_moment_are_all_counted(database_template):
    """In whichever order each has them, none waits for another for ever."""
    addresses = [HERE, ELSEWHERE]
    arguments = [{"times": 20, "addresses": addresses[:: 1 if number % 2 else -1]} for number in range(4)]
    with database_template.copy() as database, processes.workers(database.env, 4) as crew:
        answers = processes.together(crew, f"{HERE_TOO}fail", arguments)
        assert [answer.error for answer in answers] == [""] * 4
        # Two accounts at two addresses, two accounts, two addresses
        assert crew[0].do(f"{HERE_TOO}counts") == [40] * 4 + [80] * 4


@pytest.mark.django_db
def test_failure_is_counted_though_what_is_around_it_fails(clerk):
    with pytest.raises(ValidationError), attempt("clerk", {"REMOTE_ADDR": HERE}):
        raise ValidationError("wrong", code="invalid_login")
    assert sorted(SignInAttempts.objects.values_list("failures", flat=True)) == [1, 1, 1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("/en/admin/networks/network/", "/en/admin/networks/network/"),
        ("/sr-latn/admin/networks/network/?q=a", "/sr-latn/admin/networks/network/?q=a"),
        ("/admin/networks/network/add/", "/admin/networks/network/add/"),
        ("/en/", "/en/"),
        ("/en/admin/nothing/", "/en/admin/"),
        ("/en/admin/auth/user/1/", "/en/admin/"),
        ("/nowhere/", "/en/admin/"),
        ("/xx/admin/", "/en/admin/"),
        ("//evil.example/", "/en/admin/"),
        ("https://evil.example/en/", "/en/admin/"),
        ("javascript:alert(1)", "/en/admin/"),
        ("", "/en/admin/"),
    ],
)
def test_signing_in_never_leads_to_a_page_that_is_not_there(clerk, asked, target):
    typed = {"username": "clerk", "password": PASSWORD, "next": asked}
    response = Client(REMOTE_ADDR=HERE).post("/en/admin/login/", typed)
    assert (response.status_code, response["Location"]) == (302, target)
