"""The papers name tests that exist."""

import re

from tests.processes import ROOT

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
