import polars as pl

from finesift.corpus import chat, is_answer, visible
from finesift.findings import findings
from finesift.registry import check


@check(
    flags=[chat("Name a prime.", "   ")],
    passes=[chat("Say nothing.", "…")],
)
def empty_answer(turns: pl.LazyFrame) -> pl.LazyFrame:
    """An assistant message has nothing in it to learn.

    Trained on, it teaches the model to end its turn at once. Spaces and signs without a shape are
    nothing; a message that only calls a tool is not empty.
    """
    silent = ~visible & pl.col("tool_calls").is_null()
    return findings(turns.filter(is_answer & silent), score=1.0, message="the answer is empty")
