"""A site is installed by one command, again and again, and its own command works with its settings."""

import os
import shutil
import stat
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from citynetworks import command_line, installed
from citynetworks.request_limits import LARGEST_BODY
from networks.management.typed_path import typed_path
from networks.operations.installation import TIMERS, Installation, InstallationFailed
from tests.processes import ROOT
from tests.production import run
from tests.programs import is_missing

HOSTS = "mreze.example.rs,www.mreze.example.rs"


def install(root: Path, **options) -> str:
    output = StringIO()
    call_command("install", root=root, files_only=True, stdout=output, **options)
    return output.getvalue()


@pytest.fixture
def site(tmp_path):
    """An installation of which the files are written; nothing of it runs."""
    install(tmp_path, host=HOSTS, email="security@example.rs", port="8123")
    return Installation(HOSTS.split(","), port=8123, root=tmp_path)


def contents(root: Path) -> dict[str, tuple[int, str]]:
    """Return mode and text of each file below a folder."""
    files = (path for path in root.rglob("*") if path.is_file() and "current" not in path.parts)
    return {str(path.relative_to(root)): (stat.S_IMODE(path.stat().st_mode), path.read_text()) for path in files}


def test_secrets_are_fresh_and_for_nobody_else(tmp_path):
    for name in ("one", "other"):
        install(tmp_path / name, host=HOSTS)
    secrets = []
    for name in ("one", "other"):
        files = contents(tmp_path / name)
        assert (files["etc/city-networks/environment"][0], files["etc/city-networks/secret_key"][0]) == (0o600, 0o600)
        variables = installed.environment_variables(files["etc/city-networks/environment"][1])
        secrets += [files["etc/city-networks/secret_key"][1], variables["DJANGO_HEALTH_TOKEN"]]
        assert all(
            secret not in text
            for secret in secrets
            for path, (_mode, text) in files.items()
            if "etc/city" not in path
        )
    assert len({*secrets}) == 4
    assert all(len(secret) >= 40 for secret in secrets)


def test_second_run_changes_nothing_and_says_so(site):
    before = contents(site.root)
    output = install(site.root)
    assert contents(site.root) == before
    assert "made" not in output
    assert f"kept   {site.environment_file}" in output


def test_second_run_knows_the_certificate_that_nginx_uses(tmp_path):
    install(tmp_path, host=HOSTS, certificate="/etc/letsencrypt/live/mreze/")
    output = install(tmp_path)
    assert "differs" not in output
    assert "into /etc/letsencrypt/live/mreze: fullchain.pem" in output
    assert ".new" not in install(tmp_path, certificate="/etc/letsencrypt/live/mreze")
    assert ".new" in install(tmp_path, certificate="/etc/ssl/other")


def test_what_somebody_has_edited_stays_and_the_new_text_lies_beside_it(site):
    site.nginx_file.write_text("# ours\n")
    site.environment_file.write_text(site.environment_file.read_text() + "DJANGO_SESSION_HOURS=4\n")
    output = install(site.root)
    assert site.nginx_file.read_text() == "# ours\n"
    assert f"{site.nginx_file}.new" in output
    assert "mreze.example.rs" in Path(f"{site.nginx_file}.new").read_text()
    assert "DJANGO_SESSION_HOURS=4" in site.environment_file.read_text()
    site.nginx_file.unlink()
    assert f"made   {site.nginx_file}" in install(site.root)
    install(site.root)
    assert not Path(f"{site.nginx_file}.new").exists()


def test_root_gives_away_what_it_has_made_and_nothing_else(site, monkeypatch):
    """The user of the site could put a link to a folder of root's in the place of one of its own."""
    given = []
    monkeypatch.setattr(os, "chown", lambda path, *ids, follow_symlinks: given.append((path, follow_symlinks)))
    site.is_real = True
    backups = site.state_folder / "backups"
    backups.rmdir()
    assert f"made   {backups}" in [*site.make_folders()]
    assert given == [(backups, False)]
    backups.rmdir()
    backups.symlink_to(site.settings_folder)
    with pytest.raises(InstallationFailed, match="backups is a symbolic link"):
        [*site.make_folders()]
    assert len(given) == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"host": "other.example.rs"}, "another DJANGO_ALLOWED_HOSTS"),
        ({"port": "9000"}, "another DJANGO_PORT"),
        ({"email": "other@example.rs"}, "another DJANGO_SECURITY_CONTACT"),
        ({"database_url": "sqlite:////other.sqlite3"}, "another DATABASE_URL"),
    ],
)
def test_second_run_refuses_to_be_told_otherwise(site, options, reason):
    before = contents(site.root)
    with pytest.raises(CommandError, match=reason):
        install(site.root, **options)
    assert contents(site.root) == before


