"""Refusals of which a plan says what they are: wanted where all that a row asks must be refused, or unwanted."""

from __future__ import annotations

import polars as pl

CHECK = "refusal"
#: What a wanted refusal scores of what it did; and what an unwanted one scores at most: vectors said what was asked, so
#: a person looks, and nothing is set aside for it.
WANTED, UNWANTED = 0.3, 0.89


def settled(findings: pl.DataFrame, planned: pl.DataFrame) -> pl.DataFrame:
    """The findings, with the scores of refusals as the plan has them. planned: PLANNED.

    Of a row that has several refusals, or behaviours that want different things, the plan does not say which is which.
    """
    rows = planned.group_by("example").agg(
        named=pl.col("behaviour").sort().str.join(", "),
        wanted=(pl.col("wanted") == "refuse").all(),
        unwanted=((pl.col("outcome") == "refuses") & ~pl.col("fits")).all(),
        sure=pl.col("sure").min(),
    )
    found = findings.with_columns(refuses=pl.col("check") == CHECK).join(
        rows, on="example", how="left", maintain_order="left"
    )
    alone = pl.col("refuses") & (pl.col("refuses").sum().over("example") == 1)
    wanted = pl.col("refuses") & pl.col("wanted").fill_null(False)
    unwanted = alone & pl.col("unwanted").fill_null(False)
    score = (
        pl.when(wanted)
        .then(pl.col("score") * WANTED)
        .when(unwanted)
        .then(pl.max_horizontal("score", pl.col("sure").clip(0, UNWANTED)))
        .otherwise("score")
    )
    said = (
        pl.when(wanted)
        .then(pl.lit("; the plan wants it of {}"))
        .when(unwanted)
        .then(pl.lit("; the plan wants an answer of {}"))
    )
    return found.with_columns(
        score=score.cast(findings.schema["score"]),
        message=pl.when(wanted | unwanted)
        .then(pl.col("message") + said.otherwise(pl.lit("")).str.replace("{}", pl.col("named"), literal=True))
        .otherwise("message"),
    ).select(findings.columns)
