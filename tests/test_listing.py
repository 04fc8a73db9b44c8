"""Rows of a run, by check, fate or review, and by place."""

import json

import polars as pl
import pytest

from finesift.errors import UsageError
from finesift.listing import at, listed
from finesift.pipeline import prep
from finesift.recipe import Recipe


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from finesift.data import example_folder

    recipe = Recipe.load(example_folder() / "recipe.toml")
    return prep(recipe, tmp_path_factory.mktemp("listing") / "run")


def test_every_row_for_review_is_listed_and_written_but_the_sealed_ones(run):
    lines = [json.loads(line) for line in (run.path / "review.jsonl").read_bytes().splitlines()]
    found = listed(run, review=True)
    reviewed = run.manifest["summary"]["reviewed"]
    assert found.height == len(lines) == sum(rows for fate, rows in reviewed.items() if fate != "test")
    assert set(found["id"]) == {line["id"] for line in lines}
    assert all(line["why"] and ("original" in line or "original_text" in line) for line in lines)
    assert sum(reviewed.values()) == run.manifest["summary"]["reviews"]


def test_no_sealed_row_is_ever_listed(run):
    sealed = set(run.table("splits").filter("sealed")["example"])
    ids = set(run.table("examples").filter(pl.col("example").is_in(list(sealed)))["id"])
    everything = listed(run, fates=list(run.manifest["summary"]["fates"]))
    assert ids and not ids & set(everything["id"])
    assert ids.isdisjoint(
        json.loads(line)["id"] for line in (run.path / "review.jsonl").read_bytes().splitlines()
    )


def test_by_check_the_surest_come_first(run):
    found = listed(run, checks=["truncation", "refusal"])
    assert found["score"].is_sorted(descending=True)
    assert set(found["check"]) == {"truncation", "refusal"}
    assert not found["id"].is_duplicated().any()


def test_unreadable_rows_have_a_place_and_a_reason(run):
    found = listed(run, fates=["unreadable"])
    assert found.height == run.manifest["summary"]["fates"]["unreadable"]
    assert found["why"].null_count() == 0 and found["id"].null_count() == found.height


def test_a_row_by_its_place(run):
    row = run.table("examples").row(5, named=True)
    file = row["source"].rsplit("/", 1)[-1]
    if run.table("splits").filter(pl.col("example") == row["example"])["sealed"].item():
        pytest.skip("the row is sealed")
    assert at(run, f"{row['source']}:{row['row']}") == at(run, f"{file}:{row['row']}") == row["id"]


@pytest.mark.parametrize("place", ["nowhere.jsonl:3", "chats.jsonl", "chats.jsonl:x", "chats.jsonl:99999"])
def test_a_place_where_nothing_is_says_so(run, place):
    with pytest.raises(UsageError):
        at(run, place)


@pytest.mark.parametrize("asked", [{"checks": ["refusals"]}, {"fates": ["gone"]}])
def test_what_does_not_exist_is_named(run, asked):
    with pytest.raises(UsageError, match=r"refusals|gone"):
        listed(run, **asked)
