"""Asking other sites whether a page is there: what each answer means, and what no answer can make this machine do."""

import socket
import ssl
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.links import fetching
from networks.links.fetching import (
    MAX_BYTES,
    MAX_REDIRECTS,
    Answer,
    LimitedSocket,
    error_outcome,
    fetch,
    is_public,
    redirect_url,
)
from networks.models import Link

Outcome = Link.Outcome
LOOPBACK = "127.0.0.1"
CERTIFICATES = Path(__file__).parent / "certificates"


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "195.178.32.1",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
        "2a02:26f0::1",
        "64:ff9b::5db8:d70e",  # NAT64 of a public address
        "2002:5db8:d70e::1",  # 6to4 of a public address
        "::ffff:93.184.215.14",
    ],
)
def test_address_on_the_public_internet_is_allowed(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",  # noqa: S104
        "10.0.0.1",
        "172.16.5.4",
        "192.168.1.1",
        "169.254.169.254",  # what clouds tell a machine about itself
        "100.64.0.1",
        "100.100.100.200",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2002:c0a8:101::1",
        "2001:0:53aa:64c:0:ffff:f5ff:fffe",  # Teredo
        "2001:db8::1",
        "fe80::1",
        "fe80::1%2",
        "fc00::1",
        "fd12:3456::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ],
)
def test_address_of_this_machine_or_its_network_is_refused(address):
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_address_written_as_ipv6_is_as_public_as_it_is(address):
    low = int(address)
    written = [f"::ffff:{address}", f"64:ff9b::{low >> 16:x}:{low & 0xFFFF:x}"]
    written.append(f"2002:{low >> 16:x}:{low & 0xFFFF:x}::1")
    assert {is_public(each) for each in written} == {is_public(str(address))}


# A server that answers as it likes


def serving(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / certificate)
    return context


@contextmanager
def server(answer, tls=None, sni=None):
    """Listen at the loopback address. `answer` gets the socket and the request as text, for each connection."""
    listener = socket.create_server((LOOPBACK, 0))
    asked = []
    is_open = True

    def work(connection):
        try:
            with connection:
                if tls:
                    context = serving(tls)
                    # A server with several sites chooses the certificate by the name that it is asked for.
                    context.sni_callback = lambda sock, name, _context: (
                        sni and setattr(sock, "context", serving(sni.get(name, tls)))
                    )
                    connection = context.wrap_socket(connection, server_side=True)
                connection.settimeout(5)
                request = b""
                is_secure = False  # as a server without TLS sees a client that begins with it
                while b"\r\n\r\n" not in request and not is_secure and (received := connection.recv(4096)):
                    request += received
                    is_secure = request.startswith(b"\x16")
                asked.append(request.decode("latin-1"))
                answer(connection, asked[-1])
                connection.close()
        except OSError:
            pass  # the client has had enough

    def accept():
        while is_open:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=work, args=[connection], daemon=True)
            workers.append(thread)
            thread.start()

    workers = [threading.Thread(target=accept, daemon=True)]
    workers[0].start()
    try:
        yield listener.getsockname()[1], asked
    finally:
        is_open = False
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for each in workers:
            each.join(5)


def saying(status, *headers, body=b""):
    """Return an answer that is always the same."""
    lines = [f"HTTP/1.1 {status} Whatever", *headers, "", ""]
    return lambda connection, request: connection.sendall("\r\n".join(lines).encode("latin-1") + body)


def by_path(answers):
    """Return an answer by the method and path of the request, or else by its path."""

    def answer(connection, request):
        method, path, *_rest = request.split(" ", 2)
        answers.get(f"{method} {path}", answers.get(path, saying(404)))(connection, request)

    return answer


def ask(port, path="/", *, host=LOOPBACK, scheme="http", **options):
    options = {"is_allowed": lambda address: address == LOOPBACK, "ports": [port], **options}
    return fetch(f"{scheme}://{host}:{port}{path}", user_agent="Test (+https://gradovi.example/)", **options)


@pytest.fixture
def names(monkeypatch):
    """Let host names resolve to given addresses: {name: [address]}."""
    found = {"one.example": [LOOPBACK], "two.example": [LOOPBACK]}
    asked = []

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        if host not in found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        addresses = found[host].pop(0) if found[host] and isinstance(found[host][0], list) else found[host]
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    found["asked"] = asked
    return found


