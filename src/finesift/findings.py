"""The findings frame: what checks saw, where, how sure they are, and the evidence."""

from __future__ import annotations

import polars as pl

FINDINGS = pl.Schema(
    {
        "example": pl.UInt32,
        "check": pl.String,  # filled in by the registry: a check does not repeat its own name
        "turn": pl.UInt32,  # null: about the example as a whole
        "start": pl.UInt32,  # span in the message's content, in characters; null: no span
        "end": pl.UInt32,
        "score": pl.Float32,  # 0 to 1; what the limits of the policy compare with
        "other": pl.String,  # id of the other example, or "NAME:ITEM" for a held-out item; else null
        "message": pl.String,
    }
)

Value = pl.Expr | str | float | int | None


def findings(
    rows: pl.LazyFrame,
    *,
    score: pl.Expr | float,
    message: pl.Expr | str,
    turn: pl.Expr | None = None,
    start: pl.Expr | int | None = None,
    end: pl.Expr | int | None = None,
    other: pl.Expr | str | None = None,
) -> pl.LazyFrame:
    """One finding for each of `rows`, which must have the column `example`.

    `turn` is taken from the column of that name where there is one. Plain values are literals, strings too;
    a column is `pl.col(...)`.
    """
    if turn is None and "turn" in rows.collect_schema():
        turn = pl.col("turn")
    columns: dict[str, Value] = {
        "check": None,
        "turn": turn,
        "start": start,
        "end": end,
        "score": score,
        "other": other,
        "message": message,
    }
    return rows.select(
        pl.col("example"),
        *[
            (value if isinstance(value, pl.Expr) else pl.lit(value)).cast(FINDINGS[name]).alias(name)
            for name, value in columns.items()
        ],
    )


def none() -> pl.LazyFrame:
    """No findings."""
    return FINDINGS.to_frame().lazy()


def between(pairs: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """Pairs of example numbers (`example`, `other`) made ready for `findings`: `other` becomes the id of the row whose
    id comes first, `example` the number of the one whose id comes last, whatever their order in the input."""
    ids = examples.select("example", "id")
    swapped = pl.col("id") < pl.col("other_id")
    return (
        pairs.join(ids, on="example", maintain_order="left")
        .join(ids.select(other="example", other_id="id"), on="other", maintain_order="left")
        .with_columns(
            example=pl.when(swapped).then("other").otherwise("example"),
            other=pl.when(swapped).then("id").otherwise("other_id"),
        )
        .drop("id", "other_id")
    )
