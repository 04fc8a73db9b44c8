"""Texts as the numbers of their word pieces, each distinct word looked up once: a quarter of the work.

The same numbers that the tokenizer gives, but for names of its special tokens ("[SEP]"), which are words here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray
from tokenizers import Tokenizer

Numbers = NDArray[np.int64]
#: Characters of texts that are split together: 200 MB at the most.
TOGETHER = 1 << 24
#: So few texts, if plain, are given to the tokenizer as they are: what spares words of many takes 5 ms for one.
FEW = 16
# What the tokenizer parts anyway: at these blanks, and before and behind each of these signs. It knows more of either.
_BLANKS = r"[\t\n\r]"
_SIGN = r"!-/:-@\[-`{-~"
_PARTS = rf"[{_SIGN}]|[^{_SIGN}]+"


def pieces(texts: Sequence[str], tokenizer: Tokenizer, longest: int) -> tuple[Numbers, Numbers]:
    """The pieces of all texts, one text after the other, and where each text ends; at most `longest` of each.

    A text without any has none. The tokenizer must lower-case, as uncased models do, and add no special tokens.
    """
    if len(texts) <= FEW and all(text.isascii() and "[" not in text for text in texts):
        known = [tokenizer.encode(text, add_special_tokens=False).ids[:longest] for text in texts]
        ends = np.cumsum(np.fromiter(map(len, known), np.int64, len(known)))
        return np.fromiter(chain.from_iterable(known), np.int64, sum(map(len, known))), ends
    ids, counts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for some in _blocks(pl.Series(texts, dtype=pl.String)):
        numbers, lengths = _expanded(*_distinct(some), tokenizer)
        kept = np.minimum(lengths, longest)
        ids.append(numbers[_ranges(np.cumsum(lengths) - lengths, kept)])
        counts.append(kept)
    return np.concatenate(ids), np.cumsum(np.concatenate(counts))


def _blocks(said: pl.Series) -> Iterator[pl.Series]:
    block = said.str.len_bytes().cum_sum().to_numpy() // TOGETHER
    bounds = np.append(np.flatnonzero(np.diff(block, prepend=-1)), len(said)).tolist()
    for start, end in pairwise(bounds):
        yield said[start:end]


def _distinct(said: pl.Series) -> tuple[list[str], Numbers, Numbers]:
    """Distinct words, the number of each word in the order of the texts, and how many words each text has."""
    split = said.str.replace_all(_BLANKS, " ").str.split(" ")
    words, place = _numbered(split.explode())
    parted = words.str.extract_all(_PARTS)
    parts, inner = _numbered(parted.explode().drop_nulls().str.to_lowercase())
    sizes = parted.list.len().to_numpy().astype(np.int64)
    lengths = sizes[place]
    of_text = np.add.reduceat(lengths, _starts(split.list.len().to_numpy().astype(np.int64)))
    return parts.to_list(), inner[_ranges(_starts(sizes)[place], lengths)], of_text


def _numbered(values: pl.Series) -> tuple[pl.Series, Numbers]:
    coded = values.to_arrow(compat_level=pl.CompatLevel.oldest()).dictionary_encode()
    numbers: Numbers = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return pl.Series(coded.dictionary, dtype=pl.String), numbers


def _expanded(
    words: list[str], place: Numbers, of_text: Numbers, tokenizer: Tokenizer
) -> tuple[Numbers, Numbers]:
    """The pieces of all texts, and how many each has. place: the number of each word; of_text: words of each text."""
    known = [one.ids for one in tokenizer.encode_batch_fast(words, add_special_tokens=False)]
    sizes = np.fromiter(map(len, known), np.int64, len(known))
    flat = np.fromiter(chain.from_iterable(known), np.int64, int(sizes.sum()))
    lengths = sizes[place]
    ends = np.cumsum(np.append(0, lengths))
    bounds = np.cumsum(np.append(0, of_text))
    return flat[_ranges(_starts(sizes)[place], lengths)], np.diff(ends[bounds])


def _starts(lengths: Numbers) -> Numbers:
    starts: Numbers = np.cumsum(lengths) - lengths
    return starts


def _ranges(starts: Numbers, lengths: Numbers) -> Numbers:
    """start, start + 1, … of each, one after the other."""
    return np.repeat(starts - _starts(lengths), lengths) + np.arange(int(lengths.sum()))
