"""What a model answered, as messages: parsed strictly, repaired once, and what is wrong with it in words."""

from __future__ import annotations

import json
import re
from typing import Any

Message = dict[str, Any]

_MESSAGE = {
    "type": "object",
    "properties": {"role": {"enum": ["user", "assistant"]}, "content": {"type": "string"}},
    "required": ["role", "content"],
    "additionalProperties": False,
}
#: What an answer is to be, for servers that take a schema; where one does not, the prompt says it in words. What comes
#: is parsed the same way.
SCHEMA: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "example",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"messages": {"type": "array", "items": _MESSAGE}},
            "required": ["messages"],
            "additionalProperties": False,
        },
    },
}
#: Messages of one example at most.
MOST = 20
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
#: Where an object begins, and a list of objects.
_OBJECT = re.compile(r"(?:\[\s*)?\{\s*[\"“„]")
_SURPLUS = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
_HALF = re.compile("[\ud800-\udfff]")
_STRAIGHT = str.maketrans("“”„", '"""')
#: What stands for a text where a model writes the form of the example again.
_SAYS = re.compile(r"""[^\s.…_<>*"'-]""")


class Malformed(ValueError):
    """An answer that is not what was asked for; says what is wrong with it."""


def parsed(text: str | None) -> list[Message]:
    """The messages of an answer: a user's and the assistant's, alternating. Raises Malformed for anything else."""
    told = block(text)
    if "messages" not in told:
        raise Malformed(f"an object with {_listed(told)}, without messages")
    messages = told["messages"]
    if not isinstance(messages, list):
        raise Malformed("messages is no list")
    if not 2 <= len(messages) <= MOST or len(messages) % 2:
        raise Malformed(f"{len(messages)} messages, where a user's and an assistant's alternate")
    for place, message in enumerate(messages):
        if wrong := _wrong(message, ("user", "assistant")[place % 2]):
            raise Malformed(f"message {place + 1} {wrong}")
    return messages


def block(text: str | None) -> dict[str, Any]:
    """The JSON object of an answer. Raises Malformed where there is none, or more than one.

    Repaired once: a thought before it and what stands around the object are left out, so are commas before a
    closing bracket; typographic quotes count as straight ones where there are no others, and a line break in a text as
    what it is.
    """
    said = text or ""
    try:
        told = json.loads(said, object_pairs_hook=_once)
    except ValueError:
        told = _repaired(said)
    except RecursionError:
        raise Malformed("JSON that is nested too deep") from None
    if isinstance(told, list):
        raise Malformed(f"a list of {len(told)}, where one object was asked for")
    if not isinstance(told, dict):
        raise Malformed("no JSON object")
    if _HALF.search(json.dumps(told, ensure_ascii=False)):
        raise Malformed("half a character, which no file can hold")
    return told


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(made := dict(pairs)) < len(pairs):
        raise Malformed("a field that is given twice")
    return made


def _repaired(text: str) -> object:
    said = _THOUGHT.sub("", text)
    begins = _OBJECT.search(said)
    if not begins:
        raise Malformed("the JSON has no end" if "{" in said and "}" not in said else "no JSON")
    said = said[begins.start() :]
    said = _SURPLUS.sub(lambda one: one[1] or "", said if '"' in said else said.translate(_STRAIGHT))
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=_once)
    try:
        told, end = decoder.raw_decode(said)
    except json.JSONDecodeError as e:
        raise Malformed(f"no JSON that can be read ({e.msg})") from e
    except RecursionError:
        raise Malformed("JSON that is nested too deep") from None
    if _OBJECT.search(said, end):
        raise Malformed("more than one JSON object, where one was asked for")
    return told


def _wrong(message: object, role: str) -> str | None:
    """What is wrong with a message that is to be of a role, behind "message 2"; None: nothing."""
    if not isinstance(message, dict):
        return "is no object"
    if set(message) != {"role", "content"}:
        return f"has {_listed(message)}, where role and content were asked for"
    if message["role"] != role:
        return f"is of {str(message['role'])[:40]!r}, where {role} was due"
    if not isinstance(message["content"], str):
        return "has a content that is no text"
    if not _SAYS.search(message["content"]):
        return f"says nothing: {message['content'].strip()[:40]!r}"
    return None


def _listed(names: dict[str, Any]) -> str:
    return ", ".join(str(name)[:40] for name in [*names][:6]) or "no field"
