import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finesift.recipe import Split
from finesift.split.assign import SPLIT, assign

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
        split = assign(groups, Split(validation=0.2, test=0.2, largest_group=29))
        assert split.filter(pl.col("group") == f"{giant}")["split"].unique().to_list() == ["train"]


def test_no_groups_are_no_error():
    assert assign(singles(0).cast({"example": pl.UInt32, "group": pl.String}), Split()).height == 0


@settings(max_examples=50, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=200),
    more=st.lists(st.integers(1, 60), max_size=100),
    shares=st.sampled_from([(0.05, 0.05), (0.3, 0.2), (0.0, 0.5)]),
    seed=st.integers(0, 5),
)
def test_adding_and_shuffling_rows_moves_no_other_group_and_parts_none(sizes, more, shares, seed):
    asked = Split(validation=shares[0], test=shares[1], seed=seed)
    before = assign(of_sizes(sizes), asked)
    after = assign(of_sizes(sizes + more).sample(fraction=1, shuffle=True, seed=seed), asked)
    places = after.group_by("group").agg(pl.col("split").unique())
    assert (places["split"].list.len() == 1).all()
    both = before.join(places, on="group", suffix="_later")
    assert both.height == before.height
    assert (both["split"] == both["split_later"].list.first()).all()


@settings(max_examples=50, deadline=None)
@given(
    most=st.integers(1, 8),
    strata=st.integers(1, 30),
    shares=st.sampled_from([(0.05, 0.05), (0.3, 0.2), (0.01, 0.1)]),
)
def test_exact_shares_are_met_within_half_a_percentage_point(most, strata, shares):
    rows = of_sizes([1 + n * n % most for n in range(2_000)]).with_columns(
        stratum=pl.col("group").str.slice(12).str.to_integer(base=16) % strata
    )
    split = assign(
        rows.with_columns(pl.col("stratum").cast(pl.String)),
        Split(validation=shares[0], test=shares[1], exact=True),
    )
    for name, share in zip(("validation", "test"), shares, strict=True):
        assert abs((split["split"] == name).mean() - share) < 0.005


def test_exact_shares_hold_in_each_stratum():
    rows = singles(4_000).with_columns(stratum=(pl.col("example") % 8).cast(pl.String))
    split = assign(rows, Split(exact=True))
    tests = split.group_by("stratum").agg((pl.col("split") == "test").sum())["split"]
    assert tests.min() >= 24
    assert tests.max() <= 26


@pytest.mark.parametrize("exact", [False, True])
def test_synthetic_rows_and_their_relatives_go_to_training(exact):
    rows = of_sizes([2] * 500).with_columns(synthetic=pl.col("example") % 4 == 0)
    split = assign(rows, Split(validation=0.3, test=0.3, exact=exact))
    made = split.group_by("group").agg(pl.col("synthetic").any(), pl.col("split").first())
    assert made.filter("synthetic")["split"].unique().to_list() == ["train"]
    assert assign(rows, Split(synthetic="anywhere")).equals(
        assign(rows.drop("synthetic"), Split()).select("example", "group", rows["synthetic"], "split")
    )


@pytest.mark.parametrize(
    "brought, expected",
    [
        (["train", "train"], "train"),
        (["train", "test"], "test"),
        (["validation", None], "validation"),
        (["validation", "test"], "test"),
    ],
)
def test_a_split_that_the_data_brings_is_honoured_and_its_crossing_groups_are_sealed(brought, expected):
    rows = pl.DataFrame(
        {"example": [0, 1], "group": ["a", "a"], "existing": brought},
        schema_overrides={"existing": SPLIT},
    )
    assert assign(rows, Split())["split"].to_list() == [expected, expected]


def of_sizes(sizes) -> pl.DataFrame:
    names = [f"{n:016x}" for n, size in enumerate(sizes) for _ in range(size)]
    return pl.DataFrame({"example": range(len(names)), "group": names})
