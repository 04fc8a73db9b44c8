"""Spans of OpenTelemetry's GenAI conventions, of the older ones by event, of OpenInference and of OpenLLMetry."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.attributes import (
    attributes_of,
    events_of,
    nested,
    parsed,
    without_attributes,
)
from finesift.read.conversations.layouts import Load, Record, layout

_REASONS = "gen_ai.response.finish_reasons"
_EVENT_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}


@layout(
    "GenAI trace span",
    reads={
        "attributes": {
            "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "Name a reef."}]}]',
            "gen_ai.output.messages": '[{"role": "assistant", "parts": [{"type": "text", "content": "Ningaloo."}]}]',
        }
    },
    leaves={"attributes": {"http.method": "GET"}},
)
def trace_span(record: Record, load: Load) -> Record | None:
    """`gen_ai.input.messages` and `gen_ai.output.messages` (OpenTelemetry), with `gen_ai.system_instructions` as the
    system prompt and `gen_ai.tool.definitions` as tools, in the attributes, flat, nested or as OTLP lists them. Other
    attributes stay, and tell of truncation."""
    attributes = attributes_of(record) or {}
    used: set[str] = set()
    messages: list[Any] = []
    for name in ("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages"):
        taken: set[str] = set()
        given = parsed(nested(attributes, name, taken), load)
        if not isinstance(given, list) or not given:
            continue
        used |= taken
        messages += [{"role": "system", "parts": given}] if name == "gen_ai.system_instructions" else given
    if not messages or not all(isinstance(message, dict) for message in messages):
        return None
    tools = _tools(attributes, "gen_ai.tool.definitions", used, load)
    return _record(record, used, [_without_reason(m) for m in messages], tools, _reason(attributes, messages))


@layout(
    "GenAI trace events",
    reads={
        "name": "chat m",
        "events": [
            {"name": "gen_ai.user.message", "attributes": {"content": "Name a reef."}},
            {
                "name": "gen_ai.choice",
                "attributes": {"index": 0, "finish_reason": "stop", "message": '{"content": "Ningaloo."}'},
            },
        ],
    },
    leaves={"name": "chat m", "events": [{"name": "exception", "attributes": {"message": "late"}}]},
)
def trace_events(record: Record, load: Load) -> Record | None:
    """OpenTelemetry's older form: events `gen_ai.user.message`, `gen_ai.assistant.message`, `gen_ai.tool.message` and
    `gen_ai.choice`, or `gen_ai.content.prompt` and `gen_ai.content.completion`, on the span, in its attribute `events`
    (Pydantic AI), or as log records. Of several choices the first is the answer."""
    messages: list[Any] = []
    reason = None
    for name, fields in events_of(record, load):
        if name in _EVENT_ROLES:
            messages.append(_event_message(_EVENT_ROLES[name], fields, load))
        elif name == "gen_ai.choice" and fields.get("index") in (0, "0", None):
            inner = parsed(nested(fields, "message", set()), load)
            said = inner if isinstance(inner, dict) else {"content": inner} if inner else fields
            messages.append(_event_message("assistant", said, load))
            reason = fields.get("finish_reason", reason)
        elif name in ("gen_ai.content.prompt", "gen_ai.content.completion"):
            key = "gen_ai.prompt" if name.endswith("prompt") else "gen_ai.completion"
            given = parsed(fields.get(key), load)
            role = "user" if name.endswith("prompt") else "assistant"
            messages += given if isinstance(given, list) else [{"role": role, "content": given}]
    if not messages:
        return None
    attributes = attributes_of(record) or {}
    used = {"events"}
    tools = _tools(attributes, "gen_ai.tool.definitions", used, load)
    rest = {name: value for name, value in record.items() if name != "events"}
    return _record(rest, used, messages, tools, reason or _reason(attributes, []))


@layout(
    "OpenInference span",
    reads={
        "attributes": {
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "Tide at Brest?",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "tide",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"port": "Brest"}',
        }
    },
    leaves={"attributes": {"input.value": "Name a reef.", "output.value": "Ningaloo."}},
)
def openinference(record: Record, load: Load) -> Record | None:
    """`llm.input_messages` and `llm.output_messages` (Phoenix, Arize), flat with numbers, nested, or as columns that
    begin with `attributes.`; tool calls and `llm.tools` too."""
    attributes = attributes_of(record) or {}
    used: set[str] = set()
    messages: list[Any] = []
    for name in ("llm.input_messages", "llm.output_messages"):
        given = parsed(nested(attributes, name, used), load)
        messages += [_inference_message(one) for one in given] if isinstance(given, list) else []
    if not messages:
        return None
    listed = parsed(nested(attributes, "llm.tools", used), load)
    tools = [
        parsed(tool.get("tool", tool).get("json_schema"), load)
        if isinstance(tool.get("tool", tool), dict)
        else tool
        for tool in (listed if isinstance(listed, list) else [])
        if isinstance(tool, dict)
    ]
    return _record(record, used, messages, tools, _reason(attributes, []))


@layout(
    "OpenLLMetry span",
    reads={
        "attributes": {
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "Name a reef.",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "Ningaloo.",
        }
    },
    leaves={"attributes": {"gen_ai.request.model": "m"}},
)
def openllmetry(record: Record, load: Load) -> Record | None:
    """`gen_ai.prompt.0.role`, `gen_ai.completion.0.content` and so on (Traceloop), tool calls by number too;
    `llm.request.functions` are the tools."""
    attributes = attributes_of(record) or {}
    used: set[str] = set()
    prompt, said = (nested(attributes, f"gen_ai.{name}", used) for name in ("prompt", "completion"))
    messages = [
        _numbered_message(one, role)
        for given, role in ((prompt, "user"), (said, "assistant"))
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, dict)
    ]
    if not messages:
        return None
    listed = nested(attributes, "llm.request.functions", used)
    tools = [
        {name: parsed(value, load) for name, value in tool.items()}
        for tool in (listed if isinstance(listed, list) else [])
        if isinstance(tool, dict)
    ]
    last = said[-1] if isinstance(said, list) and said and isinstance(said[-1], dict) else {}
    return _record(record, used, messages, tools, last.get("finish_reason") or _reason(attributes, []))


def _record(record: Record, used: set[str], messages: list[Any], tools: Any, reason: Any) -> Record:
    rest = without_attributes(record, used)
    if tools:
        rest["tools"] = tools
    if isinstance(reason, str):
        rest["finish_reason"] = reason
    return {**rest, "messages": messages}


def _tools(attributes: Record, name: str, used: set[str], load: Load) -> Any:
    taken: set[str] = set()
    given = parsed(nested(attributes, name, taken), load)
    if not isinstance(given, list):
        return None
    used |= taken
    return given


def _reason(attributes: Record, messages: list[Any]) -> Any:
    """Why the answer ended: by its message, else by the span."""
    said = messages[-1].get("finish_reason") if messages else None
    reasons = attributes.get(_REASONS)
    return said or (reasons[0] if isinstance(reasons, list) and reasons else reasons)


def _without_reason(message: Record) -> Record:
    return {name: value for name, value in message.items() if name != "finish_reason"}


def _event_message(role: str, fields: Record, load: Load) -> Record:
    said = nested(fields, "content", set())
    message: Record = {
        "role": fields.get("role") or role,
        "content": parsed(said, load) if role != "tool" else said,
    }
    if isinstance(message["content"], dict):
        message["content"] = said
    calls = parsed(nested(fields, "tool_calls", set()), load)
    if isinstance(calls, list):
        message["tool_calls"] = calls
    if role == "tool" and fields.get("id") is not None:
        message["tool_call_id"] = fields["id"]
    for name in ("name", "reasoning_content", "reasoning"):
        if isinstance(fields.get(name), str) and not fields[name].startswith("gen_ai."):
            message[name] = fields[name]
    return message


def _inference_message(one: Any) -> Any:
    inner = one.get("message", one) if isinstance(one, dict) else one
    if not isinstance(inner, dict):
        return one
    message = {name: value for name, value in inner.items() if name not in ("contents", "tool_calls")}
    if isinstance(inner.get("contents"), list) and not message.get("content"):
        message["content"] = [
            part.get("message_content", part) if isinstance(part, dict) else part
            for part in inner["contents"]
        ]
    calls = inner.get("tool_calls")
    if isinstance(calls, list) and calls:
        message["tool_calls"] = [
            call.get("tool_call", call) if isinstance(call, dict) else call for call in calls
        ]
    name, arguments = (
        message.pop("function_call_name", None),
        message.pop("function_call_arguments_json", None),
    )
    if isinstance(name, str):
        message["function_call"] = {"name": name, "arguments": arguments or "{}"}
    return message if "content" in message or "tool_calls" in message else {**message, "content": None}


def _numbered_message(one: Record, role: str) -> Record:
    message = {name: value for name, value in one.items() if name not in ("tool_calls", "finish_reason")}
    message.setdefault("role", role)
    message.setdefault("content", None)
    calls = one.get("tool_calls")
    if isinstance(calls, list) and calls:
        message["tool_calls"] = [
            {
                "id": call.get("id"),
                "type": "function",
                "function": {"name": call.get("name"), "arguments": call.get("arguments", "{}")},
            }
            for call in calls
            if isinstance(call, dict)
        ]
    return message
