"""The page store: what it keeps, for whom, how long, and what it does without the database."""

import json
import random
import threading
import time
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import lxml.etree
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from networks.models import CityProfile, ConfirmationLink, Network, OldAddress, Page, PreviewLink, Theme
from networks.page_store import cached_page, layer
from networks.page_store import watch as watch_module
from networks.page_store.cached_page import preferred_encoding
from networks.page_store.layer import PageStore
from networks.page_store.watch import Watch, in_one_thread
from networks.revisions import drafts, previews, publishing, schedules, storage, unit_answers
from tests.makers import make_network, make_page, make_profile, make_theme
from tests.pages import CYRILLIC, PREFIXES
from tests.production import PRODUCTION, run
from tests.stored import Answer, Counted, ask, eager_watch, site_store

pytestmark = pytest.mark.usefixtures("connection_of_the_test")


# The layer alone, around an application that needs no database


def fixed_watch(version=1):
    return eager_watch(poll_database=lambda: (version, None))


def moving_watch():
    """A watch whose version is `watch.now`; an exception there is raised."""
    watch = eager_watch(poll_database=lambda: poll())
    watch.now = 1

    def poll():
        if isinstance(watch.now, Exception):
            raise watch.now
        return watch.now, None

    return watch


class Response(HttpResponse):
    """An answer whose end is no end of a request of Django's, which would look for a database."""

    def close(self):
        self.closed = True


def page_of(words=b"Words " * 100, status=200, stored_query="", content_type="text/html; charset=utf-8", **headers):
    response = Response(words, status=status, content_type=content_type)
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    if stored_query is not None:
        response.stored_query = stored_query
    return response


def store_of(make, limit=10_000_000, watch=None):
    """A store around an application that answers with what `make(environ)` returns."""

    def application(environ, start_response):
        response = make(environ)
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items()])
        return response

    return PageStore(Counted(application), limit, watch or fixed_watch())


def entered(store, path="/", times=2, **options):
    """Ask several times; return how often the application was entered."""
    before = store.application.count
    for _ in range(times):
        ask(store, path, **options)
    return store.application.count - before


def test_range_of_a_page_is_the_whole_page_that_is_held():
    """A server may ignore Range (RFC 9110, 14.2); so it is no way past the store."""
    store = store_of(lambda environ: page_of())
    assert entered(store, headers={"range": "bytes=0-1"}) == 1
    assert ask(store, "/", headers={"range": "bytes=0-1"}).status == 200


def test_page_is_rendered_without_the_body_that_comes_with_a_request():
    """Others wait for the rendering, and would wait for a body that never comes."""

    class Never:
        def read(self, size=-1):
            raise AssertionError("Nobody reads this")

    seen = []
    store = store_of(lambda environ: seen.append(environ) or page_of(environ["wsgi.input"].read() + b"page"))
    options = {"CONTENT_LENGTH": "5", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": Never()}
    assert ask(store, "/", **options).body == b"page"
    assert (seen[0]["CONTENT_LENGTH"], "HTTP_TRANSFER_ENCODING" in seen[0]) == ("", False)


def test_page_is_rendered_once_for_one_version():
    watch = moving_watch()
    store = store_of(lambda environ: page_of(b"Version %d" % watch.now), watch=watch)
    assert [ask(store, "/").body for _ in range(3)] == [b"Version 1"] * 3
    assert store.application.count == 1
    watch.now = 2
    assert [ask(store, "/").body for _ in range(3)] == [b"Version 2"] * 3
    assert store.application.count == 2


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"cookie": "sessionid=x"}},
        {"HTTP_COOKIE": "other=1; sessionid = x"},
        {"HTTP_COOKIE": 'other="1"; sessionid="x"'},
        {"headers": {"authorization": "Basic x"}},
        {"method": "POST"},
        {"method": "OPTIONS"},
        {"method": "get"},
        {"HTTP_HOST": ""},
        {"path": "/" + "x" * layer.LONGEST_KEY},
        {"path": "/static/x.css"},
        {"path": "/media/x.png"},
        {"path": "/health/live/"},
    ],
)
def test_request_that_passes_through(options):
    store = store_of(lambda environ: page_of())
    assert entered(store, **options) == 2
    assert not store.pages
    # Nor is it answered with what is kept for others.
    ask(store, "/")
    assert entered(store, **options) == 2


@pytest.mark.parametrize(
    "response",
    [
        {"stored_query": None},
        {"status": 404},
        {"status": 400},
        {"status": 301},
        {"status": 206},
        {"status": 500},
        {"Set_Cookie": "a=b"},
        {"Cache_Control": "private, no-store"},
        {"Cache_Control": "max-age=0, No-Store"},
        {"Cache_Control": "private"},
        {"Vary": "Cookie"},
        {"Vary": "Accept-Encoding, Accept-Language"},
        {"Vary": "*"},
        {"Content_Encoding": "gzip"},
        {"stored_query": "?page=2"},
    ],
)
def test_answer_that_is_not_kept(response):
    store = store_of(lambda environ: page_of(**response))
    assert entered(store) == 2
    assert not store.pages
    assert ask(store, "/").status == response.get("status", 200)


def test_answer_with_a_cookie_is_not_kept():
    def make(environ):
        response = page_of()
        response.stored_query = ""
        return response

    def application(environ, start_response):
        response = make(environ)
        start_response("200 OK", [*response.items(), ("Set-Cookie", response.cookies.output(header="") or "a=b")])
        return response

    store = PageStore(Counted(application), 10_000_000, fixed_watch())
    assert entered(store) == 2
    assert not store.pages


