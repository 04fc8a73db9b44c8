"""One message, in any of its spellings, into a turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finesift.read.conversations import media, train_flags
from finesift.read.conversations.hints import content_hint, role_hint
from finesift.read.conversations.parts import is_part, read_parts
from finesift.read.conversations.thoughts import repeats, take_thought
from finesift.read.conversations.tools import as_call, call_text, calls_in
from finesift.read.conversations.turn import Reading, Turn, as_text, role_of
from finesift.read.conversations.unread_fields import hidden_verdicts, is_telling, is_verdict
from finesift.read.fields import CONTENT_KEYS, ROLE_KEYS, folded, is_conversation, is_pair
from finesift.read.records.record import Unreadable, kind_of, names_of
from finesift.read.roles import CALLERS

#: Where a system message keeps tools, and the roles whose messages may.
SYSTEM_TOOLS = ("tools", "functions")
INSTRUCTING = ("system", "developer")
# Fields that our columns hold, in one spelling.
_OURS = frozenset(("tool_calls", "tool_call_id", "function_call"))


def not_understood(key: str, where: str) -> str:
    """What is said of a message's field that changes training and was not used."""
    return f'"{key[:40]}" of {where} was not understood, and is not trained with'


def may_hold_conversation(text: str) -> bool:
    """Whether a text may be a conversation written as JSON."""
    return text.lstrip()[:2] in ("[{", "[ ", "[\n") and any(f'"{key}"' in text for key in ROLE_KEYS)


def conversation_in(value: Any, what: str, reading: Reading) -> Any:
    """The messages that a text holds as JSON, where it holds such; else the value as it is."""
    if isinstance(value, str) and may_hold_conversation(value):
        try:
            messages = reading.load(value)
        except ValueError:
            return value
        if isinstance(messages, list) and is_conversation(messages):
            reading.note("repair", f"{what} is a conversation written as text, read as the conversation")
            return messages
    return value


def turns_of(messages: list[Any], reading: Reading, *, within: str = "") -> list[Turn]:
    """The turns of a conversation. Raises Unreadable, which names the message by its number, from 1."""
    turns: list[Turn] = []
    for number, message in enumerate(messages, 1):
        where = f"message {number}{within and f' of {within}'}"
        found = message_turns(message, where, reading)
        if number > 1 and _calls_on(message, messages[number - 2]):
            _join_calls(turns, found, where, reading)
        turns += found
    return turns


def _speaker(given: Any) -> Any:
    """Who speaks, where an object says more of them than that: its role, its kind, or its name."""
    if isinstance(given, dict):
        return next(
            (given[name] for name in ("role", "type", "name") if isinstance(given.get(name), str)), given
        )
    return given


def _calls_on(message: Any, before: Any) -> bool:
    """Whether a message that is a tool call follows one that is, as ms-swift writes parallel calls."""
    roles = [m.get("role", m.get("from")) if isinstance(m, dict) else None for m in (before, message)]
    return roles[0] in CALLERS and roles[1] in CALLERS


def _join_calls(turns: list[Turn], found: list[Turn], where: str, reading: Reading) -> None:
    """Moves the calls of the one turn in `found` to the turn before."""
    last, call = turns[-1], found[-1]
    if (
        last.tool_calls is None
        or call.tool_calls is None
        or len(found) != 1
        or call.extra
        or call.train is not None
    ):
        return
    last.tool_calls = reading.dump([*reading.load(last.tool_calls), *reading.load(call.tool_calls)])
    reading.note("repair", f"the tool call of {where} joined with the one before, as calls made at once")
    found.clear()


