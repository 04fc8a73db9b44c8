"""Kept rows go out in the layout that they came in, and mean there what they mean in the run."""

import json

import polars as pl
import pytest

from finesift import pipeline
from finesift.read import read
from finesift.read.conversations.layouts import layouts
from finesift.recipe import Recipe
from finesift.tables import EDITS
from finesift.verify import verify
from finesift.write.as_read import REPAIRED, SEVERAL, UNPLACED, as_read

ALPACA = {"instruction": "Name a reef.", "input": "", "output": "Ningaloo &amp; more."}
SHAPES = [
    ALPACA,
    {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}], "weight": 1.0},
    {"prompt": "p", "chosen": "c", "rejected": "r", "margin": 12345678901234567890123},
    {"text": "<bos><start_of_turn>user\nq<end_of_turn>\n<start_of_turn>model\na<end_of_turn>\n"},
    *(known.reads for known in layouts()),
]
NONE = EDITS.to_frame()


def corpus_of(path, rows, **options):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read([path], **options)


@pytest.mark.parametrize("row", SHAPES, ids=lambda row: "-".join(row)[:40])
def test_every_layout_goes_out_as_it_came_and_is_read_to_the_same_turns(tmp_path, row):
    corpus = corpus_of(tmp_path / "rows.jsonl", [row])
    lines, left = as_read(corpus, corpus.examples, NONE)
    assert [json.loads(line) for line in lines] == [row] and not left
    (tmp_path / "again.jsonl").write_bytes(b"\n".join(lines))
    again = read([tmp_path / "again.jsonl"])
    assert again.turns.equals(corpus.turns)
    assert again.examples.drop("source").equals(corpus.examples.drop("source"))


def test_a_corrected_text_stands_where_it_stood(tmp_path):
    corpus = corpus_of(tmp_path / "rows.jsonl", [ALPACA, ALPACA | {"input": ALPACA["output"]}])
    edit = {"turn": 1, "before": ALPACA["output"], "after": "Ningaloo.", "by": "x", "why": "y"}
    edits = [{"example": n, **edit} for n in (0, 1)]
    lines, left = as_read(corpus, corpus.examples, pl.DataFrame(edits, schema=EDITS))
    assert [json.loads(line) for line in lines] == [ALPACA | {"output": "Ningaloo."}]
    assert left == {UNPLACED: [corpus.examples["id"][1]]}


def test_what_was_repaired_with_loss_or_is_half_of_a_row_is_left_out_with_the_reason(tmp_path):
    ranked = {"prompt": "p", "answers": [{"answer": text, "rank": n} for n, text in enumerate("abc")]}
    corpus = corpus_of(tmp_path / "rows.jsonl", [ALPACA, ranked], repair=["html-entities"], pairs="all")
    _, left = as_read(corpus, corpus.examples.head(2), NONE)
    assert {why: len(ids) for why, ids in left.items()} == {REPAIRED: 1, SEVERAL: 1}
    lines, left = as_read(corpus, corpus.examples, NONE)
    assert [json.loads(line) for line in lines] == [ranked]


def test_a_run_writes_them_beside_its_own_and_is_verified(tmp_path):
    trees = ("oak", "elm", "ash", "yew")
    rows = [
        ALPACA | {"instruction": f"Name {one}.", "output": f"{one} it is, and no other."} for one in trees
    ]
    corpus_of(tmp_path / "rows.jsonl", rows)
    recipe = {
        "data": {"train": [str(tmp_path / "rows.jsonl")], "as_read": True},
        "model": {"count_tokens": False},
        "split": {"validation": 0, "test": 0},
    }
    run = pipeline.prep(Recipe.parse(recipe), tmp_path / "run")
    lines = (run.path / "as_read" / "train.jsonl").read_bytes().splitlines()
    assert len(lines) == run.manifest["summary"]["fates"]["train"] > 0
    assert all(json.loads(line) in rows for line in lines)
    assert (run.path / "as_read" / "left_out.jsonl").read_bytes() == b""
    assert verify(run.path) == []
