"""The common shapes at speed: what most rows are, decoded into typed objects, a block at a time.

A plan serves records with the same fields. Whatever is not plain (another field, another type, a role that
nobody knows) makes it give up, and `shapes` reads the record. Where both can read a record they agree; a
test holds them to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray

from finesift.read.conversations import media, rendered, train_flags, transcripts
from finesift.read.conversations.choices import options_of
from finesift.read.conversations.example import MISSING
from finesift.read.conversations.fast_chats import Chats
from finesift.read.conversations.fast_turns import Turns
from finesift.read.conversations.kinds.instructions import SHAPE_OF_PROMPT
from finesift.read.conversations.layouts import unfolded
from finesift.read.conversations.messages import may_hold_conversation
from finesift.read.conversations.unread_fields import is_telling, may_hide_verdicts
from finesift.read.fields import folded, lifted, resolve
from finesift.read.options import Options
from finesift.read.records.exact_json import keys_in, may_repeat_keys
from finesift.read.records.record import Unreadable
from finesift.read.roles import CALLERS, KNOWN
from finesift.tables import ROLES

# How a text begins that `shapes` has to look at.
_OPENINGS = (*transcripts.OPENINGS, *rendered.OPENINGS)
_turns = attrgetter("turns")
_SPELLINGS = (("role", "content"), ("from", "value"))
_LONGEST_MISSING = 8
_OPENED = frozenset("[{ \n\t\r\f\v")
# A request says early that it is one.
_FIRST = 200
_ASSISTANT = ROLES.index("assistant")
_ASKED_AND_ANSWERED = bytes((ROLES.index("user"), _ASSISTANT))
# What the decoder raises: for what is no JSON, another type, another field, bad UTF-8, deep nesting.
_GIVES_UP = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, orjson.JSONDecodeError)


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the common shapes: the fields that hold its text, and how decoded rows become turns.

    fields: attribute and type by JSON key. are_plain: what the types alone cannot say.
    """

    shape: str
    fields: Mapping[str, tuple[str, Any]]
    turns: Callable[[list[Any]], Turns]
    are_plain: Callable[[list[Any]], bool]
    keys_per_turn: int = 0
    chat: tuple[str, str, str, Mapping[str, str]] | None = None  # of messages: see `Chats`


class Plan:
    """How to read records of one kind with the fields `names`; what the kind does not use goes to `extra`."""

    def __init__(self, names: tuple[str, ...], kind: Kind) -> None:
        """Raises ValueError where a name cannot be decoded."""
        self.names = names
        self.kind = kind
        self.rest = {f"rest{n}": name for n, name in enumerate(names) if name not in kind.fields}
        self.keys = [(attribute, orjson.dumps(name) + b":") for attribute, name in self.rest.items()]
        row = msgspec.defstruct(
            "Row",
            [*kind.fields.values(), *((attribute, msgspec.Raw) for attribute in self.rest)],
            rename={attribute: name for name, (attribute, _) in kind.fields.items()} | self.rest,
            forbid_unknown_fields=True,
            gc=False,
        )
        self.decoder = msgspec.json.Decoder(row)
        self.chats = kind.chat and Chats(names, *kind.chat)

    def read_lines(self, data: bytes, ends: NDArray[np.int64]) -> Turns | None:
        """All the records of `data`, whose lines end at `ends`; None where one of them is not plain."""
        if self.chats and (found := self.chats.read(data, ends)):
            return found
        try:
            rows = self.decoder.decode_lines(data)
            if len(rows) != len(ends) or not self.kind.are_plain(rows):
                return None
            return self._turns(rows, data)
        except _GIVES_UP:
            return None

    def read_some(self, raws: Iterable[bytes]) -> Turns | None:
        """The records up to the first that is not plain; None where that is the first of all."""
        rows: list[Any] = []
        for raw in raws:
            try:
                row = self.decoder.decode(raw)
                if not self.kind.are_plain([row]) or self._turns([row], raw) is None:
                    break
            except _GIVES_UP:
                break
            rows.append(row)
        return self._turns(rows) if rows else None

    def _turns(self, rows: list[Any], data: bytes | None = None) -> Turns | None:
        """The rows as columns; None where `data`, if given, seems to have more keys than they."""
        turns = self.kind.turns(rows)
        keys = len(rows) * len(self.names) + len(turns.roles) * self.kind.keys_per_turn
        if self.rest:
            for place, row in enumerate(rows):
                if extra := self._extra(row):
                    # The decoder looked at these values only as far as it had to for their ends.
                    fields = orjson.loads(extra)
                    if any(map(may_hide_verdicts, fields.values())):
                        return None
                    keys += keys_in(fields) - len(fields)
                    turns.extras[place] = extra.decode()
        return turns if data is None or not may_repeat_keys(data, keys) else None

    def _extra(self, row: Any) -> bytes:
        """The other fields as a JSON object, each value as it stands in the file."""
        given = [
            key + raw for attribute, key in self.keys if (raw := bytes(getattr(row, attribute))) != b"null"
        ]
        return b"{" + b",".join(given) + b"}" if given else b""


