"""The main job on real training sets, whatever their format."""

import orjson
import pytest

from finesift import pipeline
from finesift.clock import Clock
from finesift.recipe import Recipe
from finesift.seen import look
from finesift.write.jsonl import training_rows

pytestmark = pytest.mark.long

NO_DATA = {".source", ".md"}


def files(folder):
    return [
        file for file in sorted((folder / "sft").rglob("*")) if file.is_file() and file.suffix not in NO_DATA
    ]


def test_every_real_set_adds_up_and_what_we_write_we_read(data_folder, tmp_path):
    for number, file in enumerate(files(data_folder)):
        nothing_held_back = {"split": {"validation": 0, "test": 0}, "model": {"count_tokens": False}}
        recipe = Recipe.parse({"data": {"train": [str(file)]}} | nothing_held_back)
        run = pipeline.prep(recipe, tmp_path / f"{number}")
        figures = run.manifest["summary"]
        assert sum(figures["fates"].values()) == figures["rows"], file
        for name, output in run.manifest["outputs"].items():
            if name.endswith(".jsonl"):
                lines = (run.path / name).read_bytes().splitlines()
                assert len(lines) == output["rows"], (file, name)
                assert all(orjson.loads(line) is not None for line in lines), (file, name)
        if figures["fates"]["train"]:
            again = Recipe.parse(
                {"data": {"train": [str(file) for file in run.files("train")]}} | nothing_held_back
            )
            corpus = look(again, Clock()).corpus
            assert corpus.unreadable.is_empty(), file
            rewritten = "".join(f"{row}\n" for row in training_rows(corpus.examples, corpus.turns))
            assert rewritten == "".join(one.read_text("utf-8") for one in run.files("train")), file


def test_tokens_are_counted_on_every_real_set(data_folder):
    for file in files(data_folder):
        if file.stat().st_size < 1_000_000:
            figures = pipeline.inspect(Recipe.parse({"data": {"train": [str(file)]}}))
            assert figures.rows == sum(found.rows for found in figures.files.values()), file
