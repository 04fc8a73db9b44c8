"""Tool calls that stand in the text between tags, as Hermes and Qwen write them: parsed where the recipe says so.

`<tool_call>{"name": …, "arguments": …}</tool_call>`, or with `<function=…>` and `<parameter=…>` inside, at the end of
an answer; `<tool_response>` around a result, by whomever it is said; `<tools>` in the system prompt. A text that is not
wholly so stays as it is, and the row says so: half of a call that is parsed would be a call nobody made.
"""

from __future__ import annotations

import re
from typing import Any

from finesift.read.conversations.example import Example
from finesift.read.conversations.tools import as_call, tools_in
from finesift.read.conversations.turn import Reading, Turn

_CALL = re.compile(r"\s*<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_RESPONSE = re.compile(r"\s*<tool_response>\s*(.*?)\s*</tool_response>", re.DOTALL)
_TOOLS = re.compile(r"<tools>\s*(.*?)\s*</tools>", re.DOTALL)
_FUNCTION = re.compile(r"<function=([^>\s]{1,200})>\s*(.*?)\s*</function>", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\s]{1,200})>\n?(.*?)\n?</parameter>\s*", re.DOTALL)


def parse_calls(example: Example, reading: Reading) -> None:
    """Turns the tagged calls, results and tools of an example into what the other columns hold."""
    for turns in (example.turns, example.chosen, example.rejected):
        turns[:] = [
            new for number, turn in enumerate(turns, 1) for new in _parsed(turn, f"message {number}", reading)
        ]
    first = example.all_turns[0] if example.all_turns else None
    found = _TOOLS.search(first.content or "") if first is not None and first.role == "system" else None
    if found and example.tools is None:
        listed = found[1] if found[1].startswith("[") else f"[{','.join(found[1].splitlines())}]"
        try:
            example.tools = tools_in(["tools"], {"tools": reading.load(listed)}, set(), reading)
        except ValueError:
            example.tools = None
        if example.tools is None:
            reading.note("unread_field", "what stands between <tools> and </tools> is no list of tools")
        else:
            reading.note(
                "repair", "tools between <tools> and </tools> read as the row's; the text keeps them too"
            )


def _parsed(turn: Turn, where: str, reading: Reading) -> list[Turn]:
    text = turn.content or ""
    if turn.role == "assistant" and turn.tool_calls is None and "<tool_call>" in text:
        before, calls = _calls(text, reading)
        if calls is None:
            reading.note("unread_field", f"the tagged calls of {where} cannot be parsed, and stay text")
        else:
            turn.content, turn.tool_calls = before or None, reading.dump([as_call(call) for call in calls])
            reading.note("repair", f"<tool_call> in {where} read as tool calls")
    elif turn.role in ("tool", "user") and "<tool_response>" in text:
        results = _RESPONSE.findall(text)
        if _RESPONSE.sub("", text).strip():
            reading.note(
                "unread_field", f"the tagged results of {where} stand within other text, and stay there"
            )
        else:
            reading.note("repair", f"<tool_response> in {where} read as results of tools")
            # What else the message had belongs to its first result.
            first = Turn("tool", results[0], tool_call_id=turn.tool_call_id, name=turn.name, extra=turn.extra)
            return [first, *(Turn("tool", result) for result in results[1:])]
    return [turn]


def _calls(text: str, reading: Reading) -> tuple[str, list[dict[str, Any]] | None]:
    """What stands before the calls, and the calls; None where anything but calls stands after."""
    at = text.index("<tool_call>")
    if _CALL.sub("", text[at:]).strip():
        return text, None
    calls = [_call(inner, reading) for inner in _CALL.findall(text[at:])]
    found = [call for call in calls if call is not None]
    return text[:at].strip(), found if found and len(found) == len(calls) else None


def _call(inner: str, reading: Reading) -> dict[str, Any] | None:
    if function := _FUNCTION.fullmatch(inner):
        if _PARAMETER.sub("", function[2]).strip():
            return None
        return {
            "name": function[1],
            "arguments": {n: _value(v, reading) for n, v in _PARAMETER.findall(function[2])},
        }
    try:
        value = reading.load(inner)
    except ValueError:
        return None
    return value if isinstance(value, dict) and isinstance(value.get("name"), str) else None


def _value(text: str, reading: Reading) -> Any:
    """A parameter's value: JSON where it is an object, list, number, true, false or null; else text."""
    try:
        value = reading.load(text)
    except ValueError:
        return text
    return text if isinstance(value, str) else value
