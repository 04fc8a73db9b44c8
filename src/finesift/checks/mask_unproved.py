import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check


@check(
    flags=[
        chat("Hi", "Hello.") | {"problems": [{"turn": 1, "problem": "no_end", "message": "nothing ends it"}]}
    ],
    passes=[chat("Hi", "Hello.")],
)
def mask_unproved(problems: pl.LazyFrame) -> pl.LazyFrame:
    """The loss mask of the row could not be proved: what is trained may not be what the answer says.

    A wrong mask is invisible in a loss curve. The row is trained on the prompt, or not on all of the answer, or
    never learns to stop. The finding names which part of the proof failed. A row that the template refuses is
    found by cannot_render.
    """
    return findings(
        problems.filter(pl.col("problem") != "cannot_render"),
        score=pl.col("score"),
        message=pl.format("{}: {}", "problem", "message"),
    )
