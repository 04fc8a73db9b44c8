"""Conversations whose messages are rows of their own, as help desks, chat tools and databases export them.

A row names its conversation by an id, who speaks, and what was said. The rows of a file become one row for each
conversation, in the place of its first message, with its messages in the order of their turn numbers, where all have
one, else in the order of the file. All messages of such a file are held at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from finesift.read.fields import SLOT_OF, folded
from finesift.read.records.record import Block, Unreadable
from finesift.read.whole_files import begun, in_blocks, object_in

_IDS = (
    *("conversation_id", "conv_id", "convo_id", "dialog_id", "dialogue_id", "chat_id", "session_id"),
    *("thread_id", "thread_ts", "ticket_id", "call_id", "interaction_id"),
)
_SPEAKERS = (
    *("role", "speaker", "from", "author", "sender", "author_role", "author_type", "sender_type"),
    *("sender_role", "message_role", "speaker_role", "participant", "user"),
)
_SAID = ("content", "text", "utterance", "message", "body", "value", "transcript", "msg", "message_text")
_ORDERS = (
    "turn",
    "turn_id",
    "turn_index",
    "turn_idx",
    "turn_number",
    "utterance_idx",
    "message_index",
    "order",
)
# A row that has one of these is more than a message.
_WHOLE = frozenset(("messages", "prompt", "completion", "chosen", "rejected", "history"))
# Who speaks is a word or a name.
_LONGEST = 80


def joined(blocks: Iterable[Block], columns: Mapping[str, str]) -> Iterator[Block]:
    """The blocks of a file, as they are, or of conversations where its first row is a message of one.

    columns: of the recipe; what it calls `role` and `content` comes first, and a column that it calls anything else is
    no message's.
    """
    first, blocks = begun(blocks)
    names = _names(first, columns)
    if names is None:
        yield from blocks
        return
    rows: list[tuple[int, bytes]] = []
    refused: list[tuple[int, bytes, Unreadable]] = []
    done = 0
    for block in blocks:
        refused += block.refused
        rows += [(row, raw) for row, raw in zip(block.rows, block.raws, strict=True) if raw.strip()]
        done = block.done
    lines = _conversations(rows, names)
    yield from in_blocks(lines, done, refused)


def _names(row: dict[str, Any], columns: Mapping[str, str]) -> tuple[str, str, str] | None:
    """What the file calls a conversation, who speaks, and what was said; None where its rows are no messages."""
    told = {target: name for name, target in columns.items() if name in row and target in ("role", "content")}
    others = {name for name, target in columns.items() if name in row and target not in ("role", "content")}
    called = {folded(name): name for name in reversed(row)}
    id_ = next((called[name] for name in _IDS if name in called), None)
    speaker = told.get("role") or next((called[name] for name in _SPEAKERS if name in called), None)
    said = told.get("content") or next((called[name] for name in _SAID if name in called), None)
    if id_ is None or speaker is None or said is None or others:
        return None
    if any(SLOT_OF.get(name) in _WHOLE for name in called if called[name] not in (speaker, said)):
        return None
    who = row[speaker]
    fits = isinstance(who, str) and 0 < len(who) <= _LONGEST and isinstance(row[said], str | None)
    return (id_, speaker, said) if fits and isinstance(row[id_], str | int) else None


def _conversations(rows: list[tuple[int, bytes]], names: tuple[str, str, str]) -> list[tuple[int, bytes]]:
    """The rows of conversations by the row of their first message; what is no message stays as it is."""
    id_, speaker, said = names
    found: dict[str | int, list[dict[str, Any]]] = {}
    places: dict[str | int, int] = {}
    others: list[tuple[int, bytes]] = []
    for row, raw in rows:
        record = object_in(raw)
        whose = record.get(id_)
        if not isinstance(whose, str | int) or whose == "" or not record.keys() >= {speaker, said}:
            others.append((row, raw))
            continue
        message = {"role": record.pop(speaker), "content": record.pop(said)}
        del record[id_]
        places.setdefault(whose, row)
        rest = {f"{name}_" if name in message else name: value for name, value in record.items()}
        found.setdefault(whose, []).append({**message, **rest})
    lines = [
        (places[whose], orjson.dumps({id_: whose, "messages": _ordered(turns)}))
        for whose, turns in found.items()
    ]
    return sorted([*lines, *others])


def _ordered(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for name in turns[0]:
        if folded(name) in _ORDERS:
            places = [_number(turn.get(name)) for turn in turns]
            if None not in places and len(set(places)) == len(places):
                return [
                    turn for _, turn in sorted(zip(places, turns, strict=True), key=lambda one: one[0] or 0)
                ]
    return turns


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None
