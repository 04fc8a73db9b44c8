"""Which behaviour of a plan a request is, how sure that is, and none where nothing fits.

A request is scored against each behaviour by half the mean of the behaviour's texts and half the likest of them. How
sure the likest behaviour is follows from its score, its lead over the second, and its lead over what this request
scores with the others on average: requests of one trade are all alike, so the score alone says little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finesift.embed.encoder import Vectors

#: A logistic model of "the likest behaviour is right", fitted by benchmarks/coverage.py on half of CLINC150's intents:
#: score, root of the lead, lead, lead over the mean of the others, log(texts + 1), that times the root, constant.
WEIGHTS = np.array([4.741, 1.14, 1.068, 4.047, -1.381, 2.336, -2.85])
#: Rows as sure as this are assigned; between that and UNSURE a person may say.
SURE, UNSURE = 0.85, 0.35
#: Shares of the expected number by which the true one may lie below and above it. With them .96 of the behaviours
#: that the weights were fitted on lie within the interval.
BELOW, ABOVE = 0.2, 0.8
#: Rows scored at once: bounds memory to STEP x behaviours' texts.
STEP = 8192


@dataclass(frozen=True)
class Assigned:
    """Of each of N requests: the likest behaviour, how sure it is, and the text of the plan that it is likest to."""

    behaviour: NDArray[np.int32]
    sure: NDArray[np.float32]  # 0 to 1
    like: NDArray[np.int32]  # position among all texts of the plan


def assign(requests: Vectors, texts: Vectors, owners: NDArray[np.int32]) -> Assigned:
    """requests [N, D] and texts [M, D], unit length. owners [M]: the behaviour, from 0, that each text stands for."""
    count = int(owners.max()) + 1 if len(owners) else 0
    if not count:
        none = np.full(len(requests), -1, np.int32)
        return Assigned(none, np.zeros(len(requests), np.float32), none)
    starts = np.searchsorted(owners, np.arange(count))
    sizes = np.bincount(owners, minlength=count)
    means = np.add.reduceat(texts, starts, axis=0)
    means = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), np.float32(1e-9))
    parts = [
        _scored(requests[at : at + STEP], texts, means, starts, sizes) for at in range(0, len(requests), STEP)
    ] or [_scored(requests, texts, means, starts, sizes)]
    return Assigned(*(np.concatenate(one) for one in zip(*parts, strict=True)))


def _scored(
    requests: Vectors, texts: Vectors, means: Vectors, starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
    alike = requests @ texts.T
    scores = 0.5 * (requests @ means.T) + 0.5 * np.maximum.reduceat(alike, starts, axis=1)
    rows = np.arange(len(requests))
    best = scores.argmax(axis=1)
    first = scores[rows, best]
    others = scores.shape[1] - 1
    if others:
        second = np.partition(scores, -2, axis=1)[:, -2]
        mean = (scores.sum(axis=1) - first) / others
    else:
        # A plan of one behaviour: nothing to lead over but what any two requests have in common.
        second = mean = np.zeros_like(first)
    lead = np.maximum(first - second, 0)
    many = np.log(sizes[best] + 1)
    features = (first, np.sqrt(lead), lead, first - mean, many, many * np.sqrt(lead), np.ones_like(first))
    logit = sum(weight * feature for weight, feature in zip(WEIGHTS, features, strict=True))
    inside = np.where(np.repeat(np.arange(len(sizes)), sizes)[None, :] == best[:, None], alike, -2)
    sure = 1 / (1 + np.exp(-logit))
    return best.astype(np.int32), sure.astype(np.float32), inside.argmax(axis=1).astype(np.int32)


def interval(sure: NDArray[np.float32]) -> tuple[int, int]:
    """How many rows are of a behaviour, within about 95 %: from the certainties of those that are likest to it.

    Their sum, two standard deviations of it, and what the model is off by in either direction: more rows are missed, as
    likest to another behaviour, than taken for it. See BELOW and ABOVE.
    """
    expected, spread = float(sure.sum()), float(np.sqrt((sure * (1 - sure)).sum()))
    low = expected * (1 - BELOW) - 2 * spread
    return max(0, int(np.floor(low))), int(np.ceil(expected * (1 + ABOVE) + 2 * spread))
