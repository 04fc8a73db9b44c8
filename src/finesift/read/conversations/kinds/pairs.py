"""Preference pairs: what both sides share, and the ends in which they differ."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.example import Example, Row, with_system
from finesift.read.conversations.hints import inner_hint
from finesift.read.conversations.kinds import kind
from finesift.read.conversations.kinds.told import told
from finesift.read.conversations.messages import conversation_in, message_turns, turns_of
from finesift.read.conversations.transcripts import transcript
from finesift.read.conversations.turn import Turn, as_text, json_list
from finesift.read.fields import is_conversation
from finesift.read.records.record import Unreadable, kind_of


@kind(
    "preference pair",
    reads={"prompt": "Name a reef.", "chosen": "Ningaloo.", "rejected": "A rock."},
    leaves={"prompt": "Name a reef.", "completion": "Ningaloo."},
)
def preference(row: Row) -> Example | None:
    """`chosen` and `rejected`, as texts, messages or whole conversations of any length, with `prompt`, or a `rejected`
    answer beside a conversation or a prompt and its answer. What both sides begin with is the prompt."""
    lost = row.name("rejected")
    if lost and row.name("chosen"):
        return pair(row)
    if lost and (row.name("completion") or row.name("messages")):
        rest = told(row)
        if rest is None:
            return None
        return completed_pair(row, rest)
    if row.name("chosen") and not row.name("messages") and not row.name("completion"):
        return _alone(row)
    return None


def pair(row: Row) -> Example:
    """A pair from two answers to a prompt, or from two whole conversations, which share their beginning."""
    names = [str(row.name(slot)) for slot in ("chosen", "rejected")]
    chosen, rejected = (
        side(row.take(slot), f'"{name}"', row)
        for slot, name in zip(("chosen", "rejected"), names, strict=True)
    )
    whole = chosen[0].role != "assistant" and rejected[0].role != "assistant"
    prompt = [] if whole else prompt_turns(row)
    shared = _shared(chosen, rejected, min(len(chosen), len(rejected)) - 1)
    turns = prompt + chosen[:shared]
    if (
        whole
        and (repeated := row.name("prompt"))
        and row.record[repeated] in [turn.content for turn in turns]
    ):
        # Some sets give the prompt beside the conversations that hold it.
        row.take("prompt")
    return Example("preference", with_system(row, turns), chosen[shared:], rejected[shared:])


def completed_pair(row: Row, told: Example) -> Example:
    """A pair from a whole row, whose last answer is the chosen one, and a rejected answer beside it."""
    name = str(row.name("rejected"))
    rejected = side(row.take("rejected"), f'"{name}"', row)
    turns, cut = told.turns, len(told.turns)
    while cut and turns[cut - 1].role == "assistant":
        cut -= 1
    if cut == len(turns):
        raise Unreadable(
            f'"{name}" stands beside a conversation that does not end in an answer',
            'End the conversation with the answer that was wanted, or give that one as "chosen".',
        )
    if rejected[0].role != "assistant":
        # The whole conversation again, but for its end.
        cut = _shared(turns, rejected, min(cut, len(rejected) - 1))
        rejected = rejected[cut:]
    return Example("preference", turns[:cut], turns[cut:], rejected)


def _shared(one: list[Turn], other: list[Turn], most: int) -> int:
    """How many turns two conversations begin with alike, at most `most`."""
    return next((at for at in range(most) if one[at] != other[at]), most)


def side(value: Any, where: str, row: Row) -> list[Turn]:
    """One side of a pair: an answer, a message or messages, also as JSON text."""
    value = conversation_in(value, where, row.reading)
    if isinstance(value, list) and value and all(isinstance(text, str) for text in value):
        if len(value) > 1:
            raise Unreadable(
                f"{where} holds {len(value)} answers; expected one", "Write a row for each pair."
            )
        value = value[0]
    if isinstance(value, str):
        return transcript(value, row.reading) or [Turn("assistant", value)]
    if isinstance(value, dict):
        return message_turns(value, where, row.reading)
    if isinstance(value, list) and value:
        return turns_of(value, row.reading, within=where)
    raise Unreadable(
        f"{where} is {kind_of(value)}; expected an answer or messages",
        inner_hint(value, where, row.reading.options),
    )


def prompt_turns(row: Row) -> list[Turn]:
    """What both sides of a pair answer."""
    if isinstance(row.value("messages"), (list, str)):
        return turns_of(json_list(row.take("messages"), '"messages"', row.reading), row.reading)
    name = row.name("prompt")
    if name is None:
        return []
    value = conversation_in(row.take("prompt"), f'"{name}"', row.reading)
    if isinstance(value, list) and is_conversation(value):
        return turns_of(value, row.reading)
    text = as_text(value, f'"{name}"', row.reading)
    if isinstance(row.value("context"), str):
        text = "\n".join(part for part in (text, row.take("context")) if part)
    turns = transcript(text, row.reading) or [Turn("user", text)]
    # A transcript may end in the header of the answer to come.
    return turns[:-1] if len(turns) > 1 and turns[-1] == Turn("assistant", "") else turns


def _alone(row: Row) -> Example:
    """The chosen side of a pair whose other side is missing."""
    name = str(row.name("chosen"))
    row.reading.note(
        "competing_fields", f'"{name}" has no rejected answer beside it, and was read as the answer'
    )
    turns, answer = prompt_turns(row), side(row.take("chosen"), f'"{name}"', row)
    return Example(
        "prompt_completion", with_system(row, answer if answer[0].role != "assistant" else turns + answer)
    )