def test_stream_passes_through_in_pieces():
    def make(environ):
        response = StreamingHttpResponse([b"a", b"b"])
        response.stored_query, response.close = "", lambda: None
        return response

    store = store_of(make)
    assert ask(store, "/").body == b"ab"
    assert not store.pages


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"host": "a"}, {"host": "b"}),
        ({"host": "a"}, {"host": "a:80"}),
        ({"host": "a", "path": "/b"}, {"host": "a/b", "path": "/"}),
        ({"path": "/a"}, {"path": "/A"}),
        ({"path": "/a"}, {"path": "/a/"}),
        ({"SCRIPT_NAME": ""}, {"SCRIPT_NAME": "/a"}),
        ({"wsgi.url_scheme": "http"}, {"wsgi.url_scheme": "https"}),
        ({"path": "/a?b"}, {"path": "/a%3Fb"}),
    ],
)
def test_addresses_that_differ_are_kept_apart(one, other):
    def name(environ):
        parts = ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")
        return "|".join(environ[part] for part in parts).encode()

    store = store_of(lambda environ: page_of(name(environ), stored_query=environ["QUERY_STRING"]))
    first, second = (ask(store, **{"path": "/", **options}).body for options in (one, other))
    assert first != second
    assert [ask(store, **{"path": "/", **options}).body for options in (one, other)] == [first, second]
    assert store.application.count == 2


def test_scheme_is_what_a_trusted_proxy_says(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    store = store_of(lambda environ: page_of(environ.get("HTTP_X_FORWARDED_PROTO", "none").encode()))
    for sent in ("https", "https, http", "http", "https2"):
        assert ask(store, "/", headers={"x-forwarded-proto": sent}).status == 200
    assert len(store.pages) == 2
    assert ask(store, "/", headers={"x-forwarded-proto": "https , x"}).body == b"https"


# Encodings, ETags and HEAD


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0", "identity"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.5, gzip;q=1.0", "gzip"),
        ("br;q=0.5,gzip;q=0.5", "br"),
        ("br; q=0.000, gzip;Q=0", "identity"),
        ("*", "br"),
        ("*;q=0", "identity"),
        ("*;q=0, gzip", "gzip"),
        ("br;q=0, *", "gzip"),
        ("identity", "identity"),
        ("identity;q=1, gzip;q=0.5", "identity"),
        ("identity;q=0", "identity"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("deflate, zstd, x-gzip", "identity"),
        ("gzip;q=nonsense", "identity"),
        ("gzip;q=", "identity"),
        (";;;,,,", "identity"),
        ("br" * 1000, "identity"),
        ("gzip;q=nan", "identity"),
    ],
)
def test_encoding_is_what_the_client_likes_best(accepted, encoding):
    assert preferred_encoding(accepted) == encoding
    store = store_of(lambda environ: page_of())
    for _ in range(2):
        answer = ask(store, "/", headers={"accept-encoding": accepted} if accepted else {})
        assert answer.content == b"Words " * 100
        assert answer.get("Content-Encoding", "identity") == encoding
        assert int(answer["Content-Length"]) == len(answer.body)
        assert answer["Vary"] == "Accept-Encoding"
    assert store.application.count == 1


@pytest.mark.parametrize(("content_type", "words"), [("image/png", b"x" * 500), ("text/plain", b"short")])
def test_what_compression_does_not_make_smaller_stays_as_it_is(content_type, words):
    store = store_of(lambda environ: page_of(words, content_type=content_type))
    answer = ask(store, "/", headers={"accept-encoding": "br, gzip"})
    assert (answer.body, answer.get("Content-Encoding")) == (words, None)
    assert answer.get("Vary") == ("Accept-Encoding" if content_type == "text/plain" else None)


def test_each_encoding_has_a_strong_etag_of_its_own_that_follows_from_the_bytes():
    etags = set()
    for accepted in ("", "gzip", "br"):
        answers = [
            ask(store_of(lambda environ: page_of()), "/", headers={"accept-encoding": accepted}) for _ in range(2)
        ]
        assert answers[0]["ETag"] == answers[1]["ETag"]
        assert answers[0].body == answers[1].body
        etags.add(answers[0]["ETag"])
    assert len(etags) == 3
    assert all(each.startswith('"') and each.endswith('"') for each in etags)
    assert ask(store_of(lambda environ: page_of(b"Other words")), "/")["ETag"] not in etags


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("accepted", ["", "gzip", "br"])
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("{etag}", 304),
        ("W/{etag}", 304),
        ('"other", {etag}', 304),
        ('"other",W/{etag} , "third"', 304),
        ("*", 304),
        (" * ", 304),
        ('"other"', 200),
        ("", 200),
        ("{bare}", 200),
        ("w/{etag}", 200),
        ('"{etag}"', 200),
        ('"*"', 200),
        ("*, {etag}x", 200),
    ],
)
def test_whoever_has_the_page_is_told_so(method, accepted, sent, status):
    store = store_of(lambda environ: page_of(Access_Control_Allow_Origin="*", Last_Modified="yesterday", X_Other="1"))
    headers = {"accept-encoding": accepted}
    whole = ask(store, "/", headers=headers)
    known = sent.format(etag=whole["ETag"], bare=whole["ETag"].strip('"'))
    answer = ask(store, "/", method, headers={**headers, "if-none-match": known})
    assert answer.status == status
    assert answer["ETag"] == whole["ETag"]
    if status == 304:
        assert answer.body == b""
        kept = {"etag", "cache-control", "vary", "last-modified", "access-control-allow-origin"}
        assert answer.headers == {name: whole[name] for name in kept}
    else:
        assert (answer.headers, answer.body) == (whole.headers, whole.body if method == "GET" else b"")
    assert store.application.count == 1


