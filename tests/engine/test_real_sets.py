"""Real data over shards: the run folder is the one that memory gives."""

import pytest

from finesift import pipeline
from finesift.engine import flow
from finesift.engine.memory import Sizes
from finesift.engine.tasks import Local
from finesift.read.records import stream
from finesift.recipe import Recipe

from .alike import assert_alike

FEW = [
    "sft/llamafactory/v1_sft_demo.jsonl",
    "sft/llamafactory/kto_en_demo.json",
    "sft/openassistant/en_100_message.jsonl",
]
FOLDERS = ["sft", "preference", "tool_calling", "synthesis", "truth_bad_rows", "truth_neardup"]
KINDS = (".jsonl", ".json", ".csv", ".parquet")
MOST = 4_000_000
#: Bytes of a set from which on it is compared without its tokens, which smaller ones have shown to be the same.
LARGE = 500_000


def assert_same_run(file, folder, monkeypatch):
    small = file.stat().st_size < LARGE
    recipe = Recipe().merge(data={"train": [str(file)]}, model={"count_tokens": small})
    one = pipeline.prep(recipe, folder / "run")
    one.path.rename(folder / "in memory")
    # Several shards for each file.
    monkeypatch.setattr(stream, "CHUNK", max(20_000, file.stat().st_size // 6))
    other = flow.prep(recipe, folder / "run", Local(2), Sizes(2, shard=1, bucket=100_000))
    assert_alike(type(one)(folder / "in memory"), other)


@pytest.mark.parametrize("name", FEW)
def test_sets_of_each_kind_are_the_same_run_over_shards(name, data_folder, tmp_path, monkeypatch):
    assert_same_run(data_folder / name, tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_set_is_the_same_run_over_shards(folder, data_folder, tmp_path, monkeypatch):
    files = [file for file in sorted((data_folder / folder).rglob("*")) if file.suffix in KINDS]
    for number, file in enumerate(file for file in files if file.stat().st_size <= MOST):
        place = tmp_path / str(number)
        place.mkdir()
        with monkeypatch.context() as patch:
            try:
                assert_same_run(file, place, patch)
            except AssertionError as e:
                raise AssertionError(f"{file}: {e}") from e
