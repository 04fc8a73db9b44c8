import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check

# So many rows of a file, all with the same value, make it a word on the file.
_FEW = 20


@check(
    flags=[
        chat("Name a salt.", "Borax.")
        | {"notes": [{"kind": "unread_field", "message": '"tools" was not used: a list'}]}
    ],
    passes=[chat("Name a salt.", "Borax.") | {"notes": [{"kind": "repair", "message": "CRLF read as LF"}]}],
)
def unread_field(notes: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """A field that by its name changes what is trained was not used.

    A label that is neither yes nor no, tools that are no schemas, a second system prompt: the row is trained without
    them, and may teach something else than it says. A label in words that are neither yes nor no is taken for a
    category (0.3), and so is a number that all rows of a file share. Map the column in the recipe (`data.columns`), or
    leave it out of the file where it means nothing.
    """
    rows = examples.select("example", "source", in_file=pl.len().over("source"))
    found = notes.filter(pl.col("kind").is_in(["unread_field", "unread_label", "unread_flag"])).join(
        rows, on="example", maintain_order="left"
    )
    shared = (pl.col("in_file") >= _FEW) & (pl.len().over("source", "message") == pl.col("in_file"))
    return findings(
        found,
        score=pl.when((pl.col("kind") == "unread_label") | ((pl.col("kind") == "unread_flag") & shared))
        .then(0.3)
        .otherwise(0.6),
        message=pl.col("message"),
    )
