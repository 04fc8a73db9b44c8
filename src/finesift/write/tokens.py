"""Rows as a trainer takes them: token ids, and labels that are the proved mask."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finesift.chat.conversations import conversations
from finesift.chat.mask import IGNORED, Masker
from finesift.chat.spans import EVERYTHING, Wanted
from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import Corpus

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("part", pa.string()),  # messages; of a preference pair a row for chosen and one for rejected
        ("input_ids", pa.list_(pa.int32())),
        ("attention_mask", pa.list_(pa.int8())),
        ("labels", pa.list_(pa.int32())),  # -100 where a token is not trained
    ]
)
_ROWS = 1_024


def tokenized(corpus: Corpus, tokenizer: Tokenizer, wanted: Wanted = EVERYTHING) -> Iterator[pa.Table]:
    """Tables as SCHEMA, in the order of the corpus.

    Rows that the template refuses, or of which no token would be trained, are left out: a trainer that gets
    them divides by zero, or skips them. So are rows with pictures, recordings or files: a processor makes tokens of
    those, which is the model's own.
    """
    masker = Masker(tokenizer, wanted, by_kind=True)
    for batch in corpus.batches(rows=8 * _ROWS):
        ids = batch.examples["id"].to_list()
        carrying = set(batch.turns.drop_nulls("media")["example"])
        masked = (
            one
            for one in masker.mask(conversations(batch))
            if not one.refused and one.conversation.example not in carrying
        )
        while parcel := list(islice(masked, _ROWS)):
            edges = np.cumsum([0, *(len(one.ids) for one in parcel)], dtype=np.int32)
            tokens = np.concatenate([one.ids for one in parcel]).astype(np.int32)
            trained = np.concatenate([one.trained for one in parcel])
            yield pa.table(
                {
                    "id": [ids[one.conversation.row] for one in parcel],
                    "part": [one.conversation.part for one in parcel],
                    "input_ids": _lists(edges, tokens),
                    "attention_mask": _lists(edges, np.ones(len(tokens), np.int8)),
                    "labels": _lists(edges, np.where(trained, tokens, np.int32(IGNORED))),
                },
                schema=SCHEMA,
            )


def _lists(edges: NDArray[np.int32], values: NDArray[Any]) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(edges), pa.array(values))
