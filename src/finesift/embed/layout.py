"""Vectors as places on a plane, so that who is near stays near: for a picture, never for a decision.

Begun with the two principal directions; then neighbours attract and others repel one another, all at once, as UMAP has
it (McInnes, Healy and Melville 2018), with Student's t for both forces. numpy only: umap-learn and pacmap bring numba,
scipy and scikit-learn along, and take longer to be imported than this takes to draw. How many neighbours stay:
benchmarks/embedders.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finesift.embed.encoder import Vectors
from finesift.embed.neighbours import top

#: float32 [N, 2], from 0 to 1 in either direction.
Plane = NDArray[np.float32]
#: Neighbours that attract; rounds; others that repel a vector in a round, and how strongly, beside its neighbours.
NEIGHBOURS, ROUNDS, OTHERS, REPELLED = 12, 150, 16, 5.0
#: No coordinate moves further in a round; half the width of the plane at the start.
STEP, WIDE = 4.0, 10.0
#: Shares of the vectors, at either end, that may lie beyond the others: they are drawn at the edge.
BEYOND = 0.002


def layout(vectors: Vectors, *, seed: int = 17) -> Plane:
    """Places of vectors [N, D] of length 1. The same vectors in the same order, the same places.

    Every round takes time and room in proportion to N; its start N * N time.
    """
    count = len(vectors)
    if count < 3:
        return np.full((count, 2), 0.5, np.float32) + np.arange(count, dtype=np.float32)[:, None] * 0.1
    chance = np.random.default_rng(seed)
    places = _flat(vectors)
    # Of equal vectors all would move alike, and lie one on the other for ever.
    places += chance.normal(0, 0.05, places.shape).astype(np.float32)
    start, end, weights = _links(vectors)
    pull = np.bincount(start, weights, count)[:, None].astype(np.float32)
    for nth in range(ROUNDS):
        change = np.zeros_like(places)
        apart = places[end] - places[start]
        force = apart * (2 * weights / (1 + (apart * apart).sum(axis=1)))[:, None]
        for axis in (0, 1):
            change[:, axis] = np.bincount(start, force[:, axis], count)
        others = chance.integers(count, size=(count, OTHERS))
        apart = places[:, None] - places[others]
        far = np.einsum("nkd,nkd->nk", apart, apart)
        force = apart * (1 / ((0.01 + far) * (1 + far)))[:, :, None]
        change += (2 * REPELLED / OTHERS) * pull * np.clip(force, -STEP, STEP).sum(axis=1)
        places += np.clip(change, -STEP, STEP) * ((1 - nth / ROUNDS) * 0.1)
    return _within(places)


def _flat(vectors: Vectors) -> Plane:
    """The two principal directions, each as wide as WIDE to either side at most."""
    centred = vectors - vectors.mean(axis=0)
    directions = np.linalg.eigh(centred.T @ centred)[1][:, -2:][:, ::-1]
    # The sign of a direction is arbitrary: the largest of its numbers is positive.
    directions = directions * np.sign(directions[np.abs(directions).argmax(axis=0), [0, 1]])
    flat = (centred @ directions).astype(np.float32)
    scaled: Plane = flat * (WIDE / np.maximum(np.abs(flat).max(), 1e-9))
    return scaled


def _links(vectors: Vectors) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Who attracts whom, in both directions, and how strongly: 1 the nearest, less with the distance."""
    count = len(vectors)
    near, alike = top(vectors, vectors, min(NEIGHBOURS + 1, count))
    rows = np.repeat(np.arange(count), near.shape[1])
    far = np.sqrt(np.maximum(0, 2 - 2 * alike))
    own = near == np.arange(count)[:, None]
    closest = np.where(own, np.inf, far).min(axis=1, keepdims=True)
    spread = np.maximum((far - closest).clip(0).mean(axis=1, keepdims=True), 1e-3)
    weights = np.exp(-(far - closest).clip(0) / spread)
    others, kept = near.ravel(), ~own.ravel()
    rows, others, weight = rows[kept], others[kept], weights.ravel()[kept].astype(np.float32)
    return np.concatenate([rows, others]), np.concatenate([others, rows]), np.concatenate([weight, weight])


def _within(places: Plane) -> Plane:
    low, high = np.quantile(places, [BEYOND, 1 - BEYOND], axis=0)
    inside: Plane = np.clip((places - low) / np.maximum(high - low, 1e-9), 0, 1).astype(np.float32)
    return inside
