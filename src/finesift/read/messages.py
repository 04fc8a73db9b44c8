"""One message, in any of its spellings, into a turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from finesift.corpus import ROLES
from finesift.read.record import Unreadable

# What others call the roles. The data's own names, where the recipe maps them, come first.
KNOWN_ROLES = {
    **{role: role for role in ROLES},
    **dict.fromkeys(("human", "prompter", "customer", "input", "question"), "user"),
    **dict.fromkeys(
        ("gpt", "chatgpt", "bot", "model", "bard", "bing", "ai", "chatbot", "output"), "assistant"
    ),
    **dict.fromkeys(("function", "observation", "tool_response", "tool_result", "ipython"), "tool"),
    **dict.fromkeys(("function_call", "tool_call"), "assistant"),
}
CALLS = ("function_call", "tool_call")

ROLE_KEYS = ("role", "from", "speaker", "author")
CONTENT_KEYS = ("content", "value", "text", "message")
REASONING_KEYS = ("reasoning_content", "reasoning", "thinking", "thought")
TRAIN_KEYS = ("train", "weight", "loss_weight")
TEXT_PARTS = ("text", "input_text", "output_text")
REASONING_PARTS = ("reasoning", "thinking")
THINK, END_THINK = "<think>", "</think>"


@dataclass(slots=True)
class Turn:
    role: str
    content: str | None
    reasoning: str | None = None
    tool_calls: str | None = None
    tool_call_id: str | None = None
    name: str | None = None
    train: bool | None = None
    extra: dict[str, Any] | None = None


@dataclass(slots=True)
class Reading:
    """How to read: the recipe's own names, and how to write JSON. Collects what was done to a row."""

    roles: Mapping[str, str]
    columns: Mapping[str, str]
    dump: Callable[[object], str]
    notes: list[tuple[str, str]] = field(default_factory=list)

    def note(self, kind: str, message: str) -> None:
        if (kind, message) not in self.notes:
            self.notes.append((kind, message))


def turns_of(messages: list[Any], reading: Reading) -> list[Turn]:
    """The turns of a conversation. Raises Unreadable, which names the message by its number, from 1."""
    turns: list[Turn] = []
    for number, message in enumerate(messages, 1):
        turns += message_turns(message, f"message {number}", reading)
    return turns


def message_turns(message: Any, where: str, reading: Reading) -> list[Turn]:
    """The turns of one message: mostly one; more where tool results stand among its parts."""
    if isinstance(message, (list, tuple)) and len(message) == 2 and all(isinstance(m, str) for m in message):
        message = {"role": message[0], "content": message[1]}
    if not isinstance(message, dict):
        raise Unreadable(f"{where} is {_kind(message)}; expected an object with role and content")
    rest = dict(message)
    role_key = next((key for key in ROLE_KEYS if key in rest), None)
    if role_key is None:
        raise Unreadable(f"{where} has no role; its fields are {_names(message)}")
    given = rest.pop(role_key)
    role = role_of(given, where, reading)
    content_key = next((key for key in CONTENT_KEYS if key in rest), None)
    content = rest.pop(content_key) if content_key else None
    turn = Turn(role, None)
    before: list[Turn] = []
    if isinstance(content, str):
        turn.content = content
    elif isinstance(content, list):
        before = _parts(content, turn, where, reading)
    elif content is not None:
        turn.content = as_text(content, f"the content of {where}", reading)
    for key in REASONING_KEYS:
        if isinstance(rest.get(key), str) and turn.reasoning is None:
            turn.reasoning = rest.pop(key)
    if role == "assistant" and turn.content is not None and turn.reasoning is None:
        _inline_reasoning(turn, reading)
    if given in CALLS and turn.content is not None:
        turn.tool_calls, turn.content = _calls_from_text(turn.content, where, reading), None
    _tool_fields(rest, turn, where, reading)
    for key in TRAIN_KEYS:
        if isinstance(rest.get(key), (bool, int, float)) and turn.train is None:
            turn.train = rest.pop(key) > 0
    if isinstance(rest.get("name"), str):
        turn.name = rest.pop("name")
    if (
        turn.content is None
        and turn.tool_calls is None
        and turn.reasoning is None
        and not before
        and content_key is None
    ):
        raise Unreadable(f"{where} ({role}) has no content; its fields are {_names(message)}")
    turn.extra = {key: value for key, value in rest.items() if value is not None} or None
    if before and turn.content is None and turn.tool_calls is None:
        return before
    return [*before, turn]


