"""Logs of chat completions: a request and its response."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.layouts import Load, Record, layout

_REQUESTS = ("request", "body", "input", "inputs", "kwargs", "request_body", "prompt_json")
_RESPONSES = ("response", "output", "outputs", "completion", "response_body", "result", "generation")


@layout(
    "chat completion log",
    reads={
        "request": {"model": "m", "messages": [{"role": "user", "content": "Name a reef."}]},
        "response": {
            "choices": [{"message": {"role": "assistant", "content": "Ningaloo."}, "finish_reason": "stop"}]
        },
    },
    leaves={"messages": [{"role": "assistant", "content": "Ningaloo."}], "response": "fine"},
)
def chat_completion_log(record: Record, _load: Load) -> Record | None:
    """A request with `messages` (OpenAI, LiteLLM, vLLM, Helicone, Langfuse, LangSmith) and a response: `choices`, a
    message, or text. The answer joins the messages; `finish_reason` and the rest stay, and tell of truncation."""
    asked = next((name for name in _REQUESTS if _messages(record.get(name)) is not None), None)
    where = record if asked is None else record[asked]
    messages = _messages(where) if asked is not None else _listed(record.get("messages"))
    said = next(
        (name for name in _RESPONSES if name != asked and _answer(record.get(name)) is not None), None
    )
    if messages is None or said is None or _is_something_else(asked, messages, record[said]):
        return None
    answer = _answer(record[said])
    rest = {name: value for name, value in record.items() if name not in (asked, said, "messages")}
    if isinstance(where, dict) and asked is not None:
        rest |= {name: value for name, value in where.items() if name != "messages" and name not in rest}
    if isinstance(record[said], dict):
        rest["finish_reason"] = _reason(record[said])
        rest["usage"] = record[said].get("usage", rest.get("usage"))
    return {"messages": [*messages, answer], **{k: v for k, v in rest.items() if v is not None}}


def _is_something_else(asked: str | None, messages: list[Any], said: Any) -> bool:
    """Whether a text beside messages may be something else than their answer."""
    return asked is None and isinstance(said, str) and messages[-1]["role"] not in ("user", "tool")


def _messages(value: Any) -> list[Any] | None:
    """The messages of a request, where it is one."""
    if isinstance(value, dict):
        return _listed(value.get("messages")) or _messages(value.get("body"))
    return _listed(value)


def _listed(value: Any) -> list[Any] | None:
    fits = isinstance(value, list) and bool(value) and all(isinstance(m, dict) and "role" in m for m in value)
    return value if fits else None


def _answer(value: Any) -> Record | None:
    """The message of a response, where it is one."""
    if isinstance(value, str):
        return {"role": "assistant", "content": value} if value else None
    if isinstance(value, list) and len(value) == 1:
        return _answer(value[0]) if isinstance(value[0], dict) else None
    if not isinstance(value, dict):
        return None
    if value.get("role") in ("assistant", "model") and value.keys() & {"content", "tool_calls"}:
        return value
    choices = value.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        if any("delta" in choice for choice in choices if isinstance(choice, dict)):
            return _joined(choices)
        return _answer(choices[0].get("message")) or _answer(choices[0].get("text"))
    for name in ("body", "message", "output", "generations", "messages"):
        if (found := _answer(value.get(name))) is not None:
            return found
    return None


def _joined(choices: list[Any]) -> Record:
    """Streamed deltas as one message."""
    parts = [
        choice["delta"].get("content") or "" for choice in choices if isinstance(choice.get("delta"), dict)
    ]
    return {"role": "assistant", "content": "".join(part for part in parts if isinstance(part, str))}


def _reason(response: Record) -> Any:
    choices = response.get("choices")
    first = choices[-1] if isinstance(choices, list) and choices and isinstance(choices[-1], dict) else {}
    inner = response.get("body")
    return (
        first.get("finish_reason")
        or response.get("finish_reason")
        or response.get("stop_reason")
        or (_reason(inner) if isinstance(inner, dict) else None)
    )
