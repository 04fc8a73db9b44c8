"""The pages that are made from the code are current, and the code that they show runs."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / f"tools/{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("name", ["make_checks_doc", "make_formats_doc", "make_trainers_doc"])
def test_pages_that_are_made_are_current(name):
    made = tool(name)
    assert made.PAGE.read_text("utf-8") == made.page(), f"run tools/{name}.py"


@pytest.mark.parametrize("page", ["commands.md", "recipe.md"])
def test_the_pages_of_commands_and_recipe_are_current(page):
    made = tool("make_commands_doc")
    assert (made.DOCS / page).read_text("utf-8") == made.pages()[made.DOCS / page], (
        "run tools/make_commands_doc.py"
    )


def test_the_python_of_the_docs_runs(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert "set_aside" in done.stdout


def test_every_finding_names_a_script_and_a_test_that_are_there():
    tests = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }
    rows = tool("make_trainers_doc")._rows()
    assert {row[0].strip("`") for row in rows} == {file.stem for file in (ROOT / "findings").glob("*.sh")}
    assert {row[-1].strip("`") for row in rows} <= tests
    scripts = {script for _, seen in tool("make_trainers_doc").ACROSS.values() for script in seen}
    assert scripts <= {file.stem for file in (ROOT / "findings").glob("*.sh")}


def test_every_page_is_in_the_table_of_contents():
    named = set(re.findall(r"[\w-]+\.md", (ROOT / "mkdocs.yml").read_text("utf-8")))
    assert named == {page.name for page in (ROOT / "docs").glob("*.md")}


def test_the_pictures_are_there_and_small():
    shown = set()
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for name in re.findall(r'[("](?:docs/)?(images/[\w.-]+)[)"]', page.read_text("utf-8")):
            shown.add(ROOT / "docs" / name)
    assert shown == set((ROOT / "docs/images").iterdir())
    assert all(picture.stat().st_size <= 300_000 for picture in shown)
