"""Cohere's chat, first version: one message, what was said before it, and the answer."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.attributes import parsed
from finesift.read.conversations.layouts import Load, Record, layout


@layout(
    "Cohere chat, version 1",
    reads={
        "message": "Another?",
        "chat_history": [
            {"role": "USER", "message": "Name a reef."},
            {"role": "CHATBOT", "message": "Ningaloo."},
        ],
        "preamble": "Be brief.",
        "text": "Belize.",
    },
    leaves={"message": "Another?", "text": "Belize."},
)
def cohere(record: Record, load: Load) -> Record | None:
    """`message` with `chat_history` or `preamble`, and the answer as `text`, beside it or in `response`. The preamble
    is the system prompt; calls with `parameters` are tool calls."""
    asked = next((n for n in ("request", "body") if isinstance(parsed(record.get(n), load), dict)), None)
    request = parsed(record[asked], load) if asked else record
    said = next((n for n in ("response", "output") if isinstance(parsed(record.get(n), load), dict)), None)
    response = parsed(record[said], load) if said else record
    history = request.get("chat_history")
    if not isinstance(request.get("message"), str) or not (
        "chat_history" in request or "preamble" in request
    ):
        return None
    if not isinstance(response.get("text"), str) or not isinstance(history, list | None):
        return None
    answer: Record = {"role": "assistant", "content": response["text"]}
    if isinstance(response.get("tool_calls"), list) and response["tool_calls"]:
        answer["tool_calls"] = response["tool_calls"]
    messages: list[Any] = [*(history or []), {"role": "user", "content": request["message"]}, answer]
    used = {"message", "chat_history", "text", "tool_calls", asked, said}
    fields: Record = {}
    for part in (request, response, record):
        fields |= {name: value for name, value in part.items() if name not in used and name not in fields}
    return {"messages": messages, **fields}
