"""The project as a maintainer meets it: what it asks of its environment, and what it says when that is missing."""

import os
import re
import runpy
import shutil
import socket
import sqlite3
import subprocess
from contextlib import closing

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from citynetworks import PRODUCTION_VARIABLES, environment, server
from networks.management.commands.demo import Command
from networks.management.demo_site import environment as demo_environment
from tests.production import OWN_VARIABLES, PRODUCTION, ROOT, run, setting


def load_settings(monkeypatch, **variables):
    """Run the settings in this process, with no other variables of the project than those given."""
    for name in [each for each in os.environ if each.startswith(OWN_VARIABLES)]:
        monkeypatch.delenv(name)
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    return runpy.run_path(str(ROOT / "citynetworks" / "settings.py"))


@pytest.mark.process
@pytest.mark.parametrize("missing", ["DJANGO_SECRET_KEY", "DJANGO_ALLOWED_HOSTS"])
def test_production_does_not_start_without(missing):
    variables = {name: text for name, text in PRODUCTION.items() if name != missing}
    for start in (["-c", "import citynetworks.wsgi"], ["manage.py", "check"]):
        result = run(*start, **variables)
        assert result.returncode != 0
        assert f"{missing} is not set" in result.stderr


@pytest.mark.parametrize("missing", ["DJANGO_SECRET_KEY", "DJANGO_ALLOWED_HOSTS"])
@pytest.mark.parametrize("value", ["", "  "])
def test_nothing_is_as_good_as_missing(missing, value, monkeypatch):
    with pytest.raises(ImproperlyConfigured, match=f"{missing} is not set"):
        load_settings(monkeypatch, **PRODUCTION | {missing: value})


