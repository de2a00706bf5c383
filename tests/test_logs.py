"""The log and error reports: short, nothing in them that looks like another line, and by whom a request was made."""

import io
import json
import logging
import re
import time

import lxml.html
import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from django.urls import URLResolver, get_resolver
from hypothesis import example, given
from hypothesis import strategies as st

from citynetworks import __version__, logs
from citynetworks.logs import (
    LONGEST,
    JSONFormatter,
    LineFormatter,
    Personal,
    ReportHandler,
    one_line,
    without_secrets,
)
from networks.page_store.environ import DATABASE_IS_AVAILABLE
from tests.production import PRODUCTION, run
from tests.stored import ask, site_store

TYPED = "Petar Petrović, 064-123456"
SECRET = "a-token-that-opens-a-draft"
PERSONAL = (TYPED, "Petrović", SECRET, "192.0.2.7", "clerk", "cookie", "secret")


@given(st.text(max_size=2 * LONGEST))
@example("a\r\n2026-11-28 ERROR forged")
@example("\x1b[31mred")
def test_line_is_short_and_stays_one_line(text):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= LONGEST
    assert line.isprintable()


@pytest.fixture
def log():
    """Return what is logged, as a function of the formatter that writes it."""
    written = []
    loggers = [logging.getLogger(), logging.getLogger("django")]

    def begin(formatter):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        for logger in loggers:
            logger.addHandler(handler)
        written.append(handler)
        return lambda: stream.getvalue().splitlines()

    yield begin
    for handler in written:
        for logger in loggers:
            logger.removeHandler(handler)


@pytest.fixture
def objects(log):
    lines = log(JSONFormatter())
    return lambda: [json.loads(line) for line in lines()]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/en/", {"host": "attacker.example"}),
        ("/en/", {"host": "a" * 5000}),
        ("/en/", {"host": "a\nb"}),
        ("/en/" + "x" * 5000, {}),
        ("/en/%0a%0dERROR forged", {}),
    ],
)
@pytest.mark.parametrize("formatter", [LineFormatter("{levelname} {name}: {message}", style="{"), JSONFormatter()])
def test_refused_request_is_one_short_line(nis, log, path, headers, formatter):
    lines = log(formatter)
    assert 400 <= Client().get(path, headers=headers).status_code < 500
    assert lines()
    for line in lines():
        assert len(line) < 3 * LONGEST
        assert line.isprintable()


def test_fault_of_ours_is_told_with_its_traceback():
    logger = logging.getLogger("test")
    try:
        raise ValueError("x" * 5000)
    except ValueError:
        record = logger.makeRecord("test", logging.ERROR, __file__, 1, "It failed", (), __import__("sys").exc_info())
    lines = LineFormatter("{message}", style="{").format(record).splitlines()
    assert lines[:2] == ["It failed", "    Traceback (most recent call last):"]
    assert max(map(len, lines)) <= LONGEST + 4


# A request that fails


@pytest.fixture
def failing(monkeypatch, nis):
    """A visitor to a site of which previews fail, for a reason that quotes what somebody typed."""

    def fail(*args):
        raise ValueError(f"Not a number: {TYPED}")

    monkeypatch.setattr("networks.revisions.previews.revision_of_token", fail)
    return Client(raise_request_exception=False, REMOTE_ADDR="192.0.2.7")


def ask_for_failure(client, prefix="/en", **headers):
    client.cookies.load({"name": "cookie"})
    return client.get(f"{prefix}/preview/{SECRET}/?q={TYPED}", headers=headers)


def test_a_failure_is_an_object_that_names_nobody(failing, objects):
    response = ask_for_failure(failing)
    assert response.status_code == 500
    (told,) = objects()
    assert (told["level"], told["logger"]) == ("ERROR", "django.request")
    assert told["message"] == "Internal Server Error: /en/preview/…/"
    assert (told["method"], told["path"], told["status"]) == ("GET", "/en/preview/…/", 500)
    assert told["request_id"] == response["X-Request-ID"]
    assert 0 <= told["milliseconds"] < 60_000
    assert told["exception"] == "ValueError"
    assert told["traceback"][-1].endswith(" fail")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["time"])
    assert not [each for each in PERSONAL if each in json.dumps(told, ensure_ascii=False)]


