"""Shared by all tests: small data sets on disk, and the program as a user runs it."""

import io
import json
import os
import subprocess
import sys
from functools import cache
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


@pytest.fixture(autouse=True, scope="session")
def _one_encoder():
    """A sentence model is loaded once: it is the same in every run, and remembers nothing between them."""
    from finesift.embed import load

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "OnnxEncoder", cache(load.OnnxEncoder))
        yield


@pytest.fixture
def jsonl(tmp_path):
    """Writes rows (objects, or text to be written as it is) to a JSONL file and returns its path."""

    def write(rows, name="data.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), "utf-8")
        return path

    return write


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Runs `finesift` in an empty folder, as `python -m finesift` does; returns the completed process, output as text.

    In this process: a process of its own would import everything again. What only one of its own can show (a
    terminal, signals, an import too many) is tested with one.
    """
    from finesift.cli import main

    def run(*arguments, check=None) -> subprocess.CompletedProcess[str]:
        words = ["finesift", *map(str, arguments)]
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        code = 0
        with monkeypatch.context() as patch, Path(os.devnull).open() as nothing:
            patch.chdir(tmp_path)
            patch.setenv("NO_COLOR", "1")
            patch.setenv("COLUMNS", "120")
            for name, value in {"argv": words, "stdin": nothing, "stdout": out, "stderr": err}.items():
                patch.setattr(sys, name, value)
            try:
                main()
            except SystemExit as done:
                code = done.code or 0
        texts = [stream.buffer.getvalue().decode() for stream in (out, err)]
        assert check is None or code == check, texts[1]
        return subprocess.CompletedProcess(words, code, *texts)

    return run


@pytest.fixture
def program_apart(tmp_path):
    """As `program`, in a process of its own: for what a library keeps of the environment that it was imported in."""

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
        assert check is None or done.returncode == check, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data that FINESIFT_DATA names; tests that need it are skipped without it."""
    folder = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data is absent: no folder {folder}; name one with FINESIFT_DATA")
    return folder
