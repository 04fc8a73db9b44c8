"""LangChain's messages: by type, dumped with `data`, or serialised with `lc`."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.layouts import Load, Record, layout

_ROLES = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "tool",
    "HumanMessage": "user",
    "AIMessage": "assistant",
    "SystemMessage": "system",
    "ToolMessage": "tool",
    "AIMessageChunk": "assistant",
}


@layout(
    "LangChain messages",
    reads={
        "messages": [{"type": "human", "content": "Name a reef."}, {"type": "ai", "content": "Ningaloo."}]
    },
    leaves={"messages": [{"role": "user", "content": "Name a reef."}]},
)
def langchain(record: Record, _load: Load) -> Record | None:
    """Messages with `type` human, ai, system or tool, their fields beside it, in `data`, or in `kwargs` with `lc`.
    Tool calls with `args` become calls with arguments."""
    name = next(
        (n for n in ("messages", "conversation", "chat_history", "history") if _fits(record.get(n))), None
    )
    if name is None:
        return None
    return {**record, name: [_message(message) for message in record[name]]}


def _fits(messages: Any) -> bool:
    return isinstance(messages, list) and bool(messages) and all(_kind(message) for message in messages)


def _kind(message: Any) -> str | None:
    """The role of a message of LangChain's; None for any other."""
    if not isinstance(message, dict) or "role" in message:
        return None
    if "lc" in message and isinstance(message.get("id"), list) and message["id"]:
        return _ROLES.get(str(message["id"][-1]))
    kind = message.get("type")
    return _ROLES.get(kind) if isinstance(kind, str) else None


def _message(message: Record) -> Record:
    role = _kind(message)
    inner = message.get("data", message.get("kwargs"))
    fields = dict(inner) if isinstance(inner, dict) else dict(message)
    for name in ("type", "lc", "example"):
        fields.pop(name, None)
    calls = fields.get("tool_calls")
    if isinstance(calls, list) and calls and all(isinstance(call, dict) and "args" in call for call in calls):
        fields["tool_calls"] = [
            {
                "id": call.get("id"),
                "type": "function",
                "function": {"name": call.get("name"), "arguments": call["args"]},
            }
            for call in calls
        ]
    elif not calls:
        fields.pop("tool_calls", None)
        more = fields.get("additional_kwargs")
        if isinstance(more, dict) and isinstance(more.get("tool_calls"), list):
            fields["tool_calls"] = more["tool_calls"]
    # LangChain repeats what it could not parse; it is kept with the message.
    return {"role": role, **{key: value for key, value in fields.items() if value not in (None, [], {})}}
