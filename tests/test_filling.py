"""All public addresses, and how the page store of a process is filled with them when it starts."""

import json
import logging
import socket
import time
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError

from citynetworks import __version__
from citynetworks.request_limits import RequestLimits
from networks.models import Change, Network
from networks.operations.running_server import examine_server
from networks.page_store import filling
from networks.page_store.layer import PageStore
from networks.public import sitemaps
from networks.public.page_urls import public_urls
from tests import servers
from tests.makers import make_network, make_page
from tests.stored import Counted, ask, eager_watch, site_store

# Which addresses there are


@pytest.mark.exhaustive
def test_each_address_stands_there_once_and_answers(nis, client):
    addresses = public_urls()
    assert len(addresses) == len({*addresses})
    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_every_address_of_the_sitemap_is_among_them(nis, client):
    listed = client.get("/sitemap.xml").content.decode()
    paths = {urlsplit(part.partition("</loc>")[0]).path for part in listed.split("<loc>")[1:]}
    assert len(paths) > 40
    assert paths <= {*public_urls()}
    assert len(sitemaps.ROWS) == 2  # a new one must be put among the addresses too


@pytest.mark.parametrize(
    "address",
    [
        *("/", "/sr-latn/", "/en/timeline/", "/en/changes/", "/sr-latn/open-data/", "/en/pages/privacy/"),
        *("/networks/alda/", "/en/networks/alda/", "/sr-latn/networks/ecad/picture.png", "/en/picture.png"),
        *("/feed.atom", "/sr-latn/feed.atom", "/networks.json", "/networks.csv", "/networks.csv-metadata.json"),
        *("/catalog.ttl", "/catalog.jsonld", "/networks.ttl", "/documents.csv", "/sitemap.xml", "/robots.txt"),
    ],
)
def test_all_kinds_of_addresses_are_there(nis, address):
    assert address in public_urls()


def test_what_is_not_published_has_no_address(db):
    make_network(slug="hidden", is_published=False)
    make_page(slug="hidden", is_published=False)
    assert not [address for address in public_urls() if "hidden" in address]


def test_security_txt_is_there_only_where_there_is_somebody_to_name(db, settings):
    assert "/.well-known/security.txt" not in public_urls()
    settings.SECURITY_CONTACT = "mailto:safe@example.org"
    assert "/.well-known/security.txt" in public_urls()


def test_all_pages_of_lists_are_there_and_no_more(db, client):
    Network.objects.bulk_create(
        Network(slug=f"n-{number}", name_sr=f"Мрежа {number}", is_published=True) for number in range(201)
    )
    addresses = {*public_urls()}
    for path, last in (("/en/", 3), ("/en/timeline/", 2), ("/en/changes/", 1)):
        numbers = [number for number in range(2, 9) if f"{path}?page={number}" in addresses]
        assert numbers == [*range(2, last + 1)]
        assert client.get(f"{path}?page={last}").status_code == 200
        assert client.get(f"{path}?page={last + 1}").status_code == 404


def test_all_pages_of_changes_are_there_and_no_more(db, client):
    network = make_network()
    Change.objects.bulk_create(Change(network=network, kind=Change.Kind.VERIFIED) for _ in range(101))
    assert {"/changes/?page=2", "/changes/?page=3"} <= {*public_urls()}
    assert "/changes/?page=4" not in public_urls()
    assert client.get("/changes/?page=3").status_code == 200
    assert client.get("/changes/?page=4").status_code == 404


def test_the_queries_for_addresses_do_not_grow(nis, django_assert_num_queries):
    with django_assert_num_queries(4):
        public_urls()
    for _ in range(20):
        make_network()
    with django_assert_num_queries(4):
        public_urls()


# Filling the store with them


def pages():
    return public_urls(with_pictures=False)


def fill(store, paths=pages, is_idle=lambda: True):
    filling.fill_quietly(store, paths, is_idle)


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr(filling, "START_AFTER", 0)
    monkeypatch.setattr(filling, "PAUSE", 0)
    monkeypatch.setattr(filling, "lower_thread_priority", lambda: None)  # which would hold for all tests after it


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("hosts", "https", "behind_proxy"),
    [
        (["mreze.example"], False, False),
        (["*", ".example", "mreze.example", "other.example"], True, False),
        (["mreze.example"], True, True),
    ],
)
def test_no_page_has_to_be_rendered_for_a_citizen(nis, connection_of_the_test, settings, hosts, https, behind_proxy):
    settings.ALLOWED_HOSTS, settings.HTTPS, settings.SECURE_SSL_REDIRECT = hosts, https, https
    environ = {"wsgi.url_scheme": "https" if https and not behind_proxy else "http"}
    if behind_proxy:
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        environ["HTTP_X_FORWARDED_PROTO"] = "https"
    store = site_store()
    fill(store)
    count = store.application.count
    addresses = public_urls(with_pictures=False)
    assert count == len(addresses)
    for address in addresses:
        assert ask(store, address, host="mreze.example", **environ).status == 200
    assert store.application.count == count


@pytest.mark.long
def test_it_waits_while_there_are_requests(nis, connection_of_the_test):
    store = site_store()
    busy = iter([True, True, False, True, False])
    idle_when_entered = []

    def is_idle():
        is_busy = next(busy, False)
        idle_when_entered.append((is_busy, store.application.count))
        return not is_busy

    fill(store, is_idle=is_idle)
    assert idle_when_entered[:5] == [(True, 0), (True, 0), (False, 0), (True, 1), (False, 1)]


