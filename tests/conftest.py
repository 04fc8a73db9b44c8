"""Shared by all tests: small data sets on disk, and the program as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# How long one input takes says nothing on a machine that does other work; tests of time say so themselves.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """What tests keep between runs is theirs alone."""
    os.environ["FINESIFT_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def jsonl(tmp_path):
    """Writes rows (objects, or text to be written as it is) to a JSONL file and returns its path."""

    def write(rows, name="data.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), "utf-8")
        return path

    return write


@pytest.fixture
def program(tmp_path):
    """Runs `finesift` in an empty folder; returns the completed process, output as text."""

    def run(*arguments, check=None, **options) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "finesift", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120"},
            check=False,
            **options,
        )
        assert "Traceback" not in done.stderr, done.stderr
        if check is not None:
            assert done.returncode == check, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data that FINESIFT_DATA names; tests that need it are skipped without it."""
    folder = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data is absent: no folder {folder}; name one with FINESIFT_DATA")
    return folder
