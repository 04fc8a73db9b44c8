"""Words and word n-grams of documents, hashed: signatures, similarities and look-ups, by the kernels."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from finesift.match.kernels import in_parallel, kernels

if TYPE_CHECKING:
    from finesift.match.texts import Texts


PERMUTATIONS, BANDS = 128, 32

Words = NDArray[np.uint64]


def words(texts: Texts, document: int) -> tuple[Words, NDArray[np.int64]]:
    """One document's hashed words in order, uint64 [words], and where each ends: int64, bytes from its beginning."""
    start, end = int(texts.starts[document]), int(texts.ends[document])
    room = (end - start) // 2 + 2
    out, ends = np.empty(room, np.uint64), np.empty(room, np.int64)
    count = kernels()("words", texts.data, len(texts.data), start, end, out, ends)
    return out[:count], ends[:count] - start


def band_keys(
    texts: Texts, lo: int, hi: int, *, ngram: int, least: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint32]]:
    """MinHash bands of documents lo to hi that have at least `least` words.

    Returns keys, uint64 [32, M]: 32 bits of the band's hash, then the document's number; whole, uint64 [M]: equal
    for documents of equal words; and documents, uint32 [M], their numbers. Two documents of Jaccard similarity J
    share a band with the probability 1 - (1 - J**4)**32: 0.9998 at 0.7, 0.87 at 0.5.
    Source: Broder 1997, "On the resemblance and containment of documents".
    """
    keys = np.empty((BANDS, hi - lo), np.uint64)
    whole, documents = np.empty(hi - lo, np.uint64), np.empty(hi - lo, np.uint32)
    multiply, add = _permutations()
    count = kernels()(
        "bands", texts.data, len(texts.data), texts.starts, texts.ends, lo, hi, ngram, least,
        multiply, add, keys, whole, documents,
    )  # fmt: skip
    return keys[:, :count], whole[:count], documents[:count]


@cache
def _permutations() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """x -> multiply * x + add modulo 2**32 permutes 32-bit numbers where `multiply` is odd."""
    draw = np.random.Generator(np.random.PCG64(17))
    multiply = draw.integers(2**32, size=PERMUTATIONS, dtype=np.uint32) | np.uint32(1)
    return multiply, draw.integers(2**32, size=PERMUTATIONS, dtype=np.uint32)


def ngrams(
    texts: Texts, documents: NDArray[np.int64], *, ngram: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The distinct n-grams of each listed document: uint64 hashes, and int64 [N], where each list ends."""
    room = int(((texts.ends[documents] - texts.starts[documents]) // 2 + 2).sum())
    out, stops = np.empty(room, np.uint64), np.empty(len(documents), np.int64)
    used = kernels()(
        "ngrams", texts.data, len(texts.data), texts.starts, texts.ends, documents, len(documents), ngram,
        out, stops,
    )  # fmt: skip
    return out[:used], stops


def union(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """What is in either of two sorted arrays of distinct values, sorted."""
    out = np.empty(len(a) + len(b), np.uint64)
    return out[: kernels()("union", a, len(a), b, len(b), out)]


def jaccard(
    grams: NDArray[np.uint64],
    stops: NDArray[np.int64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> NDArray[np.float32]:
    """float32 [pairs]: |A and B| / |A or B| of lists `left` and `right` of distinct hashes, 0 to 1."""
    out = np.empty(len(left), np.float32)
    in_parallel(lambda lo, hi: kernels()("jaccard", grams, stops, left, right, lo, hi, out), len(left), 4_096)
    return out


def may_repeat(texts: Texts) -> NDArray[np.bool_]:
    """bool [N]: which documents the check `repetition` may have something to say about; never one too few."""
    out = np.zeros(len(texts), np.uint8)
    in_parallel(
        lambda lo, hi: kernels()(
            "may_repeat", texts.data, len(texts.data), texts.starts, texts.ends, lo, hi, out[lo:hi]
        ),
        len(texts),
    )
    return out.view(np.bool_)


class Index:
    """Hashed n-grams, to be looked up in documents.

    grams: uint64 [G], distinct. What is found is the place of a gram in this list.
    """

    def __init__(self, grams: NDArray[np.uint64], ngram: int) -> None:
        self.ngram = ngram
        slots = 1 << max(4, (2 * len(grams)).bit_length())
        self._hashes, self._held = np.zeros(slots, np.uint64), np.zeros(slots, np.uint32)
        # Eight bits per gram: one look-up in nine of what is not there goes on to the table.
        bits = max(1024, 4 * slots)
        self._filter = np.zeros(bits // 64, np.uint64)
        self._bits = bits
        numbers = np.arange(len(grams), dtype=np.uint32)
        kernels()("index", grams, numbers, len(grams), self._hashes, self._held, slots, self._filter, bits)

    def find(self, texts: Texts) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
        """All occurrences: document, place of its first word, and number of the gram; uint32 [M] each, in order."""

        def look(lo: int, hi: int) -> list[NDArray[np.uint32]]:
            room = 4096
            while True:
                out = [np.empty(room, np.uint32) for _ in range(3)]
                found = kernels()(
                    "probe", texts.data, len(texts.data), texts.starts, texts.ends, lo, hi, self.ngram,
                    self._hashes, self._held, len(self._hashes), self._filter, self._bits, room, *out,
                )  # fmt: skip
                if found <= room:
                    return [column[:found].copy() for column in out]
                room = int(found)

        parts = in_parallel(look, len(texts))
        empty = np.empty(0, np.uint32)
        documents, places, grams = (np.concatenate([empty, *(part[k] for part in parts)]) for k in range(3))
        return documents, places, grams