# What a variable cannot mean, and what the sentence about it says to write
WRONG = [
    ("DJANGO_SECRET_KEY", "x", "too short"),
    *(("DJANGO_HOST", value, "such as 127.0.0.1") for value in ("", "localhost", "10.0.0", "10.0.0.1:80", "[::1]")),
    *(("DJANGO_PORT", value, "at least 1 and at most 65535") for value in ("0", "65536", "http", "")),
    *(
        ("DJANGO_ALLOWED_HOSTS", value, "host names in ASCII with commas in between")
        for value in (
            *(",", "mreze.example.rs,", "a.example.rs;b.example.rs", "a.example.rs b.example.rs", "мреже.срб"),
            *("https://mreze.example.rs", "mreze.example.rs/", "mreze.example.rs:443", "::1", "*.example.rs"),
        )
    ),
    *(
        (name, value, "Write on or off")
        for name in ("DJANGO_DEBUG", "DJANGO_HTTPS", "DJANGO_BEHIND_PROXY", "DJANGO_FILL_PAGE_STORE")
        for value in ("maybe", "da", "")
    ),
    ("DJANGO_TAG_AUTHORITY", "mreze.example.rs", "a host name and a date"),
    *(
        ("DJANGO_SITE_URL", value, "such as https://mreze.example.rs")
        for value in (
            "",
            "mreze.example.rs",
            "ftp://mreze.example.rs",
            "https://mreze.example.rs/en",
            "https://мреже.срб",
        )
    ),
    ("DJANGO_COUNTRY", "Srbija", "three capital letters"),
    *(("DJANGO_LANGUAGES", value, "must begin with sr") for value in ("en,sr", "hu", "sr:retired,en")),
    *(("DJANGO_LANGUAGES", value, "lacks en") for value in ("sr", "sr,hu", "sr,en:dropped")),
    *(("DJANGO_LANGUAGES", value, "of two or three letters") for value in ("", "sr,en,xx", "sr,en,pt-br", "sr;en")),
    ("DJANGO_LANGUAGES", "sr,en,hr", "the words of Serbian"),
    ("DJANGO_LANGUAGES", "sr,en,ar", "from right to left"),
    ("DJANGO_LANGUAGES", "sr,en,hu,hu:retired", "“hu” twice"),
    ("DJANGO_LANGUAGES", "sr,en,hu:gone", "hu:retired or hu:dropped"),
    *(("DJANGO_SESSION_HOURS", value, "at least 1 and") for value in ("0", "-8", "8h", "1.5", "9" * 30)),
    *(
        (name, value, "at least 1 and")
        for name in ("DJANGO_AUDIT_DAYS", "DJANGO_VERIFICATION_DAYS")
        for value in ("0", "-1", "a year", "")
    ),
    *(("DJANGO_PAGE_STORE_MB", value, "at least 0 and") for value in ("-1", "64M", "")),
    *(("DJANGO_HSTS_SECONDS", value, "at least 0 and") for value in ("-1", "a day", "9" * 12)),
    *(
        ("DATABASE_URL", value, "sqlite:////folder/db.sqlite3 or postgres://")
        for value in (
            *("", "db.sqlite3", "/srv/db.sqlite3", "sqlite://db.sqlite3", "sqlite:///", "mysql://u:secret@h/n"),
            *("postgres://u:secret@h", "postgres://u:secret@h:a/n", "nonsense://u:secret@h/n"),
        )
    ),
    *(("CACHE_URL", value, "locmemcache:// or redis://") for value in ("", "redis", "nonsense://u:secret@h")),
    *(("DJANGO_HEALTH_TOKEN", value, "20 to 200 ASCII") for value in ("short", "a b" * 20, "ж" * 30)),
    ("DJANGO_LOG_FORMAT", "xml", "Write text or json"),
    *(("DJANGO_SLOW_QUERY_MS", value, "at least 0 and") for value in ("-1", "5s", "")),
    *(("DJANGO_SLOW_REQUEST_MS", value, "at least 0 and") for value in ("-1", "5s", "")),
    *((name, "ana@example.rs;b", "e-mail addresses") for name in ("DJANGO_ADMINS", "DJANGO_EMAIL_FROM")),
    ("DJANGO_ADMINS", "ana@example.rs", "EMAIL_URL is not"),
    *(
        ("EMAIL_URL", value, "Write smtp+tls://")
        for value in ("", "mail.example.rs", "smtp://", "nonsense://u:secret@h", "smtp://u:secret@h:a")
    ),
    *(("SENTRY_DSN", value, "as Sentry shows it") for value in ("sentry", "https://h/1", "https://secret@h")),
    *(("DJANGO_SESSIONS", value, "Write database or cache") for value in ("", "redis", "on")),
    ("DJANGO_SESSIONS", "cache", "redis://host:6379/0"),
    *(
        ("MEDIA_STORAGE", value, "folder, or s3:// and the name of a bucket")
        for value in (
            *(
                "",
                "s3",
                "s3://",
                "s3://B",
                "s3://bucket/folder",
                "s3://key:secret@bucket",
                "gs://bucket",
                "/srv/media",
            ),
            *("s3://bucket?endpoint=s3.example.org", "s3://bucket?endpoint=", "s3://bucket?region=Niš"),
            "s3://bucket?key=secret",
        )
    ),
    *(
        ("DJANGO_TIME_ZONE", value, "such as Europe/Belgrade")
        for value in ("", "Belgrade", "../etc", "Europe", "CEST+2")
    ),
    *(
        (name, value, "the path of a folder")
        for name in ("LOCALE_ROOT", "MEDIA_ROOT", "STATIC_ROOT")
        for value in ("", " ")
    ),
    ("DJANGO_SECURITY_CONTACT", "somebody", "neither an e-mail address nor"),
]


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ([], ("10.0.0.11", 8123)),
        (["--host", "127.0.0.1"], ("127.0.0.1", 8123)),
        (["--port", "9000"], ("10.0.0.11", 9000)),
    ],
)
def test_server_listens_where_the_environment_says_unless_it_is_told_otherwise(options, address, monkeypatch):
    monkeypatch.setenv("DJANGO_HOST", "10.0.0.11")
    monkeypatch.setenv("DJANGO_PORT", "8123")
    monkeypatch.setattr("sys.argv", ["server", "--application", "another", *options])
    served = []
    monkeypatch.setattr(server, "serve", lambda host, port, **others: served.append((host, port)))
    server.main()
    assert served == [address]


