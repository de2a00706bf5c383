"""Two servers behind nginx, on one PostgreSQL, one Redis and one bucket, as networks/docs/several_servers.md says."""

import re
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path

import pytest

from citynetworks.request_limits import LARGEST_BODY
from tests import pdf_files, processes, services
from tests.hostile.site import Session, Site
from tests.pdf_files import LINE_ID
from tests.picture_files import drawing, saved
from tests.servers import HOST, serving
from tests.services import HEADERS, NAME, SiteBehindNginx

pytestmark = [pytest.mark.process, pytest.mark.sql, pytest.mark.postgres]

HERE = "tests.test_several_servers:"
PASSWORD = "a password of the tests"
# As nginx would send them
FROM_NGINX = HEADERS | {"X-Forwarded-Proto": "https"}


def prepare():
    """Make the accounts and a published network, and return its number."""
    from django.contrib.auth.models import Group, User

    from networks.models import CityProfile, Network
    from networks.revisions import drafts, publishing

    CityProfile.objects.create(city_name_sr="Ниш", site_title_sr="Мреже", site_title_en="Networks")
    for name in ("publisher", "guessed"):
        user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
        user.groups.set([Group.objects.get(name="publishers")])
    lines = [{"id": LINE_ID, "kind": "decision", "title_sr": "Одлука"}]
    content = {"name_sr": "Мрежа", "name_en": "Network", "slug": "a", "documents": lines}
    network = drafts.save(Network(), content, author=user).row
    return publishing.publish(network, author=user).pk


def notes():
    """Return the internal note of each revision."""
    from networks.models import Revision

    return [content.get("internal_note", "") for content in Revision.objects.values_list("content", flat=True)]


@dataclass
class Servers:
    first: Site
    second: Site
    both: SiteBehindNginx
    redis: services.Service
    worker: processes.Worker
    form: str  # the URL of the network's form

    def edit(self, session: Session, **changes) -> int:
        """Open the form of the network, change some of its fields, and publish it. Return the status."""
        values = session.form(self.form)
        return session.post(self.form, values | changes | {"_publish": ["1"]})[0]


@pytest.fixture(scope="module")
def site(database_template):
    with (
        tempfile.TemporaryDirectory(prefix="servers-") as temporary,
        database_template.copy() as database,
        services.for_tests(services.redis()) as redis,
        services.for_tests(services.s3()) as s3,
    ):
        env = {
            **database.env,
            **services.KEYS,
            "DJANGO_ALLOWED_HOSTS": NAME,
            "DJANGO_BEHIND_PROXY": "on",
            "DJANGO_SESSIONS": "cache",
            "CACHE_URL": f"redis://{HOST}:{redis.port}/0",
            "MEDIA_STORAGE": f"s3://{services.BUCKET}?endpoint=http://{HOST}:{s3.port}&region=us-east-1",
        }
        target = "tests.site_wsgi:application"
        with (
            serving({"first": (target, env), "second": (target, env)}, Path(temporary), workers=1) as servers,
            processes.workers(env, 1) as [worker],
        ):
            number = worker.do(HERE + "prepare")
            first, second = servers["first"], servers["second"]
            passwords = {"publisher": PASSWORD}
            with services.for_tests(services.nginx([first.port, second.port])) as port:
                yield Servers(
                    first=Site(first, passwords, FROM_NGINX),
                    second=Site(second, passwords, FROM_NGINX),
                    both=SiteBehindNginx(first, passwords, HEADERS, port),
                    redis=redis,
                    worker=worker,
                    form=f"/en/admin/networks/network/{number}/change/",
                )


@pytest.fixture(scope="module")
def publisher(site):
    """A session that was begun at the first server."""
    return site.first.sign_in("publisher")


def at(session: Session, site: Site) -> Session:
    """The same session at another server."""
    return Session(site, session.source, session.cookies)


def test_what_is_published_at_one_server_is_seen_at_the_other_within_a_second(site, publisher):
    for each in (site.first, site.second):
        assert each.request("GET", "/en/networks/a/")[0] == 200
    for here, there in ((site.first, site.second), (site.second, site.first)):
        name = f"Published at {here.port}"
        assert site.edit(at(publisher, here), name_en=[name]) == 302
        published = time.monotonic()
        while name.encode() not in there.request("GET", "/en/networks/a/")[2]:
            assert time.monotonic() < published + 1
            time.sleep(0.02)


def test_files_that_one_server_has_received_the_other_sends(site, publisher):
    """Pictures to everybody, and a document to everybody only when it is published."""
    document = pdf_files.sound()
    values = publisher.form(site.form)
    files = {
        "logo": ("logo.png", saved(drawing(size=(300, 200)))),
        f"documents-{LINE_ID}-file_upload": ("decision.pdf", document),
    }
    assert publisher.post(site.form, values | {"_save": ["1"]}, files)[0] == 302
    page = publisher.get(site.form)[2].decode()
    private = re.search(r"documents/[0-9a-f]{40}\.pdf", page)[0]
    public = f"/documents/a/decision-{LINE_ID}.pdf"
    for each in (site.first, site.second, site.both):
        assert at(publisher, each).get(f"/en/admin/networks/network/{private}")[2] == document
        for url in (public, f"/media/{private}", f"/{private}"):
            assert each.request("GET", url)[0] == 404, url
    assert site.edit(publisher) == 302
    time.sleep(1)
    page = site.second.request("GET", "/en/networks/a/")[2].decode()
    picture = re.search(r"/media/logos/[0-9a-f]{20}\.png", page)[0]
    for url, rule in ((picture, "immutable"), (public, "no-cache")):
        found = [each.request("GET", url) for each in (site.first, site.second, site.both)]
        assert {status for status, _headers, _body in found} == {200}
        assert len({body for _status, _headers, body in found}) == 1
        assert all(rule in headers["cache-control"] for _status, headers, _body in found)
    status, headers, part = site.both.request("GET", public, headers={"Range": "bytes=5-9"})
    assert (status, headers["content-range"], part) == (206, f"bytes 5-9/{len(document)}", document[5:10])
    assert site.both.request("GET", f"/media/{private}")[0] == 404


