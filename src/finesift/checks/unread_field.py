import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check


@check(
    flags=[
        chat("Name a salt.", "Borax.")
        | {"notes": [{"kind": "unread_field", "message": '"tools" was not used: a list'}]}
    ],
    passes=[chat("Name a salt.", "Borax.") | {"notes": [{"kind": "repair", "message": "CRLF read as LF"}]}],
)
def unread_field(notes: pl.LazyFrame) -> pl.LazyFrame:
    """A field that by its name changes what is trained was not used.

    A label that is neither yes nor no, tools that are no schemas, images, a second system prompt: the row is trained
    without them, and may teach something else than it says. A label in words that are neither yes nor no is taken for a
    category (0.3). Map the column in the recipe (`data.columns`), or leave
    it out of the file where it means nothing.
    """
    return findings(
        notes.filter(pl.col("kind").is_in(["unread_field", "unread_label"])),
        score=pl.when(pl.col("kind") == "unread_field").then(0.6).otherwise(0.3),
        message=pl.col("message"),
    )
