"""Where rows lie on the map: groups of both sides' requests together, and how each side is spread over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finesift.embed.clusters import clusters
from finesift.embed.encoder import Vectors

#: Requests to a group, groups at most, and the share of one side from which a group that the other lacks is named.
FEW, MOST, WORTH = 12, 40, 0.03


@dataclass(frozen=True)
class Spread:
    """groups: how many there are. reached: in how many of them each side has rows.

    even: to how many groups of the same size the spread of each side comes (the exponential of its entropy, Hill 1973).
    lacking: groups of the second side that the first has no row in, by name with a typical request, the largest first.
    """

    groups: int
    reached: tuple[int, int]
    even: tuple[float, float]
    lacking: list[tuple[str, str]]


def spread(ours: Sequence[str], theirs: Sequence[str], near: tuple[Vectors, Vectors]) -> Spread:
    """ours, theirs: requests of both sides, as many of each. near: their vectors, float32 [N, D] each."""
    texts = [*ours, *theirs]
    found = clusters(np.concatenate(near), texts, max(2, min(MOST, len(texts) // FEW)))
    counts = np.array(
        [[int((one.rows < len(ours)).sum()), int((one.rows >= len(ours)).sum())] for one in found], np.int64
    )
    lacking = [
        (one.name, texts[one.rows[0]])
        for one, (mine, other) in zip(found, counts.tolist(), strict=True)
        if not mine and other >= WORTH * len(theirs)
    ]
    return Spread(
        len(found),
        (int((counts[:, 0] > 0).sum()), int((counts[:, 1] > 0).sum())),
        (_even(counts[:, 0]), _even(counts[:, 1])),
        lacking,
    )


def _even(counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return round(float(np.exp(-(shares * np.log(shares)).sum())), 2)
