"""Near-duplicates: candidates by MinHash bands, every one of them verified by its exact similarity.

    map      band keys of each batch of documents
    shuffle  sort the keys of one band; equal keys stand together
    reduce   pairs within a key, each verified once

A pair that is returned has the similarity stated; nothing is inferred from a third document.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from finesift.match.grams import BANDS, band_keys, jaccard, ngrams, union
from finesift.match.kernels import BATCH, in_parallel
from finesift.match.texts import Texts

#: Documents of fewer words have no near-duplicates, only equals: one word more or less is all the difference.
LEAST_WORDS = 10
#: Where a key is shared by too many documents, each is compared with so many of them, the longest: one to stay, and
#: some in case that it does not.
HUBS = 6
#: Where so many or fewer share a key, each is compared with each, whatever the budget.
FEW = 32
#: Band keys are kept in memory up to this many bytes, then in a temporary folder, a file for each band.
MEMORY = 512 << 20
#: n-grams are rebuilt for the candidates of so many bytes of text at a time (they take up to four times that).
VERIFY = 64 << 20

_NUMBER = np.uint64(0xFFFFFFFF)
Number = TypeVar("Number", np.uint32, np.uint64)


@dataclass(frozen=True)
class Pairs:
    """Verified pairs: documents left < right, uint32 [M], and their similarity, float32 [M].

    capped: how many documents share a key with so many others that they were compared with the `HUBS` longest of
    them only; 0 means that every candidate was verified. candidates: how many were.
    """

    left: NDArray[np.uint32]
    right: NDArray[np.uint32]
    similarity: NDArray[np.float32]
    candidates: int = 0
    capped: int = 0

    def __len__(self) -> int:
        return len(self.left)


def near_pairs(
    texts: Texts,
    *,
    ngram: int = 5,
    floor: float = 0.5,
    least: int = LEAST_WORDS,
    budget: int | None = None,
    memory: int = MEMORY,
) -> Pairs:
    """All pairs of documents whose Jaccard similarity over distinct word n-grams is at least `floor`.

    Of pairs at similarity 0.7 it finds 99.98 %, at 0.5 87 %. Documents of fewer than `least` words are left out.
    budget: about how many candidates to verify, by default 10 million and 20 for each document, and never more than
    twice as many; where more share a key, see `Pairs.capped`. Takes 256 bytes per document for the keys, in a
    temporary folder beyond `memory` bytes.
    """
    budget = 10_000_000 + 20 * len(texts) if budget is None else budget
    with ExitStack() as stack:
        keys = _Keys(len(texts), stack, memory)
        batch = max(1, min(BATCH, len(texts) // 8 + 1))
        whole, documents = keys.fill(texts, ngram, least, batch)
        found, capped = candidates(whole, documents, texts.ends - texts.starts, keys, budget)
    left, right = (found >> np.uint64(32)).astype(np.uint32), found.astype(np.uint32)
    similarity = similarities(texts, left, right, ngram=ngram)[0]
    near = similarity >= floor
    return Pairs(left[near], right[near], similarity[near], len(found), capped)


def candidates(
    whole: NDArray[np.uint64],
    documents: NDArray[np.uint32],
    lengths: NDArray[np.int64],
    bands: Iterable[NDArray[np.uint64]],
    budget: int,
) -> tuple[NDArray[np.uint64], int]:
    """Pairs that share a band, uint64 [M], sorted, left << 32 | right; and how many documents were capped.

    whole, documents: as `band_keys` gives them. lengths: bytes of each document, by its number. bands: the keys of each
    band, sorted, with document numbers in the low 32 bits.
    """
    order = np.lexsort((documents, whole))
    rank = _by_length(lengths, documents[order], whole[order])
    # Documents of equal words are a key of their own; beyond the hubs, they need not meet the rest again.
    share = _Share(rank)
    found = share.pairs(whole[order], documents[order].astype(np.uint64), budget)
    met = np.zeros(len(lengths), bool)
    met[share.others] = True
    for band in bands:
        band = band[_repeated(band >> np.uint64(32))]
        if met.any():
            band = band[~met[band & _NUMBER]]
        # Most pairs come again in the next band, so what one takes is not lost to the others.
        room = max(budget - len(found), budget // (BANDS + 1))
        fresh = share.pairs(band >> np.uint64(32), band & _NUMBER, room)
        found = union(found, fresh)
    return found, int(share.capped.sum())


def similarities(
    texts: Texts,
    left: NDArray[np.uint32],
    right: NDArray[np.uint32],
    *,
    ngram: int = 5,
    common: int | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Exact Jaccard similarity of each pair, float32 [M], and whether either document is short, bool [M].

    Short is fewer than LEAST_WORDS distinct words in n-grams. Two empty documents are equal. With `common`, n-grams
    that more than so many of these documents hold do not count: what is left of a template is what fills it.
    """
    similarity = np.empty(len(left), np.float32)
    short = np.empty(len(left), np.bool_)
    few = max(1, LEAST_WORDS - ngram + 1)
    place = np.empty(len(texts), np.int64)
    for part in portions(texts.ends - texts.starts, left, right):
        documents = distinct(np.concatenate([left[part], right[part]]))
        place[documents] = np.arange(len(documents))
        grams, stops = _lists(texts, documents.astype(np.int64), ngram)
        if common is not None:
            grams, stops = _rare(grams, stops, common)
        a, b = place[left[part]], place[right[part]]
        similarity[part] = jaccard(grams, stops, a, b)
        counts = np.diff(stops, prepend=0)
        short[part] = (counts[a] < few) | (counts[b] < few)
    return similarity, short


