import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check

#: What the sandbox says of a conversation that is too large to be rendered at all.
TOO_LARGE = "it makes something larger than"
#: No tokenizer has text of which a token holds so many bytes throughout.
BYTES = 16


@check(
    flags=[chat("Tell me everything.", "In the beginning …") | {"tokens": 4097}],
    passes=[chat("Tell me everything.", "No.") | {"tokens": 4096}],
)
def over_budget(rendered: pl.LazyFrame, turns: pl.LazyFrame, *, max_tokens: int = 4096) -> pl.LazyFrame:
    """The rendered conversation has more tokens than the sequence budget.

    A trainer cuts such rows at the end, which takes the end of the answer and its end token, and a model
    trained on cut answers does not stop. Finesift never cuts: a row fits, or it is set aside. So is one that
    is too long to be rendered.
    """
    counted = findings(
        rendered.filter(pl.col("tokens") > max_tokens),
        score=1.0,
        message=pl.format(
            "{} tokens, {} over the budget of {}", "tokens", pl.col("tokens") - max_tokens, max_tokens
        ),
    )
    large = too_large(rendered, turns, max_tokens)
    message = pl.format(
        "{} bytes of text are too many to be rendered; the budget is {} tokens", "bytes", max_tokens
    )
    return pl.concat([counted, findings(large, score=1.0, message=message)])


def too_large(rendered: pl.LazyFrame, turns: pl.LazyFrame, max_tokens: int) -> pl.LazyFrame:
    """Rows that were not rendered since they themselves are too long, and not since the template makes much of little;
    with their bytes."""
    refused = rendered.filter(pl.col("error").str.contains(TOO_LARGE, literal=True))
    bytes_ = (
        turns.join(refused.select("example"), on="example", how="semi")
        .group_by("example")
        .agg(bytes=pl.col("content").str.len_bytes().sum())
    )
    return refused.join(
        bytes_.filter(pl.col("bytes") > BYTES * max_tokens), on="example", maintain_order="left"
    )