def message_turns(message: Any, where: str, reading: Reading) -> list[Turn]:
    """The turns of one message: mostly one; more where tool results stand among its parts."""
    if is_pair(message):
        message = {"role": message[0], "content": message[1]}
    if not isinstance(message, dict):
        raise Unreadable(
            f"{where} is {kind_of(message)}; expected an object with role and content",
            'Write each message as {"role": "user", "content": "…"}.',
        )
    rest = _spelled(message)
    mapped = reading.options.columns
    role_key = _mapped("role", rest, mapped) or _present(ROLE_KEYS, rest)
    if role_key is None:
        raise Unreadable(
            f"{where} has no role; its fields are {names_of(message) or 'none'}", role_hint(message)
        )
    given = _speaker(rest.pop(role_key))
    turn = Turn(role_of(given, where, reading), None)
    content_key = _mapped("content", rest, mapped) or _present(CONTENT_KEYS, rest)
    results = _read_content(rest.pop(content_key), turn, where, reading) if content_key else []
    if given in CALLERS and turn.content is not None:
        turn.tool_calls, turn.content = call_text(turn.content, where, reading), None
    _read_fields(rest, turn, where, reading)
    if content_key is None and turn.tool_calls is None and turn.reasoning is None:
        raise Unreadable(
            f"{where} ({turn.role}) has no content; its fields are {names_of(message)}", content_hint(rest)
        )
    rest_of_it = {key: value for key, value in rest.items() if value is not None}
    turn.extra = (turn.extra or {}) | rest_of_it or None
    for key, value in rest.items():
        # Of tools in a system message it is not known yet whether the row takes them.
        waits = key in SYSTEM_TOOLS and turn.role in INSTRUCTING
        # Nor of a verdict, which is the row's where it is on the last answer.
        told = (
            waits or media.holds(key) or is_verdict(key, value) or train_flags.trains(key, value) is not None
        )
        if not told and is_telling(key, value) and not repeats(value, turn.reasoning):
            reading.note("unread_field", not_understood(key, where))
        for inner in hidden_verdicts(key, value):
            reading.note("unread_field", not_understood(inner, where))
    only_results = results and turn.content is None and turn.tool_calls is None
    if only_results:
        results[-1].extra = turn.extra
    return results if only_results else [*results, turn]


def _read_content(content: Any, turn: Turn, where: str, reading: Reading) -> list[Turn]:
    if turn.role == "tool" and _is_data(content):
        # What a tool returned: templates print text.
        turn.content = reading.dump(content)
        reading.note("repair", f"the content of {where} is {kind_of(content)}, read as its JSON text")
        return []
    if isinstance(content, list) and len(content) > 1 and all(isinstance(part, str) for part in content):
        # Typed parts go on where the one before ended; plain texts each stand for themselves.
        turn.content = "\n".join(content)
        reading.note("repair", f"{len(content)} texts of {where} read as lines of one text")
        return []
    if isinstance(content, list):
        return read_parts(content, turn, where, reading)
    if isinstance(content, dict):
        return read_parts(
            content["parts"] if isinstance(content.get("parts"), list) else [content], turn, where, reading
        )
    if content is not None:
        turn.content = as_text(content, f"the content of {where}", reading)
    return []


def _is_data(content: Any) -> bool:
    """Whether the content of a tool's message is what it returned, not parts of a message."""
    if isinstance(content, list):
        return bool(content) and not all(isinstance(part, str) or is_part(part) for part in content)
    if isinstance(content, dict) and isinstance(content.get("parts"), list):
        return False
    return isinstance(content, bool) or (isinstance(content, dict) and not is_part(content))


def _read_fields(rest: dict[str, Any], turn: Turn, where: str, reading: Reading) -> None:
    """Takes from `rest` what the other columns hold."""
    if turn.reasoning is None:
        turn.reasoning = take_thought(rest)
    for key in [key for key in rest if folded(key) in train_flags.NAMES]:
        # A weight above 0 trains; how much is the trainer's business, so any but our own word stays in `extra`.
        trains = train_flags.trains(key, rest[key])
        if trains is not None:
            turn.train = trains if turn.train is None else turn.train and trains
            if key == "train" and isinstance(rest[key], bool):
                del rest[key]
    if turn.tool_calls is None and "tool_calls" in rest:
        turn.tool_calls = calls_in(rest.pop("tool_calls"), where, reading)
    if turn.tool_calls is None and isinstance(called := rest.get("function_call"), (dict, str)) and called:
        del rest["function_call"]
        turn.tool_calls = (
            call_text(called, where, reading) if isinstance(called, str) else reading.dump([as_call(called)])
        )
    if turn.content is None and turn.tool_calls is None and isinstance(rest.get("refusal"), str):
        # OpenAI puts what a model says when it declines beside the content.
        turn.content = rest.pop("refusal")
        reading.note("repair", f"the refusal of {where} read as its content")
    for key in ("tool_call_id", "name"):
        if isinstance(rest.get(key), str):
            setattr(turn, key, rest.pop(key))


def _spelled(message: dict[str, Any]) -> dict[str, Any]:
    """A copy of the message with toolCalls, toolCallId and the like under the names that all others use."""
    return {
        ours if (ours := folded(key)) in _OURS and ours not in message else key: value
        for key, value in message.items()
    }


def _mapped(target: str, message: dict[str, Any], columns: Mapping[str, str]) -> str | None:
    """The key of the message that the recipe calls its role or its content."""
    return next((key for key in message if columns.get(key) == target), None) if columns else None


def _present(keys: tuple[str, ...], message: dict[str, Any]) -> str | None:
    """The key that the message has; where it has several, the first that is not null."""
    given = [key for key in keys if key in message]
    return next((key for key in given if message[key] is not None), given[0] if given else None)
