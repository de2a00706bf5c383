"""
Backups: whole or none, of one moment, and restored only when each row is as it was.

`tests/backups/` holds one of each of several earlier states of the site, by the last migration that it had. Their
databases were made by the code of that time.
"""

import errno
import json
import os
import re
import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import JSONField, Value
from django.test import Client

from citynetworks import __version__
from citynetworks.environment import database_at
from citynetworks.uploads import UploadsUnavailable
from networks.management.operation_words import in_words
from networks.models import Network, Operation, SavedForm, SpreadsheetFile, Theme
from networks.operations import backing_up, backup_file, restoring, scratch_databases, table_rows
from networks.operations.backing_up import as_default, back_up, remove_oldest
from networks.operations.backup_file import BackupError, BackupFile, new_backup
from networks.operations.restoring import check_is_known, replace_file, restore, store_files
from networks.operations.scratch_databases import PostgresPlace, SqlitePlace
from networks.revisions import drafts, publishing, storage
from tests.makers import make_network, make_network_with_lines

pytestmark = pytest.mark.django_db

BACKUPS = Path(__file__).parent / "backups"
IS_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")


def silent(done, total, what):
    """No progress is reported."""


def postgres_url(name):
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def url_of(config):
    name = config["NAME"]
    return f"sqlite:///{name}" if config["ENGINE"].endswith("sqlite3") else postgres_url(name)


@pytest.fixture
def databases(tmp_path):
    """Give what makes the configuration of a new database by its name, of the kind that the tests run on."""
    made = []

    def config(name, is_postgres=IS_POSTGRES):
        if not is_postgres:
            return database_at(f"sqlite:///{tmp_path}/{name}.sqlite3", "")
        made.append(database_at(postgres_url(f"backups_{os.getpid()}_{name}"), ""))
        return made[-1]

    yield config
    for each in made:
        with PostgresPlace(each).server() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{each['NAME']}%"])
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def site(django_db_setup, databases):
    """The configuration of a migrated database in a file."""
    config = databases("site", is_postgres=False)
    if django_db_setup:  # the file of SQLite that the tests have migrated
        shutil.copyfile(django_db_setup, config["NAME"])
    else:
        with as_default(config):
            call_command("migrate", verbosity=0)
    return config


@contextmanager
def opened_backup(state):
    with BackupFile(BACKUPS / f"{state}.zip") as file:
        yield file


def rows_in(path):
    """What a backup says of the rows of each table, but of those that a restoration itself writes."""
    own = ("networks_operation", "networks_contentversion")
    with BackupFile(path) as file:
        tables = file.manifest["tables"]
    return {name: (each["count"], each["sha256"]) for name, each in tables.items() if name not in own}


@pytest.mark.migration
@pytest.mark.parametrize("state", ["0002", "0019"])
def test_a_backup_of_any_earlier_state_is_read_as_the_present_site(state, databases):
    config = databases("site")
    with opened_backup(state) as file:
        restore(file, config, silent)
        expected = {line.split(b",")[1].decode().strip('"') for line in file.lines("networks_network")}
        assert default_storage.exists("logos/mark.png")
    with as_default(config):
        assert {*Network.objects.values_list("slug", flat=True)} == expected
        assert Operation.objects.get().kind == Operation.Kind.RESTORE
        client = Client()
        assert "Пуна мрежа" in client.get("/").text
        assert "Strasbourg" in client.get(f"/en/networks/full-{state}/").text
        assert client.get(f"/networks/former-{state}/").status_code == 301
        boss = User.objects.create_user("boss", is_staff=True, is_superuser=True)
        client.force_login(boss)
        for network in Network.objects.outside_bin():
            assert client.get(f"/en/admin/networks/network/{network.pk}/change/").status_code == 200
            assert client.get(f"/en/admin/networks/network/{network.pk}/history/").status_code == 200


