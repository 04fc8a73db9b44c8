import json
import re

import pytest

from finesift.corpus import chat

ROWS = [chat(f"How much is {n} and {n}?", f"It is {2 * n}.") for n in range(30)]


def test_the_main_job_from_the_command_line(program, jsonl, tmp_path):
    done = program("prep", jsonl([*ROWS, "{"]), "-o", "run", check=0)
    assert done.stdout.startswith("train after these")
    assert "every row is in one place" in done.stdout
    assert len(done.stdout.splitlines()) <= 15
    assert "data.jsonl:31" in program("prep", jsonl([*ROWS, "{"]), "-o", "run2", "--full", check=0).stdout
    assert (tmp_path / "run" / "train.jsonl").exists()


def test_quiet_is_one_line(program, jsonl):
    done = program("prep", jsonl([*ROWS, "{"]), "-o", "run", "-q", check=0)
    assert done.stdout.startswith("run: ") and done.stdout.count("\n") == 1


def test_no_row_read_is_exit_code_two(program, jsonl):
    assert "no row was read" in program("prep", jsonl([]), "-o", "run", check=2).stderr


def test_json_is_the_only_thing_on_standard_output(program, jsonl):
    done = program("prep", jsonl(ROWS), "-o", "run", "--json", check=0)
    figures = json.loads(done.stdout)
    assert sum(figures["fates"].values()) == figures["rows"] == 30
    assert done.stderr == ""


def test_inspect_shows_figures_as_text_and_as_json(program, jsonl):
    assert "messages" in program("inspect", jsonl(ROWS), check=0).stdout
    assert json.loads(program("inspect", jsonl(ROWS), "--json", check=0).stdout)["rows"] == 30


def test_a_run_folder_is_not_overwritten_without_force(program, jsonl):
    file = jsonl(ROWS)
    program("prep", file, "-o", "run", check=0)
    assert "--force" in program("prep", file, "-o", "run", check=2).stderr
    program("prep", file, "-o", "run", "--force", check=0)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["prep", "nowhere.jsonl", "-o", "run"], "nowhere.jsonl"),
        (["prep", "-o", "run"], "no data was given"),
        (["prep", "x.jsonl"], "-o"),
        (["prep", "x.jsonl", "-o", "run", "--role", "bot"], "NAME=VALUE"),
        (["prep", "x.jsonl", "-o", "run", "--held-out", "exam.jsonl"], "NAME=VALUE"),
        (["prep", "x.jsonl", "-o", "run", "--seed", "soon"], "--seed"),
        (["prep", "x.jsonl", "-o", "run", "--test", "1.5"], "split.test"),
        (["prep", "--recipe", "none.toml", "-o", "run"], "none.toml"),
        (["prep", "x.jsonl", "--dry-run", "--memory", "2GB"], "--dry-run holds all rows in memory"),
        (["show", ".", "abc"], "not a run folder"),
        (["checks", "empty"], "no check is called empty"),
        (["polish"], "polish"),
    ],
)
def test_bad_usage_is_one_clear_error_and_exit_code_2(program, arguments, said):
    done = program(*arguments, check=2)
    assert said in done.stderr
    assert done.stdout == ""


def test_the_demo_needs_nothing(program):
    done = program("demo", check=0)
    assert "every row is in one place" in done.stdout
    program("demo", check=0)


def test_checks_are_listed_with_their_limits(program):
    said = program("checks", check=0).stdout
    assert "empty_answer" in said
    assert "set aside from 1" in said
    assert "teaches the model to end its turn" in program("checks", "empty_answer", check=0).stdout
    assert json.loads(program("checks", "--json", check=0).stdout)


def test_a_role_can_be_named_on_the_command_line(program, jsonl):
    rows = [{"messages": [{"role": "user", "content": "Hi"}, {"role": "klaus", "content": "Hallo"}]}]
    figures = json.loads(
        program("inspect", jsonl(rows), "--role", "klaus=assistant", "--json", check=0).stdout
    )
    assert figures["turns"] == {"assistant": 1, "user": 1}


def test_escape_sequences_in_data_do_not_reach_the_terminal(program, jsonl):
    file = jsonl([{"messages": [{"role": "\x1b[31mred", "content": "Hi"}]}, *ROWS])
    done = program("prep", file, "-o", "run", check=0)
    assert "\x1b" not in done.stdout + done.stderr


def test_the_version_is_printed(program):
    assert program("--version", check=0).stdout.startswith("finesift ")


def test_columns_from_the_command_line(program, jsonl, tmp_path):
    file = jsonl([{"ask": f"Name knot {n}.", "told": f"Knot {n} is a bowline."} for n in range(9)])
    done = program(
        "prep", file, "-o", "run", "--column", "ask=prompt", "--column", "told=completion", "--json", check=0
    )
    assert json.loads(done.stdout)["turns"] == {"assistant": 9, "user": 9}
    assert "Did you mean" in program("prep", file, "-o", "run2", "--column", "ask=promt", check=2).stderr


def test_help_is_plain_and_says_each_sentence_whole(program):
    from finesift.cli import COMMANDS

    for command in ((), *((name,) for name in COMMANDS)):
        said = program(*command, "--help", check=0).stdout.partition("\n")[2]
        assert not re.search(r"<\w|list\[|bool|│|\.\.\.$", said, re.MULTILINE), said


def test_without_colour_trained_text_stands_between_brackets(program, jsonl):
    said = program("mask", jsonl([chat("What is 2 and 2?", "Four.")]), check=0).stdout
    assert "⟦Four.<|im_end|>⟧" in said and "⟦…⟧: trained" in said
    assert said.count("⟦") == 2