@pytest.mark.parametrize("formatter", [LineFormatter("{message}", style="{"), JSONFormatter()])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/preview/{SECRET}/", 503),
        (f"/en/admin/choose-password/MQ/{SECRET}/", 503),
        (f"/en/confirm/{SECRET}/.", 404),
    ],
)
def test_no_log_shows_a_secret_link_before_its_address_is_understood(nis, log, formatter, path, status):
    """While the database is away, and where the link was mistyped."""
    lines = log(formatter)
    response = Client().get(path, **{DATABASE_IS_AVAILABLE: status != 503})
    assert response.status_code == status
    assert len(lines()) == 1
    assert "/…" in lines()[0]
    assert SECRET not in lines()[0]


def routes(resolver, prefix="/"):
    for each in resolver.url_patterns:
        route = f"{prefix}{each.pattern}"
        yield from routes(each, route) if isinstance(each, URLResolver) else [route]


def test_each_address_with_a_token_is_known_as_secret():
    secret = [route for route in routes(get_resolver()) if "token>" in route]
    assert len(secret) == 3
    for route in secret:
        assert "token" not in without_secrets(route), route


def test_a_failure_in_the_text_format_names_the_request_too(failing, log):
    lines = log(LineFormatter("{levelname} {message}", style="{"))
    response = ask_for_failure(failing)
    assert SECRET not in lines()[0]
    assert lines()[0].endswith(f" [{response['X-Request-ID']}]")
    assert lines()[-1] == f"    ValueError: Not a number: {one_line(TYPED)}"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OperationalError("connection refused\nIs the server running?"), "connection refused"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (IntegrityError(f"Key (name)=({TYPED}) already exists"), None),
    ],
)
def test_only_what_is_about_machines_is_told_of_an_exception(objects, error, reason):
    try:
        raise error
    except Exception:
        logging.getLogger("test").exception("It failed")
    (told,) = objects()
    assert told.get("reason") == reason
    assert TYPED not in str(told)


@pytest.mark.parametrize("prefix", ["", "/sr-latn", "/en"])
def test_the_page_of_a_failure_shows_a_code_to_quote(failing, prefix):
    response = ask_for_failure(failing, prefix)
    page = lxml.html.fromstring(response.content)
    assert page.xpath("//main")[0].text_content().count(response["X-Request-ID"]) == 1


def test_reports_by_mail_say_no_more_and_come_once_in_an_hour(failing, settings, monkeypatch):
    settings.ADMINS = [("maintainer@example.org", "maintainer@example.org")]
    reports = ReportHandler()
    reports.setLevel(logging.ERROR)
    logger = logging.getLogger("django")
    logger.addHandler(reports)
    try:
        for _time in range(3):
            response = ask_for_failure(failing)
        assert len(mail.outbox) == 1
        monkeypatch.setattr(ReportHandler, "PAUSE", 0)
        response = ask_for_failure(failing)
    finally:
        logger.removeHandler(reports)
    report = mail.outbox[-1]
    assert len(mail.outbox) == 2
    assert report.to == ["maintainer@example.org"]
    assert report.subject.endswith("ERROR: Internal Server Error: /en/preview/…/")
    for part in (response["X-Request-ID"], "exception: ValueError", " fail", f"version: {__version__}"):
        assert part in report.body
    assert not [each for each in PERSONAL if each in report.body]


def test_a_failed_log_in_is_told_without_the_account(db, objects):
    User.objects.create_user("clerk", password="a long enough password")
    data = {"username": "clerk", "password": "secret", "next": "/en/admin/"}
    assert Client(REMOTE_ADDR="192.0.2.7").post("/en/admin/login/", data).status_code == 200
    told = [each for each in objects() if each["logger"] == "networks.admin.sign_in"]
    assert [each["message"] for each in told] == ["Wrong password for … from …"]
    assert not [each for each in PERSONAL if each in json.dumps(objects(), ensure_ascii=False)]


def test_the_text_format_shows_what_is_personal(log):
    lines = log(LineFormatter("{message}", style="{"))
    logging.getLogger("test").warning("%s from %s: %d", Personal("clerk"), Personal("192.0.2.7"), 3)
    assert lines() == ["clerk from 192.0.2.7: 3"]


# Identifiers of requests


@pytest.mark.parametrize(
    ("given", "is_behind_proxy", "is_taken"),
    [
        ("5e3f1c0aa5e3f1c0aa5e3f1c0aa5e3f1", True, True),
        ("0b6f7f9e-6c3d-4f0e-9b3e-000000000000", True, True),
        ("5e3f1c0aa5e3f1c0aa5e3f1c0aa5e3f1", False, False),
        *((given, True, False) for given in ("", "short", "x" * 65, "a b c d e f g", "<script>alert</script>")),
        ("идентификатор", True, False),
    ],
)
def test_only_a_proxy_may_choose_the_identifier(db, settings, given, is_behind_proxy, is_taken):
    settings.BEHIND_PROXY = is_behind_proxy
    identifier = Client().get("/robots.txt", headers={"x-request-id": given})["X-Request-ID"]
    assert (identifier == given) == is_taken
    assert re.fullmatch(r"[0-9a-z-]{10,64}", identifier)


