import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check
from finesift.views import is_answer


@check(
    flags=[{"messages": [{"role": "user", "content": "Is anybody there?"}]}],
    passes=[chat("Is anybody there?", "Yes.")],
)
def no_assistant_turn(turns: pl.LazyFrame, examples: pl.LazyFrame, notes: pl.LazyFrame) -> pl.LazyFrame:
    """No message is the assistant's, or none of them is to be trained: there is nothing to train on.

    A trainer that masks prompts sees nothing but -100 in it: a loss of 0.0 that looks like success.
    """
    answered = turns.filter(is_answer).group_by("example").agg(train=pl.col("train").fill_null(True).any())
    columns = notes.filter(pl.col("kind") == "unanswered").select("example", columns="message")
    return findings(
        examples.join(answered, on="example", how="left", maintain_order="left")
        .join(columns, on="example", how="left", maintain_order="left")
        .filter(~pl.col("train").fill_null(False)),
        score=1.0,
        message=pl.when(pl.col("columns").is_not_null())
        .then(pl.format("no message is the assistant's; if one is, say so in the recipe:  {}", "columns"))
        .when(pl.col("train").is_null())
        .then(pl.lit("no message is the assistant's"))
        .otherwise(pl.lit("the row says of every answer that it is not to be trained")),
    )
