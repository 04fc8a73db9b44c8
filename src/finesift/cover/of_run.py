"""The rows of a run that a plan is held against, and the traffic beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from finesift.corpus import Corpus
from finesift.cover.cover import Coverage, cover
from finesift.cover.plan import Plan
from finesift.embed.encoder import Embed
from finesift.embed.load import embedder
from finesift.errors import UsageError
from finesift.read import read
from finesift.recipe import Recipe
from finesift.run import Run

#: From this score on an answer counts as one that declines.
DECLINES = 0.5


def cover_run(run: Run, plan: Plan, embed: Embed, *, traffic: Sequence[str] = ()) -> Coverage:
    """The training rows of a run against a plan. traffic: files of real conversations, in any format that is read.

    Raises UsageError where the run has no training rows, or the traffic no conversation.
    """
    fates = run.table("splits").filter(pl.col("fate") == "train").select("example")
    examples = run.table("examples").join(fates, on="example", how="semi", maintain_order="left")
    if examples.is_empty():
        raise UsageError(f"{run.path} has no training rows.", hint="Cover a run that `finesift prep` made.")
    turns = run.table("turns").join(fates, on="example", how="semi", maintain_order="left")
    near = run.table("near").filter(
        pl.col("example").is_in(fates["example"].implode())
        & pl.col("other").is_in(fates["example"].implode())
    )
    return cover(
        plan,
        turns,
        examples,
        embed,
        refusing=declining(run.table("findings")),
        near=near,
        traffic=real(traffic) if traffic else None,
    )


def cover_rows(
    recipe: Recipe, file: str, corpus: Corpus, findings: pl.DataFrame, fates: pl.DataFrame
) -> dict[str, Any]:
    """The training rows of a run that is being made against a plan, as figures for the manifest.

    file: of the plan. fates: example and fate. Raises RecipeError for a plan that is none, ModelError without encoder.
    """
    plan = Plan.load(file)
    trained = corpus.only(fates.filter(pl.col("fate") == "train")["example"])
    traffic = recipe.coverage.traffic
    found = cover(
        plan,
        trained.turns,
        trained.examples,
        embedder(recipe.coverage.encoder),
        refusing=declining(findings),
        near=trained.near,
        traffic=real(traffic) if traffic else None,
    ).as_dict()
    # Which row is what stays with the rows; mismatches stand for their ids.
    return {name: value for name, value in found.items() if name != "assigned"}


def declining(findings: pl.DataFrame) -> list[int]:
    """The examples whose answer declines, wanted or not."""
    found = findings.filter((pl.col("check") == "refusal") & pl.col("message").str.contains("declines"))
    return found["example"].unique().sort().to_list()


def real(files: Sequence[str]) -> pl.DataFrame:
    """The turns of real conversations."""
    turns = read([str(Path(file).expanduser()) for file in files]).turns
    if turns.is_empty():
        raise UsageError(
            f"{', '.join(files)} has no conversation that can be read.",
            hint="Look at it:  finesift inspect FILE",
        )
    return turns
