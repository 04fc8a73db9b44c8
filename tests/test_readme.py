"""What the README shows is what happens."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COLUMNS = "96"


def demo(folder) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "finesift", "demo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": COLUMNS, "NO_COLOR": "1"},
    )
    said = done.stdout.replace(f"{ROOT}/", "")
    return "\n".join(line.rstrip() for line in re.sub(r"in \d+\.\d s", "in 4.0 s", said).splitlines()).strip()


def test_the_transcript_is_current(tmp_path):
    shown = re.search(r"<!-- transcript: finesift demo -->\n```text\n(.*?)\n```", README, re.DOTALL)
    assert shown, "README.md has no transcript"
    if os.environ.get("FINESIFT_UPDATE"):
        (ROOT / "README.md").write_text(README.replace(shown[1], demo(tmp_path)), "utf-8")
        pytest.skip("README.md was updated")
    assert demo(tmp_path) == shown[1], "run the tests with FINESIFT_UPDATE=1 to renew it"


def test_the_python_of_the_readme_runs(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "run" / "manifest.json").exists()


def test_every_file_that_the_tree_names_exists():
    tree = README.split("## What is where")[1]
    for name in re.findall(r"^      (\S+)  ", tree, re.MULTILINE):
        assert (ROOT / "src" / "finesift" / name).exists(), name
    for name in re.findall(r"^    (\S+/)  ", tree, re.MULTILINE):
        assert (ROOT / name).exists(), name
