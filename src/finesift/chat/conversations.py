"""Conversations as a template sees them, from the columns of a corpus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from finesift.corpus import Corpus

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One text to render: an example, or one side of a preference pair.

    row: place of the example in its batch. turns: the number of each message within the example.
    train: the data's own word for each message, where it says anything; what comes before a pair's ends or before a
    rated answer is never trained.
    plain: plain text, the one message of which goes to the model without a template.
    """

    row: int
    example: int
    part: str
    messages: list[Message]
    tools: list[Any] | None
    turns: list[int]
    train: list[bool | None] | None
    plain: bool = False


def conversations(batch: Corpus) -> Iterator[Conversation]:
    """All conversations of a batch in order; of a preference pair the chosen side, then the rejected one."""
    messages = _messages(batch.turns)
    numbers = batch.turns["turn"].to_list()
    says = batch.turns["train"].to_list() if batch.turns["train"].null_count() < len(messages) else None
    counts = batch.examples.join(
        batch.turns.group_by("example").agg(
            *[(pl.col("part") == part).sum().alias(part) for part in ("messages", "chosen", "rejected")]
        ),
        on="example",
        how="left",
        maintain_order="left",
    ).select(
        "example",
        "tools",
        pl.col("shape") == "text",
        pl.col("label").is_not_null(),
        pl.col("messages", "chosen", "rejected").fill_null(0),
    )
    parsed: dict[str, list[Any]] = {}
    at = 0
    for row, (example, text, plain, rated, shared, chosen, rejected) in enumerate(counts.iter_rows()):
        if text is not None and text not in parsed:
            parsed[text] = orjson.loads(text)
        tools = None if text is None else parsed[text]
        start, prompt, at = at, at + shared, at + shared + chosen + rejected
        if not (chosen or rejected):
            said = says[start:at] if says else None
            if rated and shared > 1:
                # The rating is of the last message; the others are its prompt, as KTO trainers have it.
                said = [False] * (shared - 1) + (said or [None])[-1:]
            yield Conversation(
                row, example, "messages", messages[start:at], tools, numbers[start:at], said, plain
            )
            continue
        for part, begin, end in (("chosen", prompt, prompt + chosen), ("rejected", prompt + chosen, at)):
            own: list[bool | None] = [None] * (end - begin) if says is None else says[begin:end]
            untrained: list[bool | None] = [False] * shared
            yield Conversation(
                row,
                example,
                part,
                messages[start:prompt] + messages[begin:end],
                tools,
                numbers[start:prompt] + numbers[begin:end],
                untrained + own,
            )


def with_silence_said(messages: list[Message]) -> list[Message]:
    """The messages, where an answer that only calls tools says "" instead of nothing: many templates ask for it."""
    return [
        {**message, "content": ""} if "tool_calls" in message and "content" not in message else message
        for message in messages
    ]


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
