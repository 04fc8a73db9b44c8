"""Which vectors are near which: inner products in blocks, so memory is bounded whatever the count.

`top` and `within` are exact. `pairs` is, up to `EXACT` vectors; beyond, vectors are compared that share one of the
`SHARED` cells whose centres are nearest to each. What that misses: benchmarks/embedders.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from finesift.embed.encoder import Vectors

#: Unit vectors as they are kept: float16 takes half the room, and moves a similarity by 0.0005.
Stored = NDArray[np.float16] | NDArray[np.float32]
#: Similarities held at once: 128 MB as float32, beside as much again for finding the largest.
HELD = 32 * 1024**2
#: Others compared at a time; a block that fits the cache of a core multiplies fastest.
WIDE = 16_384
#: So many vectors are compared each with each.
EXACT = 8_192
#: Vectors of a cell, about; cells that each is in; vectors that a centre is made of, and rounds. A cell of more than
#: `EXACT` vectors, as those of one template are, is cut into parts of so many.
CELL, SHARED, SAMPLED, ROUNDS = 100, 3, 16, 3


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
    vectors: Stored,
    *,
    k: int,
    least: float,
    order: NDArray[np.int64],
    threads: int = 1,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Each of vectors [N, D] with its `k` nearest, as far as these are at least `least` near: left < right, once.

    vectors: float16 or float32. order: int64 [N], by content, from which the centres of cells are drawn, so that it
    does not matter how the vectors are ordered. Returns left and right, int64 [P], and similarities, float32 [P].
    """
    if not len(vectors):
        return _NOTHING
    cells = len(vectors) // CELL if len(vectors) > EXACT else 1
    found = [_NOTHING]
    # numpy's own threads would wait for one another by spinning, three times the work of products as small as these.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        members = _members(vectors, _centres(vectors, order[: cells * SAMPLED], cells), pool)
        parts = pool.map(lambda inside: _near(vectors, inside, k, least), members)
        found += [near for part in parts for near in part]
    left, right, near = (np.concatenate(column) for column in zip(*found, strict=True))
    return _once(left, right, near, k, len(vectors))


_Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]
_NOTHING: _Found = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))


def _near(vectors: Stored, inside: NDArray[np.int64], k: int, least: float) -> list[_Found]:
    """The k nearest of each vector of a cell, of those inside it."""
    there = vectors[inside].astype(np.float32)
    step = max(64, HELD // 8 // max(1, len(inside)))
    return [
        _nearest(there, at, min(at + step, len(inside)), inside, k, least)
        for at in range(0, len(inside), step)
    ]


def _nearest(there: Vectors, start: int, end: int, inside: NDArray[np.int64], k: int, least: float) -> _Found:
    alike = there[start:end] @ there.T
    alike[np.arange(end - start), np.arange(start, end)] = -2
    near = alike >= least
    # Hardly any has more than k; to look for the k nearest of all would cost the most.
    many = np.flatnonzero(near.sum(axis=1) > k)
    if len(many):
        least_of = np.partition(alike[many], alike.shape[1] - k, axis=1)[:, alike.shape[1] - k]
        near[many] &= alike[many] >= least_of[:, None]
    found = np.flatnonzero(near)
    rows, columns = np.divmod(found, alike.shape[1])
    return inside[rows + start], inside[columns], alike.ravel()[found]


def _members(vectors: Stored, centres: Vectors, pool: ThreadPoolExecutor) -> list[NDArray[np.int64]]:
    """The vectors of each cell: each is in the SHARED whose centres are nearest. No cell has more than EXACT."""
    shared = min(SHARED, len(centres))
    cells = np.zeros((len(vectors), shared), np.int32)

    def place(lo: int) -> None:
        alike = vectors[lo : lo + 1024].astype(np.float32) @ centres.T
        for nth in range(shared):
            cells[lo : lo + 1024, nth] = best = alike.argmax(axis=1)
            alike[np.arange(len(best)), best] = -2

    list(pool.map(place, range(0, len(vectors), 1024)))
    order = np.argsort(cells.ravel(), kind="stable")
    bounds = np.searchsorted(cells.ravel()[order], np.arange(len(centres) + 1))
    return [
        order[at : min(at + EXACT, end)] // shared
        for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
        for at in range(start, end, EXACT)
    ]


def _once(
    left: NDArray[np.int64], right: NDArray[np.int64], near: NDArray[np.float32], k: int, count: int
) -> _Found:
    """Of each left the k nearest; then each pair once, the smaller first. count: of all vectors."""
    _, first = np.unique(left * count + right, return_index=True)
    left, right, near = left[first], right[first], near[first]
    order = np.lexsort((right, -near, left))
    rank = np.arange(len(left)) - np.searchsorted(left[order], left[order], "left")
    kept = order[rank < k]
    low, high = np.minimum(left, right)[kept], np.maximum(left, right)[kept]
    _, first = np.unique(low * count + high, return_index=True)
    return low[first], high[first], near[kept][first]


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
