"""
Signing in: whoever guesses passwords has to wait, and nobody else does.

Wrong passwords are counted in three ways: for an account from one address, for an account from anywhere, and for an
address with any account. Some are free; after that, each further one makes the next try wait longer. Meanwhile no
password is looked at, not even the right one.

From an address where an account has signed in before, only the first of the three counts for it. So no stranger keeps
people out at their usual place of work, and one person who cannot type keeps out nobody else there.

The counts stand in the database, so all processes and servers share them. They stand under hashes, so that no copy of
it says who has worked from where.
"""

import logging
import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from citynetworks.client_ip import client_ip, ip_block
from networks.models import SignInAttempts

logger = logging.getLogger(__name__)

# How many wrong passwords are free
FREE = {"account and address": 5, "account": 20, "address": 50}

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)  # since the last wrong password
KNOWN_FOR = timedelta(days=90)  # an address, since the account has last signed in there

LONGEST_NAME = 150  # characters

# What Django's forms call a wrong password
WRONG_PASSWORD = {"invalid_login", "password_incorrect"}

# To check a password is slow by design, so a process checks one at a time, and one more may wait for that. Its other
# threads are for everybody else.
checking = threading.Lock()
places = threading.BoundedSemaphore(2)
PATIENCE = 3  # seconds


class TryLater(ValidationError):
    """No password is looked at now; `seconds` says when one will be, and `status` what the response is to say."""

    def __init__(self, message: str, *, status: int, seconds: int):
        super().__init__(message, code="try_later")
        self.status = status
        self.seconds = seconds


def wait(failures: int, free: int) -> timedelta:
    """Return how long the next try has to wait after the last of so many failures."""
    doublings = failures - free - 1
    return min(FIRST_WAIT * 2 ** min(doublings, 10), LONGEST_WAIT) if doublings >= 0 else timedelta()


@contextmanager
def attempt(account: str, environ: Mapping[str, Any]) -> Iterator[None]:
    """
    Let the body check a password of the account. A form says by its ValidationError that it was wrong.

    Raises TryLater in place of the body while somebody has to wait.
    """
    address = client_ip(environ)
    keys = keys_of(account, address)
    shown = repr(account)[:LONGEST_NAME]  # in which no line breaks are left
    try:
        refuse_while_waiting(keys)
        with turn():
            # Of those who came at the same moment, some have failed meanwhile.
            refuse_while_waiting(keys)
            try:
                yield
            except ValidationError as error:
                if getattr(error, "code", None) in WRONG_PASSWORD:
                    logger.warning("Wrong password for %s from %s", shown, address)
                    count_failure(keys)
                raise
            note_success(keys)
    except TryLater as later:
        logger.warning("No password looked at for %s from %s (%s)", shown, address, later.status)
        raise


def keys_of(account: str, address: str) -> dict[str, str]:
    """Return the keys under which it is counted, by what they stand for in FREE."""
    name = account.strip().casefold()[:LONGEST_NAME]
    block = ip_block(address)
    parts = {"account and address": (block, name), "account": (name,), "address": (block,)}
    return {
        kind: salted_hmac("networks.admin.sign_in", "\0".join((kind, *of)), algorithm="sha256").hexdigest()
        for kind, of in parts.items()
    }


def refuse_while_waiting(keys: Mapping[str, str]) -> None:
    until = waiting_until(keys)
    now = timezone.now()
    if until is None or until <= now:
        return
    minute = timezone.localtime(until + timedelta(minutes=1))  # the first whole one in which nobody waits
    message = _(
        "A wrong password was entered too often. Try again at {time}; until then not even the right one is accepted."
    )
    seconds = math.ceil((until - now).total_seconds())
    raise TryLater(message.format(time=f"{minute:%H:%M}"), status=429, seconds=seconds)


def waiting_until(keys: Mapping[str, str]) -> datetime | None:
    """Return the end of the longest wait, which may be over already; None where nobody has to wait."""
    rows = {row.key: row for row in SignInAttempts.objects.filter(key__in=keys.values())}
    here = rows.get(keys["account and address"])
    is_known = here is not None and here.signed_in_at is not None and here.signed_in_at > timezone.now() - KNOWN_FOR
    ends = [
        row.last_failed_at + wait(row.failures, FREE[kind])
        for kind, key in keys.items()
        if (row := rows.get(key)) is not None
        and row.last_failed_at is not None
        and (kind == "account and address" or not is_known)
    ]
    return max(ends, default=None)


def count_failure(keys: Mapping[str, str]) -> None:
    now = timezone.now()
    rows = SignInAttempts.objects
    rows.filter(last_failed_at__lt=now - FORGOTTEN_AFTER, failures__gt=0).update(failures=0)
    rows.filter(failures=0).exclude(signed_in_at__gte=now - KNOWN_FOR).delete()
    # Made or locked in one order by all, so that no two wait for each other, and then counted
    failed = [SignInAttempts(key=key, last_failed_at=now) for key in sorted(keys.values())]
    with transaction.atomic():
        rows.bulk_create(failed, update_conflicts=True, unique_fields=["key"], update_fields=["last_failed_at"])
        rows.filter(key__in=keys.values()).update(failures=models.F("failures") + 1)


def note_success(keys: Mapping[str, str]) -> None:
    here = {"failures": 0, "signed_in_at": timezone.now()}
    SignInAttempts.objects.update_or_create(key=keys["account and address"], defaults=here)


@contextmanager
def turn() -> Iterator[None]:
    """Wait until no other password is checked in this process. Raises TryLater where that takes too long."""
    with taken(places, blocking=False), taken(checking, timeout=PATIENCE):
        yield


@contextmanager
def taken(lock, **options) -> Iterator[None]:
    if not lock.acquire(**options):
        message = _("Too many people are signing in just now. Try again in a few seconds.")
        raise TryLater(message, status=503, seconds=PATIENCE)
    try:
        yield
    finally:
        lock.release()


def with_status(response: HttpResponse) -> HttpResponse:
    """Return the page of a form, which says to machines too when its sender is to try again."""
    form = (getattr(response, "context_data", None) or {}).get("form")
    errors = form.errors.as_data().values() if form is not None else ()
    for error in (each for of_field in errors for each in of_field if isinstance(each, TryLater)):
        response.status_code = error.status
        response.headers["Retry-After"] = str(error.seconds)
    return response