@pytest.mark.parametrize(("name", "value", "reason"), WRONG)
def test_what_cannot_be_meant_is_refused_in_one_sentence(name, value, reason, monkeypatch):
    with pytest.raises(ImproperlyConfigured) as refused:
        load_settings(monkeypatch, **PRODUCTION | {name: value})
    message = str(refused.value)
    assert message.startswith(name)
    assert reason in message
    assert "secret@" not in message


@pytest.mark.parametrize(
    ("variables", "package"),
    [
        ({"CACHE_URL": "redis://:secret@host:6379/0"}, "redis"),
        ({"SENTRY_DSN": "https://0123456789abcdef@sentry.example.rs/1"}, "sentry-sdk"),
    ],
)
def test_what_needs_a_package_that_is_missing_does_not_start(variables, package, monkeypatch):
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured) as refused:
        load_settings(monkeypatch, **PRODUCTION, **variables)
    (name,) = variables
    assert str(refused.value).startswith(f"{name} needs the Python package {package}, which is not installed.")
    assert "secret@" not in str(refused.value)


def test_error_reports_are_mailed_where_the_environment_says(monkeypatch):
    found = load_settings(
        monkeypatch,
        **PRODUCTION,
        DJANGO_ADMINS="ana@example.rs, ivan@example.rs",
        EMAIL_URL="smtp+tls://user:a%40b@mail.example.rs:587",
    )
    assert [found[name] for name in ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD")] == [
        *("mail.example.rs", 587, "user", "a@b")
    ]
    assert found["EMAIL_USE_TLS"]
    assert found["SERVER_EMAIL"] == "ana@example.rs"
    assert len(found["ADMINS"]) == 2
    assert found["LOGGING"]["root"]["handlers"] == ["console", "reports"]
    assert load_settings(monkeypatch, **PRODUCTION)["LOGGING"]["root"]["handlers"] == ["console"]


@pytest.fixture
def without_secret_key(tmp_path):
    """Return the variables of production, but for the secret key, which stands in a file."""
    (tmp_path / "secret_key").write_text(f"{PRODUCTION['DJANGO_SECRET_KEY']}\n")
    hosts = {"DJANGO_ALLOWED_HOSTS": PRODUCTION["DJANGO_ALLOWED_HOSTS"]}
    return hosts | {"DJANGO_SECRET_KEY_FILE": str(tmp_path / "secret_key")}


def test_secret_key_can_stand_in_a_file(without_secret_key, monkeypatch):
    assert load_settings(monkeypatch, **without_secret_key)["SECRET_KEY"] == PRODUCTION["DJANGO_SECRET_KEY"]


@pytest.mark.parametrize(
    ("text", "variables", "reason"),
    [
        (None, {}, "cannot be read"),
        ("", {}, "is empty"),
        (" \n", {}, "is empty"),
        ("too short", {}, "too short"),
        ("x" * 60, {"DJANGO_SECRET_KEY": "y" * 60}, "are both set"),
    ],
)
def test_wrong_file_of_the_secret_key_is_refused(text, variables, reason, without_secret_key, tmp_path, monkeypatch):
    (tmp_path / "secret_key").unlink()
    if text is not None:
        (tmp_path / "secret_key").write_text(text)
    with pytest.raises(ImproperlyConfigured, match=f"DJANGO_SECRET_KEY.*{reason}") as refused:
        load_settings(monkeypatch, **without_secret_key, **variables)
    assert "y" * 60 not in str(refused.value)


def test_a_bucket_needs_its_extra(monkeypatch):
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match=r"^MEDIA_STORAGE needs the extra s3: pip install"):
        load_settings(monkeypatch, **PRODUCTION | {"MEDIA_STORAGE": "s3://networks"})