def test_etag_of_one_encoding_is_no_answer_for_another():
    store = store_of(lambda environ: page_of())
    gzipped = ask(store, "/", headers={"accept-encoding": "gzip"})
    headers = {"accept-encoding": "br", "if-none-match": gzipped["ETag"]}
    assert ask(store, "/", headers=headers).status == 200


def test_head_before_any_get_keeps_the_page_for_both():
    store = store_of(lambda environ: page_of())
    head, whole = ask(store, "/", "HEAD"), ask(store, "/")
    assert (head.headers, head.body, whole.body) == (whole.headers, b"", b"Words " * 100)
    assert store.application.count == 1


def test_server_may_change_the_headers_it_is_given():
    store = store_of(lambda environ: page_of())
    first = ask(store, "/").headers
    store(
        {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "testserver", "wsgi.url_scheme": "http"},
        lambda status, headers: headers.clear(),
    )
    assert ask(store, "/").headers == first


def test_page_says_how_long_it_may_be_kept_unless_the_view_does():
    assert ask(store_of(lambda environ: page_of()), "/")["Cache-Control"] == cached_page.CACHE_CONTROL
    own = "public, max-age=600"
    assert ask(store_of(lambda environ: page_of(Cache_Control=own)), "/")["Cache-Control"] == own


# Memory


def test_memory_is_bounded_and_the_page_that_was_longest_not_asked_for_goes_first():
    words = random.Random(1).randbytes(10_000)  # noqa: S311
    store = store_of(lambda environ: page_of(words, content_type="image/png"), limit=3 * 14_000)
    for path in ("/a", "/b", "/c"):
        ask(store, path)
    ask(store, "/a")
    ask(store, "/d")
    assert [key[-2] for key in store.pages] == ["/c", "/a", "/d"]
    assert store.size == sum(page.size for page in store.pages.values()) <= store.limit
    assert entered(store, "/a") == 0
    assert entered(store, "/b") == 1


def test_memory_counts_every_encoding_and_forgets_what_is_replaced():
    watch = moving_watch()
    store = store_of(lambda environ: page_of(b"Words " * watch.now * 100), watch=watch)
    for version in (1, 5, 2, 9):
        watch.now = version
        ask(store, "/", headers={"accept-encoding": "br"})
        (page,) = store.pages.values()
        assert store.size == page.size > sum(len(each.body) for each in page.variants.values()) > 600 * version


def test_page_that_is_too_large_for_the_memory_is_answered_all_the_same():
    store = store_of(lambda environ: page_of(), limit=100)
    assert [ask(store, "/").body for _ in range(2)] == [b"Words " * 100] * 2
    assert (store.size, len(store.pages)) == (0, 0)


# Many at once


