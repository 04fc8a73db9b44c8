"""What a split leaks: `python benchmarks/split.py` prints one table.

Each set below is split by Finesift and by chance, at the same shares and on the same rows: those that prep keeps at
its defaults. Leaked are the held-back rows (validation and test) with a training row at a Jaccard similarity of 0.5
or more as a whole, or of 0.7 or more between the prompts; similarities are computed as `finesift.match.compare` does.
A row put at random falls as numpy's generator says; five seeds, averaged. Seconds are CPU seconds of this process for
grouping and assigning, which hold no comparing: that is timed beside them.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl

from finesift.clock import Clock
from finesift.corpus import Corpus
from finesift.match.compare import compare
from finesift.recipe import Recipe
from finesift.seen import look
from finesift.split.assign import assign
from finesift.split.groups import PROMPT, WHOLE, group
from finesift.split.proof import across
from finesift.split.strata import mix, strata
from measure import data_folder

SETS = {
    "Alpaca": "sft/alpaca_data.json",
    "LIMA": "sft/lima/lima.json",
    "GPTeacher, similarity 0.7": "sft/gpteacher/toolformer-similarity-0.7-dataset.json",
    "GPTeacher, exact only": "sft/gpteacher/toolformer-dedupe-only-dataset.json",
}
SEEDS = 5


def main() -> None:
    data = data_folder()
    heads = ("leaked", "at random", "whole", "random", "prompt", "random")
    print(f"{'':28} {'rows':>7} {'held %':>7} " + " ".join(f"{head:>9}" for head in heads), end="")
    print(f" {'in giants':>9} {'split s':>8} {'compare s':>9}")
    for name, file in SETS.items():
        report(name, data / file)


def report(name: str, file: Path) -> None:
    recipe = Recipe.parse({"data": {"train": [str(file)]}, "model": {"count_tokens": False}})
    seen = look(recipe, Clock())
    aside = seen.decisions.filter(pl.col("outcome") == "set_aside")["example"]
    fate = seen.corpus.examples.select("example", aside=pl.col("example").is_in(aside.implode()))

    started = os.times()
    groups = group(seen.corpus, seen.findings, recipe.split)
    mixed = mix(seen.corpus, recipe.split)
    known = strata(seen.corpus, mixed, recipe.split)
    placed = assign(groups.join(known, on="example", maintain_order="left"), recipe.split)
    seconds = cpu(started)

    started = os.times()
    near, _ = compare(seen.corpus)
    compared = cpu(started)

    ours = leaks(seen.corpus, near, fate, placed["split"].cast(pl.String))
    random = np.mean(
        [leaks(seen.corpus, near, fate, by_chance(len(placed), seed)) for seed in range(SEEDS)], axis=0
    )
    kept = placed.filter(~fate["aside"])
    held = (kept["split"] != "train").mean()
    sizes = placed.group_by("group").len().filter(pl.col("len") > recipe.split.largest_group)
    print(
        f"{name:28} {len(placed):>7} {100 * held:>7.2f} {ours[0]:>9.0f} {random[0]:>9.1f} {ours[1]:>9.3f} "
        f"{random[1]:>9.3f} {ours[2]:>9.3f} {random[2]:>9.3f} {sizes['len'].sum():>9} {seconds:>8.2f} {compared:>9.2f}"
    )


def by_chance(rows: int, seed: int) -> pl.Series:
    fate = np.random.default_rng(seed).choice(["test", "validation", "train"], rows, p=[0.05, 0.05, 0.9])
    return pl.Series("fate", fate, dtype=pl.String)


def leaks(
    corpus: Corpus, near: pl.DataFrame, kept: pl.DataFrame, split: pl.Series
) -> tuple[float, float, float]:
    """Held-back rows that leaked; the largest similarity to a training row as a whole, and by prompt."""
    fate = kept.select("example", fate=pl.when("aside").then(pl.lit("set_aside")).otherwise(split))
    pairs = across(corpus.examples, near, fate)
    leaked = pairs.filter((pl.col("whole") >= WHOLE) | (pl.col("prompt") >= PROMPT))["other"].n_unique()
    return leaked, pairs["whole"].max() or 0.0, pairs["prompt"].max() or 0.0


def cpu(started: os.times_result) -> float:
    now = os.times()
    return now.user + now.system - started.user - started.system


if __name__ == "__main__":
    main()
