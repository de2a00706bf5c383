"""The project as a maintainer meets it: what it asks of its environment, and what it says when that is missing."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from networks.demo import environment as demo_environment
from networks.management.commands.demo import Command

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {
    "DJANGO_SECRET_KEY": "e3f1c0aa-a key of production, long enough and with many different letters: XyZ",
    "DJANGO_ALLOWED_HOSTS": "mreze.example.rs, www.mreze.example.rs",
}
OWN_VARIABLES = ("DJANGO_", "DATABASE_", "CACHE_", "MEDIA_", "STATIC_")


def run(*arguments, cwd=ROOT, **variables):
    """Run Python in the checkout, with no other variables of the project than those given."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)}
    return subprocess.run(  # noqa: S603
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def setting(expression, **variables):
    """Return what an expression about the settings prints in a process of its own."""
    code = f"from citynetworks import settings; print({expression})"
    result = run("-c", code, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.parametrize("missing", ["DJANGO_SECRET_KEY", "DJANGO_ALLOWED_HOSTS"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_production_does_not_start_without(missing, value):
    variables = {name: text for name, text in PRODUCTION.items() if name != missing}
    if value is not None:
        variables[missing] = value
    for start in (["-c", "import citynetworks.wsgi"], ["manage.py", "check"]):
        result = run(*start, **variables)
        assert result.returncode != 0
        assert f"{missing} is not set" in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("DJANGO_SECRET_KEY", "x", "too short"),
        ("DJANGO_ALLOWED_HOSTS", ",", "empty name"),
        ("DJANGO_ALLOWED_HOSTS", "mreze.example.rs,", "empty name"),
        ("DJANGO_TAG_AUTHORITY", "mreze.example.rs", "a host name and a date"),
        ("DJANGO_COUNTRY", "Srbija", "three capital letters"),
        ("DJANGO_SESSION_HOURS", "0", "at least 1"),
    ],
)
def test_production_does_not_start_with_what_it_cannot_use(name, value, reason):
    result = run("-c", "import citynetworks.wsgi", **PRODUCTION | {name: value})
    assert result.returncode != 0
    assert reason in result.stderr


def test_checkout_may_stand_in_a_folder_with_any_name(tmp_path):
    folder = tmp_path / "a+b %20#1"
    shutil.copytree(ROOT / "citynetworks", folder / "citynetworks")
    shutil.copytree(ROOT / "networks", folder / "networks")
    code = "import sys; sys.path.insert(0, '.'); from citynetworks import settings; print(settings.DATABASE['NAME'])"
    result = run("-c", code, **PRODUCTION, PYTHONPATH=str(folder), cwd=folder)
    assert result.stdout.strip() == str(folder / ".data" / "db.sqlite3"), result.stderr
    assert demo_environment(folder / "demo", "127.0.0.1")["DATABASE_URL"].endswith("/demo/db.sqlite3")
    assert "+" not in demo_environment(folder / "demo", "127.0.0.1")["DATABASE_URL"]


def test_server_does_not_start_unconfigured():
    result = run("-c", "import citynetworks.wsgi")
    assert result.returncode != 0
    assert "DJANGO_SECRET_KEY is not set" in result.stderr


def test_debug_is_off_unless_asked_for():
    assert setting("settings.DEBUG", **PRODUCTION) == "False"
    assert setting("settings.DEBUG", **PRODUCTION, DJANGO_DEBUG="on") == "True"


def test_check_deploy_is_clean_in_production():
    result = run("manage.py", "check", "--deploy", "--fail-level", "DEBUG", **PRODUCTION)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_production_reads_hosts_database_and_folders_from_the_environment():
    assert setting("settings.ALLOWED_HOSTS", **PRODUCTION) == "['mreze.example.rs', 'www.mreze.example.rs']"
    postgres = setting(
        "settings.DATABASE['ENGINE'], settings.DATABASE['NAME'], settings.DATABASE['CONN_MAX_AGE']",
        **PRODUCTION,
        DATABASE_URL="postgres://user:secret@host/city",
    )
    assert postgres == "django.db.backends.postgresql city 60"
    assert setting("settings.MEDIA_ROOT", **PRODUCTION, MEDIA_ROOT="/srv/media") == "/srv/media"


def test_sqlite_waits_for_its_lock_and_lets_readers_go_on():
    code = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "cursor = connection.cursor()\n"
        "for name in ('journal_mode', 'busy_timeout'):\n"
        "    cursor.execute(f'PRAGMA {name}')\n"
        "    print(cursor.fetchone()[0])\n"
        "print(connection.transaction_mode)"
    )
    result = run("-c", code, **PRODUCTION, DJANGO_SETTINGS_MODULE="citynetworks.settings")
    assert result.stdout.split() == ["wal", "20000", "IMMEDIATE"], result.stderr


def test_whoever_copies_the_file_of_the_database_has_what_was_committed(tmp_path):
    """The connection stays open, so that SQLite would leave it in the log beside the file."""
    code = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "cursor = connection.cursor()\n"
        "cursor.execute('CREATE TABLE fact (word TEXT)')\n"
        "cursor.execute('INSERT INTO fact VALUES (%s)', ['committed'])\n"
        "import shutil, sqlite3\n"
        "shutil.copy(connection.settings_dict['NAME'], 'copy.sqlite3')\n"
        "print(sqlite3.connect('copy.sqlite3').execute('SELECT word FROM fact').fetchone()[0])"
    )
    variables = {**PRODUCTION, "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "PYTHONPATH": str(ROOT)}
    result = run("-c", code, **variables, DJANGO_SETTINGS_MODULE="citynetworks.settings", cwd=tmp_path)
    assert result.stdout == "committed\n", result.stderr


def test_development_needs_no_variable():
    result = run("manage.py", "check")
    assert result.returncode == 0, result.stderr


def test_manage_alone_explains_itself():
    result = run("manage.py")
    assert result.returncode == 0
    for command in ("demo", "migrate", "loaddata nis", "createsuperuser", "runserver", "make_latin"):
        assert f"manage.py {command} " in result.stdout


@pytest.mark.parametrize("variable", ["DATABASE_URL", "DJANGO_SECRET_KEY", "DJANGO_ALLOWED_HOSTS"])
def test_demo_refuses_the_environment_of_a_real_site(variable, monkeypatch):
    for name in ("DATABASE_URL", *PRODUCTION):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "sqlite:////nowhere/production.sqlite3")
    from django.core.management import CommandError, call_command

    with pytest.raises(CommandError, match=f"{variable} is set"):
        call_command("demo")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8001", ("127.0.0.1", 8001)),
        (":8001", ("127.0.0.1", 8001)),
        ("localhost:80", ("localhost", 80)),
        ("0.0.0.0:8000", ("0.0.0.0", 8000)),  # noqa: S104
        ("[::1]:8000", ("::1", 8000)),
    ],
)
def test_demo_understands_addresses(text, expected):
    assert Command().parse(text) == expected