def plan_for(record: Any, options: Options) -> Plan | None:
    """How to read records like this one, or None where they are not of a common shape."""
    if type(record) is not dict or options.calls == "parse":
        return None
    if lifted(record, options.columns) is not record or _is_laid_out(record):
        return None
    fields = resolve(record, options.columns)
    slots = fields.slots
    if any(
        is_telling(name, "any")
        or folded(name) == "parent_id"
        or media.holds(name)
        or folded(name) in train_flags.NAMES
        for name in fields.rest
    ):
        return None
    if options_of(record, set())[1]:
        return None
    kind = _kind(record, {slot: names[0] for slot, names in slots.items()}, options.roles)
    if kind is None or any(len(names) > 1 for names in slots.values()):
        return None
    try:
        return Plan(tuple(record), kind)
    except ValueError:
        return None


def _is_laid_out(record: dict[str, Any]) -> bool:
    """Whether a known layout reads the record, so that its fields are not what their names say."""
    try:
        return bool(unfolded(record, orjson.loads)[1])
    except Unreadable:
        return True


def _kind(record: dict[str, Any], slots: dict[str, str], roles: Mapping[str, str]) -> Kind | None:
    match sorted(slots):
        case ["messages"]:
            return _chat(slots["messages"], record, roles)
        case ["completion", "prompt"] | ["completion", "context", "prompt"]:
            return _single(slots)
        case ["text"] if not {"role", "replies"} & record.keys():
            return _text(slots["text"])
    return None


def _chat(name: str, record: dict[str, Any], roles: Mapping[str, str]) -> Kind | None:
    messages = record[name]
    first = messages[0] if isinstance(messages, list) and messages else None
    for role_key, content_key in _SPELLINGS:
        if isinstance(first, dict) and first.keys() == {role_key, content_key}:
            break
    else:
        return None
    known = {given: role for given, role in (KNOWN | dict(roles)).items() if given not in CALLERS}
    if not any(isinstance(m, dict) and known.get(str(m.get(role_key))) == "assistant" for m in messages):
        # What stands beside a request may be its answer.
        return None
    message = msgspec.defstruct(
        "Message",
        [("role", Literal[tuple(known)]), ("content", str)],
        rename={"role": role_key, "content": content_key},
        forbid_unknown_fields=True,
        gc=False,
    )
    codes = {given: ROLES.index(role) for given, role in known.items()}
    renamed = {given for given, role in known.items() if given != role}

    def turns(rows: list[Any]) -> Turns:
        chats = [row.turns for row in rows]
        given = [message.role for chat in chats for message in chat]
        found = Turns(
            list(map(len, chats)),
            bytes(map(codes.__getitem__, given)),
            [message.content for chat in chats for message in chat],
        )
        if not renamed.isdisjoint(given):
            found.notes = [
                (place, ("repair", f'role "{role}" read as {known[role]}'))
                for place, chat in enumerate(chats)
                for role in dict.fromkeys(message.role for message in chat)
                if role in renamed
            ]
        return found

    return Kind(
        "sharegpt" if role_key == "from" else "messages",
        {name: ("turns", list[message])},  # type: ignore[valid-type]
        turns,
        are_plain=lambda rows: all(map(_turns, rows)),
        keys_per_turn=2,
        chat=(name, role_key, content_key, known),
    )


def _single(slots: dict[str, str]) -> Kind:
    def turns(rows: list[Any]) -> Turns:
        if "context" in slots:
            pairs = [
                (
                    f"{row.prompt}\n{row.context}"
                    if row.prompt and row.context
                    else row.prompt or row.context,
                    row,
                )
                for row in rows
            ]
            contents = [text for prompt, row in pairs for text in (prompt, row.completion)]
        else:
            contents = [text for row in rows for text in (row.prompt, row.completion)]
        return Turns([2] * len(rows), _ASKED_AND_ANSWERED * len(rows), contents)

    return Kind(
        SHAPE_OF_PROMPT.get(slots["prompt"], "prompt_completion"),
        {name: (slot, str) for slot, name in slots.items()},
        turns,
        are_plain=_are_texts,
    )


def _are_texts(rows: list[Any]) -> bool:
    """Whether no text is a conversation or a request as JSON, and none stands for nothing."""
    # Few texts begin like that, so few are looked at.
    opened = [text for row in rows for text in (row.prompt, row.completion) if text[:1] in _OPENED]
    if any(may_hold_conversation(text) or '"messages"' in text[:_FIRST] for text in opened):
        return False
    if not hasattr(rows[0], "context"):
        return True
    short = [text for row in rows if (text := row.context) and len(text) <= _LONGEST_MISSING]
    return not any(text.strip() in MISSING for text in short)


def _text(name: str) -> Kind:
    return Kind(
        "text",
        {name: ("text", str)},
        lambda rows: Turns([1] * len(rows), bytes((_ASSISTANT,)) * len(rows), [row.text for row in rows]),
        are_plain=lambda rows: not any(row.text.startswith(_OPENINGS) for row in rows),
    )
