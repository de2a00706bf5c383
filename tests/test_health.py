"""What balancers and monitors are told: states of the site, and what is said of each in words."""

import os
import re
import shutil
from collections import namedtuple
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings as project
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, ProgrammingError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from citynetworks.environment import database_at
from networks.models import ContentVersion, Link, Network, Operation, Schedule
from networks.operations import health, probes
from networks.operations.backing_up import as_default
from networks.pictures import reencode_picture
from tests import picture_files, processes
from tests.makers import make_network
from tests.stored import ask, site_store

TOKEN = "a token that has more than twenty letters".replace(" ", "-")

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def examined_anew(monkeypatch):
    monkeypatch.setattr(health, "examination", health.Examination())


def finding(name, **options):
    (found,) = [each for each in probes.examine(**options) if each.name == name]
    return found


# The probes


def done(kind, days=0, succeeded=True, **details):
    """Record an operation of so many days ago."""

    def record(patch):
        operation = Operation.record(kind, succeeded=succeeded, **details)
        Operation.objects.filter(pk=operation.pk).update(finished_at=timezone.now() - timedelta(days=days))

    return record


def schedule(**fields):
    def make(patch):
        Schedule.objects.create(
            network=make_network(), action="withdraw", **{"at": timezone.now() - timedelta(hours=1)} | fields
        )

    return make


def disk(free, inodes=10**6):
    def make(patch):
        patch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12 - free, free))
        patch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_files=10**7, f_favail=inodes))

    return make


def unwritable_media(patch):
    def refuse(**options):
        raise OSError(30, "Read-only file system")

    os.makedirs(default_storage.location)
    patch.setattr(probes.tempfile, "NamedTemporaryFile", refuse)


def pending_migration(patch):
    MigrationRecorder.Migration.objects.filter(app="networks", name="0039_operation").delete()


def unknown_migration(patch):
    MigrationRecorder(connection).record_applied("networks", "9999_of_tomorrow")


def uncollected(patch):
    def fail(name):
        raise ValueError(f"Missing staticfiles manifest entry for {name!r}")

    patch.setattr(staticfiles_storage, "url", fail)


def silent_cache(patch):
    def fail(*args):
        raise ConnectionError("Error 111 connecting to redis:6379. Connection refused.")

    patch.setattr(cache, "set", fail)


def forgetful_cache(patch):
    patch.setattr(cache, "get", lambda key: None)


def with_logo(content=None, is_there=True):
    def make(patch):
        picture = reencode_picture(ContentFile(picture_files.saved(picture_files.drawing())))
        if content is not None:
            picture = ContentFile(content, name=picture.name)
        network = make_network(logo=picture.name)
        if is_there:
            Network.objects.filter(pk=network.pk).update(logo=default_storage.save(picture.name, picture))

    return make


def checked_links(days):
    return lambda patch: Link.objects.create(
        url="https://example.org/", outcome="ok", checked_at=timezone.now() - timedelta(days=days)
    )


def content_of(moment):
    return lambda patch: ContentVersion.objects.update_or_create(
        pk=1, defaults={"number": int((timezone.now() + moment).timestamp() * 1_000_000)}
    )


def nothing(patch):
    pass


GB = 1024**3
BACKUP, DRILL = Operation.Kind.BACKUP, Operation.Kind.RESTORE_DRILL


def failed_after_one(kind, **details):
    def record(patch):
        done(kind, days=1)(patch)
        done(kind, succeeded=False, **details)(patch)

    return record