def in_threads(count, act):
    results = [None] * count
    barrier = threading.Barrier(count)

    def work(number):
        barrier.wait()
        results[number] = act(number)

    threads = [threading.Thread(target=work, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    return results


def test_many_who_ask_at_once_wait_for_one_rendering():
    def make(environ):
        time.sleep(0.2)
        return page_of(environ["PATH_INFO"].encode())

    store = store_of(make)
    answers = in_threads(20, lambda number: ask(store, f"/{number % 2}"))
    assert [answer.body for answer in answers] == [b"/%d" % (number % 2) for number in range(20)]
    assert store.application.count == 2
    assert store.rendering == {}


def test_who_has_waited_too_long_renders_too():
    release = threading.Event()
    calls = []

    def make(environ):
        calls.append(1)
        if len(calls) == 1:
            release.wait(20)
        return page_of()

    store = store_of(make)
    store.LONGEST_WAIT = 0.05
    slow = threading.Thread(target=ask, args=[store, "/"])
    slow.start()
    while not calls:
        time.sleep(0.01)
    assert ask(store, "/").status == 200
    release.set()
    slow.join(20)
    assert (len(calls), store.rendering) == (2, {})


def test_rendering_that_fails_leaves_nobody_waiting():
    calls = []

    def make(environ):
        calls.append(1)
        time.sleep(0.1)
        if len(calls) == 1:
            raise RuntimeError
        return page_of()

    def act(number):
        try:
            return ask(store, "/").status
        except RuntimeError:
            return None

    store = store_of(make)
    began = time.monotonic()
    assert sorted(map(str, in_threads(4, act))) == ["200", "200", "200", "None"]
    assert time.monotonic() - began < 5
    assert store.rendering == {}


def test_rendering_that_ends_late_does_not_take_the_place_of_a_newer_page():
    watch, old_began, new_done = moving_watch(), threading.Event(), threading.Event()

    def make(environ):
        version = watch.now
        if version == 1:
            old_began.set()
            new_done.wait(20)
        return page_of(b"Version %d" % version)

    store = store_of(make, watch=watch)
    late = threading.Thread(target=ask, args=[store, "/"])
    late.start()
    assert old_began.wait(20)
    watch.now = 2
    assert ask(store, "/").body == b"Version 2", "nobody waits for a page of an older version"
    new_done.set()
    late.join(20)
    assert ask(store, "/").body == b"Version 2"
    assert store.application.count == 2


# The watch


class Time:
    """The clocks of the page store, which stand still until they are set."""

    START = datetime(2030, 5, 4, 12, tzinfo=UTC)

    def __init__(self):
        self.now = 1000.0
        self.wall = None  # a moment; else it goes on with `now`

    def monotonic(self):
        return self.now

    def time(self):
        return self.wall.timestamp() if self.wall else self.START.timestamp() + self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Time()
    for module in (layer, watch_module):
        monkeypatch.setattr(module, "time", clock)
    return clock


class Polls:
    def __init__(self, *results):
        self.results = list(results)
        self.count = 0

    def __call__(self):
        self.count += 1
        result = self.results[0] if len(self.results) == 1 else self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result


def test_watch_polls_again_before_a_second_has_passed_and_not_much_more_often(clock):
    poll = Polls((1, None))
    watch = Watch(poll)
    first = watch.current_state()
    for _ in range(1000):
        clock.now += 0.01
        assert watch.current_state() is first
    assert 10 <= poll.count <= 14
    assert watch.MAX_AGE <= 1


def test_watch_knows_another_version_and_the_same(clock):
    watch = Watch(Polls((1, None), (1, None), (2, None)))
    states = []
    for _ in range(3):
        states.append(watch.current_state())
        clock.now += 1
    assert states[0] is states[1] is not states[2]
    assert [state.version for state in states] == [1, 1, 2]


@pytest.mark.parametrize(
    ("before", "after", "is_other"),
    [
        ("2030-05-04T21:59:00Z", "2030-05-04T22:00:00Z", True),  # midnight in Niš
        ("2030-05-04T23:59:00Z", "2030-05-05T00:00:00Z", True),  # midnight of UTC
        ("2030-05-04T22:00:00Z", "2030-05-04T23:59:00Z", False),
        ("2030-05-04T01:00:00Z", "2030-05-04T21:59:00Z", False),
        ("2030-12-31T22:59:00Z", "2030-12-31T23:00:00Z", True),  # in winter
    ],
)
def test_day_that_begins_makes_another_state_at_once(clock, before, after, is_other):
    clock.wall = datetime.fromisoformat(before)
    watch = Watch(Polls((1, None)))
    first = watch.current_state()
    clock.wall = datetime.fromisoformat(after)
    assert (watch.current_state() is not first) == is_other


def test_plan_that_falls_due_is_polled_at_once(clock):
    due = Time.START + timedelta(minutes=1)
    poll = Polls((1, due), (2, None))
    watch = Watch(poll)
    watch.POLL_INTERVAL = 3600
    clock.wall = due - timedelta(milliseconds=1)
    assert watch.current_state().version == 1
    assert watch.current_state().version == 1
    clock.wall = due
    assert watch.current_state().version == 2
    assert poll.count == 2


def test_plan_that_is_overdue_and_stays_so_is_not_tried_all_the_time(clock):
    poll, tried = Polls((1, Time.START - timedelta(minutes=1))), []
    watch = Watch(poll, lambda: tried.append(1))
    for _ in range(10):
        assert watch.current_state().version == 1
    assert (poll.count, len(tried)) == (2, 1)
    clock.now += 1
    watch.current_state()
    assert len(tried) == 2


def test_who_carries_out_a_plan_sees_it_and_nobody_waits_for_that(clock):
    overdue = Time.START - timedelta(seconds=1)
    began, finish, results = threading.Event(), threading.Event(), []

    def apply_due_schedules():
        began.set()
        finish.wait(20)

    watch = Watch(lambda: (2, None) if finish.is_set() else (1, overdue), apply_due_schedules)
    first = threading.Thread(target=lambda: results.append(watch.current_state()))
    first.start()
    assert began.wait(20)
    for _ in range(5):
        assert watch.current_state().version == 1
        clock.now += 1
    finish.set()
    first.join(20)
    assert [state.version for state in results] == [2]
    assert watch.current_state().version == 2


def test_plan_that_waits_for_the_database_stops_nobody(clock):
    def fail():
        raise OperationalError("database is locked")

    watch = Watch(Polls((1, Time.START)), fail)
    assert watch.current_state().version == 1


def test_one_polls_while_others_go_on_and_wait_only_when_what_is_known_is_too_old():
    began, finish = threading.Event(), threading.Event()

    def poll():
        if began.is_set():
            return 3, None
        if first:
            began.set()
            finish.wait(20)
            return 2, None
        return 1, None

    first = []
    watch = Watch(poll)
    known = watch.current_state()
    first.append(known)
    watch.next_poll = 0
    slow = threading.Thread(target=watch.current_state)
    slow.start()
    assert began.wait(20)
    assert watch.current_state() is known, "it is younger than a second"
    watch.trusted_until = 0
    waiting = []
    waiter = threading.Thread(target=lambda: waiting.append(watch.current_state()))
    waiter.start()
    waiter.join(0.1)
    assert waiting == []
    finish.set()
    slow.join(20)
    waiter.join(20)
    assert waiting[0].version >= 2


def test_poll_that_hangs_is_waited_for_once():
    began, finish = threading.Event(), threading.Event()
    known = []

    def poll():
        if known:
            began.set()
            finish.wait(20)
        return 1, None

    watch = Watch(poll)
    known.append(watch.current_state())
    watch.POLL_TIMEOUT = 0.1
    watch.next_poll = watch.trusted_until = 0
    slow = threading.Thread(target=watch.current_state)
    slow.start()
    assert began.wait(20)
    assert watch.current_state() is None
    watch.POLL_TIMEOUT = 20
    before = time.monotonic()
    assert [watch.current_state() for _ in range(100)] == [None] * 100
    assert time.monotonic() - before < 1
    finish.set()
    slow.join(20)
    assert watch.current_state() is known[0]


def test_database_that_hangs_is_given_up_until_it_answers_and_its_late_answer_is_dropped():
    finish = threading.Event()
    answers = iter(["late", "new"])

    def poll():
        answer = next(answers)
        finish.wait(20)
        return answer

    call = in_one_thread(poll, patience=0.05)
    for _time in range(3):
        with pytest.raises(OperationalError):
            call()
    finish.set()
    found = []
    while not found:
        with suppress(OperationalError):
            found.append(call())
    assert found == ["new"]


def test_failed_poll_is_tried_again_once_a_second(clock):
    poll = Polls((1, None), *[OperationalError()] * 5, (1, None))
    watch = Watch(poll)
    good = watch.current_state()
    clock.now += 1
    counts = []
    for _ in range(5):
        for _ in range(100):
            assert watch.current_state() is None
        counts.append(poll.count)
        clock.now += 1.001
    assert counts == [2, 3, 4, 5, 6]
    assert watch.current_state() is good, "nothing has changed meanwhile, so the pages are good again"


# Without the database, the layer alone


def test_last_good_page_goes_on_marked_with_its_age(clock):
    poll = Polls((1, None), OperationalError())
    store = store_of(lambda environ: page_of(), watch=Watch(poll))
    fresh = ask(store, "/")
    assert fresh.get("Age") is None
    clock.now += 5
    for age in (5, 42):
        late = ask(store, "/")
        assert (late.status, late.body) == (200, fresh.body)
        assert late["Age"] == str(age)
        assert late["Cache-Status"] == f"page-store; hit; ttl=-{age}"
        known = ask(store, "/", headers={"if-none-match": fresh["ETag"]})
        assert (known.status, known["Age"]) == (304, str(age))
        clock.now += 37
    assert store.application.count == 1


def test_page_of_an_older_version_goes_on_where_it_cannot_be_rendered_anew():
    watch = moving_watch()
    store = store_of(lambda environ: page_of() if watch.now == 1 else page_of(status=503), watch=watch)
    ask(store, "/")
    watch.now = 2
    assert (ask(store, "/").status, "age" in ask(store, "/").headers) == (200, True)
    assert ask(store, "/other").status == 503
    watch.now = OperationalError()
    assert ask(store, "/").status == 200


def test_page_that_is_gone_does_not_come_back_without_the_database():
    watch = moving_watch()
    store = store_of(lambda environ: page_of(status=200 if watch.now == 1 else 404), watch=watch)
    assert ask(store, "/").status == 200
    watch.now = 2
    assert ask(store, "/").status == 404
    assert (len(store.pages), store.size) == (0, 0)


def test_mistake_of_ours_is_not_hidden_behind_an_old_page():
    watch = moving_watch()
    store = store_of(lambda environ: page_of(status=200 if watch.now == 1 else 500), watch=watch)
    ask(store, "/")
    watch.now = 2
    assert ask(store, "/").status == 500


# Around the project

PUBLIC = ["", "/", "/timeline/", "/map/", "/changes/", "/open-data/", "/feed.atom", "/picture.png"]
ONCE = ["/networks.json", "/networks.csv", "/networks.csv-metadata.json", "/catalog.jsonld", "/catalog.ttl"]
ONCE += ["/networks.ttl", "/documents.csv", "/roles.csv", "/periods.csv", "/fees.csv", "/activities.csv"]
ONCE += ["/sitemap.xml", "/robots.txt", "/.well-known/security.txt"]
NOT_STORED = {"public:networks", "public:preview", "public:confirmation", "document", "live", "serving"}
NOT_STORED |= {"city_id", "site_id", "network_id", "ready", "full"}
MADE_BY_THE_STORE = {"etag", "vary", "cache-control", "content-length"}
NOT_KEPT = {"x-request-id"}  # of one request alone


def all_addresses():
    """Every public address of the site, those of rows from its own sitemap."""
    sitemap = lxml.etree.fromstring(Client().get("/sitemap.xml").content)
    places = [urlsplit(each.text).path for each in sitemap.iterfind(".//{*}loc")]
    rows = [each for each in places if "/networks/" in each or "/pages/" in each]
    pictures = [f"{each}picture.png" for each in rows[:1]]
    fixed = [f"{prefix}{path}" for prefix in PREFIXES.values() for path in PUBLIC[1:]]
    return [*fixed, *rows, *pictures, *ONCE, "/?scope=balkan", "/en/?q=mayors&sort=name", "/?theme=culture"]


@pytest.mark.exhaustive
def test_every_public_address_is_answered_twice_with_the_same_bytes_and_once_by_django(nis):
    CityProfile.objects.update(email="city@example.org")
    store, alone = site_store(), WSGIHandler()
    addresses = all_addresses()
    assert len(addresses) > 60
    for address in addresses:
        before = store.application.count
        first = ask(store, address, headers={"accept-encoding": "br"})
        assert (first.status, store.application.count) == (200, before + 1), address
        for method in ("GET", "HEAD"):
            again = ask(store, address, method, headers={"accept-encoding": "br"})
            assert (again.status, again.headers) == (200, first.headers), address
            assert again.body == (first.body if method == "GET" else b"")
        assert store.application.count == before + 1, address
        assert (first.get("Content-Encoding") == "br") == (first["Content-Type"] != "image/png"), address
        assert not {"set-cookie", *NOT_KEPT} & {*first.headers}
        # It is what Django says, and all that it says.
        django = ask(alone, address)
        assert first.content == django.content, address
        for name, value in django.headers.items():
            if name not in MADE_BY_THE_STORE | NOT_KEPT:
                assert first[name] == value, (address, name)
        assert ask(store, address, headers={"if-none-match": ask(store, address)["ETag"]}).status == 304


def test_every_address_of_the_citizens_is_marked_or_known_not_to_be():
    found = set()

    def walk(patterns, namespace=""):
        for each in patterns:
            if hasattr(each, "url_patterns"):
                if each.namespace not in ("admin", "live_preview"):
                    walk(each.url_patterns, f"{each.namespace}:" if each.namespace else namespace)
                continue
            layers = [each.callback]
            while hasattr(layers[-1], "__wrapped__"):
                layers.append(layers[-1].__wrapped__)
            if not any(each.__code__.co_filename.endswith("page_store/layer.py") for each in layers):
                found.add(f"{namespace}{each.name}")

    walk(get_resolver().url_patterns)
    assert found == NOT_STORED


@pytest.mark.long
@pytest.mark.parametrize(
    "path",
    [
        "/?page=1",
        "/?scope=",
        "/?x=1",
        "/?sort=name&scope=balkan",
        "/?q=",
        "/changes/?page=1",
        "/timeline/?page=1",
        "/en/?pismo=",
        "/?q=%d0%bd",
        "/?q=a%20b",
    ],
)
def test_query_that_is_not_canonical_is_answered_and_not_kept(nis, path):
    store = site_store()
    answers = [ask(store, path, headers={"accept-encoding": "gzip"}) for _ in range(2)]
    assert store.application.count == 2
    assert not store.pages
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0]["Content-Encoding"] == "gzip"
    assert ask(store, path, headers={"if-none-match": ask(store, path)["ETag"]}).status == 304


NO_QUERY = [
    "/robots.txt",
    "/sitemap.xml",
    "/networks.json",
    "/networks.csv",
    "/catalog.ttl",
    "/en/picture.png",
    "/feed.atom",
    "/sr-latn/networks/mayors-for-peace/",
    "/en/open-data/",
]


@pytest.mark.parametrize("path", NO_QUERY)
def test_view_that_reads_no_query_is_rendered_once_whatever_the_query_says(nis, path):
    store = site_store()
    answers = [ask(store, f"{path}{query}") for query in ("?1", "", "?1", "?2=3&4", "?page=2&q=x", "?%00")]
    assert store.application.count == 1
    assert {(answer.status, answer["ETag"], answer.body) for answer in answers} == {
        (200, answers[0]["ETag"], answers[0].body)
    }
    assert [key[-1] for key in store.pages] == [""]


def test_parameter_of_the_old_scripts_leads_on_from_a_page_that_is_held(nis):
    store = site_store()
    ask(store, "/open-data/")
    answer = ask(store, "/open-data/?a=b&pismo=lat")
    assert (answer.status, answer["Location"]) == (301, "/sr-latn/open-data/?a=b")


@pytest.mark.parametrize("path", ["/?page=0", "/?page=99", "/?scope=x", "/nowhere/", "/?on=nonsense", "/networks/x/"])
def test_error_is_not_kept(nis, path):
    store = site_store()
    for _ in range(2):
        answer = ask(store, path, headers={"accept-encoding": "gzip"})
        assert answer.status in (400, 404)
        assert answer["Content-Encoding"] == "gzip"
    assert (store.application.count, len(store.pages)) == (2, 0)


def test_nothing_of_the_desk_or_of_secret_links_is_kept(nis):
    store = site_store()
    network = Network.objects.first()
    link = PreviewLink.objects.create(
        revision=storage.newest_revision(network), expires_at=timezone.now() + timedelta(1)
    )
    unit_link = ConfirmationLink.objects.create(unit="Unit", expires_at=link.expires_at)
    secret = previews.link_url(link), unit_answers.link_url(unit_link, "en")
    for path in (*secret, "/en/admin/login/", "/en/admin/", "/admin/session/", "/networks/"):
        for _ in range(2):
            assert ask(store, path, headers={"accept-encoding": "gzip"}).status in (200, 301, 302), path
    assert not store.pages


def test_staff_get_their_own_page_and_nobody_else_gets_it(nis):
    client = Client()
    client.force_login(User.objects.create_superuser("ana"))
    cookie = {"HTTP_COOKIE": f"sessionid={client.cookies['sessionid'].value}"}
    path = "/en/networks/mayors-for-peace/"
    store = site_store()
    assert 'class="edit"' in ask(store, path, **cookie).text
    assert not store.pages
    public = ask(store, path)
    assert 'class="edit"' not in public.text
    mine = ask(store, path, **cookie)
    assert 'class="edit"' in mine.text
    assert mine["Cache-Control"] == "private, no-store"
    assert ask(store, path).body == public.body


@pytest.mark.sql
def test_staff_pages_are_read_without_a_snapshot_in_which_nothing_may_be_written(nis, monkeypatch):
    """Django deletes the session of somebody whose password has changed, as soon as a view asks who it is."""
    client = Client()
    user = User.objects.create_superuser("ana", password="a long enough password")
    client.force_login(user)
    cookie = {"HTTP_COOKIE": f"sessionid={client.cookies['sessionid'].value}"}
    user.set_password("another password, as long")
    user.save()
    snapshots = []
    monkeypatch.setattr(layer, "snapshot", lambda: snapshots.append("one") or nullcontext())
    store, path = site_store(), "/en/networks/mayors-for-peace/"
    assert 'class="edit"' not in ask(store, path, **cookie).text
    assert (snapshots, Session.objects.count()) == ([], 0)
    ask(store, path)
    assert snapshots == ["one"]


# No answer is another than Django's own

HOSTS = ["testserver", "localhost", "TESTSERVER", "testserver:81", "testserver.", "evil.example", "localhost:80"]
SEGMENTS = ["", "sr", "en", "sr-latn", "EN", "networks", "changes", "timeline", "mayors-for-peace", "picture.png"]
SEGMENTS += ["robots.txt", "feed.atom", "%65n", "open-data", "..", "networks.json"]
QUERIES = ["", "page=1", "page=2", "q=a", "scope=balkan", "scope=balkan&sort=name", "sort=name&scope=balkan", "x"]
QUERIES += ["pismo=lat", "q=%D0%9D", "q=%d0%9d", "theme=culture", "on=2007-05-01", "&", "q=a&q=b"]
HEADERS = {
    "accept-encoding": ["gzip", "br", "br;q=0, gzip"],
    "accept-language": ["en", "sr-Latn"],
    "x-forwarded-host": ["evil.example", "localhost"],
    "x-forwarded-proto": ["https"],
    "x-forwarded-port": ["444"],
    "x-original-url": ["/en/"],
    "cookie": ["a=b", "django_language=en", "csrftoken=" + "x" * 32, "messages=x"],
    "user-agent": ["Robot"],
    "x-http-method-override": ["POST"],
}

requests = st.fixed_dictionaries(
    {
        "path": st.builds(
            lambda segments, slash, query: "/" + "/".join(segments) + slash + (f"?{query}" if query else ""),
            st.lists(st.sampled_from(SEGMENTS), max_size=3),
            st.sampled_from(["", "/"]),
            st.sampled_from(QUERIES),
        ),
        "method": st.sampled_from(["GET", "GET", "GET", "HEAD"]),
        "host": st.sampled_from(HOSTS),
        "headers": st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in HEADERS.items()}),
        "wsgi.url_scheme": st.sampled_from(["http", "https"]),
    }
)


