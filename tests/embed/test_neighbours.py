"""Neighbours are those that comparing everything with everything finds, in whatever blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finesift.embed import neighbours
from finesift.embed.neighbours import top, within


def unit(rows, seed):
    vectors = np.random.default_rng(seed).normal(size=(rows, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(neighbours, "WIDE", 7)
    monkeypatch.setattr(neighbours, "HELD", 40)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 12), st.integers(0, 99))
def test_the_nearest_are_the_nearest(queries, others, k, seed):
    one, two = unit(queries, seed), unit(others, seed + 1)
    places, near = top(one, two, k)
    assert places.shape == near.shape == (queries, min(k, others))
    assert np.allclose(near, -np.sort(-(one @ two.T), axis=1)[:, :k], atol=1e-6)
    assert np.allclose(near, np.take_along_axis(one @ two.T, places, 1), atol=1e-6)


@given(st.integers(0, 50), st.floats(-1, 1), st.integers(0, 99))
def test_every_near_pair_comes_once(rows, least, seed):
    vectors = unit(rows, seed)
    found = [tuple(pair) for pairs, _ in within(vectors, least) for pair in pairs.tolist()]
    alike = vectors @ vectors.T
    surely = {(a, b) for a in range(rows) for b in range(a + 1, rows) if alike[a, b] >= least + 1e-5}
    perhaps = {(a, b) for a in range(rows) for b in range(a + 1, rows) if alike[a, b] >= least - 1e-5}
    assert len(found) == len(set(found))
    assert surely <= set(found) <= perhaps
