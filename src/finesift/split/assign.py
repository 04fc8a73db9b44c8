"""Which group goes where: by a hash of its name, so that adding rows moves no other group."""

from __future__ import annotations

import polars as pl
import xxhash

from finesift.recipe import Split

SPLITS = ("train", "validation", "test")
SPLIT = pl.Enum(SPLITS)


def assign(groups: pl.DataFrame, settings: Split) -> pl.DataFrame:
    """`groups` with the column split.

    Each group falls on a point between 0 and 1, uniformly, by its name and the seed; test takes the first
    part of the line, validation the next, training the rest. A group larger than the whole share that it
    falls into (a template used 30,000 times) goes to training: it would be all that the split measures.
    """
    names = groups.group_by("group").agg(size=pl.len())
    points = pl.Series("point", [_point(settings.seed, name) for name in names["group"]], dtype=pl.Float64)
    falls = (
        pl.when(pl.col("point") < settings.test)
        .then(pl.lit("test"))
        .when(pl.col("point") < settings.test + settings.validation)
        .then(pl.lit("validation"))
        .otherwise(pl.lit("train"))
    )
    share = pl.when(pl.col("split") == "test").then(settings.test).otherwise(settings.validation)
    giant = pl.col("size") > pl.max_horizontal(1, share * groups.height)
    splits = (
        names.with_columns(points)
        .with_columns(split=falls)
        .select("group", split=pl.when(giant).then(pl.lit("train")).otherwise("split").cast(SPLIT))
    )
    return groups.join(splits, on="group", how="left", maintain_order="left")


def _point(seed: int, name: str) -> float:
    return xxhash.xxh3_64_intdigest(f"{seed}:{name}".encode()) / 2**64
