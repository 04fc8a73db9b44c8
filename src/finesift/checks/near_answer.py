import polars as pl

from finesift.corpus import chat
from finesift.findings import between, findings
from finesift.registry import corpus_check

_ANSWER = (
    "Thank you for reaching out to us. We have received your message and will look into it as soon as we can. In the "
    "meantime, please have a look at the help pages, where you will find answers to many common questions."
)


@corpus_check(
    flags=[[chat("Where is my parcel?", _ANSWER), chat("The box was empty.", _ANSWER)]],
    passes=[[chat("Where is my parcel?", "On its way."), chat("Has it been sent?", "On its way.")]],
)
def near_answer(near: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """Another row gives nearly the same long answer to something else.

    A few such rows are a policy, many are boilerplate that the model will say whatever it is asked. Nothing is decided
    by it; the report counts them. The score is the Jaccard similarity of the answers' word n-grams; answers of fewer
    than 20 words are not compared.
    """
    pairs = near.filter((pl.col("answer") >= 0.7) & (pl.col("prompt") < 0.5))
    return findings(
        between(pairs, examples),
        score=pl.col("answer"),
        other=pl.col("other"),
        message=pl.format(
            "the answer is {} % the same, the prompt {} %",
            *[(pl.col(view) * 100).round().cast(pl.Int32) for view in ("answer", "prompt")],
        ),
    )