def test_a_bucket_is_named_with_its_server(monkeypatch):
    address = "s3://networks?endpoint=https://s3.example.org&region=eu-central-1"
    found = load_settings(monkeypatch, **PRODUCTION | {"MEDIA_STORAGE": address})["STORAGES"]["default"]["OPTIONS"]
    assert found == {
        "bucket_name": "networks",
        "endpoint_url": "https://s3.example.org",
        "region_name": "eu-central-1",
    }


def test_sessions_in_the_cache_are_in_the_database_too(monkeypatch):
    variables = PRODUCTION | {"DJANGO_SESSIONS": "cache", "CACHE_URL": "redis://localhost:6379/1"}
    assert load_settings(monkeypatch, **variables)["SESSION_ENGINE"] == "django.contrib.sessions.backends.cached_db"


@pytest.mark.process
@pytest.mark.parametrize("start", [["manage.py", "check"], ["-m", "citynetworks.server", "--port", "0"]])
def test_a_wrong_setting_is_told_without_a_traceback(start):
    result = run(*start, **PRODUCTION | {"DJANGO_HTTPS": "maybe"})
    assert result.returncode == 1
    assert result.stderr == "DJANGO_HTTPS is “maybe”. Write on or off.\n"


@pytest.mark.parametrize(
    ("word", "expected"), [("on", True), ("True", True), ("1", True), (" off ", False), ("no", False)]
)
def test_switches_may_be_written_as_is_usual(word, expected, monkeypatch):
    monkeypatch.setenv("DJANGO_HTTPS", word)
    assert environment.switch("DJANGO_HTTPS", default=not expected) is expected


@pytest.mark.parametrize(
    "hosts", ["*", ".example.rs", "[::1],localhost", "mreze.example.rs , 10.0.0.7", "xn--b1awa0e.xn--90a3ac"]
)
def test_hosts_that_django_knows_are_taken(hosts):
    assert environment.hosts("DJANGO_ALLOWED_HOSTS", hosts) == [host.strip() for host in hosts.split(",")]


@pytest.mark.process
def test_browsers_are_bound_to_https_for_a_day_unless_it_is_set():
    expression = "settings.SECURE_HSTS_SECONDS"
    assert setting(expression, **PRODUCTION) == "86400"
    assert setting(expression, **PRODUCTION, DJANGO_HSTS_SECONDS="31536000") == "31536000"
    assert setting(expression, **PRODUCTION, DJANGO_HSTS_SECONDS="31536000", DJANGO_HTTPS="off") == "0"


@pytest.mark.process
def test_checkout_may_stand_in_a_folder_with_any_name(tmp_path):
    folder = tmp_path / "a+b %20#1"
    shutil.copytree(ROOT / "citynetworks", folder / "citynetworks")
    shutil.copytree(ROOT / "networks", folder / "networks")
    code = "import sys; sys.path.insert(0, '.'); from citynetworks import settings; print(settings.DATABASE['NAME'])"
    result = run("-c", code, **PRODUCTION, PYTHONPATH=str(folder), cwd=folder)
    assert result.stdout.strip() == str(folder / ".data" / "db.sqlite3"), result.stderr
    assert demo_environment(folder / "demo", "127.0.0.1")["DATABASE_URL"].endswith("/demo/db.sqlite3")
    assert "+" not in demo_environment(folder / "demo", "127.0.0.1")["DATABASE_URL"]


@pytest.mark.process
def test_server_does_not_start_unconfigured():
    result = run("-c", "import citynetworks.wsgi")
    assert result.returncode != 0
    assert "DJANGO_SECRET_KEY is not set" in result.stderr


@pytest.mark.process
def test_debug_is_off_unless_asked_for():
    assert setting("settings.DEBUG", **PRODUCTION) == "False"
    assert setting("settings.DEBUG", **PRODUCTION, DJANGO_DEBUG="on") == "True"


@pytest.mark.process
def test_page_store_is_filled_unless_it_is_switched_off_or_in_debug_mode():
    expression = "settings.FILL_PAGE_STORE"
    assert setting(expression, **PRODUCTION) == "True"
    assert setting(expression, **PRODUCTION, DJANGO_FILL_PAGE_STORE="off") == "False"
    assert setting(expression, **PRODUCTION, DJANGO_DEBUG="on") == "False"