def test_url_of_the_database_can_stand_on_standard_input(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", StringIO("sqlite:////srv/city.sqlite3\n"))
    install(tmp_path, host=HOSTS, database_url="-")
    settings = Installation([HOSTS], root=tmp_path).environment_file.read_text()
    assert "DATABASE_URL=sqlite:////srv/city.sqlite3\n" in settings
    for command in (["move_database", "-"], ["restore", "b.zip", "--into", "-"]):
        for text, reason in (("mysql://u:p@h/n\n", "is not understood"), ("", "there is none")):
            monkeypatch.setattr(sys, "stdin", StringIO(text))
            with pytest.raises(CommandError, match=reason):
                call_command(*command)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "Name the host"),
        ({"host": "https://mreze.example.rs"}, "host names in ASCII"),
        ({"host": "мреже.срб"}, "host names in ASCII"),
        ({"host": "*"}, "the one that visitors are led to"),
        ({"host": ".example.rs"}, "the one that visitors are led to"),
        ({"host": HOSTS, "port": "http"}, "is no port"),
        ({"host": HOSTS, "port": "70000"}, "is no port"),
        ({"host": HOSTS, "email": "nobody"}, "is no e-mail address"),
        ({"host": HOSTS, "database_url": "mysql://u:p@h/n"}, "is not understood"),
        ({"host": HOSTS, "database_url": "sqlite:////a\nDJANGO_DEBUG=on"}, "line break"),
    ],
)
def test_wrong_answers_write_nothing(options, reason, tmp_path):
    with pytest.raises(CommandError, match=reason):
        install(tmp_path, **options)
    assert contents(tmp_path) == {}


def test_line_that_is_no_setting_is_named(site):
    site.environment_file.write_text("DJANGO_ALLOWED_HOSTS=mreze.example.rs\nDJANGO_PORT 8000\n")
    with pytest.raises(CommandError, match="line 2 is no NAME=value"):
        install(site.root)


def test_site_that_was_installed_by_hand_gets_no_second_one(tmp_path):
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    (units / "city-networks.service").write_text("[Service]\n")
    with pytest.raises(CommandError, match="by hand: .*city-networks.service"):
        install(tmp_path, host=HOSTS)
    assert [*contents(tmp_path)] == ["etc/systemd/system/city-networks.service"]


def test_dry_run_shows_all_files_and_no_secret(tmp_path, monkeypatch):
    monkeypatch.setattr("networks.management.commands.install.find_spec", lambda name: True)  # psycopg is an extra
    output = install(tmp_path, host=HOSTS, dry_run=True, database_url="postgres://city:a-password@host/city")
    assert "a-password" not in output
    assert [*tmp_path.iterdir()] == []
    assert all(str(file.path) in output for file in Installation([HOSTS], root=tmp_path).files())
    assert output.count("(made anew)") == 2


def test_only_root_changes_the_machine(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for command in ("install", "upgrade"):
        with pytest.raises(CommandError, match="Only root may"):
            call_command(command, **({"host": HOSTS} if command == "install" else {}))


def test_units_are_what_systemd_takes(site):
    """Each runs as the site does, and each timer has its service."""
    unit = (site.units_folder / "city-networks.service").read_text()
    for name, (_calendar, commands) in TIMERS.items():
        task = (site.units_folder / f"city-networks-{name}.service").read_text()
        assert task.endswith("\n")
        assert {line for line in unit.splitlines() if line.startswith(("Protect", "Restrict", "Environment"))} <= {
            *task.splitlines()
        }
        for command in commands:
            typed = command.replace("/var/lib/city-networks", str(site.state_folder))
            assert f"citynetworks.command_line {typed}\n" in task
        assert (site.units_folder / f"city-networks-{name}.timer").exists()
    if shutil.which("systemd-analyze") is None:
        return
    units = [path for path in site.units_folder.iterdir() if path.suffix in (".service", ".timer")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)  # noqa: S603, S607
    assert (done.returncode, done.stderr) == (0, "")


def test_nginx_takes_what_the_site_takes(site):
    text = site.nginx_file.read_text()
    assert f"client_max_body_size {LARGEST_BODY // 1024**2}m;" in text
    assert "server 127.0.0.1:8123;" in text
    assert "server_name mreze.example.rs www.mreze.example.rs;" in text
    assert "example.org" not in text


@pytest.mark.process
def test_nginx_reads_its_file(site, tmp_path):
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None:
        is_missing("nginx is not installed")
    certificate = tmp_path / "certificate"
    certificate.mkdir()
    openssl = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=mreze.example.rs",
    ]
    files = ["-out", certificate / "fullchain.pem", "-keyout", certificate / "privkey.pem"]
    subprocess.run([*openssl, *files], check=True, capture_output=True)  # noqa: S603
    other = tmp_path / "with-certificate"
    install(other, host=HOSTS, certificate=str(certificate))
    written = Installation([HOSTS], root=other).nginx_file
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}\nhttp {{ access_log off; include {written}; }}\n"
    )
    done = subprocess.run([program, "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, done.stderr


@given(st.dictionaries(st.sampled_from(["A", "B_C"]), st.text("a1 \"'\\$`#;=%:/@й")))
def test_settings_are_read_as_they_were_written(variables):
    variables = {name: value.strip() for name, value in variables.items()}
    assert installed.environment_variables(installed.environment_text(variables)) == variables


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("# remark\n; another\n\nA=1\n", {"A": "1"}),
        ("A='a b' \nB=\"c d\"\nC=e f\n", {"A": "a b", "B": "c d", "C": "e f"}),
        ('A="a \\"b\\" \\\\ \\$"\nB=a\\ b\n', {"A": 'a "b" \\ $', "B": "a b"}),
        ("A='a \"b\" \\n'\n", {"A": 'a "b" \\n'}),
        ("A=1,\\\n2\n", {"A": "1,2"}),
        ("A=1\nA=2\nB=\n", {"A": "2", "B": ""}),
        ("A=b#c=d\n", {"A": "b#c=d"}),
    ],
)
def test_settings_are_read_as_systemd_reads_them(text, variables):
    assert installed.environment_variables(text) == variables


