"""A packaged encoder that needs numpy only: the mean of one vector a token, taught by all-MiniLM-L6-v2.

Word order does not count. It proposes at the speed of words; a sentence model decides. See data/static/NOTICE.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from finesift.data import minilm_folder, static_folder
from finesift.embed.encoder import Vectors

#: Tokens of a text that count, and texts that are gathered together: 128 MB at most.
LONGEST, TOGETHER = 256, 512
#: A token that this share of all texts has counts half of what it would; of few texts so many more are supposed.
COMMON, SUPPOSED = 0.03, 300
#: Words of asking, whatever is asked, and what they count: glosses, which taught the table, have hardly any.
ASKING = (
    "please thank thanks kindly hi hello hey dear sir madam could would can will you your i me my we us our am m d ll "
    "need want like help wonder know tell let request favor favour question advance appreciate grateful thing following"
)
ASKED = 0.2


@dataclass(frozen=True)
class Tokens:
    """The distinct tokens of texts: ids, uint16, one text after the other, and where each ends, int64 [N].

    long: bool [N], whether a text has more tokens than count.
    """

    ids: NDArray[np.uint16]
    ends: NDArray[np.int64]
    long: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ends)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        return np.concatenate([np.zeros(1, np.int64), self.ends[:-1]])


class Static:
    """float32 [N, 256] of length 1; a text without a known token has the vector of an unknown one."""

    name = "finesift-static-256"

    def __init__(self) -> None:
        with np.load(static_folder() / "table.npz", allow_pickle=False) as stored:
            self._table: Vectors = stored["numbers"] * stored["scales"].astype(np.float32)[:, None]
        self._tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        self._unknown = int(self._tokenizer.token_to_id("[UNK]") or 0)

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self._table.shape[1]), np.float32)
        for at in range(0, len(texts), TOGETHER):
            ids, ends = self._ids(texts[at : at + TOGETHER])
            vectors[at : at + TOGETHER] = self._sums(ids, ends, self._table)
        return vectors

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """The distinct tokens of each text, by which `weighed` makes vectors."""
        parts, counts, long = [np.empty(0, np.uint16)], [np.empty(0, np.int64)], [np.empty(0, np.bool_)]
        for at in range(0, len(texts), TOGETHER):
            ids, ends = self._ids(texts[at : at + TOGETHER])
            lengths = np.diff(ends, prepend=0)
            owners = np.repeat(np.arange(len(ends)), lengths)
            keys = np.sort(owners << 16 | ids)
            keys = keys[np.append(True, keys[1:] != keys[:-1])]
            parts.append((keys & 0xFFFF).astype(np.uint16))
            counts.append(np.bincount(keys >> 16, minlength=len(ends)))
            long.append(lengths >= LONGEST)
        return Tokens(np.concatenate(parts), np.cumsum(np.concatenate(counts)), np.concatenate(long))

    def rarity(self, tokens: Tokens) -> NDArray[np.float32]:
        """float32 [vocabulary]: what each token counts among these texts, 1 for a rare one; 0 where it is no word.

        What fills a template is what tells its rows apart, so the words of the template count less.
        """
        return self.rarity_of(self.counts(tokens), len(tokens))

    def counts(self, tokens: Tokens) -> NDArray[np.int64]:
        """int64 [vocabulary]: how many of these texts have each token."""
        return np.bincount(tokens.ids, minlength=len(self._table))

    def rarity_of(self, counts: NDArray[np.int64], texts: int) -> NDArray[np.float32]:
        """`rarity`, from the counts of so many texts."""
        share = counts / (texts + SUPPOSED)
        weights: NDArray[np.float32] = (COMMON / (COMMON + share)).astype(np.float32) * self._wordy
        asking = [self._tokenizer.token_to_id(word) for word in ASKING.split()]
        weights[[token for token in asking if token is not None]] *= ASKED
        return weights

    def common(self, tokens: Tokens, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [N]: the share of each text's words that more than COMMON of all texts have."""
        words = self._wordy[tokens.ids]
        frequent = words & (weights[tokens.ids] <= 0.5)
        sums = [
            np.add.reduceat(kind.astype(np.int64), tokens.starts) for kind in (frequent, words) if len(tokens)
        ]
        share = sums[0] / np.maximum(sums[1], 1) if sums else np.empty(0)
        return share.astype(np.float32)

    def weighed(self, tokens: Tokens, weights: NDArray[np.float32]) -> NDArray[np.float16]:
        """float16 [N, 256] of length 1, tokens weighed; 0 where no token of a text counts."""
        table = self._table * weights[:, None]
        vectors = np.empty((len(tokens), self._table.shape[1]), np.float16)
        for at in range(0, len(tokens), TOGETHER):
            ends = tokens.ends[at : at + TOGETHER]
            first = int(tokens.starts[at])
            vectors[at : at + TOGETHER] = self._sums(tokens.ids[first : int(ends[-1])], ends - first, table)
        return vectors

    @cached_property
    def _wordy(self) -> NDArray[np.bool_]:
        """Which tokens hold a letter or digit."""
        words = np.zeros(len(self._table), bool)
        for token, number in self._tokenizer.get_vocab().items():
            words[number] = bool(re.search(r"[^\W_]", token)) and not token.startswith("[")
        words[self._unknown] = True
        return words

    def _ids(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The tokens of all texts, one after the other, and where each text ends; none has none."""
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        ids = [one.ids or [self._unknown] for one in encoded]
        ends = np.cumsum(np.fromiter(map(len, ids), np.int64, len(ids)))
        return np.fromiter(chain.from_iterable(ids), np.int64, int(ends[-1]) if len(ends) else 0), ends

    @staticmethod
    def _sums(ids: NDArray[np.integer], ends: NDArray[np.int64], table: Vectors) -> Vectors:
        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
        sums: Vectors = np.add.reduceat(table[ids], starts, axis=0)
        unit: Vectors = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        return unit