@pytest.mark.migration
@pytest.mark.sql
def test_from_one_kind_of_database_to_another_and_back_nothing_is_lost(site, databases, tmp_path):
    """On SQLite alone, between two files. Sequences too: a key that was given is not given again."""
    first, other = site, databases("other")
    moment = datetime(2026, 10, 25, 0, 30, 0, 123456, tzinfo=UTC)  # in the hour that comes twice in Belgrade
    with as_default(first):
        MigrationRecorder(connection).record_applied("gone", "0001_initial")  # of an app that was there once
        call_command("loaddata", "nis", verbosity=0)
        user = User.objects.create_user("ana")
        network = make_network_with_lines()
        publishing.publish(drafts.save(network, {"summary_sr": "Нацрт"}, author=user).row, author=user)
        LogEntry.objects.create(user=user, object_repr="\u2028\\ \"'\t\n", action_flag=1, action_time=moment)
        SpreadsheetFile.objects.create(user=user, content=bytes(range(256)))
        for number, content in enumerate([None, Value(None, JSONField()), [None], {"я": 0.1, "a": 10**20}]):
            SavedForm.objects.create(token=f"t{number}", user=user, content=content)
        Theme.objects.create(slug="last", name_sr="Последња").delete()
        last = Theme.objects.create(slug="last", name_sr="Последња")
        last_key = last.pk
        last.delete()

    output = StringIO()
    with as_default(first):
        call_command("move_database", url_of(other), verbosity=0, stdout=output)
    assert "Now set DATABASE_URL to the new database" in output.getvalue()
    back_up(first, tmp_path / "first.zip", silent)
    with BackupFile(tmp_path / "first.zip") as file:
        logged = json.loads([*file.lines("django_admin_log")][-1])
        assert "2026-10-25T00:30:00.123456+00:00" in logged

    def write(done, total, what):
        with as_default(other):
            Theme.objects.all().delete()

    back_up(other, tmp_path / "other.zip", write)  # of one moment, while others write
    with as_default(other):
        assert LogEntry.objects.last().action_time == moment
        assert bytes(SpreadsheetFile.objects.get().content) == bytes(range(256))
        with transaction.atomic():
            assert Theme.objects.create(slug="next", name_sr="Следећа").pk == last_key + 1
            transaction.set_rollback(True)
        assert SavedForm.objects.filter(content__isnull=True).get().token == "t0"
    assert rows_in(tmp_path / "first.zip") == rows_in(tmp_path / "other.zip")
    if IS_POSTGRES:
        with BackupFile(tmp_path / "other.zip") as file:
            restore(file, first, silent)  # in the place of what is there
        back_up(first, tmp_path / "back.zip", silent)
        assert rows_in(tmp_path / "back.zip") == rows_in(tmp_path / "other.zip")


def rewritten(path, new, changes):
    """Write a backup anew with members changed, whose digest as a file is right."""
    with BackupFile(path) as file, new_backup(new) as writer:
        for name in file.archive.namelist():
            content = file.archive.read(name)
            if name != "manifest.json":
                writer.add(name, [changes.get(name, bytes)(content)])
        writer.close(changes.get("manifest.json", lambda manifest: manifest)(file.manifest))
    return new


def with_migration(manifest):
    names = [*manifest["migrations"]["networks"], "9999_from_the_future"]
    return manifest | {"version": "7.5", "migrations": manifest["migrations"] | {"networks": names}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_migration, "networks.9999_from_the_future. Install version 7.5, which has made it, or a newer one"),
        (
            lambda manifest: manifest | {"format": 2, "version": "8"},
            "newer version of City Networks, 8. Install",
        ),
    ],
)
def test_a_newer_backup_is_refused_with_the_version_that_it_needs(change, words, databases, tmp_path):
    newer = rewritten(BACKUPS / "0002.zip", tmp_path / "newer.zip", {"manifest.json": change})
    for command in ("restore", "restore_drill"):
        with pytest.raises(CommandError) as error:
            call_command(command, newer, verbosity=0, stderr=StringIO())
        assert words in str(error.value)


def test_only_a_newer_version_of_the_site_has_migrations_that_are_not_known(monkeypatch):
    known = table_rows.known_migrations() | {("networks", "0002_squashed"): [("networks", "0002_removed")]}
    monkeypatch.setattr(table_rows, "known_migrations", lambda: known)
    others = [("gone", "0001_initial"), ("networks", "0002_removed"), ("networks", "0039_operation")]
    assert table_rows.unknown_migrations([*others, ("networks", "9999_future")]) == ["networks.9999_future"]


