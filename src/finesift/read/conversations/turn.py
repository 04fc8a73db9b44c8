"""One turn of a conversation, and what reading one needs to know."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from finesift.read.conversations.hints import inner_hint
from finesift.read.fields import folded, toml_key
from finesift.read.options import Options
from finesift.read.records.record import Unreadable, kind_of
from finesift.read.roles import KNOWN, likely
from finesift.tables import ROLES

# A list that a spreadsheet holds as text: longer ones are not worth the parser's memory.
_LONGEST_LITERAL = 1 << 20


@dataclass(slots=True)
class Turn:
    """The columns of `turns` for one message; `extra` is what no column holds."""

    role: str
    content: str | None
    reasoning: str | None = None
    tool_calls: str | None = None
    tool_call_id: str | None = None
    name: str | None = None
    train: bool | None = None
    media: str | None = None
    extra: dict[str, Any] | None = None
    held: list[dict[str, Any]] = field(default_factory=list)  # what becomes `media`: see there


@dataclass(slots=True)
class Reading:
    """How rows are read, and what was done to the one at hand.

    load and dump: JSON, both quick or both exact. folder: of the file at hand, from where it may name others.
    notes: kind and message, each once.
    """

    options: Options
    load: Callable[[str], Any]
    dump: Callable[[object], str]
    folder: Path | None = None
    notes: dict[tuple[str, str], None] = field(default_factory=dict)

    def note(self, kind: str, message: str) -> None:
        self.notes[kind, message] = None


def role_of(given: object, where: str, reading: Reading) -> str:
    """One of ROLES; the recipe's own names come first. Raises Unreadable for a name that nobody knows."""
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str):
        raise Unreadable(
            f"{where} has {kind_of(given)} for its role; known roles are {', '.join(ROLES)}",
            'Write who speaks as a text: "user" or "assistant".',
        )
    role = reading.options.roles.get(given) or KNOWN.get(given) or KNOWN.get(folded(given[:60]))
    if role is None:
        shown = given if len(given) <= 40 else f"{given[:40]}…"
        raise Unreadable(
            f"{where} has role {orjson.dumps(shown).decode()}; known roles are {', '.join(ROLES)}",
            f'Map it in the recipe:  roles = {{ {toml_key(shown)} = "{likely(given)}" }}',
        )
    if role != given:
        reading.note("repair", f'role "{given}" read as {role}')
    return role


def as_text(value: object, what: str, reading: Reading) -> str:
    """Text, or a number as its text. Raises Unreadable for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        reading.note("repair", f"{what} is a number, read as text")
        return reading.dump(value)
    raise Unreadable(f"{what} is {kind_of(value)}; expected text", inner_hint(value, what, reading.options))


def json_list(value: object, what: str, reading: Reading) -> list[Any]:
    """A list, also one that a table holds as text, in JSON's notation or Python's. Else raises Unreadable."""
    if isinstance(value, str):
        text = value
        value = literal(text, reading)
        if not isinstance(value, list):
            raise Unreadable(f"{what} is text, but no JSON list: {text[:40]!r}", "Write it as a JSON list.")
        reading.note("repair", f"{what} is a list written as text, read as the list")
    if not isinstance(value, list):
        raise Unreadable(
            f"{what} is {kind_of(value)}; expected a list",
            'Write messages as [{"role": "user", "content": "…"}, …].',
        )
    return value


def literal(text: str, reading: Reading) -> Any:
    """What a text is in JSON's notation or Python's; None where it is neither."""
    try:
        return reading.load(text)
    except ValueError:
        pass
    if len(text) > _LONGEST_LITERAL:
        return None
    try:
        # By way of JSON: sets, bytes and half characters are no data that could be written again.
        return reading.load(json.dumps(ast.literal_eval(text.strip()), allow_nan=False))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
