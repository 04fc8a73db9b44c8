from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import orjson
import polars as pl

from finesift.corpus import chat
from finesift.findings import Seen, examine
from finesift.registry import check

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,), "object": (dict,), "null": (type(None),),
}  # fmt: skip
# Names that other frameworks use for JSON Schema's types.
_ALSO = {"str": "string", "int": "integer", "float": "number", "double": "number", "bool": "boolean", "list": "array", "dict": "object", "tuple": "array"}  # fmt: skip


def look(messages: list[dict[str, Any]], tools: str | None) -> Iterator[Seen]:
    """What is wrong with the calls of one conversation part. `messages` has turn, role, tool_calls, tool_call_id."""
    known = declared(tools)
    open_ids: dict[str, None] = {}
    asked = 0
    for place, message in enumerate(messages):
        number = message["turn"] + 1
        if message["role"] == "tool":
            id_ = message["tool_call_id"]
            if id_ and asked and open_ids and id_ not in open_ids:
                yield Seen(0.6, f"message {number} answers the call {id_[:40]!r}, which nobody made")
            continue
        if message["role"] != "assistant" or message["tool_calls"] is None:
            continue
        calls, fault = parsed(message["tool_calls"])
        if fault:
            yield Seen(0.7, f"message {number}: {fault}")
        asked += 1
        yield from (
            Seen(score, f"message {number}: {said}")
            for score, said in mismatches(calls, messages[place + 1 :])
        )
        for call in calls:
            open_ids |= {call["id"]: None} if isinstance(call["id"], str) else {}
            yield from (Seen(score, f"message {number}: {said}") for score, said in faults(call, known))
        follows = messages[place + 1]["role"] if place + 1 < len(messages) else None
        if calls and follows in ("user", "assistant"):
            yield Seen(0.5, f"message {number} calls {str(calls[0]['name'])[:40]!r}, and no result follows")


def mismatches(calls: list[dict[str, Any]], following: list[dict[str, Any]]) -> Iterator[tuple[float, str]]:
    """How the results that follow some calls do not fit them: in number, by id, in order."""
    ids = [call["id"] for call in calls if isinstance(call["id"], str) and call["id"]]
    for id_ in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        yield 0.7, f"{ids.count(id_)} calls have the id {id_[:40]!r}"
    results = list(takewhile(lambda message: message["role"] == "tool", following))
    if not results or not calls:
        return
    if len(results) != len(calls) and len(results) < len(following):
        yield 0.6, f"{len(calls)} calls and {len(results)} results"
    answered = [result["tool_call_id"] for result in results]
    if len(set(answered)) < len(answered) and all(answered):
        yield 0.6, "two results answer one call"
    elif sorted(map(str, answered)) == sorted(ids) and answered != ids:
        # Most templates print results without their ids, so the model reads them in order.
        yield 0.6, "the results stand in another order than the calls"


def declared(tools: str | None) -> dict[str, Any] | None:
    """Parameters by name of the tool; None where none are declared, or not in a form that we know."""
    try:
        listed = orjson.loads(tools) if tools else None
        listed = orjson.loads(listed) if isinstance(listed, str) else listed
    except orjson.JSONDecodeError:
        return None
    if isinstance(listed, dict):
        listed = [listed]
    if not isinstance(listed, list) or not listed:
        return None
    known = {}
    for tool in listed:
        inner = tool.get("function", tool) if isinstance(tool, dict) else None
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            return None
        known[inner["name"]] = _schema(inner.get("parameters", inner.get("input_schema")))
    return known


def _schema(given: Any) -> dict[str, Any] | None:
    """Parameters as JSON Schema: also from JSON text, and from the shorthand {"zone": {"type": "str", …}, …}."""
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except orjson.JSONDecodeError:
            return None
    if not isinstance(given, dict):
        return None
    if given and not {"properties", "type", "$ref", "anyOf", "required"} & given.keys():
        if not all(isinstance(value, (dict, str)) for value in given.values()):
            return None
        properties = {
            name: {"type": value.split(",")[0].strip()} if isinstance(value, str) else value
            for name, value in given.items()
        }
        return {"type": "object", "properties": properties}
    return given


def parsed(text: str) -> tuple[list[dict[str, Any]], str | None]:
    """The calls of a message as id, name and arguments, and why some cannot be read."""
    try:
        listed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return [], "the tool calls are no JSON"
    calls, fault = [], None
    for call in listed if isinstance(listed, list) else [listed]:
        inner = call.get("function", call) if isinstance(call, dict) else None
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            fault = "a tool call has no name"
            continue
        calls.append({"id": call.get("id"), "name": inner["name"], "arguments": inner.get("arguments")})
    return calls, fault