def test_a_row_of_an_app_that_is_not_installed_stops_no_backup(site, tmp_path):
    with as_default(site):
        MigrationRecorder(connection).record_applied("gone", "0001_initial")
    manifest = back_up(site, tmp_path / "backup.zip", silent)
    assert (manifest["version"], manifest["migrations"]["gone"]) == (__version__, ["0001_initial"])
    with BackupFile(tmp_path / "backup.zip") as file:
        check_is_known(file)


def test_one_flipped_bit_anywhere_is_noticed(tmp_path):
    content = (BACKUPS / "0002.zip").read_bytes()
    path = tmp_path / "flipped.zip"
    path.write_bytes(content)
    with path.open("r+b", buffering=0) as file:
        for position in {*range(0, len(content), 43), *range(40), *range(len(content) - 150, len(content))}:
            file.seek(position)
            file.write(bytes([content[position] ^ 1 << position % 8]))
            with pytest.raises(BackupError):
                BackupFile(path)
            file.seek(position)
            file.write(content[position : position + 1])
    BackupFile(path).__exit__()


@pytest.mark.parametrize(
    "changed", [lambda whole: whole[:-1], lambda whole: whole + b"\n", lambda whole: whole[:4000], lambda whole: b""]
)
def test_a_part_of_a_backup_is_refused(changed, tmp_path):
    path = tmp_path / "part.zip"
    path.write_bytes(changed((BACKUPS / "0002.zip").read_bytes()))
    for command in ("restore", "restore_drill"):
        with pytest.raises(CommandError, match="is no backup of City Networks, or only a part of one"):
            call_command(command, path, verbosity=0)


def test_any_program_can_read_a_backup():
    with zipfile.ZipFile(BACKUPS / "0031.zip") as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        rows = archive.read("tables/networks_theme.jsonl").decode().splitlines()
    described = manifest["tables"]["networks_theme"]
    assert (described["count"], json.loads(rows[0])[described["columns"].index("slug")]) == (2, "peace-0031")
    assert manifest["database"]["kind"] == "sqlite"
    assert manifest["migrations"]["networks"][-1] == "0031_revoked_password_links"
    assert [each["name"] for each in manifest["files"]] == ["logos/mark.png"]


# Backing up


def test_is_of_one_moment_while_others_write(site, tmp_path):
    with as_default(site):
        make_network(slug="before")
    path = tmp_path / "backup.zip"

    def write(done, total, what):
        with closing(sqlite3.connect(site["NAME"], timeout=0)) as other, other:
            other.execute("DELETE FROM networks_network")

    manifest = back_up(site, path, write)
    assert manifest["tables"]["networks_network"]["count"] == 1
    back_up(site, path, silent)  # which takes the place of the other
    with BackupFile(path) as file:
        assert file.manifest["tables"]["networks_network"]["count"] == 0
    assert path.stat().st_mode & 0o077 == 0


def test_a_backup_that_fails_leaves_no_file_and_a_killed_one_is_not_in_the_way(site, tmp_path):
    default_storage.save("logos/a.png", ContentFile(b"a"))
    default_storage.save("logos/.b.png.part", ContentFile(b"b"))
    folder = tmp_path / "backups"
    folder.mkdir()

    def fail(done, total, what):
        if what == " files":
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        back_up(site, folder / "backup.zip", fail)
    assert [*folder.iterdir()] == []
    (folder / "city-networks-20260101T000000Z.zip.partial").write_bytes(b"what a killed one has left")
    for number in range(3):
        (folder / f"city-networks-2026010{number}T000000Z.zip").write_bytes(b"older")
    (folder / "of somebody.zip").write_bytes(b"other")
    with as_default(site):
        call_command("backup", folder, "--keep", "2", verbosity=0, stdout=StringIO())
        details = Operation.newest(Operation.Kind.BACKUP).details
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["city-networks-20260102T000000Z.zip", details["file"], "of somebody.zip"]
    assert remove_oldest(folder, 2) == []
    with BackupFile(folder / details["file"]) as file:
        assert [each["name"] for each in file.manifest["files"]] == ["logos/a.png"]