@pytest.mark.long
def test_no_answer_is_another_than_that_of_django_alone(nis):
    store, alone = site_store(), WSGIHandler()
    compared = {"content-type", "content-language", "location", "last-modified", "content-security-policy"}

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(requests)
    def check(options):
        expected = ask(alone, **options | {"method": "GET", "headers": {**options["headers"], "accept-encoding": ""}})
        for _ in range(2):
            answer = ask(store, **options)
            assert answer.status == expected.status
            if options["method"] == "GET":
                assert answer.content == expected.content
            for name in compared:
                assert answer.get(name) == expected.get(name)
            assert "set-cookie" not in answer.headers

    check()
    assert 0 < len(store.pages) < store.application.count
    assert not [key for key in store.pages if "evil" in key[1]]


# A change is seen with the next poll


@pytest.fixture
def site(transactional_db):
    network = drafts.save(Network(), {"name_sr": "Мрежа", "name_en": "Before", "slug": "a"}, author=None).row
    publishing.publish(network, author=None)
    network.refresh_from_db()
    network.themes.set([make_theme(slug="t", name_en="Theme before")])
    make_network(slug="b", name_en="Another")
    make_page(slug="p", title_en="Page before")
    make_profile(site_title_en="Title before")
    return network


def set_(model, **values):
    row = model.objects.get(**{"slug": values.pop("slug")} if "slug" in values else {})
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def publish_change(network):
    content = storage.newest_revision(network).content
    publishing.publish(drafts.save(network, content | {"name_en": "After"}, author=None).row, author=None)


