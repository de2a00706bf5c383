"""What one request, and all together, may take before Django is entered."""

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from django.http import FileResponse, HttpResponse
from django.test import RequestFactory

from citynetworks import error_pages, request_limits, server
from citynetworks.request_limits import LARGEST_BODY, Queue, Refused, RequestLimits, close_connections
from tests.stored import Answer, ask, environ_of


class Whole(HttpResponse):
    """A response whose end is no end of a request of Django's, which would look for a database."""

    def close(self):
        pass


def echo(environ, start_response):
    response = Whole(environ["wsgi.input"].read() or b"nothing")
    start_response("200 OK", list(response.items()))
    return response


def post(application, body=b"", path="/admin/login/", **environ):
    """Post what a server would hand over: `body` is what arrives, whatever CONTENT_LENGTH says."""
    sent = environ_of(path, "POST") | {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))} | environ
    begun = []
    response = application(sent, lambda status, headers, exc_info=None: begun.append((status, headers)))
    ((status, headers),) = begun
    return Answer(int(status.partition(" ")[0]), {name.lower(): value for name, value in headers}, b"".join(response))


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({}, 200),
        ({"CONTENT_LENGTH": ""}, 200),
        ({"CONTENT_LENGTH": "5"}, 400),  # and only four came
        ({"CONTENT_LENGTH": "-1"}, 400),
        ({"CONTENT_LENGTH": "1, 2"}, 400),
        ({"CONTENT_LENGTH": "٣"}, 400),
        ({"CONTENT_LENGTH": "9" * 5000}, 413),
        ({"CONTENT_LENGTH": str(LARGEST_BODY + 1)}, 413),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, 411),
        ({"path": "/" + "a" * request_limits.LONGEST_PATH}, 414),
        ({"path": "/", "QUERY_STRING": "a" * (request_limits.LONGEST_QUERY + 1)}, 414),
    ],
)
def test_what_is_let_through_to_django(environ, status):
    answer = post(RequestLimits(echo), b"a=bc", **environ)
    assert answer.status == status
    if status != 200:  # it never came to the middleware that hardens responses
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_body_comes_to_django_whole():
    class InPieces(BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 3))

    body = b"name=value&" * 1000
    assert post(RequestLimits(echo), body, **{"wsgi.input": InPieces(body)}).body == body


def test_only_what_was_announced_is_read():
    assert post(RequestLimits(echo), b"a=b&more", CONTENT_LENGTH="3").body == b"a=b"


@pytest.mark.parametrize(
    ("view", "status", "title"),
    [
        (error_pages.too_large, 413, "The file is too large"),
        (error_pages.length_required, 411, "The request was not understood"),
        (error_pages.uri_too_long, 414, "The address is too long"),
        (error_pages.too_busy, 503, "The site is very busy"),
        (error_pages.bad_request, 400, "The request was not understood"),
    ],
)
@pytest.mark.parametrize(("prefix", "tag"), [("", "sr-Cyrl"), ("/sr-latn", "sr-Latn"), ("/en", "en")])
def test_refusal_says_why_in_the_language_of_the_address(prefix, tag, view, status, title):
    response = view(RequestFactory().get(f"{prefix}/admin/"))
    assert response.status_code == status
    assert f'<html lang="{tag}">' in response.content.decode()
    assert (f"<h1>{title}</h1>" in response.content.decode()) == (tag == "en")


def test_busy_site_says_when_to_come_again():
    response = error_pages.too_busy(RequestFactory().get("/"))
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"


def test_request_waits_for_its_turn_and_is_refused_where_that_takes_too_long():
    queue = Queue("test", work=1, wait=1, patience=0.05)
    may_end, works = threading.Event(), threading.Event()

    def work():
        works.set()
        may_end.wait(10)
        return "done"

    with ThreadPoolExecutor(2) as clients:
        first = clients.submit(queue.call, work)
        assert works.wait(10)
        with pytest.raises(Refused):  # after it has waited
            queue.call(lambda: "never")
        queue.patience = 10
        second = clients.submit(queue.call, lambda: "second")
        while queue.inside < 2:
            pass
        with pytest.raises(Refused):  # at once, for the queue is full
            queue.call(lambda: "never")
        may_end.set()
        assert (first.result(10), second.result(10)) == ("done", "second")
    assert queue.call(lambda: "again") == "again"
    assert queue.inside == 0


def test_error_of_django_frees_its_place_in_the_queue():
    queue = Queue("test", work=1, wait=0, patience=1)
    for _time in range(3):
        with pytest.raises(ZeroDivisionError):
            queue.call(lambda: 1 / 0)
    assert queue.call(lambda: "again") == "again"


