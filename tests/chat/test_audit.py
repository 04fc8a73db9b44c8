"""Each fault of a trainer's batches, on batches that have it, as lists and as arrays."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import finesift
from finesift.chat.audit import Expected, compare
from finesift.cli import app
from finesift.corpus import chat
from finesift.errors import InputError

BOS, PAD, END = 1, 0, 2
RANDOM = np.random.default_rng(17)


def row(number, prompt=20, answer=30):
    """A row of its own tokens: BOS, prompt, answer, end."""
    ids = np.concatenate([[BOS], RANDOM.integers(10, 30_000, prompt + answer), [END]]).astype(np.int64)
    trained = np.arange(len(ids)) > prompt
    return Expected(f"train.jsonl:{number}", ids, trained)


ROWS = [row(number + 1, 12 + number, 20 + 3 * number) for number in range(6)]


def labels(one):
    return np.where(one.trained, one.ids, -100)


def batch(rows=ROWS, size=80, left=False, **changes):
    """Padded, as a collator makes it."""
    out = {"input_ids": [], "labels": [], "attention_mask": []}
    for one in rows:
        fill = size - len(one.ids)
        around = (fill, 0) if left else (0, fill)
        out["input_ids"].append(np.pad(one.ids, around, constant_values=PAD))
        out["labels"].append(np.pad(labels(one), around, constant_values=-100))
        out["attention_mask"].append(np.pad(np.ones(len(one.ids), np.int64), around))
    return {name: np.stack(value) for name, value in out.items()} | changes


def packed(rows=ROWS, *, positions):
    ids = np.concatenate([one.ids for one in rows])
    at = np.concatenate([np.arange(len(one.ids)) for one in rows]) if positions else np.arange(len(ids))
    return {
        "input_ids": ids[None],
        "labels": np.concatenate([labels(one) for one in rows])[None],
        "position_ids": at[None],
    }


def faults(*batches, rows=ROWS, **options):
    found = compare(batches, rows, bos=BOS, **options)
    return {fault.name: (fault.rows, fault.tokens) for fault in found.faults}


@pytest.mark.parametrize("left", [False, True])
def test_batches_that_train_what_is_proved_have_no_fault(left):
    found = compare([batch(left=left)], ROWS, bos=BOS)
    assert found.ok
    assert found.exit_code == 0
    assert (found.seen, found.rows, found.sequences) == (6, 6, 6)
    assert found.trained == sum(int(one.trained.sum()) for one in ROWS)


class Tensor:
    """What an audit may use of a tensor: no more than arrays and tensors share."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def tolist(self):
        return self.values.tolist()


@pytest.mark.parametrize(
    "kind", [lambda a: a.tolist(), np.asarray, Tensor, lambda a: [Tensor(row) for row in a]]
)
def test_lists_arrays_and_tensors_are_alike(kind):
    assert faults({name: kind(value) for name, value in batch().items()}) == {}


def test_packed_rows_are_found_again():
    assert faults(packed(positions=True)) == {}
    assert faults(packed(positions=False)) == {
        "packed_without_boundaries": (5, sum(len(one.ids) for one in ROWS[1:]))
    }


def test_everything_trained():
    given = batch()
    given["labels"] = np.where(given["attention_mask"], given["input_ids"], -100)
    assert faults(given) == {"prompt_trained": (6, sum(int((~one.trained).sum()) for one in ROWS))}


def test_nothing_trained():
    given = batch()
    given["labels"][2] = -100
    assert faults(given) == {"all_masked": (1, int(ROWS[2].trained.sum()))}


def test_the_end_not_trained():
    given = batch()
    given["labels"][given["input_ids"] == END] = -100
    assert faults(given) == {"end_not_trained": (6, 6)}


def test_a_part_of_an_answer_not_trained():
    given = batch()
    given["labels"][1, 20:23] = -100
    assert faults(given) == {"answer_not_trained": (1, 3)}


def test_two_beginnings():
    given = batch()
    twice = {
        name: np.concatenate([np.full((6, 1), first), value], axis=1)
        for (name, value), first in zip(given.items(), (BOS, -100, 1), strict=True)
    }
    assert faults(twice) == {"double_bos": (6, 6)}


def test_padding_trained():
    given = batch()
    given["labels"][0, -4:] = PAD
    assert faults(given) == {"padding_trained": (1, 4)}


def test_cut_rows():
    cut = {name: value[:, :40] for name, value in batch().items()}
    longer = [one for one in ROWS if len(one.ids) > 40]
    assert faults(cut) == {"end_cut": (len(longer), sum(len(one.ids) - 40 for one in longer))}


@pytest.mark.parametrize("size", [37, 50, 100])
def test_a_row_that_goes_on_in_another_sequence_is_not_cut(size):
    ids, given = (
        np.concatenate(parts) for parts in zip(*((one.ids, labels(one)) for one in ROWS), strict=True)
    )
    pieces = [
        {"input_ids": ids[at : at + size][None], "labels": given[at : at + size][None]}
        for at in range(0, len(ids), size)
    ]
    assert set(faults(*pieces)) == {"packed_without_boundaries"}
    assert set(faults(*reversed(pieces))) == {"packed_without_boundaries"}