def test_who_signs_out_at_one_server_is_signed_out_at_the_other(site):
    session = site.first.sign_in("publisher")
    there = Session(site.second, cookies={**session.cookies})
    assert there.get("/en/admin/")[0] == 200
    session.post("/en/admin/logout/", {})
    assert there.get("/en/admin/")[0] == 302


def guess(where, source):
    visitor = Session(where, source, {"csrftoken": "a" * 32})
    return visitor.post("/en/admin/login/", {"username": "guessed", "password": "wrong"})[0]


def test_wrong_passwords_are_counted_together_under_the_address_that_nginx_has_seen(site):
    forged = {
        "Forwarded": "for=198.51.100.1;proto=http;host=evil.example",
        "X-Forwarded-For": "198.51.100.2",
        "X_Forwarded_For": "198.51.100.3",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "X-Real-IP": "198.51.100.4",
    }
    liar = replace(site.both, headers=site.both.headers | forged)
    visitor = "127.0.0.77"
    statuses = [guess(where, visitor) for where in [site.both, liar] * 4]
    assert statuses == [200] * 6 + [429] * 2
    logs = [each.server.log.read_text() for each in (site.first, site.second)]
    counted = [len(re.findall(rf"Wrong password for 'guessed' from {visitor}\b", log)) for log in logs]
    assert sum(counted) == 6 and all(counted), "each server was asked"
    assert not re.search("198.51.100|evil", "".join(logs))
    assert site.both.request("GET", "/en/")[2] == liar.request("GET", "/en/")[2]


def test_nginx_takes_bodies_as_large_as_the_site_does(site):
    asked = {}
    for size in (LARGEST_BODY, LARGEST_BODY + 1):
        with closing(site.both.connection()) as connection:
            connection.putrequest("POST", "/en/admin/login/", skip_host=True)
            for name, text in (site.both.headers | {"Content-Length": str(size), "Expect": "100-continue"}).items():
                connection.putheader(name, text)
            connection.endheaders()
            connection.sock.settimeout(5)
            asked[size] = connection.sock.recv(12)
    assert asked == {LARGEST_BODY: b"HTTP/1.1 100", LARGEST_BODY + 1: b"HTTP/1.1 413"}


def test_what_nginx_passes_on_comes_over_tls_and_unchanged(site):
    status, headers, body = site.both.request("GET", "/static/networks/site.css")
    assert (status, headers["content-type"]) == (200, 'text/css; charset="utf-8"')
    assert body == (processes.ROOT / "static/networks/site.css").read_bytes()
    etags = {each.request("GET", "/en/")[1]["etag"] for each in (site.first, site.second, site.both)}
    assert len(etags) == 1
    assert site.both.request("GET", "/en/", headers={"If-None-Match": etags.pop()})[0] == 304


def test_a_server_that_is_killed_costs_readers_nothing_and_editors_no_text(site, publisher):
    """One is killed while forms are saved: what was confirmed is there, and what was not can be sent again."""
    confirmed, unanswered, read, is_over = [], [], [], threading.Event()
    values = publisher.form(site.form)

    def save():
        session, number = at(publisher, site.both), 0
        while not is_over.is_set():
            number += 1
            note = f"note {number}"
            try:
                status = session.post(site.form, values | {"internal_note": [note], "_save": ["1"]})[0]
            except (OSError, HTTPException):
                status = 0
            (confirmed if status == 302 else unanswered).append(note)

    def ask():
        while not is_over.is_set():
            read.append(site.both.request("GET", "/en/networks/a/")[0])

    threads = [threading.Thread(target=each) for each in (save, ask)]
    for thread in threads:
        thread.start()
    time.sleep(0.4)
    site.second.server.kill()
    time.sleep(0.8)
    site.second.server.start()
    site.second.server.wait()
    is_over.set()
    for thread in threads:
        thread.join()
    assert {*read} == {200}
    assert len(read) > 20 and len(confirmed) > 3
    assert len(unanswered) <= 1, "the other server takes all that come after"
    written = {*site.worker.do(HERE + "notes")}
    assert {*confirmed} <= written


def test_without_redis_the_site_goes_on(site, publisher):
    site.redis.stop()
    try:
        for each in (site.first, site.second):
            assert each.request("GET", "/en/networks/a/")[0] == 200
            assert each.request("GET", "/en/networks/a/picture.png")[0] == 200
        assert at(publisher, site.second).get("/en/admin/")[0] == 200
        assert site.edit(at(publisher, site.first), name_en=["Without Redis"]) == 302
    finally:
        site.redis.start()
