import polars as pl

from finesift.corpus import chat, is_answer
from finesift.findings import findings
from finesift.registry import check


@check(
    flags=[{"messages": [{"role": "user", "content": "Is anybody there?"}]}],
    passes=[chat("Is anybody there?", "Yes.")],
)
def no_assistant_turn(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """No message is the assistant's, so there is nothing to train on.

    A trainer that masks prompts sees nothing but -100 in it: a loss of 0.0 that looks like success.
    """
    answered = turns.filter(is_answer).select("example").unique()
    return findings(
        examples.join(answered, on="example", how="anti"),
        score=1.0,
        message="no message is the assistant's",
    )