def plan_change(network):
    content = storage.newest_revision(network).content
    saved = drafts.save(network, content | {"name_en": "After"}, author=None)
    schedules.create(saved.row, "publish", timezone.now() + timedelta(seconds=1.05), author=None)
    time.sleep(1.1)


CHANGES = {
    "publishing": ("/en/", publish_change),
    "publishing, in the data": ("/networks.json", publish_change),
    "publishing, in the feed": ("/en/feed.atom", publish_change),
    "a plan": ("/en/networks/a/", plan_change),
    "a theme": ("/en/networks/a/", lambda network: set_(Theme, slug="t", name_en="Theme After")),
    "a page": ("/en/pages/p/", lambda network: set_(Page, slug="p", title_en="Page After")),
    "a page, in the foot": ("/en/changes/", lambda network: set_(Page, slug="p", title_en="Page After")),
    "the profile": ("/en/timeline/", lambda network: set_(CityProfile, site_title_en="Title After")),
}


@pytest.mark.long
@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.sql
def test_change_is_seen(site, what):
    path, change = CHANGES[what]
    store = site_store()
    before = [ask(store, path) for _ in range(2)]
    assert store.application.count == 1
    assert "After" not in before[0].text
    change(site)
    after = [ask(store, path) for _ in range(2)]
    assert store.application.count == 2
    assert all("After" in each.text for each in after)
    assert after[0]["ETag"] != before[0]["ETag"]


