import polars as pl

from finesift.corpus import chat
from finesift.findings import between, findings
from finesift.registry import corpus_check

_PROMPT = (
    "I have inherited an old upright piano that nobody has played for twenty years. It stands in a damp room, two keys "
    "stick, and the tuner will not come out. What can I do myself?"
)


@corpus_check(
    flags=[[chat(_PROMPT, "Dry the room first."), chat(_PROMPT.replace("old ", ""), "Sell it for parts.")]],
    passes=[[chat(_PROMPT, "Dry the room first."), chat("What can I do myself?", "Quite a lot.")]],
)
def near_prompt(near: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """Another row asks nearly the same and is answered otherwise.

    Either answer may be right, so nothing is set aside; but rows that ask the same must not stand on both sides of the
    split, and contradicting answers teach neither. The score is the Jaccard similarity of the prompts' word n-grams.
    """
    pairs = near.filter((pl.col("prompt") >= 0.7) & (pl.col("answer") < 0.5))
    return findings(
        between(pairs, examples),
        score=pl.col("prompt"),
        other=pl.col("other"),
        message=pl.format(
            "the prompt is {} % the same, the answer {} %",
            *[(pl.col(view) * 100).round().cast(pl.Int32) for view in ("prompt", "answer")],
        ),
    )
