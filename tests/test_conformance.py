"""The papers name tests that exist, and runs of the tests clean up after those that were killed."""

import os
import re

from tests.processes import ROOT, remove_old_databases

PAPERS = sorted((ROOT / "networks" / "docs").glob("*.md"))


def test_every_test_that_a_paper_names_is_there():
    files = {path.name: path.read_text() for path in (ROOT / "tests").glob("test_*.py")}
    functions = {name for text in files.values() for name in re.findall(r"def (test_\w+)", text)}
    named = {
        (paper.name, name)
        for paper in PAPERS
        for name in re.findall(r"`(?:tests/)?(test_\w+(?:\.py)?)", paper.read_text())
    }
    assert {name for _paper, name in named} & functions
    assert [each for each in sorted(named) if each[1] not in {*files, *functions}] == []


def test_the_databases_of_killed_runs_are_removed_after_a_day(tmp_path):
    now, day = 1_800_000_000, 24 * 60 * 60
    names = ["city-networks-test-1.sqlite3", "city-networks-test-1_gw0.sqlite3-wal", "city-networks-test-2.sqlite3"]
    for name, age in zip([*names, "other.sqlite3"], [2 * day, 2 * day, day / 2, 2 * day], strict=True):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (now - age, now - age))
    remove_old_databases(tmp_path, now)
    assert sorted(path.name for path in tmp_path.iterdir()) == [names[2], "other.sqlite3"]
