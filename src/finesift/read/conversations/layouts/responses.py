"""OpenAI's Responses API: items instead of messages."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.layouts import Load, Record, layout

_KINDS = ("message", "function_call", "function_call_output", "reasoning")


@layout(
    "Responses API",
    reads={
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Name a reef."}]},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Ningaloo."}],
            },
        ]
    },
    leaves={"input": "Name a reef.", "output": "Ningaloo."},
)
def responses(record: Record, _load: Load) -> Record | None:
    """`input` and `output` hold items: messages, `function_call`, `function_call_output`, `reasoning`. Calls and
    reasoning join the answer that they belong to; `instructions` is the system prompt."""
    asked, said = record.get("input"), record.get("output")
    if isinstance(asked, str) and isinstance(said, list):
        asked = [{"role": "user", "content": asked}]
    if isinstance(record.get("response"), dict) and isinstance(record["response"].get("output"), list):
        said = record["response"]["output"]
    items = [*(asked if isinstance(asked, list) else []), *(said if isinstance(said, list) else [])]
    if not items or not isinstance(asked, list) or not all(map(_is_item, items)):
        return None
    if said is None and not any("type" in item or isinstance(item.get("content"), list) for item in items):
        # Messages under the name `input` alone may be a prompt.
        return None
    rest = {name: value for name, value in record.items() if name not in ("input", "output", "response")}
    if record.get("status") == "incomplete":
        rest["finish_reason"] = "length"
    return {"messages": _messages(items), **rest}


def _is_item(item: Any) -> bool:
    return isinstance(item, dict) and (
        item.get("type") in _KINDS or ("role" in item and "content" in item and "type" not in item)
    )


def _messages(items: list[Record]) -> list[Record]:
    messages: list[Record] = []
    held: Record = {}
    for item in items:
        kind = item.get("type", "message")
        if kind == "reasoning":
            parts = [*(item.get("summary") or []), *(item.get("content") or [])]
            held["reasoning"] = "\n".join(part["text"] for part in parts if isinstance(part.get("text"), str))
        elif kind == "function_call":
            function = {"name": item.get("name"), "arguments": item.get("arguments")}
            call = {"id": item.get("call_id", item.get("id")), "type": "function", "function": function}
            last = messages[-1] if messages else {}
            if last.get("role") == "assistant" and "tool_calls" in last and not held:
                last["tool_calls"].append(call)
            else:
                messages.append({"role": "assistant", "content": None, "tool_calls": [call], **held})
                held = {}
        elif kind == "function_call_output":
            result = {"role": "tool", "tool_call_id": item.get("call_id"), "content": item.get("output")}
            messages.append(result)
        else:
            message = {name: value for name, value in item.items() if name not in ("type", "id", "status")}
            messages.append({**message, **(held if item.get("role") == "assistant" else {})})
            held = {} if item.get("role") == "assistant" else held
    return messages
