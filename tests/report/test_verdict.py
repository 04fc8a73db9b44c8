"""The answer of a run: what makes it train, train after these, or do not train."""

import json
import re
from dataclasses import replace

import pytest

from finesift.pipeline import prep
from finesift.recipe import Recipe
from finesift.report.held_out import HeldOut
from finesift.report.summary import CheckCount, Summary
from finesift.report.verdict import Verdict, verdict
from finesift.run import Run

TOPICS = "bread tea knots maps stars rope wool clay salt rain moss bees iron glass paper seeds boats bells coal wine"
WORDS = re.split(" ", TOPICS)
GONE = {"train": 0, "validation": 0, "test": 0, "set_aside": 9, "unreadable": 0}
FEW = GONE | {"train": 30, "validation": 2, "test": 2}


def rows(number, start=0):
    for n in range(start, start + number):
        said = f"How do I store {WORDS[n % 20]} number {n} in a {WORDS[n // 20 % 20]} shed?"
        answer = f"Keep {WORDS[n % 20]} {n} dry, near the {WORDS[(n * 7 + 3) % 20]}, and look again in {n + 2} days."
        yield {"messages": [{"role": "user", "content": said}, {"role": "assistant", "content": answer}]}


@pytest.fixture(scope="module")
def fine(tmp_path_factory):
    """The summary of a run that nothing is wrong with, and its recipe with a tokenizer named."""
    folder = tmp_path_factory.mktemp("fine")
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(1200)))
    raw = {"data": {"train": [str(folder / "data.jsonl")]}, "checks": {"near_duplicate": {"run": False}}}
    run = prep(
        Recipe.parse(raw | {"limits": {"near_but_different": {}, "same_prompt_different_answers": {}}}),
        folder / "run",
    )
    named = Recipe.parse(raw | {"model": {"tokenizer": "models/qwen3"}})
    return Summary.from_dict(Run.open(run.path).manifest["summary"]), named


def names(found):
    return [(step.name, step.weight) for step in found.steps]


def test_a_fine_set_is_trained_on(fine):
    figures, recipe = fine
    found = verdict(replace(figures, reviewed={}, reviews=0, unproved=0), recipe)
    assert (found.state, found.first) == ("train", [])
    assert found.sentence() == "train on it"


@pytest.mark.parametrize(
    "change, step, state",
    [
        ({"fates": GONE}, "few_rows", "do not train"),
        ({"fates": FEW}, "few_rows", "train after these"),
        ({"unproved": 7}, "masks", "train after these"),
        ({"unproved": 700}, "masks", "do not train"),
        ({"masks": None}, "no_tokens", "train after these"),
        ({"kinds": {"conversation": 900, "preference": 30}}, "mixed_kinds", "train after these"),
        ({"kinds": {"text": 900}, "unused": {"category": 900}}, "labelled_texts", "do not train"),
        ({"reviewed": {"train": 300}}, "reviews", "train after these"),
        ({"checks": [CheckCount("unread_field", 9, 9, 0)]}, "unread_fields", "train after these"),
    ],
)  # fmt: skip
def test_each_fault_has_a_step_and_its_weight(fine, change, step, state):
    figures, recipe = fine
    found = verdict(replace(figures, **({"reviewed": {}, "unproved": 0} | change)), recipe)
    assert step in [one.name for one in found.first]
    assert found.state == state
    assert all(one.do for one in found.steps)


@pytest.mark.parametrize(
    "touched, rows, state",
    [
        (1, 60, "train after these"),
        (40, 60, "do not train"),
        (1, 12, "train after these"),
        (3, 10, "do not train"),
        (5, 100, "do not train"),
        (5, 200, "train after these"),
    ],
)
def test_leaks_between_the_splits_count(fine, touched, rows, state):
    figures, recipe = fine
    leak = HeldOut("test", {}, rows, touched, {"contamination": touched}, 0, 1.0, None, [])
    fates = figures.fates | {"test": rows}
    found = verdict(replace(figures, fates=fates, reviewed={}, unproved=0, between=[leak]), recipe)
    assert ("leak_test", "stops" if state == "do not train" else "first") in names(found)
    assert found.state == state


def test_kept_rows_that_may_hold_held_out_items_come_first(fine):
    figures, recipe = fine
    held = HeldOut("gsm8k", {}, 60, 4, {"restatement": 4}, 1, 0.8, None, [])
    found = verdict(replace(figures, reviewed={}, unproved=0, held_out=[held]), recipe)
    assert [step.rows for step in found.first] == [3]


def test_few_rows_for_review_are_a_note(fine):
    figures, recipe = fine
    found = verdict(replace(figures, reviewed={"train": 3}, unproved=0), recipe)
    assert names(found) == [("reviews", "note")] and found.state == "train"


def test_rows_for_review_that_are_not_trained_are_none(fine):
    figures, recipe = fine
    assert (
        verdict(replace(figures, reviewed={"set_aside": 300, "test": 9}, unproved=0), recipe).state == "train"
    )


def test_nobody_named_a_model(fine):
    figures, _ = fine
    found = verdict(replace(figures, reviewed={}, unproved=900), Recipe())
    assert [step.name for step in found.first] == ["packaged_template"]


def test_commands_name_the_folder_quoted(fine):
    figures, recipe = fine
    found = verdict(replace(figures, reviewed={"train": 300}, unproved=0), recipe)
    assert found.at("my run; rm").first[0].do == "finesift review 'my run; rm'"
    assert Verdict.from_dict(json.loads(json.dumps(found.as_dict()))) == found
