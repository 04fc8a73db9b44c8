"""The findings frame: what checks saw, where, how sure they are, and the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

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

# The text of a message, as in `finesift.corpus`, which this part does not import.
_text = pl.col("content").fill_null("")

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


def spot(pattern: str, column: pl.Expr = _text) -> tuple[pl.Expr, pl.Expr]:
    """Start and end, in characters, of the first match of a regular expression; null where there is none."""
    # `find` counts bytes.
    found = column.str.find(pattern)
    before = column.cast(pl.Binary).bin.slice(0, found).cast(pl.String)
    start = pl.when(found.is_not_null()).then(before.str.len_chars())
    return start, start + column.str.extract(f"({pattern})", 1).str.len_chars()


def matching(
    rows: pl.LazyFrame, pattern: str, *, score: pl.Expr | float, message: pl.Expr | str
) -> pl.LazyFrame:
    """One finding for each of `rows` whose text matches the regular expression: the first match."""
    start, end = spot(pattern)
    return findings(
        rows.filter(_text.str.contains(pattern)), score=score, message=message, start=start, end=end
    )


def surest(found: pl.DataFrame) -> pl.DataFrame:
    """Of each example the finding with the highest score, the first of several; the highest first."""
    return found.sort("score", descending=True, maintain_order=True).unique(
        "example", keep="first", maintain_order=True
    )


class Seen(NamedTuple):
    """Something that Python saw in a message. Characters, not bytes."""

    score: float
    message: str
    start: int | None = None
    end: int | None = None


def examine(rows: pl.LazyFrame, look: Callable[..., Iterable[Seen]], *columns: str) -> pl.LazyFrame:
    """Findings by calling `look` with the named columns of each row. `rows` has `example`, and may have `turn`.

    For rows that expressions have narrowed down: this is a Python loop.
    """

    def measure(frame: pl.DataFrame) -> pl.DataFrame:
        turns = frame["turn"] if "turn" in frame.columns else [None] * frame.height
        values = [frame[name] for name in columns]
        seen: list[tuple[Any, ...]] = [
            (example, None, turn, found.start, found.end, found.score, None, found.message)
            for example, turn, *row in zip(frame["example"], turns, *values, strict=True)
            for found in look(*row)
        ]
        return pl.DataFrame(seen, schema=FINDINGS, orient="row")

    return rows.map_batches(measure, schema=FINDINGS)
