"""Which vectors are near which: inner products in blocks, so memory is bounded whatever the count.

`top` and `within` are exact. `pairs` is, up to `EXACT` vectors; beyond, a vector is looked for in the `PROBED` of many
cells whose centres are nearest: a twentieth of the work. What that misses: benchmarks/embedders.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from finesift.embed.encoder import Vectors

#: Unit vectors as they are kept: float16 takes half the room, and moves a similarity by 0.0005.
Stored = NDArray[np.float16] | NDArray[np.float32]
#: Similarities held at once: 128 MB as float32, beside as much again for finding the largest.
HELD = 32 * 1024**2
#: Others compared at a time; a block that fits the cache of a core multiplies fastest.
WIDE = 16_384
#: So many vectors are compared each with each.
EXACT = 8_192
#: Vectors of a cell, about; cells that a vector is looked for in; vectors that each centre is made of, and rounds.
CELL, PROBED, SAMPLED, ROUNDS = 200, 8, 32, 5


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


def pairs(
    vectors: Stored, *, k: int, least: float, order: NDArray[np.int64], threads: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Each of vectors [N, D] with its `k` nearest, as far as these are at least `least` near: left < right, once.

    vectors: float16 or float32. order: int64 [N], by content, from which the centres of cells are drawn, so that it
    does not matter how the vectors are ordered. Returns left and right, int64 [P], and similarities, float32 [P].
    """
    if not len(vectors):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    cells = len(vectors) // CELL if len(vectors) > EXACT else 1
    with ThreadPoolExecutor(threads) as pool:
        probed = _probed(vectors, _centres(vectors, order[: cells * SAMPLED], cells), pool)
        members = np.argsort(probed[:, 0], kind="stable")
        starts = np.searchsorted(probed[members, 0], np.arange(cells + 1))
        asking = np.argsort(probed.ravel(), kind="stable")
        begins = np.searchsorted(probed.ravel()[asking], np.arange(cells + 1))

        def search(cell: int) -> list[_Found]:
            inside = members[starts[cell] : starts[cell + 1]]
            asked = asking[begins[cell] : begins[cell + 1]] // probed.shape[1]
            there = vectors[inside].astype(np.float32)
            step = max(64, HELD // 8 // max(1, len(inside)))
            return [
                _near(vectors, asked[at : at + step], inside, there, k, least)
                for at in range(0, len(asked) if len(inside) else 0, step)
            ]

        found = [part for parts in pool.map(search, range(cells)) for part in parts]
    left, right, near = (np.concatenate(column) for column in zip(*found, strict=True))
    return _once(left, right, near, k)


_Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


def _near(
    vectors: Stored, asked: NDArray[np.int64], inside: NDArray[np.int64], there: Vectors, k: int, least: float
) -> _Found:
    """Of each vector that is asked for the k nearest among those inside a cell."""
    alike = vectors[asked].astype(np.float32) @ there.T
    alike[asked[:, None] == inside[None, :]] = -1
    near = alike >= least
    # Hardly any has more than k; to look for the k nearest of all would cost the most.
    for row in np.flatnonzero(near.sum(axis=1) > k):
        near[row, np.argpartition(alike[row], -k)[:-k]] = False
    rows, columns = np.nonzero(near)
    return asked[rows], inside[columns], alike[rows, columns]


def _probed(vectors: Stored, centres: Vectors, pool: ThreadPoolExecutor) -> NDArray[np.int32]:
    """int32 [N, PROBED]: the cells whose centres are nearest to each vector, the nearest first."""
    probed = np.zeros((len(vectors), min(PROBED, len(centres))), np.int32)

    def place(lo: int) -> None:
        alike = vectors[lo : lo + 4096].astype(np.float32) @ centres.T
        chosen = _largest(alike, PROBED)
        first = np.argsort(-np.take_along_axis(alike, chosen, 1), axis=1, kind="stable")
        probed[lo : lo + 4096] = np.take_along_axis(chosen, first, 1)

    list(pool.map(place, range(0, len(vectors), 4096)))
    return probed


def _once(
    left: NDArray[np.int64], right: NDArray[np.int64], near: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Of each left the k nearest; then each pair once, the smaller first."""
    order = np.lexsort((right, -near, left))
    left, right, near = left[order], right[order], near[order]
    first = np.searchsorted(left, left, "left")
    kept = np.arange(len(left)) - first < k
    low, high, near = np.minimum(left, right)[kept], np.maximum(left, right)[kept], near[kept]
    order = np.lexsort((high, low))
    low, high, near = low[order], high[order], near[order]
    fresh = np.ones(len(low), bool)
    fresh[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return low[fresh], high[fresh], near[fresh]


def _centres(vectors: Stored, chosen: NDArray[np.int64], cells: int) -> Vectors:
    """k-means on the chosen vectors, from the first of them."""
    sample = vectors[chosen].astype(np.float32)
    centres = sample[:cells].copy()
    for _ in range(ROUNDS if cells > 1 else 0):
        nearest = np.concatenate(
            [(sample[at : at + 4096] @ centres.T).argmax(axis=1) for at in range(0, len(sample), 4096)]
        )
        order = np.argsort(nearest, kind="stable")
        used, starts = np.unique(nearest[order], return_index=True)
        sums = np.add.reduceat(sample[order], starts, axis=0)
        centres[used] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return centres


def _largest(alike: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The places of the k largest of each row, in no order."""
    if alike.shape[1] <= k:
        return np.broadcast_to(np.arange(alike.shape[1]), alike.shape)
    return np.argpartition(alike, alike.shape[1] - k, axis=1)[:, alike.shape[1] - k :]
