"""Connected components: which rows hang together, over any links."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def components(count: int, pairs: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """uint32 [count]: for each node the smallest node that `pairs` [M, 2] connect it with, itself if none."""
    label = np.arange(count, dtype=np.uint32)
    a, b = pairs[:, 0], pairs[:, 1]
    while True:
        low = np.minimum(label[a], label[b])
        before = label.copy()
        # Hook the roots of both ends to the smaller root, then let every node point at its root's root.
        np.minimum.at(label, before[a], low)
        np.minimum.at(label, before[b], low)
        while not np.array_equal(shorter := label[label], label):
            label = shorter
        if np.array_equal(label, before):
            return label
