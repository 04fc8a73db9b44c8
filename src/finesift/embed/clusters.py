"""Groups of texts that mean about the same, named by the words that set them apart."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finesift.embed.encoder import Vectors

#: Rounds of k-means, and texts that its centres are found on; the rest joins the nearest.
ROUNDS, SAMPLE = 12, 20_000
#: Requests that make a group worth naming, and groups at most.
FEW, MOST = 15, 40
#: Characters of a text that are looked at for names.
READ = 2_000
#: Words in a name.
NAMED = 3
# Han, kana and Thai have no spaces between words: there two signs stand for one.
_CLOSE = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_word = re.compile(rf"(?=([{_CLOSE}]{{2}}))|((?:(?![{_CLOSE}])[^\W\d_]){{3,}})")
_COMMON = frozenset(
    re.split(
        " ",
        "the and for you your with that this are was can how what have from not but out get want need "
        "would like please could does did has had will about when where which who why there their they "
        "them been were into just also any all some one two use using let make give tell know help hello "
        "thanks thank dear hey yes its it's i'm i've should may might than then more most very much many "
        "our his her she him der die das und ist les des une est",
    )
)


@dataclass(frozen=True)
class Cluster:
    """rows: positions among the texts, the most typical first."""

    name: str
    rows: NDArray[np.int64]


def clusters(vectors: Vectors, texts: list[str], count: int, *, seed: int = 17) -> list[Cluster]:
    """At most `count` groups of vectors [N, D] of length 1, the largest first. The same input, the same groups.

    Spherical k-means, begun with k-means++ (Arthur and Vassilvitskii 2007).
    """
    if not len(vectors):
        return []
    chance = np.random.default_rng(seed)
    some = (
        vectors
        if len(vectors) <= SAMPLE
        else vectors[np.sort(chance.choice(len(vectors), SAMPLE, replace=False))]
    )
    centres = _begun(some, min(count, len(some)), chance)
    for _ in range(ROUNDS):
        nearest = (some @ centres.T).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, some)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 1e-9, sums / np.maximum(lengths, 1e-9), centres)
    alike = vectors @ centres.T
    nearest = alike.argmax(axis=1)
    members = [np.flatnonzero(nearest == n) for n in range(len(centres))]
    members = [
        rows[np.argsort(-alike[rows, n], kind="stable")] for n, rows in enumerate(members) if len(rows)
    ]
    members.sort(key=len, reverse=True)
    return [Cluster(name, rows) for name, rows in zip(_names(members, texts), members, strict=True)]


def by_weight(vectors: Vectors, texts: list[str]) -> list[Cluster]:
    """Groups of about FEW, those first that are large and tight: a loose one is what is left over, not a behaviour."""
    found = clusters(vectors, texts, min(MOST, round(len(vectors) / FEW) + 5))
    tight = [float(np.linalg.norm(vectors[one.rows].mean(axis=0))) ** 2 * len(one.rows) for one in found]
    return [found[place] for place in np.argsort(-np.array(tight), kind="stable")]


def _begun(vectors: Vectors, count: int, chance: np.random.Generator) -> Vectors:
    chosen = [int(chance.integers(len(vectors)))]
    far = 1 - vectors @ vectors[chosen[0]]
    while len(chosen) < count:
        odds = np.maximum(far, 0).astype(np.float64) ** 2
        total = odds.sum()
        if total <= 1e-12:
            break
        chosen.append(int(chance.choice(len(vectors), p=odds / total)))
        far = np.minimum(far, 1 - vectors @ vectors[chosen[-1]])
    return vectors[chosen].copy()


def _words(text: str) -> set[str]:
    return {close or word for close, word in _word.findall(text[:READ].lower())}


def _names(members: list[NDArray[np.int64]], texts: list[str]) -> list[str]:
    """The words of each group that are frequent in it and rare elsewhere: class-based tf-idf (Grootendorst 2022)."""
    counted = [
        Counter(word for row in rows[:500] for word in _words(texts[row]) - _COMMON) for rows in members
    ]
    overall: Counter[str] = Counter()
    for words in counted:
        overall.update(words)
    average = sum(overall.values()) / max(1, len(counted))
    names = []
    for words, rows in zip(counted, members, strict=True):
        weighed = {
            word: times / len(rows) * np.log(1 + average / overall[word])
            for word, times in words.items()
            if times > 1
        } or dict.fromkeys(words, 1.0)
        best = sorted(weighed, key=lambda word: (-weighed[word], word))[:NAMED]
        names.append(" ".join(best) or "no words")
    return names
