"""The record of the links: which there are, and what came of their checks."""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.http.request import validate_host
from django.utils import timezone

from networks.links.fetching import TOTAL_TIMEOUT, Answer, fetch
from networks.links.places import find_places
from networks.models import Link
from networks.redirects import FILE_PREFIXES, page_exists, redirect_target

Outcome = Link.Outcome

PAUSE = 1.0  # seconds between two links of one host

# What every link may come to by the fault of this machine: without a connection, with a wrong clock, or behind
# something that answers in the name of other sites
NOT_REACHED = {
    Outcome.NO_HOST,
    Outcome.NO_CONNECTION,
    Outcome.NO_ANSWER,
    Outcome.TIMEOUT,
    Outcome.PRIVATE,
    Outcome.EXPIRED,
    Outcome.WRONG_CERTIFICATE,
    Outcome.UNKNOWN_ISSUER,
}


class NothingReached(Exception):
    """No other site has answered. So the fault is that of this machine, or of its network."""


def own_hosts() -> list[str]:
    """Return the hosts that this site is served at. The wildcard, which allows every host, names none."""
    return [host for host in settings.ALLOWED_HOSTS if host != "*"]


def user_agent() -> str:
    """Return the User-Agent header, which says whose program asks."""
    host = next((host for host in own_hosts() if not host.startswith(".")), "")
    scheme = "https" if settings.SECURE_SSL_REDIRECT else "http"
    return "CityNetworks link check" + (f" (+{scheme}://{host}/)" if host else "")


def update_links() -> None:
    """Add a row for each URL that published texts and facts link to, and delete those that none links to any more."""
    urls = find_places().keys()
    known = dict(Link.objects.values_list("url", "pk"))
    Link.objects.bulk_create(
        [Link(url=url) for url in urls if url not in known], batch_size=500, ignore_conflicts=True
    )
    unused = [pk for url, pk in known.items() if url not in urls]
    for start in range(0, len(unused), 500):
        Link.objects.filter(pk__in=unused[start : start + 500]).delete()


def in_use(links: QuerySet[Link], urls: Collection[str]) -> QuerySet[Link]:
    """Return those of the links whose URL is among the given ones."""
    unused = [pk for pk, url in Link.objects.values_list("pk", "url") if url not in urls]
    return links.exclude(pk__in=unused)


def dead_link_count() -> int:
    """Return how many links are dead that still stand in a published text."""
    dead = set(Link.objects.dead().values_list("url", flat=True))
    return len(dead & find_places().keys()) if dead else 0


def due_links(not_since: timedelta) -> QuerySet[Link]:
    """Return the links that were not checked in the given time, the oldest check first."""
    checked_before = timezone.now() - not_since
    due = Link.objects.filter(Q(checked_at=None) | Q(checked_at__lte=checked_before))
    return due.order_by(F("checked_at").asc(nulls_first=True), "pk")


def check(url: str, *, timeout: float = TOTAL_TIMEOUT) -> Answer:
    """Check whether a URL works. Pages of this site are looked up, all others are requested."""
    if url.startswith("//"):  # with the scheme of the page, which is HTTPS
        url = f"https:{url}"
    if url.startswith("/") or validate_host(host_of(url), own_hosts()):
        parts = urlsplit(url)
        return check_own_page(unquote(parts.path or "/"), unquote(parts.query))
    return fetch(url, user_agent=user_agent(), timeout=timeout)


def check_own_page(path: str, query: str) -> Answer:
    is_there = path.startswith(FILE_PREFIXES) or page_exists(path) or redirect_target(path, query, "") is not None
    return Answer(Outcome.OK if is_there else Outcome.GONE)


def record(link: Link, answer: Answer) -> bool:
    """
    Save the outcome of a check. Return whether it was saved: not if somebody else has checked the link meanwhile.

    The time of the check is now.
    """
    now = timezone.now()
    values = {
        "outcome": answer.outcome,
        "status_code": answer.status_code,
        "moved_to": answer.moved_to,
        "checked_at": now,
        "failures": link.failures + 1 if answer.outcome.is_failure else 0,
        "failed_since": (link.failed_since or now) if answer.outcome.is_failure else None,
    }
    # Not save(): the row may have been deleted, or checked by another process.
    is_saved = Link.objects.filter(pk=link.pk, checked_at=link.checked_at).update(**values) > 0
    if is_saved:
        for name, value in values.items():
            setattr(link, name, value)
    return is_saved


def check_links(links: QuerySet[Link], report: Callable[[int, int], None]) -> int:
    """
    Check the links one after the other, and save what came of each at once. Return how many were checked.

    Until one of them has answered, failures are not saved: they may be of this machine. Raise NothingReached if none
    answers at all, and there are several hosts. `report` is called with how many are done, and how many there are.
    """
    pks = list(links.values_list("pk", flat=True))
    asked_at: dict[str, float] = {}  # by host
    held: list[tuple[Link, Answer]] = []
    count, is_online = 0, False
    for number, pk in enumerate(pks, 1):
        # Read again: another process may have checked it meanwhile.
        link = links.filter(pk=pk).first()
        if link is not None:
            host = host_of(link.url)
            time.sleep(max(0.0, asked_at.get(host, -PAUSE) + PAUSE - time.monotonic()))
            answer = check(link.url)
            asked_at[host] = time.monotonic()
            is_online = is_online or answer.status_code is not None
            held.append((link, answer))
            if is_online:
                count += record_all(held)
        report(number, len(pks))
    not_reached = [(link, answer) for link, answer in held if answer.outcome in NOT_REACHED]
    if len({host_of(link.url) for link, _answer in not_reached}) > 1:
        record_all([pair for pair in held if pair not in not_reached])
        raise NothingReached
    return count + record_all(held)


def record_all(held: list[tuple[Link, Answer]]) -> int:
    count = sum(record(link, answer) for link, answer in held)
    held.clear()
    return count


def host_of(url: str) -> str:
    with suppress(ValueError):
        return urlsplit(url).hostname or ""
    return ""
