"""The log: one short line for what a client sent, and nothing in it that looks like another."""

import logging

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from citynetworks.logs import LONGEST, LineFormatter, one_line


@given(st.text(max_size=2 * LONGEST))
@example("a\r\n2026-11-28 ERROR forged")
@example("\x1b[31mred")
def test_line_is_short_and_stays_one_line(text):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= LONGEST
    assert line.isprintable()


def lines_of(caplog):
    formatter = LineFormatter("{levelname} {name}: {message}", style="{")
    return [formatter.format(record) for record in caplog.records]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/en/", {"host": "attacker.example"}),
        ("/en/", {"host": "a" * 5000}),
        ("/en/", {"host": "a\nb"}),
        ("/en/" + "x" * 5000, {}),
        ("/en/%0a%0dERROR forged", {}),
    ],
)
def test_refused_request_is_one_short_line(nis, admin_client, caplog, path, headers):
    with caplog.at_level(logging.INFO):
        assert 400 <= admin_client.get(path, headers=headers).status_code < 500
    lines = lines_of(caplog)
    assert lines
    for line in lines:
        assert len(line.splitlines()) == 1
        assert len(line) < LONGEST + 100


def test_fault_of_ours_is_told_with_its_traceback():
    logger = logging.getLogger("test")
    try:
        raise ValueError("x" * 5000)
    except ValueError:
        record = logger.makeRecord("test", logging.ERROR, __file__, 1, "It failed", (), __import__("sys").exc_info())
    lines = LineFormatter("{message}", style="{").format(record).splitlines()
    assert lines[:2] == ["It failed", "    Traceback (most recent call last):"]
    assert max(map(len, lines)) <= LONGEST + 4


@pytest.mark.parametrize("path", ["/health/live/", "/health/ready/"])
def test_health_is_answered_whatever_host_is_asked(db, path):
    for host in ("10.1.2.3:8000", "[::1]", "attacker.example"):
        assert Client().get(path, headers={"host": host}).status_code == 200
    assert Client().get("/en/", headers={"host": "10.1.2.3"}).status_code == 400
