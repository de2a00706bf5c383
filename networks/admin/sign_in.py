"""
Throttle log-ins: guessing passwords takes longer and longer.

Wrong passwords, and wrong codes of the second factor, are counted in three ways: for an account from one IP address,
for an account from any address, and for an address with any account. After a number of free failures, each further
one doubles the time until the next attempt. Until then no password and no code is checked, not even the right one. A
right password that is not followed by a right code resets no counter.

From an address from which an account has logged in before, only the first of the three counts for that account. So a
stranger cannot lock people out at their usual place of work, and a colleague who mistypes locks out nobody else.

The counters are rows in the database, which all processes and servers share. Their keys are hashes, so a copy of the
database does not tell who has worked from where.
"""

import logging
import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from citynetworks.client_ip import client_ip, ip_block
from citynetworks.logs import Personal
from networks.models import AuditEntry, SignInAttempts

logger = logging.getLogger(__name__)

# The number of wrong passwords without a wait, by counter
FREE_FAILURES = {"account and address": 5, "account": 20, "address": 50}

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)  # after the last wrong password
KNOWN_FOR = timedelta(days=90)  # after the last log-in of the account from the address

MAX_NAME_LENGTH = 150  # characters

# The error codes of the forms for a wrong password, which are Django's, or a wrong code: what is counted, by its name
WRONG_ENTRIES = {"invalid_login": "password", "password_incorrect": "password", "wrong_code": "code"}

# Hashing a password is slow by design. So a process checks one at a time and lets one more request wait for that; its
# other threads stay free for other requests.
checking = threading.Lock()
queue = threading.BoundedSemaphore(2)
MAX_WAIT_FOR_TURN = 3  # seconds


class SecondStep(ValidationError):
    """The password is right, and now a code of the second factor is needed. Neither a failure nor a success."""


class TryLater(ValidationError):
    """
    The attempt is refused without checking the password.

    `status` is the HTTP status of the response (429 or 503), `seconds` the value of its Retry-After header.
    """

    def __init__(self, message: str, *, status: int, seconds: int) -> None:
        super().__init__(message, code="try_later")
        self.status = status
        self.seconds = seconds


def wait(failures: int, free: int) -> timedelta:
    """Return the time from the last of so many failures to the next attempt; `free` failures have none."""
    doublings = failures - free - 1
    return min(FIRST_WAIT * 2 ** min(doublings, 10), LONGEST_WAIT) if doublings >= 0 else timedelta()


@contextmanager
def attempt(account: str, environ: Mapping[str, Any]) -> Iterator[None]:
    """
    Run the body, which checks a password or a code of the account, and count the result.

    A ValidationError of the body with one of WRONG_ENTRIES counts as a failure; any other one does not count.
    `environ` is the WSGI environ (`request.META`). Raises TryLater without running the body while the account or the
    address has to wait.
    """
    address = client_ip(environ)
    keys = counter_keys(account, address)
    shown = Personal(repr(account)[:MAX_NAME_LENGTH])  # repr() escapes line breaks
    try:
        raise_if_waiting(keys)
        with turn():
            # Requests before this one in the queue may have failed meanwhile.
            raise_if_waiting(keys)
            try:
                yield
            except ValidationError as error:
                if wrong := WRONG_ENTRIES.get(getattr(error, "code", None) or ""):
                    logger.warning("Wrong %s for %s from %s", wrong, shown, Personal(address))
                    count_failure(keys)
                    note_failure(account, environ, wrong, waiting_until(keys))
                raise
            note_success(keys)
    except TryLater as later:
        logger.warning("No password looked at for %s from %s (%s)", shown, Personal(address), later.status)
        raise


def counter_keys(account: str, address: str) -> dict[str, str]:
    """Return the keys of the three counters, by their names in FREE_FAILURES."""
    name = account.strip().casefold()[:MAX_NAME_LENGTH]
    block = ip_block(address)
    parts = {"account and address": (block, name), "account": (name,), "address": (block,)}
    return {
        kind: salted_hmac("networks.sign_in", "\0".join((kind, *of)), algorithm="sha256").hexdigest()
        for kind, of in parts.items()
    }


