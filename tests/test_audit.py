"""The audit log: what it tells of whom, how long it keeps it, and what it says in which language."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from networks.models import AuditEntry, ConfirmationLink, Event, Network, Revision, audit
from networks.revisions import drafts, publishing
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
        case in ("password of others", "password link", "roles", "rights", "deletion")
    )


def test_tells_when_a_link_has_chosen_the_password(client, milica, rf):
    from networks.admin.password_links import password_link

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
            ("kind__exact=signed_in", {0, 40}),
            ("account={milica}", {3, 40}),
            ("q=mil", {3, 40}),
            ("q=192.0.2.3", {3}),
            ("account={milica}&days=30&kind__exact=exported", {3}),
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

    @pytest.mark.parametrize("query", ["account=0", "account=x", "kind__exact=", "days=x", "details__x=1", "q=%00"])
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


def test_that_cannot_be_written_lets_people_sign_in_but_not_change_accounts(client, boss, milica, monkeypatch):
    def fail(*args, **kwargs):
        raise DatabaseError("no space left")

    monkeypatch.setattr(type(AuditEntry.objects), "record", fail)
    assert client.post("/en/admin/login/", {"username": "boss", "password": PASSWORD}).status_code == 302
    with pytest.raises(DatabaseError), transaction.atomic():
        client.post(url_of(milica), account_form(milica, first_name="Друга"))
    milica.refresh_from_db()
    assert milica.first_name == "Милица"


# A colleague who has left


def everything():
    """All that the database holds, but for what somebody wrote as text, as one text."""
    written = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            written.extend(map(str, cursor.fetchall()))
    return "\n".join(written)


@pytest.fixture
def left(boss, milica):
    """What a colleague has done before she left."""
    network = drafts.save(Network(), {"name_sr": "Мрежа"}, author=milica).row
    network = publishing.publish(network, author=milica)
    drafts.submit(drafts.save(network, {**network.head.content, "name_sr": "Нова"}, author=milica).row, author=milica)
    network.refresh_from_db()
    ConfirmationLink.objects.create(unit="Служба", expires_at=timezone.now(), revoked_by="Милица Јовић")
    browser = Client()
    browser.force_login(milica)
    browser.post("/en/admin/login/", {"username": "milica", "password": "wrong"})
    give_second_factor(milica)
    boss_browser = Client()
    boss_browser.force_login(boss)
    boss_browser.post(url_of(milica), account_form(milica, email="milica@example.org", is_active=""))
    return milica


def anonymise(*arguments):
    out = StringIO()
    call_command("anonymise_account", *arguments, stdout=out)
    return out.getvalue()


class TestAnonymised:
    @pytest.mark.parametrize("is_deleted", [False, True])
    def test_leaves_no_name_and_all_that_was_done(self, left, is_deleted):
        before = everything()
        assert all(name in before for name in ("Милица", "Јовић", "milica"))
        number = left.pk
        if is_deleted:
            left.delete()
        names = ["milica", "Милица Јовић"] if is_deleted else ["milica"]
        plan = anonymise(*names)
        assert "Nothing was changed" in plan
        assert "3 versions" not in plan and "2 versions" in plan
        replacement = "former" if is_deleted else f"former-{number}"
        done = anonymise(*names, "--yes")
        assert f"Replaced by “{replacement}”: milica, Милица Јовић" in done
        after = everything()
        assert not any(name in after for name in ("Милица", "Јовић", "milica"))
        assert {*Revision.objects.values_list("author_name", flat=True)} == {replacement}
        assert {*Event.objects.values_list("author_name", flat=True)} == {replacement}
        if not is_deleted:
            assert not User.objects.get(pk=number).has_usable_password()
            assert "former" in anonymise(f"former-{number}", "--yes")  # once more does no harm

    def test_says_what_it_may_not_change(self, left):
        network = make_network()
        drafts.save(
            network, {**drafts.newest_revision(network).content, "internal_note": "Јавила Милица Јовић"}, author=None
        )
        said = anonymise("milica", "--as", "бивши сарадник", "--yes")
        assert "The name stands in texts" in said and "1 versions" in said
        assert "names nobody" in said and "365 days" in said
        assert {*Event.objects.values_list("author_name", flat=True)} == {"бивши сарадник"}

    def test_keeps_apart_who_has_the_same_name(self, left):
        User.objects.create_user("milica2", first_name="Милица", last_name="Јовић")
        assert "stays where it stands alone: Милица Јовић" in anonymise("milica", "--yes")
        assert ConfirmationLink.objects.get().revoked_by == "Милица Јовић"
        assert {*Revision.objects.values_list("author_name", flat=True)} == {f"former-{left.pk}"}

    @pytest.mark.parametrize(
        ("names", "reason"),
        [(["boss"], "can still sign in"), (["nobody"], "no account"), (["boss", "milica"], "several accounts")],
    )
    def test_refuses_what_would_be_a_mistake(self, boss, milica, names, reason):
        with pytest.raises(CommandError, match=reason):
            anonymise(*names, "--yes")


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