def test_what_is_withdrawn_is_gone(site):
    store = site_store()
    assert ask(store, "/en/networks/a/").status == 200
    assert "Before" in ask(store, "/en/").text
    publishing.unpublish(site, author=None)
    assert ask(store, "/en/networks/a/").status == 404
    assert "Before" not in ask(store, "/en/").text


def test_old_address_leads_on_as_soon_as_it_is_there(site):
    store = site_store()
    assert ask(store, "/en/old/").status == 404
    OldAddress.objects.create(old_path="/old/", new_path="/changes/")
    assert ask(store, "/en/old/")["Location"] == "/en/changes/"


def test_draft_changes_nothing_and_is_rendered_for_nobody(site):
    store = site_store()
    before = ask(store, "/en/")
    content = storage.newest_revision(site).content
    drafts.save(site, content | {"name_en": "Secret"}, author=None)
    assert ask(store, "/en/").body == before.body
    assert store.application.count == 1


# Without the database


@pytest.fixture
def database(monkeypatch):
    """A database that can go away: `database.is_there`, and how often it was asked in vain."""
    database = SimpleNamespace(is_there=True, asked_in_vain=0)
    cursor = BaseDatabaseWrapper._cursor

    def answer(self, name=None):
        if not database.is_there:
            database.asked_in_vain += 1
            raise OperationalError("the server is not there")
        return cursor(self, name)

    monkeypatch.setattr(BaseDatabaseWrapper, "_cursor", answer)
    yield database
    database.is_there = True


