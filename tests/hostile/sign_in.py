"""Guessing passwords: how many guesses are looked at, who is kept out meanwhile, and how long others wait."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from tests.hostile.finding import Finding

ADDRESS = "/en/admin/login/"
ACCOUNT = "editor"
MOST_GUESSES = 12
AT_ONCE, FEWER_AT_ONCE = 32, 8

# Each attack comes from an address of its own, so that none finds the other's failures.
GUESSER, ELSEWHERE, CROWD = "127.0.0.2", "127.0.0.3", "127.0.0.4"


def sign_in(site, account: str, password: str, source: str) -> tuple[int, dict, str]:
    """Send the form of the log-in as a browser does, and return the status, the headers and the page."""
    secret = "s" * 32
    body = urlencode({"username": account, "password": password, "csrfmiddlewaretoken": secret}).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"csrftoken={secret}",
        # A client that writes this itself is not believed.
        "X-Forwarded-For": f"198.51.100.{time.monotonic_ns() % 250}",
    }
    status, headers, page = site.request("POST", ADDRESS, body, headers, source=source)
    return status, headers, page.decode()


def in_words(status: int, page: str) -> str:
    refusal = re.search(r'class="errornote">\s*(.*?)\s*</p>', page, re.DOTALL)
    return "signed in" if status == 302 else f"{status}, “{refusal[1] if refusal else ''}”"


def attacks(site, short: bool) -> Iterator[Finding]:
    guesses = 0
    while guesses < MOST_GUESSES and sign_in(site, ACCOUNT, f"guess {guesses}", GUESSER)[0] == 200:
        guesses += 1
    looked_at = f"{guesses}" if guesses < MOST_GUESSES else f"all of {MOST_GUESSES}"
    yield Finding("Guesses of one account that are looked at", "all", looked_at, guesses < MOST_GUESSES)

    status, headers, page = sign_in(site, ACCOUNT, site.passwords[ACCOUNT], GUESSER)
    after = f"{in_words(status, page)}, Retry-After {headers.get('Retry-After', headers.get('retry-after'))}"
    yield Finding("The right password after that, from the same address", "signed in", after, status == 429)
    status, _headers, page = sign_in(site, ACCOUNT, site.passwords[ACCOUNT], ELSEWHERE)
    after = in_words(status, page)
    yield Finding("The right password after that, from another address", "signed in", after, status == 302)

    def guess(number: int) -> int:
        return sign_in(site, f"nobody {number}", "a guess", CROWD)[0]

    at_once = FEWER_AT_ONCE if short else AT_ONCE
    with ThreadPoolExecutor(at_once) as crowd:
        began = time.monotonic()
        answers = [crowd.submit(guess, number) for number in range(at_once)]
        longest = 0.0
        while not all(answer.done() for answer in answers):
            asked = time.monotonic()
            site.request("GET", ADDRESS)
            longest = max(longest, time.monotonic() - asked)
        taken = time.monotonic() - began
    statuses = [answer.result() for answer in answers]
    after = f"{statuses.count(200)} hashed, {statuses.count(503)} told to try again, in {taken:.1f} s"
    is_good = statuses.count(200) + statuses.count(503) + statuses.count(429) == at_once
    yield Finding(f"{at_once} log-ins at once", "16 a second, all hashed, 0.55 s each", after, is_good)
    yield Finding(
        "The longest that somebody else waits for the page of the log-in meanwhile",
        "no thread is free",
        f"{longest:.2f} s",
        longest < 2,
    )
