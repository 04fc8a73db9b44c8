"""Every behaviour of a plan stands in validation and test, whatever chance did."""

import polars as pl
import pytest

from finesift.corpus import PLANNED
from finesift.recipe import Split
from finesift.split.assign import SPLIT, assign
from finesift.split.represented import FEWEST, represented

SETTINGS = Split(validation=0.05, test=0.05)


def made(rows, seed=0):
    """Rows of 12 behaviours, each a group of its own, and what the plan says of them."""
    names = [f"{seed}-{n}" for n in range(rows)]
    groups = pl.DataFrame(
        {"example": range(rows), "group": names, "synthetic": [False] * rows, "existing": [None] * rows},
        schema={"example": pl.UInt32, "group": pl.String, "synthetic": pl.Boolean, "existing": SPLIT},
    )
    planned = groups.select(
        "example", behaviour=(pl.col("example") % 12).cast(pl.String), sure=0.9, wanted=pl.lit("answer"),
        outcome=pl.lit("answers"), fits=True, cell=pl.lit("turns single"),
    ).cast(PLANNED)  # fmt: skip
    return assign(groups, SETTINGS), planned


def splits_by_behaviour(placed, planned):
    both = planned.join(placed, on="example").group_by("behaviour").agg(pl.col("split").unique())
    return [set(map(str, splits)) for splits in both["split"]]


@pytest.mark.parametrize("seed", range(4))
def test_each_behaviour_stands_in_every_split(seed):
    placed, planned = made(20 * 12, seed)
    after = represented(placed, planned, SETTINGS)
    assert all(splits == {"train", "validation", "test"} for splits in splits_by_behaviour(after, planned))
    moved = placed.filter(placed["split"] != after["split"])
    assert set(map(str, moved["split"])) <= {"train"}, "what was held back stays held back"
    assert moved.height <= 24


def test_order_changes_nothing_and_few_rows_are_left_to_train():
    placed, planned = made(20 * 12, 3)
    mixed = represented(placed.sample(fraction=1, shuffle=True, seed=1), planned.reverse(), SETTINGS)
    assert mixed.sort("example").equals(represented(placed, planned, SETTINGS))
    few, plan = made((FEWEST - 1) * 12)
    assert represented(few, plan, SETTINGS).equals(few)


def test_without_a_plan_nothing_moves():
    placed, planned = made(120)
    assert represented(placed, planned.clear(), SETTINGS) is placed
