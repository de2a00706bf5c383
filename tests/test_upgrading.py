"""An upgrade goes step by step; wherever it stops, it says what was done, and the same command continues."""

import http.server
import json
import threading
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from citynetworks import __version__
from networks.models import Operation
from networks.operations import probes, upgrading
from networks.operations.database_rights import missing_right
from networks.operations.installation import Installation
from networks.operations.migration_linter import Finding
from networks.operations.running_server import own_url
from networks.operations.upgrading import StepFailed, Upgrade, point_link

PENDING = "[X]  networks.0001_initial\n[ ]  networks.0040_more\n[ ]  networks.0041_most\n"
NONE_PENDING = PENDING.replace("[ ]", "[X]")

STEPS = {
    "preflight": "look whether it can be done",
    "backup": "back up",
    "collectstatic": "collect the static files",
    "migrate": "migrate the database",
    "switch": "let the command and the units run the new version",
    "restart": "restart the site",
    "version": "ask the running site for its version",
}


class Machine:
    """The programs that an upgrade runs, of which one may fail: in words which they are, in their order."""

    def __init__(self, monkeypatch, tmp_path):
        self.ran: list[str] = []
        self.fails = ""
        self.pending, self.after_migrate = PENDING, NONE_PENDING
        self.version: str | None = __version__
        (tmp_path / "former/bin").mkdir(parents=True)
        (tmp_path / "new").mkdir()
        self.site = Installation(["mreze.example.rs"], root=tmp_path, environment=tmp_path / "former")
        for _line in self.site.write():
            pass
        monkeypatch.setattr(upgrading, "run_program", self.run)
        monkeypatch.setattr(upgrading, "running_version", lambda url, token: self.version)
        monkeypatch.setattr(upgrading, "PATIENCE", 0.01)
        monkeypatch.setattr(upgrading.time, "sleep", lambda seconds: None)
        monkeypatch.setattr(upgrading, "point_link", self.point_link)

    def point_link(self, link, target):
        if self.fails == "switch":
            raise OSError("no")
        point_link(link, target)

    def run(self, command, *, is_shown=True):
        python, _safe_path, _module, _installed, _environment_file, _user, *arguments = [*command, *[""] * 6][:9]
        if command == ["restart-it"]:
            name = words = "restart"
        elif "showmigrations" in arguments:
            return self.pending
        else:
            options = {"--check": "preflight", "--record": "record", "--await-version": "version"}
            name = options.get(arguments[1], arguments[0])
            words = f"{name} by {Path(python).parent.parent.name}"
        if name == "record":
            words = f"record {json.loads(arguments[2])['succeeded']}"
        self.ran.append(words)
        if name == "migrate":
            self.pending = self.after_migrate
        if self.fails == name:
            raise StepFailed("no")
        if name == "backup":
            Path(arguments[1]).touch()
        return upgrading.await_version() if name == "version" else ""

    def upgrade(self) -> SimpleNamespace:
        lines: list[str] = []
        new = Installation(["mreze.example.rs"], root=self.site.root, environment=self.site.root / "new")
        self.ran.clear()
        succeeded = Upgrade(new, ["restart-it"], lines.append).run()
        return SimpleNamespace(succeeded=succeeded, text="\n".join(lines), ran=[*self.ran])

    @property
    def current(self) -> str:
        return self.site.current.resolve().name

    @property
    def backup(self) -> str:
        return json.loads((self.site.current.parent / "upgrade.json").read_text())["backup"]


@pytest.fixture
def machine(monkeypatch, tmp_path):
    return Machine(monkeypatch, tmp_path)


ALL = [
    *(
        "preflight by new",
        "backup by former",
        "collectstatic by new",
        "migrate by new",
        "restart",
        "version by new",
        "record True",
    ),
]


