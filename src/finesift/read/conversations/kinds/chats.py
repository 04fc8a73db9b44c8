"""Conversations as lists of messages."""

from __future__ import annotations

import re
from itertools import pairwise

from finesift.read.conversations.example import Example, Row, with_system
from finesift.read.conversations.kinds import kind
from finesift.read.conversations.messages import turns_of
from finesift.read.conversations.turn import Reading, Turn, json_list
from finesift.read.records.record import Unreadable

# Texts that say themselves who speaks, or that are no texts.
_MARKED = re.compile(r"\s*(?:[\[{<]|[\w ]{1,16}:)")


@kind(
    "ShareGPT",
    reads={
        "conversations": [{"from": "human", "value": "Name a reef."}, {"from": "gpt", "value": "Ningaloo."}]
    },
    leaves={
        "messages": [
            {"role": "user", "content": "Name a reef."},
            {"role": "assistant", "content": "Ningaloo."},
        ]
    },
)
def sharegpt(row: Row) -> Example | None:
    """A list of messages with `from` and `value`: human, gpt, system, function_call, observation. A `system` beside
    them is the first message; `tools` are the tools."""
    value = row.value("messages")
    first = value[0] if isinstance(value, list) and value else None
    return chat(row, "sharegpt") if isinstance(first, dict) and "from" in first else None


@kind(
    "messages",
    reads={
        "messages": [
            {"role": "user", "content": "Name a reef."},
            {"role": "assistant", "content": "Ningaloo."},
        ]
    },
    leaves={"messages": 3, "prompt": "Name a reef.", "completion": "Ningaloo."},
)
def messages(row: Row) -> Example | None:
    """A list of messages with `role` and `content`, under `messages`, `conversation`, `dialogue`, `chat` and so on,
    also as JSON text or as pairs of role and text. Calls, results, reasoning, names and what is trained stay with their
    message."""
    return chat(row, "messages") if isinstance(row.value("messages"), list | str) else None


def chat(row: Row, shape: str) -> Example:
    """The conversation under the name that the row has for it."""
    name = str(row.name("messages"))
    listed = json_list(row.take("messages"), f'"{name}"', row.reading)
    if not listed:
        raise Unreadable(f'"{name}" is an empty list', "A conversation needs at least one message.")
    if isinstance(listed[0], dict) and "from" in listed[0]:
        shape = "sharegpt"
    if len(listed) > 1 and all(isinstance(text, str) and not _MARKED.match(text) for text in listed):
        row.reading.note("repair", f'the {len(listed)} texts of "{name}" read as user and assistant in turn')
        listed = [
            {"role": "user" if at % 2 == 0 else "assistant", "content": text}
            for at, text in enumerate(listed)
        ]
    turns = turns_of(listed, row.reading)
    _answered_by_system(turns, row.reading)
    return Example(shape, with_system(row, turns))


def _answered_by_system(turns: list[Turn], reading: Reading) -> None:
    """Sets of dialogues call the machine that answers the system: it is the assistant where no other answers."""
    roles = [turn.role for turn in turns]
    if set(roles) != {"user", "system"} or ("user", "system") not in pairwise(roles):
        return
    if any(one == other for one, other in pairwise(roles)):
        return
    for turn in turns:
        if turn.role == "system":
            turn.role = "assistant"
    reading.note("repair", "the system, which answers the user in turn, read as the assistant")
