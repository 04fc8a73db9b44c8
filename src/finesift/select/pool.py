"""What is chosen from: the training rows of a run, by id, with what ways of choosing ask of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from finesift.cover.plan import Plan
from finesift.embed.encoder import Embed, Vectors
from finesift.errors import UsageError
from finesift.match.cluster import components
from finesift.read import read
from finesift.run import Run
from finesift.select.ifd import SCORES
from finesift.select.planned import behaviours as planned_behaviours
from finesift.views import is_answer

#: Characters of a prompt that its vector is made of.
READ = 2_000
#: Rows this near in their words are one cluster, of which one row can be chosen.
ALIKE = 0.8


Score = Callable[[list[str], list[str]], pl.DataFrame]
"""SCORES of prompts and answers."""


@dataclass(frozen=True)
class Pool:
    """rows: example, id, source, text (of its prompts), length (characters of its answers), tokens (null: not counted),
    quality (0 is best), behaviour (null: none), cluster, ifd and perplexity (null: not asked for); sorted by id. embed:
    vectors of texts, float32 [N, D]."""

    rows: pl.DataFrame
    embed: Embed

    def __len__(self) -> int:
        return self.rows.height

    @cached_property
    def vectors(self) -> Vectors:
        """float32 [N, D]."""
        return self.embed(self.rows["text"].to_list())

    @cached_property
    def ids(self) -> list[str]:
        return self.rows["id"].to_list()

    def array(self, column: str) -> NDArray[np.int64]:
        return self.rows[column].to_numpy().astype(np.int64)


def targets(file: Path) -> list[str]:
    """The prompts of rows that say what is wanted. Raises UsageError where there are none."""
    texts = _texts(read([file]).turns).sort("example")["text"].to_list()
    if not texts:
        raise UsageError(f"{file} has no row that can be read.", hint="Look at it:  finesift inspect FILE")
    return texts


def pool_of(
    run: Run,
    embed: Embed,
    *,
    per: str | None = None,
    plan: Plan | None = None,
    score: Score | None = None,
) -> Pool:
    """The training rows of a run. per: the field of the data that names a row's behaviour. plan: whose behaviours they
    have instead. score: `ifd.Scorer.scores`, by which rows are ranked before anything else that is known of them.

    Raises UsageError where there are none, or no row has that field.
    """
    splits, decisions = run.table("splits"), run.table("decisions")
    rows = (
        run.table("examples")
        .join(splits.filter(pl.col("fate") == "train").select("example"), on="example", how="semi")
        .join(decisions.select("example", "outcome", "by"), on="example", how="left")
        .sort("id")
    )
    if rows.is_empty():
        raise UsageError(
            f"{run.path} has no training rows.", hint="Choose from a run that `finesift prep` made."
        )
    turns = run.table("turns").join(rows.select("example"), on="example", how="semi")
    rows = (
        rows.join(_texts(turns), on="example", how="left", maintain_order="left")
        .join(_doubts(run.table("findings")), on="example", how="left", maintain_order="left")
        .with_columns(pl.col("text", "answer").fill_null(""), pl.col("length", "doubt").fill_null(0))
        .with_columns(
            behaviour=_behaviours(rows, per)
            if plan is None
            else planned_behaviours(plan, rows, turns, run, embed)
        )
    )
    if score:
        rows = rows.hstack(score(rows["text"].to_list(), rows["answer"].to_list()))
    else:
        rows = rows.with_columns(pl.lit(None, pl.Float64).alias(name) for name in SCORES)
    rows = rows.drop("answer").with_columns(quality=_quality())
    return Pool(rows.with_columns(cluster=_clusters(rows, run.table("near"))), embed)


def _texts(turns: pl.DataFrame) -> pl.DataFrame:
    """example, text: what the user asked, or all there is where nobody asks; length: characters of the answers."""
    content = pl.col("content").fill_null("")
    asked = content.filter(pl.col("role") == "user").str.join("\n")
    return turns.group_by("example").agg(
        text=pl.when((pl.col("role") == "user").any())
        .then(asked)
        .otherwise(content.str.join("\n"))
        .str.slice(0, READ),
        length=content.filter(is_answer).str.len_chars().sum(),
        answer=content.filter(is_answer).str.join("\n"),
    )


def _doubts(findings: pl.DataFrame) -> pl.DataFrame:
    """example, doubt: the scores of all that checks found, the highest of each check."""
    highest = findings.group_by("example", "check").agg(pl.col("score").max())
    return highest.group_by("example").agg(doubt=pl.col("score").sum())


def _quality() -> pl.Expr:
    """The rank of each row, 0 the best: what a person kept, then what nobody need look at, then what checks found least
    in, then the longer answers. Scores, where there are any, come behind a person's word: the highest below 1 first."""
    kept = (pl.col("by") != "policy") & (pl.col("outcome") == "keep")
    helps = pl.when(pl.col("ifd") < 1).then(-pl.col("ifd")).otherwise(0.0)
    keys = pl.struct(
        ~kept,
        helps,
        pl.col("outcome") == "review",
        pl.col("doubt").round(3),
        -pl.col("length").cast(pl.Int64),
        "id",
    )
    return keys.rank("ordinal").cast(pl.Int64) - 1


def _behaviours(rows: pl.DataFrame, per: str | None) -> pl.Series:
    if per is None:
        return pl.Series([None] * rows.height, dtype=pl.String)
    if per in ("source", "shape"):
        return rows[per].cast(pl.String)
    named = [None if extra is None else orjson.loads(extra).get(per) for extra in rows["extra"]]
    if not any(value is not None for value in named):
        raise UsageError(
            f'no training row has a field "{per}".', hint="Name a field of the data, source or shape."
        )
    return pl.Series([None if value is None else str(value) for value in named], dtype=pl.String)


def _clusters(rows: pl.DataFrame, near: pl.DataFrame) -> pl.Series:
    """A number for each row; rows that hang together over near-duplicates share it."""
    place = dict(zip(rows["example"], range(rows.height), strict=True))
    close = near.filter(pl.col("whole") >= ALIKE).select("example", "other").rows()
    pairs = [(place[a], place[b]) for a, b in close if a in place and b in place]
    return pl.Series(components(rows.height, np.array(pairs, np.uint32).reshape(-1, 2)))
