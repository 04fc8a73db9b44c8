"""What a sample says: tables of acceptance sampling, coverage of intervals, error rates of the sequential test."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finesift.review.agreement import alpha, kappa
from finesift.review.statistics import (
    Sequential,
    Stratum,
    binomial,
    clopper_pearson,
    sample_size,
    upper,
    weighted,
    wilson,
)


@pytest.mark.parametrize(
    "max_error, errors, rows", [(0.05, 0, 59), (0.05, 1, 93), (0.05, 2, 124), (0.02, 0, 149), (0.01, 0, 299)]
)
def test_sample_sizes_are_those_of_the_tables(max_error, errors, rows):
    assert sample_size(max_error, errors=errors) == rows
    assert binomial(errors, rows, max_error) <= 0.05 < binomial(errors, rows - 1, max_error)


# At the ends in closed form, 1 - 0.025 ** (1 / n) and z * z / (n + z * z); in between as R has them.
@pytest.mark.parametrize(
    "errors, read, exact, score",
    [
        (0, 59, (0.0, 0.060609), (0.0, 0.061129)),
        (3, 100, (0.006230, 0.085176), (0.010255, 0.084519)),
        (10, 10, (0.691503, 1.0), (0.722467, 1.0)),
    ],
)
def test_intervals_are_those_of_the_books(errors, read, exact, score):
    assert clopper_pearson(errors, read) == pytest.approx(exact, abs=1e-6)
    assert wilson(errors, read) == pytest.approx(score, abs=1e-6)


@given(st.integers(1, 400), st.data(), st.floats(0.8, 0.999))
def test_intervals_hold_the_share_and_grow_with_confidence(read, data, confidence):
    errors = data.draw(st.integers(0, read))
    for interval in (clopper_pearson, wilson):
        low, high = interval(errors, read, confidence)
        assert 0 <= low <= errors / read <= high <= 1
        wide = interval(errors, read, (1 + confidence) / 2)
        assert wide[0] <= low + 1e-12
        assert wide[1] >= high - 1e-12


@given(st.integers(2, 300), st.data())
def test_a_finite_lot_needs_no_more_rows_than_an_endless_one(population, data):
    read = data.draw(st.integers(1, population))
    errors = data.draw(st.integers(0, read))
    bound = upper(errors, read, 0.95, population)
    assert errors / population <= bound
    assert bound <= upper(errors, read, 0.95) + 1 / population
    assert sample_size(0.05, population=population) <= min(59, population)
    if read == population:
        assert bound == errors / population


# rows, share of errors and rows read, of each stratum
REVIEWS = {
    "three sources": ([500, 2000, 8000], [0.1, 0.03, 0.01], [60, 60, 60]),
    "hardly an error": ([500, 2000, 8000], [0.0, 0.005, 0.002], [60, 60, 60]),
    "small and half read": ([100, 200], [0.1, 0.3], [40, 40]),
    "many strata": ([2000] * 20, [0.02] * 20, [10] * 20),
    "one stratum": ([10000], [0.02], [60]),
    "all errors in one": ([1000] * 10, [0.3] + [0.0] * 9, [20] * 10),
    "a large part hardly read": ([100_000, 100], [0.05, 0.5], [20, 100]),
    "nearly all read": ([100] * 3, [0.05] * 3, [80] * 3),
}


@pytest.mark.parametrize("name", REVIEWS)
def test_the_interval_of_a_stratified_review_holds_the_truth(name):
    """Over 2,000 simulated reviews, without replacement."""
    rows, shares, read = REVIEWS[name]
    rng = np.random.default_rng(17)
    wrong = [round(share * of) for share, of in zip(shares, rows, strict=True)]
    truth = sum(wrong) / sum(rows)
    draws = np.stack(
        [rng.hypergeometric(bad, of - bad, n, 2000) for bad, of, n in zip(wrong, rows, read, strict=True)], 1
    )
    seen, times = np.unique(draws, axis=0, return_counts=True)
    held = 0
    for errors, count in zip(seen.tolist(), times.tolist(), strict=True):
        _, (low, high) = weighted([Stratum(*one) for one in zip(errors, read, rows, strict=True)])
        held += count * (low - 1e-12 <= truth <= high + 1e-12)
    assert held / 2000 >= 0.94


def test_strata_that_nobody_read_may_be_anything():
    assert weighted([Stratum(0, 0, 50)]) == (0.5, (0.0, 1.0))
    share, (low, high) = weighted([Stratum(0, 100, 100), Stratum(0, 0, 100)])
    assert (share, low, high) == (0.0, 0.0, 0.5)


# Wald 1945, computed exactly; the bounds are a little stricter than his approximation, so a few more rows are read.
@pytest.mark.parametrize(
    "share, accepted, read",
    [(0.002, 0.9998, 79.3), (0.01, 0.972, 114.4), (0.02, 0.740, 159.5), (0.1, 0.0005, 30.1)],
)
def test_how_much_the_sequential_test_reads(share, accepted, read):
    assert Sequential().expected(share) == pytest.approx((accepted, read), rel=0.01, abs=1e-4)


@pytest.mark.parametrize("test", [Sequential(), Sequential(0.002, 0.02), Sequential(0.02, 0.1, 0.1, 0.01)])
def test_its_two_errors_are_within_its_promise(test):
    assert test.expected(test.bad)[0] <= test.risk_bad
    assert 1 - test.expected(test.good)[0] <= test.risk_good


def test_a_bad_lot_seldom_passes_however_often_one_looks():
    """Simulated as it is used: a finite lot, read in random order, looked at after every row."""
    rng, test = np.random.default_rng(17), Sequential()
    lot = np.arange(2000) < 100  # 5 % wrong
    good = np.arange(2000) < 20  # 1 % wrong
    passed = sum(test.answer(rng.permutation(lot).tolist()) == "accepted" for _ in range(2000))
    refused = sum(test.answer(rng.permutation(good).tolist()) == "rejected" for _ in range(2000))
    assert passed <= 0.05 * 2000
    assert refused <= 0.05 * 2000


def test_so_many_right_rows_more_accept_a_lot():
    test = Sequential()
    for before in ([], [True], [False] * 30 + [True]):
        more = test.more(before)
        assert test.answer([*before, *[False] * more]) == "accepted"
        assert test.answer([*before, *[False] * (more - 1)]) == "read on"


# Cohen 1960 as in Fleiss 1981; Krippendorff 2011, the example with missing data (nominal: 0.743).
def test_agreement_is_that_of_the_books():
    one = ["a"] * 45 + ["b"] * 15 + ["a"] * 25 + ["b"] * 15
    other = ["a"] * 45 + ["a"] * 15 + ["b"] * 25 + ["b"] * 15
    assert kappa(one, other) == pytest.approx(0.1304, abs=1e-4)
    words = [
        "1 1 1", "2 2 3 2", "3 3 3 3", "3 3 3 3", "2 2 2 2", "1 2 3 4", "4 4 4 4", "1 1 2 1",
        "2 2 2 2", "5 5 5", "1 1", "3",
    ]  # fmt: skip
    assert alpha([unit.split() for unit in words]) == pytest.approx(0.743, abs=5e-4)


def test_agreement_of_nothing_is_not_defined():
    assert kappa([], []) is None
    assert kappa(["keep"], ["keep"]) is None
    assert alpha([["keep"], ["keep", "keep"]]) is None
