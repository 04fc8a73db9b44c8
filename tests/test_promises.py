"""Small habits that a person at a terminal relies on."""

import json
import re
import signal
import subprocess
import sys
import time

import finesift
from finesift.read import read
from finesift.report.words import counted

PAIR = {"messages": [{"role": "user", "content": "Name a prime."}, {"role": "assistant", "content": "Two."}]}


def test_one_is_one(program, jsonl, tmp_path):
    """A set of one row has one row, one message, one file, not "1 rows"."""
    asked = PAIR | {"messages": [*PAIR["messages"][:1], {"role": "assistant", "content": ""}]}
    file = jsonl([PAIR, asked])
    said = program("prep", file, "-o", tmp_path / "run", "--full").stdout
    said += program("inspect", file).stdout + (tmp_path / "run/report.md").read_text()
    assert not re.findall(r"\b1 (?:rows|messages|files|tokens|checks|conversations|answers|items)\b", said)
    assert (counted(1, "row"), counted(2, "row"), counted(1, "reply", "replies")) == (
        "1 row",
        "2 rows",
        "1 reply",
    )


def test_who_stops_it_is_told_what_is_left(jsonl, tmp_path):
    file = jsonl(
        [
            {"messages": [*PAIR["messages"][:1], {"role": "assistant", "content": f"{n} is."}]}
            for n in range(30_000)
        ]
    )
    command = [sys.executable, "-m", "finesift", "prep", file, "-o", tmp_path / "run"]
    process = subprocess.Popen(
        [*map(str, command)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    if process.returncode != 0:  # it was still at work
        assert process.returncode == 130
        assert "nothing was left half-written" in said
        assert not (tmp_path / "run").exists()


def test_a_home_folder_is_known_after_o(program, jsonl, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    program("prep", jsonl([PAIR]), "-o", "~/run", "-q")
    assert (tmp_path / "home/run/manifest.json").is_file()


def test_completion_can_be_installed(program, monkeypatch, tmp_path):
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "complete" in program("--show-completion", "bash").stdout.lower()


def test_python_takes_a_path_or_a_list(jsonl, tmp_path):
    file = jsonl([PAIR])
    assert finesift.prep(str(file), tmp_path / "one").path == tmp_path / "one"
    assert finesift.prep([file], tmp_path / "two").path == tmp_path / "two"


def test_reading_a_large_array_tells_how_far_it_is(tmp_path):
    row = json.dumps({"instruction": "Name a number.", "output": "So " * 2_000 + "it is."})
    file = tmp_path / "rows.json"
    file.write_text("[" + ",\n".join([row] * 8_000) + "]")
    told = []
    read([file], progress=lambda done, total: told.append((done, total)))
    assert len(told) >= 3 and told == sorted(told)
    assert told[-1] == (file.stat().st_size, file.stat().st_size)