def raise_if_waiting(keys: Mapping[str, str]) -> None:
    """Raise TryLater (429) if the wait of a counter has not ended."""
    until = waiting_until(keys)
    now = timezone.now()
    if until is None or until <= now:
        return
    minute = timezone.localtime(until + timedelta(minutes=1))  # the first whole minute after the wait
    message = _(
        "A wrong password or code was entered too often. Try again at {time}; until then not even the right one is "
        "accepted."
    )
    seconds = math.ceil((until - now).total_seconds())
    raise TryLater(message.format(time=f"{minute:%H:%M}"), status=429, seconds=seconds)


def waiting_until(keys: Mapping[str, str]) -> datetime | None:
    """Return when the longest wait ends or has ended; None if no counter makes anybody wait."""
    rows = {row.key: row for row in SignInAttempts.objects.filter(key__in=keys.values())}
    here = rows.get(keys["account and address"])
    is_known = here is not None and here.signed_in_at is not None and here.signed_in_at > timezone.now() - KNOWN_FOR
    ends = [
        row.last_failed_at + wait(row.failures, FREE_FAILURES[kind])
        for kind, key in keys.items()
        if (row := rows.get(key)) is not None
        and row.last_failed_at is not None
        and (kind == "account and address" or not is_known)
    ]
    return max(ends, default=None)


def count_failure(keys: Mapping[str, str]) -> None:
    """Add a failure to each counter, and delete what has expired."""
    now = timezone.now()
    rows = SignInAttempts.objects
    rows.filter(last_failed_at__lt=now - FORGOTTEN_AFTER, failures__gt=0).update(failures=0)
    rows.filter(failures=0).exclude(signed_in_at__gte=now - KNOWN_FOR).delete()
    # In the order of the keys, so that two transactions cannot deadlock
    failed = [SignInAttempts(key=key, last_failed_at=now) for key in sorted(keys.values())]
    with transaction.atomic():
        rows.bulk_create(failed, update_conflicts=True, unique_fields=["key"], update_fields=["last_failed_at"])
        rows.filter(key__in=keys.values()).update(failures=models.F("failures") + 1)


def note_failure(account: str, environ: Mapping[str, Any], wrong: str, until: datetime | None) -> None:
    """Tell the audit log of a wrong password or code, and of the wait that begins with it."""
    name = account[:MAX_NAME_LENGTH]
    owner = User.objects.filter(username=name).first()
    entry: dict[str, Any] = {"environ": environ, "account": owner, "account_name": name}
    AuditEntry.objects.note_sign_in(AuditEntry.Kind.SIGN_IN_FAILED, **entry, wrong=wrong)
    if until is not None and until > timezone.now():
        AuditEntry.objects.note_sign_in(AuditEntry.Kind.LOCKED_OUT, **entry, until=until.isoformat())


@receiver(user_logged_in)
def note_signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Tell the audit log of a log-in, and delete what is older than it keeps."""
    AuditEntry.objects.note_sign_in(AuditEntry.Kind.SIGNED_IN, environ=request.META, account=user)
    AuditEntry.objects.expired().delete()


def note_success(keys: Mapping[str, str]) -> None:
    """Reset the counter of the account at this address, and remember the address."""
    here = {"failures": 0, "signed_in_at": timezone.now()}
    SignInAttempts.objects.update_or_create(key=keys["account and address"], defaults=here)


@contextmanager
def turn() -> Iterator[None]:
    """Run the body while this process checks no other password. Raises TryLater (503) if the wait is too long."""
    with acquired(queue, blocking=False), acquired(checking, timeout=MAX_WAIT_FOR_TURN):
        yield


@contextmanager
def acquired(lock: "threading.Lock | threading.Semaphore", **options: Any) -> Iterator[None]:
    if not lock.acquire(**options):
        message = _("Too many people are signing in just now. Try again in a few seconds.")
        raise TryLater(message, status=503, seconds=MAX_WAIT_FOR_TURN)
    try:
        yield
    finally:
        lock.release()


def with_retry_status(response: HttpResponse) -> HttpResponse:
    """Return the response with the status and the Retry-After header of a TryLater among the errors of its form."""
    form = (getattr(response, "context_data", None) or {}).get("form")
    errors = form.errors.as_data().values() if form is not None else ()
    for error in (each for of_field in errors for each in of_field if isinstance(each, TryLater)):
        response.status_code = error.status
        response.headers["Retry-After"] = str(error.seconds)
    return response
