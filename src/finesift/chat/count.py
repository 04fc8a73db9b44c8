"""Counting tokens without encoding the same words again and again.

Most byte-level tokenizers cut a text before every space that follows none, and between a letter and the mark
after it, and encode what is between the cuts on its own. So a text's count is the sum of its pieces' counts,
and a corpus has far fewer different pieces than pieces. Where that holds for a tokenizer, which is tested
before it is used, each different piece is encoded once; everywhere else every text is encoded whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import tokenizers
from numpy.typing import NDArray

# What may stand around a cut: every class of character that the patterns of pre-tokenizers tell apart, alone
# and in company, and their special cases.
_LETTERS = ("a", "Word", "1a", "@a", "'s", "n't", "\u0301a", "жa", "\na", " a")
_SIDES = (
    *("a", "Word", "é", "e\u0301", "ж", "中", "か", "ไ", "ع", "a1", "1", "1234", "½"),
    *(".", "!?", "—", "_", "$", "<", '"', "'", "'s", "'LL", "don't", "-1", "😀", "\u200b", "\u0301", "\x01"),
)
# What may stand to the right of a space only.
_RIGHT = ("", " ", "  a", "\n", "\n\n", " \n", "\ta", "\r\n", "\u00a0", "\u3000a", " .", " 1")
_MARKS = ".,;:!?)\n"
_MARK_BYTES = np.frombuffer(_MARKS.encode(), np.uint8)
# What may follow a mark that stands after a letter.
_AFTER = ("", "a", "1", " a", "\n", "\n\n", "\na", ".", '"', "'s", "中", "\r\n", "  ", "_", "\u0301")
# The last bytes of spaces beyond ASCII, in part; the others are between 0x80 and 0xA0.
_SPACE_ENDS = np.array([0xA8, 0xA9, 0xAF], np.uint8)

# Pieces remembered at most: about 200 MB.
_MOST = 2_000_000
# Texts that are counted both ways before the short way is trusted.
_SAMPLE = 128


class Counter:
    """Counts tokens with one tokenizer. settings: the contents of its tokenizer.json."""

    def __init__(self, backend: tokenizers.Tokenizer, settings: Mapping[str, Any]) -> None:
        self.backend = backend
        self.in_pieces = _encodes_in_pieces(backend, settings)
        self._checked = False
        self._known = pl.DataFrame(schema={"piece": pl.String, "tokens": pl.UInt32})

    def count(self, texts: Sequence[str] | pl.Series) -> NDArray[np.uint32]:
        """uint32 [N]: tokens of each text, special tokens in it counted as such, none added."""
        if not self.in_pieces or not len(texts):
            return self._whole(texts)
        if not self._checked:
            sample = texts[:_SAMPLE]
            self.in_pieces = np.array_equal(self._whole(sample), self._by_pieces(sample))
            self._checked = True
            return self.count(texts)
        return self._by_pieces(texts)

    def _whole(self, texts: Sequence[str] | pl.Series) -> NDArray[np.uint32]:
        found = self.backend.encode_batch_fast(list(texts), add_special_tokens=False)
        return np.fromiter(map(len, found), np.uint32, len(found))

    def _by_pieces(self, texts: Sequence[str] | pl.Series) -> NDArray[np.uint32]:
        owner, pieces = _pieces(texts)
        coded = pieces.dictionary_encode()
        distinct = pl.DataFrame({"piece": pl.Series(coded.dictionary, dtype=pl.String)})
        found = distinct.join(self._known, on="piece", how="left", maintain_order="left")
        new = found.filter(pl.col("tokens").is_null())["piece"]
        if len(new):
            counted = pl.DataFrame([new, pl.Series("tokens", self._whole(new.to_list()))])
            if self._known.height + len(new) > _MOST:
                self._known = self._known.clear()
            self._known = pl.concat([self._known, counted])
            found = found.update(counted, on="piece", how="left")
        tokens = found["tokens"].to_numpy()[coded.indices.to_numpy()]
        counts: NDArray[np.uint32] = np.bincount(owner, tokens, len(texts)).astype(np.uint32)
        return counts


def _pieces(texts: Sequence[str] | pl.Series) -> tuple[NDArray[np.int64], pa.LargeStringArray]:
    """The texts cut where `_cuts` says: of which text each piece is, and the piece."""
    column = texts if isinstance(texts, pl.Series) else pl.Series(texts, dtype=pl.String)
    # Rechunked, so that it begins where its buffer does.
    _, edges, data = column.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()
    edges = np.frombuffer(edges, np.int64, len(texts) + 1)
    starts = np.zeros(edges[-1] + 1, bool)
    starts[edges] = True
    starts[_cuts(np.frombuffer(data, np.uint8, edges[-1]))] = True
    offsets = np.flatnonzero(starts)
    pieces = pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), data)
    owner = np.searchsorted(edges, offsets[:-1], side="right") - 1
    return owner, pieces


def _cuts(text: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Places in UTF-8 text to cut at: before a space that follows none, between ASCII letter and mark."""
    before, at = text[:-1], text[1:]
    # What may be the end of a space beyond ASCII is taken for one: a cut too few costs little.
    spacelike = (before <= 32) | ((before >= 0x80) & (before <= 0xA0)) | np.isin(before, _SPACE_ENDS)
    letter = ((before | 32) >= ord("a")) & ((before | 32) <= ord("z"))
    return np.flatnonzero(((at == 32) & ~spacelike) | (letter & np.isin(at, _MARK_BYTES))) + 1


def _encodes_in_pieces(backend: tokenizers.Tokenizer, settings: Mapping[str, Any]) -> bool:
    """Whether no token ever reaches over a place that `_cuts` names.

    Three things could make one: a normalizer that looks around, a special token that swallows what is around
    it or holds such a place, and a pre-tokenizer that does not cut there. The last is tried on all `_SIDES`.
    """
    normalizer, model = settings.get("normalizer"), settings.get("model", {})
    if normalizer not in (None, {"type": "NFC"}, {"type": "Sequence", "normalizers": []}):
        return False
    if model.get("type") != "BPE" or model.get("dropout") or backend.pre_tokenizer is None:
        return False
    for token in settings.get("added_tokens", ()):
        content = token["content"]
        if token["lstrip"] or token["rstrip"] or token["single_word"]:
            return False
        if len(_cuts(np.frombuffer(f"a{content}a".encode(), np.uint8))):
            return False
    cutter = backend.pre_tokenizer
    return all(cuts <= {start for _, (start, _) in cutter.pre_tokenize_str(text)} for text, cuts in _trials())


@cache
def _trials() -> list[tuple[str, set[int]]]:
    """Texts that have everything of `_SIDES` around a cut, each with its cuts, in characters."""
    texts = [f"{left} {right}" for left, right in product(_SIDES, _SIDES + _RIGHT)]
    texts += [f"{left}{mark}{right}" for left, mark, right in product(_LETTERS, _MARKS, _AFTER)]
    raw = [text.encode() for text in texts]
    # A control character is no letter, and no space to cut at follows one: nothing is cut at the seams.
    edges = np.cumsum([len(text) + 1 for text in raw])
    cuts: list[set[int]] = [set() for _ in texts]
    for at in _cuts(np.frombuffer(b"\x01".join(raw), np.uint8)):
        number = int(np.searchsorted(edges, at, side="right"))
        start = int(edges[number - 1]) if number else 0
        cuts[number].add(len(raw[number][: at - start].decode()))
    return list(zip(texts, cuts, strict=True))