def test_upgrade_goes_step_by_step_and_says_the_way_back(machine):
    done = machine.upgrade()
    assert (done.succeeded, done.ran, machine.current) == (True, ALL, "new")
    assert f"The site runs version {__version__}." in done.text
    way_back = done.text.partition("The way back")[2]
    commands = [
        "systemctl stop",
        f"ln -sfn {machine.site.root / 'former'}",
        "restore",
        "collectstatic",
        "systemctl start",
    ]
    places = [way_back.index(command) for command in commands]
    assert places == sorted(places)


# Which step fails, what has run by then, which version is current, whether there is something to go back from, and
# what the database lacks after migrations that have failed
FAILURES = [
    ("preflight", ALL[:1], "former", False, ""),
    ("backup", ALL[:2], "former", False, ""),
    ("collectstatic", ALL[:3], "former", False, ""),
    ("migrate", ALL[:4], "former", True, PENDING),
    ("migrate", ALL[:4], "former", True, PENDING.replace("[ ]", "[X]", 1)),
    ("switch", ALL[:4], "former", True, ""),
    ("restart", ALL[:5], "new", True, ""),
    ("version", ALL[:6], "new", True, ""),
]


@pytest.mark.parametrize(("step", "ran", "current", "has_way_back", "lacks"), FAILURES)
def test_each_failure_stops_says_so_and_is_continued(step, ran, current, has_way_back, lacks, machine):
    machine.fails = step
    machine.after_migrate = lacks or NONE_PENDING
    machine.version = None if step == "version" else __version__
    failed = machine.upgrade()
    assert (failed.succeeded, failed.ran, machine.current) == (False, [*ran, "record False"], current)
    names = [*STEPS.values()]
    place = [*STEPS].index(step)
    assert f"Done: {'; '.join(names[:place]) or 'nothing'}." in failed.text
    assert f"Not done: {'; '.join(names[place:])}." in failed.text
    assert ("restore" in failed.text) is has_way_back
    assert ("The site goes on as it was" in failed.text) is not has_way_back
    backup = machine.backup if place > 1 else None
    machine.fails, machine.version, machine.after_migrate = "", __version__, NONE_PENDING
    done = machine.upgrade()
    assert (done.succeeded, machine.current) == (True, "new")
    # A backup of what is migrated, if in part, would be none to go back to.
    is_kept = place >= [*STEPS].index("migrate") and lacks != PENDING
    assert ("backup by former" not in done.ran) is is_kept
    if is_kept:
        assert f"restore {backup}" in done.text
    assert f"ln -sfn {machine.site.root / 'former'}" in done.text


@pytest.mark.parametrize("changed", ["other migrations", "all migrations again", "backup removed"])
def test_backup_of_another_state_is_no_way_back(changed, machine):
    """An upgrade stopped at its last step, and the site went on; what it noted is old when the next one begins."""
    machine.version = None
    assert not machine.upgrade().succeeded
    Path(machine.backup).unlink()
    stale = Path(f"{machine.backup}.stale")
    notes = machine.site.current.parent / "upgrade.json"
    notes.write_text(json.dumps(json.loads(notes.read_text()) | {"backup": str(stale)}))
    if changed == "backup removed":
        machine.pending = NONE_PENDING
    else:
        stale.touch()
        machine.pending = PENDING if changed == "all migrations again" else PENDING.replace("0040", "0042")
    machine.version = __version__
    done = machine.upgrade()
    assert done.succeeded
    assert "backup by former" in done.ran
    assert str(stale) not in done.text


def test_site_that_runs_another_version_is_not_upgraded(machine):
    machine.version = "0.0.1"
    failed = machine.upgrade()
    assert not failed.succeeded
    assert f"version 0.0.1 answers at http://127.0.0.1:8000, and not {__version__}" in failed.text


def test_without_migrations_the_way_back_keeps_the_database(machine):
    machine.pending = NONE_PENDING
    done = machine.upgrade()
    assert done.succeeded
    assert "restore" not in done.text


def test_version_in_place_says_that_the_packages_have_to_be_put_back(machine):
    point_link(machine.site.current, machine.site.root / "new")
    done = machine.upgrade()
    assert done.succeeded
    assert "backup by new" in done.ran
    assert "# Put the packages of the former version into" in done.text


