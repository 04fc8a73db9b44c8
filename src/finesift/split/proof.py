"""What the split is worth: what training shares with the rows held back, and how alike the splits are made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.ids import content_id
from finesift.recipe import Split

VIEWS = ("whole", "prompt", "answer")
HELD_BACK = ("validation", "test")
CLOSEST = 5
# Values shown for each column of the mix, and giant groups named.
SHOWN = 10
# Below this no pair is looked for.
FLOOR = 0.5


@dataclass(frozen=True)
class Pair:
    """A training row and a row held back, by id: the Jaccard similarity of their word n-grams, by view."""

    train: str
    other: str
    split: str
    whole: float
    prompt: float
    answer: float


@dataclass(frozen=True)
class Mix:
    """What the kept rows of each split are made of.

    rows: per value, in train, validation and test; the most frequent, and of test only values that others have.
    distances: of validation and test from train: total variation, half the sum of the differences of all shares; for
    characters the Kolmogorov-Smirnov distance, the largest difference of the shares up to any length. 0: the same
    mix; 1: nothing in common. None: the split has no rows.
    """

    column: str
    rows: dict[str, list[int]]
    distances: dict[str, float | None]


@dataclass(frozen=True)
class Proof:
    """Figures on kept rows only, and ids; no text.

    largest: by split and view, the largest similarity to any training row; None: under 0.5. Answers alike are no
    relatives: a policy or disclaimer may stand on both sides.
    moved: rows whose group the data brings in several splits, or whose brought split could not be kept.
    """

    measured: bool
    largest: dict[str, dict[str, float | None]]
    closest: list[Pair]
    groups: int
    relatives: int  # rows that are not alone in their group
    giants: list[tuple[str, int]]  # groups too large for a split held back, and their rows; the largest
    in_giants: int  # rows in all of them
    asked: dict[str, float]
    reached: dict[str, float]  # share of all rows that are in a split, before any were set aside
    crossing: int  # groups that the data brings in several splits
    moved: int
    synthetic: int
    small: list[str]  # what falls short of the least that the recipe asks for, a sentence each
    mix: list[Mix]

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Proof:
        return cls(
            **{
                **raw,
                "closest": [Pair(**pair) for pair in raw["closest"]],
                "giants": [(name, rows) for name, rows in raw["giants"]],
                "mix": [Mix(**mix) for mix in raw["mix"]],
            }
        )


def prove(
    examples: pl.DataFrame,
    near: pl.DataFrame,
    splits: pl.DataFrame,
    mixed: pl.DataFrame,
    settings: Split,
    *,
    measured: bool = True,
) -> Proof:
    """splits: example, group, split, fate, synthetic, existing. mixed: see `finesift.split.strata.mix`."""
    kept = splits.filter(pl.col("fate") != "set_aside")
    pairs = across(examples, near, splits)
    sizes = splits.group_by("group").agg(rows=pl.len(), brought=pl.col("existing").drop_nulls().n_unique())
    giants = sizes.filter(pl.col("rows") > settings.largest_group).sort(
        "rows", "group", descending=[True, False]
    )
    rows = {name: splits.filter(pl.col("split") == name).height for name in ("train", *HELD_BACK)}
    return Proof(
        measured=measured,
        largest=largest(pairs),
        closest=closest(pairs),
        groups=sizes.height,
        relatives=int(sizes.filter(pl.col("rows") > 1)["rows"].sum()),
        giants=list(giants.select("group", "rows").head(SHOWN).iter_rows()),
        in_giants=int(giants["rows"].sum()),
        asked={"validation": settings.validation, "test": settings.test},
        reached={name: round(rows[name] / max(1, splits.height), 5) for name in HELD_BACK},
        crossing=sizes.filter(pl.col("brought") > 1).height,
        moved=splits.filter(pl.col("existing") != pl.col("split")).height,
        synthetic=int(splits["synthetic"].sum()),
        small=small({name: kept.filter(pl.col("fate") == name).height for name in HELD_BACK}, settings),
        mix=mixes(counted(kept.select("example", "fate").join(mixed, on="example", maintain_order="left"))),
    )


def across(examples: pl.DataFrame, near: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """Pairs of NEAR of which one is trained and one held back: train and other (ids), split, and the views."""
    # Of rows the same to the letter only the first was compared; what is true of it is true of the copy that is kept.
    rows = (
        splits.select("example", "fate")
        .join(examples.select("example", "id"), on="example", maintain_order="left")
        .with_columns(content=content_id())
    )
    kept = rows.filter(pl.col("fate") != "set_aside").group_by("content", maintain_order=True).first()
    stands = rows.select("example", "content").join(
        kept.select("content", "id", "fate"), on="content", maintain_order="left"
    )
    both = near.join(stands, on="example").join(
        stands.rename({"example": "other"}), on="other", suffix="_other"
    )
    train, other_train = pl.col("fate") == "train", pl.col("fate_other") == "train"
    return both.filter(train != other_train).select(
        pl.when(train).then("id").otherwise("id_other").alias("train"),
        pl.when(train).then("id_other").otherwise("id").alias("other"),
        pl.when(train).then("fate_other").otherwise("fate").alias("split"),
        *VIEWS,
    )


def closest(pairs: pl.DataFrame) -> list[Pair]:
    """The CLOSEST pairs across the splits, the most alike first."""
    most = [True] * len(VIEWS)
    first = pairs.sort(*VIEWS, "train", "other", descending=[*most, False, False]).head(CLOSEST)
    similar = (pl.col(view).cast(pl.Float64).round(3) for view in VIEWS)
    return [Pair(*row) for row in first.select("train", "other", "split", *similar).iter_rows()]


def largest(pairs: pl.DataFrame) -> dict[str, dict[str, float | None]]:
    """By split and view, the largest similarity; None: no pair reaches FLOOR."""

    def most(split: str, view: str) -> float | None:
        value = pairs.filter(pl.col("split") == split)[view].max()
        return round(float(value), 3) if isinstance(value, float) and value >= FLOOR else None

    return {split: {view: most(split, view) for view in VIEWS} for split in HELD_BACK}


def small(kept: Mapping[str, int], settings: Split) -> list[str]:
    """What is to be said of splits that have too few rows. kept: of validation and test."""
    told = []
    for name in HELD_BACK:
        rows = kept[name]
        if getattr(settings, name) and rows < settings.minimum:
            told.append(
                f"{name} has {rows:,} rows, fewer than split.minimum ({settings.minimum:,}): figures on it are rough."
            )
    return told


def counted(rows: pl.DataFrame) -> pl.DataFrame:
    """How many rows of each split have each value of each column: column, value, in train, in validation, in test. Of
    parts of the data, these add up. rows: fate, characters, and columns of text."""
    inside = [
        (pl.col("fate") == name).sum().cast(pl.Int64).alias(f"in {name}") for name in ("train", *HELD_BACK)
    ]
    names = [name for name in rows.columns if name not in ("example", "fate")]
    parts = [
        rows.group_by(value=pl.col(name).cast(pl.String).fill_null("(none)"))
        .agg(inside)
        .select(pl.lit(name).alias("column"), "value", pl.col("^in .*$"))
        for name in names
    ]
    return pl.concat(parts)


def mixes(counts: pl.DataFrame) -> list[Mix]:
    """What the splits are made of, from `counted`."""
    names = counts["column"].unique(maintain_order=True).to_list()
    lengths = counts.filter(pl.col("column") == "characters").with_columns(pl.col("value").cast(pl.Int64))
    lengths = lengths.sort("value")
    apart = {name: _apart(lengths["in train"], lengths[f"in {name}"]) for name in HELD_BACK}
    return [
        *(_mix(counts.filter(pl.col("column") == name), name) for name in names if name != "characters"),
        Mix("characters", {}, apart),
    ]


def _mix(counts: pl.DataFrame, column: str) -> Mix:
    counts = counts.drop("column").sort(
        pl.sum_horizontal(pl.col("^in .*$")), "value", descending=[True, False]
    )
    inside = counts.select(pl.col("^in .*$")).to_numpy().astype(np.float64)
    totals = inside.sum(axis=0)
    distances: dict[str, float | None] = {}
    for place, name in enumerate(HELD_BACK, 1):
        if totals[0] and totals[place]:
            apart = np.abs(inside[:, 0] / totals[0] - inside[:, place] / totals[place]).sum() / 2
            distances[name] = round(float(apart), 4)
        else:
            distances[name] = None
    # A value that only sealed rows have is a word of theirs.
    shown = counts.filter((pl.col("in train") > 0) | (pl.col("in validation") > 0)).head(SHOWN)
    return Mix(column, {str(value): list(in_splits) for value, *in_splits in shown.iter_rows()}, distances)


def _apart(one: pl.Series, other: pl.Series) -> float | None:
    """The Kolmogorov-Smirnov distance of two samples, from how many of each have each value, in order."""
    if not one.sum() or not other.sum():
        return None
    shares: Sequence[NDArray[np.float64]] = [
        np.cumsum(sample.to_numpy()) / sample.sum() for sample in (one, other)
    ]
    return round(float(np.abs(shares[0] - shares[1]).max()), 4)
