"""A check that a company adds for itself: install this package beside Finesift, and it runs with the rest."""

import polars as pl

from finesift.corpus import chat
from finesift.findings import matching
from finesift.registry import check
from finesift.views import is_answer


@check(
    flags=[chat("When will it come?", "We guarantee delivery tomorrow.")],
    passes=[chat("When will it come?", "It usually comes in two days.")],
)
def promises(turns: pl.LazyFrame, *, words: str = r"(?i)\bwe (?:guarantee|promise)\b") -> pl.LazyFrame:
    """An answer promises what only a person may promise.

    The model would promise it to everybody.
    """
    return matching(turns.filter(is_answer), words, score=0.6, message="a promise")