def test_a_stored_page_has_no_identifier_and_no_version(nis, connection_of_the_test):
    store = site_store()
    for _time in range(2):
        assert not {"x-request-id", "x-city-networks-version"} & {*ask(store, "/en/").headers}
    assert ask(store, "/en/nowhere/")["X-Request-ID"]
    assert ask(store, "/en/nowhere/")["X-Request-ID"] != ask(store, "/en/nowhere/")["X-Request-ID"]


def test_only_staff_in_the_admin_are_told_the_version(nis, client, admin_client):
    client.force_login(User.objects.create_user("nobody"))
    assert admin_client.get("/en/admin/password_change/")["X-City-Networks-Version"] == __version__
    for visitor, path in ((admin_client, "/en/"), (client, "/en/admin/"), (Client(), "/en/admin/login/")):
        assert "X-City-Networks-Version" not in visitor.get(path)


# What is slow


@pytest.mark.parametrize(("limit", "count"), [(20, 1), (60_000, 0)])
def test_a_slow_query_is_told_without_its_values(db, settings, objects, limit, count):
    settings.SLOW_QUERY_MS = limit

    def slowly(execute, *args):
        time.sleep(0.03)
        return execute(*args)

    with connection.execute_wrapper(logs.log_if_slow), connection.execute_wrapper(slowly):
        User.objects.filter(username=TYPED).exists()
    told = [each for each in objects() if each["logger"] == "citynetworks.slow_queries"]
    assert len(told) == count
    for each in told:
        assert "auth_user" in each["message"]
        assert "%s" in each["message"]
        assert TYPED not in each["message"]


def test_queries_are_watched_on_every_connection_once(settings):
    settings.SLOW_QUERY_MS = 5

    class Connection:
        execute_wrappers = []

    for _time in range(2):
        logs.watch_connection(Connection)
    assert Connection.execute_wrappers == [logs.log_if_slow]


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (0, 0), (60_000, 0)])
def test_a_slow_request_is_told(db, settings, objects, monkeypatch, limit, count):
    settings.SLOW_REQUEST_MS = limit
    monkeypatch.setattr("citynetworks.middleware.milliseconds_of", lambda request: 7)
    response = Client().get(f"/robots.txt?q={TYPED}")
    told = objects()
    assert [each["message"] for each in told] == ["A request took 7 ms: GET /robots.txt"] * count
    for each in told:
        assert (each["status"], each["request_id"]) == (200, response["X-Request-ID"])


# Sentry

SENT_TO_SENTRY = f"""
import json, logging, os, django
django.setup()
import sentry_sdk
from django.test import Client
from networks.revisions import previews
client = sentry_sdk.get_client()
client.transport.capture_envelope = lambda envelope: print(json.dumps(envelope.get_event()))
def fail(*args):
    text = {TYPED!r}
    raise ValueError("Not a number: " + text)
previews.revision_of_token = fail
visitor = Client(raise_request_exception=False, REMOTE_ADDR="192.0.2.7")
visitor.cookies.load({{"sessionid": "cookie"}})
response = visitor.get("/en/preview/{SECRET}/?q=secret", headers={{"host": "mreze.example.rs"}}, secure=True)
from citynetworks.logs import Personal
logging.getLogger("test").error("Wrong password for %s", Personal("clerk"))
print(json.dumps({{"id": response["X-Request-ID"]}}))
"""


@pytest.mark.process
def test_sentry_is_told_no_more_than_the_others(tmp_path):
    variables = {
        **PRODUCTION,
        "SENTRY_DSN": "https://0123456789abcdef0123456789abcdef@sentry.example.rs/1",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "citynetworks.settings",
    }
    result = run("-c", SENT_TO_SENTRY, **variables)
    assert result.returncode == 0, result.stderr
    # Before them comes the error that this database has no tables.
    failure, message, last = map(json.loads, result.stdout.splitlines()[-3:])
    assert failure["exception"]["values"][-1]["type"] == "ValueError"
    assert failure["request"] == {"method": "GET", "url": "/en/preview/…/"}
    assert failure["tags"]["request_id"] == last["id"]
    assert failure["release"] == __version__
    assert message["message"] == "Wrong password for …"
    for each in PERSONAL:
        assert each not in json.dumps([failure, message], ensure_ascii=False), each
