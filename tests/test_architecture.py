"""What may import what, as networks/docs/architecture.md draws it, and that each module is found by guessing."""

import ast
import re
from collections import Counter
from pathlib import Path

from tests.processes import ROOT as CHECKOUT

# Names that Django looks for, in whichever package
NAMES_OF_DJANGO = {"__init__", "apps", "formats", "urls"}


def layers() -> dict[str, int]:
    """Return the layer of each package and root module: the higher, the more it may import."""
    text = (CHECKOUT / "networks" / "docs" / "architecture.md").read_text()
    found, layer = {}, 0
    for line in text.split("```")[1].strip().splitlines():
        number, *_rest = line.split()
        layer = int(number) if number.isdigit() else layer
        found |= dict.fromkeys(re.findall(r"\b(?:city)?networks(?:\.\w+)?", line), layer)
    return found


def modules() -> dict[str, Path]:
    """Return the path of each module of ours by its name, without the migrations."""
    paths = [path for top in ("networks", "citynetworks") for path in (CHECKOUT / top).rglob("*.py")]
    names = {path: ".".join(path.relative_to(CHECKOUT).with_suffix("").parts) for path in paths}
    return {name.removesuffix(".__init__"): path for path, name in names.items() if "migrations" not in path.parts}


def imported(path: Path, known) -> set[str]:
    """Return the names of our modules that a file imports, also within its functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= submodules & {*known} or {node.module}
    return {name for name in found if name.partition(".")[0] in ("networks", "citynetworks")}


def test_each_module_imports_from_the_layers_below_only():
    layer_of, known, wrong = layers(), modules(), []
    assert len({*layer_of.values()}) == 8

    def part_of(name):
        while name not in layer_of:
            name = name.rpartition(".")[0]
        return name

    for name, path in known.items():
        for other in imported(path, known):
            own, its = part_of(name), part_of(other)
            if own != its and layer_of[own] <= layer_of[its]:
                wrong.append(f"{name} imports {other}")
    assert wrong == []


def test_every_part_of_the_app_is_drawn():
    parts = {".".join(name.split(".")[:2]) for name in modules() if name.startswith("networks.")}
    assert parts - {"networks.formats"} == {name for name in layers() if name.startswith("networks.")}


def test_no_imports_form_a_circle():
    known = modules()
    graph = {name: (imported(path, known) & {*known}) - {name} for name, path in known.items()}
    while leaves := [name for name, others in graph.items() if not others & {*graph}]:
        for name in leaves:
            del graph[name]
    assert graph == {}


def test_no_two_modules_have_one_name():
    names = Counter(name.rpartition(".")[2] for name in modules())
    assert [name for name, count in names.items() if count > 1 and name not in NAMES_OF_DJANGO] == []


def test_the_root_of_the_app_holds_few_modules():
    assert len([*(CHECKOUT / "networks").glob("*.py")]) <= 14
