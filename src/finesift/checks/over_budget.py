import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check


@check(
    flags=[chat("Tell me everything.", "In the beginning …") | {"tokens": 4097}],
    passes=[chat("Tell me everything.", "No.") | {"tokens": 4096}],
)
def over_budget(rendered: pl.LazyFrame, *, max_tokens: int = 4096) -> pl.LazyFrame:
    """The rendered conversation has more tokens than the sequence budget.

    A trainer cuts such rows at the end, which takes the end of the answer and its end token, and a model
    trained on cut answers does not stop. Finesift never cuts: a row fits, or it is set aside.
    """
    return findings(
        rendered.filter(pl.col("tokens") > max_tokens),
        score=1.0,
        message=pl.format(
            "{} tokens, {} over the budget of {}", "tokens", pl.col("tokens") - max_tokens, max_tokens
        ),
    )