@pytest.mark.long
def test_a_lost_file_ends_no_backups_and_the_last_backup_that_has_it_stays(site, tmp_path):
    folder, errors = tmp_path / "backups", StringIO()
    folder.mkdir()
    for number, names in enumerate(["logos/a.png", "logos/a.png", "logos/b.png"], 1):
        with zipfile.ZipFile(folder / f"city-networks-2026010{number}T000000Z.zip", "w") as archive:
            archive.writestr(f"media/{names}", b"a")
    with as_default(site):
        storage.newest_revision(make_network(logo="logos/a.png"))
        Network.objects.update(logo="")  # its version has it
        make_network(slug="other", logo="logos/b.png")
        default_storage.save("logos/b.png", ContentFile(b"b"))
        call_command("backup", folder, "--keep", "1", verbosity=0, stdout=StringIO(), stderr=errors)
        made = Operation.newest(Operation.Kind.BACKUP).details
    assert (made["files"], made["missing_files"]) == (1, 1)
    assert re.search(
        r"were missing .*\(1\): logos/a\.png\. .*check_consistency.*unzip -p OLDER.zip", errors.getvalue()
    )
    assert sorted(path.name for path in folder.iterdir()) == ["city-networks-20260102T000000Z.zip", made["file"]]
    with BackupFile(folder / made["file"]) as file:
        assert [each["name"] for each in file.manifest["files"]] == ["logos/b.png"]
        assert file.manifest["missing_files"] == ["logos/a.png"]


@pytest.mark.parametrize("damage", ["content", "directory", "empty"])
def test_a_damaged_backup_does_not_take_the_place_of_one_that_has_a_lost_file(damage, tmp_path):
    paths = [tmp_path / f"city-networks-2026010{day}T000000Z.zip" for day in (1, 2, 3)]
    for path in paths:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("media/logos/a.png", b"content")
    whole, damaged, newest = paths
    content = damaged.read_bytes()
    # Which version of the format is needed stands six bytes into an entry of the directory.
    place = content.index(b"content") if damage == "content" else content.index(b"PK\x01\x02") + 6
    damaged.write_bytes(content[:place] + b"\xff" + content[place + 1 :])
    if damage == "empty":  # what stood in for the lost file
        with zipfile.ZipFile(damaged, "w") as archive:
            archive.writestr("media/logos/a.png", b"")
    newest.write_bytes(b"")
    assert remove_oldest(tmp_path, 1, ["logos/a.png"]) == [damaged]
    assert whole.exists() and newest.exists()


@pytest.mark.long
def test_a_backup_without_any_file_that_pages_name_is_not_taken_for_a_whole_one(site, tmp_path):
    """As when the disk of the uploads is away, or the bucket is another one. No good backup goes for it."""
    (tmp_path / "city-networks-20260101T000000Z.zip").write_bytes(b"older")
    with as_default(site):
        make_network(logo="logos/a.png")
        default_storage.save("logos/c.png", ContentFile(b"of another site"))
        with_one = StringIO()
        call_command("backup", tmp_path / "one.zip", verbosity=0, stdout=StringIO(), stderr=with_one)
        assert "were missing" in with_one.getvalue()  # a single file may be lost for good
        make_network(slug="other", logo="logos/b.png")
        with pytest.raises(CommandError, match=r"None .* is there \(2\).*: logos/a\.png, .*No older backup was re"):
            call_command("backup", tmp_path, "--keep", "1", verbosity=0, stdout=StringIO())
        assert sorted(each.succeeded for each in Operation.objects.filter(kind="backup")) == [False, True]
    assert len(sorted(tmp_path.glob("city-networks-*.zip"))) == 2


def test_no_older_backup_goes_where_it_is_not_known_what_is_lost(site, tmp_path, monkeypatch):
    """As before a migration, when the names of the files cannot be read."""
    older, errors = tmp_path / "city-networks-20260101T000000Z.zip", StringIO()
    older.write_bytes(b"older")
    monkeypatch.setattr(backing_up, "named_files", Mock(side_effect=OperationalError))
    with as_default(site):
        call_command("backup", tmp_path, "--keep", "1", verbosity=0, stdout=StringIO(), stderr=errors)
    assert older.exists() and "no older backup was removed" in errors.getvalue()


