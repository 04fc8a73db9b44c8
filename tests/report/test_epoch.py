"""Figures of an epoch: as if every batch were made and every row packed by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finesift.corpus import chat
from finesift.pipeline import prep
from finesift.recipe import Recipe
from finesift.report.epoch import _packed, _padding
from finesift.report.summary import Summary

sizes = st.lists(st.integers(1, 40), min_size=1, max_size=60)


def by_hand(rows, budget):
    """Best-fit decreasing, a row at a time."""
    room = []
    for size in sorted(rows, reverse=True):
        fitting = [(left, place) for place, left in enumerate(room) if left >= size]
        if fitting:
            room[min(fitting)[1]] -= size
        else:
            room.append(budget - size)
    return len(room)


@given(sizes)
def test_packing_is_best_fit_a_row_at_a_time(rows):
    assert _packed(np.array(rows), 40) == by_hand(rows, 40)


@given(sizes, st.integers(1, 9))
def test_padding_is_what_a_batch_has_beyond_its_rows(rows, batch):
    parts = [rows[at : at + batch] for at in range(0, len(rows), batch)]
    computed = sum(len(part) * max(part) for part in parts)
    assert _padding(np.array(rows), batch) == pytest.approx(1 - sum(rows) / computed)


def test_a_run_says_what_an_epoch_is(jsonl, tmp_path):
    file = jsonl([chat(f"How much is {n}?", "It is " + "much, " * (n % 13) + f"{n}.") for n in range(60)])
    training = {"batch": 8, "epochs": 3, "price": 2.5}
    checks = dict.fromkeys(("near_duplicate", "near_but_different"), False)
    recipe = {"data": {"train": [str(file)]}, "training": training, "checks": checks}
    run = prep(Recipe.parse(recipe), tmp_path / "run")
    found = Summary.from_dict(run.manifest["summary"]).epoch
    assert found.rows == run.manifest["summary"]["fates"]["train"] and found.steps == -(-found.rows // 8)
    assert found.price == pytest.approx(2.5 * 3 * found.tokens / 1e6)
    assert 0 <= found.by_length <= found.padded < 1 and 0 < found.trained < found.tokens
    assert found.sentences()[0] in (run.path / "report.md").read_text()
    assert "3 epochs of tuning cost" in found.sentences()[0]


def test_without_tokens_there_is_no_epoch(jsonl, tmp_path):
    recipe = {"data": {"train": [str(jsonl([chat("Hi.", "Hello.")]))]}, "model": {"count_tokens": False}}
    run = prep(Recipe.parse(recipe), tmp_path / "run")
    assert Summary.from_dict(run.manifest["summary"]).epoch is None


def test_rows_that_the_template_refuses_are_said_not_to_be_in_an_epoch(jsonl, tmp_path):
    called = {"id": "c1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
    asks = {"role": "user", "content": "What time is it?"}
    refused = {"messages": [asks, {"role": "assistant", "tool_calls": [called]}]}
    # The packaged template has no tools.
    file = jsonl([*(chat(f"How much is {n}?", f"It is {n}.") for n in range(3)), refused])
    recipe = {"data": {"train": [str(file)]}, "split": {"validation": 0, "test": 0}}
    run = prep(Recipe.parse(recipe), tmp_path / "run")
    found = Summary.from_dict(run.manifest["summary"]).epoch
    assert (found.rows, found.uncounted) == (3, 1)
    assert "leave out 1 row of which no tokens are known" in found.sentences()[0]
