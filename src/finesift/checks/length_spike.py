import polars as pl

from finesift.corpus import chat, is_answer, text
from finesift.findings import findings
from finesift.registry import corpus_check

# Lengths as generators report them, in what no other column holds.
_REPORTED = r'"(?:completion_tokens|output_tokens|n_tokens|num_tokens|generated_tokens|eval_count)" ?: ?(\d+)'


def _answers(*lengths: int) -> list[dict[str, object]]:
    return [chat(f"Question {n}?", "x" * length) for n, length in enumerate(lengths)]


@corpus_check(
    flags=[_answers(*range(100, 190), *[200] * 30)],
    passes=[_answers(*range(100, 220)), _answers(*[3] * 60, *range(100, 160))],
)
def length_spike(
    turns: pl.LazyFrame,
    examples: pl.LazyFrame,
    rendered: pl.LazyFrame,
    *,
    least: int = 20,
    share: float = 0.01,
    shortest: int = 64,
) -> pl.LazyFrame:
    """Many rows have exactly the same length, near the longest there is: a cap cut them.

    Measured on the last answer's characters, on the rendered row's tokens, and on the tokens that the generator
    reported. A spike is one length of `shortest` or more that at least `least` rows, a fraction `share` of all
    rows and ten times as many rows as the lengths around it have, and above which there is hardly anything. It
    scores 0.5; where that answer also ends without an end, `truncation` says so too.
    """
    ends = (
        turns.filter(is_answer & (pl.col("part") != "rejected"))
        .select("example", "turn", value=text.str.len_chars(), end=text.str.slice(-1))
        .group_by("example", maintain_order=True)
        .last()
    )
    reported = examples.select("example", value=pl.col("extra").str.extract(_REPORTED, 1).cast(pl.UInt32))
    found = [
        _spikes(rows, unit, least, share, shortest)
        for unit, rows in (
            ("characters in the answer", ends.select("example", "value")),
            ("tokens", rendered.select("example", value="tokens")),
            ("tokens by the generator's count", reported),
        )
    ]
    return pl.concat(found)


def _spikes(rows: pl.LazyFrame, unit: str, least: int, share: float, shortest: int) -> pl.LazyFrame:
    rows = rows.drop_nulls().with_columns(pl.col("value").cast(pl.UInt32))
    counts = rows.group_by("value").agg(here=pl.len()).sort("value")
    spikes = counts.with_columns(
        rows=pl.col("here").sum(),
        above=pl.col("here").reverse().cum_sum().reverse() - pl.col("here"),
    ).filter(
        (pl.col("value") >= shortest)
        & (pl.col("here") >= least)
        & (pl.col("here") >= share * pl.col("rows"))
        & (pl.col("above") <= 0.02 * pl.col("rows"))
    )
    around = (
        spikes.join_where(
            counts.select(other="value", beside="here"),
            pl.col("other") + 10 >= pl.col("value"),
            pl.col("other") <= pl.col("value") + 10,
        )
        .group_by("value")
        .agg(beside=(pl.col("beside").sum() - pl.col("here").first()) / 20)
    )
    capped = spikes.join(around, on="value").filter(pl.col("here") >= 10 * pl.col("beside"))
    return findings(
        rows.join(capped, on="value", maintain_order="left"),
        score=0.5,
        message=pl.format(
            "{} % of rows have exactly {} {}, and hardly any more",
            (100 * pl.col("here") / pl.col("rows")).round(1),
            "value",
            pl.lit(unit),
        ),
    )
