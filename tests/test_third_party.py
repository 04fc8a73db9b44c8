"""A package of somebody else's adds checks by an entry point."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "examples/house_rules"


def installed(folder):
    """The example package as an installer leaves it: its module, and its metadata beside it."""
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))["project"]
    shutil.copy(HOUSE / "house_rules.py", folder)
    info = folder / "house_rules-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0.1.0\n", "utf-8"
    )
    points = "\n".join(
        f"{name} = {module}" for name, module in project["entry-points"]["finesift.checks"].items()
    )
    (info / "entry_points.txt").write_text(f"[finesift.checks]\n{points}\n", "utf-8")
    return folder


def finesift(*arguments, path, cwd):
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(path), str(ROOT / "src")]),
        "NO_COLOR": "1",
        "COLUMNS": "120",
    }
    return subprocess.run([sys.executable, "-m", "finesift", *arguments], env=env, cwd=cwd, capture_output=True, text=True, check=True).stdout  # fmt: skip


def test_its_checks_are_listed_and_run(tmp_path):
    path = installed(tmp_path)
    assert "promises" in finesift("checks", path=path, cwd=tmp_path)
    row = '{"messages": [{"role": "user", "content": "When?"}, {"role": "assistant", "content": "We guarantee tomorrow."}]}\n'
    (tmp_path / "rows.jsonl").write_text(row, "utf-8")
    assert "promises" in finesift("inspect", "rows.jsonl", path=path, cwd=tmp_path)
