"""Tools and tool calls, as compact JSON that means exactly what came in, whether it was text or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from finesift.read.conversations.turn import Reading, literal
from finesift.read.records.record import Unreadable, kind_of

#: What others call the arguments of a call: LangChain, Anthropic, Cohere and Llama, xLAM.
ARGUMENTS = ("args", "input", "parameters", "kwargs", "params")

_SCHEMA = frozenset(("description", "parameters", "input_schema", "inputSchema", "parameter_definitions"))
_NAMES = frozenset(("name", "function", "type", "toolSpec", "title"))
_CALLS = 'Write them as [{"name": "…", "arguments": {…}}].'


def calls_in(calls: object, where: str, reading: Reading) -> str | None:
    """A message's `tool_calls`: a list, or a list as JSON text; null where there are none."""
    if not calls or (isinstance(calls, str) and not calls.strip()):
        return None
    if isinstance(calls, str):
        return call_text(calls, where, reading)
    if isinstance(calls, dict) and _is_call(calls):
        reading.note("repair", f"the tool calls of {where} are one object, read as a list of it")
        calls = [calls]
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
    calls = [_with_arguments(_as_others(call, where, reading), where, reading) for call in calls]
    _note_double_encoding(calls, where, reading)
    return reading.dump(calls)


def _with_arguments(call: dict[str, Any], where: str, reading: Reading) -> dict[str, Any]:
    """A call whose arguments are null or an empty text has none: templates would print the null."""
    inner = call.get("function")
    function = inner if isinstance(inner, dict) else call
    if "arguments" not in function or function["arguments"] not in (None, ""):
        return call
    reading.note("repair", f"the arguments of a tool call of {where} are empty, read as none")
    function = function | {"arguments": {} if function["arguments"] is None else "{}"}
    return call | {"function": function} if isinstance(inner, dict) else function


def _is_call(value: dict[str, Any]) -> bool:
    return isinstance(value.get("function"), dict) or (isinstance(value.get("name"), str) and len(value) > 1)


def _as_others(call: dict[str, Any], where: str, reading: Reading) -> dict[str, Any]:
    """A call whose arguments are called otherwise, with the names that templates read; any other as it is."""
    inner = call.get("function")
    function = inner if isinstance(inner, dict) else call
    name = next((name for name in ARGUMENTS if isinstance(function.get(name), (dict, str))), None)
    if name is None or "arguments" in function or not isinstance(function.get("name"), str):
        return call
    reading.note("repair", f'"{name}" of a tool call of {where} read as its arguments')
    function = {key: value for key, value in function.items() if key not in (name, "type", "id")}
    function["arguments"] = (inner if isinstance(inner, dict) else call)[name]
    outer = {
        key: value for key, value in call.items() if key == "id" or (inner is not None and key == "type")
    }
    return {"type": "function", **outer, "function": function}


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
    if "function" in call:
        return call
    name = next((name for name in ARGUMENTS if isinstance(call.get(name), (dict, str))), None)
    if name is not None and "arguments" not in call:
        call = {("arguments" if key == name else key): value for key, value in call.items()}
    return {"type": "function", "function": call}


def tools_in(names: Sequence[str], record: dict[str, Any], taken: set[str], reading: Reading) -> str | None:
    """The row's tool schemas as a JSON list, or null; names the field it took in `taken`."""
    for name in names:
        value = record[name]
        if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
            parsed = _written(value, f'"{name}"', reading)
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


def _written(text: str, what: str, reading: Reading) -> Any:
    """Schemas from a text, in JSON's notation or, as a spreadsheet holds them, in Python's."""
    try:
        return reading.load(text)
    except ValueError:
        value = literal(text, reading)
    if value is None:
        return _load(text, what, reading)
    reading.note("repair", f"{what} is written as Python writes it, read as its JSON")
    return value


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
        elif all(isinstance(schema, dict) and schema.keys() & _SCHEMA for schema in tool.values()):
            # An object by name: the name belongs into each schema.
            found += [{"name": name, **schema} for name, schema in tool.items()]
        elif not tool.keys() & _NAMES:
            return None
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
