"""Imports point one way, checks stay pure, and help stays light."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import finesift

ROOT = Path(finesift.__file__).parent
# What each part may import of ours, beside itself; `TYPE_CHECKING` imports count as well.
FOUNDATION = {"tables", "views", "ids", "corpus", "findings", "errors", "keeping"}
MAY_IMPORT = {
    "tables": set(),
    "views": set(),
    "ids": {"views"},
    "notebook": set(),
    "corpus": {"tables", "views", "ids", "notebook"},
    "findings": set(),
    "errors": set(),
    "keeping": set(),
    "data": set(),
    "registry": FOUNDATION | {"checks"},
    "toml_lines": set(),
    "clock": set(),
    "recipe": FOUNDATION | {"toml_lines"},
    "embed": FOUNDATION | {"data"},
    "match": FOUNDATION | {"data", "embed"},
    "models": FOUNDATION | {"data", "embed"},
    "read": FOUNDATION | {"match"},
    "chat": FOUNDATION | {"data"},
    "secret": FOUNDATION | {"match"},
    "checks": FOUNDATION | {"registry", "match", "models", "embed", "chat", "read", "secret"},
    "policy": FOUNDATION | {"recipe", "match"},
    "split": FOUNDATION | {"recipe", "match"},
    "review": FOUNDATION
    | {"recipe", "policy", "embed", "match", "chat", "report", "run", "inputs", "pipeline"},
    "run": FOUNDATION | {"notebook", "split", "write", "read", "nearest"},
    "write": FOUNDATION | {"chat"},
}
# Within reading: bytes become records without knowing what a conversation is; records become conversations without
# knowing what a file is, but for what they are handed. Words that both need are the door's.
WORDS = {"fields", "roles", "repair", "options", "dataset_info"}
ROOMS_OF_READ = {
    "records": WORDS,
    "conversations": WORDS | {"records.record", "records.exact_json", "records.json_faults"},
    **dict.fromkeys(sorted(WORDS), WORDS),
}


def modules():
    for file in sorted(ROOT.rglob("*.py")):
        part = file.relative_to(ROOT).parts[0].removesuffix(".py")
        yield part, file, parsed(file)


@cache
def parsed(file):
    return ast.parse(file.read_text("utf-8"))


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_point_one_way(part):
    for owner, file, tree in modules():
        if owner != part:
            continue
        ours = {name.split(".")[1] for name in imported(tree) if name.startswith("finesift.")}
        assert ours <= MAY_IMPORT[part] | {part}, file


@pytest.mark.parametrize("room", sorted(ROOMS_OF_READ))
def test_the_rooms_of_reading_know_only_what_they_are_handed(room):
    for part, file, tree in modules():
        if part != "read" or file.relative_to(ROOT / "read").parts[0].removesuffix(".py") != room:
            continue
        ours = {
            name.removeprefix("finesift.read.")
            for name in imported(tree)
            if name.startswith("finesift.read.") and not name.startswith(f"finesift.read.{room}.")
        }
        strange = {
            name
            for name in ours
            if not any(f"{name}.".startswith(f"{known}.") for known in ROOMS_OF_READ[room])
        }
        assert not strange, file


#: `run.near` is a door of an opened run to what knows runs: for whoever has one in a notebook.
DOORS = {("run", "nearest")}


def test_files_import_one_another_in_no_circle():
    """Neither at once, nor inside a function, nor for type checkers alone."""
    files = {".".join(file.relative_to(ROOT).with_suffix("").parts): tree for _, file, tree in modules()}

    def owner(name: str) -> str | None:
        while name and name not in files and f"{name}.__init__" not in files:
            name = name.rpartition(".")[0]
        return name if name in files else f"{name}.__init__" if name else None

    graph = {}
    for name, tree in files.items():
        known = {
            owner(other.removeprefix("finesift."))
            for other in imported(tree)
            if other.startswith("finesift.")
        }
        graph[name] = {other for other in known - {None, name} if (name, other) not in DOORS}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


#: Longer than a file or function should be, with the reason.
LONG_FILES = {}
LONG_FUNCTIONS = {
    "_open_end": "one sign of a cut after the other",
    "app": "the routes of one page",
    "report": "the values of one page, by name",
    "_finish": "the second half of the story",
    "generate": "the options of one command",
    "prep": "the options of one command",
}


def test_files_and_functions_are_of_a_size_to_be_read():
    for _, file, tree in modules():
        place = file.relative_to(ROOT).as_posix()
        if len(file.read_text("utf-8").splitlines()) > 500:
            assert place in LONG_FILES, place
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 70:
                assert node.name in LONG_FUNCTIONS, f"{place}: {node.name}"


def test_checks_import_no_checks_and_neither_print_nor_open():
    for part, file, tree in modules():
        if part != "checks":
            continue
        assert not [name for name in imported(tree) if name.startswith("finesift.checks")], file
        called = {
            n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        assert not called & {"print", "open"}, file


def test_help_loads_no_heavy_module():
    heavy = ["polars", "pyarrow", "numpy", "pydantic", "tokenizers", "jinja2", "orjson"]
    code = (
        "import sys; sys.argv = ['finesift', '--help']\n"
        "from finesift.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print(*[m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []
