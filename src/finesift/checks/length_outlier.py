import polars as pl

from finesift.corpus import chat, is_answer, text
from finesift.findings import findings
from finesift.registry import corpus_check


@corpus_check(
    flags=[[*(chat(f"{n}?", "x" * (100 + n)) for n in range(60)), chat("Last?", "x" * 9000)]],
    passes=[[chat(f"{n}?", "x" * (100 + 10 * n)) for n in range(60)]],
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
    said = (
        turns.filter(is_answer & (pl.col("part") != "rejected") & (text.str.len_chars() > 0))
        .select("example", "turn", size=text.str.len_chars())
        .join(examples.select("example", "source"), on="example", maintain_order="left")
        .with_columns(log=pl.col("size").cast(pl.Float64).log())
    )
    middle = pl.col("log").median().over("source")
    far = (pl.col("log") - middle).abs()
    # Where half of all answers have one length, any other would be infinitely far.
    spread = pl.max_horizontal(1.4826 * far.median().over("source"), 0.1)
    judged = said.with_columns(
        away=far / spread, count=pl.len().over("source"), usual=pl.col("size").median().over("source")
    )
    return findings(
        judged.filter((pl.col("away") >= deviations) & (pl.col("count") >= rows)),
        score=(pl.col("away") / (2 * deviations)).clip(0, 1),
        message=pl.format(
            "{} characters, where the median of its file is {}", "size", pl.col("usual").cast(pl.UInt32)
        ),
    )