@pytest.mark.process
def test_check_deploy_is_clean_in_production():
    result = run("manage.py", "check", "--deploy", "--fail-level", "DEBUG", **PRODUCTION)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


@pytest.mark.process
def test_production_reads_hosts_database_and_folders_from_the_environment():
    assert setting("settings.ALLOWED_HOSTS", **PRODUCTION) == "['mreze.example.rs', 'www.mreze.example.rs']"
    postgres = setting(
        "settings.DATABASE['ENGINE'], settings.DATABASE['NAME'], settings.DATABASE['CONN_MAX_AGE']",
        **PRODUCTION,
        DATABASE_URL="postgres://user:secret@host/city",
    )
    assert postgres == "django.db.backends.postgresql city 60"
    assert setting("settings.MEDIA_ROOT", **PRODUCTION, MEDIA_ROOT="/srv/media") == "/srv/media"


@pytest.mark.process
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


@pytest.mark.process
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


@pytest.mark.process
def test_development_needs_no_variable():
    result = run("manage.py", "check")
    assert result.returncode == 0, result.stderr


@pytest.mark.process
def test_manage_alone_explains_itself():
    result = run("manage.py")
    assert result.returncode == 0
    for command in ("demo", "migrate", "loaddata nis", "createsuperuser", "runserver", "make_latin"):
        assert f"manage.py {command} " in result.stdout


@pytest.mark.parametrize("variable", PRODUCTION_VARIABLES)
def test_demo_refuses_the_environment_of_a_real_site(variable, monkeypatch):
    for name in ("DATABASE_URL", *PRODUCTION):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "sqlite:////nowhere/production.sqlite3")
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
def test_demo_takes_nothing_else_for_an_address(text):
    with pytest.raises(CommandError, match=r"is not an address and a port, such as 127\.0\.0\.1:8000"):
        Command().parse(text)


@pytest.mark.process
def test_demo_explains_what_an_address_is():
    result = run("manage.py", "demo", "here")
    assert result.returncode != 0
    assert "“here” is not an address and a port, such as 127.0.0.1:8000" in result.stderr


def test_demo_without_an_address_takes_the_next_free_port(monkeypatch):
    monkeypatch.setattr("networks.management.demo_site.port_is_free", lambda host, port: port >= 8002)
    assert Command().free_address() == ("127.0.0.1", 8002)


@pytest.mark.django_db
def test_demo_prints_passwords_that_open_the_accounts_even_after_one_was_changed(client):
    from django.contrib.auth.models import User

    from networks.management.demo_site import USERS, ensure_user

    for _run in range(2):
        for username, group in USERS.items():
            password = ensure_user(username, group)
            assert client.login(username=username, password=password)
        editor = User.objects.get(username="editor")
        editor.set_password("something else")
        editor.save()


@pytest.mark.process
def test_demo_says_that_a_port_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("manage.py", "demo", str(port))
    assert result.returncode != 0
    assert f"127.0.0.1:{port} is taken" in result.stderr


# A site that is backed up and goes on. Its process ends without closing the connection, as those of a server do.
SITE = """
import os, sqlite3, django
django.setup()
from django.db import connection
cursor = connection.cursor()
cursor.execute("CREATE TABLE fact (number INTEGER PRIMARY KEY, word TEXT)")
cursor.executemany("INSERT INTO fact VALUES (%s, %s)", [(number, f"word {number}") for number in range(2000)])
with sqlite3.connect("copy.sqlite3") as copy:
    connection.connection.backup(copy)
cursor.execute("DELETE FROM fact WHERE number > 9")
cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
cursor.execute("INSERT INTO fact VALUES (10, 'after the backup')")
os._exit(0)
"""


