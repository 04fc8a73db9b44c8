"""Rows that libraries in `findings/` read, write or train as something else, through a whole run."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

from finesift.corpus import chat
from finesift.read import read


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


LOOK_ALIKE = (
    "2024-03-01", "07:05", "007", "1e3", "null", "NA", "None", "true", "[1, 2]", '{"a": 1}',
    "0b9e5c1e-4c0f-4a55-9d5e-2f7d3b1c6a11",
)  # fmt: skip


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv"])
def test_texts_that_look_like_something_else_stay_texts(program, tmp_path, suffix):
    """datasets, duckdb and pandas make dates, numbers, lists and nothing of them."""
    rows = [
        {"prompt": f"Which one is number {n} of them?", "completion": text}
        for n, text in enumerate(LOOK_ALIKE)
    ]
    file = tmp_path / f"rows.{suffix}"
    if suffix == "csv":
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, ["prompt", "completion"])
            writer.writeheader()
            writer.writerows(rows)
    else:
        whole = json.dumps(rows) if suffix == "json" else "".join(json.dumps(row) + "\n" for row in rows)
        file.write_text(whole, "utf-8")
    corpus = read([str(file)])
    answers = corpus.turns.filter(corpus.turns["role"] == "assistant")["content"].to_list()
    assert answers == list(LOOK_ALIKE)


def test_a_key_that_comes_late_is_kept_and_only_where_it_stood(kept):
    """Dataset.from_list and Polars drop it, Dataset.map stops at it."""
    rows = [chat(f"Which number comes after {n}?", f"It is {n + 1}.") for n in range(1_200)]
    rows[-1] |= {"source": "the last"}
    found = kept(*rows)
    assert found["Which number comes after 1199?"]["extra"] == {"source": "the last"}
    assert not any("extra" in row for asked, row in found.items() if "1199" not in asked)


def test_every_file_of_a_folder_is_read_whatever_its_name(tmp_path):
    """datasets reads `evaluation.jsonl` and hides all others."""
    for name in ("evaluation", "rows", "train.preference", "test-1"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(chat(f"What is in {name}?", "A row.")) + "\n")
    sources = read([str(tmp_path)]).examples["source"].to_list()
    assert sorted(Path(name).name for name in sources) == [
        "evaluation.jsonl", "rows.jsonl", "test-1.jsonl", "train.preference.jsonl",
    ]  # fmt: skip


def test_a_key_that_stands_twice_with_two_values_costs_its_row(tmp_path):
    """Polars takes the first, json the last."""
    (tmp_path / "a.jsonl").write_text('{"prompt": "A tree?", "completion": "Oak.", "completion": "Elm."}\n')
    (fault,) = read([str(tmp_path / "a.jsonl")]).unreadable["error"]
    assert "completion" in fault


def test_copies_of_any_length_are_found_and_an_empty_row_is_named(program, jsonl, tmp_path):
    """datatrove finds no copy under five words, and its reader drops an empty row."""
    rows = [chat("Name a tree.", "Oak."), chat("Name a tree.", "Oak."), chat("Name a bird.", "")]
    program("prep", jsonl(rows), "-o", tmp_path / "run", check=0)
    aside = [json.loads(line) for line in (tmp_path / "run/set_aside.jsonl").read_text().splitlines()]
    assert sorted(row["check"] for row in aside) == ["empty_answer", "exact_duplicate"]


def test_rows_that_differ_behind_512_tokens_are_two(kept):
    """model2vec and sentence encoders see no more of them."""
    same = " ".join(f"In year {n} the mill was sold to the owner of farm {n * 7}." for n in range(120))
    rows = [chat(f"Sum up for me: {same} {end}", end) for end in (
        "At last it burnt down, and nothing of it was left but the wheel, which stands in the garden of the school.",
        "A museum is in it today, with three hundred tools, a bakery, and a shop where flour is sold on Saturdays.",
    )]  # fmt: skip
    assert len(kept(*rows)) == 2


def test_rows_alike_in_their_prompt_alone_are_no_copies(kept):
    """semhash takes an equal prompt for half of the likeness."""
    found = kept(chat("What is 6 x 7?", "It is 42."), {"messages": [
        {"role": "user", "content": "What is 6 x 7? "}, {"role": "assistant", "content": "It is 43."},
    ]})  # fmt: skip
    assert len(found) == 2


def test_a_row_that_holds_a_held_out_item_stays_whole(program, jsonl, tmp_path):
    """lm-eval's janitor cuts the item out, and all of a short text with it."""
    item = "A train leaves Ghent at nine and is in Bern at four in the afternoon; how long is it on the way?"
    (tmp_path / "exam.jsonl").write_text(json.dumps({"question": item, "answer": "7 hours"}) + "\n")
    asked = f"Please solve this for my class. {item} Show the steps."
    rows = jsonl([chat(asked, "It is seven hours on the way."), chat("Name a tree.", "Oak.")])
    program("prep", rows, "-o", tmp_path / "run", "--held-out", f"exam={tmp_path / 'exam.jsonl'}", check=0)
    (row,) = [json.loads(line) for line in (tmp_path / "run/set_aside.jsonl").read_text().splitlines()]
    assert row["original"]["messages"][0]["content"] == asked and row["check"] == "contamination"
    manifest = (tmp_path / "run/manifest.json").read_text()
    assert hashlib.sha256((tmp_path / "exam.jsonl").read_bytes()).hexdigest() in manifest


def test_a_row_over_the_budget_is_set_aside_whole_by_name(program, jsonl, tmp_path):
    """TRL cuts its end off or drops it, litellm takes its middle out, LLaMA-Factory its task."""
    long = chat("Tell me all of the mill.", "The wheel turns, and grain is ground. " * 200)
    program(
        "prep",
        jsonl([long, chat("Name a tree.", "Oak.")]),
        "-o",
        tmp_path / "run",
        "--max-tokens",
        "200",
        check=0,
    )
    (row,) = [json.loads(line) for line in (tmp_path / "run/set_aside.jsonl").read_text().splitlines()]
    assert "over_budget" in [finding["check"] for finding in row["findings"]]
    assert row["original"]["messages"] == long["messages"]
