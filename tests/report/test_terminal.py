"""What a person sees keeps to the width of the terminal, and colours are for terminals that want them."""

import io
import os
import pty
import re
import subprocess
import sys

import pytest
from rich.cells import cell_len
from rich.console import Console

from finesift import pipeline
from finesift.data import example_folder
from finesift.recipe import Recipe
from finesift.report import terminal
from finesift.report.first_look import inspection
from finesift.report.verdict import Verdict


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("terminal")
    data = folder / f"a-name-that-is-{'very-' * 12}long.csv"
    rows = [f'"What is {n} in words, and in 日本語?","It is number {n}."' for n in range(30)]
    data.write_text("\n".join(["prompt,completion", *rows, '"Same?",""', '"Same?",""']) + "\n")
    held = folder / "held.jsonl"
    held.write_text('{"question": "What is 3 in words, and in 日本語?", "answer": "Three."}\n')
    recipe = Recipe.parse({"data": {"train": [str(data)]}, "held_out": {"exam": str(held)}})
    return pipeline.prep(recipe, folder / "run")


def printed(what, width, **more):
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=width, highlight=False, **more).print(what)
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_summary_keeps_to_the_width(made, width):
    lines = printed(terminal.run(made), width, no_color=True, color_system=None).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert any("set aside" in line for line in lines)


@pytest.mark.parametrize("width", [40, 80])
def test_an_inspection_keeps_to_the_width(made, width):
    seen = pipeline.inspect(Recipe.parse(made.manifest["recipe"]))
    lines = printed(inspection(seen), width, no_color=True, color_system=None).splitlines()
    assert max(map(cell_len, lines)) <= width


def on_a_terminal(*arguments, **environment):
    """What the program writes when a person looks."""
    ours, theirs = pty.openpty()
    known = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    done = subprocess.Popen(
        [sys.executable, "-m", "finesift", *arguments],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env={**known, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
    )
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 65_536):
            said += part
    except OSError:  # Linux's way to say that the other end is closed
        pass
    os.close(ours)
    assert done.wait() == 0
    return said.decode()


# Select Graphic Rendition with a colour: 30 to 49, 90 to 107, alone or in a list.
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3\d|4\d|9\d|10\d)(?:;\d+)*m")
MASK = ("mask", str(example_folder() / "chats.jsonl"), "--rows", "1")


def test_colours_on_a_terminal_unless_asked_for_none():
    assert COLOUR.search(on_a_terminal(*MASK))
    assert not COLOUR.search(on_a_terminal(*MASK, NO_COLOR="1"))


def test_no_colours_in_a_pipe():
    done = subprocess.run(
        [sys.executable, "-m", "finesift", *MASK],
        capture_output=True,
        check=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    assert b"\x1b" not in done.stdout


def test_a_command_is_whole_and_a_sentence_hangs_below_its_first_line(made):
    """Lines were cut at the terminal's width: what was copied was no command."""
    narrow = terminal.console()
    narrow.soft_wrap, narrow.width = False, 40  # as on a terminal
    with narrow.capture() as told:
        narrow.print(terminal.run(made))
    answer = Verdict.from_dict(made.manifest["verdict"]).at(str(made.path))
    lines = told.get().splitlines()
    commands = [line.strip() for line in lines if line.startswith("      ")]
    assert commands == [step.do for step in answer.steps][: len(commands)]
    assert max(map(len, commands)) > 40
    steps = lines[1 : lines.index("")]
    assert all(line.startswith("  ") for line in steps)
    assert len(steps) > 2 * len(commands)  # some sentences go over two lines
