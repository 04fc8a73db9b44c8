import polars as pl
import pytest

from finesift.recipe import Split
from finesift.split.assign import assign

GOLDEN = [
    "train",
    "train",
    "test",
    "train",
    "train",
    "test",
    "test",
    "train",
    "train",
    "validation",
    "test",
    "train",
]


def singles(count: int) -> pl.DataFrame:
    return pl.DataFrame({"example": range(count), "group": [f"{n:016x}" for n in range(count)]})


@pytest.mark.parametrize("validation, test", [(0.05, 0.05), (0.2, 0.1), (0.0, 0.5), (0.0, 0.0)])
def test_shares_are_as_asked(validation, test):
    split = assign(singles(40_000), Split(validation=validation, test=test))["split"]
    assert abs((split == "validation").mean() - validation) < 0.005
    assert abs((split == "test").mean() - test) < 0.005


def test_adding_rows_moves_no_other_group():
    few = assign(singles(1_000), Split())
    many = assign(singles(1_500).sample(fraction=1, shuffle=True, seed=1), Split())
    both = few.join(many, on="group", suffix="_later")
    assert both.height == 1_000
    assert (both["split"] == both["split_later"]).all()


def test_a_group_never_crosses():
    groups = pl.DataFrame({"example": range(3_000), "group": [f"{n % 700:016x}" for n in range(3_000)]})
    assert assign(groups, Split()).group_by("group").agg(pl.col("split").n_unique())["split"].max() == 1


def test_the_same_seed_gives_the_same_split_on_any_machine():
    # Golden: a change here moves rows between the splits of every run made before.
    assert assign(singles(12), Split(validation=0.25, test=0.25))["split"].to_list() == GOLDEN


def test_another_seed_gives_another_split():
    one, other = (assign(singles(1_000), Split(seed=seed))["split"] for seed in (1, 2))
    assert not one.equals(other)


def test_a_giant_group_goes_to_training():
    for giant in range(30):
        groups = pl.DataFrame(
            {"example": range(100), "group": [f"{giant}"] * 30 + [f"x{n}" for n in range(70)]}
        )
        split = assign(groups, Split(validation=0.2, test=0.2))
        assert split.filter(pl.col("group") == f"{giant}")["split"].unique().to_list() == ["train"]


def test_no_groups_are_no_error():
    assert assign(singles(0).cast({"example": pl.UInt32, "group": pl.String}), Split()).height == 0
