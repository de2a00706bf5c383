"""The papers name commands, options, modules and files that are there."""

import ast
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest
from django.core.management import get_commands, load_command_class

from citynetworks import __version__
from tests.drills.__main__ import NAMES as DRILLS
from tests.processes import ROOT

DOCS = ROOT / "networks" / "docs"
# The changelog tells of commands that are gone.
PAPERS = [ROOT / "README.md", *sorted({*DOCS.glob("*.md")} - {DOCS / "changelog.md"})]

# What stands between backticks, and lines that are indented as code
CODE = re.compile(r"```\w*\n([^`]*)```|`([^`\n]+)`|^ {4}(\S.*)$", re.MULTILINE)
COMMAND = re.compile(r"(?:manage\.py|city-networks|-m django) +([a-z_]+)(?=\s|$)([^|&;#]*)")
MODULE = re.compile(r"-m ((?:citynetworks|networks|tests)[\w.]*)(?: ([a-z_]+))?")
OPTION = re.compile(r"(?<=\s)--[a-z][a-z-]*")
FILE = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def code_in(text: str) -> list[str]:
    """Return the lines of code in a paper; a line that ends with a backslash goes on in the next."""
    pieces = ["".join(groups) for groups in CODE.findall(text)]
    return [line.strip() for piece in pieces for line in piece.replace("\\\n", " ").splitlines()]


def wrong_commands(line: str) -> list[str]:
    """Return the commands of the project in a line of code that are not there, and the options that they lack."""
    wrong = []
    for name, rest in COMMAND.findall(line):
        if name in ("help", "version"):  # which citynetworks.command_line sees to
            continue
        if name not in get_commands():
            wrong.append(name)
            continue
        app = get_commands()[name]
        command = load_command_class(app, name) if isinstance(app, str) else app
        known = command.create_parser("manage.py", name)._option_string_actions
        wrong += [f"{name} {option}" for option in OPTION.findall(rest) if option not in known]
    return wrong


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_papers_name_what_is_there(paper):
    text = paper.read_text()
    lines = code_in(text)
    assert [wrong for line in lines for wrong in wrong_commands(line)] == []
    modules = {found for line in lines for found in MODULE.findall(line)}
    for module, drill in modules:
        assert find_spec(module), module
        assert module != "tests.drills" or not drill or find_spec(f"tests.drills.{drill}"), drill
    missing = [path for path in FILE.findall(text) if not (paper.parent / path).exists()]
    assert missing == []


@pytest.mark.process
@pytest.mark.parametrize("name", DRILLS)
def test_each_drill_can_be_started(name):
    """No other test runs them, and one that cannot even be imported is found when it is needed."""
    command = [sys.executable, "-m", "tests.drills", name, "--help"]
    assert subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603


def test_changelog_and_installation_are_of_this_version():
    assert re.findall(r"^## (.+)$", (DOCS / "changelog.md").read_text(), re.MULTILINE)[0] == __version__
    assert {*re.findall(r"city_networks-([\d.]+)-py3", (DOCS / "install.md").read_text())} == {__version__}


# What is typed in a checkout only, and the mark of a mirror, whose bytes are the same wherever it is made
OF_CHECKOUTS = {"command_line.py", "settings.py", "demo.py", "draw_map.py", "catalogues.py", "static_export.py"}


def test_messages_name_the_program_that_is_there():
    """Where the project is installed from a wheel there is no manage.py: PROGRAM is what is typed there."""
    found = []
    for path in (path for folder in ("citynetworks", "networks") for path in (ROOT / folder).rglob("*.py")):
        text = path.read_text()
        if "manage.py " not in text or path.name in OF_CHECKOUTS:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value.value = ""  # a docstring
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "manage.py " in node.value:
                found.append(f"{path.name}: {node.value}")
    found += [path.name for path in (ROOT / "templates").rglob("*.*") if "manage.py" in path.read_text()]
    assert found == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("manage.py migrate --noinput", []),
        ("sudo city-networks backup_everything", ["backup_everything"]),
        ("sudo /opt/city-networks/0.2/bin/city-networks upgrade --now --check", ["upgrade --now"]),
        ("manage.py migrate && manage.py collectstatic --none", ["collectstatic --none"]),
        ("systemctl restart city-networks", []),
    ],
)
def test_what_is_not_there_is_found(line, wrong):
    assert wrong_commands(line) == wrong
