"""Which behaviour of a plan a request is, how sure that is, and none where nothing fits.

A request is scored against each behaviour by half the mean of the behaviour's texts and half the likest of them. The
behaviours, and "none of them", then share one softmax: a score counts the more the more texts stand behind it, and
"none" is the likelier the more a request scores with behaviours that it is not, since requests of one trade are all
alike and a score alone says little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finesift.embed.encoder import Vectors

#: Of a behaviour: its score, the score times the log of its texts + 1, that log; of none: a constant, the log of the
#: plan's behaviours + 1, the mean score of those that are not the likest. Fitted by benchmarks/coverage.py on half of
#: the intents of CLINC150 and BANKING77 each.
WEIGHTS = np.array([13.83, 3.47, -2.43, 4.96, -0.51, 12.03])
#: What a request scores with behaviours that it is not, in a plan of one behaviour, which has no other.
ALONE = 0.2
#: Rows as sure as this are assigned: .964 of them are right on the intents that the weights were fitted on. Between
#: that and UNSURE a person may say.
SURE, UNSURE = 0.7, 0.2
#: Shares of the expected number by which the true one may lie below and above it; found on the same intents.
BELOW, ABOVE = 0.3, 0.5
#: Rows scored at once: bounds memory to STEP x behaviours' texts.
STEP = 8192


@dataclass(frozen=True)
class Assigned:
    """Of each of N requests: the likeliest behaviour, how sure it is, and the text of the plan that it is likest to.

    chances: float32 [N, behaviours], that the request is of each; what is wanting to 1 is the chance that it is none.
    """

    behaviour: NDArray[np.int32]
    sure: NDArray[np.float32]  # 0 to 1
    like: NDArray[np.int32]  # position among all texts of the plan
    chances: NDArray[np.float32]


def assign(requests: Vectors, texts: Vectors, owners: NDArray[np.int32]) -> Assigned:
    """requests [N, D] and texts [M, D], unit length. owners [M]: the behaviour, from 0, that each text stands for."""
    count = int(owners.max()) + 1 if len(owners) else 0
    if not count:
        none = np.full(len(requests), -1, np.int32)
        return Assigned(
            none, np.zeros(len(requests), np.float32), none, np.zeros((len(requests), 0), np.float32)
        )
    starts = np.searchsorted(owners, np.arange(count))
    sizes = np.bincount(owners, minlength=count)
    parts = []
    for at in range(0, max(1, len(requests)), STEP):
        scored, alike = scores(requests[at : at + STEP], texts, starts)
        chances = softmax(features(scored, sizes) @ WEIGHTS)[:, :-1].astype(np.float32)
        best = chances.argmax(axis=1)
        inside = np.where(owners[None, :] == best[:, None], alike, -2)
        sure = chances[np.arange(len(best)), best]
        parts.append((best.astype(np.int32), sure, inside.argmax(axis=1).astype(np.int32), chances))
    return Assigned(*(np.concatenate(one) for one in zip(*parts, strict=True)))


def scores(
    requests: Vectors, texts: Vectors, starts: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """float32 [N, behaviours], and the similarities to each text that they are made of, float32 [N, M].

    starts: the first text of each behaviour.
    """
    means = np.add.reduceat(texts, starts, axis=0)
    means = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), np.float32(1e-9))
    alike = requests @ texts.T
    return 0.5 * (requests @ means.T) + 0.5 * np.maximum.reduceat(alike, starts, axis=1), alike


def features(scored: NDArray[np.float32], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """float64 [N, behaviours + 1, 6]: what WEIGHTS weighs, of each behaviour, and of none of them at the end."""
    rows, count = scored.shape
    found = np.zeros((rows, count + 1, len(WEIGHTS)))
    many = np.log(sizes + 1)
    found[:, :count, 0], found[:, :count, 1], found[:, :count, 2] = scored, scored * many, many
    found[:, count, 3], found[:, count, 4] = 1, np.log(count + 1)
    found[:, count, 5] = (scored.sum(axis=1) - scored.max(axis=1)) / (count - 1) if count > 1 else ALONE
    return found


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    odds: NDArray[np.float64] = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return shares


def interval(chances: NDArray[np.float32]) -> tuple[int, int]:
    """How many rows are of a behaviour, within about 95 %: from the chance that each row is.

    Their sum, two standard deviations of it, and what the model is off by in either direction. See BELOW and ABOVE.
    """
    expected = float(chances.sum(dtype=np.float64))
    spread = float(np.sqrt((chances * (1 - chances)).sum(dtype=np.float64)))
    low = expected * (1 - BELOW) - 2 * spread
    return max(0, int(np.floor(low))), int(np.ceil(expected * (1 + ABOVE) + 2 * spread))
