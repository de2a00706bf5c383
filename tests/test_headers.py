"""Headers of the responses, by the rules of Mozilla's HTTP Observatory, its bonus rules included."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.test.utils import override_settings

from tests.makers import make_network, make_page, make_profile
from tests.production import PRODUCTION, setting

COOKIES = ("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE")
HTTPS = {
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31536000,
    "SESSION_COOKIE_NAME": "__Host-sessionid",
    "CSRF_COOKIE_NAME": "__Host-csrftoken",
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
}

PAGES = ["/", "/sr-latn/", "/en/", "/en/?q=a", "/en/?scope=x", "/en/networks/a/", "/en/pages/b/", "/en/timeline/"]
PAGES += ["/en/changes/", "/en/open-data/", "/en/nowhere/", "/sr-latn/admin/login/", "/en/preview/x/"]
DESK = ["/en/admin/", "/admin/networks/network/", "/en/admin/networks/network/add/", "/en/admin/auth/user/"]
OPEN = ["/networks.json", "/networks.csv", "/networks.csv-metadata.json", "/catalog.ttl", "/catalog.jsonld"]
OPEN += ["/networks.ttl", "/documents.csv", "/roles.csv", "/periods.csv", "/fees.csv", "/activities.csv"]
OPEN += ["/en/feed.atom"]
FILES = [
    "/robots.txt",
    "/sitemap.xml",
    "/en/picture.png",
    "/health/live/",
    "/health/serving/",
    "/health/full/",
    "/health/ready/",
    "/static/networks/site.css",
]


def policy_of(headers):
    directives = (each.strip().partition(" ")[::2] for each in headers["content-security-policy"].split(";"))
    return {name: sources.split() for name, sources in directives}


def has_policy(headers):
    """No inline script or style, nothing from other hosts, no plug-in, frame or base; forms go to the site."""
    policy = policy_of(headers)
    assert policy["default-src"] == ["'none'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:", "data:"} & set(sum(policy.values(), []))
    for name in ("base-uri", "frame-ancestors"):
        assert policy[name] == ["'none'"]
    assert policy["form-action"] in (["'self'"], ["'none'"])


RULES = {
    "Content-Security-Policy": has_policy,
    "Strict-Transport-Security": lambda headers: "max-age=31536000" in headers["strict-transport-security"],
    "X-Content-Type-Options": lambda headers: headers["x-content-type-options"] == "nosniff",
    "X-Frame-Options": lambda headers: headers["x-frame-options"] == "DENY",
    "Referrer-Policy": lambda headers: headers["referrer-policy"] == "same-origin",
    "Cross-Origin-Resource-Policy": lambda headers: headers["cross-origin-resource-policy"] == "same-origin",
    "Cross-Origin-Opener-Policy": lambda headers: headers["cross-origin-opener-policy"] == "same-origin",
    "Permissions-Policy": lambda headers: "camera=()" in headers["permissions-policy"],
    "no other site reads it": lambda headers: "access-control-allow-origin" not in headers,
}


@pytest.fixture
def client(db):
    make_profile()
    make_network(slug="a", name_en="A")
    make_page(slug="b", title_en="B")
    with override_settings(**HTTPS):
        yield Client()


def headers_of(client, path):
    response = client.get(path, secure=True)
    assert response.status_code in (200, 400, 404), path
    response.close()  # a file
    return {name.lower(): value for name, value in response.items()}


@pytest.mark.parametrize("path", PAGES)
def test_public_page_meets_every_rule(client, path):
    headers = headers_of(client, path)
    assert [name for name, is_met in RULES.items() if is_met(headers) is False] == []


@pytest.mark.parametrize("path", DESK)
def test_page_of_the_desk_meets_every_rule(client, path):
    client.force_login(User.objects.create_superuser("admin"))
    headers = headers_of(client, path)
    assert [name for name, is_met in RULES.items() if is_met(headers) is False] == []


@pytest.mark.parametrize("path", [*OPEN, *FILES])
def test_file_says_who_may_read_it(client, path):
    headers = headers_of(client, path)
    is_picture = path.endswith(".png")  # which other sites may show, but not read
    is_open = path in OPEN
    assert headers["cross-origin-resource-policy"] == ("cross-origin" if is_open or is_picture else "same-origin")
    assert headers.get("access-control-allow-origin") == ("*" if is_open else None)
    assert headers["x-content-type-options"] == "nosniff"
    assert "max-age" in headers["strict-transport-security"]


def test_cookies_of_the_desk_are_for_this_host_over_https_only(client):
    User.objects.create_superuser("admin", password="a long enough password")
    response = client.post(
        "/en/admin/login/",
        {"username": "admin", "password": "a long enough password", "next": "/en/admin/"},
        secure=True,
    )
    assert response.status_code == 302
    assert response.cookies.keys() == {"__Host-sessionid", "__Host-csrftoken"}
    for name, cookie in response.cookies.items():
        assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["samesite"]) == (True, "/", "", "Lax")
        assert cookie["httponly"], name
    assert not Client().get("/en/", secure=True).cookies


@pytest.mark.process
def test_production_names_its_cookies_so():
    expression = " + ' ' + ".join(f"str(getattr(settings, '{name}', 'usual'))" for name in COOKIES)
    assert setting(expression, **PRODUCTION) == "__Host-sessionid True __Host-csrftoken True"
    assert setting(expression, **PRODUCTION, DJANGO_HTTPS="off") == "usual False usual False"
