"""What users ask for in conversations: the texts by which behaviours are told."""

from __future__ import annotations

import polars as pl

from finesift.views import text

#: Of a conversation the first request and the longest others, so many in all; of each so many characters.
MOST, READ = 3, 2_000
#: "Yes, please" asks for nothing of its own.
LEAST_WORDS = 4

REQUESTS = pl.Schema({"example": pl.UInt32, "turn": pl.UInt32, "text": pl.String})


def requests(turns: pl.DataFrame) -> pl.DataFrame:
    """REQUESTS, at most MOST of each example: its first user message, and the longest of the others.

    Plain text, where nobody asks, is its own request.
    """
    said = turns.filter((pl.col("role") == "user") & text.str.contains(r"\S")).select(
        "example", "turn", text=text.str.slice(0, READ)
    )
    first = pl.col("turn") == pl.col("turn").min().over("example")
    asking = first | (pl.col("text").str.count_matches(r"\S+") >= LEAST_WORDS)
    size = pl.when(first).then(READ + 1).otherwise(pl.col("text").str.len_chars())
    chosen = said.filter(asking).filter(size.rank("ordinal", descending=True).over("example") <= MOST)
    bare = (
        turns.join(said.select("example"), on="example", how="anti")
        .filter(text.str.contains(r"\S"))
        .unique("example", keep="first", maintain_order=True)
        .select("example", "turn", text=text.str.slice(0, READ))
    )
    return pl.concat([chosen, bare]).sort("example", "turn").cast(REQUESTS)
