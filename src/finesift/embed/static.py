"""A packaged encoder that needs numpy only: the mean of one vector a token, taught by all-MiniLM-L6-v2.

Word order does not count. It proposes at the speed of words; a sentence model decides. See data/static/NOTICE.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from finesift.data import minilm_folder, static_folder
from finesift.embed.encoder import Vectors
from finesift.embed.neighbours import Stored
from finesift.embed.pieces import pieces

#: Tokens of a text that count, and texts whose vectors are summed together: so few fit the cache of a core.
LONGEST, TOGETHER = 256, 64
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
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._unknown = int(self._tokenizer.token_to_id("[UNK]") or 0)

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self._table.shape[1]), np.float32)
        self._into(vectors, *self._ids(texts), self._table)
        return vectors

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """The distinct tokens of each text, by which `weighed` makes vectors."""
        ids, ends = self._ids(texts)
        lengths = np.diff(ends, prepend=0)
        keys = np.sort(np.repeat(np.arange(len(ends)) << 16, lengths) | ids)
        keys = keys[np.diff(keys, prepend=-1) > 0]
        counts = np.bincount(keys >> 16, minlength=len(ends))
        return Tokens((keys & 0xFFFF).astype(np.uint16), np.cumsum(counts), lengths >= LONGEST)

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
        self._into(vectors, tokens.ids, tokens.ends, table)
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
        ids, ends = pieces(texts, self._tokenizer, LONGEST)
        silent = np.flatnonzero(np.diff(ends, prepend=0) == 0)
        if len(silent):
            ids = np.insert(ids, ends[silent], self._unknown)
            ends = ends + np.cumsum(np.isin(np.arange(len(ends)), silent))
        return ids, ends

    @staticmethod
    def _into(vectors: Stored, ids: NDArray[np.integer], ends: NDArray[np.int64], table: Vectors) -> None:
        """The sums of the tokens' rows in the table, of length 1, into vectors [N, 256]."""
        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
        for at in range(0, len(ends), TOGETHER):
            some = slice(at, at + TOGETHER)
            first, last = int(starts[at]), int(ends[some][-1])
            sums = np.add.reduceat(table[ids[first:last]], starts[some] - first, axis=0)
            vectors[some] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
