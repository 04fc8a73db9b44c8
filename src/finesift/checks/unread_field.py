import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import Counting, corpus_check

# So many rows of a file, all with the same value, make it a word on the file.
_FEW = 20


def _unread(notes: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    return notes.filter(pl.col("kind").is_in(["unread_field", "unread_label", "unread_flag"])).join(
        examples.select("example", "source"), on="example", maintain_order="left"
    )


def _counted(notes: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of each source (message: null), and of them those with each note."""
    rows = examples.group_by("source").agg(rows=pl.len()).with_columns(message=pl.lit(None, pl.String))
    told = _unread(notes, examples).group_by("source", "message").agg(rows=pl.len())
    return pl.concat([rows.select("source", "message", "rows"), told])


def _judged(notes: pl.LazyFrame, examples: pl.LazyFrame, counted: pl.LazyFrame) -> pl.LazyFrame:
    in_file = counted.filter(pl.col("message").is_null()).select("source", in_file="rows")
    told = counted.drop_nulls("message").rename({"rows": "told"})
    found = (
        _unread(notes, examples)
        .join(in_file, on="source", how="left", maintain_order="left")
        .join(told, on=["source", "message"], how="left", maintain_order="left")
    )
    shared = (pl.col("in_file") >= _FEW) & (pl.col("told") == pl.col("in_file"))
    return findings(
        found,
        score=pl.when((pl.col("kind") == "unread_label") | ((pl.col("kind") == "unread_flag") & shared))
        .then(0.3)
        .otherwise(0.6),
        message=pl.col("message"),
    )


@corpus_check(
    flags=[
        [
            chat("Name a salt.", "Borax.")
            | {"notes": [{"kind": "unread_field", "message": '"tools" was not used: a list'}]}
        ]
    ],
    passes=[[chat("Name a salt.", "Borax.") | {"notes": [{"kind": "repair", "message": "CRLF read as LF"}]}]],
    apart=Counting(_counted, _judged),
)
def unread_field(notes: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """A field that by its name changes what is trained was not used.

    A label that is neither yes nor no, tools that are no schemas, a second system prompt: the row is trained without
    them, and may teach something else than it says. A label in words that are neither yes nor no is taken for a
    category (0.3), and so is a number that all rows of a file share. Map the column in the recipe (`data.columns`), or
    leave it out of the file where it means nothing.
    """
    return _judged(notes, examples, _counted(notes, examples))
