"""Rows that libraries in `findings/` read, write or train as something else, through a whole run."""

import json

import pytest

from finesift.corpus import chat


@pytest.fixture
def kept(program, jsonl, tmp_path):
    """The rows of train.jsonl, by their first message, after `finesift prep`."""

    def run(*rows):
        program("prep", jsonl(rows), "-o", tmp_path / "run", check=0)
        lines = (tmp_path / "run" / "train.jsonl").read_text("utf-8").splitlines()
        return {row["messages"][0]["content"]: row for row in map(json.loads, lines)}

    return run


def test_each_call_keeps_its_own_arguments_and_no_others(kept):
    """Dataset.from_list and Parquet fill them up with null, or refuse `{}`."""
    given = {
        "What time is it in Lima?": {},
        "Is it raining in Rome?": {"city": "Rome"},
        "What does the note say?": {"path": "a.txt", "lines": None},
        "How many legs has a spider?": {"n": 1},
        "How high is the bridge?": {"n": 2.5},
        "Which bus goes home?": {"n": "007"},
    }
    rows = []
    for question, arguments in given.items():
        called = {"type": "function", "function": {"name": "look", "arguments": arguments}}
        row = chat(question, f"{question[:-1]}: so it is.")
        asked = {"role": "assistant", "content": "", "tool_calls": [called]}
        row["messages"][1:1] = [asked, {"role": "tool", "content": "So it is."}]
        rows.append(row)
    found = kept(*rows)
    assert {
        question: json.dumps(row["messages"][1]["tool_calls"][0]["function"]["arguments"])
        for question, row in found.items()
    } == {question: json.dumps(arguments) for question, arguments in given.items()}


def test_numbers_of_a_row_are_exact(kept):
    """Dataset.to_json writes ten decimals."""
    scores = {"score": 0.1234567890123456, "logprob": -1e-12, "id": 12345678901234567890123}
    assert kept(chat("Name a tree.", "Oak.") | scores)["Name a tree."]["extra"] == scores


def test_a_completion_of_several_turns_is_a_conversation(kept):
    """SFTTrainer trains all of a completion, the user's turn with it."""
    messages = chat("Name a tree.", "Oak.", "Another?", "Elm.")["messages"]
    found = kept({"prompt": messages[:1], "completion": messages[1:]})
    assert found["Name a tree."]["messages"] == messages


def test_short_rows_of_any_script_stay(kept):
    """text-dedup removes them, data-juicer takes them for copies of one another."""
    rows = [
        ("写一首关于橡树的诗。", "橡树高。"),
        ("二加二等于多少？", "四。"),
        ("Name a tree.", "Oak."),
        ("Name a bird.", "Jay."),
    ]
    assert set(kept(*(chat(*row) for row in rows))) == {asked for asked, _ in rows}


def test_languages_that_differ_in_signs_are_two(kept):
    """gaoya and simhash do not look at signs: C++ is C#."""
    rows = [chat(f"Is {name} hard?", "Some say so.") for name in ("C++", "C#")]
    assert set(kept(*rows)) == {"Is C++ hard?", "Is C# hard?"}