# What an answer means


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.OK),
        (204, Outcome.OK),
        (401, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (429, Outcome.REFUSED),
        (451, Outcome.REFUSED),
        (999, Outcome.REFUSED),
        (404, Outcome.GONE),
        (410, Outcome.GONE),
        (400, Outcome.CLIENT_ERROR),
        (500, Outcome.SERVER_ERROR),
        (503, Outcome.SERVER_ERROR),
        (304, Outcome.NO_ANSWER),
    ],
)
def test_status_says_what_became_of_a_page(status, outcome):
    with server(saying(status)) as (port, _asked):
        assert ask(port) == Answer(outcome, status)


@pytest.mark.parametrize("refusal", [400, 403, 404, 405, 500, 501])
def test_where_head_is_refused_the_page_is_asked_for(refusal):
    with server(by_path({"HEAD /": saying(refusal), "GET /": saying(200)})) as (port, asked):
        assert ask(port) == Answer(Outcome.OK, 200)
    assert [each.split(" ")[0] for each in asked] == ["HEAD", "GET"]


def test_where_head_is_hung_up_on_the_page_is_asked_for():
    with server(by_path({"HEAD /": lambda connection, request: None, "GET /": saying(200)})) as (port, _asked):
        assert ask(port) == Answer(Outcome.OK, 200)


def test_who_asks_too_often_asks_no_second_time():
    with server(saying(429)) as (port, asked):
        assert ask(port).outcome == Outcome.REFUSED
    assert len(asked) == 1


def test_request_says_whose_it_is_and_for_which_site(names):
    with server(saying(200)) as (port, asked):
        ask(port, "/чланови/a b?q=ć#fragment", host="one.example")
    (request,) = asked
    assert request.startswith("HEAD /%D1%87%D0%BB%D0%B0%D0%BD%D0%BE%D0%B2%D0%B8/a%20b?q=%C4%87 HTTP/1.1\r\n")
    assert f"Host: one.example:{port}\r\n" in request
    assert "User-Agent: Test (+https://gradovi.example/)\r\n" in request


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (301, 301, "/c"),
        (308, 301, "/c"),
        (301, 302, "/b"),
        (302, 301, ""),
        (303, 307, ""),
    ],
)
def test_page_has_moved_to_where_permanent_redirects_lead(first, second, expected):
    pages = {"/a": saying(first, "Location: /b"), "/b": saying(second, "Location: c"), "/c": saying(200)}
    with server(by_path(pages)) as (port, _asked):
        moved_to = f"http://{LOOPBACK}:{port}{expected}" if expected else ""
        assert ask(port, "/a") == Answer(Outcome.MOVED if expected else Outcome.OK, 200, moved_to)


@pytest.mark.parametrize(("status", "outcome"), [(404, Outcome.GONE), (403, Outcome.REFUSED)])
def test_page_that_redirects_to_one_that_is_not_there_has_not_moved(status, outcome):
    with server(by_path({"/a": saying(301, "Location: /b"), "/b": saying(status)})) as (port, _asked):
        assert ask(port, "/a") == Answer(outcome, status)


@pytest.mark.parametrize(
    ("url", "location", "expected"),
    [
        ("https://a.example/x#part", "/y", "https://a.example/y#part"),
        ("https://a.example/x#part", "/y#other", "https://a.example/y#other"),
        ("https://a.example/x", "https://b.example/y", "https://b.example/y"),
        ("https://a.example/x", "//b.example/y", "https://b.example/y"),
        ("https://a.example/x/", "../y", "https://a.example/y"),
        ("https://a.example/x", "/чланови".encode().decode("latin-1"), "https://a.example/чланови"),
    ],
)
def test_target_of_a_redirect_is_what_browsers_make_of_it(url, location, expected):
    assert redirect_url(url, location) == expected


@pytest.mark.parametrize("location", ["", " ", "http://[::1", f"/{'a' * 5000}"])
def test_redirect_to_nothing_is_no_answer(location):
    with server(saying(301, f"Location: {location}")) as (port, _asked):
        assert ask(port).outcome == Outcome.NO_ANSWER


def test_redirects_in_a_circle_end():
    pages = {"/a": saying(301, "Location: /b"), "/b": saying(302, "Location: /a")}
    with server(by_path(pages)) as (port, asked):
        assert ask(port, "/a") == Answer(Outcome.LOOP, 302)
    assert len(asked) == MAX_REDIRECTS + 1


def test_as_many_redirects_as_are_followed_lead_to_the_page():
    pages = {f"/{number}": saying(302, f"Location: /{number + 1}") for number in range(MAX_REDIRECTS)}
    with server(by_path(pages | {f"/{MAX_REDIRECTS}": saying(200)})) as (port, _asked):
        assert ask(port, "/0") == Answer(Outcome.OK, 200)


