import gc
import itertools
import os
import sqlite3
import tempfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone, translation
from playwright.sync_api import sync_playwright

from networks.public import word_index
from tests import processes
from tests.browser import CHROMIUM, FLAGS, NO_CHROMIUM
from tests.migrating import drop_all_tables
from tests.programs import is_missing
from tests.world import world  # noqa: F401 - a fixture

# A slow machine is no failure of the code, and each run tries the same examples.
hypothesis.settings.register_profile("few", deadline=None, derandomize=True, max_examples=20)
hypothesis.settings.register_profile("many", deadline=None, derandomize=True, max_examples=100)
hypothesis.settings.load_profile("few")

numbers = itertools.count()

SLOW = ["browser", "process", "exhaustive", "long", "migration"]


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help=f"run the slow tests too: {', '.join(SLOW)}")
    parser.addoption("--write-guide", action="store_true", help="take the pictures of the admin's guide anew")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Leave the slow tests out, unless they, or their files, are asked for. Remove what killed runs have left."""
    if not hasattr(config, "workerinput"):  # as the processes of pytest-xdist have
        processes.remove_old_databases(Path(tempfile.gettempdir()), time.time())
    is_chosen = config.option.markexpr or config.args_source is config.ArgsSource.ARGS
    if not (is_chosen or config.option.all):
        config.option.markexpr = f"not ({' or '.join(SLOW)})"


def pytest_terminal_summary(terminalreporter):
    """Print what tests/test_browser_accessibility.py has checked: the evidence for the accessibility statement."""
    lines = [
        text
        for report in terminalreporter.getreports("passed")
        for name, text in report.user_properties
        if name == "accessibility" and report.when == "call"
    ]
    if lines:
        terminalreporter.section("accessibility")
        for line in lines:
            terminalreporter.line(line)


@pytest.hookimpl(tryfirst=True)  # before the marks are asked for
def pytest_collection_modifyitems(config, items):
    """
    Mark what uses the database.

    Without the mark of pytest-django, a fixture of the session would get the database of the checkout where no other
    test is chosen.

    Leave out what is about PostgreSQL where the tests run on SQLite.

    Begin with the tests of a browser, which take longest, so that no worker is left with them in the end.
    """
    if connection.vendor != "postgresql":
        left_out = [item for item in items if item.get_closest_marker("postgres")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    for item in items:
        if item.get_closest_marker("django_db"):
            item.add_marker("database")
        elif "django_db_setup" in item.fixturenames:
            item.add_marker("database")
            if not {"db", "transactional_db"} & {*item.fixturenames}:
                item.add_marker("django_db")
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


def pytest_collection_finish():
    """Let the garbage collector leave the thousands of tests alone: it would go over them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(autouse=True)
def clean_surroundings(settings, tmp_path_factory):
    """Uploads in a folder of the test's own, nothing cached, and the default language before and after."""
    # Not in `tmp_path`: to make it for each test takes longer than many a test.
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / f"media{next(numbers)}"
    cache.clear()
    word_index.index.version = None  # as if the process were new
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def unhurried_actions():
    """On a slow machine, a bulk action on a few rows may take the second after which a page says how far it is."""
    from networks.admin.bulk_actions import BulkActionsMixin

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BulkActionsMixin, "run_time", 600)
        yield


@pytest.fixture
def moving_clock(monkeypatch):
    """What time it is for the whole project: `moving_clock.now`, to be moved by hand."""
    clock = SimpleNamespace(now=datetime(2026, 5, 4, 10, tzinfo=UTC))
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, tmp_path_factory):
    """Migrate the test database. On SQLite, give the path of a copy of it that no test writes to."""
    if connection.vendor != "sqlite":
        return None
    path = tmp_path_factory.mktemp("migrated") / "db.sqlite3"
    with django_db_blocker.unblock(), closing(sqlite3.connect(path)) as file:
        connection.ensure_connection()
        connection.connection.backup(file)
        # As the site leaves it, so that processes which open a copy at the same moment need not change it
        file.execute("PRAGMA journal_mode=WAL")
    return path


@pytest.fixture(scope="session")
def rows_of_nis(django_db_setup, django_db_blocker):
    """What an empty database holds after `loaddata nis`: the rows of each table of ours."""
    rows = {}
    with django_db_blocker.unblock(), transaction.atomic(), connection.cursor() as cursor:
        call_command("loaddata", "nis", verbosity=0)
        for model in apps.get_app_config("networks").get_models(include_auto_created=True):
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            rows[table] = cursor.fetchall()
        transaction.set_rollback(True)
    return {table: found for table, found in rows.items() if found}


@pytest.fixture
def nis(db, rows_of_nis):
    """The real content: the eleven memberships of Niš, their themes, the plain pages and the city's profile."""
    with connection.cursor() as cursor:
        for table, rows in rows_of_nis.items():
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608
            values = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({values})", rows)  # noqa: S608


@pytest.fixture(scope="session")
def database_template(tmp_path_factory, django_db_setup, django_db_blocker):
    """A migrated database without rows that several processes may work on, once it was copied (`tests.processes`)."""
    folder = tmp_path_factory.mktemp("processes")
    with processes.migrated_database(folder, django_db_setup, django_db_blocker) as template:
        yield template


@pytest.fixture
def migrated_again(transactional_db, django_db_setup):
    """Whatever happens, the database ends with all migrations applied; its rows go with the test's."""
    yield
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(django_db_setup)) as migrated:
            connection.ensure_connection()
            migrated.backup(connection.connection)
        return
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        drop_all_tables()
        call_command("migrate", verbosity=0)


@pytest.fixture
def connection_of_the_test(monkeypatch):
    """Let no request close the connection that a test's transaction is open on, as Django's test client sees to."""
    close = BaseDatabaseWrapper.close_if_unusable_or_obsolete
    monkeypatch.setattr(
        BaseDatabaseWrapper,
        "close_if_unusable_or_obsolete",
        lambda self: None if self.in_atomic_block else close(self),
    )


@pytest.fixture(scope="session")
def playwright():
    if CHROMIUM is None:
        is_missing(NO_CHROMIUM)
    # Playwright keeps an event loop in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        yield playwright
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser(playwright):
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def open_page(browser):
    """
    Open pages, and fail in the end if one of them asked another host or broke its own policy.

    `expected` is what else the browser may report as an error.
    """
    contexts, wrong = [], []
    # The browser itself reports each page that is missing, or refused, as an error; those are asked for.
    asked_for = ["the server responded with a status of 4"]

    def open_one(width=1280, scheme="light", expected=(), **options):
        asked_for.extend(expected)
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    wait_for_server()
    assert not [text for text in wrong if not any(each in text for each in asked_for)]


def wait_for_server():
    """A form that is left says so to the server, which must have noted it before the database is emptied."""
    time.sleep(0.1)  # seconds, until what the closed pages have sent has arrived
    deadline = time.monotonic() + 5
    while any("process_request" in each.name for each in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.02)
