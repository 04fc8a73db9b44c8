"""Which vectors are near which, exactly: inner products in blocks, so memory is bounded whatever the count."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from finesift.embed.encoder import Vectors

#: Similarities held at once: 128 MB as float32, beside as much again for finding the largest.
HELD = 32 * 1024**2
#: Others compared at a time; a block that fits the cache of a core multiplies fastest.
WIDE = 16_384


def top(queries: Vectors, others: Vectors, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The `k` nearest of others [M, D] to each of queries [N, D], the nearest first.

    Unit length, so the inner product is the cosine. Returns places int64 [N, k] and similarities float32 [N, k], with
    k at most M. Exact; at most HELD similarities are in memory at once.
    """
    k = max(0, min(k, len(others)))
    places = np.empty((len(queries), k), np.int64)
    near = np.empty((len(queries), k), np.float32)
    if not k:
        return places, near
    step = max(1, HELD // (WIDE + k))
    for at in range(0, len(queries), step):
        some = queries[at : at + step]
        best = np.full((len(some), 0), -np.inf, np.float32)
        whose = np.empty((len(some), 0), np.int64)
        for begin in range(0, len(others), WIDE):
            alike = some @ others[begin : begin + WIDE].T
            numbers = _largest(alike, k)
            best = np.concatenate([best, np.take_along_axis(alike, numbers, 1)], axis=1)
            whose = np.concatenate([whose, numbers + begin], axis=1)
            if best.shape[1] > k:
                chosen = _largest(best, k)
                best, whose = np.take_along_axis(best, chosen, 1), np.take_along_axis(whose, chosen, 1)
        order = np.lexsort((whose, -best), axis=1)
        near[at : at + step] = np.take_along_axis(best, order, 1)
        places[at : at + step] = np.take_along_axis(whose, order, 1)
    return places, near


def within(vectors: Vectors, least: float) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """All pairs of vectors [N, D] whose similarity is at least `least`, each once, block by block.

    Yields pairs int64 [P, 2], the smaller place first, and their similarities float32 [P]. Exact; at most HELD
    similarities are in memory at once, beside the pairs of a block.
    """
    step = max(1, HELD // WIDE)
    for at in range(0, len(vectors), step):
        some = vectors[at : at + step]
        for begin in range(at, len(vectors), WIDE):
            alike = some @ vectors[begin : begin + WIDE].T
            first, second = np.nonzero(alike >= least)
            once = second + begin > first + at
            first, second = first[once], second[once]
            if len(first):
                yield np.stack([first + at, second + begin], axis=1), alike[first, second]


def _largest(alike: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The places of the k largest of each row, in no order."""
    if alike.shape[1] <= k:
        return np.broadcast_to(np.arange(alike.shape[1]), alike.shape)
    return np.argpartition(alike, alike.shape[1] - k, axis=1)[:, alike.shape[1] - k :]
