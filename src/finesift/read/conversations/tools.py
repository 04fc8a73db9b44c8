"""Tools and tool calls, as compact JSON that means exactly what came in, whether it was text or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from finesift.read.conversations.turn import Reading
from finesift.read.records.record import Unreadable, kind_of

_CALLS = 'Write them as [{"name": "…", "arguments": {…}}].'


def calls_in(calls: object, where: str, reading: Reading) -> str | None:
    """A message's `tool_calls`: a list, or a list as JSON text; null where there are none."""
    if not calls or (isinstance(calls, str) and not calls.strip()):
        return None
    if isinstance(calls, str):
        return call_text(calls, where, reading)
    if isinstance(calls, list) and (given := [call for call in calls if call not in (None, {})]) != calls:
        reading.note(
            "unread_field", f"{len(calls) - len(given)} tool calls of {where} are empty, and were left out"
        )
        if not given:
            return None
        calls = given
    if isinstance(calls, list) and all(isinstance(call, str) for call in calls):
        calls = [_load(call, f"a tool call of {where}", reading) for call in calls]
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        raise Unreadable(
            f"the tool calls of {where} are {kind_of(calls)}; expected a list of objects", _CALLS
        )
    _note_double_encoding(calls, where, reading)
    return reading.dump(calls)


def call_text(text: str, where: str, reading: Reading) -> str:
    """Tool calls from JSON text: one or several, {"name", "arguments"} or already {"function": …}."""
    value = _load(text, f"the tool call of {where}", reading)
    calls = value if isinstance(value, list) else [value]
    if not calls or not all(isinstance(call, dict) for call in calls):
        raise Unreadable(f"the tool call of {where} is {kind_of(value)}; expected name and arguments", _CALLS)
    _note_double_encoding(calls, where, reading)
    return reading.dump([as_call(call) for call in calls])


def as_call(call: dict[str, Any]) -> dict[str, Any]:
    """A call in the form that chat templates read."""
    return call if "function" in call else {"type": "function", "function": call}


def tools_in(names: Sequence[str], record: dict[str, Any], taken: set[str], reading: Reading) -> str | None:
    """The row's tool schemas as a JSON list, or null; names the field it took in `taken`."""
    for name in names:
        value = record[name]
        if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
            parsed = _load(value, f'"{name}"', reading)
            tools = parsed if isinstance(parsed, list) else [parsed]
        elif isinstance(value, (list, dict)):
            tools = value if isinstance(value, list) else [value]
        else:
            if value == "":
                taken.add(name)
            continue
        schemas = _schemas(tools, f'"{name}"', reading)
        if schemas is not None:
            taken.add(name)
            return reading.dump(schemas) if schemas else None
    return None


def _schemas(tools: list[Any], what: str, reading: Reading) -> list[dict[str, Any]] | None:
    """The schemas among `tools`, each as an object; None where one of them is no schema."""
    found: list[dict[str, Any]] = []
    for tool in tools:
        if isinstance(tool, str) and tool.strip()[:1] == "{":
            try:
                tool = reading.load(tool)
            except ValueError:
                return None
            reading.note("repair", f"a tool of {what} is written as text, read as the object")
        if tool is None:
            reading.note("repair", f"{what} holds null, left out")
        elif not isinstance(tool, dict):
            return None
        elif isinstance(
            declared := tool.get("functionDeclarations", tool.get("function_declarations")), list
        ):
            # Google wraps the declarations of all functions in one tool.
            inner = _schemas(declared, what, reading)
            if inner is None:
                return None
            found += inner
        else:
            found.append(tool)
    return found


def _load(text: str, what: str, reading: Reading) -> Any:
    try:
        return reading.load(text)
    except ValueError as error:
        raise Unreadable(f"{what} is text, but no JSON: {error}", "Write it with json.dumps.") from None


def _note_double_encoding(calls: list[Any], where: str, reading: Reading) -> None:
    for call in calls:
        function = call.get("function")
        arguments = (function if isinstance(function, dict) else call).get("arguments")
        if isinstance(arguments, str) and arguments.startswith('"'):
            reading.note("repair", f"tool arguments of {where} are JSON text within JSON text, kept as given")
