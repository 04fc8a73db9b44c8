"""Words that a text must hold before a check has anything to say of it, looked for once for all checks together.

    _FENCE = sign("```", "~~~")
    rows = narrowed(answers(signed(turns)), _FENCE, text.str.contains(…))

A check's patterns are exact and slow; most texts have none of the words that they need. A sign says too often that
there may be something and never too seldom, so asking it first changes no finding. The case of ASCII letters does not
count.
Source: Aho and Corasick 1975, "Efficient string matching: an aid to bibliographic search".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.match.kernels import in_parallel, kernels
from finesift.match.texts import Texts
from finesift.views import text

#: A bit each.
_MOST = 64
# Letters beyond ASCII that expressions which ignore case take for s and k.
_FOLDED = {"s": "\u017f", "k": "\u212a"}
_signs: list[frozenset[bytes]] = []


def sign(*words: str | bytes, of: str = "signs") -> pl.Expr:
    """Whether a text holds one of these words, in any case: for frames that are `signed`.

    words: as bytes, UTF-8 as it is. of: "asked_signs" to ask it of the question, see `corpus.with_questions`.
    """
    spelled = frozenset(way for word in words for way in _spellings(word))
    if spelled not in _signs:
        if len(_signs) == _MOST:
            raise ValueError(f"there are {_MOST} signs already: put words of one check into one sign")
        _signs.append(spelled)
    bit = pl.lit(1 << _signs.index(spelled), pl.UInt64)
    return (pl.col(of) & bit) != 0


def signed(turns: pl.LazyFrame) -> pl.LazyFrame:
    """`turns` with the column signs (u64) that `sign` looks at; made once where several are to ask."""
    if "signs" in turns.collect_schema():
        return turns
    return turns.with_columns(signs=text.map_batches(_held, pl.UInt64))


def _spellings(word: str | bytes) -> Iterator[bytes]:
    """The bytes of a word, its letters of ASCII in lower case, as the automaton reads them; others count as written."""
    if isinstance(word, bytes):
        yield word
        return
    lowered = "".join(letter.lower() if letter.isascii() else letter for letter in word)
    yield lowered.encode()
    yield from (strange.encode() for letter, strange in _FOLDED.items() if letter in lowered)


def _held(texts: pl.Series) -> pl.Series:
    return pl.Series(held(Texts.as_it_lies(texts)))


def held(texts: Texts) -> NDArray[np.uint64]:
    """uint64 [N]: which signs each document has, a bit for each; one that is declared later is taken to be there."""
    known = automaton(tuple(_signs))
    out = np.zeros(len(texts), np.uint64)
    in_parallel(
        lambda lo, hi: kernels()(
            "signs", texts.data, len(texts.data), texts.starts, texts.ends, lo, hi,
            known.classes, known.following, known.following.shape[1], known.telling, known.found, out[lo:hi],
        ),
        len(texts),
    )  # fmt: skip
    return out | np.uint64(2**_MOST - (1 << len(_signs)))


class Automaton(NamedTuple):
    """classes: uint8 [256], of bytes. following: uint32 [states, classes], the offset of the next state's row.

    found: uint64 [states], the signs whose words end there. telling: the offset of the first state that has any; all
    behind it have.
    """

    classes: NDArray[np.uint8]
    following: NDArray[np.uint32]
    found: NDArray[np.uint64]
    telling: int


@lru_cache(maxsize=4)
def automaton(signs: tuple[Iterable[bytes], ...]) -> Automaton:
    """The automaton of all words of all signs."""
    children: list[dict[int, int]] = [{}]
    found = [0]
    for number, words in enumerate(signs):
        for word in sorted(words):
            state = 0
            for byte in word:
                after = children[state].get(byte)
                if after is None:
                    after = children[state][byte] = len(children)
                    children.append({})
                    found.append(0)
                state = after
            found[state] |= 1 << number
    used = sorted({byte for ways in children for byte in ways})
    classes = np.zeros(256, np.uint8)
    classes[used] = np.arange(1, len(used) + 1)
    classes[ord("A") : ord("Z") + 1] = classes[ord("a") : ord("z") + 1]
    following = np.zeros((len(children), len(used) + 1), np.int64)
    # Breadth first, so that the state to fall back to is finished before those that fall back to it.
    waiting = [(0, 0)]
    for state, fallback in waiting:
        if state:
            following[state] = following[fallback]
            found[state] |= found[fallback]
        for byte, after in children[state].items():
            column = classes[byte]
            waiting.append((after, int(following[state, column])))
            following[state, column] = after
    return _sorted(classes, following, np.array(found, np.uint64))


def _sorted(classes: NDArray[np.uint8], following: NDArray[np.int64], found: NDArray[np.uint64]) -> Automaton:
    """States that have found nothing first, so that one comparison tells them apart."""
    order = np.argsort(found != 0, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    width = following.shape[1]
    rows = np.ascontiguousarray((place[following[order]] * width).astype(np.uint32))
    return Automaton(classes, rows, found[order], int((found == 0).sum()) * width)
