"""xLAM and APIGen: a query, tools, and the calls that answer it."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.layouts import Load, Record, layout


@layout(
    "xLAM function calling",
    reads={
        "query": "Tide at Brest?",
        "tools": '[{"name": "tide", "parameters": {"port": {"type": "str"}}}]',
        "answers": '[{"name": "tide", "arguments": {"port": "Brest"}}]',
    },
    leaves={"query": "Tide at Brest?", "answers": ["Six metres."]},
)
def xlam(record: Record, load: Load) -> Record | None:
    """`query` and `answers`, a list of calls or such a list as text: the calls are the answer's tool calls."""
    query = record.get("query", record.get("question"))
    calls = _calls(record.get("answers"), load)
    if not isinstance(query, str) or calls is None:
        return None
    answer = {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"type": "function", "function": {"name": call["name"], "arguments": call.get("arguments", {})}}
            for call in calls
        ],
    }
    rest = {name: value for name, value in record.items() if name not in ("query", "question", "answers")}
    return {"messages": [{"role": "user", "content": query}, answer], **rest}


def _calls(value: Any, load: Load) -> list[Record] | None:
    if isinstance(value, str) and value.lstrip()[:1] == "[":
        try:
            value = load(value)
        except ValueError:
            return None
    fits = (
        isinstance(value, list)
        and value
        and all(isinstance(c, dict) and isinstance(c.get("name"), str) for c in value)
    )
    return value if fits else None
