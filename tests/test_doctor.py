"""`manage.py doctor` and `manage.py version`: what maintainers are told, and what scripts read of it."""

import http.client
import io
import json
from email.message import Message

import django
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from citynetworks import __version__
from networks.management.commands import doctor
from networks.operations import health, probes, running_server
from networks.operations.probes import Finding, Status
from tests.makers import make_network
from tests.production import PRODUCTION, run
from tests.test_health import uncollected

OK = Finding("cache", Status.OK, "The cache answers.")
WARNING = Finding("backup", Status.WARNING, "No backup is on record.", "It is lost.", "manage.py backup FILE")
FAILED = Finding("media", Status.FAILED, "Nothing can be uploaded.", "It is refused.", "chmod")


def examined(*arguments):
    """Return what the command writes, and the code with which it ends."""
    output = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=output)
    except SystemExit as end:
        return output.getvalue(), end.code
    return output.getvalue(), 0


@pytest.mark.parametrize(
    ("findings", "code"), [([OK], 0), ([OK, WARNING], 1), ([OK, WARNING, FAILED], 2), ([FAILED, OK], 2)]
)
def test_the_worst_finding_is_the_exit_code(monkeypatch, findings, code):
    monkeypatch.setattr(doctor, "examine", lambda is_thorough: findings)
    monkeypatch.setattr(doctor, "failed_checks", lambda is_database_there: [])
    text, ended = examined()
    assert ended == code
    for finding in findings:
        assert f"{finding.name}: {finding.words}" in text
        assert (finding.why in text, finding.remedy in text) == (True, True)
    report, ended = examined("--json")
    assert ended == code
    assert json.loads(report) == {
        "status": {0: "ok", 1: "warning", 2: "failed"}[code],
        "version": __version__,
        "findings": [finding.as_dict() for finding in findings],
    }


def test_system_checks_are_among_it(db, settings):
    settings.DEBUG = True
    settings.LANGUAGES = settings.LANGUAGES[:1]
    text, code = examined()
    assert code == 2
    assert "networks.E002: Texts are stored in the language “en”" in text
    assert "security.W018" in text


def test_it_works_without_the_database(db, monkeypatch):
    def fail(self, name=None):
        raise OperationalError("no route to host")

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "_cursor", fail)
        text, code = examined()
        output = io.StringIO()
        call_command("site_version", stdout=output)
    assert code == 2
    assert "failed  database: The database does not answer: no route to host." in text
    assert "ok      media" in text
    assert output.getvalue().endswith(", which does not answer: no route to host\n")


@pytest.mark.parametrize("url", ["here", "127.0.0.1:8000", "http://127.0.0.1:8000/en/"])
def test_what_is_no_url_is_refused(db, url):
    with pytest.raises(CommandError, match="is not a scheme and a host"):
        call_command("doctor", f"--url={url}", stdout=io.StringIO())


# The running server


@pytest.fixture
def server(db, connection_of_the_test, monkeypatch):
    """A site that is asked without a network; what is put into `changed` is sent in place of its answers."""
    make_network()
    changed = {}

    def ask(url, path, headers=None):
        if path in changed:
            return changed[path]
        response = Client(raise_request_exception=False).get(path, headers=headers or {})
        body = b"".join(response) if response.streaming else response.content
        response.close()
        sent = Message()
        for name, value in response.items():
            sent[name] = value
        return running_server.Answer(response.status_code, sent, body)

    monkeypatch.setattr(health, "examination", health.Examination())
    monkeypatch.setattr(running_server, "ask", ask)
    return changed


def answer(status=200, body="<html></html>", **headers):
    sent = Message()
    for name, value in headers.items():
        sent[name.replace("_", "-")] = value
    return running_server.Answer(status, sent, body.encode())


def found():
    return {each.name: each for each in running_server.examine_server("http://127.0.0.1:8000", probes.examine())}


def test_nothing_is_wrong_with_a_server_as_it_should_be(server):
    asked = found()
    assert {each.status for each in asked.values()} == {"ok"}
    assert {"server_version", "server_page_sr", "server_page_sr-latn", "server_page_en", "server_logos"} < {*asked}


PAGE = '<html><link href="/static/networks/site.css"><img src="/media/logo.png"></html>'
REPORT = {"status": "ok", "version": "0.0.1", "newest_migration": "0001", "probes": []}
FULL, EMPTY = "/health/full/", answer(200, "", Content_Type="image/png")

WRONG = [
    ({"/en/": answer(500, X_Request_ID="abc")}, "server_page_en", "failed", "status 500). Its lines in the log have"),
    ({"/en/": answer(200, "half a page")}, "server_page_en", "failed", "is not sent"),
    ({"/en/": answer(301, Location="https://h/en/")}, "server_page_en", "failed", "redirects to https://h/en/"),
    ({"/": answer(200, PAGE, Age="77")}, "server_page_sr", "warning", "a stored one of 77 seconds ago"),
    ({"/": answer(200, PAGE)}, "server_logos", "failed", "does not send /media/logo.png"),
    (
        {"/": answer(200, PAGE), "/media/logo.png": answer(200, "", Content_Type="image/png")},
        "server_logos",
        "failed",
        "",
    ),
    ({"/static/networks/site.css": answer(404)}, "server_stylesheet", "failed", "/static/networks/site.css"),
    ({FULL: answer(200, json.dumps(REPORT))}, "server_version", "failed", f"0.0.1; {__version__} is installed"),
    ({FULL: answer(401, "{}")}, "server_version", "failed", "does not tell its version (status 401)"),
    ({FULL: answer(404, "<html>")}, "server_version", "failed", "does not tell its version (status 404)"),
]


@pytest.mark.parametrize(("changed", "name", "status", "words"), WRONG)
def test_what_is_wrong_with_the_server_is_told(server, changed, name, status, words):
    server |= changed
    finding = found()[name]
    assert (finding.status, words in finding.words, bool(finding.why and finding.remedy)) == (status, True, True)


def test_what_the_server_alone_finds_wrong_is_told(server, monkeypatch):
    known = probes.examine()
    uncollected(monkeypatch)
    findings = running_server.examine_server("http://127.0.0.1:8000", known)
    assert [each.words for each in findings if each.name == "server_static_files"] == [
        "The static files have not been collected."
    ]
    assert not [each for each in findings if each.name == "server_backup"]


@pytest.mark.parametrize("error", [ConnectionRefusedError(111, "Connection refused"), http.client.BadStatusLine("x")])
def test_a_server_that_is_not_there_is_told(monkeypatch, error):
    def fail(*args):
        raise error

    monkeypatch.setattr(running_server, "ask", fail)
    (finding,) = running_server.examine_server("http://127.0.0.1:8000", [])
    assert (finding.status, finding.words.startswith("Nothing answers at http://127.0.0.1:8000")) == ("failed", True)


# Versions


def test_the_version_names_what_it_runs_on(db):
    output = io.StringIO()
    call_command("site_version", stdout=output)
    lines = output.getvalue().splitlines()
    assert lines[0] == f"City Networks {__version__}"
    assert f"Django {django.get_version()}" in lines
    assert lines[-1].startswith("The database has all migrations, the newest 00")


@pytest.mark.process
def test_manage_tells_the_version_of_the_product(tmp_path):
    result = run("manage.py", "version", **PRODUCTION, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"City Networks {__version__}\n")
    assert "The database lacks " in result.stdout