STATES = [
    (nothing, "database", "ok", "The database answers"),
    (nothing, "migrations", "ok", "has all migrations, the newest 00"),
    (pending_migration, "migrations", "failed", "lacks 1 of the migrations of this version: networks.0039_operation"),
    (unknown_migration, "migrations", "warning", "does not know: networks.9999_of_tomorrow"),
    (content_of(timedelta()), "content_version", "ok", "last changed just now"),
    (content_of(timedelta(days=-3)), "content_version", "ok", "last changed 3 days ago"),
    (content_of(timedelta(hours=1)), "content_version", "warning", "still to come"),
    (nothing, "schedules", "ok", "No schedule is overdue"),
    (schedule(), "schedules", "warning", "time has passed: 1"),
    (schedule(failures=2, retry_at=timezone.now() + timedelta(days=9)), "schedules", "failed", "tried again: 1"),
    (schedule(at=timezone.now() + timedelta(days=9)), "schedules", "ok", "1 are still to come"),
    (with_logo(), "pictures", "ok", "are there and whole"),
    (with_logo(is_there=False), "pictures", "failed", "not right (1). missing: "),
    (with_logo(b"cut off"), "pictures", "failed", "not right (1). damaged: "),
    (nothing, "backup", "warning", "No backup is on record"),
    (done(BACKUP), "backup", "ok", "made just now"),
    (done(BACKUP, 3), "backup", "warning", "made 3 days ago"),
    (done(BACKUP, 9), "backup", "failed", "made 9 days ago"),
    (done(BACKUP, missing_files=0), "backup", "ok", "made just now"),
    (done(BACKUP, missing_files=2), "backup", "warning", "are missing, also in it: 2."),
    (done(BACKUP, succeeded=False), "backup", "warning", "No backup is on record"),
    (
        failed_after_one(BACKUP),
        "backup",
        "warning",
        "The last attempt at a backup failed. The last backup was made 24 h",
    ),
    (failed_after_one(BACKUP, error="The disk is full."), "backup", "warning", "failed: The disk is full. The last"),
    (
        failed_after_one(DRILL, error="It is damaged."),
        "restore_drill",
        "warning",
        "drill failed: It is damaged. A ba",
    ),
    (done(DRILL, succeeded=False), "restore_drill", "warning", "The last drill failed. No backup has been restored"),
    (nothing, "restore_drill", "warning", "No backup has been restored"),
    (done(DRILL, 30), "restore_drill", "ok", "30 days ago"),
    (done(DRILL, 101), "restore_drill", "warning", "101 days ago"),
    (nothing, "links", "warning", "never been checked"),
    (checked_links(1), "links", "ok", "24 hours ago"),
    (checked_links(4), "links", "warning", "4 days ago"),
    (disk(50 * GB), "disk_space", "ok", "51,200 MB are free for the media in "),
    (disk(GB // 2), "disk_space", "warning", "512 MB are free"),
    (disk(GB // 10), "disk_space", "failed", "102 MB are free"),
    (disk(50 * GB, inodes=5000), "disk_space", "warning", "and 5000 inodes"),
    (disk(50 * GB, inodes=0), "disk_space", "failed", "and 0 inodes"),
    (nothing, "media", "ok", "Uploads can be written"),
    (unwritable_media, "media", "failed", "cannot be written (Read-only file system)"),
    (nothing, "static_files", "ok", "Static files are served as they are"),
    (uncollected, "static_files", "failed", "have not been collected"),
    (nothing, "cache", "ok", "The cache answers"),
    (silent_cache, "cache", "failed", "does not answer: Error 111"),
    (forgetful_cache, "cache", "failed", "does not keep"),
    (nothing, "error_reports", "ok", "in the log alone"),
]


@pytest.mark.parametrize(("state", "name", "status", "words"), STATES)
def test_each_state_is_told_in_words(db, monkeypatch, state, name, status, words):
    state(monkeypatch)
    found = finding(name, is_thorough=True)
    assert (found.status, words in found.words) == (status, True), found
    if status != "ok":
        assert found.why and found.remedy
        monkeypatch.setattr(project, "SILENCED_PROBES", [name], raising=False)
        silenced = finding(name, is_thorough=True)
        assert (silenced.status, words in silenced.words) == ("ok", True)


def test_only_the_doctor_reads_all_pictures(db, monkeypatch):
    with_logo(b"cut off")(monkeypatch)
    assert finding("pictures").status == "ok"


def test_whether_the_folder_can_be_written_is_found_by_writing(db):
    os.makedirs(default_storage.location)
    assert finding("media").status == "ok"
    assert os.listdir(default_storage.location) == []


def test_a_database_that_cannot_be_written_is_told(db, monkeypatch):
    if connection.vendor == "sqlite":
        monkeypatch.setattr(probes, "unwritable_file", lambda: "Read-only file system")
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
    found = finding("database")
    assert found.status == "failed"
    assert re.fullmatch(
        r"The database cannot be written \((Read-only file system|it accepts no writes)\)\.", found.words
    )


def test_whether_the_database_can_be_written_is_found_beside_its_file(db, tmp_path, monkeypatch):
    """The system may say that a file can be written on a disk that it has just made read-only."""
    with as_default(database_at(f"sqlite:///{tmp_path}/db.sqlite3", "")) as file:
        monkeypatch.setattr(probes, "connection", file)
        file.ensure_connection()
        assert probes.unwritable_file() == ""
        monkeypatch.setattr(probes, "unwritable", lambda folder: f"{folder.name} is read-only")
        assert probes.unwritable_file() == f"{tmp_path.name} is read-only"


def test_a_connection_that_can_only_read_ends_with_its_request(db, tmp_path, monkeypatch):
    """Or it would refuse to write for a minute after the disk can be written again."""
    with as_default(database_at(f"sqlite:///{tmp_path}/db.sqlite3", "")) as file:
        for can_be_written in (True, False):
            monkeypatch.setattr(os, "access", lambda *arguments, answer=can_be_written: answer)
            file.ensure_connection()
            file.close_if_unusable_or_obsolete()
            assert (file.connection is not None) is can_be_written
            file.close()


def test_collected_files_are_those_of_this_version(db, monkeypatch, tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a.css").write_text("new")
    for name in ("a.css", "a.123.css"):
        (tmp_path / name).write_text("old")
    storage = SimpleNamespace(location=tmp_path, hashed_files={"a.css": "a.123.css"}, url=lambda name: name)
    monkeypatch.setattr(probes, "staticfiles_storage", storage)
    monkeypatch.setattr(probes, "FileSystemStorage", (SimpleNamespace, type(default_storage._wrapped)))
    monkeypatch.setattr(project, "STATICFILES_DIRS", [tmp_path / "source"])
    assert "another version: a.css" in finding("static_files").words
    (tmp_path / "a.css").write_text("new")
    assert finding("static_files").status == "ok"
    (tmp_path / "a.123.css").unlink()
    assert "are gone: a.css" in finding("static_files").words


@pytest.mark.parametrize(
    ("error", "status"),
    [(OperationalError("no route\nto host"), "failed"), (ProgrammingError("no table"), "warning")],
)
def test_without_the_database_the_other_probes_go_on(db, monkeypatch, error, status):
    """One that is away is asked once; one without tables answers, and each probe says that it found nothing."""
    asked = []

    def fail(self, name=None):
        asked.append(1)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "_cursor", fail)
        if status == "warning":
            patch.setitem(probes.OF_DATABASE, "database", lambda is_thorough: probes.ok("It answers."))
        found = {each.name: each for each in probes.examine()}
    assert found.keys() == probes.OF_DATABASE.keys() | probes.OF_MACHINE.keys()
    assert {found[name].status for name in probes.OF_DATABASE if name != "database"} == {"warning"}
    assert {found[name].status for name in ("media", "static_files", "cache")} == {"ok"}
    if status == "failed":
        assert found["database"].words == "The database does not answer: no route."
        assert len(asked) == 1


def test_a_probe_that_fails_itself_hides_no_other(db, monkeypatch):
    monkeypatch.setitem(probes.OF_MACHINE, "media", lambda is_thorough: 1 / 0)
    found = finding("media")
    assert (found.status, "ZeroDivisionError" in found.words) == ("failed", True)
    assert finding("cache").status == "ok"


def test_probes_that_are_not_known_cannot_be_silenced(settings):
    settings.SILENCED_PROBES = ["backup", "bakcup"]
    (message,) = [each for each in run_checks() if each.id == "networks.E010"]
    assert "“bakcup”" in message.msg
    assert "restore_drill" in message.hint


# The full report


def test_strangers_are_told_statuses_alone(db):
    report = Client().get("/health/full/").json()
    assert report.keys() == {"status", "probes"}
    assert {*map(frozenset, report["probes"])} == {frozenset({"name", "status"})}
    assert report["status"] == "warning"


@pytest.mark.parametrize("is_set", [True, False])
def test_whoever_knows_the_token_is_told_all(db, settings, is_set):
    settings.HEALTH_TOKEN = TOKEN if is_set else ""
    accepted = {f"Bearer {health.own_token()}": 200, f"Bearer {TOKEN}": 200 if is_set else 401, f"bearer  {TOKEN}": 0}
    accepted |= {"Bearer ": 401, "Bearer x": 401, f"Basic {TOKEN}": 401, TOKEN: 401}
    accepted[f"bearer  {TOKEN}"] = accepted[f"Bearer {TOKEN}"]
    for header, status in accepted.items():
        response = Client().get("/health/full/", headers={"authorization": header})
        assert response.status_code == status, header
        assert ("version" in response.json()) == (status == 200)
        assert response["Cache-Control"] == "no-store"
    report = Client().get("/health/full/", headers={"authorization": f"Bearer {health.own_token()}"}).json()
    assert report["newest_migration"].startswith("00")
    assert {"name", "status", "words", "why", "remedy"} == {*report["probes"][0]}


def test_a_failure_is_a_503_and_is_found_once_a_second_or_for_strangers_in_half_a_minute(db, monkeypatch):
    uncollected(monkeypatch)
    count = []
    monkeypatch.setattr(health, "examine", lambda: count.append(1) or probes.examine())
    token = {"authorization": f"Bearer {health.own_token()}"}
    for seconds, headers, expected in ((0, {}, 1), (0, token, 1), (2, {}, 1), (0, token, 2), (28, {}, 2), (2, {}, 3)):
        health.examination.made_at -= seconds
        assert Client().get("/health/full/", headers=headers).status_code == 503
        assert len(count) == expected


# Serving


def test_a_site_without_static_files_does_not_serve(db, connection_of_the_test, monkeypatch):
    make_network()
    store = site_store()
    for path in ("/health/serving/", "/health/ready/"):
        assert ask(store, path).status == 200
    uncollected(monkeypatch)
    answer = ask(store, "/health/serving/")
    assert (answer.status, "static files were not collected" in answer.text) == (503, True)
    assert ask(store, "/health/live/").status == 200


@pytest.mark.parametrize("kind", ["live", "serving", "ready", "full"])
def test_health_is_answered_whatever_host_is_asked(db, settings, kind):
    settings.SECURE_SSL_REDIRECT = True
    for host in ("10.1.2.3:8000", "[::1]", "attacker.example", ""):
        response = Client().get(f"/health/{kind}/", headers={"host": host})
        assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert Client().get("/en/", headers={"host": "10.1.2.3"}).status_code == 400


def test_the_paper_explains_each_probe():
    paper = (processes.ROOT / "networks" / "docs" / "monitoring.md").read_text()
    table = paper.partition("## The probes")[2].partition("\n\nWhile")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [*probes.OF_DATABASE, *probes.OF_MACHINE]
