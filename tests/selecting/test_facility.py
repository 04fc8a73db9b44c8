from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finesift.select import facility
from finesift.select.facility import coverage, facility_location


def unit(rows: int, width: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((rows, width)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@settings(max_examples=30)
@given(st.integers(2, 60), st.integers(2, 12), st.integers(0, 1000))
def test_the_lazy_choice_is_that_of_greedy_without_shortcuts(rows, width, seed):
    vectors = unit(rows, width, seed)
    found = facility_location(vectors, max(1, rows // 3))
    similar = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    best = np.full(rows, -1.0)
    for n, row in enumerate(found.rows):
        gain = np.maximum(similar - best[:, None], 0).sum(axis=0)
        gain[found.rows[:n]] = -1
        # Gains are told apart to four digits: of two that are alike to those, either may come first.
        assert gain[row] >= gain.max() - 2e-4
        np.testing.assert_allclose(found.gains[n], gain[row], atol=2e-4)
        best = np.maximum(best, similar[:, row])


@pytest.mark.parametrize("seed", range(5))
def test_greedy_has_nearly_the_value_of_the_best_choice_there_is(seed):
    vectors = unit(14, 4, seed)
    similar = vectors @ vectors.T
    best = max(similar[:, list(some)].max(axis=1).sum() for some in combinations(range(14), 4))
    found = similar[:, facility_location(vectors, 4).rows].max(axis=1).sum()
    assert found + 14 >= 0.99 * (best + 14)  # nothing chosen has the value -14


def test_many_rows_are_covered_nearly_as_well_as_if_every_pair_counted(monkeypatch):
    vectors = unit(1500, 8, 3)
    whole = coverage(vectors, vectors[facility_location(vectors, 100).rows])
    monkeypatch.setattr(facility, "WHOLE", 0)
    near = coverage(vectors, vectors[facility_location(vectors, 100).rows])
    assert near > 0.995 * whole


def test_few_targets_are_covered_again_once_each_has_its_nearest():
    vectors = np.array([[1, 0], [0.9, 0.436], [0, 1], [-1, 0], [0.436, 0.9]], np.float32)
    targets = np.array([[1, 0], [0, 1]], np.float32)
    assert facility_location(vectors, 5, covered=targets).rows.tolist() == [1, 2, 0, 4, 3]


def test_no_more_rows_are_chosen_than_there_are():
    assert sorted(facility_location(unit(3, 4, 1), 9).rows) == [0, 1, 2]
    assert len(facility_location(np.empty((0, 4), np.float32), 2).rows) == 0


def test_rows_that_are_all_the_same_are_chosen_in_order():
    assert facility_location(np.tile(unit(1, 4, 1), (4, 1)), 3).rows.tolist() == [0, 1, 2]