def role_of(given: object, where: str, reading: Reading) -> str:
    """One of ROLES. Raises Unreadable for a name that nobody knows."""
    if isinstance(given, str):
        role = reading.roles.get(given) or KNOWN_ROLES.get(given) or KNOWN_ROLES.get(given.strip().lower())
        if role in ROLES:
            if role != given:
                reading.note("role_name", f'role "{given}" read as {role}')
            return role
    raise Unreadable(
        f"{where} has role {orjson.dumps(given).decode()}; known roles are {', '.join(ROLES)}",
        f'Map it in the recipe:  roles = {{ {given} = "assistant" }}',
    )


def as_text(value: object, what: str, reading: Reading) -> str:
    """Text, or a number as its text. Raises Unreadable for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        reading.note("number_as_text", f"{what} is a number, read as text")
        return reading.dump(value)
    raise Unreadable(f"{what} is {_kind(value)}; expected text")


def _parts(parts: list[Any], turn: Turn, where: str, reading: Reading) -> list[Turn]:
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[Any] = []
    results: list[Turn] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        kind = part.get("type", "text") if isinstance(part, dict) else None
        if kind in TEXT_PARTS and isinstance(text := _first(part, ("text", "value", "content")), str):
            texts.append(text)
        elif kind in REASONING_PARTS and isinstance(
            text := _first(part, (kind, "thinking", "reasoning", "text", "value")), str
        ):
            thoughts.append(text)
        elif kind in ("tool_call", "function_call") and "value" in part:
            value = part["value"]
            calls.append(
                orjson.loads(_calls_from_text(value, where, reading)) if isinstance(value, str) else [value]
            )
        elif kind == "tool_use":
            call = {"name": part.get("name"), "arguments": part.get("input")}
            identity = {"id": part["id"]} if "id" in part else {}
            calls.append([identity | {"type": "function", "function": call}])
        elif kind == "tool_result":
            result = Turn("tool", None, tool_call_id=part.get("tool_use_id"))
            content = part.get("content")
            if isinstance(content, list):
                _parts(content, result, where, reading)
            else:
                result.content = as_text(
                    "" if content is None else content, f"a tool result in {where}", reading
                )
            results.append(result)
        else:
            what = kind if isinstance(kind, str) else _kind(part)
            raise Unreadable(f"{where} has a part of type {what}; only text can be read")
    if texts or not (thoughts or calls or results):
        turn.content = "".join(texts)
    if thoughts:
        turn.reasoning = "".join(thoughts)
    if calls:
        turn.tool_calls = reading.dump([call for group in calls for call in group])
    return results


def _calls_from_text(text: str, where: str, reading: Reading) -> str:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"{where} calls a tool, but is no JSON: {error}") from None
    calls = value if isinstance(value, list) else [value]
    if not all(isinstance(call, dict) for call in calls):
        raise Unreadable(f"{where} calls a tool, but holds {_kind(value)}; expected name and arguments")
    return reading.dump([_call(call) for call in calls])


def _call(call: dict[str, Any]) -> dict[str, Any]:
    return call if "function" in call else {"type": "function", "function": call}


def _tool_fields(rest: dict[str, Any], turn: Turn, where: str, reading: Reading) -> None:
    calls = rest.get("tool_calls")
    if isinstance(calls, str) and calls.strip():
        turn.tool_calls = _calls_from_text(rest.pop("tool_calls"), where, reading)
    elif isinstance(calls, list) and calls:
        turn.tool_calls = reading.dump(rest.pop("tool_calls"))
    elif isinstance(rest.get("function_call"), dict):
        turn.tool_calls = reading.dump([_call(rest.pop("function_call"))])
    if isinstance(rest.get("tool_call_id"), str):
        turn.tool_call_id = rest.pop("tool_call_id")


def _inline_reasoning(turn: Turn, reading: Reading) -> None:
    content = turn.content or ""
    start = content.lstrip()
    if start.startswith(THINK) and END_THINK in start:
        reasoning, _, answer = start[len(THINK) :].partition(END_THINK)
        turn.reasoning, turn.content = reasoning.strip("\n"), answer.lstrip("\n")
        reading.note("inline_reasoning", "<think> at the start of an answer read as its reasoning")


def _first(record: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((record[key] for key in keys if record.get(key) is not None), None)


def _names(record: dict[str, Any]) -> str:
    names = [str(name)[:40] for name in list(record)[:12]]
    return ", ".join(names) + (", …" if len(record) > 12 else "") if names else "none"


def _kind(value: object) -> str:
    for types, name in (
        (type(None), "null"),
        (bool, "true or false"),
        ((int, float), "a number"),
        (str, "text"),
        (list, "a list"),
    ):
        if isinstance(value, types):
            return name
    return "an object"
