"""All pairs of documents at or over a Jaccard similarity: complete, so that others can be measured by it.

Similar sets share one of their rarest members. Of a set of n, in order of rarity, the first n - ceil(limit * n) + 1
are enough to find all sets that are similar to it; every pair that shares one of these is verified.
Source: Bayardo, Ma, Srikant 2007, "Scaling up all pairs similarity search"; the bound by place is that of Xiao, Wang,
Lin, Yu 2008, "Efficient similarity joins for near duplicate detection".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finesift.match.grams import jaccard, ngrams
from finesift.match.kernels import in_parallel
from finesift.match.texts import Texts

Keys = NDArray[np.uint64]  # left << 32 | right, left < right, sorted

#: Candidates held at a time; each takes about 60 bytes.
CHUNK = 8_000_000


def exact_join(texts: Texts, limit: float, *, ngram: int = 5, chunk: int = CHUNK) -> Keys:
    """Every pair of documents with words whose similarity over distinct word n-grams is at least `limit`."""
    grams, stops = distinct_ngrams(texts, ngram)
    sizes = np.diff(stops, prepend=0)
    documents, places, values = prefixes(grams, stops, limit)
    order = np.lexsort((documents, values))
    documents, places, values = documents[order], places[order], values[order]
    edges = np.flatnonzero(np.diff(values, prepend=~values[:1]))
    lengths = np.diff(edges, append=len(values))
    # Each entry meets the ones behind it in its run.
    later = np.repeat(edges + lengths, lengths) - 1 - np.arange(len(values))
    filled = np.cumsum(later)
    found, start = [np.empty(0, np.uint64)], 0
    while start < len(values):
        base = filled[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(filled, base + chunk, "right")))
        counts = later[start:stop]
        a = np.repeat(np.arange(start, stop), counts)
        b = a + 1 + np.arange(len(a)) - np.repeat(np.cumsum(counts) - counts, counts)
        n, m = sizes[documents[a]], sizes[documents[b]]
        # What the two can share, if this is the first member that they share.
        shared = np.minimum(n - places[a], m - places[b])
        possible = (shared >= needed(n + m, limit / (1 + limit))) & (
            np.minimum(n, m) >= needed(np.maximum(n, m), limit)
        )
        pairs = np.unique(
            documents[a[possible]].astype(np.uint64) << np.uint64(32)
            | documents[b[possible]].astype(np.uint64)
        )
        left, right = (
            (pairs >> np.uint64(32)).astype(np.int64),
            (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64),
        )
        found.append(pairs[jaccard(grams, stops, left, right) >= np.float32(limit)])
        start = stop
    return np.unique(np.concatenate(found))


def needed(count: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """The least whole number that is at least `share` of `count`; never one too many for rounding."""
    return np.ceil(count * share - 1e-6).astype(np.int64)


def distinct_ngrams(texts: Texts, ngram: int) -> tuple[Keys, NDArray[np.int64]]:
    """The distinct n-grams of every document, and where each list ends."""
    numbers = np.arange(len(texts))
    parts = in_parallel(lambda lo, hi: ngrams(texts, numbers[lo:hi], ngram=ngram), len(texts))
    before = np.cumsum([0, *(len(grams) for grams, _ in parts)])
    stops = [ends + start for (_, ends), start in zip(parts, before[:-1], strict=True)]
    return np.concatenate([grams for grams, _ in parts]), np.concatenate(stops)


def prefixes(
    grams: Keys, stops: NDArray[np.int64], limit: float
) -> tuple[NDArray[np.uint32], NDArray[np.int32], Keys]:
    """Of each document the rarest n-grams that are in other documents too: document, place by rarity, n-gram."""
    order = np.argsort(grams)
    ordered = grams[order]
    edges = np.flatnonzero(np.diff(ordered, prepend=~ordered[:1]))
    lengths = np.diff(edges, append=len(ordered))
    counts = np.empty(len(grams), np.uint32)
    counts[order] = np.repeat(lengths, lengths)
    del order, ordered, edges, lengths

    def work(lo: int, hi: int) -> tuple[NDArray[np.uint32], NDArray[np.int32], Keys]:
        first = int(stops[lo - 1]) if lo else 0
        sizes = np.diff(stops[lo:hi], prepend=first)
        mine = slice(first, int(stops[hi - 1]))
        documents = np.repeat(np.arange(lo, hi, dtype=np.uint32), sizes)
        by_rarity = np.lexsort((grams[mine], counts[mine], documents))
        places = np.arange(len(documents)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        kept = places < np.repeat(sizes - needed(sizes, limit) + 1, sizes)
        kept &= counts[mine][by_rarity] > 1
        return documents[kept], places[kept].astype(np.int32), grams[mine][by_rarity][kept]

    parts = in_parallel(work, len(stops))
    documents, places, values = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return documents, places, values
