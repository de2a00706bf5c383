"""
What public pages depend on besides their URL: the content version, and the date. And when schedules fall due.

A `Watch` polls the database for both, about once a second, within whichever request comes first. One that finds a
schedule due applies it, before it says what pages depend on now.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import time as time_of_day
from typing import TypeVar

from django import db
from django.utils import timezone

from networks.page_store.version import current_version
from networks.revisions import schedules

logger = logging.getLogger(__name__)

T = TypeVar("T")

POLL_PATIENCE = 5.0  # seconds until a database that keeps its connections but does not answer counts as away


class State:
    """
    A content version on one day. A page that was rendered in a state is fresh for as long as that is the current one.

    States are numbered one after the other. `seen_at` is the monotonic time of the last poll that found this state.
    """

    def __init__(self, version: int, days: tuple[date, date], number: int):
        self.version = version
        self.days = days  # in the city, and in UTC
        self.number = number
        self.seen_at = 0.0


def poll_database() -> tuple[int, datetime | None]:
    """Return the content version, and the time of the next schedule. Raise one of Django's database errors."""
    return current_version(), schedules.next_due()


@contextmanager
def own_connection() -> Iterator[None]:
    """Close unusable connections of a thread outside of requests, as Django does before and after each request."""
    db.close_old_connections()
    try:
        yield
    finally:
        db.close_old_connections()


def in_one_thread(function: Callable[[], T], patience: float | None = None) -> Callable[[], T]:
    """
    Run a function always in the same thread, so that it uses a single connection to the database.

    After `patience` seconds its caller gets an OperationalError, and so does each further one, at once, until it has
    ended. What it returns then is dropped: it may be as old as its call.
    """
    threads = ThreadPoolExecutor(1, thread_name_prefix=function.__name__)
    overdue: Future[T] | None = None

    def run() -> T:
        with own_connection():
            return function()

    def call() -> T:
        nonlocal overdue
        if overdue is not None and not overdue.done():
            raise db.OperationalError("The database has still not responded")
        called = threads.submit(run)
        try:
            return called.result(patience)
        except TimeoutError as error:
            overdue = called
            raise db.OperationalError(f"The database has not responded for {patience} s") from error

    return call


class Watch:
    """
    The current state, polled again when that is necessary.

    It is never older than MAX_AGE. One request polls, a little earlier than necessary, while others go on with the
    last state. They only wait for a poll that takes long, and at most for POLL_TIMEOUT. Due schedules are applied by
    one request too, and no other waits for that: until it is done, the last state is the current one.
    """

    POLL_INTERVAL = 0.75  # seconds from the beginning of one poll to the next
    MAX_AGE = 1.0  # seconds from the beginning of a poll
    POLL_TIMEOUT = 1.0  # seconds that a request waits for a poll that another one has begun
    RETRY_AFTER = 1.0  # seconds from the end of a poll that failed

    def __init__(
        self,
        poll_database: Callable[[], tuple[int, datetime | None]] = poll_database,
        apply_due_schedules: Callable[[], object] = schedules.apply_due,
        wall_clock: Callable[[], float] | None = None,
    ):
        self.poll_database = poll_database
        self.apply_due_schedules = apply_due_schedules
        self.wall_clock = wall_clock or time.time  # in seconds since 1970
        self.state: State | None = None  # that of the last poll that did not fail
        self.database_is_available = True
        self.has_due_schedules = False
        self.poll_lock = threading.Lock()
        self.schedules_lock = threading.Lock()
        # By the monotonic clock
        self.polled_at = self.next_poll = self.trusted_until = float("-inf")
        # By the wall clock, which can be set: the last poll, and the next one, not later than the next schedule or
        # midnight.
        self.valid_from, self.valid_until = float("-inf"), float("inf")

    def current_state(self) -> State | None:
        """Return the current state; None while the database is not available."""
        now = time.monotonic()
        if now >= self.next_poll or not self.valid_from <= self.wall_clock() < self.valid_until:
            return self.polled_state(now)
        return self.state if self.database_is_available else None

    def polled_state(self, now: float) -> State | None:
        """Poll, unless another request is about to, and return the current state. `now` is the monotonic time."""
        if not self.poll_lock.acquire(blocking=False):
            if not self.database_is_available:
                return None
            if now < self.trusted_until:
                return self.state
            if not self.poll_lock.acquire(timeout=self.POLL_TIMEOUT):
                # No other request waits for this poll.
                self.database_is_available = False
                logger.warning("The database has not responded for %s s. Serving cached pages", self.POLL_TIMEOUT)
                return None
            self.poll_lock.release()
            return self.state if self.database_is_available else None
        try:
            if now >= self.polled_at:  # else another request has polled meanwhile
                self.poll()
        finally:
            self.poll_lock.release()
        if self.has_due_schedules and self.schedules_lock.acquire(blocking=False):
            try:
                self.apply_due_schedules()
            except db.Error:
                logger.exception("Due schedules wait for the database")
            finally:
                self.schedules_lock.release()
            with self.poll_lock:
                self.poll()
        return self.state if self.database_is_available else None

    def poll(self) -> None:
        self.polled_at = time.monotonic()
        try:
            version, next_due = self.poll_database()
        except db.Error:
            if self.database_is_available:
                logger.exception("The database is not available. Serving cached pages")
            self.database_is_available = self.has_due_schedules = False
            self.next_poll = time.monotonic() + self.RETRY_AFTER
            self.valid_from, self.valid_until = float("-inf"), float("inf")
            return
        if not self.database_is_available:
            logger.warning("The database is available again")
        wall_time = self.wall_clock()
        now = datetime.fromtimestamp(wall_time, UTC)
        days = (timezone.localdate(now), now.date())
        state = self.state
        if state is None or (state.version, state.days) != (version, days):
            state = State(version, days, state.number + 1 if state else 1)
        state.seen_at = self.polled_at
        events = [next_midnight(now, timezone.get_default_timezone()), next_midnight(now, UTC)]
        if next_due is not None:
            events.append(next_due)
        self.has_due_schedules = next_due is not None and next_due <= now
        # A schedule that is due and could not be applied is tried again after each poll, and not with each request.
        next_event = min(event.timestamp() for event in events if event > now)
        self.valid_from, self.valid_until = wall_time, min(next_event, wall_time + self.POLL_INTERVAL)
        self.trusted_until = self.polled_at + self.MAX_AGE
        self.next_poll = self.polled_at + self.POLL_INTERVAL
        self.state, self.database_is_available = state, True


def next_midnight(now: datetime, zone: tzinfo) -> datetime:
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time_of_day(), tzinfo=zone)
