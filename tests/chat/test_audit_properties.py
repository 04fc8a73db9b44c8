"""Any way of packing proved rows is silent, and any one label that is changed is found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finesift.chat.audit import Expected, compare

PAD, START, END = 0, 3, 2
WORDS = st.integers(10, 14)  # few words, so that rows have much in common and begin and end alike


@st.composite
def rows_of(draw):
    """Rows that differ: a shared beginning, then a question and an answer of few words."""
    shared = draw(st.lists(WORDS, max_size=12))
    found = {}
    for number in range(draw(st.integers(1, 7))):
        turns = draw(
            st.lists(
                st.tuples(st.lists(WORDS, min_size=1, max_size=9), st.lists(WORDS, max_size=9)),
                min_size=1,
                max_size=3,
            )
        )
        ids, trained = [START, *shared], [False] * (len(shared) + 1)
        for ask, answer in turns:
            ids += [START, *ask, START, *answer, END]
            trained += [False] * (len(ask) + 2) + [True] * (len(answer) + 1)
        found.setdefault(tuple(ids), Expected(f"rows:{number}", np.array(ids), np.array(trained)))
    return list(found.values())


def labels(one):
    return np.where(one.trained, one.ids, -100)


def packed(rows, how, fill):
    """One sequence that says by one field where its rows begin."""
    ids = np.concatenate([one.ids for one in rows] + [np.full(fill, PAD)])
    said = np.concatenate([labels(one) for one in rows] + [np.full(fill, -100)])
    sizes = [len(one.ids) for one in rows]
    real = sum(sizes)
    number = np.concatenate([np.repeat(np.arange(len(rows)) + 1, sizes), np.zeros(fill, int)])
    batch = {"input_ids": ids[None], "labels": said[None], "attention_mask": (number > 0).astype(int)[None]}
    if how == "position_ids":
        at = [np.arange(size) for size in sizes]
        batch["position_ids"] = np.concatenate([*at, np.zeros(fill, int)])[None]
    elif how == "seq_idx":
        batch["seq_idx"] = number[None]
    elif how == "cu_seq_lens_q":
        batch["cu_seq_lens_q"] = np.array([0, *np.cumsum(sizes)] + [real + fill] * bool(fill))
    elif how == "numbers":
        batch["attention_mask"] = number[None]
    else:
        seen = (number[:, None] == number[None]) & np.tri(len(ids), dtype=bool) & (number > 0)
        batch["attention_mask"] = (
            np.where(seen, 0.0, -1e9)[None, None] if how == "scores" else seen[None, None]
        )
    return batch


WAYS = ["position_ids", "seq_idx", "cu_seq_lens_q", "numbers", "square", "scores"]


@st.composite
def batches_of(draw, rows):
    """All rows once, in any order, packed or padded."""
    order = draw(st.permutations(rows))
    batches, at = [], 0
    while at < len(order):
        size = draw(st.integers(1, 4))
        some = order[at : at + size]
        at += size
        fill = draw(st.integers(0, 5))
        way = draw(st.sampled_from([*WAYS, "padded", "padded left"]))
        if way.startswith("padded"):
            longest = max(len(one.ids) for one in some) + fill
            around = [
                (longest - len(one.ids), 0) if way == "padded left" else (0, longest - len(one.ids))
                for one in some
            ]
            batches.append(
                {
                    "input_ids": [
                        np.pad(one.ids, a, constant_values=PAD) for one, a in zip(some, around, strict=True)
                    ],
                    "labels": [
                        np.pad(labels(one), a, constant_values=-100)
                        for one, a in zip(some, around, strict=True)
                    ],
                    "attention_mask": [
                        np.pad(np.ones(len(one.ids), int), a) for one, a in zip(some, around, strict=True)
                    ],
                }
            )
        else:
            batches.append(packed(some, way, fill))
    return batches


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_any_way_of_packing_proved_rows_is_silent(data):
    rows = data.draw(rows_of())
    found = compare(data.draw(batches_of(rows)), rows)
    assert found.ok, str(found)
    assert (found.seen, found.ambiguous) == (len(rows), [])


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_any_one_label_that_is_changed_is_found_and_named(data):
    rows = data.draw(rows_of())
    batches = data.draw(batches_of(rows))
    batch = data.draw(st.sampled_from(batches))
    place = data.draw(st.integers(0, len(batch["labels"]) - 1))
    at = data.draw(st.integers(0, len(batch["labels"][place]) - 1))
    ids = batch["input_ids"][place][at]
    trains = batch["labels"][place][at] != -100
    batch["labels"][place][at] = -100 if trains else ids
    names = {fault.name for fault in compare(batches, rows).faults}
    if trains:
        assert names and names <= {"end_not_trained", "answer_not_trained", "all_masked"}
    elif ids == PAD:
        assert names == {"padding_trained"}
    else:
        assert names == {"prompt_trained"}


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_rows_side_by_side_without_a_word_of_where_they_begin_are_told_by_what_they_say(data):
    rows = data.draw(rows_of())
    order = data.draw(st.permutations(rows))
    batch = {
        "input_ids": [np.concatenate([one.ids for one in order])],
        "labels": [np.concatenate([labels(one) for one in order])],
    }
    found = compare([batch], rows)
    assert {fault.name for fault in found.faults} <= {"packed_without_boundaries"}
    assert found.seen + len(found.ambiguous) == len(rows)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_rows_cut_at_any_length_and_put_in_any_order_lose_nothing(data):
    """As a trainer wraps them: one long text, cut into sequences of one length."""
    rows = data.draw(rows_of())
    size = data.draw(st.integers(5, 40))
    ids, said = (
        np.concatenate(parts) for parts in zip(*((one.ids, labels(one)) for one in rows), strict=True)
    )
    pieces = [slice(at, at + size) for at in range(0, len(ids), size)]
    batches = [{"input_ids": [ids[at]], "labels": [said[at]]} for at in data.draw(st.permutations(pieces))]
    names = {fault.name for fault in compare(batches, rows).faults}
    assert not names & {"end_cut", "never_seen", "unknown_trained", "all_masked"}


@pytest.mark.parametrize("way", WAYS)
def test_rows_of_which_one_begins_another_are_kept_apart_as_the_batch_says(way):
    first = Expected("a:1", np.array([3, 10, 3, 11, 2]), np.array([0, 0, 0, 1, 1], bool))
    both = Expected("a:2", np.tile(first.ids, 2), np.tile(first.trained, 2))
    assert compare([packed([first, both, first], way, 3)], [first, both]).ok


def test_a_part_that_several_rows_have_is_ambiguous_and_no_fault():
    """Of twenty rows that end alike one came without its end; whose the end is that came alone, nobody can say."""
    end = list(range(100, 140))
    rows = [
        Expected(f"a:{n}", np.array([3, 200 + n, *end, 2]), np.array([0, 0, *[1] * 41], bool))
        for n in range(20)
    ]
    cut = [{"input_ids": [one.ids[:4]], "labels": [labels(one)[:4]]} for one in rows[:2]]
    rest = [{"input_ids": [one.ids[4:]], "labels": [labels(one)[4:]]} for one in rows[:1]]
    whole = [{"input_ids": [one.ids], "labels": [labels(one)]} for one in rows[2:]]
    found = compare([*whole, *cut, *rest], rows)
    assert {fault.name for fault in found.faults} <= {"end_cut"}
    assert len(found.ambiguous) + sum(fault.rows for fault in found.faults) <= 2
