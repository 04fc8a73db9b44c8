import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import Counting, corpus_check
from finesift.views import is_answer, text

# Lengths as generators report them, in what no other column holds.
_REPORTED = r'"(?:completion_tokens|output_tokens|n_tokens|num_tokens|generated_tokens|eval_count)" ?: ?(\d+)'


_CHARACTERS = "characters in the answer"
_TOKENS, _REPORTED_TOKENS = "tokens", "tokens by the generator's count"


def _measured(turns: pl.LazyFrame, examples: pl.LazyFrame, rendered: pl.LazyFrame) -> dict[str, pl.LazyFrame]:
    """By unit, example and value: how long each row is."""
    ends = (
        turns.filter(is_answer & (pl.col("part") != "rejected"))
        .select("example", "turn", value=text.str.len_chars(), end=text.str.slice(-1))
        .group_by("example", maintain_order=True)
        .last()
    )
    reported = examples.select("example", value=pl.col("extra").str.extract(_REPORTED, 1).cast(pl.UInt32))
    measured = {
        _CHARACTERS: ends.select("example", "value"),
        _TOKENS: rendered.select("example", value="tokens"),
        _REPORTED_TOKENS: reported,
    }
    value = pl.col("value").cast(pl.UInt32)
    return {unit: rows.drop_nulls().with_columns(value) for unit, rows in measured.items()}


def _counted(turns: pl.LazyFrame, examples: pl.LazyFrame, rendered: pl.LazyFrame) -> pl.LazyFrame:
    return pl.concat(
        rows.group_by("value").agg(rows=pl.len()).select(pl.lit(unit).alias("unit"), "value", "rows")
        for unit, rows in _measured(turns, examples, rendered).items()
    )


def _capped(
    turns: pl.LazyFrame,
    examples: pl.LazyFrame,
    rendered: pl.LazyFrame,
    counted: pl.LazyFrame,
    *,
    least: int,
    share: float,
    shortest: int,
) -> pl.LazyFrame:
    found = []
    for unit, rows in _measured(turns, examples, rendered).items():
        counts = counted.filter(pl.col("unit") == unit).select("value", here="rows").sort("value")
        found.append(_spikes(rows, counts, unit, least, share, shortest))
    return pl.concat(found)


def _answers(*lengths: int) -> list[dict[str, object]]:
    return [chat(f"Question {n}?", "x" * length) for n, length in enumerate(lengths)]


@corpus_check(
    flags=[_answers(*range(100, 190), *[200] * 30)],
    passes=[_answers(*range(100, 220)), _answers(*[3] * 60, *range(100, 160))],
    apart=Counting(_counted, _capped),
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
    counted = _counted(turns, examples, rendered)
    return _capped(turns, examples, rendered, counted, least=least, share=share, shortest=shortest)


def _spikes(
    rows: pl.LazyFrame, counts: pl.LazyFrame, unit: str, least: int, share: float, shortest: int
) -> pl.LazyFrame:
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