@pytest.mark.parametrize("text", ["", "here", "localhost", "localhost:", "localhost:0", "localhost:70000", "1:2:x"])
def test_demo_explains_what_an_address_is(text):
    result = run("manage.py", "demo", text)
    assert result.returncode != 0
    assert "is not an address and a port, such as 127.0.0.1:8000" in result.stderr


def test_demo_without_an_address_takes_the_next_free_port(monkeypatch):
    monkeypatch.setattr("networks.demo.port_is_free", lambda host, port: port >= 8002)
    assert Command().free_address() == ("127.0.0.1", 8002)


@pytest.mark.django_db
def test_demo_prints_passwords_that_open_the_accounts_even_after_one_was_changed(client):
    from django.contrib.auth.models import User

    from networks.demo import USERS, ensure_user

    for _run in range(2):
        for username, group in USERS.items():
            password = ensure_user(username, group)
            assert client.login(username=username, password=password)
        editor = User.objects.get(username="editor")
        editor.set_password("something else")
        editor.save()


def test_demo_says_that_a_port_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("manage.py", "demo", str(port))
    assert result.returncode != 0
    assert f"127.0.0.1:{port} is taken" in result.stderr


@pytest.mark.django_db
def test_database_answers_a_save_when_it_is_on_the_disk():
    """What a clerk was told is saved survives a power failure the moment after."""
    from django.db import connection

    question, durable = {"sqlite": ("PRAGMA synchronous", 2), "postgresql": ("SHOW synchronous_commit", "on")}[
        connection.vendor
    ]
    with connection.cursor() as cursor:
        assert cursor.execute(question).fetchone() == (durable,)