@pytest.fixture
def stopped_site(tmp_path):
    """Return the environment of a site that was stopped after a backup, `copy.sqlite3` in the folder."""
    variables = {**PRODUCTION, "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "PYTHONPATH": str(ROOT)}
    variables["DJANGO_SETTINGS_MODULE"] = "citynetworks.settings"
    result = run("-c", SITE, cwd=tmp_path, **variables)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "db.sqlite3-wal").stat().st_size > 0
    return variables


@pytest.mark.process
def test_a_backup_is_put_back_as_the_papers_say(stopped_site, tmp_path):
    command = re.search(r"`(rm -f db\.sqlite3-wal [^`]+)`", (ROOT / "networks/docs/backup.md").read_text())[1]
    subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=True)  # noqa: S603
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*) FROM fact").fetchone() == (2000,)
    assert run("-m", "django", "check", "--database", "default", **stopped_site).returncode == 0


@pytest.mark.process
def test_nothing_starts_on_a_damaged_database(stopped_site, tmp_path):
    """The copy lies beside what is left in the log of the file that it took the place of."""
    shutil.copyfile(tmp_path / "copy.sqlite3", tmp_path / "db.sqlite3")
    for start in (
        ["manage.py", "migrate"],
        ["manage.py", "check", "--database", "default"],
        ["-m", "citynetworks.server", "--port", "0"],
    ):
        result = run(*start, **stopped_site)
        assert result.returncode == 1
        assert "Traceback" not in result.stderr
        assert f"(networks.E001) The database {tmp_path}/db.sqlite3 cannot be used: " in result.stderr
        assert "restore the last backup" in result.stderr


@pytest.mark.process
def test_each_command_that_writes_says_which_database_it_uses(tmp_path):
    variables = {
        **PRODUCTION,
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DJANGO_SUPERUSER_PASSWORD": "secret",
    }
    for command in (
        ["migrate"],
        ["loaddata", "nis"],
        ["createsuperuser", "--noinput", "--username=admin", "--email=admin@example.org"],
        ["apply_schedules"],
        ["clearsessions"],
        ["flush", "--noinput"],
    ):
        result = run("manage.py", *command, "--verbosity=0", **variables)
        assert result.returncode == 0, result.stderr
        assert result.stderr == f"Database: SQLite, {tmp_path}/db.sqlite3\n"


@pytest.mark.process
def test_a_command_without_configuration_says_that_it_works_in_debug_mode(tmp_path):
    for name in ("manage.py", "citynetworks", "networks"):
        (shutil.copy if name == "manage.py" else shutil.copytree)(ROOT / name, tmp_path / name)
    result = run("manage.py", "migrate", "contenttypes", cwd=tmp_path)
    assert result.stderr.splitlines()[0] == f"Database: SQLite, {tmp_path}/.data/db.sqlite3, in debug mode"


@pytest.mark.django_db
def test_database_answers_a_save_when_it_is_on_the_disk():
    """What a clerk was told is saved survives a power failure the moment after."""
    from django.db import connection

    question, durable = {"sqlite": ("PRAGMA synchronous", 2), "postgresql": ("SHOW synchronous_commit", "on")}[
        connection.vendor
    ]
    with connection.cursor() as cursor:
        assert cursor.execute(question).fetchone() == (durable,)


@pytest.mark.parametrize(
    ("value", "offered", "stored"),
    [
        ("sr,en", ["sr", "sr-latn", "en"], ("sr", "en")),
        (" SR, hu , en", ["sr", "sr-latn", "hu", "en"], ("sr", "hu", "en")),
        ("sr,en,hu:retired,de:dropped", ["sr", "sr-latn", "en"], ("sr", "en", "hu")),
        ("sr,en:retired,hu", ["sr", "sr-latn", "hu"], ("sr", "en", "hu")),
    ],
)
def test_a_language_is_offered_or_only_stored_or_neither(monkeypatch, value, offered, stored):
    loaded = load_settings(monkeypatch, **PRODUCTION, DJANGO_LANGUAGES=value)
    assert [code for code, _name in loaded["LANGUAGES"]] == offered
    assert loaded["MODELTRANSLATION_LANGUAGES"] == stored
