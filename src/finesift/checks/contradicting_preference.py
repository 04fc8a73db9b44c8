import polars as pl

from finesift.corpus import chat, pair
from finesift.findings import findings
from finesift.registry import Meeting, corpus_check
from finesift.views import media_keys, normal

_FIELD, _MESSAGE = "\x1f", "\x1e"


def _sides(turns: pl.LazyFrame) -> pl.LazyFrame:
    """Of each pair: example, and hashes of what is asked, and of both sides: asked, chosen and rejected, u64."""
    pairs = turns.filter(pl.col("part") == "chosen").select("example").unique()
    told = pl.concat_str(
        pl.col("role").cast(pl.String),
        normal(),
        pl.col("tool_calls"),
        media_keys,
        separator=_FIELD,
        ignore_nulls=True,
    )

    def part(name: str) -> pl.Expr:
        return told.filter(pl.col("part") == name).str.join(_MESSAGE).hash()

    return (
        turns.join(pairs, on="example", how="semi")
        .group_by("example", maintain_order=True)
        .agg(asked=part("messages"), chosen=part("chosen"), rejected=part("rejected"))
        .filter(pl.col("chosen") != pl.col("rejected"))
    )


def _key(turns: pl.LazyFrame, _examples: pl.LazyFrame) -> pl.LazyFrame:
    # Alike for both orders of the sides.
    both = pl.struct(
        "asked",
        pl.min_horizontal("chosen", "rejected").alias("one"),
        pl.max_horizontal("chosen", "rejected").alias("two"),
    )
    return _sides(turns).select("example", key=both.hash())


@corpus_check(
    flags=[[pair("Name a pet.", "A dog.", "A cat."), pair("name a pet", "A cat!", "A dog.")]],
    passes=[
        [pair("Name a pet.", "A dog.", "A cat."), pair("Name a pet.", "A cat.", "A fish.")],
        [pair("Name a pet.", "A dog.", "A cat."), pair("Name a wild cat.", "A cat.", "A dog.")],
        [chat("Name a pet.", "A dog."), chat("Name a pet.", "A cat.")],
    ],
    apart=Meeting(_key),
)
def contradicting_preference(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """Another pair prefers what this one rejects, and rejects what this one prefers.

    The two cancel out: what remains is noise, or whichever comes last. People who rate disagree, so a majority may be
    what is wanted: a person, or a rule of the project, decides. Case, spacing and the stops at the ends of words do
    not count. That an answer wins one pair and loses another against a third is no contradiction.
    """
    known = _sides(turns).join(examples.select("example", "id"), on="example")
    turned = known.rename({"chosen": "rejected", "rejected": "chosen"})
    other = (
        known.join(turned, on=("asked", "chosen", "rejected"), suffix="_other")
        .group_by("example")
        .agg(other=pl.col("id_other").min(), against=pl.len())
        .sort("example")
    )
    return findings(
        other,
        score=1.0,
        other=pl.col("other"),
        message=pl.format("{} {} the other way round: {}", "against", _prefer, "other"),
    )


_prefer = pl.when(pl.col("against") == 1).then(pl.lit("pair prefers")).otherwise(pl.lit("pairs prefer"))