@pytest.mark.parametrize("text", ["A", "export A=1", "1A=2", "A B=1"])
def test_another_line_is_refused(text, tmp_path):
    (tmp_path / "environment").write_text(f"B=1\n{text}\n")
    with pytest.raises(SystemExit, match="line 2 is no NAME=value"):
        installed.take_environment(tmp_path / "environment")


@pytest.mark.parametrize(
    ("missing", "reason"),
    [("environment", "`city-networks install` writes it"), ("secret_key", "`city-networks install` writes it")],
)
def test_missing_settings_are_told(site, missing, reason):
    (site.settings_folder / missing).unlink()
    with pytest.raises(SystemExit, match=reason):
        installed.take_environment(site.environment_file)


def test_shell_does_not_lend_its_settings_to_the_site(site, monkeypatch):
    monkeypatch.setattr(os, "environ", {"DJANGO_DEBUG": "on", "CACHE_URL": "x", "DJANGO_SUPERUSER_PASSWORD": "y"})
    installed.take_environment(site.environment_file)
    assert "DJANGO_DEBUG" not in os.environ
    assert "CACHE_URL" not in os.environ
    assert os.environ["DJANGO_SUPERUSER_PASSWORD"] == "y"
    assert os.environ["DJANGO_SECRET_KEY"] == (site.settings_folder / "secret_key").read_text().strip()


def test_plain_shell_makes_no_new_database_beside_an_installed_site(site, monkeypatch):
    """Whoever forgets the site's own command is led to it; who works on a checkout says so."""
    monkeypatch.setattr(command_line, "ENVIRONMENT_FILE", str(site.environment_file))
    monkeypatch.setattr(os, "environ", {"DJANGO_SETTINGS_MODULE": "tests.settings"})
    ran = []
    monkeypatch.setattr("django.core.management.execute_from_command_line", ran.append)
    for command in ("createsuperuser", "migrate", "shell", "upgrade --check"):
        os.environ.pop("DJANGO_DEBUG", None)
        monkeypatch.setattr(sys, "argv", ["manage.py", *command.split()])
        with pytest.raises(SystemExit, match=f"sudo city-networks {command.split()[0]}"):
            command_line.main()
    assert ran == []
    for variables in ({"DJANGO_DEBUG": "on"}, {"DATABASE_URL": "sqlite:////db.sqlite3"}):
        monkeypatch.setattr(os, "environ", {"DJANGO_SETTINGS_MODULE": "tests.settings", **variables})
        monkeypatch.setattr(sys, "argv", ["manage.py", "migrate"])
        command_line.main()
    assert len(ran) == 2


def test_files_are_meant_where_the_command_was_typed(site, tmp_path, monkeypatch):
    """Though the command itself works in the folder of the site, to which its settings may be relative."""
    folder = tmp_path / "typed here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(os, "environ", {**os.environ})
    monkeypatch.setattr(sys, "argv", ["installed", str(site.environment_file), site.user, "restore", "b.zip"])
    monkeypatch.setattr(os, "umask", lambda mask: 0)
    paths = []
    monkeypatch.setattr(
        command_line, "main", lambda: paths.extend([Path.cwd(), *map(typed_path, ("b.zip", "/b.zip"))])
    )
    installed.main()
    assert paths[0] != folder
    assert os.environ[command_line.SETTINGS_FILE] == str(site.environment_file)
    assert paths[1:] == [folder / "b.zip", Path("/b.zip")]
    monkeypatch.delenv(command_line.CALLING_FOLDER)
    assert typed_path("b.zip") == Path("b.zip")


@pytest.mark.process
def test_own_command_works_on_the_database_of_the_site(site):
    """As the unit and the command itself start, in a process that has nothing else of the site."""
    module = ["-m", "citynetworks.installed", str(site.environment_file), site.user]
    done = run(*module, "migrate", "contenttypes", DJANGO_DEBUG="on", DATABASE_URL="sqlite:////nowhere/else")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"Database: SQLite, {site.state_folder}/db.sqlite3\n"
    variables = installed.environment_variables(site.environment_file.read_text())
    variables["DJANGO_SECRET_KEY_FILE"] = str(site.settings_folder / "secret_key")
    done = run("manage.py", "check", "--deploy", "--fail-level", "DEBUG", cwd=ROOT, **variables)
    assert done.returncode == 0, done.stderr