def test_a_file_with_an_odd_name_stops_no_backup(site, tmp_path):
    """Nobody can have uploaded it. No row can name it, and no other system could have it."""
    default_storage.save("logos/a.png", ContentFile(b"a"))
    folder = os.fsencode(default_storage.location)
    for name in (b"logos/\xff.png", b"logos/b\\c.png"):
        (Path(os.fsdecode(folder)) / os.fsdecode(name)).write_bytes(b"odd")
    errors = StringIO()
    with as_default(site):
        call_command("backup", tmp_path / "backup.zip", verbosity=0, stdout=StringIO(), stderr=errors)
    assert (
        r"Left out, as the site gives no file such a name: 'logos/\udcff.png', 'logos/b\\c.png'." in errors.getvalue()
    )
    with BackupFile(tmp_path / "backup.zip") as file:
        assert [each["name"] for each in file.manifest["files"]] == ["logos/a.png"]


@pytest.mark.parametrize(
    "name", ["../../pwned.png", "/pwned.png", "logos/../../pwned.png", "logos/.hidden", "a\\b", "\udcff", "a\0b", ""]
)
def test_a_backup_with_a_hostile_name_is_refused_before_anything_is_stored(name, tmp_path):
    def with_name(manifest):
        return manifest | {"files": [*manifest["files"], {"name": name, "size": 1, "sha256": "0" * 64}]}

    hostile = rewritten(BACKUPS / "0031.zip", tmp_path / "hostile.zip", {"manifest.json": with_name})
    for command in ("restore", "restore_drill"):
        with pytest.raises(CommandError, match="somebody else has made it"):
            call_command(command, hostile, verbosity=0)
    assert not default_storage.exists("logos/mark.png")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UploadsUnavailable("SlowDown"), "The bucket of uploads says: SlowDown. Nothing."),
        (SuspiciousFileOperation("Detected"), "A file has a name that it cannot have here: Detected. Nothing."),
        (UnicodeError("surrogates"), "A file has a name that it cannot have here: surrogates. Nothing."),
        (OSError(28, "No space left on device"), "The disk is full. Nothing."),
    ],
)
def test_failures_are_told_in_words(error, words):
    with pytest.raises(CommandError) as told, in_words("Nothing."):
        raise error
    assert str(told.value) == words


def test_no_texts_of_a_language_that_was_removed_are_left_out(site, tmp_path):
    with as_default(site), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE networks_network ADD COLUMN name_hu text DEFAULT ''")
    back_up(site, tmp_path / "without.zip", silent)
    with as_default(site):
        make_network()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE networks_network SET name_hu = 'Hálózat'")
        for command in (["backup", tmp_path / "hu.zip"], ["move_database", f"sqlite:///{tmp_path}/new.sqlite3"]):
            with pytest.raises(CommandError, match="language retire hu --drop"):
                call_command(*command, verbosity=0)
        failure = Operation.objects.get()
        assert (failure.kind, failure.succeeded, failure.details["file"]) == ("backup", False, "hu.zip")
        assert "language retire" in failure.details["error"]
    assert not (tmp_path / "hu.zip").exists() and not (tmp_path / "new.sqlite3").exists()


def test_two_backups_do_not_write_one_file(site, tmp_path):
    path = tmp_path / "backup.zip"

    def write_too(done, total, what):
        with pytest.raises(BackupError, match="Another backup is being written"):
            back_up(site, path, silent)

    back_up(site, path, write_too)
    BackupFile(path).__exit__()