def test_nothing_is_upgraded_where_nothing_is_installed(machine):
    machine.site.environment_file.unlink()
    failed = machine.upgrade()
    assert (failed.succeeded, "Run install instead" in failed.text) == (False, True)


@pytest.mark.django_db
def test_preflight_names_what_would_be_migrated_and_what_speaks_against_it(monkeypatch):
    output = StringIO()
    call_command("upgrade", check=True, stdout=output)
    assert output.getvalue().splitlines()[:2] == [f"Version {__version__}", "Migrations to be applied: none"]
    ((app, newest),) = MigrationLoader(connection).graph.leaf_nodes("networks")
    MigrationRecorder(connection).record_unapplied(app, newest)
    found = [Finding(f"networks.{newest}", "old code needs it."), Finding("networks.0001_initial", "slow.", False)]
    monkeypatch.setattr(upgrading, "pending_findings", lambda connection: found)
    assert upgrading.preflight().facts[1:4] == [
        f"Migrations to be applied: networks.{newest}",
        f"Danger: networks.{newest}: old code needs it.",
        "Slow: networks.0001_initial: slow.",
    ]
    MigrationRecorder(connection).record_applied("networks", "9999_future")
    usage = SimpleNamespace(free=1_000_000)
    monkeypatch.setattr(upgrading.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(CommandError) as refused:
        call_command("upgrade", check=True, stdout=output)
    assert "The database is of a newer version, which has applied networks.9999_future." in str(refused.value)
    assert "The disk has no room for a backup" in str(refused.value)


@pytest.mark.django_db
def test_role_that_may_not_make_databases_is_told_before_a_backup_is_needed(monkeypatch):
    may_not, may = (
        SimpleNamespace(execute=lambda sql: None, fetchone=lambda found=found: (found, "the city"))
        for found in (False, True)
    )
    assert missing_right(may) is None
    words, remedy = missing_right(may_not)
    assert remedy == """sudo -u postgres psql -c 'ALTER ROLE "the city" CREATEDB'"""
    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr(upgrading, "stored_bytes", lambda: 0)
    for module in (upgrading, probes):
        monkeypatch.setattr(module, "missing_right", lambda cursor: (words, remedy))
    assert [fact for fact in upgrading.preflight().facts if words in fact and remedy in fact]
    status, *found = probes.restore_drill(False)
    assert (status, found[0], found[2]) == ("warning", words, remedy)


@pytest.mark.django_db
def test_it_is_on_record():
    call_command("upgrade", record='{"succeeded": true, "to": "0.2", "migrations": 3}')
    call_command("upgrade", record='{"succeeded": false, "to": "0.3", "migrations": 0}')
    newest = Operation.newest(Operation.Kind.UPGRADE)
    assert newest.details == {"to": "0.2", "migrations": 3}
    assert Operation.objects.filter(kind=Operation.Kind.UPGRADE, succeeded=False).count() == 1


@pytest.mark.parametrize(
    ("answer", "version"),
    [(b'{"alive": true, "version": "0.2"}', "0.2"), (b'{"alive": true}', None), (b"<html>", None), (b"[]", None)],
)
def test_running_version_is_what_the_site_says_to_whom_has_its_token(answer, version, settings):
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments):
            pass

    # Each server listens at an address of its own, by a setting that is all an upgrade needs.
    with http.server.HTTPServer(("127.0.0.2", 0), Handler) as server:
        settings.HOST, settings.PORT = server.server_address
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert upgrading.running_version(own_url(), "token") == version
        thread.join()
    assert asked == [("/health/full/", "Bearer token")]
    assert upgrading.running_version(own_url(), "token") is None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        *(("0.0.0.0", "http://127.0.0.1:8000"), ("::", "http://[::1]:8000")),  # noqa: S104
        *(("10.0.0.11", "http://10.0.0.11:8000"), ("fd00::11", "http://[fd00::11]:8000")),
    ],
)
def test_own_url_is_where_the_server_listens(host, url, settings):
    settings.HOST = host
    assert own_url() == url
