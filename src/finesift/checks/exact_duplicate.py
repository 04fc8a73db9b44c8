import polars as pl

from finesift.corpus import chat, content_id, normal
from finesift.findings import findings
from finesift.registry import corpus_check


@corpus_check(
    flags=[[chat("Name a prime.", "7"), chat("Name a prime!", "7.")]],
    passes=[[chat("How heavy is it?", "1.022 MeV"), chat("How heavy is it?", "1.032 MeV")]],
    same=True,
)
def exact_duplicate(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """Another row says the same thing, to the letter or but for case, spacing and punctuation.

    Copies reweight the data without anybody having decided so, and what is copied most is memorised first. A
    copy to the letter scores 1.0, one that differs in form only 0.95. What a row says are its messages, tool
    calls, tools and label; Lee et al. 2021, "Deduplicating training data makes language models better".
    """
    said = ["part", "role", "content", "reasoning", "tool_calls"]
    hashed = turns.select(
        "example", pl.struct("part", "role", normal(), "reasoning", "tool_calls").hash().alias("said")
    )
    suspects = (
        hashed.group_by("example", maintain_order=True)
        .agg("said")
        .join(examples.select("example", "tools", "label"), on="example")
        .select(
            "example", key=pl.struct(pl.col("said").cast(pl.List(pl.String)).list.join(" "), "tools", "label")
        )
        .filter(pl.col("key").is_duplicated())
        .select("example")
    )
    # Equal hashes make suspects; only equal text makes a duplicate.
    texts = (
        turns.join(suspects, on="example", how="semi")
        .with_columns(normal().alias("content"))
        .group_by("example")
        .agg(pl.struct(said).sort_by("turn").alias("said"))
        .join(examples.select("example", "id", "tools", "label"), on="example")
    )
    copies = (
        texts.sort("example")
        .with_columns(
            first=pl.struct("id", "example")
            .sort_by(content_id(), "example")
            .first()
            .over("said", "tools", "label"),
            twin=pl.col("id").sort_by("example").first().over(content_id()),
        )
        .filter(pl.col("first").struct.field("example") != pl.col("example"))
    )
    literal = pl.col("twin") != pl.col("id")
    return findings(
        copies,
        score=pl.when(literal).then(1.0).otherwise(0.95),
        other=pl.when(literal).then("twin").otherwise(pl.col("first").struct.field("id")),
        message=pl.when(literal)
        .then(pl.lit("the same to the letter"))
        .otherwise(pl.lit("the same but for case, spacing and punctuation")),
    )
