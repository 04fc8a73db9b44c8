import os
import subprocess
import sys

import pytest

from finesift.errors import RunError, UsageError
from finesift.run import MANIFEST, Run, refuse_occupied, staged


def make_run(path):
    path.mkdir()
    (path / MANIFEST).write_text("{}")


def test_a_folder_that_is_no_run_is_never_replaced(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("years of work")
    for force in (False, True):
        with pytest.raises(UsageError, match="not a run folder"):
            refuse_occupied(tmp_path / "home", force=force)


def test_a_run_is_replaced_only_by_force(tmp_path):
    make_run(tmp_path / "run")
    with pytest.raises(UsageError, match="--force"):
        refuse_occupied(tmp_path / "run", force=False)
    with staged(tmp_path / "run", force=True) as stage:
        (stage / "new").touch()
    assert [f.name for f in (tmp_path / "run").iterdir()] == ["new"]
    assert [f.name for f in tmp_path.iterdir()] == ["run"]


def test_an_empty_folder_is_as_good_as_none(tmp_path):
    (tmp_path / "run").mkdir()
    with staged(tmp_path / "run", force=False) as stage:
        (stage / "new").touch()
    assert (tmp_path / "run" / "new").exists()


def test_nothing_stands_under_the_final_name_before_the_end(tmp_path):
    with staged(tmp_path / "deep" / "run", force=False) as stage:
        assert not (tmp_path / "deep" / "run").exists()
        (stage / "new").touch()
    assert (tmp_path / "deep" / "run" / "new").exists()


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "run", force=False) as stage:
        (stage / "half").touch()
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_run_that_was_there(tmp_path):
    make_run(tmp_path / "run")
    with pytest.raises(RunError, match="No space"), staged(tmp_path / "run", force=True):
        raise OSError(28, "No space left on device", "run/train.jsonl")
    assert Run.open(tmp_path / "run").manifest == {}


def test_what_a_killed_run_left_is_cleared_by_the_next_and_a_living_ones_is_not(tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from finesift.run import staged
with staged(Path({str(tmp_path / "run")!r}), force=False) as stage:
    (stage / "half").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert not (tmp_path / "run").exists()
    (left,) = tmp_path.iterdir()
    living = tmp_path / left.name.replace(left.name.split("-")[-1], f"{os.getppid()}.partial")
    living.mkdir()
    with pytest.raises(UsageError, match="another run"), staged(tmp_path / "run", force=False):
        pass
    assert not left.exists() and living.exists()
    living.rmdir()
    with staged(tmp_path / "run", force=False):
        pass
    living.mkdir()
    assert sorted(f.name for f in tmp_path.iterdir()) == sorted(["run", living.name])


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(RunError, match="could not be written"),
        staged(tmp_path / "file" / "run", force=False),
    ):
        pass


def test_what_is_not_a_run_cannot_be_opened(tmp_path):
    with pytest.raises(UsageError, match="is not a run folder"):
        Run.open(tmp_path)


def test_a_damaged_manifest_is_said_so(tmp_path):
    make_run(tmp_path / "run")
    (tmp_path / "run" / MANIFEST).write_text('{"half":')
    with pytest.raises(RunError, match="damaged"):
        _ = Run.open(tmp_path / "run").manifest
