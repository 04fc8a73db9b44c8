"""Answers that came in pieces: the deltas of a stream, joined into the message that they make.

Source: the streaming events of OpenAI's chat completions and Responses API and of Anthropic's messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Message = dict[str, Any]
Load = Any

_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def joined(chunks: Sequence[Any]) -> tuple[Message, str | None] | None:
    """The message of a stream's chunks, and why it ended; None where they are no stream."""
    events = [chunk for chunk in chunks if isinstance(chunk, dict)]
    if len(events) < len(chunks) or not events:
        return None
    if any(isinstance(event.get("type"), str) and "content_block" in event["type"] for event in events):
        return _anthropic(events)
    choices = [c for event in events for c in (event.get("choices") or [event]) if isinstance(c, dict)]
    if not any(isinstance(choice.get("delta"), dict) for choice in choices):
        return None
    # Of several answers to one request the first is read, as of a response that did not stream.
    return _openai([choice for choice in choices if choice.get("index", 0) == 0])


def lines_of(text: str, load: Load) -> list[Any] | None:
    """The events of a stream that was kept as its lines, `data: {…}`; None where the text is none."""
    data = [line.removeprefix("data:").strip() for line in text.split("\n") if line.startswith("data:")]
    if not data:
        return None
    try:
        return [load(line) for line in data if line != "[DONE]"]
    except ValueError:
        return None


def _openai(choices: list[Message]) -> tuple[Message, str | None]:
    message: Message = {"role": "assistant", "content": None}
    calls: dict[int, Message] = {}
    reason = None
    for choice in choices:
        delta = choice.get("delta")
        reason = choice.get("finish_reason") or reason
        if not isinstance(delta, dict):
            continue
        for name in _TEXTS:
            if isinstance(delta.get(name), str):
                message[name] = (message.get(name) or "") + delta[name]
        for piece in delta.get("tool_calls") or ():
            if isinstance(piece, dict):
                _extend(calls, piece)
    if calls:
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    elif message["content"] is None:
        message["content"] = ""
    return message, reason if isinstance(reason, str) else None


def _extend(calls: dict[int, Message], piece: Message) -> None:
    """A call's name comes in its first piece, its arguments letter by letter."""
    index = piece.get("index")
    call = calls.setdefault(
        index if isinstance(index, int) else len(calls),
        {"type": "function", "function": {"name": "", "arguments": ""}},
    )
    if isinstance(piece.get("id"), str):
        call["id"] = piece["id"]
    function = piece.get("function")
    for name in ("name", "arguments"):
        if isinstance(function, dict) and isinstance(function.get(name), str):
            call["function"][name] += function[name]


def _anthropic(events: list[Message]) -> tuple[Message, str | None]:
    blocks: dict[Any, Message] = {}
    reason = None
    for event in events:
        delta = event.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        if event.get("type") == "content_block_start" and isinstance(event.get("content_block"), dict):
            blocks[event.get("index")] = dict(event["content_block"])
        elif event.get("type") == "content_block_delta" and event.get("index") in blocks:
            block = blocks[event["index"]]
            for piece, name in (("text", "text"), ("thinking", "thinking"), ("partial_json", "input")):
                if isinstance(delta.get(piece), str):
                    known = block.get(name)
                    block[name] = (known if isinstance(known, str) else "") + delta[piece]
        reason = delta.get("stop_reason") or reason
    return {"role": "assistant", "content": list(blocks.values())}, reason if isinstance(
        reason, str
    ) else None