KINDS = {
    "/en/": "visitors",
    "/en/?q=a": "visitors",
    "/static/networks/site.css": "files",
    "/media/logo.png": "files",
    "/health/full/": "health",
}


@pytest.mark.parametrize(("path", "name"), KINDS.items())
def test_kinds_of_requests_do_not_wait_for_each_other(path, name):
    limits = RequestLimits(echo)
    cookie = {"HTTP_COOKIE": "sessionid=x"}
    assert limits.queue(environ_of(path), is_form=False) is getattr(limits, name)
    assert limits.queue(environ_of("/admin/login/"), is_form=True) is limits.visitors_forms
    assert limits.queue(environ_of("/admin/", **cookie), is_form=False) is limits.staff
    assert limits.queue(environ_of("/admin/", **cookie), is_form=True) is limits.staff_forms


def test_balancers_are_answered_while_every_queue_is_full():
    limits = RequestLimits(echo)
    for queue in queues(limits):
        queue.inside = queue.size
    assert {ask(limits, f"/health/{kind}/").status for kind in ("live", "serving", "ready")} == {200}
    assert {ask(limits, path).status for path in [*KINDS, "/admin/"]} == {503}


def queues(limits):
    return [each for each in vars(limits).values() if isinstance(each, Queue)]


def test_server_has_a_thread_left_when_all_of_them_wait():
    limits = RequestLimits(echo)
    places = [limits.small_bodies, limits.large_bodies, limits.large_responses]
    assert sum(queue.size for queue in queues(limits)) + sum(each.total for each in places) < server.THREADS


def test_one_client_does_not_take_all_places():
    limits = RequestLimits(echo)
    for _number in range(limits.small_bodies.each):
        limits.small_bodies.take("198.51.100.1")
    assert post(limits, b"a=b", REMOTE_ADDR="198.51.100.1").status == 503
    assert post(limits, b"a=b", REMOTE_ADDR="198.51.100.2").status == 200
    assert post(limits, REMOTE_ADDR="198.51.100.1").status == 200  # without a body
    limits.small_bodies.leave("198.51.100.1")
    assert post(limits, b"a=b", REMOTE_ADDR="198.51.100.1").status == 200


def test_body_that_breaks_off_gives_its_place_back():
    class Broken(BytesIO):
        def read(self, size=-1):
            raise OSError("The connection has ended")

    limits = RequestLimits(echo)
    assert post(limits, b"a=b", **{"wsgi.input": Broken()}).status == 400
    assert not limits.small_bodies.taken


@pytest.mark.parametrize(("size", "is_whole"), [(10, True), (request_limits.LARGEST_WHOLE_RESPONSE + 1, False)])
def test_large_file_is_sent_in_parts_and_counted_until_its_end(size, is_whole):
    class File(FileResponse):
        def close(self):
            self.is_closed = True

    made = []

    def application(environ, start_response):
        made.append(File(BytesIO(b"a" * size)))
        start_response("200 OK", list(made[0].items()))
        return made[0]

    limits = RequestLimits(application)
    response = limits(environ_of("/static/a.js"), lambda status, headers, exc_info=None: None)
    assert isinstance(response, list) == is_whole
    assert limits.large_responses.taken.total() == (0 if is_whole else 1)
    assert b"".join(response) == b"a" * size
    if not is_whole:
        response.close()
    assert made[0].is_closed
    assert not limits.large_responses.taken


def test_connections_of_one_client_are_closed_and_no_others(settings):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        pairs = []
        for source in ("127.0.0.2", "127.0.0.3"):
            client = socket.create_connection(listening.getsockname(), source_address=(source, 0), timeout=10)
            pairs.append((client, listening.accept()[0]))
        settings.BEHIND_PROXY = True
        close_connections({"REMOTE_ADDR": "127.0.0.2"})
        settings.BEHIND_PROXY = False
        pairs[0][1].sendall(b"still there")
        assert pairs[0][0].recv(100) == b"still there"
        open_files = os.listdir("/proc/self/fd")
        close_connections({"REMOTE_ADDR": "127.0.0.2"})
        assert os.listdir("/proc/self/fd") == open_files  # and those of files and pipes are not kept open
        assert pairs[0][0].recv(1) == b""
        pairs[1][1].sendall(b"still there")
        assert pairs[1][0].recv(100) == b"still there"
        for pair in pairs:
            for connection in pair:
                connection.close()
