import os
import threading
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import hypothesis
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone, translation
from playwright.sync_api import sync_playwright

from tests.browser import CHROMIUM, FLAGS, NO_CHROMIUM

# A slow machine is no failure of the code, and each run tries the same examples.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.load_profile("suite")


def pytest_addoption(parser):
    parser.addoption(
        "--record-accessibility",
        action="store_true",
        help="write what the accessibility statement says from what tests/test_browser_accessibility.py finds",
    )


@pytest.fixture(autouse=True)
def clean_surroundings(settings, tmp_path):
    """Uploads in a folder of the test's own, nothing cached, and the default language before and after."""
    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture
def moving_clock(monkeypatch):
    """What time it is for the whole project: `moving_clock.now`, to be moved by hand."""
    clock = SimpleNamespace(now=datetime(2026, 5, 4, 10, tzinfo=UTC))
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture
def nis(db):
    """The real content: the eleven memberships of Niš, their themes, the plain pages and the city's profile."""
    call_command("loaddata", "nis", verbosity=0)


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
        if os.environ.get("CI"):
            pytest.fail(f"{NO_CHROMIUM}; in CI it must be")
        pytest.skip(NO_CHROMIUM)
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
