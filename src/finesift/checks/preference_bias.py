import polars as pl

from finesift.corpus import pair
from finesift.findings import findings
from finesift.ids import content_id
from finesift.registry import Narrowing, corpus_check
from finesift.views import text

_LONG = (
    "It rises in the Ardèche, runs north and then west for a thousand kilometres, and ends at Saint-Nazaire"
)


def _sides(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    return (
        turns.filter(pl.col("part") != "messages")
        .group_by("example")
        .agg(
            chosen=text.filter(pl.col("part") == "chosen").str.len_chars().sum(),
            rejected=text.filter(pl.col("part") == "rejected").str.len_chars().sum(),
        )
        .join(examples.select("example", "id"), on="example")
    )


def _apart(sides: pl.LazyFrame, *, pairs: int, effect: float) -> pl.LazyFrame:
    sides = sides.sort(content_id(), "example")
    spread = ((pl.col("chosen").var() + pl.col("rejected").var()) / 2).sqrt()
    whole = sides.select(
        pl.col("example").first(),
        n=pl.len(),
        longer=(pl.col("chosen") > pl.col("rejected")).mean(),
        d=(pl.col("chosen").mean() - pl.col("rejected").mean()) / pl.max_horizontal(spread, 1e-9),
    )
    return findings(
        whole.filter((pl.col("n") >= pairs) & (pl.col("d").abs() >= effect)),
        score=(pl.col("d").abs() / 2).clip(0, 1),
        message=pl.format(
            "in {} % of {} pairs the chosen side is the longer one: Cohen's d {}",
            (pl.col("longer") * 100).round(0).cast(pl.Int32),
            "n",
            pl.col("d").clip(-99, 99).round(2),
        ),
    )


@corpus_check(
    flags=[[pair(f"Where is river {n}?", f"{_LONG}{'.' * n}", f"Far{'.' * n}") for n in range(30)]],
    passes=[
        [pair(f"Where is river {n}?", "Near" + "." * (n % 7), "Far." + "." * (n % 5)) for n in range(30)]
    ],
    apart=Narrowing(_sides, _apart),
)
def preference_bias(
    turns: pl.LazyFrame, examples: pl.LazyFrame, *, pairs: int = 20, effect: float = 0.5
) -> pl.LazyFrame:
    """Over the whole set, the chosen side is longer (or shorter) than the rejected one.

    A model trained on it learns the length first. One finding, at one pair, with Cohen's d of the lengths in
    characters, for sets of at least `pairs` pairs where |d| is `effect` or more: a medium effect. The score is
    |d| / 2, at most 1.
    Source: Cohen 1988, "Statistical Power Analysis", chapter 2; Singhal et al. 2023, "A Long Way to Go".
    """
    return _apart(_sides(turns, examples), pairs=pairs, effect=effect)
