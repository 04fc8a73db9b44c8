"""Logs of chat completions: a request and its response."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.attributes import parsed
from finesift.read.conversations.labels import wanted
from finesift.read.conversations.layouts import Load, Record, layout
from finesift.read.conversations.streams import joined, lines_of
from finesift.read.fields import SLOTS, folded

_REQUESTS = (
    "request",
    "body",
    "proxy_server_request",
    "input",
    "inputs",
    "kwargs",
    "request_body",
    "prompt_json",
    "params",
)
_RESPONSES = (
    *("response", "output", "outputs", "completion", "response_body", "result", "generation"),
    *("chunks", "events", "stream", "ideal"),
)
# What wraps a request or a response once more: batches, Bedrock's invocation logs.
_WITHIN = ("body", "inputBodyJson", "outputBodyJson")
# Where LiteLLM keeps what was asked for beside the messages, and its whole record within a callback's.
_PARAMETERS, _STANDARD = "model_parameters", "standard_logging_object"
# Where platforms keep what users thought of an answer, and what it is called there.
_FEEDBACK = (
    "feedback",
    "user_feedback",
    "scores",
    "metadata",
    "properties",
    "evaluation",
    "annotations",
    "rating",
)
_SIDES = frozenset(("request", "request_body", "response", "response_body", "body", "proxy_server_request"))
_FLAT_FEEDBACK = (
    "feedback_rating",
    "user_rating",
    "feedback_value",
    "user_feedback_rating",
    "feedback_thumbs",
)
_VALUES = ("value", "score", "rating", "thumbs", "thumb", "type", "sentiment")


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
def chat_completion_log(record: Record, load: Load) -> Record | None:
    """A request with `messages` or `contents` (OpenAI, Anthropic, Gemini, Bedrock, LiteLLM, vLLM, Helicone, Langfuse,
    LangSmith, Weave) and a response: `choices`, `candidates`, a message, text, or the deltas of a stream, which are
    joined. The answer joins the messages; `finish_reason` and the rest stay, and tell of truncation. A thumb up or down
    in feedback, scores or metadata becomes `label`."""
    if isinstance(record.get(_STANDARD), dict):
        record = {**{name: value for name, value in record.items() if name != _STANDARD}, **record[_STANDARD]}
    # Helicone's tables, and many others, hold both sides as text.
    record = {n: parsed(v, load) if n in _SIDES else v for n, v in record.items()}
    asked = next((name for name in _REQUESTS if _messages(record.get(name)) is not None), None)
    where = record if asked is None else record[asked]
    messages = _messages(where) if asked is not None else _listed(record.get("messages"))
    if (
        (references := record.get("ideal"))
        and isinstance(references, list)
        and isinstance(references[0], str)
    ):
        # Any of them is right: the first is the answer.
        record = {**record, "ideal": references[0], "ideal_by_index": references}
    said = next(
        (name for name in _RESPONSES if name != asked and _answer(record.get(name), load) is not None), None
    )
    if messages is None or said is None or _is_something_else(asked, messages, record[said]):
        return None
    answer, reason = _answer(record[said], load) or ({}, None)
    rest = {name: value for name, value in record.items() if name not in (asked, said, "messages")}
    while isinstance(where, dict) and asked is not None:
        rest |= {
            n: v for n, v in where.items() if n not in ("messages", "contents", *_WITHIN) and n not in rest
        }
        where = next((where[name] for name in _WITHIN if isinstance(where.get(name), dict)), None)
    if isinstance(record[said], dict):
        reason = _reason(record[said]) or reason
        rest["usage"] = record[said].get("usage", rest.get("usage"))
    if reason:
        rest["finish_reason"] = reason
    if isinstance(inner := rest.get(_PARAMETERS), dict) and "tools" in inner and "tools" not in rest:
        rest["tools"] = inner["tools"]
    if (liked := _liked(rest)) is not None:
        rest["label"] = liked
    return {"messages": [*messages, answer], **{k: v for k, v in rest.items() if v is not None}}


def _is_something_else(asked: str | None, messages: list[Any], said: Any) -> bool:
    """Whether a text beside messages may be something else than their answer."""
    return asked is None and isinstance(said, str) and messages[-1]["role"] not in ("user", "tool")


def _messages(value: Any) -> list[Any] | None:
    """The messages of a request, where it is one."""
    if isinstance(value, dict):
        inner = next((value[name] for name in _WITHIN if isinstance(value.get(name), dict)), None)
        return _listed(value.get("messages")) or _listed(value.get("contents")) or _messages(inner)
    return _listed(value)


def _listed(value: Any) -> list[Any] | None:
    fits = isinstance(value, list) and bool(value) and all(isinstance(m, dict) and "role" in m for m in value)
    return value if fits else None


def _answer(value: Any, load: Load) -> tuple[Record, str | None] | None:
    """The message of a response, and why it ended where a stream says so; None where it is no response."""
    if isinstance(value, str):
        events = lines_of(value, load)
        if events is not None:
            return joined(events)
        return ({"role": "assistant", "content": value}, None) if value else None
    if isinstance(value, list):
        if (streamed := joined(value)) is not None:
            return streamed
        return _answer(value[0], load) if len(value) == 1 and isinstance(value[0], dict | list) else None
    if not isinstance(value, dict):
        return None
    if value.get("role") in ("assistant", "model") and value.keys() & {"content", "tool_calls", "parts"}:
        return value, None
    choices = value.get("choices", value.get("candidates"))
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        first = choices[0]
        return joined(choices) or next(
            (found for n in ("message", "text", "content") if (found := _answer(first.get(n), load))), None
        )
    for name in (*_WITHIN, "message", "output", "generations", "messages", "chunks"):
        if (found := _answer(value.get(name), load)) is not None:
            return found
    return None


def _reason(response: Record) -> Any:
    choices = response.get("choices", response.get("candidates"))
    first = choices[-1] if isinstance(choices, list) and choices and isinstance(choices[-1], dict) else {}
    inner = next((response[name] for name in _WITHIN if isinstance(response.get(name), dict)), None)
    given = (
        *(first.get(name) for name in ("finish_reason", "finishReason")),
        *(response.get(name) for name in ("finish_reason", "stop_reason", "stopReason")),
    )
    return next((said for said in given if said), None) or (_reason(inner) if inner else None)


def _liked(rest: Record) -> bool | None:
    """What a user thought of the answer, where the log keeps it below a field of its own; None where none says it."""
    if any(folded(name) in SLOTS["label"] and wanted(value) is not None for name, value in rest.items()):
        return None
    flat = (wanted(rest.get(name)) for name in _FLAT_FEEDBACK)
    if (said := next((value for value in flat if value is not None), None)) is not None:
        return said
    for name in _FEEDBACK:
        value = rest.get(name)
        entries = value if isinstance(value, list) else [value]
        for entry in entries:
            if (
                isinstance(entry, dict)
                and (found := _verdict(entry, feedback=name != "metadata")) is not None
            ):
                return found
    return None


def _verdict(entry: Record, *, feedback: bool) -> bool | None:
    """Of one score: a thumb by its name, or a value of something that is called feedback."""
    for name, value in entry.items():
        if folded(name) in SLOTS["label"] and (found := wanted(value)) is not None:
            return found
    called = entry.get("name", entry.get("key", entry.get("metric")))
    if isinstance(called, str):
        about = folded(called)
        feedback = about in SLOTS["label"] or "feedback" in about or "thumb" in about
    given = next((entry[name] for name in _VALUES if name in entry), None) if feedback else None
    return wanted(given)