def test_a_backup_that_was_just_finished_is_not_written_over(tmp_path, monkeypatch):
    """Another one opened the file before it got its name, and locks it after."""
    path = tmp_path / "backup.zip"
    is_locked_for_us = backup_file.is_locked_for_us

    def lock_late(file):
        partial = path.with_name("backup.zip.partial")
        partial.write_bytes(b"whole")
        partial.replace(path)
        return is_locked_for_us(file)

    monkeypatch.setattr(backup_file, "is_locked_for_us", lock_late)
    with pytest.raises(BackupError, match="Another backup was written"), new_backup(path):
        pass
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("backup.zip", b"whole")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{folder}/none/backup.zip"], "There is no folder"),
        (["{folder}/notes.txt"], "exists and is no whole backup"),
        (["{folder}/backup.zip", "--keep", "3"], "--keep takes"),
        (["{folder}", "--keep", "0"], "--keep takes"),
        (["{folder}/media/backup.zip"], "lies in MEDIA_ROOT"),
    ],
)
def test_says_what_is_wrong_with_the_name(arguments, words, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (tmp_path / "notes.txt").write_text("of somebody")
    with pytest.raises(CommandError, match=words):
        call_command("backup", *(each.format(folder=tmp_path) for each in arguments))
    assert (tmp_path / "notes.txt").read_text() == "of somebody"


# Putting a backup in the place of a database


@pytest.mark.migration
def test_a_drill_leaves_nothing_and_a_restoration_that_fails_changes_nothing(site, tmp_path):
    with as_default(site):
        make_network(slug="newer")
        with pytest.raises(CommandError, match="There is no backup in"):
            call_command("restore_drill", BACKUPS)
        backup, errors = tmp_path / "city-networks-20260102T000000Z.zip", StringIO()
        rewritten(
            BACKUPS / "0031.zip", backup, {"manifest.json": lambda all: all | {"missing_files": ["logos/x.png"]}}
        )
        call_command("restore_drill", tmp_path, verbosity=0, stdout=StringIO(), stderr=errors)
        assert "Uploaded files that pages" in errors.getvalue()
        done = Operation.newest(Operation.Kind.RESTORE_DRILL)
        assert (done.details["file"], done.details["files"], done.details["missing_files"]) == (backup.name, 1, 1)
        assert not default_storage.exists("logos/mark.png")
        (tmp_path / "part.zip").write_bytes(b"a part")
        with pytest.raises(CommandError, match="only a part of one.*The site was not changed"):
            call_command("restore_drill", tmp_path / "part.zip", verbosity=0)
        assert Operation.objects.filter(succeeded=False).get().details["file"] == "part.zip"
        assert Operation.newest(Operation.Kind.RESTORE_DRILL) == done
    changes = {"tables/networks_theme.jsonl": lambda rows: rows.replace("Мир".encode(), "Рат".encode())}
    other = rewritten(BACKUPS / "0038.zip", tmp_path / "other.zip", changes)
    with BackupFile(other) as file, pytest.raises(BackupError, match="networks_theme do not match their digest"):
        restore(file, site, silent)
    with as_default(site):
        assert Network.objects.get().slug == "newer"
    assert not [path for path in tmp_path.iterdir() if "drill" in path.name or "restoring" in path.name]


def put(place, text):
    """Put a database with one text in a place, as a restoration does, and return how to go back."""
    with place.scratch("restoring") as scratch:
        with closing(sqlite3.connect(scratch["NAME"])) as database, database:
            database.execute("CREATE TABLE texts AS SELECT ? AS text", [text])
        place.swap(datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC))
    return place.way_back


def text_in(path):
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT text FROM texts").fetchone()[0]


def test_a_database_in_use_stays_and_one_that_is_not_is_kept(tmp_path):
    path = tmp_path / "db.sqlite3"
    place = SqlitePlace(database_at(f"sqlite:///{path}", ""))
    assert put(place, "former") == "There was no database before."
    with closing(sqlite3.connect(path)) as other:
        assert text_in(path) == other.execute("SELECT text FROM texts").fetchone()[0] == "former"
        for attempt in (place.check_not_in_use, lambda: put(place, "newer")):
            with pytest.raises(BackupError, match="in use .* systemctl stop"):
                attempt()
        assert text_in(path) == "former"
    assert [each.name for each in tmp_path.iterdir()] == ["db.sqlite3"]
    way_back = put(place, "newer")
    assert text_in(path) == "newer"
    subprocess.run(way_back.splitlines()[-1], shell=True, check=True)  # noqa: S602
    assert text_in(path) == "former"


