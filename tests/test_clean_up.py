"""`clean_up` deletes what nobody can open any more, and nothing that anybody can."""

import os
import secrets
import shutil
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import OperationalError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from networks.management.commands import clean_up as clean_up_command
from networks.models import (
    AuditEntry,
    CityProfile,
    ConfirmationLink,
    Network,
    OpenForm,
    Operation,
    Page,
    PreviewLink,
    SavedForm,
    SpreadsheetFile,
    UnitAnswer,
)
from networks.operations import cleaning
from networks.pictures import is_stored, reencode_picture
from networks.revisions import publishing, storage
from tests.makers import make_account, make_network, make_page, make_profile
from tests.picture_files import drawing, saved

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def clean_up(**options) -> str:
    output = StringIO()
    call_command("clean_up", stdout=output, **options)
    return output.getvalue()


@pytest.fixture
def editor(db):
    return make_account("editors")


@pytest.fixture
def network(db):
    return make_network()


# What each kind of row is as old as, and whether it is deleted then
ROWS = [
    ("expired sessions", -1 * DAY, False),
    ("expired sessions", timedelta(seconds=1), True),
    ("records of open forms", timedelta(hours=23), False),
    ("records of open forms", timedelta(hours=25), True),
    ("records of saved forms", 29 * DAY, False),
    ("records of saved forms", 31 * DAY, True),
    ("entries of the audit log", 364 * DAY, False),
    ("entries of the audit log", 366 * DAY, True),
    ("spreadsheets", timedelta(hours=23), False),
    ("spreadsheets", timedelta(hours=25), True),
    ("entries of the audit log", 364 * DAY, False),
    ("entries of the audit log", 366 * DAY, True),
    ("links of previews", 29 * DAY, False),
    ("links of previews", 31 * DAY, True),
    ("revoked links of previews", 29 * DAY, False),
    ("revoked links of previews", 31 * DAY, True),
    ("links of units without an answer", 29 * DAY, False),
    ("links of units without an answer", 31 * DAY, True),
    ("links of units with an answer", 31 * DAY, False),
]


def make_row(kind, age, editor, network):
    then = timezone.now() - age
    if kind == "expired sessions":
        return Session.objects.create(session_key=secrets.token_hex(8), expire_date=then)
    if kind == "records of open forms":
        return OpenForm.objects.create(network=network, user=editor, seen_at=then)
    if kind == "records of saved forms":
        return SavedForm.objects.create(token=secrets.token_hex(8), user=editor, saved_at=then)
    if kind == "entries of the audit log":
        return AuditEntry.objects.create(kind=AuditEntry.Kind.SIGNED_IN, created_at=then)
    if kind == "spreadsheets":
        return SpreadsheetFile.objects.create(user=editor, purpose="export", content=b"x", created_at=then)
    if kind == "entries of the audit log":
        return AuditEntry.objects.create(kind=AuditEntry.Kind.EXPORTED, created_at=then)
    if "previews" in kind:
        times = (
            {"revoked_at": then, "expires_at": timezone.now() + DAY} if "revoked" in kind else {"expires_at": then}
        )
        return PreviewLink.objects.create(revision=storage.newest_revision(network), **times)
    link = ConfirmationLink.objects.create(unit="Канцеларија", expires_at=then)
    if "with an" in kind:
        UnitAnswer.objects.create(link=link, network=network, kind=UnitAnswer.Kind.AS_STATED)
    return link


@pytest.mark.parametrize(("kind", "age", "is_deleted"), ROWS)
def test_rows_go_when_nobody_can_open_them(kind, age, is_deleted, editor, network):
    row = make_row(kind, age, editor, network)
    name = kind.removeprefix("revoked ").replace("with an", "without an")
    line = f"  {name}: {int(is_deleted)}\n"
    assert line in clean_up(dry_run=True)
    assert type(row).objects.filter(pk=row.pk).exists()
    assert Operation.newest(Operation.Kind.CLEAN_UP) is None
    assert line in clean_up()
    assert type(row).objects.filter(pk=row.pk).exists() is not is_deleted
    assert Operation.newest(Operation.Kind.CLEAN_UP).details[name] == int(is_deleted)


def store(name: str, age: timedelta) -> str:
    """Store an upload that is so old."""
    default_storage.save(name, ContentFile(b"content"))
    then = (timezone.now() - age).timestamp()
    os.utime(default_storage.path(name), (then, then))
    return name


def picture() -> str:
    return store(f"logos/{secrets.token_hex(10)}.png", 31 * DAY)


def document() -> dict:
    name = store(f"documents/{secrets.token_hex(20)}.pdf", 31 * DAY)
    file = {"name": name, "size": 7, "pages": 1, "sha256": "0" * 64, "warnings": []}
    return {"id": secrets.token_hex(4), "kind": "decision", "title_sr": "Одлука", "file": file}


def logo_of_row() -> str:
    return make_network(logo=picture()).logo.name


def logo_of_draft() -> str:
    network = make_network()
    name = picture()
    content = storage.newest_revision(network).content | {"logo": {"name": name, "width": 60, "height": 40}}
    storage.add_revision(network, content)
    return name


