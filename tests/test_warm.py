"""All public addresses, and the command that asks a running site for each of them."""

import io
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from networks.models import Change, Network
from networks.public.addresses import public_addresses
from networks.public.sitemaps import SITEMAPS
from tests.makers import make_network, make_page

# Which addresses there are


def test_each_address_stands_there_once_and_answers(nis, client):
    addresses = public_addresses()
    assert len(addresses) == len({*addresses})
    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_every_address_of_the_sitemap_is_among_them(nis, client):
    listed = client.get("/sitemap.xml").content.decode()
    paths = {urlsplit(part.partition("</loc>")[0]).path for part in listed.split("<loc>")[1:]}
    assert len(paths) > 40
    assert paths <= {*public_addresses()}
    assert len(SITEMAPS) == 3  # a new one must be put among the addresses too


@pytest.mark.parametrize(
    "address",
    [
        *("/", "/sr-latn/", "/en/timeline/", "/en/changes/", "/sr-latn/open-data/", "/en/pages/privacy/"),
        *("/networks/alda/", "/en/networks/alda/", "/sr-latn/networks/ecad/picture.png", "/en/picture.png"),
        *("/feed.atom", "/sr-latn/feed.atom", "/networks.json", "/networks.csv", "/networks.csv-metadata.json"),
        *("/catalog.ttl", "/catalog.jsonld", "/sitemap.xml", "/robots.txt"),
    ],
)
def test_all_kinds_of_addresses_are_there(nis, address):
    assert address in public_addresses()


def test_what_is_not_published_has_no_address(db):
    make_network(slug="hidden", is_published=False)
    make_page(slug="hidden", is_published=False)
    assert not [address for address in public_addresses() if "hidden" in address]


def test_security_txt_is_there_only_where_there_is_somebody_to_name(db, settings):
    assert "/.well-known/security.txt" not in public_addresses()
    settings.SECURITY_CONTACT = "mailto:safe@example.org"
    assert "/.well-known/security.txt" in public_addresses()


def test_all_pages_of_lists_are_there_and_no_more(db, client):
    Network.objects.bulk_create(
        Network(slug=f"n-{number}", name_sr=f"Мрежа {number}", is_published=True) for number in range(201)
    )
    addresses = {*public_addresses()}
    for path, last in (("/en/", 3), ("/en/timeline/", 2), ("/en/changes/", 1)):
        numbers = [number for number in range(2, 9) if f"{path}?page={number}" in addresses]
        assert numbers == [*range(2, last + 1)]
        assert client.get(f"{path}?page={last}").status_code == 200
        assert client.get(f"{path}?page={last + 1}").status_code == 404


def test_all_pages_of_changes_are_there_and_no_more(db, client):
    network = make_network()
    Change.objects.bulk_create(Change(network=network, kind=Change.Kind.VERIFIED) for _ in range(101))
    assert {"/changes/?page=2", "/changes/?page=3"} <= {*public_addresses()}
    assert "/changes/?page=4" not in public_addresses()
    assert client.get("/changes/?page=3").status_code == 200
    assert client.get("/changes/?page=4").status_code == 404


def test_the_queries_for_addresses_do_not_grow(nis, django_assert_num_queries):
    with django_assert_num_queries(4):
        public_addresses()
    for _ in range(20):
        make_network()
    with django_assert_num_queries(4):
        public_addresses()


# Asking for them


@contextmanager
def site(answer):
    """Serve what a function answers to an address, as status and headers; give the URL and what was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            asked.append((self.path, self.headers["Accept-Encoding"], self.headers["Host"]))
            status, headers = answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": "2", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def warm(url, **options):
    """Run the command; return what it says and what it reports meanwhile."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("warm", url=url, stdout=out, stderr=err, **options)
    except CommandError as error:
        error.reported = err.getvalue()
        raise
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize("workers", [1, 3])
def test_every_address_is_asked_for_in_each_coding_of_the_host_that_is_named(db, workers):
    make_network()
    with site(lambda path: (200, {})) as (url, asked):
        out, err = warm(url, workers=workers)
    host = urlsplit(url).netloc
    assert sorted(asked) == sorted(
        (address, coding, host) for address in public_addresses() for coding in ("gzip", "br")
    )
    count = len(public_addresses())
    assert out == f"All {count} addresses answered.\n"
    assert err.endswith(f"{count} of {count}\n")


@pytest.mark.parametrize("status", [404, 500, 204])
def test_an_address_that_fails_fails_the_command_after_all_were_asked_for(db, status):
    answers = {"/en/timeline/": (status, {})}
    with site(lambda path: answers.get(path, (200, {}))) as (url, asked), pytest.raises(CommandError) as failure:
        warm(url)
    assert failure.value.returncode == 1
    assert f"/en/timeline/: answered {status}\n" in failure.value.reported
    assert {path for path, *_rest in asked} == {*public_addresses()}


def test_no_redirect_is_followed(db):
    with site(lambda path: (200, {})) as (other_url, other_asked):
        answers = {"/": (302, {"Location": f"{other_url}/"}), "/en/": (301, {"Location": "/sr-latn/"})}
        with site(lambda path: answers.get(path, (200, {}))) as (url, _asked), pytest.raises(CommandError) as failure:
            warm(url)
    assert other_asked == []
    assert "/: answered 302\n" in failure.value.reported
    assert "/en/: answered 301\n" in failure.value.reported


def test_a_server_that_never_answers_is_given_up(db):
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(CommandError) as failure:
        warm(f"http://127.0.0.1:{deaf.getsockname()[1]}", timeout=0.01, workers=8)
    assert "timed out" in failure.value.reported


def test_a_server_that_is_not_there_is_told(db):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(CommandError) as failure:
        warm(f"http://127.0.0.1:{port}")
    assert "refused" in failure.value.reported
    assert "more" in failure.value.reported  # not every address is told, where all fail


def test_a_server_that_closes_each_connection_is_asked_on(db):
    with site(lambda path: (200, {"Connection": "close"})) as (url, asked):
        warm(url, workers=1)
    assert len(asked) == 2 * len(public_addresses())


@pytest.mark.parametrize(
    "url",
    [
        "gradovi.ni.rs",
        "ftp://gradovi.ni.rs",
        "https://",
        "https://a/b",
        "https://a?b",
        "https://u@a",
        "http://a:x",
        "http://[a",
    ],
)
def test_what_is_no_address_of_a_site_is_refused(db, url):
    with pytest.raises(CommandError, match="is not a scheme and a host"):
        warm(url)


@pytest.mark.parametrize("options", [{"workers": 0}, {"timeout": 0}])
def test_impossible_numbers_are_refused(db, options):
    with pytest.raises(CommandError):
        warm("http://127.0.0.1:1", **options)


def test_nothing_is_reported_where_nobody_wants_it(db):
    with site(lambda path: (200, {})) as (url, _asked):
        assert warm(url, verbosity=0)[1] == ""


@pytest.mark.django_db(transaction=True)
def test_the_real_site_answers_all(live_server):
    call_command("loaddata", "nis", verbosity=0)
    out, _err = warm(live_server.url)
    assert out == f"All {len(public_addresses())} addresses answered.\n"
