"""Rows go through in shards where the data is large, whoever asked, and nothing needs all of them at once."""

import pytest

from finesift.engine import start
from finesift.run import Run

from .alike import assert_alike
from .test_flow import rows_of


@pytest.fixture
def large(monkeypatch):
    """Every set is a large one."""
    monkeypatch.setattr(start, "LARGE", 1)


def test_large_data_goes_through_in_shards_with_the_same_result(jsonl, program, large, tmp_path):
    data = jsonl(rows_of(3, 60))
    asked = program("prep", data, "-o", "whole", "--memory", "all", check=0)
    assert "in shards" not in asked.stderr
    done = program("prep", data, "-o", "shards", check=0)
    assert "go through in shards" in done.stderr
    assert "--memory all" in done.stderr
    assert_alike(Run(tmp_path / "whole"), Run(tmp_path / "shards"))


def test_small_data_is_held_in_memory(jsonl, program):
    assert not program("prep", jsonl(rows_of(4, 10)), "-o", "run", check=0).stderr


def test_what_needs_all_rows_is_held_in_memory_and_says_why(jsonl, program, large):
    done = program("prep", jsonl(rows_of(5, 10)), "-o", "run", "--as-read", check=0)
    assert "are held in memory: data.as_read writes rows as they came in" in done.stderr


def test_without_room_on_the_disk_rows_are_held_in_memory(jsonl, program, large, monkeypatch):
    monkeypatch.setattr(start, "_ON_DISK", 1 << 60)
    done = program("prep", jsonl(rows_of(6, 10)), "-o", "new/run", check=0)
    assert "no room for them" in done.stderr


def test_packed_rows_count_for_what_they_hold(jsonl):
    from finesift.recipe import Recipe

    file = jsonl(rows_of(7, 10))
    packed = file.with_suffix(".gz")
    packed.write_bytes(bytes(100))
    recipe = Recipe.parse({"data": {"train": [str(file), str(packed)]}})
    assert start._bytes_of(recipe) == file.stat().st_size + 400
    assert start._bytes_of(Recipe.parse({"data": {"train": [str(file), "-"]}})) == 0
