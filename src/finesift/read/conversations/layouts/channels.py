"""Harmony's channels: what is thought, called and said as messages of their own."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.layouts import Load, Record, layout


@layout(
    "Harmony channels",
    reads={
        "messages": [
            {"role": "user", "content": "Is 91 prime?"},
            {"role": "assistant", "channel": "analysis", "content": "7 times 13."},
            {"role": "assistant", "channel": "final", "content": "No."},
        ]
    },
    leaves={
        "messages": [{"role": "user", "content": "Is 91 prime?"}, {"role": "assistant", "content": "No."}]
    },
)
def channels(record: Record, _load: Load) -> Record | None:
    """Assistant messages with a `channel`: analysis is the reasoning of the message that follows, final the answer,
    commentary with a recipient a tool call."""
    messages = record.get("messages")
    if not isinstance(messages, list) or not any(isinstance(m, dict) and "channel" in m for m in messages):
        return None
    found: list[Any] = []
    thought: list[str] = []
    for message in messages:
        if not isinstance(message, dict) or message.get("role") != "assistant":
            found.append(message)
            continue
        rest = {name: value for name, value in message.items() if name != "channel"}
        said = message.get("content")
        if message.get("channel") == "analysis" and isinstance(said, str) and "tool_calls" not in message:
            thought.append(said)
            continue
        recipient = message.get("recipient")
        if message.get("channel") == "commentary" and isinstance(recipient, str) and isinstance(said, str):
            function = {"name": recipient.removeprefix("functions."), "arguments": said}
            rest = {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"type": "function", "function": function}],
            }
        if thought and "reasoning_content" not in rest:
            rest["reasoning_content"] = "\n".join(thought)
            thought = []
        found.append(rest)
    if thought:
        found.append({"role": "assistant", "content": None, "reasoning_content": "\n".join(thought)})
    return {**record, "messages": found}