@pytest.mark.parametrize("cut", [12, 30, 45, 52, 59])
def test_rows_that_begin_and_end_alike_are_put_together_again(cut):
    """Each row is cut in two, and which beginning belongs to which end is told by the end alone."""
    begin, end = RANDOM.integers(10, 30_000, 40), RANDOM.integers(10, 30_000, 10)
    rows = [
        Expected(
            str(n),
            np.concatenate([begin, [100 + n] * (n % 3 + 8), end]).astype(np.int64),
            np.ones(50 + n % 3 + 8, bool),
        )
        for n in range(9)
    ]
    pieces = [one.ids[at] for one in rows for at in (slice(None, cut), slice(cut, None))]
    RANDOM.shuffle(pieces)
    found = compare([{"input_ids": [piece], "labels": [piece]} for piece in pieces], rows)
    assert found.ok, str(found)


def test_labels_that_are_not_the_tokens():
    given = batch()
    given["labels"][0, 14] = 7
    assert faults(given) == {"labels_differ": (1, 1)}
    shifted = batch()
    shifted["labels"] = np.roll(shifted["labels"], -1, axis=1)
    assert "labels_shifted" in faults(shifted)


def test_what_is_no_row():
    stranger = batch([row(99)])
    assert faults(batch(), stranger) == {"unknown_trained": (1, 31)}


def test_a_short_piece_of_a_row_that_is_told_from_no_other_is_some_rows():
    """Rows that differ in a number only, all of them trained whole, cut by a packing that says nothing."""
    shared, tail = RANDOM.integers(10, 30_000, 40), RANDOM.integers(10, 30_000, 6)
    rows = [
        Expected(str(n), np.concatenate([shared, [100 + n], tail]).astype(np.int64), np.arange(47) > 40)
        for n in range(12)
    ]
    ids = np.concatenate([rows[n].ids for n in RANDOM.permutation(12)])
    for size in (43, 45, 46, 50, 61, 94, 130):
        pieces = [{"input_ids": ids[at : at + size][None]} for at in range(0, len(ids), size)]
        names = set(faults(*({**piece, "labels": piece["input_ids"]} for piece in pieces), rows=rows))
        assert "unknown_trained" not in names and "prompt_trained" in names, size
        stray = {"input_ids": np.array([[31_000, 31_001]])}
        assert "unknown_trained" in faults(
            *({**p, "labels": p["input_ids"]} for p in (*pieces, stray)), rows=rows
        )


def test_rows_that_never_come():
    some = batch(ROWS[:4])
    assert faults(some) == {"never_seen": (2, sum(len(one.ids) for one in ROWS[4:]))}
    assert faults(some, partial=True) == {}


def test_rows_that_begin_alike_are_told_apart():
    shared = RANDOM.integers(10, 30_000, 64)
    alike = [
        Expected(str(n), np.concatenate([shared, [100 + n] * 3, [END]]).astype(np.int64), np.arange(68) > 63)
        for n in range(20)
    ]
    given = {"input_ids": [one.ids for one in alike], "labels": [labels(one) for one in alike]}
    assert compare([given], alike).ok


@pytest.mark.parametrize(
    "given, said",
    [
        ({"input_ids": [[1, 2]]}, "has no labels"),
        ({"labels": [[1, 2]]}, "has no input_ids"),
        ({"input_ids": [[1, 2]], "labels": [[1]]}, "differ in length"),
        ({"input_ids": [["a"]], "labels": [[1]]}, "no token id"),
    ],
)
def test_batches_of_another_form_are_refused(given, said):
    with pytest.raises(InputError, match=said):
        compare([given], ROWS)


def test_a_run_is_audited_by_its_folder(jsonl, tmp_path):
    file = jsonl([chat(f"What is the square of {n}?", f"The square of {n} is {n * n}.") for n in range(40)])
    recipe = finesift.Recipe.parse({"data": {"train": [str(file)]}, "model": {"tokenized": True}})
    run = finesift.prep(recipe, tmp_path / "run")
    import polars as pl

    rows = pl.read_parquet(run.path / "tokenized" / "train.parquet")
    batches = [{name: [value] for name, value in one.items()} for one in rows.to_dicts()]
    found = finesift.audit(batches, run.path)
    assert found.ok, str(found)
    assert found.seen == rows.height
    dump = tmp_path / "batches.jsonl"
    trains_all = [{"input_ids": one["input_ids"], "labels": one["input_ids"]} for one in batches]
    dump.write_text("".join(json.dumps(one) + "\n" for one in trains_all))
    told = CliRunner().invoke(app, ["audit", str(run.path), str(dump)])
    assert told.exit_code == 1
    assert "prompt_trained" in told.output
    good = CliRunner().invoke(app, ["audit", str(run.path), str(run.path / "tokenized" / "train.parquet")])
    assert good.exit_code == 0, good.output