def logo_of_history() -> str:
    name = logo_of_draft()
    network = Network.objects.order_by("pk").last()
    storage.add_revision(network, storage.newest_revision(network).content | {"logo": ""})
    return name


def document_of_bin() -> str:
    line = document()
    network = make_network(documents=[line])
    storage.newest_revision(network)
    publishing.delete(network, author=None)
    return line["file"]["name"]


def picture_in_text_of_page() -> str:
    name = picture()
    make_page(body_sr=f'<p><a href="https://mreze.example.rs/media/{name}">грб</a></p>')
    return name


def coat_of_arms() -> str:
    name = picture()
    make_profile(coat_of_arms=name)
    return name


def former_coat_of_arms() -> str:
    name = picture()
    user = User.objects.first() or make_account()
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(CityProfile),
        object_id="1",
        action_flag=ADDITION,
        change_message=f'[{{"changed": {{"old": "{name}"}}}}]',
    )
    return name


NAMED = [
    logo_of_row,
    logo_of_draft,
    logo_of_history,
    document_of_bin,
    picture_in_text_of_page,
    coat_of_arms,
    former_coat_of_arms,
]


@pytest.mark.long
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(NAMED), unique=True, max_size=4), st.integers(0, 2))
def test_never_a_file_that_anything_names(places, forgotten):
    with transaction.atomic():
        named = [place() for place in places]
        unnamed = [picture() for _number in range(forgotten)] + [document()["file"]["name"]]
        assert {*cleaning.forgotten_files(30 * DAY)} == {*unnamed}
        assert f"  files that nothing names: {len(unnamed)}\n" in clean_up()
        assert [default_storage.exists(name) for name in named] == [True] * len(named)
        assert [default_storage.exists(name) for name in unnamed] == [False] * len(unnamed)
        transaction.set_rollback(True)
    shutil.rmtree(default_storage.location, ignore_errors=True)


@pytest.mark.long
def test_each_place_counts():
    for place in NAMED:
        place()
    assert [*cleaning.forgotten_files(30 * DAY)] == []


@pytest.mark.parametrize(
    ("name", "age", "is_deleted"),
    [
        ("logos/0123456789abcdef0123.png", 29 * DAY, False),
        ("logos/0123456789abcdef0123.png", 31 * DAY, True),
        ("documents/" + "0123456789" * 4 + ".pdf", 29 * DAY, False),
        ("documents/" + "0123456789" * 4 + ".pdf", 31 * DAY, True),
        # Somebody has put them there, or a process had to end while it wrote
        ("logos/mark.png", 400 * DAY, False),
        ("README", 400 * DAY, False),
        ("logos/.0123456789abcdef.part", timedelta(hours=1), False),
        ("logos/.0123456789abcdef.part", timedelta(hours=25), True),
    ],
)
def test_files_go_by_their_age_and_only_those_of_the_site(name, age, is_deleted):
    store(name, age)
    assert f"  files that nothing names: {int(is_deleted)}\n" in clean_up(dry_run=True)
    assert default_storage.exists(name)
    clean_up()
    assert default_storage.exists(name) is not is_deleted


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_files_are_kept_while_a_form_may_be_open(days):
    with pytest.raises(CommandError, match="at least 2 days"):
        clean_up(days=days)


def test_a_disk_that_cannot_be_written_is_told_and_on_record(monkeypatch):
    def fail():
        raise OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(clean_up_command, "update_stale", fail)
    with pytest.raises(CommandError, match="readonly database. What is not deleted yet goes the next time"):
        clean_up()
    assert Operation.objects.get(kind=Operation.Kind.CLEAN_UP).succeeded is False


def test_what_is_uploaded_again_meanwhile_stays(network):
    """The same picture has the same name. It counts as new from the moment on in which somebody chooses it."""
    file = reencode_picture(ContentFile(saved(drawing()), "mark.png"))
    name = store(f"logos/{file.name}", 31 * DAY)
    assert [*cleaning.forgotten_files(30 * DAY)] == [name]
    default_storage.delete(name)
    default_storage.save(name, file)
    os.utime(default_storage.path(name), (0, 0))
    found = [*cleaning.forgotten_files(30 * DAY)]
    network.logo.save(file.name, file)
    assert (found, network.logo.name) == ([name], name)
    assert not cleaning.delete_forgotten_file(name, 30 * DAY)
    assert default_storage.exists(name)


def test_what_is_deleted_is_stored_anew():
    name = picture()
    assert is_stored(default_storage, name, 7)
    os.utime(default_storage.path(name), (0, 0))
    assert cleaning.delete_forgotten_file(name, 30 * DAY)
    assert not is_stored(default_storage, name, 7)
    assert not cleaning.delete_forgotten_file(name, 30 * DAY)


def test_models_with_texts_are_all_read():
    """Whatever model comes, what it says is seen."""
    make_page(title_sr="абв 0123456789abcdef0123 где")
    assert any("0123456789abcdef0123" in digests for digests in cleaning.named_digests())
    assert {Network, Page, CityProfile, LogEntry} <= {
        model for model in cleaning.apps.get_models() if any(map(cleaning.is_text, model._meta.concrete_fields))
    }