# Servers that behave badly


def test_server_that_flaps_answers_each_time_as_it_is():
    statuses = iter([200, 500, 500, 200])
    with server(lambda connection, request: saying(next(statuses))(connection, request)) as (port, _asked):
        assert [ask(port).outcome for _time in range(3)] == [Outcome.OK, Outcome.SERVER_ERROR, Outcome.OK]


def hang(connection, request):
    time.sleep(1)


def drip(connection, request):
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def endless_header(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Header: " + b"y" * 1000 + b"\r\n")


def endless_line(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        connection.sendall(b"y" * 10_000)


def endless_interim(connection, request):
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


@pytest.mark.long
@pytest.mark.parametrize("answer", [hang, drip])
def test_answer_that_does_not_come_in_time_is_given_up(monkeypatch, answer):
    monkeypatch.setattr(fetching, "READ_TIMEOUT", 0.3)
    with server(answer) as (port, _asked):
        assert ask(port, timeout=0.8) == Answer(Outcome.TIMEOUT)


def test_no_read_waits_longer_than_all_of_them_may():
    timeouts = []
    sock = SimpleNamespace(settimeout=timeouts.append)
    LimitedSocket(sock, time.monotonic() + 1).set_timeout()
    LimitedSocket(sock, time.monotonic() + 1000).set_timeout()
    assert (0 < timeouts[0] <= 1, timeouts[1]) == (True, fetching.READ_TIMEOUT)
    with pytest.raises(TimeoutError):
        LimitedSocket(sock, time.monotonic()).set_timeout()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (endless_header, Outcome.NO_ANSWER),
        (endless_line, Outcome.NO_ANSWER),
        (endless_interim, Outcome.NO_ANSWER),
        (lambda connection, request: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), Outcome.NO_ANSWER),
        (lambda connection, request: connection.sendall(b"HTTP/1.1 many OK\r\n\r\n"), Outcome.NO_ANSWER),
        (lambda connection, request: None, Outcome.NO_CONNECTION),
    ],
)
def test_answer_that_never_ends_or_makes_no_sense_is_given_up(answer, outcome):
    with server(answer) as (port, _asked):
        assert ask(port) == Answer(outcome)


@pytest.mark.parametrize("length", ["0", "1", "999999999999", "-5", "many"])
def test_length_that_is_a_lie_makes_no_difference(length):
    pages = {"HEAD /": saying(405), "GET /": saying(200, f"Content-Length: {length}", body=b"x" * 1000)}
    with server(by_path(pages)) as (port, _asked):
        assert ask(port) == Answer(Outcome.OK, 200)


def test_body_is_not_read():
    sent = 0

    def flood(connection, request):
        nonlocal sent
        saying(200)(connection, request)
        while True:
            sent += connection.send(b"x" * 1000)

    with server(by_path({"HEAD /": saying(405), "GET /": flood})) as (port, _asked):
        assert ask(port) == Answer(Outcome.OK, 200)
    assert sent < 100 * MAX_BYTES  # what the buffers of the system take


def test_port_at_which_nobody_listens_is_no_connection():
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
    assert ask(port) == Answer(Outcome.NO_CONNECTION)


# What a link cannot make this machine do


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://user:password@127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_address_of_a_private_network_is_not_asked(url, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *args: pytest.fail("a connection was made"))
    assert fetch(url, user_agent="Test").outcome in (Outcome.PRIVATE, Outcome.NO_HOST)


def test_redirect_into_the_private_network_is_not_followed(names, monkeypatch):
    names["one.example"], names["two.example"] = ["93.184.215.14"], [LOOPBACK]
    connect, addresses = socket.socket.connect, []
    with server(by_path({"/secret": saying(200)})) as (inside, asked_inside):
        outside = server(saying(302, f"Location: http://two.example:{inside}/secret"))
        with outside as (port, _asked), monkeypatch.context() as patch:

            def connect_to_test_server(sock, address):
                addresses.append(address[0])
                connect(sock, (LOOPBACK, port))

            patch.setattr(socket.socket, "connect", connect_to_test_server)
            answer = fetch(f"http://one.example:{port}/", user_agent="Test", ports=[port, inside])
    assert (answer, addresses, asked_inside) == (Answer(Outcome.PRIVATE), ["93.184.215.14"], [])


