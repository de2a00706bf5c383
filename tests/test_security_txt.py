"""Whoever finds a weakness of the site finds whom to tell, in a file by the rules of RFC 9116."""

import re
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured

from citynetworks.security_contact import contact_uri
from tests.makers import make_profile
from tests.production import PRODUCTION, run, setting
from tests.redirects import hops

ADDRESS = "/.well-known/security.txt"
CANONICAL = f"https://testserver{ADDRESS}"

# RFC 9116, section 4: a field is its name, a colon, a space and its value; RFC 5322: the name has no space or colon.
LINE = re.compile(r"(?P<name>[!-9;-~]+): (?P<value>[!-~](?:[ -~]*[!-~])?)")
FIELDS = {
    "acknowledgments",
    "canonical",
    "contact",
    "encryption",
    "expires",
    "hiring",
    "policy",
    "preferred-languages",
}
ONCE = {"expires", "preferred-languages"}
URI = re.compile(r"[a-z][a-z0-9+.-]*:[\w:/?#\[\]@!$&'()*+,;=.~%-]+", re.ASCII)
TIME = "%Y-%m-%dT%H:%M:%SZ"


def read(response):
    """Return the fields of the file, {name: [values]}; fail where it breaks a rule of the RFC."""
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    text = response.content.decode("utf-8")
    assert text.endswith("\n")
    fields = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            match = LINE.fullmatch(line)
            assert match, line
            fields.setdefault(match["name"].lower(), []).append(match["value"])
    assert fields.keys() <= FIELDS
    assert fields.keys() >= {"contact", "expires"}
    assert [name for name in ONCE & fields.keys() if len(fields[name]) > 1] == []
    for name in fields.keys() - ONCE:
        for value in fields[name]:
            assert URI.fullmatch(value), value
            assert not value.startswith("http:"), value
    now = datetime.now(UTC)
    assert now < datetime.strptime(fields["expires"][0], TIME).replace(tzinfo=UTC) < now + timedelta(days=365)
    for tag in fields.get("preferred-languages", [""])[0].split(", "):
        assert re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{4})?", tag)
    return fields


def ask(client, **options):
    return client.get(ADDRESS, **{"secure": True, **options})


@pytest.fixture
def contact(settings):
    settings.SECURITY_CONTACT = "https://www.ni.rs/security"


def test_file_keeps_the_rules_and_says_it_all(db, contact, client):
    fields = read(ask(client))
    assert fields["contact"] == ["https://www.ni.rs/security"]
    assert fields["preferred-languages"] == ["sr, en"]
    assert fields["canonical"] == [CANONICAL]


def test_setting_comes_before_the_city(db, contact, client):
    make_profile(email="city@example.org")
    assert read(ask(client))["contact"] == ["https://www.ni.rs/security"]


@pytest.mark.parametrize(
    ("email", "uri"),
    [
        ("city@example.org", "mailto:city@example.org"),
        ("it+site@example.org", "mailto:it+site@example.org"),
        ("град@град-ниш.срб", "mailto:%D0%B3%D1%80%D0%B0%D0%B4@"),
        ("a?b%c@example.org", "mailto:a%3Fb%25c@example.org"),
    ],
)
def test_without_the_setting_the_city_is_asked(db, client, email, uri):
    make_profile(email=email)
    (found,) = read(ask(client))["contact"]
    assert found.startswith(uri)


@pytest.mark.parametrize("profile", [None, {}])
def test_without_a_contact_there_is_no_file(db, client, profile):
    if profile is not None:
        make_profile(**profile)
    assert ask(client).status_code == 404


def test_only_over_https_it_names_its_own_address(db, contact, client):
    """Web addresses in it must begin with https:// (RFC 9116, section 2.5.2)."""
    assert "canonical" not in read(client.get(ADDRESS))


def test_it_is_the_same_all_day_and_never_expires(db, contact, client):
    def at(moment):
        with mock.patch("django.utils.timezone.now", return_value=moment):
            return ask(client).text

    morning, night, next_day = (
        at(datetime(2026, 2, 28, 0, 0, 0, tzinfo=UTC)),
        at(datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)),
        at(datetime(2026, 3, 1, tzinfo=UTC)),
    )
    assert morning == night != next_day
    assert "Expires: 2026-08-27T00:00:00Z\n" in morning


@pytest.mark.parametrize("query", ["", "?pismo=lat", "?pismo=cir"])
def test_it_stands_once_for_all_languages(db, contact, client, query):
    targets, response = hops(client, ADDRESS + query)
    assert targets == [ADDRESS + query]
    read(response)
    assert not response.cookies
    assert client.get(f"/en{ADDRESS}").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(db, contact, client, method):
    assert getattr(client, method)(ADDRESS).status_code == 405
    assert client.head(ADDRESS).status_code == 200


@pytest.mark.parametrize(
    ("value", "uri"),
    [
        ("", ""),
        ("  ", ""),
        (" it@example.org ", "mailto:it@example.org"),
        ("mailto:it@example.org", "mailto:it@example.org"),
        ("MAILTO:it%2Bsite@example.org", "mailto:it+site@example.org"),
        ("https://example.org/report?a=1", "https://example.org/report?a=1"),
    ],
)
def test_contacts_become_addresses(value, uri):
    assert contact_uri(value) == uri


@pytest.mark.parametrize(
    "value",
    [
        "it",
        "it@",
        "mailto:",
        "mailto:it",
        "http://example.org/",
        "https://",
        "https://example.org/a b",
        "https://example.org/безбедност",
        "tel:+381-18-000000",
        "it@example.org\nExpires: 2099-01-01T00:00:00Z",
        "https://example.org/\nHiring: https://example.org/",
    ],
)
def test_what_is_no_contact_stops_the_start(value):
    with pytest.raises(ImproperlyConfigured, match="DJANGO_SECURITY_CONTACT"):
        contact_uri(value)


@pytest.mark.process
def test_it_is_read_from_the_environment():
    variables = {**PRODUCTION, "DJANGO_SECURITY_CONTACT": "it@example.org"}
    assert setting("settings.SECURITY_CONTACT", **variables) == "mailto:it@example.org"
    result = run("-c", "import citynetworks.wsgi", **PRODUCTION, DJANGO_SECURITY_CONTACT="nobody")
    assert result.returncode != 0
    assert "DJANGO_SECURITY_CONTACT is neither" in result.stderr
