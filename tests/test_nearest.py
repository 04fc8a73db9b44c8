"""Do I have something like this? Without a word of the sealed set, and with what was kept."""

import json

import polars as pl
import pytest

from finesift import pipeline
from finesift.errors import UsageError
from finesift.keeping import folder
from finesift.nearest import NEAREST
from finesift.recipe import Recipe
from finesift.run import Run

THINGS = "kettle piano beehive violin rowboat lantern saddle anvil quilt hammock loom barrel".split()  # noqa: SIM905


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("near")
    asked, told = "How do I mend a broken {}?", "With patience, and wax: the {} comes last."
    rows = [
        {
            "messages": [
                {"role": "user", "content": asked.format(thing)},
                {"role": "assistant", "content": told.format(thing)},
            ]
        }
        for thing in THINGS
    ]
    file = place / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    raw = {
        "data": {"train": [str(file)]},
        "model": {"count_tokens": False},
        "split": {"test": 0.4, "minimum": 0},
        "checks": {"paraphrase_duplicate": {"texts": 0}},
    }
    return pipeline.prep(Recipe.parse(raw), place / "run")


def test_the_nearest_row_comes_first_and_none_is_sealed(run):
    sealed = set(run.table("splits").filter("sealed").join(run.table("examples"), on="example")["id"])
    assert sealed
    for thing in THINGS:
        found = run.near(f"repair my {thing}, please", 20)
        assert found.schema == NEAREST
        assert found["similarity"].is_sorted(descending=True)
        assert not sealed & set(found["id"])
        assert found.height == len(THINGS) - len(sealed)
    open_ = run.table("turns").filter(pl.col("role") == "user")["content"]
    thing = open_[0].split()[-1].rstrip("?")
    assert thing in run.near(f"repair my {thing}, please", 1)["asked"][0]


def test_what_was_kept_gives_the_same_answers(run, monkeypatch, tmp_path):
    monkeypatch.setenv("FINESIFT_CACHE", str(tmp_path))
    first = Run.open(run.path).near("mend a loom")
    assert [file.name for file in sorted((folder() / "near").rglob("*.npy"))] == [
        "examples.npy", "vectors.npy", "weights.npy",
    ]  # fmt: skip
    again = Run.open(run.path).near("mend a loom")
    monkeypatch.setenv("FINESIFT_CACHE", "")
    nowhere = Run.open(run.path).near("mend a loom")
    assert first.equals(again)
    assert first.equals(nowhere)


def test_nothing_is_near_nothing(run):
    with pytest.raises(UsageError, match="near what"):
        run.near("  ")
    assert run.near("a kettle", 0).is_empty()
