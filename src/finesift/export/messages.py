"""Messages as most trainers and providers write them."""

from __future__ import annotations

from typing import Any

import orjson

from finesift.export.rows import Record


def plain(
    message: Record,
    *,
    flag: str | None = None,
    reasoning: bool = False,
    text_arguments: bool = True,
    spoken: bool = False,
) -> Record:
    """One message in OpenAI's form.

    flag: the name of the field that says whether an answer is trained, written where the row says it is not: `weight`
    as 0, any other as false. reasoning: keep `reasoning_content`. text_arguments: arguments of calls as JSON text.
    spoken: an answer that only calls tools says "". Of 93 public templates 15 refuse it otherwise, and none prints
    another text for it.
    """
    made: Record = {"role": message["role"]}
    calls = message.get("tool_calls")
    if message.get("content") is not None or spoken or not calls:
        made["content"] = message.get("content") or ""
    if calls:
        made["tool_calls"] = [call_of(call, n, text=text_arguments) for n, call in enumerate(calls)]
    if reasoning and message.get("reasoning_content"):
        made["reasoning_content"] = message["reasoning_content"]
    for name in ("tool_call_id", "name"):
        if message.get(name) is not None:
            made[name] = message[name]
    if flag and message["role"] == "assistant" and message.get("train") is False:
        made[flag] = 0 if flag == "weight" else False
    return made


def call_of(call: Record, number: int, *, text: bool) -> Record:
    """A tool call with an id and its arguments as JSON text, or as an object."""
    function = call.get("function", call)
    arguments = function.get("arguments", {})
    if text and not isinstance(arguments, str):
        arguments = orjson.dumps(arguments).decode()
    if not text and isinstance(arguments, str):
        arguments = parsed(arguments)
    return {
        "id": call.get("id") or f"call_{number}",
        "type": "function",
        "function": {"name": function.get("name"), "arguments": arguments},
    }


def parsed(text: str) -> Any:
    """What JSON text says; the text where it is none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
