"""Choosing rows so that every row has one like it among the chosen: facility location, greedily.

The value of a choice is the sum, over all rows to be covered, of the similarity to the nearest chosen one. A greedy
choice has at least 1 - 1/e of the best possible value (Nemhauser, Wolsey and Fisher 1978), in practice nearly all.
It is lazy (Minoux 1978): what a row would gain can only shrink as others are chosen, so an old gain is an upper
bound, and only rows whose bound is above the best fresh gain are looked at again. The choice is the one that greedy
without shortcuts makes.

Similarities of all pairs are computed, once, and kept where they matter: of many rows, a row counts only what is about
as near as its nearest few hundred, several times more than there are rows for each chosen one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finesift.embed.encoder import Vectors
from finesift.match.kernels import kernels

#: Rows of a tile of similarities: 4 MB.
TILE = 1024
#: So many pairs are kept whole: 4,000 rows.
WHOLE = 16_000_000
#: What a row counts otherwise: of its nearest, SHARE times as many as there are rows for each chosen one, within these.
SHARE, FEWEST, MOST = 8, 128, 512
#: Rows by whose similarities a row's floor is estimated.
SAMPLE = 1024

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Picked:
    """rows: int64 [N], in the order in which they were chosen. gains: float64 [N], what each added to the value."""

    rows: Numbers
    gains: NDArray[np.float64]


def facility_location(vectors: Vectors, count: int, *, covered: Vectors | None = None) -> Picked:
    """The greedy choice of `count` rows that covers `covered`; None: that covers all rows themselves.

    vectors: float32 [N, D], rows of length 1. covered: float32 [M, D]. Of equal gains the first row is taken. Where
    nothing is left to gain it begins again as if nothing were chosen, so that few targets are covered several times
    over. Time: N * M * D multiplications, half as many where rows cover themselves. Memory beyond the vectors: about 40
    bytes for each pair kept, of which there are about MOST * M or at most WHOLE.
    """
    vectors = np.ascontiguousarray(vectors, np.float32)
    others = vectors if covered is None else np.ascontiguousarray(covered, np.float32)
    count = min(count, len(vectors))
    if not count or not len(others):
        return Picked(np.arange(count), np.zeros(count))
    return _greedy(_pairs(vectors, others, _floors(vectors, others, count)), len(vectors), count)


def coverage(vectors: Vectors, chosen: Vectors) -> float:
    """The mean, over rows [N, D], of the similarity to the nearest of the chosen [M, D]; -1 where none is chosen."""
    if not len(chosen) or not len(vectors):
        return -1.0
    best = [(vectors[at : at + TILE] @ chosen.T).max(axis=1) for at in range(0, len(vectors), TILE)]
    return float(np.concatenate(best).mean(dtype=np.float64))


@dataclass(frozen=True)
class _Pairs:
    """Row n covers `covered[starts[n]:starts[n + 1]]` with similarities `similar`, which count above `floors`."""

    starts: Numbers
    covered: NDArray[np.uint32]
    similar: NDArray[np.float32]
    floors: NDArray[np.float32]


def _floors(vectors: Vectors, others: Vectors, count: int) -> NDArray[np.float32]:
    """float32 [M]: the similarity from which on each row counts; -1 where all pairs are few enough."""
    if len(vectors) * len(others) <= WHOLE:
        return np.full(len(others), -1, np.float32)
    nearest = min(max(SHARE * len(vectors) // count, FEWEST), MOST)
    # At even distances, so that the estimate is the same in every run.
    sample = vectors[np.linspace(0, len(vectors) - 1, SAMPLE).astype(np.int64)]
    rank = max(1, round(nearest / len(vectors) * SAMPLE))
    found = [
        np.partition(others[at : at + TILE] @ sample.T, SAMPLE - rank, axis=1)[:, SAMPLE - rank]
        for at in range(0, len(others), TILE)
    ]
    return np.concatenate(found)


def _pairs(vectors: Vectors, others: Vectors, floors: NDArray[np.float32]) -> _Pairs:
    """All pairs above the floors, by tiles; each pair is computed once where rows cover themselves."""
    parts = list(_tiles(vectors, others, floors))
    covers = np.concatenate([part[0] for part in parts])
    order = np.argsort(covers, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(covers, minlength=len(vectors)))])
    covered, similar = (np.concatenate([part[n] for part in parts])[order] for n in (1, 2))
    return _Pairs(starts, covered, similar, floors)


def _tiles(
    vectors: Vectors, others: Vectors, floors: NDArray[np.float32]
) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float32]]]:
    mirrored = others is vectors
    for lo in range(0, len(vectors), TILE):
        for at in range(lo if mirrored else 0, len(others), TILE):
            tile = vectors[lo : lo + TILE] @ others[at : at + TILE].T
            one_way = not mirrored or lo == at
            columns = floors[at : at + TILE]
            # One way, a row has no floor that counts.
            rows = np.full(len(tile), np.inf, np.float32) if one_way else floors[lo : lo + TILE]
            yield above(tile, (lo, at), (rows, columns), one_way=one_way)


def _greedy(pairs: _Pairs, rows: int, count: int) -> Picked:
    picked, gained = np.empty(count, np.int64), np.empty(count, np.float64)
    free = np.ones(rows, bool)
    best = pairs.floors.copy()
    heap = _bounds(pairs, free)
    n = 0
    while n < count:
        bound, row, seen = heap[0]
        if seen < n:
            heapq.heapreplace(heap, (-_gain(pairs, row, best), row, n))
        elif bound == 0 and (best > pairs.floors).any():
            best = pairs.floors.copy()
            heap = [(bound, row, n) for bound, row, _ in _bounds(pairs, free)]
        else:
            heapq.heappop(heap)
            picked[n], gained[n] = row, -bound
            covered = pairs.covered[pairs.starts[row] : pairs.starts[row + 1]]
            best[covered] = np.maximum(
                best[covered], pairs.similar[pairs.starts[row] : pairs.starts[row + 1]]
            )
            free[row] = False
            n += 1
    return Picked(picked, gained)


def _bounds(pairs: _Pairs, free: NDArray[np.bool_]) -> list[tuple[float, int, int]]:
    """What each row gains where nothing is chosen, as a heap of (-gain, row, rows chosen when it was computed)."""
    heap = [(-_gain(pairs, int(row), pairs.floors), int(row), 0) for row in np.flatnonzero(free)]
    heapq.heapify(heap)
    return heap


def _gain(pairs: _Pairs, row: int, best: NDArray[np.float32]) -> float:
    these = slice(pairs.starts[row], pairs.starts[row + 1])
    more = pairs.similar[these] - best[pairs.covered[these]]
    # Two rows that cover one another alone gain the same; how their sums round must not decide.
    return round(float(np.maximum(more, 0).sum(dtype=np.float64)), 4)


def above(
    tile: NDArray[np.float32],
    first: tuple[int, int],
    floors: tuple[NDArray[np.float32], NDArray[np.float32]],
    *,
    one_way: bool,
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float32]]:
    """Of a tile of similarities [R, C], those above a floor: who covers whom, uint32, and how well, float32.

    first: the numbers of its first row and column. floors: of its rows and of its columns; rows cover columns whose
    floor is lower, and unless `one_way` columns cover rows.
    """
    rows, columns = tile.shape
    most = rows * columns * (1 if one_way else 2)
    covers, covered, similar = (
        np.empty(most, np.uint32),
        np.empty(most, np.uint32),
        np.empty(most, np.float32),
    )
    arguments = (tile, rows, columns, *first, *floors, int(one_way), covers, covered, similar)
    count = kernels()("above", *arguments)
    return covers[:count].copy(), covered[:count].copy(), similar[:count].copy()
