"""Each behaviour of a plan in every split: the one case in which a group's place hangs on other groups."""

from __future__ import annotations

import polars as pl

from finesift.recipe import Split
from finesift.split.assign import SPLIT, point

#: A behaviour of fewer groups than this stays where chance put it: what trains must not be given away.
FEWEST = 10


def represented(placed: pl.DataFrame, planned: pl.DataFrame, settings: Split) -> pl.DataFrame:
    """`placed` with groups of training moved where a behaviour would stand in no test row, or in no validation row.

    placed: what `assign` returns. planned: PLANNED of the rows that are kept. A behaviour lacks a split where none of
    its groups is in it though the split has a share; then the group of training that is nearest to it by its point
    moves there, so that the same rows move in any order, and none once chance has served the behaviour. Groups that
    have to train, or that the data brings a split for, do not move.
    """
    if planned.is_empty():
        return placed
    sizes = placed.group_by("group").agg(
        size=pl.len(),
        fixed=pl.any_horizontal(pl.col("synthetic"), pl.col("existing").is_not_null()).any()
        if settings.synthetic == "train"
        else pl.col("existing").is_not_null().any(),
        split=pl.col("split").first(),
    )
    held = (
        planned.join(placed.select("example", "group"), on="example")
        .select("behaviour", "group")
        .unique()
        .join(sizes, on="group")
    )
    points = {name: point(settings.seed, name) for name in held["group"].unique()}
    moved: dict[str, str] = {}
    for split, share in (("test", settings.test), ("validation", settings.validation)):
        for _, groups in sorted(held.group_by("behaviour"), key=lambda one: str(one[0][0])):
            now = [moved.get(name, at) for name, at in groups.select("group", "split").iter_rows()]
            if not share or len(now) < FEWEST or split in now:
                continue
            free = groups.filter(~pl.col("fixed") & (pl.col("size") <= settings.largest_group))
            names = [
                name
                for name, at in free.select("group", "split").iter_rows()
                if moved.get(name, at) == "train"
            ]
            if names:
                moved[min(names, key=lambda name: (points[name], name))] = split
    if not moved:
        return placed
    went = pl.col("group").replace_strict(moved, default=None, return_dtype=pl.String).cast(SPLIT)
    return placed.with_columns(split=pl.coalesce(went, "split"))
