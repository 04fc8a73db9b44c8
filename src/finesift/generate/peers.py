"""Rows of the same behaviour: what a new request is compared with in meaning, and by ROUGE-L.

ROUGE-L is shown beside and decides nothing: it is the measure by which Self-Instruct filters, at 0.7 (Wang et al. 2023,
"Self-Instruct: Aligning language models with self-generated instructions").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from finesift.embed.encoder import Vectors

#: From this cosine on two requests ask the same in other words. Even odds are at 0.80 (`match.meaning`),
#: where requests of one trade about different things are as well.
SAME_MEANING = 0.96


@dataclass
class Peers:
    """Requests of one behaviour, with their vectors and words."""

    vectors: list[Vectors] = field(default_factory=list)
    words: list[list[str]] = field(default_factory=list)

    def add(self, requests: Sequence[str], vectors: Vectors) -> None:
        self.vectors += [vectors]
        self.words += [words_of(request) for request in requests]

    def nearest(self, vector: Vectors) -> float:
        """The cosine with the nearest, -1 without any. vector: float32 [D]."""
        return max((float((part @ vector).max()) for part in self.vectors if len(part)), default=-1.0)

    def rouge(self, request: str) -> float:
        """The largest ROUGE-L with any of them, 0 to 1."""
        words = words_of(request)
        return max((rouge_l(words, other) for other in self.words), default=0.0)


def words_of(text: str) -> list[str]:
    """Lower-case words, as the package rouge-score splits them, but for letters beyond ASCII, which count."""
    return re.findall(r"[^\W_]+", text.lower())


def rouge_l(one: Sequence[str], other: Sequence[str]) -> float:
    """F1 of the longest common subsequence of two lists of words, 0 to 1. Source: Lin 2004, "ROUGE"."""
    if not one or not other:
        return 0.0
    common = longest_common(one, other)
    return 2 * common / (len(one) + len(other))


def longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Words in the longest common subsequence, a bit for each word of the first.

    Source: Hyyrö 2004, "Bit-parallel LCS-length computation revisited".
    """
    where: dict[str, int] = {}
    for place, word in enumerate(one):
        where[word] = where.get(word, 0) | 1 << place
    full = (1 << len(one)) - 1
    open_ = full
    for word in other:
        met = open_ & where.get(word, 0)
        open_ = (open_ + met | open_ - met) & full
    return len(one) - open_.bit_count()


def within(vectors: Vectors, limit: float) -> list[bool]:
    """Of requests in their order, which are as near as `limit` to an earlier one that is not."""
    told: list[bool] = []
    alike = vectors @ vectors.T if len(vectors) else np.empty((0, 0), np.float32)
    for row in range(len(vectors)):
        told.append(any(not told[other] and alike[row, other] >= limit for other in range(row)))
    return told
