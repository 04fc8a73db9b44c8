import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import Counting, corpus_check
from finesift.views import is_answer, text


def _said(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    return (
        turns.filter(is_answer & (pl.col("part") != "rejected") & (text.str.len_chars() > 0))
        .select("example", "turn", size=text.str.len_chars())
        .join(examples.select("example", "source"), on="example", maintain_order="left")
    )


def _sizes(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    return _said(turns, examples).group_by("source", "size").agg(rows=pl.len())


def _far(
    turns: pl.LazyFrame, examples: pl.LazyFrame, sizes: pl.LazyFrame, *, deviations: float, rows: int
) -> pl.LazyFrame:
    sizes = sizes.with_columns(log=pl.col("size").cast(pl.Float64).log())
    usual = _middle(sizes, "size").join(_middle(sizes, "log"), on="source")
    away = sizes.join(usual.select("source", "middle_log"), on="source").with_columns(
        far=(pl.col("log") - pl.col("middle_log")).abs()
    )
    usual = usual.join(_middle(away, "far"), on="source").select(
        "source",
        "middle_log",
        # Where half of all answers have one length, any other would be infinitely far.
        spread=pl.max_horizontal(1.4826 * pl.col("middle_far"), 0.1),
        usual="middle_size",
    )
    counts = sizes.group_by("source").agg(count=pl.col("rows").sum())
    log = pl.col("size").cast(pl.Float64).log()
    judged = (
        _said(turns, examples)
        .join(usual, on="source", maintain_order="left")
        .join(counts, on="source", maintain_order="left")
        .with_columns(away=(log - pl.col("middle_log")).abs() / pl.col("spread"))
    )
    return findings(
        judged.filter((pl.col("away") >= deviations) & (pl.col("count") >= rows)),
        score=(pl.col("away") / (2 * deviations)).clip(0, 1),
        message=pl.format(
            "{} characters, where the median of its file is {}", "size", pl.col("usual").cast(pl.UInt32)
        ),
    )


def _middle(counted: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """source and middle_NAME: the median of a column over the rows that are counted."""
    upto, total, value = pl.col("upto"), pl.col("total"), pl.col(name)
    return (
        counted.sort("source", name)
        .with_columns(upto=pl.col("rows").cum_sum().over("source"), total=pl.col("rows").sum().over("source"))
        .group_by("source")
        .agg(
            (value.filter(upto > (total - 1) // 2).first() + value.filter(upto > total // 2).first())
            .truediv(2)
            .alias(f"middle_{name}")
        )
    )


@corpus_check(
    flags=[[*(chat(f"{n}?", "x" * (100 + n)) for n in range(60)), chat("Last?", "x" * 9000)]],
    passes=[[chat(f"{n}?", "x" * (100 + 10 * n)) for n in range(60)]],
    apart=Counting(_sizes, _far),
)
def length_outlier(
    turns: pl.LazyFrame, examples: pl.LazyFrame, *, deviations: float = 5.0, rows: int = 50
) -> pl.LazyFrame:
    """An answer is far longer or shorter than the others of its file.

    Measured on the logarithm of the characters, in robust deviations from the median of the source (1.4826
    times the median absolute deviation), for sources of at least `rows` answers. Long is not wrong: the finding
    is for the report, and scores 0.5 at `deviations` and 1.0 at twice that.
    Source: Iglewicz and Hoaglin 1993, "How to Detect and Handle Outliers".
    """
    return _far(turns, examples, _sizes(turns, examples), deviations=deviations, rows=rows)
