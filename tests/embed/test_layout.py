"""Who is near stays near on the plane."""

import numpy as np
import pytest

from finesift.embed.layout import _flat, layout
from finesift.embed.neighbours import top


def groups(count=12, each=25, seed=0):
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(count, 64))
    vectors = np.repeat(centres, each, axis=0) + 0.6 * chance.normal(size=(count * each, 64))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def stay(vectors, places, k=8):
    """The share of the k nearest of each vector that are among its k nearest on the plane."""
    near, _ = top(vectors, vectors, k + 1)
    far = ((places[:, None] - places[None]) ** 2).sum(axis=-1)
    there = np.argsort(far, axis=1)[:, : k + 1]
    return np.mean([len(set(a) & set(b) - {n}) / k for n, (a, b) in enumerate(zip(near, there, strict=True))])


def test_more_neighbours_stay_than_in_the_principal_directions():
    vectors = groups()
    assert stay(vectors, layout(vectors)) > 1.5 * stay(vectors, _flat(vectors))


def test_the_same_vectors_have_the_same_places():
    vectors = groups()
    assert (layout(vectors) == layout(vectors)).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 20])
def test_few_vectors_lie_within_the_plane(count):
    places = layout(groups()[:count])
    assert places.shape == (count, 2)
    assert ((places >= 0) & (places <= 1)).all()


@pytest.mark.parametrize("vector", [np.ones(64) / 8, np.zeros(64)])
def test_equal_vectors_and_those_of_nothing_have_places(vector):
    places = layout(np.repeat(vector[None], 50, axis=0).astype(np.float32))
    assert np.isfinite(places).all()
