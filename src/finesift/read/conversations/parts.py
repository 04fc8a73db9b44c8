"""A message whose content is a list of typed parts."""

from __future__ import annotations

import re
from typing import Any

from finesift.read.conversations import media
from finesift.read.conversations.thoughts import thought
from finesift.read.conversations.tools import as_call, call_text
from finesift.read.conversations.turn import Reading, Turn, as_text
from finesift.read.records.record import Unreadable, kind_of

_TEXT = ("text", "input_text", "output_text", None)
_THOUGHT = ("reasoning", "thinking")
_CALL = ("tool_call", "function_call")
_KINDS = frozenset((*_TEXT[:-1], *_THOUGHT, *_CALL, "tool_call_response", "tool_use", "tool_result"))
# Parts without a type: text, and those of Google and Bedrock.
_BARE = frozenset(("text", "value", "content", "json", "cachePoint", "cache_control"))
_UNTYPED = frozenset(
    re.split(
        " ",
        "functionCall function_call toolUse functionResponse function_response toolResult reasoningContent",
    )
)


def read_parts(parts: list[Any], turn: Turn, where: str, reading: Reading) -> list[Turn]:
    """Fills the turn's content, reasoning and tool calls; returns the tool results among the parts.

    The texts of several parts are joined as they are; pictures, recordings and files are held in their place.
    Raises Unreadable for any other part.
    """
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[Any] = []
    results: list[Turn] = []
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if isinstance(part, str):
            texts.append(part)
        elif not isinstance(part, dict):
            raise _no_part(part, where)
        elif kind in _TEXT and isinstance(text := _first(part, "text", "value", "content"), str):
            texts.append(text)
        elif (
            kind in _THOUGHT and (said := thought(_first(part, kind, "text", "value", "content"))) is not None
        ):
            thoughts.append(said)
        elif kind == "tool_call" and isinstance(part.get("name"), str) and "arguments" in part:
            identity = {"id": part["id"]} if "id" in part else {}
            function = {"name": part["name"], "arguments": part["arguments"]}
            calls.append(identity | {"type": "function", "function": function})
        elif kind == "tool_call_response":
            results.append(
                _result(
                    {"tool_use_id": part.get("id"), "content": part.get("response", part.get("result"))},
                    where,
                    reading,
                )
            )
        elif kind in _CALL and (call := _first(part, "value", kind)) is not None:
            value = reading.load(call_text(call, where, reading)) if isinstance(call, str) else call
            calls += [as_call(each) for each in (value if isinstance(value, list) else [value])]
        elif kind is None and (found := _unnamed(part, turn.role)) is not None:
            what, value = found
            if what == "call":
                calls.append(value)
            elif what == "thought":
                thoughts.append(value)
            else:
                results.append(_result(value, where, reading))
        elif kind == "tool_use":
            identity = {"id": part["id"]} if "id" in part else {}
            function = {"name": part.get("name"), "arguments": part.get("input")}
            calls.append(identity | {"type": "function", "function": function})
        elif kind == "tool_result":
            results.append(_result(part, where, reading))
        elif media.is_part(part):
            media.note_part(part, where, reading)
            turn.held.append({"at": sum(map(len, texts)), "part": part})
        else:
            raise _no_part(part, where)
    if texts or not (thoughts or calls or results):
        turn.content = "".join(texts)
    if thoughts:
        turn.reasoning = "".join(thoughts)
    if calls:
        turn.tool_calls = reading.dump(calls)
    if len(texts) > 1:
        reading.note("repair", f"{len(texts)} text parts of a message joined into one text")
    return results


def _no_part(part: Any, where: str) -> Unreadable:
    if not isinstance(part, dict):
        return Unreadable(
            f"{where} has {kind_of(part)} among its parts; expected text",
            'Write each part as {"type": "text", "text": "…"}.',
        )
    kind = part.get("type")
    what = kind[:40] if isinstance(kind, str) else f"with the fields {', '.join(part)[:80]}"
    return Unreadable(
        f"{where} has a part {what}; only text can be read", "Leave the part out to use the text."
    )


def is_part(value: Any) -> bool:
    """Whether a value is a part of a message, as any provider writes them, rather than somebody's data."""
    if not isinstance(value, dict) or not value:
        return False
    kind = value.get("type")
    if kind is not None:
        return kind in _KINDS or media.is_part(value)
    return value.keys() <= _BARE or not _UNTYPED.isdisjoint(value) or media.is_part(value)


def _unnamed(part: dict[str, Any], role: str) -> tuple[str, Any] | None:
    """Parts without a type, as Google and Bedrock write them: a call, a result or reasoning."""
    call = part.get("functionCall", part.get("function_call"))
    if isinstance(call, dict):
        return "call", as_call(
            {"name": call.get("name"), "arguments": call.get("args", call.get("arguments", {}))}
        )
    use = part.get("toolUse")
    if isinstance(use, dict):
        function = {"name": use.get("name"), "arguments": use.get("input", {})}
        return "call", {"id": use.get("toolUseId"), "type": "function", "function": function}
    answer = part.get("functionResponse", part.get("function_response"))
    if isinstance(answer, dict):
        return "result", {
            "tool_use_id": answer.get("id"),
            "content": answer.get("response"),
            "name": answer.get("name"),
        }
    result = part.get("toolResult")
    if isinstance(result, dict):
        return "result", {"tool_use_id": result.get("toolUseId"), "content": result.get("content")}
    thought = part.get("reasoningContent")
    inner = thought.get("reasoningText", thought) if isinstance(thought, dict) else None
    if role == "assistant" and isinstance(inner, dict) and isinstance(inner.get("text"), str):
        return "thought", inner["text"]
    return None


def _result(part: dict[str, Any], where: str, reading: Reading) -> Turn:
    identity = part.get("tool_use_id")
    result = Turn("tool", "", tool_call_id=identity if isinstance(identity, str) else None)
    content = part.get("content")
    if isinstance(part.get("name"), str):
        result.name = part["name"]
    if isinstance(content, dict) or (
        isinstance(content, list) and any("json" in p for p in content if isinstance(p, dict))
    ):
        result.content = reading.dump(content)
    elif isinstance(content, list):
        read_parts(content, result, f"a tool result in {where}", reading)
    elif content is not None:
        result.content = as_text(content, f"a tool result in {where}", reading)
    return result


def _first(part: dict[str, Any], *keys: str) -> Any:
    return next((part[key] for key in keys if part.get(key) is not None), None)
