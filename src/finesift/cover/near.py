"""Which requests a set has rows like: by how near its own rows are to one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finesift.embed.encoder import Vectors
from finesift.embed.neighbours import top

#: A request is covered where its THIRD nearest row is as near as those of all rows but this share are to theirs: one
#: limit for all sets would call a set of one trade covered, and a set of many trades not.
THIRD, SPARSE = 3, 0.1
#: Rows by which the limit is found.
SAMPLE = 4096


def uncovered(requests: Vectors, rows: Vectors) -> tuple[NDArray[np.int64], float]:
    """The positions of requests [N, D] that no rows [M, D] are near, and the similarity that is near; unit length."""
    if len(rows) <= THIRD:
        return np.arange(len(requests)), 1.0
    some = rows[np.linspace(0, len(rows) - 1, min(len(rows), SAMPLE)).astype(np.int64)]
    # Each is its own nearest.
    limit = float(np.quantile(alike(some, rows, THIRD + 1), SPARSE))
    return np.flatnonzero(alike(requests, rows, THIRD) < limit), limit


def alike(vectors: Vectors, others: Vectors, place: int) -> NDArray[np.float32]:
    """The similarity of each vector to the one of the others that is at this place, 1 the nearest; -1 without any."""
    if not len(others):
        return np.full(len(vectors), -1, np.float32)
    return top(vectors, others, place)[1][:, -1]