def test_of_two_restorations_at_once_the_second_is_refused(tmp_path):
    places = [SqlitePlace(database_at(f"sqlite:///{tmp_path}/db.sqlite3", "")) for _number in range(2)]
    with places[0].scratch("restoring") as scratch:
        with pytest.raises(BackupError, match="Another backup is being restored"), places[1].scratch("restoring"):
            pass
        assert Path(scratch["NAME"]).exists()


def test_takes_the_place_of_a_damaged_database_and_keeps_it(tmp_path):
    path, log = tmp_path / "db.sqlite3", tmp_path / "db.sqlite3-wal"
    path.write_bytes(b"not a database" * 1000)
    log.write_bytes(b"its log")
    put(SqlitePlace(database_at(f"sqlite:///{path}", "")), "whole")
    assert (text_in(path), log.exists()) == ("whole", False)
    assert (tmp_path / "db.sqlite3_before_20260506T070809Z-wal").read_bytes() == b"its log"


def test_a_file_with_other_content_is_replaced_and_kept_hidden():
    default_storage.save("logos/mark.png", ContentFile(b"damaged"))
    with opened_backup("0038") as file:
        assert store_files(file, default_storage, silent) == ["logos/mark.png"]
        replace_file(file, "logos/mark.png", datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC))
        assert store_files(file, default_storage, silent) == []
        elsewhere = InMemoryStorage()
        assert [store_files(file, elsewhere, silent) for _time in range(2)] == [[], []]
        assert elsewhere.listdir("logos")[1] == ["mark.png"]
    with default_storage.open("logos/.mark.png.before-20260506T070809Z") as kept:
        assert kept.read() == b"damaged"


@pytest.mark.parametrize(
    ("failing", "error", "words"),
    [
        ("replace_file", OSError(errno.ENOSPC, "No space left on device"), "The disk is full. The database was rep"),
        ("replace_file", UploadsUnavailable("no bucket"), "no bucket. The database was replaced"),
        ("replace_file", KeyboardInterrupt(), "Interrupted. The database was replaced"),
        ("fsync", OSError(errno.EIO, "Input/output error"), "Input/output error The database was replaced"),
        ("fill", OSError(errno.ENOSPC, "No space left on device"), "The disk is full. The database was not changed."),
    ],
)
def test_says_whether_the_database_was_replaced_when_something_fails(
    failing, error, words, databases, tmp_path, monkeypatch
):
    """And then names the files that were not, and how to go back."""
    config = databases("site", is_postgres=False)
    Path(config["NAME"]).touch()
    default_storage.save("logos/mark.png", ContentFile(b"other"))

    def fail(*arguments):
        if failing != "fsync" or arguments[0] == tmp_path:
            raise error

    for name in ("fill", "bring_up_to_date", "details_of"):  # what takes time, and is shown elsewhere
        monkeypatch.setattr(restoring, name, lambda *arguments: {})
    monkeypatch.setattr(Operation, "record", lambda *arguments, **details: None)
    monkeypatch.setattr(scratch_databases if failing == "fsync" else restoring, failing, fail)
    with pytest.raises(CommandError) as raised:
        call_command("restore", BACKUPS / "0038.zip", into=url_of(config), verbosity=0)
    kept = [*tmp_path.glob("site.sqlite3_before_*Z")]
    assert words in str(raised.value)
    assert raised.value.returncode == (130 if isinstance(error, KeyboardInterrupt) else 1)
    assert len(kept) == (failing != "fill")
    assert all(f"mv {path} {config['NAME']}" in str(raised.value) for path in kept)
    assert ("not these files: logos/mark.png." in str(raised.value)) is (failing != "fill")


@pytest.mark.parametrize("url", ["mysql://host/name", "nonsense", "sqlite://"])
def test_says_what_is_wrong_with_a_url(url):
    for command in (["restore", str(BACKUPS / "0002.zip"), "--into", url], ["move_database", url]):
        with pytest.raises(CommandError, match="postgres://user:password@host/name"):
            call_command(*command, verbosity=0)


def test_the_database_is_not_moved_to_where_it_is(site):
    with as_default(site), pytest.raises(CommandError, match="has already"):
        call_command("move_database", f"sqlite:///{site['NAME']}")