def ready(store) -> tuple[int, dict, Answer]:
    answer = ask(store, "/health/ready/")
    return answer.status, json.loads(answer.text), answer


def test_pages_go_on_without_the_database_and_are_fresh_when_it_returns(site, database):
    store = site_store()
    fresh = {path: ask(store, path) for path in ("/", "/en/networks/a/", "/feed.atom", "/networks.json")}
    database.is_there = False
    for path, page in fresh.items():
        late = ask(store, path)
        assert (late.status, late.body, int(late["Age"]) >= 1) == (200, page.body, True)
    status, report, _answer = ready(store)
    # For balancers the site goes on: /health/full/ tells the maintainers.
    assert (status, report["source"], report["database"]) == (200, "page store", False)
    assert report["content_version"] is None
    assert report["page_store"]["pages"] == 4
    assert datetime.fromisoformat(report["page_store"]["stale_since"]) <= timezone.now()
    assert ask(store, "/health/live/").status == 200
    database.is_there = True
    assert "age" not in ask(store, "/").headers
    publish_change(site)
    assert "After" in ask(store, "/en/").text
    status, report, _answer = ready(store)
    assert (status, report["source"], report["page_store"]["stale_since"]) == (200, "database", None)


@pytest.mark.parametrize(("language", "prefix"), PREFIXES.items())
def test_cold_start_without_the_database_is_honest(site, database, language, prefix):
    database.is_there = False
    store = site_store()
    for path in ("/", "/networks/a/", "/nowhere/", "/admin/"):
        answer = ask(store, f"{prefix}{path}")
        assert answer.status == 503
        assert int(answer["Retry-After"]) > 0
        assert answer["Cache-Control"] == "no-store"
        tree = lxml.html.fromstring(answer.text)
        assert tree.get("lang") == {"sr": "sr-Cyrl", "sr-latn": "sr-Latn", "en": "en"}[language]
        assert answer["Content-Language"] == tree.get("lang")
        (heading,) = tree.xpath("//h1")
        assert bool(CYRILLIC.search(heading.text_content())) == (language == "sr")
    assert not store.pages
    assert ready(store)[0] == 503
    database.is_there = True
    assert ask(store, f"{prefix}/").status == 200


def test_database_that_is_away_is_not_asked_by_everybody(site, database):
    store = site_store(watch=Watch())
    ask(store, "/")
    database.is_there = False
    store.watch.next_poll = 0
    for _ in range(20):
        assert ask(store, "/").status == 200
        assert ask(store, "/en/").status == 503
        assert ask(store, "/health/serving/").status == 200
        assert ask(store, "/health/live/").status == 200
    assert database.asked_in_vain == 1


def test_database_that_goes_away_between_two_polls(site, database):
    store = site_store(watch=Watch())
    ask(store, "/")
    database.is_there = False
    assert ask(store, "/").status == 200
    answer = ask(store, "/en/")
    assert (answer.status, answer["Retry-After"]) == (503, "30")
    assert ask(store, "/health/serving/").status == 200


def test_health_needs_no_store_and_no_cookie(site, client):
    for path in ("/health/live/", "/health/serving/", "/health/ready/", "/health/full/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")
        assert client.post(path).status_code == 405
    assert client.get("/health/ready/").json()["content_version"] > 0


def test_health_is_answered_over_http_too(site, client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/health/live/").status_code == 200
    assert Client().get("/").status_code == 301


def test_without_the_store_a_schedule_is_applied_before_the_next_request_after_its_time(site, client, moving_clock):
    """Also where it was made after the last poll, and the clock was set."""
    client.get("/en/networks/a/")
    content = storage.newest_revision(site).content | {"name_en": "After"}
    drafts.save(site, content, author=None)
    schedules.create(site, "publish", moving_clock.now + timedelta(minutes=5), author=None)
    moving_clock.now += timedelta(minutes=5)
    assert "After" in client.get("/en/networks/a/").content.decode()


def test_schedules_are_not_polled_twice(site, monkeypatch):
    calls = []
    next_due = schedules.next_due
    monkeypatch.setattr(schedules, "next_due", lambda: calls.append(1) or next_due())
    store = site_store(watch=Watch())
    for path in ("/", "/", "/en/admin/login/", "/nowhere/"):
        ask(store, path)
        ask(store, path, "POST")
    assert len(calls) == 1


# As it is served


@pytest.mark.process
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "PageStore 67108864"),
        ({"DJANGO_PAGE_STORE_MB": "3"}, "PageStore 3145728"),
        ({"DJANGO_DEBUG": "on"}, "WSGIHandler None"),
    ],
)
def test_server_runs_the_store_but_not_in_debug_mode(variables, expected):
    code = "from citynetworks.wsgi import application as a; print(type(a).__name__, getattr(a, 'limit', None))"
    result = run("-c", code, **PRODUCTION | variables)
    assert result.stdout.strip() == expected, result.stderr


def test_long_header_takes_no_more_memory_than_a_short_one():
    cached_page._preferred_encoding.cache_clear()
    for number in range(10):
        assert preferred_encoding("br, " + "x" * 10_000 + str(number)) == "br"
    assert cached_page._preferred_encoding.cache_info().currsize == 1


def test_page_of_the_store_has_the_headers_of_every_response(nis):
    store = site_store()
    for answer in (ask(store, "/en/"), ask(store, "/en/")):
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert store.application.count == 1