@pytest.mark.parametrize("addresses", [["93.184.215.14", LOOPBACK], [LOOPBACK, "93.184.215.14"], ["::1"], []])
def test_name_with_one_private_address_is_not_asked(names, monkeypatch, addresses):
    names["one.example"] = addresses
    monkeypatch.setattr(socket.socket, "connect", lambda *args: pytest.fail("a connection was made"))
    assert fetch("http://one.example/", user_agent="Test") == Answer(Outcome.PRIVATE)


def test_name_that_resolves_otherwise_the_second_time_gains_nothing(names):
    """The connections for HEAD and for GET go to the address that was checked."""
    names["one.example"] = [[LOOPBACK], ["10.0.0.1"]]
    with server(by_path({"HEAD /": saying(405), "GET /": saying(200)})) as (port, asked):
        assert ask(port, host="one.example") == Answer(Outcome.OK, 200)
    assert (names["asked"], len(asked)) == (["one.example"], 2)


def test_name_is_resolved_and_checked_again_for_a_redirect_to_itself(names):
    names["one.example"] = [[LOOPBACK], ["10.0.0.1"]]
    with server(by_path({"/": saying(302, "Location: /again"), "/again": saying(200)})) as (port, asked):
        assert ask(port, host="one.example") == Answer(Outcome.PRIVATE)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("http://one.example:22/", Outcome.PORT),
        ("http://one.example:8080/", Outcome.PORT),
        ("http://one.example:99999/", Outcome.INVALID),
        ("http:///path", Outcome.INVALID),
        ("http://[::1/", Outcome.INVALID),
        ("http://one.example\\@two.example/", Outcome.INVALID),
        (f"http://{'a' * 70}.example/", Outcome.INVALID),
        ("ftp://one.example/", Outcome.INVALID),
        ("file:///etc/passwd", Outcome.INVALID),
        ("http://missing.example/", Outcome.NO_HOST),
    ],
)
def test_url_that_leads_to_no_web_server_is_not_asked(names, monkeypatch, url, outcome):
    monkeypatch.setattr(socket.socket, "connect", lambda *args: pytest.fail("a connection was made"))
    assert fetch(url, user_agent="Test") == Answer(outcome)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://one.example/", "javascript:alert(1)"])
def test_redirect_to_another_scheme_is_not_followed(location):
    with server(saying(302, f"Location: {location}")) as (port, _asked):
        assert ask(port).outcome == Outcome.INVALID


def test_name_server_that_hangs_is_not_waited_for(monkeypatch):
    is_over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: is_over.wait(5) and [])
    try:
        assert fetch("http://one.example/", user_agent="Test", timeout=0.2) == Answer(Outcome.TIMEOUT)
    finally:
        is_over.set()


# Certificates


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (10, Outcome.EXPIRED),
        (18, Outcome.WRONG_CERTIFICATE),
        (19, Outcome.WRONG_CERTIFICATE),
        (20, Outcome.UNKNOWN_ISSUER),
        (21, Outcome.UNKNOWN_ISSUER),
        (62, Outcome.WRONG_CERTIFICATE),
    ],
)
def test_certificate_whose_issuer_was_not_sent_is_not_wrong(code, outcome):
    error = ssl.SSLCertVerificationError()
    error.verify_code = code
    assert error_outcome(error) == outcome


def trusting(name):
    return ssl.create_default_context(cafile=CERTIFICATES / name)


@pytest.mark.parametrize(
    ("certificate", "context", "expected"),
    [
        ("right.pem", "right.pem", Answer(Outcome.OK, 200)),
        ("expired.pem", "expired.pem", Answer(Outcome.EXPIRED)),
        ("other.pem", "other.pem", Answer(Outcome.WRONG_CERTIFICATE)),
        ("right.pem", None, Answer(Outcome.WRONG_CERTIFICATE)),
        (None, None, Answer(Outcome.NO_CONNECTION)),
    ],
)
def test_certificate_is_checked_for_the_name_of_the_site(names, certificate, context, expected):
    with server(saying(200), tls=certificate) as (port, _asked):
        context = trusting(context) if context else None
        assert ask(port, host="one.example", scheme="https", ssl_context=context) == expected


def test_server_with_several_sites_is_told_which_one_is_meant(names):
    with server(saying(200), tls="other.pem", sni={"one.example": "right.pem"}) as (port, asked):
        answer = ask(port, host="one.example", scheme="https", ssl_context=trusting("right.pem"))
    assert (answer, len(asked)) == (Answer(Outcome.OK, 200), 1)
