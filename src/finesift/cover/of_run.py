"""The rows of a run that a plan is held against, and the traffic beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.corpus import Corpus
from finesift.cover.cover import Coverage, cover
from finesift.cover.plan import Plan
from finesift.cover.rows import planned, rows_of
from finesift.cover.settled import settled
from finesift.embed.encoder import Embed, Vectors
from finesift.embed.load import embedder
from finesift.errors import UsageError
from finesift.measure import measure
from finesift.read import read
from finesift.recipe import Recipe
from finesift.registry import Check
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


class Planned:
    """The plan of a recipe, with vectors that are made once however often it is looked at.

    Raises RecipeError for a plan that is none, ModelError without an encoder.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.plan = Plan.load(str(recipe.coverage.plan))
        self._traffic = recipe.coverage.traffic
        self._embed = embedder(recipe.coverage.encoder)
        self._known: dict[str, NDArray[np.float32]] = {}

    def embed(self, texts: list[str]) -> Vectors:
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        self._known |= zip(new, self._embed(new), strict=True)
        return np.stack([self._known[text] for text in texts]) if texts else self._embed([])

    def of(self, corpus: Corpus, findings: pl.DataFrame) -> pl.DataFrame:
        """PLANNED: the rows of a corpus that surely have a behaviour."""
        rows = rows_of(self.plan, corpus.turns, corpus.examples, self.embed, declining(findings))
        return planned(self.plan, rows)

    def measured(
        self, corpus: Corpus, findings: pl.DataFrame, checks: Sequence[Check], recipe: Recipe
    ) -> tuple[Corpus, pl.DataFrame]:
        """The corpus with PLANNED, and the findings with those of the checks that ask for it; refusals are settled.

        After the other checks, since what an answer does hangs on what they found in it.
        """
        corpus = replace(corpus, planned=self.of(corpus, findings))
        told = measure(corpus, [check for check in checks if "planned" in check.tables], recipe)
        found = pl.concat([settled(findings, corpus.planned), told]).sort(
            "example", "check", "turn", "start", nulls_last=True
        )
        return corpus, found

    def cover(self, corpus: Corpus, findings: pl.DataFrame, fates: pl.DataFrame) -> dict[str, Any]:
        """The training rows as figures for the manifest. fates: example and fate."""
        kept = fates.filter(pl.col("fate") == "train")["example"]
        trained = corpus.only(kept)
        found = cover(
            self.plan,
            trained.turns,
            trained.examples,
            self.embed,
            refusing=declining(findings),
            near=corpus.near.filter(
                pl.col("example").is_in(kept.implode()) & pl.col("other").is_in(kept.implode())
            ),
            traffic=real(self._traffic) if self._traffic else None,
        ).as_dict()
        # Which row is what stays with the rows; mismatches stand for their ids.
        return {name: value for name, value in found.items() if name != "assigned"}


def declining(findings: pl.DataFrame) -> pl.DataFrame:
    """example and turn of the answers that decline, wanted or not."""
    found = findings.filter((pl.col("check") == "refusal") & pl.col("message").str.contains("declines"))
    return found.select("example", "turn").unique(maintain_order=True)


def real(files: Sequence[str]) -> pl.DataFrame:
    """The turns of real conversations."""
    turns = read([str(Path(file).expanduser()) for file in files]).turns
    if turns.is_empty():
        raise UsageError(
            f"{', '.join(files)} has no conversation that can be read.",
            hint="Look at it:  finesift inspect FILE",
        )
    return turns
