from typing import Any

import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.ids import content_id
from finesift.registry import Meeting, corpus_check
from finesift.views import media_keys, normal, spaced

# Characters of each side that show a difference.
_SHOWN = 24
_LITERAL = "the same to the letter"


def _folded(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """example and key: equal for rows that are the same once case, signs and layout are folded."""
    hashed = turns.select(
        "example",
        pl.struct("part", "role", normal(), "reasoning", "tool_calls", media_keys).hash().alias("said"),
    )
    said = pl.col("said").cast(pl.List(pl.String)).list.join(" ")
    return (
        hashed.group_by("example", maintain_order=True)
        .agg("said")
        .join(examples.select("example", "tools", "label"), on="example")
        .select("example", key=pl.struct(said, "tools", "label").hash())
    )


def _copied(copies: pl.LazyFrame) -> pl.LazyFrame:
    return findings(copies, score=1.0, other=pl.col("first"), message=_LITERAL)


@corpus_check(
    flags=[
        [chat("Name a prime.", "7"), chat("Name a prime.", "7")],
        [chat("Give the symbol of the unit.", "mW"), chat("Give the symbol of the unit.", "MW")],
    ],
    passes=[[chat("How heavy is it?", "1.022 MeV"), chat("How heavy is it?", "1.032 MeV")]],
    same=True,
    apart=Meeting(_folded, _copied),
)
def exact_duplicate(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """Another row says the same thing: to the letter, but for spacing in prose, or but for case and signs.

    Copies reweight the data without anybody having decided so, and what is copied most is memorised first. A
    copy to the letter scores 1.0, prose that differs in nothing but spacing 0.95. What is equal only once case,
    punctuation and layout are folded scores 0.6 and is for a person: mW is not MW, and one level of indentation is
    another program. What a row says are its messages, with pictures and files, tool calls, tools and label; Lee et al.
    2021, "Deduplicating training data makes language models better".
    """
    said = ["part", "role", "content", "reasoning", "tool_calls", "media"]
    suspects = _folded(turns, examples).filter(pl.col("key").is_duplicated()).select("example")
    # Equal hashes make suspects; only equal text makes a duplicate.
    texts = (
        turns.join(suspects, on="example", how="semi")
        .with_columns(
            normal().alias("content"), media_keys, spaced=spaced(), exact=pl.col("content").fill_null("")
        )
        .group_by("example")
        .agg(
            pl.struct(said).sort_by("turn").alias("said"),
            pl.col("spaced", "exact").sort_by("turn"),
        )
        .join(examples.select("example", "id", "tools", "label"), on="example")
    )
    first = pl.struct("id", "example", "exact").sort_by(content_id(), "example").first()
    copies = (
        texts.sort("example")
        .with_columns(
            folded=first.over("said", "tools", "label"),
            spaced_first=first.over("said", "spaced", "tools", "label"),
            twin=pl.col("id").sort_by("example").first().over(content_id()),
        )
        .filter(pl.col("folded").struct.field("example") != pl.col("example"))
    )
    literal = pl.col("twin") != pl.col("id")
    prose = pl.col("spaced_first").struct.field("example") != pl.col("example")
    same = findings(
        copies.filter(literal | prose),
        score=pl.when(literal).then(1.0).otherwise(0.95),
        other=pl.when(literal).then("twin").otherwise(pl.col("spaced_first").struct.field("id")),
        message=pl.when(literal).then(pl.lit(_LITERAL)).otherwise(pl.lit("the same but for spacing")),
    )
    # Of rows that are the same but for spacing only the first is compared with those that differ in more. Differences
    # are found in Python, so only where there is one.
    sides = pl.struct(here="exact", there=pl.col("folded").struct.field("exact"))
    alike = findings(
        copies.filter(~(literal | prose)),
        score=0.6,
        other=pl.col("folded").struct.field("id"),
        message=pl.format(
            "the same but for case, signs or layout: {}",
            sides.map_elements(_difference, return_dtype=pl.String),
        ),
    )
    return pl.concat([same, alike])


def _difference(pair: dict[str, Any]) -> str:
    """The first place at which two lists of texts differ; "" where they differ elsewhere."""
    for here, there in zip(pair["here"], pair["there"], strict=True):
        if here != there:
            same = next((n for n, (h, t) in enumerate(zip(here, there, strict=False)) if h != t), None)
            at = max(0, (min(len(here), len(there)) if same is None else same) - 8)
            return f"{here[at : at + _SHOWN]!r} here, {there[at : at + _SHOWN]!r} there"
    return ""
