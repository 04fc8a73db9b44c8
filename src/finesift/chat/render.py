"""Conversations through the chat template: from columns to texts and their lengths."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.chat.conversations import conversations
from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import RENDERED, Corpus
from finesift.errors import RenderError

# Texts handed to the tokenizer at a time, and how many such parcels may wait: a few megabytes of text in all.
PARCEL = 8_192
WAITING = 4


def lengths(
    corpus: Corpus, tokenizer: Tokenizer, progress: Callable[[int, int], None] | None = None
) -> pl.DataFrame:
    """One row per example, as `corpus.RENDERED`. No text is kept.

    Rendering is Python and holds one core; counting is not and takes what is left, so they run side by side.
    """
    frames = [RENDERED.to_frame()]
    total = corpus.examples.height
    with ThreadPoolExecutor(1) as counter:
        for batch in corpus.batches(rows=4 * PARCEL):
            frames.append(_lengths(batch, tokenizer, counter))
            if progress:
                progress(sum(frame.height for frame in frames), total)
    return pl.concat(frames)


def _lengths(batch: Corpus, tokenizer: Tokenizer, counter: ThreadPoolExecutor) -> pl.DataFrame:
    tokens = np.zeros(batch.examples.height, np.uint32)
    refused: dict[int, str] = {}
    texts: list[str] = []
    rows: list[int] = []
    waiting: deque[tuple[list[int], Future[NDArray[np.uint32]]]] = deque()

    def collect(most: int) -> None:
        while len(waiting) > most:
            owners, counts = waiting.popleft()
            np.maximum.at(tokens, owners, counts.result())

    for one in conversations(batch):
        try:
            texts.append(tokenizer.template_for(one.tools).render(one.messages, tools=one.tools))
            rows.append(one.row)
        except RenderError as e:
            refused[one.row] = str(e)
        if len(texts) >= PARCEL:
            waiting.append((rows, counter.submit(tokenizer.count, texts)))
            texts, rows = [], []
            collect(WAITING)
    waiting.append((rows, counter.submit(tokenizer.count, texts)))
    collect(0)
    return pl.DataFrame(
        {
            "example": batch.examples["example"],
            "tokens": [None if row in refused else count for row, count in enumerate(tokens.tolist())],
            "error": [refused.get(row) for row in range(len(tokens))],
        },
        schema=RENDERED,
    )
