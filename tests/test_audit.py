"""The audit log: what it tells of whom, how long it keeps it, and what it says in which language."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from networks.admin.audit_admin import GROUPS
from networks.admin.password_links import password_link
from networks.models import AuditEntry, audit
from tests.makers import make_network
from tests.pages import CYRILLIC, PREFIXES, count_queries, in_latin_and_in_ci_in_each_language, opened, text_of
from tests.second_factor import give_second_factor, next_code
from tests.unsaved_forms import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

LOG = "/en/admin/networks/auditentry/"
HERE = "192.0.2.1"
NEW = "another password, as long"
NEW_PASSWORDS = {"new_password1": NEW, "new_password2": NEW}
SET_PASSWORD = {"password1": NEW, "password2": NEW, "set-password": "1", "usable_password": "true"}


@pytest.fixture
def boss(db):
    return User.objects.create_superuser("boss", password=PASSWORD)


@pytest.fixture
def milica(db):
    return User.objects.create_user(
        "milica", password=PASSWORD, is_staff=True, first_name="Милица", last_name="Јовић"
    )


@pytest.fixture
def desk(boss):
    browser = Client(REMOTE_ADDR=HERE)
    browser.force_login(boss)
    AuditEntry.objects.all().delete()
    return browser


def account_form(account, **changed):
    return {
        "username": account.username,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "is_active": "on",
        "is_staff": "on",
        **changed,
    }


def url_of(account, page="change"):
    return f"/en/admin/auth/user/{account.pk}/{page}/"


# What is done: (request, {kind: details})
DONE = {
    "sign in": (lambda _m: ("login/", {"username": "boss", "password": PASSWORD}), {"signed_in": {}}),
    "fail to": (
        lambda _m: ("login/", {"username": "x" * 254, "password": "guess"}),
        {"sign_in_failed": {"wrong": "password"}},
    ),
    "own password": (
        lambda _m: ("password_change/", {"old_password": PASSWORD, **NEW_PASSWORDS}),
        {"password_changed": {}},
    ),
    "old password wrong": (
        lambda _m: ("password_change/", {"old_password": "guess", **NEW_PASSWORDS}),
        {"sign_in_failed": {"wrong": "password"}},
    ),
    "password of others": (
        lambda m: (f"auth/user/{m.pk}/password/", SET_PASSWORD),
        {"password_set": {"fields": ["password"]}},
    ),
    "password turned off": (
        lambda m: (f"auth/user/{m.pk}/password/", {"unset-password": "1", "usable_password": "false"}),
        {"password_set": {"done": "unset"}},
    ),
    "password link": (lambda m: (f"auth/user/{m.pk}/password-link/", {}), {"password_link": {"done": "added"}}),
    "new account": (
        lambda _m: (
            "auth/user/add/",
            {"username": "n", "password1": NEW, "password2": NEW, "usable_password": "true"},
        ),
        {"account_added": {"done": "added"}},
    ),
    "roles": (
        lambda m: (f"auth/user/{m.pk}/change/", account_form(m, groups=[Group.objects.get(name="editors").pk])),
        {"roles_changed": {"before": [], "after": ["editors"]}},
    ),
    "rights": (
        lambda m: (f"auth/user/{m.pk}/change/", account_form(m, is_superuser="on", first_name="Мица")),
        {"account_changed": {"fields": ["first_name", "is_superuser"]}},
    ),
    "deletion": (
        lambda m: (f"auth/user/{m.pk}/delete/", {"post": "yes"}),
        {"account_deleted": {"done": "deleted"}},
    ),
    "new role": (lambda _m: ("auth/group/add/", {"name": "readers"}), {"role_changed": {"done": "added"}}),
    "refused": (lambda m: (f"auth/user/{m.pk}/change/", account_form(m, username="")), {}),
    "export": (
        lambda _m: ("networks/network/export/", {"version": "newest", "format": "csv"}),
        {"exported": {"file": f"networks-{timezone.localdate()}.csv", "rows": 1}},
    ),
}


@pytest.mark.parametrize("case", DONE)
def test_tells_what_was_done_by_whom_and_from_where(desk, boss, milica, case):
    make_network()
    make_request, expected = DONE[case]
    address, values = make_request(milica)
    desk.post(f"/en/admin/{address}", values)
    entries = AuditEntry.objects.all()
    assert {entry.kind: entry.details for entry in entries} == expected
    for entry in entries:
        assert entry.ip == HERE
        assert (entry.account, entry.account_name) == ((None, "x" * 150) if case == "fail to" else (boss, "boss"))
        assert "guess" not in str(entry.__dict__)
    # Each of them can be read, and outlives its account.
    assert opened(desk, LOG) is not None
    milica.delete()
    assert AuditEntry.objects.filter(subject_name="milica").exists() == (
        case in ("password of others", "password turned off", "password link", "roles", "rights", "deletion")
    )


def test_tells_when_a_link_has_chosen_the_password(client, milica, rf):
    page = client.get(password_link(rf.get("/"), milica), follow=True)
    client.post(page.request["PATH_INFO"], NEW_PASSWORDS)
    assert AuditEntry.objects.get().details == {"done": "link"}
    assert AuditEntry.objects.get().account == milica


class TestList:
    @pytest.fixture
    def entries(self, boss, milica):
        at = timezone.now()
        for days, kind, account in ((0, "signed_in", boss), (3, "exported", milica), (40, "signed_in", milica)):
            entry = AuditEntry.objects.record(kind, account=account)
            AuditEntry.objects.filter(pk=entry.pk).update(created_at=at - timedelta(days=days), ip=f"192.0.2.{days}")

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", {0, 3, 40}),
            ("days=1", {0}),
            ("days=7", {0, 3}),
            ("done=sign-in", {0, 40}),
            ("account={milica}", {3, 40}),
            ("q=mil", {3, 40}),
            ("q=192.0.2.3", {3}),
            ("account={milica}&days=30&done=export", {3}),
        ],
    )
    def test_is_filtered_and_downloaded_alike(self, desk, entries, milica, query, found):
        query = query.format(milica=milica.pk)
        rows = opened(desk, f"{LOG}?{query}").xpath("//td[contains(@class, 'field-ip')]")
        assert {int(text_of(row).rpartition(".")[2]) for row in rows} == found
        text = desk.get(f"{LOG}audit.csv?{query}").content.decode()
        assert text.startswith("\ufeffTime,")
        assert {row[4] for row in list(csv.reader(StringIO(text)))[1:]} == {f"192.0.2.{each}" for each in found}
        assert AuditEntry.objects.get(kind="exported", account_name="boss").details["rows"] == len(found)

    @pytest.mark.parametrize("query", ["account=0", "account=x", "done=x", "days=x", "details__x=1", "q=%00"])
    def test_takes_no_nonsense(self, desk, query):
        assert desk.get(f"{LOG}audit.csv?{query}").status_code in (200, 400, 404)
        assert desk.get(f"{LOG}?{query}").status_code in (200, 302, 400)

    @in_latin_and_in_ci_in_each_language
    def test_speaks_the_language_of_its_reader(self, desk, milica, language):
        """Each kind of entry, with each detail, in one script."""
        details = {
            "wrong": "code",
            "done": "link",
            "until": timezone.now().isoformat(),
            "left": 3,
            "rows": 2,
            "file": "f",
            "before": [],
            "after": ["editors"],
            "roles": ["publishers"],
            "fields": ["first_name", "gone"],
        }
        for kind in AuditEntry.Kind:
            AuditEntry.objects.record(kind, subject=milica, **details)
        tree = opened(desk, f"{PREFIXES[language]}/admin/networks/auditentry/")
        text = text_of(tree.get_element_by_id("result_list"))
        assert bool(CYRILLIC.search(text)) == (language == "sr")

    def test_takes_few_queries_however_long_it_is(self, desk, entries):
        before = count_queries(desk, LOG)
        for _number in range(20):
            AuditEntry.objects.record("signed_in")
        assert count_queries(desk, LOG) == before <= 12

    def test_defuses_formulas(self, desk):
        AuditEntry.objects.record("sign_in_failed", account_name="=1+1")
        assert "'=1+1" in desk.get(f"{LOG}audit.csv").content.decode()


def test_every_kind_is_in_one_group_of_the_filter():
    kinds = [kind for _label, kinds in GROUPS.values() for kind in kinds]
    assert sorted(kinds) == sorted(AuditEntry.Kind)


class TestTime:
    def test_ends_after_the_days_of_the_setting(self, client, boss, moving_clock, settings):
        settings.AUDIT_DAYS = 30
        AuditEntry.objects.record("exported")
        moving_clock.now += timedelta(days=29)
        client.force_login(boss)
        assert AuditEntry.objects.filter(kind="exported").exists()
        moving_clock.now += timedelta(days=2)
        client.force_login(boss)
        assert [entry.kind for entry in AuditEntry.objects.all()] == ["signed_in"] * 2

    def test_of_guessers_is_bounded(self, client, boss, monkeypatch):
        monkeypatch.setattr(audit, "MOST_FAILURES_IN_AN_HOUR", 2)
        for _time in range(4):
            client.post("/en/admin/login/", {"username": "boss", "password": "wrong"})
        assert AuditEntry.objects.filter(kind="sign_in_failed").count() == 2
        assert client.post("/en/admin/login/", {"username": "boss", "password": PASSWORD}).status_code == 302


def test_that_cannot_be_written_lets_people_sign_in(client, boss, monkeypatch):
    monkeypatch.setattr(type(AuditEntry.objects), "record", fail)
    assert client.post("/en/admin/login/", {"username": "boss", "password": PASSWORD}).status_code == 302


def fail(*args, **kwargs):
    raise DatabaseError("no space left")


@pytest.mark.parametrize("case", ["rights", "own password", "password of others", "password turned off", "link"])
def test_that_cannot_be_written_changes_no_account(boss, milica, rf, monkeypatch, case):
    browser = Client(raise_request_exception=False)
    if case == "link":
        address = browser.get(password_link(rf.get("/"), milica)).url
        values = NEW_PASSWORDS
    else:
        browser.force_login(boss)
        address, values = DONE[case][0](milica)
        address = f"/en/admin/{address}"
    before = list(User.objects.order_by("pk").values("first_name", "password"))
    monkeypatch.setattr(type(AuditEntry.objects), "record", fail)
    assert browser.post(address, values).status_code == 500
    assert list(User.objects.order_by("pk").values("first_name", "password")) == before


def test_tells_of_second_factors(client, boss):
    client.force_login(boss)
    give_second_factor(boss)
    client.logout()
    page = client.post("/en/admin/login/", {"username": "boss", "password": PASSWORD})
    token = page.context["form"].token
    client.post("/en/admin/login/", {"sign_in_token": token, "code": next_code(boss)})
    client.post("/en/admin/second-factor/", {"new_codes": "1", "code": next_code(boss)})
    client.post("/en/admin/second-factor/", {"switch_off": "1", "code": next_code(boss)})
    kinds = [entry.kind for entry in AuditEntry.objects.reverse()]
    assert kinds == ["signed_in", "second_factor_on", "signed_in", "recovery_codes_made", "second_factor_off"]
