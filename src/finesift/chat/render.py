"""Conversations through the chat template: from columns to texts and their lengths."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import RENDERED, Corpus
from finesift.errors import RenderError

Message = dict[str, Any]

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

    for row, (sides, tools) in enumerate(conversations(batch)):
        try:
            template = tokenizer.template_for(tools)
            for messages in sides:
                texts.append(template.render(messages, tools=tools))
                rows.append(row)
        except RenderError as e:
            refused[row] = str(e)
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


def conversations(batch: Corpus) -> Iterator[tuple[list[list[Message]], list[Any] | None]]:
    """Per example what the template sees: the messages, and the tools.

    A conversation has one side; of a preference pair, the chosen and the rejected one are a side each.
    """
    messages = _messages(batch.turns)
    counts = batch.examples.join(
        batch.turns.group_by("example").agg(
            *[(pl.col("part") == part).sum().alias(part) for part in ("messages", "chosen", "rejected")]
        ),
        on="example",
        how="left",
        maintain_order="left",
    ).select("tools", pl.col("messages", "chosen", "rejected").fill_null(0))
    parsed: dict[str, list[Any]] = {}
    at = 0
    for tools, shared, chosen, rejected in counts.iter_rows():
        if tools is not None and tools not in parsed:
            parsed[tools] = orjson.loads(tools)
        start, at = at, at + shared + chosen + rejected
        prompt = messages[start : start + shared]
        if chosen or rejected:
            better = messages[start + shared : start + shared + chosen]
            sides = [prompt + better, prompt + messages[start + shared + chosen : at]]
        else:
            sides = [prompt]
        yield sides, None if tools is None else parsed[tools]


def _messages(turns: pl.DataFrame) -> list[Message]:
    """All messages in order. A field that is null is no key, as transformers 5 has it."""
    messages: list[Message] = [
        {"role": role, "content": content}
        for role, content in turns.select(pl.col("role").cast(pl.String), "content").iter_rows()
    ]
    for column, key in (
        ("reasoning", "reasoning_content"),
        ("tool_call_id", "tool_call_id"),
        ("name", "name"),
    ):
        for row in turns[column].is_not_null().arg_true():
            messages[row][key] = turns[column][row]
    for row in turns["tool_calls"].is_not_null().arg_true():
        messages[row]["tool_calls"] = orjson.loads(turns["tool_calls"][row])
    for row in turns["content"].is_null().arg_true():
        del messages[row]["content"]
    return messages
