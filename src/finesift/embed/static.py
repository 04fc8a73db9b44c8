"""A packaged encoder that needs numpy only: the mean of one vector a token, taught by all-MiniLM-L6-v2.

Word order does not count. It proposes at the speed of words; a sentence model decides. See data/static/NOTICE.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tokenizers import Tokenizer

from finesift.data import minilm_folder, static_folder
from finesift.embed.encoder import Vectors

#: Tokens of a text that count, and texts that are gathered together: 128 MB at most.
LONGEST, TOGETHER = 256, 512


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
            some = self._tokenizer.encode_batch_fast(
                list(texts[at : at + TOGETHER]), add_special_tokens=False
            )
            ids = [one.ids or [self._unknown] for one in some]
            starts = np.cumsum([0, *map(len, ids)])[:-1]
            flat = np.concatenate([np.array(one, np.int64) for one in ids])
            sums = np.add.reduceat(self._table[flat], starts, axis=0)
            vectors[at : at + TOGETHER] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        return vectors
