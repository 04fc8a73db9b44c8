"""Killed at random moments, the program leaves no half-written file under a final name."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time

import pytest

from finesift.corpus import chat
from finesift.run import MANIFEST


def start(arguments, folder):
    return subprocess.Popen(
        [sys.executable, "-m", "finesift", *map(str, arguments)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("kills", [6, pytest.param(40, marks=pytest.mark.long)])
def test_a_killed_run_leaves_nothing_half_written_and_the_next_one_completes(kills, jsonl, tmp_path):
    file = jsonl([chat(f"Question {n}: what is it?", f"Answer {n}. " * 20) for n in range(1_000)])
    # Without tokens: nothing of them is written, and to load and count takes most of a small run.
    arguments = ["prep", file, "-o", "run", "--force", "--no-tokens"]
    begun = time.monotonic()
    assert start(arguments, tmp_path).wait() == 0
    takes = time.monotonic() - begun
    rows = json.loads((tmp_path / "run" / MANIFEST).read_bytes())["summary"]["rows"]
    seeded = random.Random(7)
    killed = 0
    for _ in range(kills):
        process = start(arguments, tmp_path)
        time.sleep(seeded.uniform(0.1, 1.05) * takes)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        # Either the run that was there, or the new one, or (between two renames) none: never a part of one.
        run = tmp_path / "run"
        if run.exists():
            manifest = json.loads((run / MANIFEST).read_bytes())
            for name, output in manifest["outputs"].items():
                assert (run / name).stat().st_size == output["bytes"], name
    assert killed > kills // 2
    assert start(arguments, tmp_path).wait() == 0
    assert json.loads((tmp_path / "run" / MANIFEST).read_bytes())["summary"]["rows"] == rows
    assert sorted(f.name for f in tmp_path.iterdir()) == ["data.jsonl", "run"]


@pytest.mark.skipif(os.name != "posix", reason="limits on file sizes are POSIX")
def test_a_full_disk_is_one_clear_error_that_leaves_nothing(program_apart, jsonl, tmp_path):
    file = jsonl([chat(f"Question {n}: what is it?", f"Answer {n}.") for n in range(2_000)])
    done = program_apart(
        "prep",
        file,
        "-o",
        "run",
        check=2,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert "could not be written" in done.stderr
    assert sorted(f.name for f in tmp_path.iterdir()) == ["data.jsonl"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_one_clear_error(program, jsonl):
    file = jsonl([chat("a", "b")])
    file.chmod(0)
    assert "data.jsonl" in program("prep", file, "-o", "run", check=2).stderr
