"""Preference pairs: what both sides share, and the ends in which they differ."""

from __future__ import annotations

from typing import Any

from finesift.read.messages import is_conversation, message_turns, turns_of
from finesift.read.record import Unreadable, kind_of
from finesift.read.row import Example, Row, with_system
from finesift.read.transcripts import transcript
from finesift.read.turn import Turn, as_text, json_list


def pair(row: Row) -> Example:
    """A pair from two answers to a prompt, or from two whole conversations, which share their beginning."""
    names = [str(row.name(slot)) for slot in ("chosen", "rejected")]
    chosen, rejected = (
        _side(row.take(slot), f'"{name}"', row)
        for slot, name in zip(("chosen", "rejected"), names, strict=True)
    )
    whole = chosen[0].role != "assistant" and rejected[0].role != "assistant"
    prompt = [] if whole else _prompt(row)
    shared = 0
    while shared < min(len(chosen), len(rejected)) - 1 and chosen[shared] == rejected[shared]:
        shared += 1
    turns = prompt + chosen[:shared]
    if (
        whole
        and (repeated := row.name("prompt"))
        and row.record[repeated] in [turn.content for turn in turns]
    ):
        # Some sets give the prompt beside the conversations that hold it.
        row.take("prompt")
    return Example("preference", with_system(row, turns), chosen[shared:], rejected[shared:])


def _side(value: Any, where: str, row: Row) -> list[Turn]:
    if isinstance(value, str):
        return transcript(value, row.reading) or [Turn("assistant", value)]
    if isinstance(value, dict):
        return message_turns(value, where, row.reading)
    if isinstance(value, list) and value:
        return turns_of(value, row.reading, within=where)
    raise Unreadable(f"{where} is {kind_of(value)}; expected an answer or messages")


def _prompt(row: Row) -> list[Turn]:
    if isinstance(row.value("messages"), (list, str)):
        return turns_of(json_list(row.take("messages"), '"messages"', row.reading), row.reading)
    value, name = row.value("prompt"), row.name("prompt")
    if value is None:
        return []
    row.take("prompt")
    if isinstance(value, list) and is_conversation(value):
        return turns_of(value, row.reading)
    text = as_text(value, f'"{name}"', row.reading)
    if isinstance(row.value("context"), str):
        text = "\n".join(part for part in (text, row.take("context")) if part)
    turns = transcript(text, row.reading) or [Turn("user", text)]
    # A transcript may end in the header of the answer to come.
    return turns[:-1] if len(turns) > 1 and turns[-1] == Turn("assistant", "") else turns
