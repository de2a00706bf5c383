"""The templates, stylesheets and scripts, for those who read and change them."""

from tests.processes import ROOT

LONGEST_LINE = 140
FOLDERS = ["templates", "static/networks", "tests/benchmark/plain/templates"]


def test_no_line_is_too_long_to_read():
    files = [
        file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.suffix in (".html", ".css", ".js")
    ]
    assert {file.suffix for file in files} == {".html", ".css", ".js"}
    too_long = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > LONGEST_LINE
    ]
    assert not too_long