def _rare(
    grams: NDArray[np.uint64], stops: NDArray[np.int64], common: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The lists without the n-grams that more than `common` of them hold."""
    if len(stops) <= common:
        return grams, stops
    distinct, counts = np.unique(grams, return_counts=True)
    frequent = distinct[counts > common]
    if not len(frequent):
        return grams, stops
    rare = frequent[np.minimum(np.searchsorted(frequent, grams), len(frequent) - 1)] != grams
    kept = np.concatenate([[0], np.cumsum(rare)])
    return grams[rare], kept[stops]


def distinct(values: NDArray[Number]) -> NDArray[Number]:
    """The sorted distinct values. numpy.unique hashes, which takes 300 times as long on keys like ours."""
    values = np.sort(values)
    return values[np.append(True, values[1:] != values[:-1])] if len(values) else values


def _lists(
    texts: Texts, documents: NDArray[np.int64], ngram: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    parts = in_parallel(lambda lo, hi: ngrams(texts, documents[lo:hi], ngram=ngram), len(documents))
    if not parts:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    before = np.cumsum([0, *(len(grams) for grams, _ in parts)])
    stops = [ends + start for (_, ends), start in zip(parts, before, strict=False)]
    return np.concatenate([grams for grams, _ in parts]), np.concatenate(stops)


def portions(
    lengths: NDArray[np.int64], left: NDArray[np.uint32], right: NDArray[np.uint32]
) -> Iterator[slice]:
    """Slices of the pairs, sorted by `left`, whose documents hold about VERIFY bytes of text, repeats counted."""
    if lengths[distinct(np.concatenate([left, right]))].sum() <= VERIFY:
        yield slice(0, len(left))
        return
    # `left` is sorted, so its documents repeat in a row; the others may come again.
    fresh = np.diff(left.astype(np.int64), prepend=-1) != 0
    filled = np.cumsum(np.where(fresh, lengths[left], 0) + lengths[right])
    start = 0
    while start < len(left):
        base = filled[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(filled, base + VERIFY, "right")))
        yield slice(start, stop)
        start = stop


class _Keys:
    """The keys of each band, in memory or in a file; iterating gives them sorted, one band at a time."""

    def __init__(self, documents: int, stack: ExitStack, memory: int) -> None:
        self._folder: Path | None = None
        if documents * BANDS * 8 > memory:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="finesift-")))
            self._files = [
                stack.enter_context((self._folder / str(band)).open("w+b")) for band in range(BANDS)
            ]
        self._parts: list[NDArray[np.uint64]] = []

    def fill(
        self, texts: Texts, ngram: int, least: int, batch: int
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
        """Keys of all documents. Returns, of those with enough words, the hash of the words and the number."""
        wholes, documents = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)]
        # So many batches at a time are in memory before they are written.
        step = 16 * batch
        for first in range(0, len(texts), step):
            count = min(step, len(texts) - first)

            def work(
                lo: int, hi: int, first: int = first
            ) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint32]]:
                return band_keys(texts, first + lo, first + hi, ngram=ngram, least=least)

            for keys, whole, numbers in in_parallel(work, count, batch):
                wholes.append(whole.copy())
                documents.append(numbers.copy())
                if self._folder is None:
                    self._parts.append(keys)
                else:
                    for file, band in zip(self._files, keys, strict=True):
                        band.tofile(file)
        return np.concatenate(wholes), np.concatenate(documents)

    def __iter__(self) -> Iterator[NDArray[np.uint64]]:
        # The next band is sorted while this one is looked at.
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(self._sorted, 0)
            for number in range(1, BANDS):
                band, coming = coming.result(), ahead.submit(self._sorted, number)
                yield band
            yield coming.result()

    def _sorted(self, number: int) -> NDArray[np.uint64]:
        if self._folder is None:
            band = np.concatenate([np.empty(0, np.uint64), *(part[number] for part in self._parts)])
        else:
            self._files[number].seek(0)
            band = np.fromfile(self._files[number], np.uint64)
        band.sort()
        return band


class _Share:
    """Turns runs of equal keys into pairs, within a budget."""

    def __init__(self, rank: NDArray[np.int64]) -> None:
        self.rank = rank  # of each document: 0 for the longest
        self.capped = np.zeros(len(rank), bool)
        self.others = np.empty(0, np.int64)  # of the last call: documents in too long runs that are no hubs

    def pairs(
        self, keys: NDArray[np.uint64], documents: NDArray[np.uint64], budget: int
    ) -> NDArray[np.uint64]:
        """uint64 [M], left << 32 | right. keys: sorted; documents of equal keys are sorted too."""
        edges = np.flatnonzero(np.diff(keys, prepend=keys[:1] + np.uint64(1)))
        lengths = np.diff(edges, append=len(keys))
        long = lengths > _longest(lengths, budget)
        in_long = np.repeat(long, lengths)
        found = []
        at = np.flatnonzero(~in_long)
        # Neighbours at distance 1, then 2, … for as long as any have the same key.
        distance = 0
        while len(at):
            distance += 1
            at = at[at + distance < len(keys)]
            at = at[keys[at] == keys[at + distance]]
            found.append(documents[at] << np.uint64(32) | documents[at + distance])
        others = [np.empty(0, np.int64)]
        for start, length in zip(edges[long].tolist(), lengths[long].tolist(), strict=True):
            members = documents[start : start + length].astype(np.int64)
            hubs, rest = np.split(members[np.argsort(self.rank[members])], [HUBS])
            self.capped[rest] = True
            others.append(rest)
            for hub in hubs:
                them = members[members != hub]
                low, high = np.minimum(them, hub), np.maximum(them, hub)
                found.append(low.astype(np.uint64) << np.uint64(32) | high.astype(np.uint64))
        self.others = np.concatenate(others)
        return distinct(np.concatenate([np.empty(0, np.uint64), *found]))


def _repeated(keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which of the sorted keys come more than once: most do not, and need no further look."""
    same = keys[1:] == keys[:-1]
    repeated = np.zeros(len(keys), bool)
    repeated[1:] = same
    repeated[:-1] |= same
    return repeated


def _longest(lengths: NDArray[np.int64], budget: int) -> int:
    """The longest run that may be compared whole, so that all together stay within the budget."""
    kinds, counts = np.unique(lengths, return_counts=True)
    cost = np.cumsum(counts * (kinds * (kinds - 1) // 2))
    within = kinds[cost <= budget]
    return max(int(within[-1]) if len(within) else 0, FEW)


def _by_length(
    lengths: NDArray[np.int64], documents: NDArray[np.uint32], whole: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """int64 [N]: 0 for the longest document; ties by content, so that input order does not matter."""
    rank = np.full(len(lengths), len(lengths), np.int64)
    rank[documents[np.lexsort((whole, -lengths[documents]))]] = np.arange(len(documents))
    return rank