def faults(call: dict[str, Any], known: dict[str, Any] | None) -> Iterator[tuple[float, str]]:
    name, given = call["name"], call["arguments"]
    if isinstance(given, str) and given.strip():
        try:
            given = orjson.loads(given)
        except orjson.JSONDecodeError:
            yield 0.8, f"the arguments of {name[:40]!r} are no JSON"
            return
    if known is None:
        return
    if name not in known:
        yield 0.8, f"{name[:40]!r} is not among the tools ({', '.join(sorted(known))[:80]})"
        return
    schema = known[name]
    if schema is None:
        return
    given = {} if given in (None, "") else given
    if not isinstance(given, dict):
        yield 0.7, f"the arguments of {name[:40]!r} are no object"
        return
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    required = schema.get("required")
    missing = [str(key) for key in required if key not in given] if isinstance(required, list) else []
    if missing:
        yield 0.7, f"{name[:40]!r} is called without {', '.join(missing)[:80]}"
    extra = [key for key in given if key not in properties]
    if extra and properties and not schema.get("additionalProperties"):
        yield 0.7, f"{name[:40]!r} does not take {', '.join(extra)[:80]}"
    for key, value in given.items():
        said = unfit(value, properties.get(key))
        if said:
            yield 0.6, f"{name[:40]!r}: {key[:40]} {said}"


def unfit(value: object, schema: object) -> str | None:
    """Why a value does not fit its type or its list of values; null fits anywhere."""
    if not isinstance(schema, dict) or value is None:
        return None
    allowed = schema.get("enum")
    if isinstance(allowed, list) and allowed and value not in allowed:
        return f"is {str(value)[:30]!r}, none of the values allowed"
    types = schema.get("type")
    names = [t for t in (types if isinstance(types, list) else [types]) if isinstance(t, str)]
    names = [_ALSO.get(name.lower(), name.lower()) for name in names]
    if not names or any(name not in _TYPES for name in names):
        return None
    whole = isinstance(value, float) and value.is_integer() and "integer" in names
    fits = any(
        isinstance(value, _TYPES[n]) and (n == "boolean" or not isinstance(value, bool)) for n in names
    )
    return None if fits or whole else f"is {type(value).__name__}, not {' or '.join(names)}"


def _call(arguments: str, name: str = "now", id_: str = "c1") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"role": "assistant", "tool_calls": [{"id": id_, "type": "function", "function": function}]}


_NOW = {
    "type": "function",
    "function": {
        "name": "now",
        "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]},
    },
}
_RESULT = {"role": "tool", "tool_call_id": "c1", "content": "12:00"}
_DONE = {"role": "assistant", "content": "Noon."}


@check(
    flags=[
        chat("Time?", _call('{"zone": "U'), _RESULT, _DONE, tools=[_NOW]),
        chat("Time?", _call('{"zone": "UTC"}', "clock"), _RESULT, _DONE, tools=[_NOW]),
        chat("Time?", _call("{}"), _RESULT, _DONE, tools=[_NOW]),
        chat("Time?", _call('{"zone": 3}'), _RESULT, _DONE, tools=[_NOW]),
        chat("Time?", _call('{"zone": "UTC"}'), {"role": "user", "content": "Well?"}, _DONE, tools=[_NOW]),
        chat("Time?", _call('{"zone": "UTC"}'), _RESULT | {"tool_call_id": "c9"}, _DONE, tools=[_NOW]),
    ],
    passes=[
        chat("Time?", _call('{"zone": "UTC"}'), _RESULT, _DONE, tools=[_NOW]),
        chat("Time?", _call('{"zone": "UTC"}'), tools=[_NOW]),
        chat("Time?", _DONE, tools=[_NOW]),
        chat("Time?", _call("{}", "anything"), _RESULT, _DONE),
    ],
)
def tool_calls(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """A tool call does not fit: unknown tool, arguments that are no JSON or not the declared ones, no result.

    Trained on it, the model calls what is not there, and the program that runs its calls breaks. A call that
    ends the conversation needs no result. Undeclared tools are judged only where tools are declared.
    Source: JSON Schema 2020-12 (type, enum, required, properties); the OpenAI and Anthropic call formats.
    """
    calling = turns.filter(pl.col("tool_calls").is_not_null()).select("example").unique()
    parts = (
        turns.join(calling, on="example", how="semi", maintain_order="left")
        .with_columns(message=pl.struct("turn", pl.col("role").cast(pl.String), "tool_calls", "tool_call_id"))
        .group_by("example", "part", maintain_order=True)
        .agg(messages=pl.col("message"))
        .join(examples.select("example", "tools"), on="example", how="left", maintain_order="left")
    )
    return examine(parts, look, "messages", "tools")
