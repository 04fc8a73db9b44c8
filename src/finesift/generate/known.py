"""Rows that new ones must not be like: the set's and those just made, indexed once: a batch costs what it holds.

Texts are compared as `match.compare` compares them, as a whole and in what they ask; a candidate shares a MinHash band,
and every one is verified by its exact similarity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.match.compare import LEAST, halved, views_of
from finesift.match.grams import BANDS, band_keys, jaccard, ngrams
from finesift.match.near import LEAST_WORDS
from finesift.match.texts import Texts
from finesift.views import normal

#: A row this near to another, as a whole or in what it asks, is no new one.
ALIKE, SAME_REQUEST = 0.5, 0.7
NGRAM = 5
#: Rows under one key that a new one is compared with: any of them is reason enough.
MOST = 64
_LIMITS = {"whole": ALIKE, "prompt": SAME_REQUEST}
_NUMBER = np.uint64(0xFFFFFFFF)


class Known:
    """Rows by name. Adding B rows to N costs what B cost, and now and then what as many as they cost again."""

    def __init__(self) -> None:
        self._exact: tuple[dict[int, str], dict[int, str]] = ({}, {})
        self._shards: list[_Shard] = []

    def add(self, turns: pl.DataFrame, names: Sequence[str]) -> None:
        """turns: TURNS of the rows, in the order of their names."""
        if not names:
            return
        for seen, hashes in zip(self._exact, _hashes(turns, len(names)), strict=True):
            for name, one in zip(names, hashes, strict=True):
                seen.setdefault(one, name)
        shard = _Shard.of(turns, list(names))
        # As many shards as a number of rows has binary digits, no more.
        while self._shards and len(self._shards[-1].names) <= 2 * len(shard.names):
            shard = self._shards.pop().with_(shard)
        self._shards.append(shard)

    def like(self, turns: pl.DataFrame, but: Sequence[str | None]) -> list[str | None]:
        """For each row what it is like, in words; None: nothing. but: the name of what each may be like, if any."""
        count = len(but)
        found: list[str | None] = [None] * count
        rows, asked = _hashes(turns, count)
        for row, (whole, request) in enumerate(zip(rows, asked, strict=True)):
            if self._exact[0].get(whole, but[row]) != but[row]:
                found[row] = f"duplicate: the same row as {self._exact[0][whole]}"
            elif self._exact[1].get(request, but[row]) != but[row]:
                found[row] = f"duplicate: the same request as {self._exact[1][request]}"
        new = _Shard.of(turns, [""] * count)
        for shard in self._shards:
            for row, name, view, similarity in shard.near(new):
                part = "words" if view == "whole" else "words in its request"
                if name == but[row]:
                    continue
                found[row] = found[row] or f"duplicate: {similarity:.0%} the same {part} as {name}"
        return found


@dataclass(frozen=True)
class _Shard:
    """Rows with their views, and for each view the band keys, uint64 [32, M], sorted within a band."""

    names: list[str]
    views: dict[str, Texts]
    keys: dict[str, NDArray[np.uint64]]

    @classmethod
    def of(cls, turns: pl.DataFrame, names: list[str]) -> _Shard:
        examples = turns["example"].unique().sort().to_numpy()
        views = views_of(turns, examples)
        used = {name: views[name] for name in _LIMITS}
        return cls(names, used, {name: _keys(view, name) for name, view in used.items()})

    def with_(self, other: _Shard) -> _Shard:
        """Both, the other's rows behind these."""
        shift = np.uint64(len(self.names))
        views, keys = {}, {}
        for name in _LIMITS:
            views[name] = _joined(self.views[name], other.views[name])
            keys[name] = np.sort(np.concatenate([self.keys[name], other.keys[name] + shift], axis=1), axis=1)
        return _Shard([*self.names, *other.names], views, keys)

    def near(self, new: _Shard) -> list[tuple[int, str, str, float]]:
        """Of new rows those that are near to one here: row, the other's name, in which view, and how near."""
        told = []
        pairs = {pair for name in _LIMITS for pair in self._candidates(new, name)}
        if not pairs:
            return []
        rows, others = (np.array(side, np.int64) for side in zip(*sorted(pairs), strict=True))
        for view, limit in _LIMITS.items():
            similarity = _similarity(new.views[view], rows, self.views[view], others)
            told += [
                (int(rows[at]), self.names[others[at]], view, float(similarity[at]))
                for at in np.flatnonzero(similarity >= limit).tolist()
            ]
        return sorted(told, key=lambda one: (one[0], -one[3]))

    def _candidates(self, new: _Shard, view: str) -> list[tuple[int, int]]:
        found = []
        for held, asked in zip(self.keys[view], new.keys[view], strict=True):
            low = asked & ~_NUMBER
            first = np.searchsorted(held, low)
            last = np.minimum(np.searchsorted(held, low | _NUMBER, "right"), first + MOST)
            for at in np.flatnonzero(last > first).tolist():
                row = int(asked[at] & _NUMBER)
                found += [(row, int(key & _NUMBER)) for key in held[first[at] : last[at]]]
        return found


def _keys(texts: Texts, view: str) -> NDArray[np.uint64]:
    if not len(texts):
        return np.empty((BANDS, 0), np.uint64)
    keys, _, _ = band_keys(texts, 0, len(texts), ngram=NGRAM, least=LEAST[view])
    return np.sort(keys, axis=1)


def _joined(one: Texts, other: Texts) -> Texts:
    shift = len(one.data)
    return Texts(
        np.concatenate([one.data, other.data]),
        np.concatenate([one.starts, other.starts + shift]),
        np.concatenate([one.ends, other.ends + shift]),
    )


def _similarity(
    one: Texts, rows: NDArray[np.int64], other: Texts, others: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Exact Jaccard similarity of the texts `rows` of one and `others` of the other, as `compare` has it."""
    left, left_stops = ngrams(one, rows, ngram=NGRAM)
    right, right_stops = ngrams(other, others, ngram=NGRAM)
    stops = np.concatenate([left_stops, right_stops + len(left)])
    counts = np.diff(stops, prepend=0)
    first = np.arange(len(rows), dtype=np.int64)
    second = first + len(rows)
    similarity = jaccard(np.concatenate([left, right]), stops, first, second)
    few = LEAST_WORDS - NGRAM + 1
    return halved(similarity, (counts[first] < few) | (counts[second] < few))


def _hashes(turns: pl.DataFrame, count: int) -> tuple[list[int], list[int]]:
    """Of each row a number for all that it says, and one for all that is asked; 0 where nothing is."""
    said = (
        turns.select("example", "role", text=normal())
        .group_by("example", maintain_order=True)
        .agg(
            whole=pl.col("text").str.join("\x1e").hash(),
            asked=pl.col("text").filter(pl.col("role") == "user").str.join("\x1e").hash(),
        )
    )
    assert said.height == count, "every row says something"
    return said["whole"].to_list(), said["asked"].to_list()