def test_requests_that_django_works_on_or_that_wait_for_it_are_told():
    seen = []

    def application(environ, start_response):
        seen.append(limits.is_idle())
        start_response("200 OK", [])
        return [b""]

    limits = RequestLimits(application)
    assert limits.is_idle()
    ask(limits, "/")
    assert seen == [False]
    assert limits.is_idle()


def test_it_stops_before_the_first_pages_have_to_go(nis, connection_of_the_test):
    store = site_store(limit=200_000)
    fill(store)
    assert 0 < store.size <= store.limit
    count = store.application.count
    assert count < len(public_urls(with_pictures=False))
    ask(store, "/", host="testserver")
    assert store.application.count == count


@pytest.mark.parametrize("hosts", [["*"], [".example"], ["*", ".example"]])
def test_without_the_name_of_a_host_nothing_is_rendered(nis, connection_of_the_test, settings, hosts):
    settings.ALLOWED_HOSTS = hosts
    store = site_store()
    fill(store)
    assert store.application.count == 0


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "400 Bad Request", "500 Internal Server Error", "503 Busy"]
)
def test_it_stops_at_the_first_answer_that_is_no_page(nis, connection_of_the_test, status):
    def application(environ, start_response):
        start_response(status, [])
        return [b""]

    store = PageStore(Counted(application), 1_000_000, eager_watch())
    fill(store)
    assert store.application.count == 1


@pytest.mark.parametrize("broken", ["addresses", "application"])
def test_it_stops_without_a_word_when_something_is_wrong(nis, connection_of_the_test, monkeypatch, caplog, broken):
    def fail(*args, **kwargs):
        raise OperationalError("The database is away")

    caplog.set_level(logging.WARNING)
    store = PageStore(Counted(fail), 1_000_000, eager_watch())
    fill(store, fail if broken == "addresses" else pages)
    assert store.application.count == (0 if broken == "addresses" else 1)
    assert caplog.records == []


TOKEN = "a-token-of-the-monitor-of-this-test"


def check_health_by_ip_address(server):
    """The balancer and the monitor ask a process by its IP address, which the site refuses to everybody else."""
    assert server.ask("/en/").status == 400
    for kind in ("live", "serving", "ready", "full"):
        answer = server.ask(f"/health/{kind}/")
        assert (answer.status, answer["Cache-Control"]) == (200, "no-store")
        with socket.create_connection((servers.HOST, server.port)) as connection:
            connection.sendall(f"GET /health/{kind}/ HTTP/1.0\r\n\r\n".encode())  # without a host at all
            assert b" 200 " in connection.makefile("rb").readline()
    report = json.loads(server.ask("/health/full/", {"Authorization": f"Bearer {TOKEN}"}).body)
    found = {probe["name"]: (probe["status"], probe["words"]) for probe in report["probes"]}
    assert report["version"] == __version__
    assert found["static_files"][1].startswith("The static files of this version are in ")
    assert {found[name][0] for name in ("database", "migrations", "schedules", "pictures", "cache")} == {"ok"}
    messages = [json.loads(line)["message"] for line in server.log.read_text().splitlines()]
    assert "Refused: DisallowedHost" in messages


def check_what_the_doctor_asks(server):
    """As on that server: with its secret key, of which the token of commands is made."""
    found = {each.name: each for each in examine_server(f"http://localhost:{server.port}", [])}
    late = {f"server_{name}" for name in ("backup", "restore_drill", "links")}  # which no new site has done
    wrong = {name: each.words for name, each in found.items() if each.status != "ok" and name not in late}
    assert wrong == {}
    assert {"server_version", "server_page_sr", "server_page_sr-latn", "server_page_en"} < found.keys()
    assert found["server_stylesheet"].words.startswith("The server sends 1 ")


@pytest.mark.process
def test_a_server_fills_the_store_of_each_process_by_itself(tmp_path, database_template, settings):
    with database_template.copy() as database:
        env = servers.environment(
            tmp_path / "site",
            DATABASE_URL=database.url,
            DJANGO_FILL_PAGE_STORE="on",
            DJANGO_ALLOWED_HOSTS="localhost",
            DJANGO_HTTPS="on",
            DJANGO_BEHIND_PROXY="on",
            DJANGO_HEALTH_TOKEN=TOKEN,
            DJANGO_LOG_FORMAT="json",
        )
        servers.run("django", "loaddata", "nis", "--verbosity=0", env=env)
        servers.run("django", "collectstatic", "--noinput", "--verbosity=0", env=env)
        server = servers.Server("citynetworks.wsgi:application", env, log=tmp_path / "log")
        try:
            server.wait()
            deadline = time.monotonic() + 60
            pages = 0
            while pages < 50 and time.monotonic() < deadline:
                time.sleep(0.2)
                pages = json.loads(server.ask("/health/ready/").body)["page_store"]["pages"]
            assert pages >= 50
            check_health_by_ip_address(server)
            settings.SECRET_KEY = env["DJANGO_SECRET_KEY"]
            settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
            check_what_the_doctor_asks(server)
        finally:
            server.end()
