import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check


@check(
    flags=[
        chat("Do you ship to Malta?", "Yes.")
        | {"notes": [{"kind": "competing_fields", "message": '"output" was read; "response" differs'}]}
    ],
    passes=[
        chat("Do you ship to Malta?", "Yes.") | {"notes": [{"kind": "repair", "message": "CRLF read as LF"}]}
    ],
)
def competing_fields(notes: pl.LazyFrame) -> pl.LazyFrame:
    """Two fields of the row claim to be the same thing, and differ.

    A row with both `output` and `response` has two answers, and which of them was meant is not ours to guess:
    one was read, the other kept in `extra`, and a person decides.
    """
    return findings(
        notes.filter(pl.col("kind") == "competing_fields"),
        score=0.6,
        message=pl.col("message"),
    )
