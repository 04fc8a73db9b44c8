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
    part of the line, validation the next, training the rest. So a group's place hangs on nothing but itself, which
    is what it takes that adding rows moves no other; the shares are met up to chance, sqrt(share / groups). With
    `exact`, the groups of each stratum are dealt out in the order of their points, which meets the shares to the
    row but may move a few groups when rows are added.

    groups: example, group, and where known synthetic, existing (a split that the data brings, or null) and stratum.
    A group larger than `largest_group` goes to training: it would be all that the split measures. So does a group
    with a synthetic row, unless the recipe lets those go anywhere. A group that the data brings in several splits
    goes where the most sealed of its rows is.
    """
    names = groups.group_by("group").agg(
        size=pl.len(),
        synthetic=pl.col("synthetic").any() if "synthetic" in groups.columns else pl.lit(False),
        # The order of the splits is that of how sealed they are.
        existing=pl.col("existing").to_physical().max()
        if "existing" in groups.columns
        else pl.lit(None, pl.UInt8),
        stratum=pl.col("stratum").min() if "stratum" in groups.columns else pl.lit(""),
    )
    return groups.join(splits_of(names, settings), on="group", how="left", maintain_order="left")


def splits_of(names: pl.DataFrame, settings: Split) -> pl.DataFrame:
    """group and split. names: a row for each group, with group, size, synthetic, existing (by number) and stratum."""
    points = pl.Series("point", [point(settings.seed, name) for name in names["group"]], dtype=pl.Float64)
    names = names.with_columns(points)
    trained = (pl.col("size") > settings.largest_group) | (
        pl.col("synthetic") if settings.synthetic == "train" else pl.lit(False)
    )
    free = names.filter(~trained & pl.col("existing").is_null())
    dealt = (
        _dealt(free, settings)
        if settings.exact
        else free.select(
            "group",
            dealt=pl.when(pl.col("point") < settings.test)
            .then(pl.lit("test"))
            .when(pl.col("point") < settings.test + settings.validation)
            .then(pl.lit("validation"))
            .otherwise(pl.lit("train"))
            .cast(SPLIT),
        )
    )
    brought = pl.when(~trained | (pl.col("existing") == 0)).then(
        pl.col("existing").replace_strict(dict(enumerate(SPLITS)), return_dtype=SPLIT)
    )
    return names.join(dealt, on="group", how="left").select(
        "group", split=pl.coalesce(brought, "dealt", pl.lit("train").cast(SPLIT))
    )


def _dealt(free: pl.DataFrame, settings: Split) -> pl.DataFrame:
    """Groups to the split that lacks most, in the order of their points, stratum by stratum.

    Groups of like size are dealt together: beside single rows, a large group would never be what a split lacks.
    """
    order = free.with_columns(band=pl.col("size").log(2).floor()).sort("band", "stratum", "point", "group")
    due = {"test": 0.0, "validation": 0.0}
    chosen = []
    for size in order["size"]:
        due["test"] += size * settings.test
        due["validation"] += size * settings.validation
        most = max(due, key=due.__getitem__)
        if due[most] < size / 2:
            most = "train"
        else:
            due[most] -= size
        chosen.append(most)
    return order.select("group", dealt=pl.Series(chosen, dtype=SPLIT))


def point(seed: int, name: str) -> float:
    return xxhash.xxh3_64_intdigest(f"{seed}:{name}".encode()) / 2**64
